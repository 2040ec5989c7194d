//! The catalogue of the language: every function and operator, and every op of the engine by name.

use serde::Serialize;

use crate::meaning::words::{self, Function};
use tapegrad_core::op::{self, Arity, Operand, OperandKind};
use tapegrad_core::ops::{self, REGISTRY};

/// One entry of the catalogue.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    /// The name in programs: `softmax`, `@`, `engine.attention`.
    pub name: String,
    /// `function` for what the language has a word or a sign for, `op` for an op called by its name in the engine.
    pub kind: &'static str,
    /// The op of the registry, by which files of cases name it.
    pub op: &'static str,
    /// What the op does, in one sentence.
    pub meaning: &'static str,
    /// How it is called.
    pub signature: String,
    /// The rule for shapes.
    pub rule: String,
    /// The formula of forward().
    pub forward: &'static str,
    /// The formula of backward().
    pub backward: &'static str,
    /// The operands of the op, in order.
    pub inputs: Vec<Input>,
    /// The attributes of the op.
    pub attributes: Vec<Attribute>,
    /// A call.
    pub example: String,
    /// The source file of the op.
    pub file: &'static str,
}

/// An operand of an op.
#[derive(Clone, Debug, Serialize)]
pub struct Input {
    /// The letter of the formula, by which files of cases name it; one that stands many times is `a.0`, `a.1`, …
    pub name: &'static str,
    /// `real`, `id` (whole numbers from 0), or `mask` (0 for no, else yes), `data`; only real ones have a gradient.
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
    pub written: String,
}

/// All functions and operators of the language, then all ops of the engine.
pub fn catalogue() -> Vec<Entry> {
    let is_sign = |function: &Function| !function.word.name.starts_with(|c: char| c.is_alphabetic());
    let (signs, words): (Vec<Function>, Vec<Function>) = words::all().partition(is_sign);
    let functions = signs.into_iter().chain(words).map(of_function);
    let functions = functions.chain(std::iter::once(gradient()));
    functions.chain(REGISTRY.iter().map(of_op)).collect()
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
            entry.backward
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

fn of_function(function: Function) -> Entry {
    Entry {
        name: function.word.name.to_string(),
        kind: "function",
        signature: function.word.signature(),
        rule: function.word.rule().to_string(),
        example: function.word.example(),
        ..of_op(function.op)
    }
}

/// The one function that is no op: operations of the program itself take its place.
fn gradient() -> Entry {
    let input = |name, meaning| Input {
        name,
        kind: "real",
        arity: "one",
        meaning,
    };
    Entry {
        name: words::GRADIENT.to_string(),
        kind: "function",
        op: words::GRADIENT,
        meaning: "The gradient of a number by a value that it is computed from.",
        signature: "grad(J, x)".to_string(),
        rule: "J is a single number; the result has the axes of x".to_string(),
        forward: "y = dJ/dx",
        backward: "that of the operations which compute it",
        inputs: vec![
            input("J", "the number"),
            input("x", "an input, a parameter, a value with a name, or a place of a row"),
        ],
        attributes: Vec::new(),
        example: "u_x = grad(sum(u, over N), x)".to_string(),
        file: file!(),
    }
}

fn of_op(op: &'static ops::Entry) -> Entry {
    let operands = op.operands.iter().map(|operand| match operand.arity {
        Arity::One => operand.name.to_string(),
        Arity::Optional => format!("[{}]", operand.name),
        Arity::Many => format!("{}, ...", operand.name),
    });
    let given = op
        .attributes
        .iter()
        .map(|attribute| format!("{} => [...]", attribute.name));
    let args: Vec<String> = operands.chain(given).collect();
    let signature = format!("engine.{}({})", op.name, args.join(", "));
    let (forward, backward) = op.formulas();
    Entry {
        name: format!("engine.{}", op.name),
        kind: "op",
        op: op.name,
        meaning: op.meaning,
        example: format!("y = {signature}"),
        signature,
        rule: op.shapes.to_string(),
        forward,
        backward,
        inputs: op.operands.iter().map(input).collect(),
        attributes: op.attributes.iter().map(attribute).collect(),
        file: op.file,
    }
}

fn input(operand: &Operand) -> Input {
    Input {
        name: operand.name,
        kind: match operand.kind {
            OperandKind::Real => "real",
            OperandKind::Id => "id",
            OperandKind::Mask => "mask",
            OperandKind::Data => "data",
        },
        arity: match operand.arity {
            Arity::One => "one",
            Arity::Optional => "optional",
            Arity::Many => "many",
        },
        meaning: operand.meaning,
    }
}

fn attribute(of: &op::Attribute) -> Attribute {
    Attribute {
        name: of.name,
        kind: of.values,
        meaning: of.meaning,
        written: format!("{} => {}", of.name, of.written),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_op_of_the_registry_can_be_written_in_the_language() {
        let catalogue = catalogue();
        for op in REGISTRY {
            let name = format!("engine.{}", op.name);
            assert!(catalogue.iter().any(|entry| entry.name == name), "{name}");
        }
    }

    #[test]
    fn no_two_words_of_one_form_are_alike() {
        let forms: Vec<_> = words::all()
            .map(|function| (function.word.name, function.word.form))
            .collect();
        for (i, form) in forms.iter().enumerate() {
            assert!(!forms[..i].contains(form), "{form:?}");
        }
        assert!(text(&find("softmax")).contains("autograd/core/src/ops/softmax.rs"));
    }
}
