//! Arrays as an oracle file has them.

use ndarray::{ArrayD, IxDyn};
use serde_json::{Value, json};

use crate::subject::attributes::{number, to_number};
use tapegrad_core::op::OperandKind;

/// What an array says.
const KEYS: [&str; 3] = ["shape", "dtype", "data"];
/// The types of its entries.
const TYPES: [&str; 4] = ["f64", "f32", "i64", "bool"];

/// An array from JSON, or what is wrong with it.
pub(super) fn array_of(value: &Value) -> Result<ArrayD<f64>, String> {
    let keys = value.as_object().into_iter().flat_map(|object| object.keys());
    if let Some(unknown) = keys.into_iter().find(|key| !KEYS.contains(&key.as_str())) {
        return Err(format!("`{unknown}` is none of {}", KEYS.join(", ")));
    }
    match value.get("dtype").map(|dtype| dtype.as_str().unwrap_or_default()) {
        Some(dtype) if !TYPES.contains(&dtype) => {
            return Err(format!("the type `{dtype}` is none of {}", TYPES.join(", ")));
        }
        _ => {}
    }
    let list = |key: &str| {
        value
            .get(key)
            .and_then(Value::as_array)
            .ok_or(format!("`{key}` is missing"))
    };
    let shape: Option<Vec<usize>> = list("shape")?.iter().map(|n| n.as_u64().map(|n| n as usize)).collect();
    let data: Option<Vec<f64>> = list("data")?.iter().map(to_number).collect();
    let (shape, data) = (
        shape.ok_or("`shape` holds no sizes")?,
        data.ok_or("`data` holds no numbers")?,
    );
    ArrayD::from_shape_vec(IxDyn(&shape), data)
        .map_err(|_| "`data` has not as many entries as `shape` says".to_string())
}

/// An array as JSON; what it means is its type.
pub(super) fn json_of(array: &ArrayD<f64>, kind: OperandKind) -> Value {
    let dtype = match kind {
        OperandKind::Real | OperandKind::Data => "f64",
        OperandKind::Id => "i64",
        OperandKind::Mask => "bool",
    };
    let entry = |&x: &f64| match kind {
        OperandKind::Real | OperandKind::Data => number(x),
        OperandKind::Id => json!(x as i64),
        OperandKind::Mask => json!(x != 0.0),
    };
    json!({"shape": array.shape(), "dtype": dtype, "data": array.iter().map(entry).collect::<Vec<_>>()})
}
