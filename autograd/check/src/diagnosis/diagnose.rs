//! The search for the mistake that explains a wrong gradient: the cheapest one that gives the same numbers on every draw.
//!
//! A mistake counts only where it differs from the right gradient, and it must then agree on all draws, of different
//! sizes; a name such as "the size of the last axis" must fit with every size. Otherwise there is no diagnosis.

use std::collections::BTreeMap;

use ndarray::ArrayD;

use crate::evaluation::Evaluation;
use crate::evaluation::prepared_case::PreparedCase;
use crate::mistakes::hypotheses::residual_above;
use crate::mistakes::{Description, Mistake, Shown};

/// Two gradients this close are the same: they differ by rounding, and mistakes differ by more than 1e-2.
pub const SAME: f64 = 1e-7;

/// A mistake that gives the numbers that were seen.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Diagnosis {
    /// The mistake; in JSON its identifier, as `cause`.
    #[serde(rename = "cause")]
    pub mistake: Mistake,
    /// The diagnosis as a sentence: "your gradient behaves as if ..".
    pub sentence: String,
    /// The operand whose gradient is wrong.
    pub operand: String,
    /// The largest relative difference between the gradient and the one that the mistake gives.
    pub residual: f64,
    /// On how many draws the mistake was told apart from the right gradient.
    pub draws: usize,
    /// Other mistakes that give the same numbers on all draws.
    pub also: Vec<String>,
}

/// A mistake that may explain the wrong gradient of one operand.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The mistake.
    pub mistake: Mistake,
    /// The largest residual so far.
    pub worst: f64,
    /// On how many draws it was told apart.
    pub draws: usize,
}

/// The mistakes that fit one operand on all draws, the cheapest first.
pub fn explanations(draws: &[(&PreparedCase, &Evaluation)], operand: usize) -> Vec<Candidate> {
    let mut alive: BTreeMap<Mistake, Candidate> = BTreeMap::new();
    let mut wrong_draws = 0;
    for (prepared, evaluation) in draws {
        let Some(right) = prepared.reference.gradient(operand) else {
            continue;
        };
        let given = &evaluation.g_x[operand];
        let floor = 100.0 * prepared.reference.rounding_of(operand);
        let is_wrong = is_wrong(prepared, evaluation, operand);
        wrong_draws += usize::from(is_wrong);
        for h in prepared.hypotheses(operand) {
            let differs = residual_above(&h.gradient, &right, floor) > 10.0 * SAME;
            if !differs && !is_wrong {
                continue;
            }
            let r = if differs {
                residual_above(given, &h.gradient, floor)
            } else {
                1.0
            };
            let known = alive.entry(h.mistake.clone()).or_insert_with(|| Candidate {
                mistake: h.mistake.clone(),
                worst: 0.0,
                draws: 0,
            });
            known.worst = known.worst.max(r);
            known.draws += usize::from(is_wrong);
        }
    }
    if let Some(constant) = constant_factor(draws, operand) {
        alive.entry(constant.mistake.clone()).or_insert(constant);
    }
    let mut fits: Vec<Candidate> = alive.into_values().filter(|e| e.worst <= SAME && e.draws > 0).collect();
    let most = fits.iter().map(|e| e.draws).max().unwrap_or(0);
    fits.retain(|e| e.draws == most && 2 * e.draws >= wrong_draws);
    fits.sort_by_cached_key(|fit| {
        let Description { cost, cause, .. } = fit.mistake.description();
        // Costs are positive: their bits are in the order of the numbers.
        (cost.to_bits(), cause)
    });
    fits
}

/// One number that the right gradient is multiplied by on every draw.
fn constant_factor(draws: &[(&PreparedCase, &Evaluation)], operand: usize) -> Option<Candidate> {
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
    let factor: f64 = factor.filter(|factor: &f64| factor.is_finite() && *factor != 0.0)?;
    (count >= 3).then_some(Candidate {
        mistake: Mistake::ConstantFactor(Shown(factor)),
        worst,
        draws: count,
    })
}

