//! From a wrong gradient to the smallest case that still shows the same mistake.
//!
//! Small cases are drawn and the smallest is kept on which the gradient is wrong in the same way; the axes of a case that
//! is always drawn large are cut; then its numbers are replaced, one after another, by 0, 1, -1, 2 and 1/2, and the
//! upstream gradient by a single 1. A step is taken only if the same mistake, or the same pattern of wrong entries, is
//! still there, so that shrinking cannot slide from one mistake to another.

use std::sync::Arc;
use std::time::Duration;

use crate::diagnosis::cut::{self, Links, may_be_cut};
use crate::diagnosis::symptom::Symptom;
use crate::evaluation::prepared_case::PreparedCase;
use crate::evaluation::{Evaluation, Upstream};
use crate::subject::{Case, Subject};
use crate::witness::reference::JACOBIAN;
use tapegrad_core::op::OperandKind;

/// Which sizes small cases are drawn with, the smallest first, and how many of each.
const SMALL: [(&[usize], u64); 4] = [(&[1], 6), (&[1, 2], 24), (&[2], 6), (&[2, 3], 8)];
/// The simplest numbers, in the order in which they are tried.
const SIMPLE: [f64; 5] = [0.0, 1.0, -1.0, 2.0, 0.5];
/// Groups are made of at most so many axes.
const GROUPED_MAX: usize = 6;
/// Larger arrays are not simplified entry by entry.
const ENTRIES_MAX: usize = 24;

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

/// The smallest and simplest case that shows the same failure.
pub fn shrink(
    subject: &Arc<dyn Subject>,
    start: PreparedCase,
    evaluation: Evaluation,
    symptom: &Symptom,
    limit: Duration,
) -> (PreparedCase, Evaluation) {
    let may_be_cut = may_be_cut(&**subject, &start.reference.case);
    let search = Search {
        subject,
        symptom,
        limit,
        links: match may_be_cut {
            true => Links::of(&**subject, &start.reference.case),
            false => Links::default(),
        },
    };
    let mut best = (start, evaluation);
    for prepared in small_cases(subject, best.0.seed) {
        if real_numbers(&prepared) >= real_numbers(&best.0) {
            break;
        }
        if let Some(evaluation) = search.shown(&prepared) {
            best = (prepared, evaluation);
            break;
        }
    }
    if may_be_cut {
        search.cut(&mut best);
    }
    // Any numbers show a wrong shape; zeros and ones would hide what belongs where.
    if !has_another_shape(&best.0, &best.1) {
        search.simplify(&mut best);
    }
    best
}

/// True if a gradient does not have the shape of its operand.
fn has_another_shape(prepared: &PreparedCase, evaluation: &Evaluation) -> bool {
    let operands = prepared.reference.case.operands.iter().zip(&evaluation.g_x);
    let mut real = operands.filter(|(x, _)| x.kind == OperandKind::Real);
    real.any(|(x, g)| x.value.shape() != g.shape())
}

/// A case with what the subject computes there.
type Shown = (PreparedCase, Evaluation);

/// The search for a smaller case.
struct Search<'s> {
    subject: &'s Arc<dyn Subject>,
    symptom: &'s Symptom,
    limit: Duration,
    links: Links,
}

