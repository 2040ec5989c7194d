//! The attributes of an op in a file: as lists of numbers in a program, and as JSON.
//!
//! A program writes `engine.sum(a, over => [0])`; JSON writes `{"over": [0]}`. Both are read and written by what the op
//! says about its attributes, so an op of the registry has both forms.

use serde_json::{Map, Value, json};

use tapegrad_core::op::{Attribute, AttributeValue, WrongAttribute};
use tapegrad_core::ops::{self, AnyOp, NAMES};

/// Attributes as a program writes them: names, and lists of numbers.
pub type Attributes = Vec<(String, Vec<f64>)>;

/// The attributes of an op as lists of numbers; what has its usual value is left out.
pub fn encode(op: &AnyOp) -> Attributes {
    let list = |(attribute, value): (&Attribute, AttributeValue)| {
        let numbers = match value {
            AttributeValue::Nothing => return None,
            AttributeValue::List(list) if list.is_empty() => match attribute.nothing_is_all {
                true => vec![-1.0],
                false => return None,
            },
            AttributeValue::List(list) => list,
            AttributeValue::Count(count) => vec![count as f64],
            AttributeValue::Number(number) => vec![number],
            AttributeValue::Flag(yes) => vec![f64::from(u8::from(yes))],
            AttributeValue::Choice(_, index) => vec![index as f64],
        };
        Some((attribute.name.to_string(), numbers))
    };
    op.attributes().filter_map(list).collect()
}

/// The op of this name with these attributes.
///
/// **Errors** with a sentence on an unknown op, and on a missing, unknown or impossible attribute.
pub fn decode(name: &str, attributes: &[(String, Vec<f64>)]) -> Result<AnyOp, String> {
    let Some(entry) = ops::find(name) else {
        return Err(format!("the engine has no op {name}; it has: {}", NAMES.join(", ")));
    };
    let known: Vec<&str> = entry.attributes.iter().map(|attribute| attribute.name).collect();
    if let Some((unknown, _)) = attributes.iter().find(|(name, _)| !known.contains(&name.as_str())) {
        return Err(format!(
            "there is no attribute {unknown} here; there are: {}",
            known.join(", ")
        ));
    }
    let none_of_all = |field: &str| {
        entry
            .attributes
            .iter()
            .any(|one| one.name == field && one.nothing_is_all)
    };
    let given = |field: &str| match attributes.iter().find(|(name, _)| name == field) {
        None => AttributeValue::Nothing,
        Some((_, numbers)) => match numbers.as_slice() {
            &[-1.0] if none_of_all(field) => AttributeValue::List(Vec::new()),
            &[one] => AttributeValue::Number(one),
            several => AttributeValue::List(several.to_vec()),
        },
    };
    entry
        .with_attributes(&given)
        .map_err(|wrong| format!("the attribute {} is missing or does not fit", wrong.name))
}

/// The attributes of an op as JSON, by name; empty for most.
pub fn to_json(op: &AnyOp) -> Map<String, Value> {
    let value = |value| match value {
        AttributeValue::Nothing => Value::Null,
        AttributeValue::List(list) => list.into_iter().map(|number| json!(number as i64)).collect(),
        AttributeValue::Count(count) => json!(count),
        AttributeValue::Number(number) => number_to_json(number),
        AttributeValue::Flag(yes) => json!(yes),
        AttributeValue::Choice(name, _) => json!(name),
    };
    op.attributes()
        .map(|(attribute, own)| (attribute.name.to_string(), value(own)))
        .collect()
}

/// The op with this name and these attributes as JSON text.
///
/// **Errors** as [`op_from_json`], and on text that is not a JSON object.
pub fn op_from_text(name: &str, attributes: &str) -> Result<AnyOp, AttributeError> {
    let map: Map<String, Value> =
        serde_json::from_str(attributes).map_err(|error| AttributeError::NotJson(error.to_string()))?;
    op_from_json(name, &map)
}

