//! Mistakes with a number in them that is fitted to what was given: it must be the same number on all draws.

use crate::diagnosis::diagnose::{Candidate, NOT_ONE, is_wrong};
use crate::diagnosis::pattern::{Entry, entries};
use crate::evaluation::Evaluation;
use crate::evaluation::prepared_case::PreparedCase;
use crate::mistakes::hypotheses::{beside, residual_above};
use crate::mistakes::{Mistake, Shown};

/// A case, and what the subject computes there.
type Draw<'d> = (&'d PreparedCase, &'d Evaluation);

/// Fewer wrong entries than this do not tell a number from chance, nor do fewer right ones tell a part from the whole.
const ENTRIES_MIN: usize = 3;
/// Numbers that differ by less than this share are the same.
const SAME_NUMBER: f64 = 1e-6;
/// A factor this close to 1, or a term this close to 0, is an error that is small and not a number that was forgotten.
const NEAR: f64 = 0.02;
/// Fewer draws do not tell a number from a size.
const DRAWS_MIN: usize = 3;

/// All mistakes of an operand that are fitted.
pub(crate) fn fitted(draws: &[Draw<'_>], operand: usize) -> Vec<Candidate> {
    let found = [
        constant_factor(draws, operand),
        part_factor(draws, operand),
        constant_term(draws, operand),
    ];
    found.into_iter().flatten().collect()
}

/// One number that the right gradient is multiplied by on every draw.
fn constant_factor(draws: &[Draw<'_>], operand: usize) -> Option<Candidate> {
    let (mut factor, mut worst, mut count) = (None, 0.0_f64, 0);
    for (prepared, evaluation) in draws.iter().filter(|(p, a)| is_wrong(p, a, operand)) {
        let right = prepared.reference.gradient(operand)?;
        let given = &evaluation.g_x[operand];
        if given.shape() != right.shape() {
            return None;
        }
        let at = right.iter().zip(given).max_by(|a, b| a.0.abs().total_cmp(&b.0.abs()))?;
        let factor = *factor.get_or_insert(at.1 / at.0);
        worst = worst.max(residual_above(
            given,
            &(&right * factor),
            100.0 * prepared.reference.rounding_of(operand),
        ));
        count += 1;
    }
    let is_factor = |factor: &f64| factor.is_finite() && *factor != 0.0 && (*factor - 1.0).abs() > NOT_ONE;
    let factor: f64 = factor.filter(is_factor)?;
    (count >= DRAWS_MIN).then_some(Candidate {
        mistake: Mistake::ConstantFactor(Shown(factor)),
        worst,
        draws: count,
    })
}

/// One number that some entries of the right gradient are multiplied by, and others are not.
fn part_factor(draws: &[Draw<'_>], operand: usize) -> Option<Candidate> {
    let (all, count) = of_all_draws(draws, operand)?;
    let (wrong, right): (Vec<&Entry>, Vec<&Entry>) = all.iter().partition(|e| e.is_wrong);
    if wrong.len() < ENTRIES_MIN || right.iter().filter(|e| e.right != 0.0).count() < ENTRIES_MIN {
        return None;
    }
    let first = wrong.iter().max_by(|a, b| a.right.abs().total_cmp(&b.right.abs()))?;
    let factor = first.given / first.right;
    // That entries are lost, or slightly off, says nothing of why.
    if factor == 0.0 || (factor - 1.0).abs() < NEAR {
        return None;
    }
    let fits = |e: &&Entry| (e.given - factor * e.right).abs() <= SAME_NUMBER * e.given.abs().max(e.right.abs());
    (factor.is_finite() && wrong.iter().all(fits)).then_some(Candidate {
        mistake: Mistake::PartFactor(Shown(factor)),
        worst: 0.0,
        draws: count,
    })
}

/// One number, times the upstream gradient, that entries of the gradient have too much or too little.
fn constant_term(draws: &[Draw<'_>], operand: usize) -> Option<Candidate> {
    let (mut term, mut seen, mut count) = (None::<f64>, 0, 0);
    let mut is_lost = true;
    for (prepared, evaluation) in draws.iter().filter(|(p, e)| is_wrong(p, e, operand)) {
        let reference = &prepared.reference;
        let g = beside(&reference.g_y, reference.case.operands[operand].value.shape())?;
        for (entry, g) in entries(prepared, evaluation, operand)?.iter().zip(&g) {
            if !entry.is_wrong {
                continue;
            }
            let off = entry.given - entry.right;
            let term = *term.get_or_insert(off / g);
            if !((off - term * g).abs() <= SAME_NUMBER * entry.given.abs().max(entry.right.abs())) {
                return None;
            }
            is_lost &= entry.given == 0.0;
            seen += 1;
        }
        count += 1;
    }
    let term = term.filter(|term| term.is_finite() && term.abs() > NEAR)?;
    (seen >= ENTRIES_MIN && count >= DRAWS_MIN && !is_lost).then_some(Candidate {
        mistake: Mistake::ConstantTerm(Shown(term)),
        worst: 0.0,
        draws: count,
    })
}

/// The entries of all draws, and on how many of these the gradient is wrong.
fn of_all_draws(draws: &[Draw<'_>], operand: usize) -> Option<(Vec<Entry>, usize)> {
    let of_each: Option<Vec<Vec<Entry>>> = draws.iter().map(|(p, e)| entries(p, e, operand)).collect();
    let count = draws.iter().filter(|(p, e)| is_wrong(p, e, operand)).count();
    Some((of_each?.into_iter().flatten().collect(), count)).filter(|_| count >= DRAWS_MIN)
}
