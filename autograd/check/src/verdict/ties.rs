//! Ties, along the directions in which they stay ties: there a maximum has a slope, though each entry has none.
//!
//! At `max(1, 1)` each entry has a kink, and any gradient between the two slopes may stand. Along `(1, 1)` the maximum
//! grows by 1; a backward() that gives each of both the full gradient says 2.

use ndarray::{ArrayD, arr0};

use crate::evaluation::Evaluation;
use crate::guard::caught;
use crate::subject::special::has_ties;
use crate::verdict::faults::{Cause, Fault};
use crate::verdict::locate::number;
use crate::witness::finite_difference::slopes;
use crate::witness::reference::Reference;
use crate::witness::reference_gradient::sum_of_smooth;

/// A step that misses no detail, and at which rounding is a billionth.
const NEAR: f64 = 1.0 / 262_144.0;
/// How the name of a sum over gradients begins.
pub(crate) const SUM_OF: &str = "sum of g over ";
/// The error of a direction must be this share of its terms: far more than rounding.
const CERTAIN: f64 = 1e-6;

/// The fault that shows if all tied entries move together.
pub(super) fn tie_fault(reference: &Reference, evaluation: &Evaluation) -> Option<Fault> {
    if !has_ties(&reference.case) {
        return None;
    }
    let real: Vec<usize> = reference.case.real().collect();
    let alone = real.iter().map(|&i| vec![i]);
    let groups = std::iter::once(real.clone()).chain(alone.filter(|_| real.len() > 1));
    groups
        .into_iter()
        .find_map(|moved| direction_fault(reference, evaluation, &moved))
}

/// Compares the slope along all entries of these operands with what their gradients say.
fn direction_fault(reference: &Reference, evaluation: &Evaluation, moved: &[usize]) -> Option<Fault> {
    let x = reference.case.values();
    let gradients: Vec<&ArrayD<f64>> = moved.iter().map(|&i| &evaluation.g_x[i]).collect();
    let is_whole = |(i, g): (&usize, &&ArrayD<f64>)| g.shape() == x[*i].shape() && g.iter().all(|g| g.is_finite());
    if !moved.iter().zip(&gradients).all(is_whole) {
        return None;
    }
    let slopes = slopes(0.0, |t: f64| {
        let mut x = x.clone();
        moved.iter().for_each(|&i| x[i] += t);
        let y = caught(|| reference.function.value(&x)).ok()?;
        (y.shape() == reference.y.shape()).then(|| y.iter().copied().collect())
    });
    let g_y: Vec<f64> = reference.g_y.iter().copied().collect();
    let (slope, bound) = sum_of_smooth(&slopes, &g_y).filter(|_| slopes.len() == g_y.len())?;
    let given: f64 = gradients.iter().map(|g| g.sum()).sum();
    let terms: f64 = gradients.iter().flat_map(|g| g.iter()).map(|g| g.abs()).sum();
    let floors: f64 = moved.iter().map(|&i| reference.rounding_of(i)).sum();
    let scale = terms.max(slope.abs());
    if (given - slope).abs() <= 8.0 * bound + floors + CERTAIN * scale || bound > CERTAIN * scale.max(1e-300) {
        return None;
    }
    // One far smaller step must agree: the function may vary faster than the steps of the ladder.
    let at = |t: f64| {
        let mut x = x.clone();
        moved.iter().for_each(|&i| x[i] += t);
        let y = caught(|| reference.function.value(&x)).ok()?;
        Some(y.iter().zip(&g_y).map(|(y, g)| y * g).sum::<f64>())
    };
    let near = (at(NEAR)? - at(-NEAR)?) / (2.0 * NEAR);
    if !((near - slope).abs() <= 1e-4 * (given - slope).abs().max(1e-3 * scale)) {
        return None;
    }
    let names: Vec<String> = moved.iter().map(|&i| reference.case.operands[i].name.clone()).collect();
    let names = names.join(", ");
    let sentence = format!(
        "where entries are equal or 0: if all of {names} grow by 1 together, Σ g_y y grows by {}, but the sum over \
         the gradient is {}: each of the tied entries gets all of the gradient, or none does",
        number(slope),
        number(given)
    );
    let array = |x: f64| arr0(x).into_dyn();
    Some(Fault {
        cause: Cause::Ties,
        sentence,
        calls: None,
        upstream: None,
        compared: Some((format!("{SUM_OF}{names}"), array(given), array(slope))),
    })
}
