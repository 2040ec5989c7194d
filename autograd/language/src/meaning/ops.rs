//! The catalogue of the language: every function and operator, and every op of the engine by name.

use serde::Serialize;

use crate::meaning::functions::{FUNCTIONS, Function};
use crate::meaning::meanings::{self, AttributeMeaning};
use crate::meaning::registry;
use tapegrad_core::op::Draw;
use tapegrad_core::op::{Arity, Operand, OperandKind};
use tapegrad_core::ops::{AnyOp, NAMES};

/// One entry of the catalogue.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    /// The name in programs: `softmax`, `@`, `engine.attention`.
    pub name: String,
    /// `function` for what the language has a word or a sign for, `op` for an op called by its name in the engine.
    pub kind: &'static str,
    /// The op of the registry, by which files of cases name it.
    pub op: String,
    /// How it is called.
    pub signature: String,
    /// The rule for shapes.
    pub rule: String,
    /// The formula of forward().
    pub forward: String,
    /// The formula of backward().
    pub backward: String,
    /// The operands of the op, in order.
    pub inputs: Vec<Input>,
    /// The attributes of the op.
    pub attributes: Vec<Attribute>,
    /// A call.
    pub example: String,
    /// The source file of the op.
    pub file: String,
}

/// An operand of an op.
#[derive(Clone, Debug, Serialize)]
pub struct Input {
    /// The letter of the formula, by which files of cases name it; one that stands many times is `a.0`, `a.1`, …
    pub name: &'static str,
    /// `real`, `id` (whole numbers from 0), or `mask` (0 for no, else yes); only real ones have a gradient.
    pub kind: &'static str,
    /// `one`, `optional`, or `many`.
    pub arity: &'static str,
    /// What it is.
    pub meaning: &'static str,
}

/// An attribute of an op.
#[derive(Clone, Debug, Serialize)]
pub struct Attribute {
    /// The name in files of cases and in JSON.
    pub name: &'static str,
    /// What kind of JSON value it is there.
    pub kind: &'static str,
    /// What it decides.
    pub meaning: &'static str,
    /// How the language writes it, as lists of numbers.
    pub written: &'static str,
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
        let inputs = entry.inputs.iter().map(|one| {
            let many = if one.arity == "one" {
                String::new()
            } else {
                format!(", {}", one.arity)
            };
            format!("  input       {} ({}{many}): {}\n", one.name, one.kind, one.meaning)
        });
        let attributes = entry.attributes.iter().map(|one| {
            format!(
                "  attribute   {} ({}): {}; written {}\n",
                one.name, one.kind, one.meaning, one.written
            )
        });
        let described: String = inputs.chain(attributes).collect();
        let backward = if entry.backward.is_empty() {
            "none"
        } else {
            &entry.backward
        };
        format!(
            "{}\n  shapes      {}\n  forward     {}\n  backward    {backward}\n{described}  example     {}\n  \
             file        {}\n",
            entry.signature, entry.rule, entry.forward, entry.example, entry.file
        )
    };
    entries.iter().map(one).collect::<Vec<_>>().join("\n")
}

/// One line for each entry: how it is called, and its formula.
pub fn list(entries: &[Entry]) -> String {
    let calls = entries.iter().map(|entry| entry.signature.chars().count());
    let width = calls.filter(|&width| width <= 32).max().unwrap_or(0);
    let line = |entry: &Entry| format!("{:width$}  {}\n", entry.signature, entry.forward);
    entries.iter().map(line).collect()
}

fn any_op(name: &str) -> Option<AnyOp> {
    let name = if name == "gelu_tanh" { "gelu" } else { name };
    AnyOp::sample(name, &mut Draw::new(1, 3)).map(|sample| sample.op)
}

fn of_function(function: &Function) -> Option<Entry> {
    let op = any_op(function.op)?;
    Some(Entry {
        name: function.name.to_string(),
        kind: "function",
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
    let meaning = meanings::of(op.name()).expect("invariant: every op has an entry among the meanings");
    let operands = op.operands().iter().map(|operand| match operand.arity {
        Arity::One => operand.name.to_string(),
        Arity::Optional => format!("[{}]", operand.name),
        Arity::Many => format!("{}, ...", operand.name),
    });
    let given = registry::fields(op.name())
        .iter()
        .map(|field| format!("{field} => [...]"));
    let args: Vec<String> = operands.chain(given).collect();
    let signature = format!("engine.{}({})", op.name(), args.join(", "));
    let inputs = op.operands().iter().zip(meaning.operands);
    Entry {
        name: format!("engine.{}", op.name()),
        kind: "op",
        op: op.name().to_string(),
        example: format!("y = {signature}"),
        signature,
        rule: meaning.shapes.to_string(),
        forward: op.forward_formula().to_string(),
        backward: op.backward_formula().to_string(),
        inputs: inputs.map(|(operand, meaning)| input(operand, meaning)).collect(),
        attributes: meaning.attributes.iter().map(attribute).collect(),
        file: op.file().to_string(),
    }
}

fn input(operand: &Operand, meaning: &'static str) -> Input {
    Input {
        name: operand.name,
        kind: match operand.kind {
            OperandKind::Real => "real",
            OperandKind::Id => "id",
            OperandKind::Mask => "mask",
        },
        arity: match operand.arity {
            Arity::One => "one",
            Arity::Optional => "optional",
            Arity::Many => "many",
        },
        meaning,
    }
}

fn attribute(of: &AttributeMeaning) -> Attribute {
    Attribute {
        name: of.name,
        kind: of.kind,
        meaning: of.meaning,
        written: of.written,
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
        assert!(text(&find("softmax")).contains("autograd/core/src/ops/softmax.rs"));
    }
}
