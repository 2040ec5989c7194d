//! Operations on single numbers and on rows: functions, norms, losses, sums.

use super::{CrossEntropy, Function, LayerNorm, LayerNormGradients, RmsNorm, RmsNormGradients};
use super::{cross_entropy, elementwise, norm, reduce, softmax};
use crate::numbers::Scalar;

/// Functions of each number or each row that a number type may have a faster version of.
///
/// Every default is the plain loop, as in [`Kernels`](super::Kernels).
///
/// # Panics
/// Every operation panics when its slices do not match its sizes.
pub trait RowKernels: Scalar {
    /// `y = f(x)` for each number.
    fn map<F: Function>(x: &[Self], y: &mut [Self]) {
        elementwise::each(x, y, F::at);
    }

    /// `g_x = g_y · f(x)` for each number, where `f` is the slope of a function.
    fn map_backward<F: Function>(x: &[Self], g_y: &[Self], g_x: &mut [Self]) {
        elementwise::each_backward(x, g_y, g_x, F::at);
    }

    /// `y = softmax(x)` of each row of `cols` numbers.
    fn softmax_rows(cols: usize, x: &[Self], y: &mut [Self]) {
        softmax::plain(cols, x, y);
    }

    /// The gradient of [`softmax_rows`](Self::softmax_rows), from its output `y`.
    fn softmax_rows_backward(cols: usize, y: &[Self], g_y: &[Self], g_x: &mut [Self]) {
        softmax::plain_backward(cols, y, g_y, g_x);
    }

    /// `y = x - logsumexp(x)` of each row of `cols` numbers.
    fn log_softmax_rows(cols: usize, x: &[Self], y: &mut [Self]) {
        softmax::plain_log(cols, x, y);
    }

    /// The gradient of [`log_softmax_rows`](Self::log_softmax_rows), from its output `y`.
    fn log_softmax_rows_backward(cols: usize, y: &[Self], g_y: &[Self], g_x: &mut [Self]) {
        softmax::plain_log_backward(cols, y, g_y, g_x);
    }

    /// [`LayerNorm`] of each row.
    ///
    /// **Shapes** `x, y: [rows, C]`, `notes: [2, rows]`: the means, then the inverse standard deviations.
    fn layer_norm_rows(norm: LayerNorm<'_, Self>, x: &[Self], y: &mut [Self], notes: &mut [Self]) {
        norm::plain(norm, x, y, notes);
    }

    /// The gradients of [`layer_norm_rows`](Self::layer_norm_rows), from its input `x` and its notes.
    ///
    /// `scratch` is [`norm_backward_scratch_len`](super::norm_backward_scratch_len) long.
    fn layer_norm_rows_backward(
        norm: LayerNorm<'_, Self>,
        x: &[Self],
        notes: &[Self],
        g_y: &[Self],
        gradients: LayerNormGradients<'_, Self>,
        scratch: &mut [Self],
    ) {
        let _ = scratch;
        norm::plain_backward(norm, x, notes, g_y, gradients);
    }

    /// [`RmsNorm`] of each row.
    ///
    /// **Shapes** `x, y: [rows, C]`, `notes: [rows]`: the inverse root mean squares.
    fn rms_norm_rows(norm: RmsNorm<'_, Self>, x: &[Self], y: &mut [Self], notes: &mut [Self]) {
        norm::plain_rms(norm, x, y, notes);
    }

    /// The gradients of [`rms_norm_rows`](Self::rms_norm_rows), from its input `x` and its notes.
    ///
    /// `scratch` is [`norm_backward_scratch_len`](super::norm_backward_scratch_len) long.
    fn rms_norm_rows_backward(
        norm: RmsNorm<'_, Self>,
        x: &[Self],
        notes: &[Self],
        g_y: &[Self],
        gradients: RmsNormGradients<'_, Self>,
        scratch: &mut [Self],
    ) {
        let _ = scratch;
        norm::plain_rms_backward(norm, x, notes, g_y, gradients);
    }

    /// The cross-entropy in nats of each row of logits against its class; 0 where the id is the ignored one.
    ///
    /// **Shapes** `logits: [rows, K]`, `ids, losses, notes: [rows]`; the notes are the logsumexp of each row.
    fn cross_entropy_rows(at: CrossEntropy, logits: &[Self], ids: &[Self], losses: &mut [Self], notes: &mut [Self]) {
        cross_entropy::plain(at, logits, ids, losses, notes);
    }

    /// The gradient of [`cross_entropy_rows`](Self::cross_entropy_rows) by the logits, from the gradient of each loss.
    fn cross_entropy_rows_backward(
        at: CrossEntropy,
        logits: &[Self],
        ids: &[Self],
        notes: &[Self],
        g_losses: &[Self],
        g_logits: &mut [Self],
    ) {
        cross_entropy::plain_backward(at, logits, ids, notes, g_losses, g_logits);
    }

    /// `Σ a`.
    fn sum_slice(a: &[Self]) -> Self {
        reduce::plain_sum(a)
    }

    /// `Σ a b`.
    fn dot_slice(a: &[Self], b: &[Self]) -> Self {
        reduce::plain_dot(a, b)
    }

    /// `Σ a²`.
    fn square_sum_slice(a: &[Self]) -> Self {
        reduce::plain_dot(a, a)
    }
}