impl Search<'_> {
    fn shown(&self, prepared: &PreparedCase) -> Option<Evaluation> {
        let evaluation = self.symptom.ask(self.subject, prepared, self.limit).ok()?;
        self.symptom.is_shown(prepared, &evaluation).then_some(evaluation)
    }

    /// A case that shows the failure too, if it does.
    fn attempt(&self, case: Case, upstream: &Upstream, seed: u64) -> Option<Shown> {
        if !self.links.are_kept(&case) {
            return None;
        }
        let prepared = PreparedCase::of(self.subject, case, upstream, seed, JACOBIAN).ok()?;
        if prepared.reference.y.iter().any(|y| y.is_nan()) {
            return None;
        }
        let evaluation = self.shown(&prepared)?;
        Some((prepared, evaluation))
    }

    /// Cuts the axes, the largest first, all of one size at once and then each by itself.
    fn cut(&self, best: &mut Shown) {
        for size in cut::sizes(&best.0.reference.case) {
            self.cut_to_least(best, size, &|case, to| cut::cut(case, size, to));
        }
        for size in cut::sizes(&best.0.reference.case) {
            self.cut_groups(best, size);
        }
        for operand in 0..best.0.reference.case.operands.len() {
            for axis in 0..best.0.reference.case.operands[operand].value.ndim() {
                let size = best.0.reference.case.operands[operand].value.shape()[axis];
                self.cut_to_least(best, size, &|case, to| cut::cut_one(case, operand, axis, to));
            }
        }
    }

    /// Cuts some of the axes of one size, where others of the same size by chance must stay.
    fn cut_groups(&self, best: &mut Shown, size: usize) {
        let axes = cut::axes_of(&best.0.reference.case, size);
        if !(2..=GROUPED_MAX).contains(&axes.len()) {
            return;
        }
        for group in 1..1_usize << axes.len() {
            let chosen = axes.iter().enumerate().filter(|(n, _)| group >> n & 1 == 1);
            let chosen: Vec<(usize, usize)> = chosen.map(|(_, axis)| *axis).collect();
            let still = |(operand, axis): &(usize, usize)| {
                best.0.reference.case.operands[*operand].value.shape()[*axis] == size
            };
            if chosen.len() < 2 || !chosen.iter().all(still) {
                continue;
            }
            let seed = best.0.seed;
            let cut = |to: usize| {
                let case = best.0.reference.case.clone();
                chosen
                    .iter()
                    .fold(case, |case, (operand, axis)| cut::cut_one(&case, *operand, *axis, to))
            };
            let smaller = (1..=2).find_map(|to| self.attempt(cut(to), &Upstream::Seed(seed), seed));
            if let Some(smaller) = smaller {
                *best = smaller;
            }
        }
    }

    /// Takes the smallest size that still shows the failure: 1, 2 or 3, or else by halving.
    fn cut_to_least(&self, best: &mut Shown, size: usize, cut: &dyn Fn(&Case, usize) -> Case) {
        let from = best.0.reference.case.clone();
        let seed = best.0.seed;
        let at = |to: usize| self.attempt(cut(&from, to), &Upstream::Seed(seed), seed);
        for to in (1..size.min(4)).chain((size > 4).then_some(4)) {
            if let Some(smaller) = at(to) {
                *best = smaller;
                return;
            }
        }
        let (mut low, mut high) = (4, size);
        while high > low + 1 {
            let middle = low.midpoint(high);
            match at(middle) {
                Some(smaller) => {
                    *best = smaller;
                    high = middle;
                }
                None => low = middle,
            }
        }
    }

    /// Replaces the numbers of a case by simple ones while it shows the failure.
    fn simplify(&self, best: &mut Shown) {
        let seed = best.0.seed;
        let count = best.0.reference.g_y.len();
        for i in 0..count.min(ENTRIES_MAX) {
            let mut g_y = best.0.reference.g_y.clone() * 0.0;
            if let Some(g) = g_y.iter_mut().nth(i) {
                *g = 1.0;
            }
            let case = best.0.reference.case.clone();
            if let Some(better) = self.attempt(case, &Upstream::Given(g_y), seed) {
                *best = better;
                break;
            }
        }
        for operand in best.0.reference.case.real().collect::<Vec<_>>() {
            for i in 0..best.0.reference.case.operands[operand].value.len().min(ENTRIES_MAX) {
                self.simplify_entry(best, operand, i);
            }
        }
    }

    fn simplify_entry(&self, best: &mut Shown, operand: usize, i: usize) {
        for simple in SIMPLE {
            let mut x = best.0.reference.case.values();
            let Some(entry) = x[operand].iter_mut().nth(i).filter(|entry| **entry != simple) else {
                return;
            };
            *entry = simple;
            let case = best.0.reference.case.with_values(&x);
            let upstream = Upstream::Given(best.0.reference.g_y.clone());
            if let Some(better) = self.attempt(case, &upstream, best.0.seed) {
                *best = better;
                return;
            }
        }
    }
}
