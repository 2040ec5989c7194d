//! The search for a path that counts with a factor, which is fitted and then named.

use std::collections::BTreeMap;

use ndarray::ArrayD;

use crate::diagnosis::diagnose::{Candidate, SAME, is_wrong};
use crate::evaluation::Evaluation;
use crate::evaluation::prepared_case::PreparedCase;
use crate::function::expanded_graph::GraphEdit;
use crate::mistakes::hypotheses::{GraphMistake, ScaledPath, residual_above, size_powers};
use crate::mistakes::{Mistake, Shown};
use crate::witness::jacobian::Jacobian;

/// Factors that differ by less than this share are the same.
const SAME_FACTOR: f64 = 1e-6;
/// Fewer draws do not tell a number from a size.
const DRAWS_MIN: usize = 3;

/// The paths that explain the gradient of an operand on all draws if they count with a factor.
pub(super) fn scaled_paths(draws: &[(&PreparedCase, &Evaluation)], operand: usize) -> Vec<Candidate> {
    let wrong: Vec<&(&PreparedCase, &Evaluation)> = draws.iter().filter(|(p, e)| is_wrong(p, e, operand)).collect();
    let mut fits: BTreeMap<GraphEdit, Vec<Fit<'_>>> = BTreeMap::new();
    for (prepared, evaluation) in wrong.iter().copied() {
        let Some(jacobian) = Jacobian::new(&prepared.reference, operand) else {
            continue;
        };
        let floor = 100.0 * prepared.reference.rounding_of(operand);
        for h in prepared.hypotheses(operand) {
            let Mistake::Graph(GraphMistake::Edit { edit, sentence }) = &h.mistake else {
                continue;
            };
            if let GraphEdit::Drop(_) = edit
                && let Some(factor) = factor(&evaluation.g_x[operand], &jacobian.right, &h.gradient, floor)
            {
                let fit = Fit {
                    factor,
                    sentence: &sentence.0,
                    sizes: jacobian.sizes(),
                };
                fits.entry(edit.clone()).or_default().push(fit);
            }
        }
    }
    let complete = fits
        .into_iter()
        .filter(|(_, fits)| fits.len() == wrong.len() && fits.len() >= DRAWS_MIN);
    complete.filter_map(|(edit, fits)| named(edit, &fits)).collect()
}

/// The factor that a path must have at one draw.
struct Fit<'d> {
    factor: f64,
    sentence: &'d str,
    sizes: Vec<(String, f64)>,
}

/// The factor `k` of `without + k (right - without)`, if that is what was given.
fn factor(given: &ArrayD<f64>, right: &ArrayD<f64>, without: &ArrayD<f64>, floor: f64) -> Option<f64> {
    if given.shape() != right.shape() || without.shape() != right.shape() {
        return None;
    }
    if without.iter().all(|g| *g == 0.0) {
        // There is no other path: the whole gradient has the factor.
        return None;
    }
    let path = right - without;
    let square: f64 = path.iter().map(|c| c * c).sum();
    let factor = (given - without).iter().zip(&path).map(|(a, c)| a * c).sum::<f64>() / square;
    let explained = without + &(&path * factor);
    (factor.is_finite() && residual_above(given, &explained, floor) <= SAME).then_some(factor)
}

/// A number that is the same on all draws, or the power of a size.
fn named(edit: GraphEdit, fits: &[Fit<'_>]) -> Option<Candidate> {
    let first = &fits[0];
    let is_same = |a: f64, b: f64| (a - b).abs() <= SAME_FACTOR * a.abs().max(b.abs()).max(1e-3);
    let is_one_number = fits.iter().all(|fit| is_same(fit.factor, first.factor));
    // Left out, doubled and negated are edits of their own.
    if is_one_number && [0.0, 1.0, 2.0, -1.0].iter().any(|known| is_same(*known, first.factor)) {
        return None;
    }
    let size = match is_one_number {
        true => None,
        false => Some(common_size(fits, &is_same)?),
    };
    let path = first.sentence.strip_suffix(" is left out").unwrap_or(first.sentence);
    Some(Candidate {
        mistake: Mistake::ScaledPath(ScaledPath {
            edit,
            path: Shown(path.to_string()),
            size,
            factor: Shown(first.factor),
        }),
        worst: 0.0,
        draws: fits.len(),
    })
}

/// The power of a size that is the factor on every draw.
fn common_size(fits: &[Fit<'_>], is_same: &dyn Fn(f64, f64) -> bool) -> Option<(&'static str, String)> {
    let value = |fit: &Fit<'_>, of: &str, power: &str| {
        // A size of 1 is left out, and all of its powers are 1.
        let size = fit
            .sizes
            .iter()
            .find(|(name, _)| name == of)
            .map_or(1.0, |(_, size)| *size);
        size_powers(size)
            .into_iter()
            .find(|(_, known)| *known == power)
            .map_or(1.0, |(factor, _)| factor)
    };
    let all: Vec<&(String, f64)> = fits.iter().flat_map(|fit| &fit.sizes).collect();
    all.iter().find_map(|(of, size)| {
        let mut powers = size_powers(*size).into_iter().map(|(_, power)| power);
        let power = powers.find(|power| fits.iter().all(|fit| is_same(fit.factor, value(fit, of, power))))?;
        Some((power, of.clone()))
    })
}
