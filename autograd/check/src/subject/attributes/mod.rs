//! The attributes of every op as JSON: which axis, which constant, which mask.
//!
//! Axes are lists of positions counted from 0, or `null` for all; infinities are strings.

mod read;
mod reader;

use serde_json::{Map, Value, json};

use tapegrad_core::ops::{AnyOp, GeluForm, NAMES, Reduction, Sees};
use tapegrad_core::shape::{Axes, RANK_MAX};

use read::read_op;
use reader::Reader;

/// The attributes of an op, by name; empty for most.
pub fn to_json(op: &AnyOp) -> Map<String, Value> {
    let value = match op {
        AnyOp::Power(op) => json!({"n": number(op.n)}),
        AnyOp::Gelu(op) => json!({"form": if op.form == GeluForm::Tanh { "tanh" } else { "exact" }}),
        AnyOp::Clip(op) => json!({"lo": number(op.lo), "hi": number(op.hi)}),
        AnyOp::Sum(op) => json!({"over": axes(op.over)}),
        AnyOp::Mean(op) => json!({"over": axes(op.over)}),
        AnyOp::Max(op) => json!({"over": axes(op.over)}),
        AnyOp::Min(op) => json!({"over": axes(op.over)}),
        AnyOp::Prod(op) => json!({"over": axes(op.over)}),
        AnyOp::Logsumexp(op) => json!({"over": axes(op.over)}),
        AnyOp::Softmax(op) => json!({"axis": op.axis}),
        AnyOp::LogSoftmax(op) => json!({"axis": op.axis}),
        AnyOp::Cumsum(op) => json!({"axis": op.axis}),
        AnyOp::Concat(op) => json!({"axis": op.axis}),
        AnyOp::Stack(op) => json!({"axis": op.axis}),
        AnyOp::Permute(op) => json!({"order": op.order.to_vec()}),
        AnyOp::Reshape(op) => json!({"to": op.to.to_vec()}),
        AnyOp::Broadcast(op) => json!({"to": op.to.to_vec()}),
        AnyOp::Slice(op) => json!({"axis": op.axis, "start": op.start, "end": op.end}),
        AnyOp::CausalMask(op) => json!({"queries": op.queries, "keys": op.keys}),
        AnyOp::Counted(op) => json!({"ignore": op.ignore}),
        AnyOp::LayerNorm(op) => json!({"epsilon": op.epsilon}),
        AnyOp::RmsNorm(op) => json!({"epsilon": op.epsilon}),
        AnyOp::CrossEntropy(op) => json!({"ignore": op.ignore, "reduction": reduction(op.reduction)}),
        AnyOp::Attention(op) => {
            json!({"heads": op.heads, "kv_heads": op.kv_heads, "causal": op.sees == Sees::Past})
        }
        AnyOp::Rotary(op) => json!({"heads": op.heads, "base": op.base, "start": op.start}),
        AnyOp::Dropout(op) => json!({"keep": op.keep}),
        _ => json!({}),
    };
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// The attributes that are single numbers, which a mistake may multiply by.
pub fn numbers(op: &AnyOp) -> Vec<(String, f64)> {
    let number = |(name, value): (String, Value)| Some((name, value.as_f64()?));
    let is_factor = |(_, value): &(String, f64)| value.is_finite() && *value != 0.0 && value.abs() != 1.0;
    to_json(op).into_iter().filter_map(number).filter(is_factor).collect()
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
    if !NAMES.contains(&name) {
        return Err(AttributeError::UnknownOp(name.to_string()));
    }
    let mut read = Reader {
        op: name,
        left: attributes.clone(),
    };
    let op = read_op(name, &mut read)?;
    match read.left.keys().next() {
        None => Ok(op),
        Some(unknown) => Err(AttributeError::UnknownAttribute {
            op: name.to_string(),
            attribute: unknown.clone(),
        }),
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

/// A number as JSON, which has no infinities.
pub(crate) fn number(x: f64) -> Value {
    match x {
        x if x.is_nan() => json!("nan"),
        f64::INFINITY => json!("inf"),
        f64::NEG_INFINITY => json!("-inf"),
        x => json!(x),
    }
}

/// A number from JSON.
pub(crate) fn to_number(value: &Value) -> Option<f64> {
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

fn axes(over: Axes) -> Value {
    if over == Axes::ALL {
        return Value::Null;
    }
    json!((0..RANK_MAX).filter(|&axis| over.contains(axis)).collect::<Vec<_>>())
}

fn reduction(reduction: Reduction) -> &'static str {
    match reduction {
        Reduction::None => "none",
        Reduction::Sum => "sum",
        Reduction::Mean => "mean",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tapegrad_core::op::Draw;
    use tapegrad_language::meanings;

    #[test]
    fn every_op_comes_back_from_its_attributes() {
        for (seed, name) in NAMES.iter().enumerate() {
            for round in 0..20 {
                let sample = AnyOp::sample(name, &mut Draw::new(100 * seed as u64 + round, 3)).unwrap();
                assert_eq!(op_from_json(name, &to_json(&sample.op)), Ok(sample.op));
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
        assert_eq!(error("erf", json!({})), "no op is called `erf`");
        assert_eq!(error("exp", json!({"base": 2})), "exp has no attribute `base`");
        assert_eq!(
            error("softmax", json!({"axis": -1})),
            "softmax: the attribute `axis` must be a whole number from 0 on"
        );
    }

    #[test]
    fn every_operand_and_attribute_of_every_op_has_a_meaning_and_no_other_has() {
        assert_eq!(
            meanings::MEANINGS.iter().map(|meaning| meaning.op).collect::<Vec<_>>(),
            NAMES
        );
        for name in NAMES {
            let meaning = meanings::of(name).unwrap();
            let op = AnyOp::sample(name, &mut Draw::new(1, 3)).unwrap().op;
            assert_eq!(meaning.operands.len(), op.operands().len(), "{name}");
            let named: Vec<&str> = meaning.attributes.iter().map(|one| one.name).collect();
            let given = to_json(&op);
            assert_eq!(named, given.keys().map(String::as_str).collect::<Vec<_>>(), "{name}");
            let written: Vec<&str> = meaning
                .attributes
                .iter()
                .filter_map(|one| one.written.split(" =>").next())
                .collect();
            assert_eq!(written, tapegrad_language::registry::fields(name), "{name}");
        }
    }
}
