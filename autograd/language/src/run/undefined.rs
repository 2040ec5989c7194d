//! What has no result is refused: a value or a gradient that is not a number although everything it comes from is one.
//!
//! `0 / 0`, `inf - inf`, and 0 times the infinite slope of a root at 0 arise like this. An infinity is a value like
//! others, as in a mask, and what is given as `nan` stays it.

use ndarray::{ArrayD, Dimension};

use super::elaborate::Elaborated;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::meaning::program::Program;
use crate::span::Span;
use tapegrad_core::graph::{NodeId, Source};
use tapegrad_core::numbers::Real;
use tapegrad_core::op::Form;
use tapegrad_core::ops::AnyOp;
use tapegrad_core::steps::Step;
use tapegrad_core::tape::Tape;
use tapegrad_core::var::Var;

const HELP: &str = "keep the numbers away from there, as `sqrt(x + 1e-12)` does, or choose with `if c then .. else ..`: what stands in the branch \
                    that is not taken has no effect, neither on the value nor on the gradient";

/// E25 for the first value of a run that has no result.
pub(super) fn in_values<T: Real>(
    program: &Program,
    elaborated: &Elaborated,
    tape: &Tape<'_, T>,
) -> Result<(), Box<Diagnostic>> {
    let graph = tape.graph();
    let is_nan = |id: NodeId| tape.with_value(Var::new(tape, id), |value| value.iter().any(|x| x.is_nan()));
    for node in graph.nodes() {
        let Source::Op(op) = node.source else { continue };
        if !is_nan(node.id) || node.operands.iter().any(|&operand| is_nan(operand)) {
            continue;
        }
        let value = tape.value(Var::new(tape, node.id));
        let at = place_of_nan(&value).expect("this value was found to have one");
        let operands: Vec<ArrayD<T>> = node.operands.iter().map(|&x| tape.value(Var::new(tape, x))).collect();
        let numbers: Option<Vec<f64>> = operands
            .iter()
            .map(|operand| entry(operand, &at, value.ndim()))
            .collect();
        let text = match numbers.and_then(|numbers| written(op, &numbers)) {
            Some(written) => format!("{written} has no result"),
            None => format!("`{}` has no result here", op.name()),
        };
        return Err(refused(program, elaborated, node.id, text, &at));
    }
    Ok(())
}

/// E25 for the first step backward from `from` whose contribution has no result; the tape must be a new one.
pub(super) fn in_gradients<T: Real>(
    program: &Program,
    elaborated: &Elaborated,
    tape: &Tape<'_, T>,
    from: Var<'_>,
) -> Result<(), Box<Diagnostic>> {
    let value = |id: NodeId| tape.value(Var::new(tape, id));
    for step in tape.steps(from) {
        let known = step.contributions.iter().map(|one| value(one.operand));
        let is_given = known
            .chain([step.incoming.clone(), value(step.node)])
            .any(|own| has_nan(&own));
        if is_given {
            continue;
        }
        for one in &step.contributions {
            let sum = one
                .before
                .as_ref()
                .filter(|before| !has_nan(before))
                .map(|_| &one.after);
            let (at, text) = match (place_of_nan(&one.value), sum.and_then(place_of_nan)) {
                (Some(at), _) => {
                    let text = lost(tape, &step, entry(&value(one.operand), &at, at.len()), &at);
                    (at, text)
                }
                (None, Some(at)) => (
                    at,
                    "the gradients inf and -inf meet here, and their sum has no result".to_string(),
                ),
                (None, None) => continue,
            };
            let error = refused(program, elaborated, step.node, text, &at);
            return Err(Box::new(error.note(
                "an input whose gradient is not wanted is declared `: data`; then nothing is derived by it",
            )));
        }
    }
    Ok(())
}

pub(super) fn has_nan<T: Real>(array: &ArrayD<T>) -> bool {
    array.iter().any(|x| x.is_nan())
}

/// What is wrong with a step backward at this entry of its operand.
fn lost<T: Real>(tape: &Tape<'_, T>, step: &Step<T>, operand: Option<f64>, at: &[usize]) -> String {
    let graph = tape.graph();
    let Source::Op(op) = graph.node(step.node).source else {
        return "the gradient has no result here".to_string();
    };
    let g = (step.incoming.ndim() == at.len())
        .then(|| entry(&step.incoming, at, at.len()))
        .flatten();
    let name = sign(op.name()).unwrap_or(op.name());
    match (operand, g) {
        (Some(x), Some(g)) if g == 0.0 || g.is_infinite() => {
            let slope = if g == 0.0 { "infinite" } else { "0" };
            format!("the gradient has no result here: {g} comes in, and the slope of `{name}` at {x} is {slope}")
        }
        _ => format!("the gradient of `{name}` has no result here"),
    }
}

fn refused(program: &Program, elaborated: &Elaborated, node: NodeId, text: String, at: &[usize]) -> Box<Diagnostic> {
    let origin = elaborated.origins.get(node.index()).copied().flatten();
    let span = origin.map_or(Span::default(), |value| program.values[value].span);
    let error = Diagnostic::new(Code::E25, span, text).help(HELP);
    Box::new(match at.is_empty() {
        true => error,
        false => {
            let places: Vec<String> = at.iter().map(|place| (place + 1).to_string()).collect();
            error.note(format!("at the entry [{}], counted from 1", places.join(", ")))
        }
    })
}

/// The place of the first entry that is not a number.
fn place_of_nan<T: Real>(array: &ArrayD<T>) -> Option<Vec<usize>> {
    let found = array.indexed_iter().find(|(_, x)| x.is_nan());
    found.map(|(place, _)| place.slice().to_vec())
}

/// The entry of an operand that goes into this entry of a result, if the operand lines up with it.
fn entry<T: Real>(operand: &ArrayD<T>, at: &[usize], rank: usize) -> Option<f64> {
    let own = at.get(rank.checked_sub(operand.ndim())?..)?;
    let place: Vec<usize> = own
        .iter()
        .zip(operand.shape())
        .map(|(&at, &size)| if size == 1 { 0 } else { at })
        .collect();
    operand.get(place.as_slice()).map(|x| x.to_f64())
}

/// An operation between numbers, as a program writes it.
fn written(op: &AnyOp, numbers: &[f64]) -> Option<String> {
    match (sign(op.name()), numbers) {
        (Some(sign), [a, b]) => Some(format!("{a} {sign} {b}")),
        (None, [a]) if op.entry().words.iter().any(|word| word.form == Form::Unary) => {
            Some(format!("{}({a})", op.name()))
        }
        _ => None,
    }
}

fn sign(op: &str) -> Option<&'static str> {
    Some(match op {
        "add" => "+",
        "sub" => "-",
        "mul" => "*",
        "div" => "/",
        "pow" | "power" => "^",
        _ => return None,
    })
}
