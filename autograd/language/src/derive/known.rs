//! Ops that a program calls by their name in the engine although the language has an operator or function for them.

use crate::meaning::program::{AttributeNumber, Operation};
use crate::meaning::size::Size;
use crate::meaning::types::Type;
use tapegrad_core::op::{Form, Word};
use tapegrad_core::ops;

/// The same operation; for an op of the engine that of the language, if there is one.
pub(crate) fn known<'t>(op: &Operation, operands: impl Iterator<Item = &'t Type>) -> Operation {
    let of_language = match op {
        Operation::Engine(name, attributes) => of_language(name, attributes, &operands.collect::<Vec<_>>()),
        _ => None,
    };
    of_language.unwrap_or_else(|| op.clone())
}

fn of_language(name: &str, attributes: &[(String, Vec<AttributeNumber>)], operands: &[&Type]) -> Option<Operation> {
    let get = |field: &str| {
        attributes
            .iter()
            .find(|(own, _)| own == field)
            .map(|(_, numbers)| numbers.as_slice())
    };
    let one = |field: &str| get(field).and_then(<[AttributeNumber]>::first);
    let axis = || one("axis").and_then(whole);
    let op = ops::find(name)?;
    let says = |word: &&Word| {
        let is_given = |(field, value): &(&str, f64)| one(field).and_then(number) == Some(*value);
        word.attributes.iter().all(is_given)
    };
    let form = op.words.iter().find(says).map(|word| (word.form, word.name));
    let rank = operands.first().map_or(0, |ty| ty.rank());
    Some(match name {
        "where" => Operation::Where,
        "neg" => Operation::Unary("neg"),
        "power" => Operation::Power(number(one("n")?)?),
        "clip" => Operation::Clip(number(one("lo")?)?, number(one("hi")?)?),
        "matmul" if has_equal_stacks(operands) => Operation::Matmul,
        "permute" => Operation::Permute(
            get("order")
                .unwrap_or_default()
                .iter()
                .map(whole)
                .collect::<Option<Vec<usize>>>()?,
        ),
        "reshape" => Operation::Reshape,
        "broadcast" => Operation::Broadcast,
        "concat" => Operation::Concat(axis()?),
        "embedding" => Operation::Embedding,
        "pick" => Operation::Pick,
        "slice" => Operation::Slice(axis()?, size(one("start")?)?.plus(&Size::number(1)), size(one("end")?)?),
        _ if op.broadcasts && op.operands.len() == 2 => Operation::Binary(op.name),
        _ => match form? {
            (Form::Unary, word) => Operation::Unary(word),
            (Form::Reduction, _) => {
                let over = match get("over") {
                    None => (0..rank).collect(),
                    // Over no axis, every reduction is the value itself.
                    Some([]) => return Some(Operation::Relabel),
                    Some(axes) => axes.iter().map(whole).collect::<Option<Vec<usize>>>()?,
                };
                Operation::Reduce(op.name, over)
            }
            (Form::Along, _) => Operation::Along(op.name, axis()?),
            _ => return None,
        },
    })
}

/// The product of the language has no stack that is repeated.
fn has_equal_stacks(operands: &[&Type]) -> bool {
    let &[a, b] = operands else { return false };
    let stack = |ty: &Type| {
        ty.axes[..ty.rank().saturating_sub(2)]
            .iter()
            .map(|axis| axis.size.clone())
            .collect::<Vec<_>>()
    };
    b.rank() <= 2 || stack(a) == stack(b)
}

fn number(attribute: &AttributeNumber) -> Option<f64> {
    match attribute {
        AttributeNumber::Number(value) => Some(*value),
        AttributeNumber::Size(size) => size.as_number().map(|value| value as f64),
    }
}

fn whole(attribute: &AttributeNumber) -> Option<usize> {
    number(attribute)
        .filter(|value| *value >= 0.0 && value.fract() == 0.0)
        .map(|value| value as usize)
}

fn size(attribute: &AttributeNumber) -> Option<Size> {
    match attribute {
        AttributeNumber::Number(value) => Some(Size::number(*value as i64)),
        AttributeNumber::Size(size) => Some(size.clone()),
    }
}
