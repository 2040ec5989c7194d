//! The search for the mistake that explains a wrong gradient: the cheapest one that gives the same numbers on every draw.
//!
//! A mistake counts only where it differs from the right gradient, and it must then agree on all draws, of different
//! sizes; a name such as "the size of the last axis" must fit with every size. Otherwise there is no diagnosis.

use std::collections::BTreeMap;

use ndarray::ArrayD;

use crate::diagnosis::context::context;
use crate::diagnosis::fitted::fitted;
use crate::diagnosis::path_factor::scaled_paths;
use crate::evaluation::Evaluation;
use crate::evaluation::prepared_case::PreparedCase;
use crate::magnitude::largest;
use crate::mistakes::hypotheses::{JacobianMistake, residual_above};
use crate::mistakes::{Description, Mistake};
use crate::witness::reference_gradient::ReferenceEntry;

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
    /// The same without the right formula, for a reader who is to find it.
    #[serde(skip)]
    pub hint: String,
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
            let r = match (differs, is_wrong) {
                (true, _) => residual_above(given, &h.gradient, floor),
                (false, true) => match explains_little(given, &right, &h.gradient, floor) {
                    Some(true) => 0.0,
                    Some(false) => 1.0,
                    None => continue,
                },
                (false, false) => continue,
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
    for candidate in fitted(draws, operand).into_iter().chain(scaled_paths(draws, operand)) {
        alive.entry(candidate.mistake.clone()).or_insert(candidate);
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

/// Of a small error this share may remain unexplained.
const UNEXPLAINED: f64 = 1e-3;

/// True if a mistake explains an error that is small beside the gradient, as that of `1 - x²` for `1 - tanh(x)²` near 0:
/// it must give the error and not the gradient alone. `None` if the error is too close to rounding to tell.
fn explains_little(given: &ArrayD<f64>, right: &ArrayD<f64>, wrong: &ArrayD<f64>, floor: f64) -> Option<bool> {
    if given.shape() != right.shape() || wrong.shape() != right.shape() {
        return Some(false);
    }
    if given.iter().any(|g| !g.is_finite()) {
        return Some(false);
    }
    let error = largest(&(given - right));
    if error * UNEXPLAINED <= floor.max(ROUNDED * largest(right)) {
        return None;
    }
    Some(largest(&(given - wrong)) <= UNEXPLAINED * error)
}

/// The rounding of a gradient that a hypothesis gives, as a share of its largest entry.
const ROUNDED: f64 = 1e-14;

/// A factor this close to 1 is rounding, and no mistake.
pub(super) const NOT_ONE: f64 = 1e-6;

/// True if the gradient of an operand is wrong at a case, by more than rounding and the error of the witnesses.
pub fn is_wrong(prepared: &PreparedCase, evaluation: &Evaluation, operand: usize) -> bool {
    let reference = &prepared.reference;
    let (Some(Some(expected)), Some(given)) = (reference.gradients.get(operand), evaluation.g_x.get(operand)) else {
        return false;
    };
    if given.shape() != reference.case.operands[operand].value.shape() {
        return true;
    }
    let tiny = 100.0 * reference.rounding_of(operand);
    let flat: Vec<f64> = given.iter().copied().collect();
    let is_off = |a: f64, entry: &ReferenceEntry, terms: f64| {
        let bound = match entry.exact {
            Some(_) => 0.0,
            None => entry.numeric.map_or(f64::INFINITY, |(_, bound)| 8.0 * bound),
        };
        let nearest = entry.nearest(a);
        !nearest.is_nan() && !((a - nearest).abs() <= tiny + bound + CERTAIN * nearest.abs().max(terms))
    };
    expected
        .entries
        .iter()
        .any(|entry| is_off(flat[entry.index], entry, 0.0))
        || expected.probes.iter().any(|(v, entry)| {
            let terms = flat.iter().zip(v).map(|(g, v)| (g * v).abs()).sum();
            is_off(flat.iter().zip(v).map(|(g, v)| g * v).sum(), entry, terms)
        })
}

/// Witnesses agree to this share of an entry wherever they are certain.
const CERTAIN: f64 = 1e-11;

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
    let explains_all = |e: &&Candidate| {
        let of_others = of_each
            .iter()
            .map(|other| other.iter().any(|o| is_one(&o.mistake, &e.mistake)));
        of_others.into_iter().all(|explains| explains)
    };
    let cost = |e: &Candidate| e.mistake.description().cost;
    let cheapest = of_each.first()?.first().map_or(f64::INFINITY, cost);
    let joint = of_each.first()?.iter().find(explains_all);
    let joint = joint
        .filter(|joint| cost(joint) <= cheapest + JOINT)
        .map(|joint| (0, joint));
    let name = |i: usize| first.reference.case.operands[wrong[i]].name.clone();
    let (at, best) = match joint.or_else(|| exchanged(&of_each, &name)) {
        Some(found) => found,
        None => of_each
            .iter()
            .enumerate()
            .find_map(|(at, fits)| Some((at, fits.first()?)))?,
    };
    let said = best.mistake.description();
    let fits = &of_each[at];
    let context = context(best, fits, draws, wrong[at]).unwrap_or_default();
    let also = fits
        .iter()
        .filter(|e| e.mistake != best.mistake)
        .map(|e| e.mistake.description())
        .filter(|other| other.cost <= said.cost + 0.3)
        .take(2);
    Some(Diagnosis {
        mistake: best.mistake.clone(),
        sentence: said.about(&format!("g_{}", name(at))) + &context,
        hint: said.hint_about(&format!("g_{}", name(at))) + &context,
        operand: name(at),
        residual: best.worst,
        draws: best.draws,
        also: also.map(|other| other.aside(&format!("g_{}", name(at)))).collect(),
    })
}

/// Two operands each of which has the gradient of the other: that both fit says more than what else fits one of them.
fn exchanged<'c>(of_each: &'c [Vec<Candidate>], name: &dyn Fn(usize) -> String) -> Option<(usize, &'c Candidate)> {
    let swap = |of: usize, with: usize| {
        let swapped = Mistake::Jacobian(JacobianMistake::SwappedWith(name(with)));
        of_each[of].iter().find(|fit| fit.mistake == swapped)
    };
    let pairs = (0..of_each.len()).flat_map(|a| (a + 1..of_each.len()).map(move |b| (a, b)));
    pairs
        .filter(|&(a, b)| swap(b, a).is_some())
        .find_map(|(a, b)| Some((a, swap(a, b)?)))
}

/// A mistake that explains several operands at once may cost this much more than one that explains the first alone.
const JOINT: f64 = 0.1;

/// True if two mistakes are one: of unnamed factors only equal ones are.
pub(crate) fn is_one(a: &Mistake, b: &Mistake) -> bool {
    match (a, b) {
        (Mistake::ConstantFactor(a), Mistake::ConstantFactor(b))
        | (Mistake::PartFactor(a), Mistake::PartFactor(b))
        | (Mistake::ConstantTerm(a), Mistake::ConstantTerm(b)) => (a.0 - b.0).abs() <= NOT_ONE * a.0.abs(),
        _ => a == b,
    }
}

fn has(prepared: &PreparedCase, operand: usize) -> bool {
    operand < prepared.reference.case.operands.len()
}