/// True if the gradient of an operand is wrong at a case.
pub fn is_wrong(prepared: &PreparedCase, evaluation: &Evaluation, operand: usize) -> bool {
    prepared.reference.gradient(operand).is_some_and(|right| {
        let given = &evaluation.g_x[operand];
        let tiny = prepared.reference.rounding_of(operand);
        given.shape() != right.shape()
            || given
                .iter()
                .zip(&right)
                .any(|(a, n)| !((a - n).abs() <= 100.0 * tiny + SAME * n.abs()))
    })
}

/// The best explanation of everything that is wrong; `None` if no known mistake fits.
///
/// A mistake that explains all wrong operands at once goes before those that explain one.
pub fn diagnose(draws: &[(&PreparedCase, &Evaluation)]) -> Option<Diagnosis> {
    let (first, _) = draws.first()?;
    let real: Vec<usize> = first.reference.case.real().collect();
    let wrong: Vec<usize> = real
        .into_iter()
        .filter(|&i| draws.iter().any(|(p, a)| has(p, i) && is_wrong(p, a, i)))
        .collect();
    let of_each: Vec<Vec<Candidate>> = wrong.iter().map(|&i| explanations(draws, i)).collect();
    let explains_all = |e: &&Candidate| of_each.iter().all(|other| other.iter().any(|o| o.mistake == e.mistake));
    let (at, best) = match of_each.first()?.iter().find(explains_all) {
        Some(joint) => (0, joint),
        None => of_each
            .iter()
            .enumerate()
            .find_map(|(at, fits)| Some((at, fits.first()?)))?,
    };
    let name = |i: usize| first.reference.case.operands[wrong[i]].name.clone();
    let said = best.mistake.description();
    let also = of_each[at]
        .iter()
        .filter(|e| e.mistake != best.mistake)
        .map(|e| e.mistake.description())
        .filter(|other| other.cost <= said.cost + 0.3)
        .take(2);
    Some(Diagnosis {
        mistake: best.mistake.clone(),
        sentence: format!("your gradient g_{} behaves as if {}", name(at), said.sentence),
        operand: name(at),
        residual: best.worst,
        draws: best.draws,
        also: also.map(|other| other.sentence).collect(),
    })
}

fn has(prepared: &PreparedCase, operand: usize) -> bool {
    operand < prepared.reference.case.operands.len()
}

/// The positions of the wrong entries in words, for a gradient that no mistake explains.
pub fn whereabouts(given: &ArrayD<f64>, right: &ArrayD<f64>) -> String {
    if given.shape() != right.shape() {
        return format!(
            "it has the shape {:?} and should have {:?}",
            given.shape(),
            right.shape()
        );
    }
    let scale = right.iter().fold(0.0, |most: f64, n| most.max(n.abs()));
    let off = |a: &f64, n: &f64| !((a - n).abs() <= SAME * scale);
    let wrong: Vec<Vec<usize>> = given
        .indexed_iter()
        .zip(right)
        .filter(|((_, a), n)| off(a, n))
        .map(|((index, _), _)| ndarray::Dimension::slice(&index).to_vec())
        .collect();
    if wrong.len() == right.len() {
        return "every entry is wrong".to_string();
    }
    for axis in 0..right.ndim() {
        let size = right.shape()[axis];
        let at: Vec<usize> = wrong.iter().map(|index| index[axis]).collect();
        if let Some(&only) = at.first().filter(|first| size > 1 && at.iter().all(|i| i == *first)) {
            let place = match only {
                0 => "the first".to_string(),
                last if last + 1 == size => "the last".to_string(),
                other => format!("number {other}"),
            };
            return format!("only entries of {place} slice along axis {axis} are wrong");
        }
    }
    if right.ndim() == 2 && wrong.iter().all(|index| index[0] == index[1]) {
        return "only the diagonal is wrong".to_string();
    }
    format!("{} of {} entries are wrong", wrong.len(), right.len())
}