/// The op with this name and these attributes.
///
/// **Errors** on an unknown op, and on a missing, unknown or impossible attribute; nothing is skipped.
pub fn op_from_json(name: &str, attributes: &Map<String, Value>) -> Result<AnyOp, AttributeError> {
    let entry = ops::find(name).ok_or_else(|| AttributeError::UnknownOp(name.to_string()))?;
    let wrong = |wrong: WrongAttribute| AttributeError::Wrong {
        op: name.to_string(),
        attribute: wrong.name.to_string(),
        expected: wrong.expected.to_string(),
    };
    let missing = |one: &&Attribute| !one.optional && !attributes.contains_key(one.name);
    if let Some(Attribute { name, expected, .. }) = entry.attributes.iter().find(missing) {
        return Err(wrong(WrongAttribute { name, expected }));
    }
    let is_known = |given: &&String| entry.attributes.iter().any(|one| one.name == **given);
    if let Some(unknown) = attributes.keys().find(|given| !is_known(given)) {
        return Err(AttributeError::UnknownAttribute {
            op: name.to_string(),
            attribute: unknown.clone(),
        });
    }
    let given = |field: &str| attributes.get(field).map_or(AttributeValue::Nothing, value_of);
    entry.with_attributes(&given).map_err(wrong)
}

fn value_of(json: &Value) -> AttributeValue {
    match json {
        Value::Null => AttributeValue::Nothing,
        Value::Bool(yes) => AttributeValue::Flag(*yes),
        Value::Array(list) => {
            let numbers: Option<Vec<f64>> = list
                .iter()
                .map(|one| one.as_i64().map(|number| number as f64))
                .collect();
            numbers.map_or(
                AttributeValue::Choice("a list of something else".to_string(), usize::MAX),
                AttributeValue::List,
            )
        }
        Value::String(text) if number_from_json(json).is_none() => AttributeValue::Choice(text.clone(), usize::MAX),
        Value::Object(_) => AttributeValue::Choice("an object".to_string(), usize::MAX),
        number => match number.as_u64() {
            Some(count) => AttributeValue::Count(count as usize),
            None => AttributeValue::Number(number_from_json(number).unwrap_or(f64::NAN)),
        },
    }
}

/// A number as JSON, which has no infinities.
pub fn number_to_json(x: f64) -> Value {
    match x {
        x if x.is_nan() => json!("nan"),
        f64::INFINITY => json!("inf"),
        f64::NEG_INFINITY => json!("-inf"),
        x => json!(x),
    }
}

/// A number from JSON; yes is 1 and no is 0.
pub fn number_from_json(value: &Value) -> Option<f64> {
    match value {
        Value::String(text) => match text.as_str() {
            "nan" => Some(f64::NAN),
            "inf" => Some(f64::INFINITY),
            "-inf" => Some(f64::NEG_INFINITY),
            _ => None,
        },
        Value::Bool(yes) => Some(f64::from(u8::from(*yes))),
        number => number.as_f64(),
    }
}

/// Why an op cannot be made from JSON.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AttributeError {
    /// The text is not a JSON object.
    #[error("the attributes are not a JSON object: {0}")]
    NotJson(String),
    /// There is no op of this name.
    #[error("no op is called `{0}`")]
    UnknownOp(String),
    /// The op has no such attribute.
    #[error("{op} has no attribute `{attribute}`")]
    UnknownAttribute {
        /// The op.
        op: String,
        /// The attribute.
        attribute: String,
    },
    /// The attribute is not there, or is not what it must be.
    #[error("{op}: the attribute `{attribute}` must be {expected}")]
    Wrong {
        /// The op.
        op: String,
        /// The attribute.
        attribute: String,
        /// What it must be.
        expected: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use tapegrad_core::op::Draw;

    #[test]
    fn every_op_comes_back_from_its_attributes_in_both_forms() {
        for (seed, name) in NAMES.iter().enumerate() {
            for round in 0..20 {
                let op = AnyOp::sample(name, &mut Draw::new(100 * seed as u64 + round, 4))
                    .unwrap()
                    .op;
                assert_eq!(op_from_json(name, &to_json(&op)).as_ref(), Ok(&op));
                assert_eq!(decode(name, &encode(&op)).as_ref(), Ok(&op));
            }
        }
    }

    #[test]
    fn an_unknown_op_or_attribute_is_reported() {
        let error = |name: &str, attributes: Value| {
            op_from_json(name, attributes.as_object().unwrap())
                .unwrap_err()
                .to_string()
        };
        assert_eq!(error("sinh", json!({})), "no op is called `sinh`");
        assert_eq!(error("exp", json!({"base": 2})), "exp has no attribute `base`");
        assert_eq!(
            error("softmax", json!({"axis": -1})),
            "softmax: the attribute `axis` must be a whole number from 0 on"
        );
        for wrong in [
            json!({}),
            json!({"over": ["a"]}),
            json!({"over": -1}),
            json!({"over": {}}),
        ] {
            assert_eq!(
                error("sum", wrong),
                "sum: the attribute `over` must be a list of axes counted from 0, or null for all"
            );
        }
    }
}
