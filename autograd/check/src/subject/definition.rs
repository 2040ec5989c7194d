//! What an op is made of: the formula whose edges a diagnosis cuts, doubles and turns around.
//!
//! A fused op brings its composite. Of the primitive ops, those that the lectures write as a formula over simpler ones
//! are opened here, so that "the path through the denominator is missing" can be said of a softmax.

use tapegrad_core::ops::{AnyOp, GeluForm, Sum, exp, log, sigmoid, tanh};
use tapegrad_core::shape::Axes;
use tapegrad_core::var::Var;

/// The op as a formula over simpler ops, or as itself if there are none.
pub fn of<'t>(op: &AnyOp, x: &[Var<'t>]) -> Var<'t> {
    if let Some(composite) = op.composite(x) {
        return composite;
    }
    match op {
        AnyOp::Silu(_) => x[0] * sigmoid(x[0]),
        AnyOp::Gelu(op) if op.form == GeluForm::Tanh => {
            let a = x[0];
            let inner = (a + a * a * a * 0.044715) * (2.0 / std::f64::consts::PI).sqrt();
            a * (tanh(inner) + 1.0) * 0.5
        }
        _ => row_op(op, x).unwrap_or_else(|| Var::record(op.clone(), x)),
    }
}

/// An op over rows as the formula over sums that defines it.
pub fn row_op<'t>(op: &AnyOp, x: &[Var<'t>]) -> Option<Var<'t>> {
    let total = |a: Var<'t>, over: Axes| Var::record(Sum { over }, &[a]);
    let kept = |a: Var<'t>, axis: usize| total(a, Axes::of(&[axis])).reshape(a.shape().with_size(axis, 1));
    let a = *x.first()?;
    Some(match op {
        AnyOp::Softmax(op) => {
            let e = exp(a);
            e / kept(e, op.axis)
        }
        AnyOp::LogSoftmax(op) => a - log(kept(exp(a), op.axis)),
        AnyOp::Logsumexp(op) => log(total(exp(a), op.over)),
        AnyOp::Mean(op) => total(a, op.over) / op.over.count_in(a.shape()) as f64,
        _ => return None,
    })
}
