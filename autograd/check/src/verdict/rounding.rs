//! Whether an error is rounding: then it changes at random when the operands move by a millionth, and else it does not.
//!
//! The tolerance of the judge is what a careful algorithm in `f64` needs. A right algorithm may lose more: a variance in
//! one pass, numbers in `f32` somewhere inside, a table in place of a function. Such a gradient is right to fewer digits,
//! and the report says to how many. A wrong formula is wrong in the same way beside the case, however small its error.

use std::sync::Arc;
use std::time::Duration;

use ndarray::ArrayD;

use crate::Draw;
use crate::evaluation::prepared_case::PreparedCase;
use crate::evaluation::{Evaluation, Upstream};
use crate::magnitude::largest;
use crate::subject::Subject;
use crate::verdict::faults::{FORWARD_EXACT, forward_error};
use crate::verdict::judge::{EntryVerdict, judge_operand};
use crate::witness::reference::{Coverage, FULL, Reference, Witnesses};
use tapegrad_core::shape::Shape;

/// How far the operands are moved, as a share of each: many steps of `f32`, and little for a smooth function.
const MOVED: f64 = 1e-6;
/// How often they are moved.
const TIMES: u64 = 3;
/// An error that is rounding may be this share of the largest entry or term.
const ROUNDING_MAX: f64 = 1e-4;
/// A value that is off by this share of the largest is an approximation of the definition.
const APPROXIMATE: f64 = 2e-6;
/// The gradient of an approximation may be off by this share.
const OF_APPROXIMATE: f64 = 1e-5;

/// Why a gradient that is not exact is not wrong, in sentences; `None` if something is wrong.
pub(crate) fn excuse(
    subject: &Arc<dyn Subject>,
    prepared: &PreparedCase,
    evaluation: &Evaluation,
    limit: Duration,
) -> Option<Vec<String>> {
    let reference = &prepared.reference;
    let value = value_error(reference, evaluation)?;
    let is_approximate = value > FORWARD_EXACT;
    let wrong: Vec<(usize, f64)> = reference
        .case
        .real()
        .filter_map(|i| Some((i, largest_error(reference, evaluation, i)?)))
        .collect();
    if value > ROUNDING_MAX || wrong.iter().any(|(_, error)| !(*error <= ROUNDING_MAX)) {
        return None;
    }
    let moved: Vec<(PreparedCase, Evaluation)> =
        (0..TIMES).filter_map(|n| moved(subject, prepared, n, limit)).collect();
    if moved.is_empty() {
        return None;
    }
    let mut sentences = Vec::new();
    if is_approximate {
        let is_noise = moved
            .iter()
            .any(|(p, e)| is_redrawn(&value_errors(reference, evaluation), &value_errors(&p.reference, e)));
        if !is_noise && value > APPROXIMATE {
            return None;
        }
        sentences.push(match is_noise {
            true => digits("forward()", value),
            false => format!(
                "forward() agrees with the definition to {} digits: it is an approximation of it",
                digits_left(value)
            ),
        });
    }
    for (i, error) in wrong {
        let errors = errors(reference, evaluation, i);
        let is_noise = moved
            .iter()
            .any(|(p, e)| is_redrawn(&errors, &self::errors(&p.reference, e, i)));
        let name = format!("g_{}", reference.case.operands[i].name);
        match is_noise {
            true => sentences.push(digits(&name, error)),
            false if is_approximate && error <= OF_APPROXIMATE => {}
            false => return None,
        }
    }
    Some(sentences)
}

/// The same operands, each moved by about a millionth of itself, with what the subject computes there.
fn moved(
    subject: &Arc<dyn Subject>,
    prepared: &PreparedCase,
    number: u64,
    limit: Duration,
) -> Option<(PreparedCase, Evaluation)> {
    let reference = &prepared.reference;
    let mut draw = Draw::new(prepared.seed ^ (0x9e37 + number), 3);
    let mut x = reference.case.values();
    for i in reference.case.real() {
        let by = draw.between(Shape::new(x[i].shape()), 0.5 * MOVED, MOVED);
        x[i] = &x[i] * &(by + 1.0);
    }
    let coverage = Coverage {
        witnesses: Witnesses::First,
        ..FULL
    };
    let case = reference.case.with_values(&x);
    let upstream = Upstream::Given(reference.g_y.clone());
    let moved = PreparedCase::of(subject, case, &upstream, prepared.seed, coverage).ok()?;
    let evaluation = moved.ask(subject, limit).ok()?;
    Some((moved, evaluation))
}

