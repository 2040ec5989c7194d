//! The catalogue of the language: every function and operator, and every op of the engine by name.

use serde::Serialize;

use super::functions::{FUNCTIONS, Function};
use super::registry;
use crate::check::Draw;
use crate::op::Arity;
use crate::ops::{AnyOp, NAMES};

/// One entry of the catalogue.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    /// The name in programs: `softmax`, `@`, `engine.attention`.
    pub name: String,
    /// How it is called.
    pub signature: String,
    /// The rule for shapes.
    pub rule: String,
    /// The formula of forward().
    pub forward: String,
    /// The formula of backward().
    pub backward: String,
    /// The attributes, as a call of the engine names them.
    pub attributes: Vec<String>,
    /// A call.
    pub example: String,
    /// The source file of the op.
    pub file: String,
}

/// All functions and operators of the language, then all ops of the engine.
pub fn catalogue() -> Vec<Entry> {
    FUNCTIONS
        .iter()
        .filter_map(of_function)
        .chain(NAMES.iter().filter_map(|name| of_op(name)))
        .collect()
}

/// The entries of this name, of a function or of an op.
pub fn find(name: &str) -> Vec<Entry> {
    let short = |entry: &Entry| entry.name.strip_prefix("engine.").map(str::to_string);
    catalogue()
        .into_iter()
        .filter(|entry| entry.name == name || short(entry).as_deref() == Some(name))
        .collect()
}

/// The entries as text.
pub fn text(entries: &[Entry]) -> String {
    let one = |entry: &Entry| {
        let attributes = if entry.attributes.is_empty() {
            "none".to_string()
        } else {
            entry.attributes.join(", ")
        };
        let backward = if entry.backward.is_empty() {
            "none"
        } else {
            &entry.backward
        };
        format!(
            "{}\n  shapes      {}\n  forward     {}\n  backward    {backward}\n  attributes  {attributes}\n  example     {}\n  \
             file        {}\n",
            entry.signature, entry.rule, entry.forward, entry.example, entry.file
        )
    };
    entries.iter().map(one).collect::<Vec<_>>().join("\n")
}

fn any_op(name: &str) -> Option<AnyOp> {
    let name = if name == "gelu_tanh" { "gelu" } else { name };
    AnyOp::sample(name, &mut Draw::new(1, 3)).map(|sample| sample.op)
}

fn of_function(function: &Function) -> Option<Entry> {
    let op = any_op(function.op)?;
    Some(Entry {
        name: function.name.to_string(),
        signature: function.signature.to_string(),
        rule: function.rule.to_string(),
        example: function.example.to_string(),
        ..of_any(&op)
    })
}

fn of_op(name: &str) -> Option<Entry> {
    any_op(name).map(|op| of_any(&op))
}

fn of_any(op: &AnyOp) -> Entry {
    let attributes: Vec<String> = registry::fields(op.name())
        .iter()
        .map(|field| (*field).to_string())
        .collect();
    let operands = op.operands().iter().map(|operand| match operand.arity {
        Arity::One => operand.name.to_string(),
        Arity::Optional => format!("[{}]", operand.name),
        Arity::Many => format!("{}, ...", operand.name),
    });
    let given = attributes.iter().map(|field| format!("{field} => [...]"));
    let args: Vec<String> = operands.chain(given).collect();
    let signature = format!("engine.{}({})", op.name(), args.join(", "));
    Entry {
        name: format!("engine.{}", op.name()),
        example: format!("y = {signature}"),
        signature,
        rule: "the shape rule of the op, axes by position".to_string(),
        forward: op.forward_formula().to_string(),
        backward: op.backward_formula().to_string(),
        attributes,
        file: op.file().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_op_of_the_registry_can_be_written_in_the_language() {
        let catalogue = catalogue();
        for name in NAMES {
            assert!(
                catalogue.iter().any(|entry| entry.name == format!("engine.{name}")),
                "{name}"
            );
            let op = any_op(name).unwrap();
            assert!(
                registry::encode(&op).is_some(),
                "{name} is missing in the list of the language"
            );
        }
    }

    #[test]
    fn every_function_of_the_language_stands_for_an_op_of_the_registry() {
        for function in FUNCTIONS {
            assert!(
                any_op(function.op).is_some(),
                "{} has no op {}",
                function.name,
                function.op
            );
        }
        assert!(text(&find("softmax")).contains("autograd/src/ops/softmax.rs"));
    }
}
