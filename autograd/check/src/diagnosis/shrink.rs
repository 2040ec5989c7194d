//! From a wrong gradient to the smallest case that still shows the same mistake.
//!
//! Small cases are drawn and the smallest is kept on which the gradient is wrong in the same way; then its numbers are
//! replaced, one after another, by 0, 1, -1, 2 and 1/2, and the upstream gradient by a single 1. A step is taken only
//! if the same mistake still explains the gradient, so that shrinking cannot slide from one mistake to another.

use std::sync::Arc;
use std::time::Duration;

use ndarray::ArrayD;

use crate::diagnosis::diagnose::{SAME, is_wrong};
use crate::evaluation::prepared_case::PreparedCase;
use crate::evaluation::{Evaluation, Upstream};
use crate::mistakes::Mistake;
use crate::mistakes::hypotheses::residual_above;
use crate::subject::Subject;
use crate::witness::reference::JACOBIAN;
use tapegrad_core::op::OperandKind;

/// Which sizes small cases are drawn with, the smallest first, and how many of each.
const SMALL: [(&[usize], u64); 4] = [(&[1], 6), (&[1, 2], 24), (&[2], 6), (&[2, 3], 8)];
/// The simplest numbers, in the order in which they are tried.
const SIMPLE: [f64; 5] = [0.0, 1.0, -1.0, 2.0, 0.5];
/// Larger arrays are not simplified entry by entry.
const ENTRIES_MAX: usize = 24;

/// The failure that must stay the same while a case shrinks.
#[derive(Clone, Debug)]
pub struct Symptom {
    /// The operand whose gradient is wrong.
    pub operand: String,
    /// The mistake that explains it, if one does.
    pub mistake: Option<Mistake>,
}

impl Symptom {
    /// The position of the operand if this case shows the mistake.
    pub fn operand_in(&self, prepared: &PreparedCase, evaluation: &Evaluation) -> Option<usize> {
        let operand = prepared
            .reference
            .case
            .operands
            .iter()
            .position(|x| x.name == self.operand)?;
        if !is_wrong(prepared, evaluation, operand) {
            return None;
        }
        let Some(mistake) = &self.mistake else {
            return Some(operand);
        };
        let h = prepared.hypotheses(operand).iter().find(|h| h.mistake == *mistake)?;
        let floor = 100.0 * prepared.reference.rounding_of(operand);
        (residual_above(&evaluation.g_x[operand], &h.gradient, floor) <= SAME).then_some(operand)
    }
}

/// Small cases of a subject, the smallest first.
pub fn small_cases(subject: &Arc<dyn Subject>, seed: u64) -> Vec<PreparedCase> {
    let draws = SMALL
        .iter()
        .flat_map(|(sizes, count)| (0..*count).map(move |i| (*sizes, i)));
    let mut cases: Vec<PreparedCase> = draws
        .filter_map(|(sizes, i)| PreparedCase::draw(subject, seed.wrapping_add(7919 * (i + 1)), sizes, JACOBIAN).ok())
        .filter(|prepared| prepared.reference.case.numbers() > 0)
        .collect();
    cases.sort_by_key(|prepared| (real_numbers(prepared), prepared.reference.y.len()));
    cases
}

/// How many real numbers the operands of a case hold.
pub fn real_numbers(prepared: &PreparedCase) -> usize {
    let operands = prepared.reference.case.operands.iter();
    operands
        .filter(|x| x.kind == OperandKind::Real)
        .map(|x| x.value.len())
        .sum()
}

/// The smallest and simplest case that shows the mistake.
pub fn shrink(
    subject: &Arc<dyn Subject>,
    start: PreparedCase,
    evaluation: Evaluation,
    symptom: &Symptom,
    limit: Duration,
) -> (PreparedCase, Evaluation) {
    let mut best = (start, evaluation);
    for prepared in small_cases(subject, best.0.seed) {
        if real_numbers(&prepared) >= real_numbers(&best.0) {
            break;
        }
        if let Ok(evaluation) = prepared.ask(subject, limit)
            && symptom.operand_in(&prepared, &evaluation).is_some()
        {
            best = (prepared, evaluation);
            break;
        }
    }
    simplify(subject, best, symptom, limit)
}

/// Replaces the numbers of a case by simple ones while it shows the mistake.
fn simplify(
    subject: &Arc<dyn Subject>,
    mut best: (PreparedCase, Evaluation),
    symptom: &Symptom,
    limit: Duration,
) -> (PreparedCase, Evaluation) {
    let attempt = |x: Vec<ArrayD<f64>>, g_y: ArrayD<f64>, from: &PreparedCase| {
        let mut case = from.reference.case.clone();
        case.operands
            .iter_mut()
            .zip(x)
            .for_each(|(operand, value)| operand.value = value);
        let old = from.reference.x_old.clone();
        let prepared = PreparedCase::of(subject, case, old, &Upstream::Given(g_y), from.seed, JACOBIAN).ok()?;
        if prepared.reference.y.iter().any(|y| y.is_nan()) {
            return None;
        }
        let evaluation = prepared.ask(subject, limit).ok()?;
        symptom.operand_in(&prepared, &evaluation)?;
        Some((prepared, evaluation))
    };
    let count = best.0.reference.g_y.len();
    for i in 0..count.min(ENTRIES_MAX) {
        let mut g_y = best.0.reference.g_y.clone() * 0.0;
        if let Some(g) = g_y.iter_mut().nth(i) {
            *g = 1.0;
        }
        if let Some(better) = attempt(best.0.reference.case.values(), g_y, &best.0) {
            best = better;
            break;
        }
    }
    for operand in best.0.reference.case.real().collect::<Vec<_>>() {
        for i in 0..best.0.reference.case.operands[operand].value.len().min(ENTRIES_MAX) {
            for simple in SIMPLE {
                let mut x = best.0.reference.case.values();
                let Some(entry) = x[operand].iter_mut().nth(i) else {
                    continue;
                };
                if *entry == simple {
                    break;
                }
                *entry = simple;
                if let Some(better) = attempt(x, best.0.reference.g_y.clone(), &best.0) {
                    best = better;
                    break;
                }
            }
        }
    }
    best
}
