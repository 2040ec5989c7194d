//! The attributes of an op as a diagnosis needs them; how they are written and read, the language says.

use serde_json::Value;

use tapegrad_core::ops::AnyOp;

pub use tapegrad_language::attributes::{AttributeError, op_from_json, op_from_text, to_json};
pub(crate) use tapegrad_language::attributes::{number_from_json as to_number, number_to_json as number};

/// The attributes that are single numbers, which a mistake may multiply by.
pub fn numbers(op: &AnyOp) -> Vec<(String, f64)> {
    let number = |(name, value): (String, Value)| Some((name, value.as_f64()?));
    let is_factor = |(_, value): &(String, f64)| value.is_finite() && *value != 0.0 && value.abs() != 1.0;
    to_json(op).into_iter().filter_map(number).filter(is_factor).collect()
}
