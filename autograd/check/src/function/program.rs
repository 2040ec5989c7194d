//! A recorded graph as a program of the graph language, so that it can be derived there.
//!
//! Axes are called `p1`, `p2`, .. from the last to the first, and axes of size 1 are left out: what is broadcast in the
//! engine then has fewer axes, which is what the language lines up by name. An op without such a form gives no program.

use std::fmt::Write as _;

use tapegrad_core::graph::{Graph, NodeId, Source};
use tapegrad_core::op::{AttributeType, Form, Word};
use tapegrad_core::ops::AnyOp;
use tapegrad_core::shape::{Axes, Shape};
use tapegrad_language::attributes;

/// The program that computes `result` from these nodes, called by these names; `None` if some op has no form for it.
pub fn text(graph: &Graph, result: NodeId, operands: &[(NodeId, String)]) -> Option<String> {
    let mut text = String::from("graph formula {\n");
    let mut names: Vec<String> = Vec::new();
    for node in graph.nodes() {
        let own = operands
            .iter()
            .find(|(id, _)| *id == node.id)
            .map(|(_, name)| name.clone());
        let name = match node.source {
            Source::Constant(value) if value.is_finite() => format!("({value:?})"),
            Source::Op(op) => {
                let of: Vec<(&str, Shape)> = node
                    .operands
                    .iter()
                    .map(|id| (names[id.index()].as_str(), graph.node(*id).shape))
                    .collect();
                let name = if node.id == result {
                    "y".to_string()
                } else {
                    format!("v{}", node.id.index())
                };
                let formula = formula(op, &of, node.shape)?;
                let _ = writeln!(text, "    {name} = {formula}");
                name
            }
            _ => {
                let name = own?;
                let _ = writeln!(text, "    input {name}{}", declared(node.shape)?);
                name
            }
        };
        names.push(name);
    }
    text.push_str("    output y\n}\n");
    matches!(graph.node(result).source, Source::Op(_)).then_some(text)
}

/// The sizes other than 1: what an array has in the program.
pub fn squeezed(shape: &[usize]) -> Vec<usize> {
    shape.iter().copied().filter(|&size| size != 1).collect()
}

/// The axes other than those of size 1, with their names.
fn axes(shape: Shape) -> Vec<(String, usize)> {
    let rank = shape.rank();
    let named = shape
        .iter()
        .enumerate()
        .map(|(i, size)| (format!("p{}", rank - i), size));
    named.filter(|(_, size)| *size != 1).collect()
}

/// `[p2:3, p1:4]`; `None` for an empty array.
fn declared(shape: Shape) -> Option<String> {
    let axes: Vec<String> = axes(shape)
        .iter()
        .map(|(name, size)| format!("{name}:{size}"))
        .collect();
    (!shape.is_empty()).then(|| {
        if axes.is_empty() {
            String::new()
        } else {
            format!("[{}]", axes.join(", "))
        }
    })
}

/// The names of those of these axes that are not of size 1.
fn over(chosen: Axes, shape: Shape) -> Vec<String> {
    let rank = shape.rank();
    let is_chosen = |&i: &usize| chosen.contains(i) && shape.size(i) != 1;
    (0..rank).filter(is_chosen).map(|i| format!("p{}", rank - i)).collect()
}

fn formula(op: &AnyOp, x: &[(&str, Shape)], y: Shape) -> Option<String> {
    let (a, a_shape) = *x.first()?;
    if y.is_empty() || x.iter().any(|(_, shape)| shape.is_empty()) {
        return None;
    }
    let b = x.get(1).map_or("", |(name, _)| *name);
    Some(match op {
        AnyOp::Add(_) => format!("{a} + {b}"),
        AnyOp::Sub(_) => format!("{a} - {b}"),
        AnyOp::Mul(_) => format!("{a} * {b}"),
        AnyOp::Div(_) => format!("{a} / {b}"),
        AnyOp::Pow(_) => format!("{a} ^ {b}"),
        AnyOp::Neg(_) => format!("-{a}"),
        AnyOp::Power(op) if op.n >= 0.0 => format!("{a} ^ {}", op.n),
        AnyOp::Clip(op) if op.lo.is_finite() && op.hi.is_finite() => format!("clip({a}, {}, {})", op.lo, op.hi),
        AnyOp::Reshape(_) if squeezed(&a_shape.to_vec()) == squeezed(&y.to_vec()) => renamed(a.to_string(), y)?,
        AnyOp::Permute(op) => {
            let order = op.order.iter().map(|&i| i as usize).filter(|&i| a_shape.size(i) != 1);
            let order: Vec<String> = order.map(|i| format!("p{}", a_shape.rank() - i)).collect();
            match order.len() {
                0 | 1 => renamed(a.to_string(), y)?,
                _ => renamed(format!("order({a}, {})", order.join(", ")), y)?,
            }
        }
        op => {
            let word = word(op)?;
            let over = || op.attributes().next().map(|(_, value)| value);
            match word.form {
                Form::Unary => format!("{}({a})", word.name),
                Form::Reduction => reduced(word.name, a, Axes::from_value(&over()?)?, a_shape, y)?,
                Form::Along => along(word.name, a, usize::from_value(&over()?)?, a_shape)?,
                _ => return None,
            }
        }
    })
}

/// The word of the language for an op with these attributes.
fn word(op: &AnyOp) -> Option<&'static Word> {
    let is_own = |(field, value): &(&str, f64)| {
        let given = attributes::encode(op).into_iter().find(|(name, _)| name == field);
        given.is_some_and(|(_, numbers)| numbers == [*value])
    };
    op.entry().words.iter().find(|word| word.attributes.iter().all(is_own))
}

fn reduced(name: &str, a: &str, axes: Axes, a_shape: Shape, y: Shape) -> Option<String> {
    let over = over(axes, a_shape);
    match over.is_empty() {
        true => renamed(a.to_string(), y),
        false => renamed(format!("{name}({a}, over {})", over.join(", ")), y),
    }
}

fn along(name: &str, a: &str, axis: usize, a_shape: Shape) -> Option<String> {
    let over = over(Axes::of(&[axis]), a_shape);
    over.first().map(|axis| format!("{name}({a}, over {axis})"))
}

/// An expression whose axes get the names that they have in an array of this shape.
fn renamed(expression: String, y: Shape) -> Option<String> {
    let axes = declared(y)?;
    Some(if axes.is_empty() {
        expression
    } else {
        format!("{expression} as {axes}")
    })
}
