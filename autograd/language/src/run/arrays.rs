//! Arrays as nested JSON lists.

use ndarray::{ArrayD, ArrayViewD, Axis, IxDyn};
use serde_json::Value;

/// The array of nested lists of numbers, or a sentence about what is wrong.
pub fn read(value: &Value) -> Result<ArrayD<f64>, String> {
    let mut shape = Vec::new();
    let mut inner = value;
    while let Value::Array(items) = inner {
        shape.push(items.len());
        match items.first() {
            Some(first) => inner = first,
            None => break,
        }
    }
    let mut entries = Vec::new();
    flatten(value, &shape, &mut entries)?;
    if shape.len() > tapegrad_core::shape::RANK_MAX {
        return Err(format!("an array has at most {} axes", tapegrad_core::shape::RANK_MAX));
    }
    ArrayD::from_shape_vec(IxDyn(&shape), entries).map_err(|_| "the lists are not of equal length".to_string())
}

fn flatten(value: &Value, shape: &[usize], entries: &mut Vec<f64>) -> Result<(), String> {
    match (value, shape.split_first()) {
        (Value::Array(items), Some((&size, rest))) if items.len() == size => {
            items.iter().try_for_each(|item| flatten(item, rest, entries))
        }
        (Value::Array(_), _) | (_, Some(_)) => Err("the lists are not of equal length and depth".to_string()),
        (entry, None) => {
            entries.push(read_number(entry)?);
            Ok(())
        }
    }
}

fn read_number(value: &Value) -> Result<f64, String> {
    match value {
        Value::Bool(yes) => Ok(f64::from(u8::from(*yes))),
        Value::String(text) => match text.as_str() {
            "inf" => Ok(f64::INFINITY),
            "-inf" => Ok(f64::NEG_INFINITY),
            "nan" => Ok(f64::NAN),
            _ => Err(format!(
                "\"{text}\" is not a number; infinite ones are \"inf\" and \"-inf\""
            )),
        },
        _ => {
            let number = value.as_f64().ok_or_else(|| format!("{value} is not a number"))?;
            let whole = value.as_i64().map(i128::from).or(value.as_u64().map(i128::from));
            match whole {
                Some(whole) if number as i128 != whole => {
                    Err(format!("{value} cannot be kept: whole numbers beyond 2^53 are rounded"))
                }
                _ => Ok(number),
            }
        }
    }
}

/// The array as nested lists.
pub fn write<T: tapegrad_core::numbers::Real>(array: ArrayViewD<'_, T>) -> Value {
    match array.ndim() {
        0 => number(array.first().expect("an array without axes has one entry").to_f64()),
        _ => Value::Array(array.axis_iter(Axis(0)).map(write).collect()),
    }
}

/// A number; as text if JSON has none for it.
pub fn number(value: f64) -> Value {
    if value.is_nan() {
        "nan".into()
    } else if value.is_infinite() {
        if value > 0.0 { "inf".into() } else { "-inf".into() }
    } else {
        value.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn arrays_travel_unchanged_with_infinities_as_text() {
        let value = json!([[1.0, "-inf"], [0.1, 5e-324]]);
        assert_eq!(write(read(&value).unwrap().view()), value);
        assert!(write(read(&json!(["nan"])).unwrap().view()) == json!(["nan"]));
        assert_eq!(
            read(&json!([[1], [2, 3]])),
            Err("the lists are not of equal length and depth".to_string())
        );
        assert_eq!(
            read(&json!([1, [2]])),
            Err("the lists are not of equal length and depth".to_string())
        );
        assert_eq!(read(&json!([])).unwrap().shape(), [0]);
        assert!(read(&json!([1u64 << 53])).is_ok());
        assert!(read(&json!([(1u64 << 53) + 1])).unwrap_err().contains("2^53"));
    }
}