/// True if errors beside the case are others: more than a third of the largest has changed.
fn is_redrawn(here: &[f64], there: &[f64]) -> bool {
    let most = largest(here);
    let changed = here.iter().zip(there).map(|(a, b)| (a - b).abs());
    here.len() == there.len() && changed.fold(0.0, f64::max) > 0.3 * most
}

/// The errors of a gradient at the entries that the reference knows.
fn errors(reference: &Reference, evaluation: &Evaluation, operand: usize) -> Vec<f64> {
    let Some(expected) = &reference.gradients[operand] else {
        return Vec::new();
    };
    let flat: Vec<f64> = evaluation.g_x[operand].iter().copied().collect();
    let error = |entry: &crate::witness::reference_gradient::ReferenceEntry| {
        flat.get(entry.index).map_or(f64::NAN, |g| g - entry.best())
    };
    let along = expected.probes.iter().map(|(v, entry)| {
        let given: f64 = flat.iter().zip(v).map(|(g, v)| g * v).sum();
        given - entry.best()
    });
    expected.entries.iter().map(error).chain(along).collect()
}

/// The largest error of a wrong entry as a share of the largest entry or term; `None` if none is wrong.
fn largest_error(reference: &Reference, evaluation: &Evaluation, operand: usize) -> Option<f64> {
    let expected = reference.gradients[operand].as_ref()?;
    let given = &evaluation.g_x[operand];
    if given.shape() != reference.case.operands[operand].value.shape() {
        return Some(f64::INFINITY);
    }
    let judged = judge_operand(given, expected);
    let wrong = judged.iter().filter(|(_, _, verdict)| *verdict == EntryVerdict::Wrong);
    let shares = wrong.map(|(entry, a, _)| {
        let off = (a - entry.best()).abs();
        let scale = expected.scale.max(entry.terms).max(f64::MIN_POSITIVE);
        if entry.kink.is_some() {
            f64::INFINITY
        } else {
            off / scale
        }
    });
    shares.max_by(f64::total_cmp)
}

/// How far the value is from the definition, as a share of its largest entry; `None` if it has another shape.
fn value_error(reference: &Reference, evaluation: &Evaluation) -> Option<f64> {
    if evaluation.y.shape() != reference.y.shape() {
        return None;
    }
    if forward_error(reference, evaluation, FORWARD_EXACT).is_none() {
        return Some(0.0);
    }
    let height = largest(&reference.y);
    let off = value_errors(reference, evaluation)
        .into_iter()
        .fold(
            0.0,
            |most: f64, e| if e.is_nan() { f64::INFINITY } else { most.max(e.abs()) },
        );
    Some(off / height.max(f64::MIN_POSITIVE))
}

fn value_errors(reference: &Reference, evaluation: &Evaluation) -> Vec<f64> {
    let right: ArrayD<f64> = reference.value_double_double().unwrap_or_else(|| reference.y.clone());
    evaluation
        .y
        .iter()
        .zip(&right)
        .map(|(a, b)| if a == b { 0.0 } else { a - b })
        .collect()
}

fn digits_left(share: f64) -> i32 {
    (-share.log10()).floor().max(0.0) as i32
}

/// What rounding of this size means.
fn digits(what: &str, share: f64) -> String {
    let left = digits_left(share);
    match share {
        s if (2e-9..2e-5).contains(&s) => {
            format!("{what} is right to {left} digits: part of it is computed in single precision (f32), which has 7")
        }
        s => format!(
            "{what} loses {} of 16 digits to rounding here: {left} are right",
            (s / f64::EPSILON).log10().ceil().max(1.0)
        ),
    }
}
