//! Whether forward() and backward() approximate one function, each in its way.
//!
//! An error function that is right to seven digits does not have the derivative that is right to sixteen, which its
//! backward() rightly gives. Without a definition forward() is all that backward() can be held against. Such an error is
//! small everywhere, and has both signs: an approximation crosses what it approximates. A wrong factor or a missing term
//! keeps its sign, and a wrong entry leaves the others exact.

use std::sync::Arc;

use crate::evaluation::options::{Options, seed_of, sizes_of};
use crate::evaluation::prepared_case::PreparedCase;
use crate::magnitude::largest;
use crate::subject::Subject;
use crate::witness::reference::JACOBIAN;

/// The error of an approximation may be this share of the largest entry of all draws.
const ERROR_MAX: f64 = 1e-6;
/// An error below this share is that of the witnesses.
const ERROR_MIN: f64 = 1e-10;
/// On how many draws the errors are measured.
const DRAWS: u64 = 16;
/// Fewer errors say nothing about their signs.
const ERRORS_MIN: usize = 12;
/// Each sign has at least this share of the errors.
const OF_A_SIGN: f64 = 0.1;

/// Why errors as small as these are not wrong, in sentences; `None` if they may be mistakes.
pub(crate) fn approximation(subject: &Arc<dyn Subject>, options: &Options) -> Option<Vec<String>> {
    let mut errors: Vec<(String, f64)> = Vec::new();
    // One entry alone has no scale: far out a slope may be next to nothing.
    let mut scale = f64::MIN_POSITIVE;
    for number in 0..DRAWS {
        let seed = seed_of(options.seed, 5_000 + number);
        let prepared = PreparedCase::draw(subject, seed, &sizes_of(options, number as usize), JACOBIAN).ok()?;
        let evaluation = prepared.ask(subject, options.limit).ok()?;
        for i in prepared.reference.case.real() {
            let right = prepared.reference.gradient(i)?;
            let given = evaluation.g_x.get(i).filter(|given| given.shape() == right.shape())?;
            scale = scale.max(largest(&right));
            // The sign of the gradient itself is not that of the error.
            let of_entries = given.iter().zip(&right).map(|(a, n)| (a - n) * n.signum());
            errors.extend(of_entries.map(|error| (prepared.reference.case.operands[i].name.clone(), error)));
        }
    }
    let entries = errors.len();
    if !errors.iter().all(|(_, error)| error.abs() <= ERROR_MAX * scale) {
        return None;
    }
    errors.retain(|(_, error)| error.abs() > ERROR_MIN * scale);
    let count = errors.len();
    let positive = errors.iter().filter(|(_, error)| *error > 0.0).count();
    let least = OF_A_SIGN * count as f64;
    let has_both_signs = positive as f64 >= least && (count - positive) as f64 >= least;
    if count < ERRORS_MIN || 2 * count < entries || !has_both_signs {
        return None;
    }
    let most = errors.iter().fold(0.0, |most: f64, (_, error)| most.max(error.abs()));
    let mut names: Vec<String> = errors.into_iter().map(|(name, _)| name).collect();
    names.sort();
    names.dedup();
    let digits = (-(most / scale).log10()).floor();
    let sentence = |name: &String| {
        format!(
            "g_{name} agrees with the slopes of forward() to {digits} digits: forward() and backward() approximate the same \
             function, each to so many digits"
        )
    };
    Some(names.iter().map(sentence).collect())
}
