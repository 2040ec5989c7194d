//! The check in single precision: its tolerance is what rounding in `f32` can do at the case, and no constant.
//!
//! The same operands, rounded to `f32`, go to the witnesses in `f64` and to the subject in `f32`. The floor of rounding
//! that the witnesses have in `f64` grows by the ratio of the two units, `2^29`. Where that floor hides one part in a
//! hundred of the gradient, nothing is certified.

use ndarray::ArrayD;

use crate::evaluation::prepared_case::PreparedCase;
use crate::guard::{Trouble, guarded};
use crate::subject::{Case, Subject};
use crate::verdict::judge::{EntryVerdict, Reason};
use crate::witness::reference::Reference;
use crate::witness::reference_gradient::ReferenceGradient;
use std::sync::Arc;
use std::time::Duration;

/// The machine epsilon of `f32` divided by that of `f64`.
const RATIO: f64 = f32::EPSILON as f64 / f64::EPSILON;
/// An entry whose rounding floor exceeds this share of the scale is not certified.
const CERTIFIES: f64 = 1e-2;

/// The case with all operands rounded to `f32`.
pub fn rounded(mut case: Case) -> Case {
    for operand in &mut case.operands {
        operand.value.mapv_inplace(|x| f64::from(x as f32));
    }
    case
}

/// The gradients that a subject computes in `f32`; `None` if it has no form in single precision.
///
/// **Errors** if it panics or does not return.
pub fn evaluation(
    subject: &Arc<dyn Subject>,
    reference: &Reference,
    limit: Duration,
) -> Result<Option<Vec<ArrayD<f64>>>, Trouble> {
    let (subject, case, g_y) = (Arc::clone(subject), reference.case.clone(), reference.g_y.clone());
    guarded(limit, move |stage| {
        let mut module = subject.single(&case)?;
        stage.enter("forward() in f32");
        let x: Vec<ArrayD<f32>> = case.values().iter().map(|x| x.mapv(|x| x as f32)).collect();
        let (given, own) = x.split_at(case.given);
        for (param, value) in module.params().iter_mut().zip(own) {
            param.value.assign(value);
        }
        module.forward(&given.iter().map(|x| x.view()).collect::<Vec<_>>());
        stage.enter("backward() in f32");
        let mut g_x = module.backward(g_y.mapv(|g| g as f32).view());
        g_x.extend(module.params().iter().map(|param| param.gradient.to_owned()));
        Some(g_x.into_iter().map(|g| g.mapv(f64::from)).collect())
    })
}

/// The verdicts on a gradient in `f32`, and the share of the largest entry that rounding may hide.
pub fn judge(analytic: &ArrayD<f64>, expected: &ReferenceGradient) -> (Vec<EntryVerdict>, f64) {
    let flat: Vec<f64> = analytic.iter().copied().collect();
    let verdict = |(g, best, floor, terms): (f64, f64, f64, f64)| {
        let floor = RATIO * floor;
        match (
            (g - best).abs() <= floor,
            floor <= CERTIFIES * expected.scale.max(terms),
        ) {
            (false, _) => EntryVerdict::Wrong,
            (true, true) => EntryVerdict::Pass,
            (true, false) if expected.scale == 0.0 => EntryVerdict::Pass,
            (true, false) => EntryVerdict::Unchecked(Reason::SinglePrecision),
        }
    };
    let single = expected.entries.iter().map(|e| {
        (
            flat.get(e.index).copied().unwrap_or(f64::NAN),
            e.best(),
            e.floor,
            e.terms,
        )
    });
    let along = expected.probes.iter().map(|(v, e)| {
        let g: f64 = flat.iter().zip(v).map(|(g, v)| g * v).sum();
        let terms: f64 = flat.iter().zip(v).map(|(g, v)| (g * v).abs()).sum();
        (g, e.best(), e.floor + crate::witness::EXACT * terms, terms)
    });
    let verdicts = single.chain(along).map(verdict).collect();
    let largest = expected
        .entries
        .iter()
        .max_by(|a, b| a.best().abs().total_cmp(&b.best().abs()));
    let hidden = largest.map_or(0.0, |e| {
        if e.best() == 0.0 {
            0.0
        } else {
            RATIO * e.floor / e.best().abs()
        }
    });
    (verdicts, hidden)
}

/// A case that a subject is tried on in single precision.
///
/// **Errors** as [`PreparedCase::of`].
pub fn prepared(subject: &Arc<dyn Subject>, from: &PreparedCase) -> Result<PreparedCase, Trouble> {
    let reference = &from.reference;
    let upstream = crate::evaluation::Upstream::Given(reference.g_y.clone());
    let coverage = crate::witness::reference::JACOBIAN;
    PreparedCase::of(subject, rounded(reference.case.clone()), &upstream, from.seed, coverage)
}
