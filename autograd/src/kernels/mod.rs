//! Whole-slice operations: the plain loop is the definition, the fast kernel stands beside it.
//!
//! Everything here is row-major without gaps and works on slices that the caller owns: outputs are overwritten, never
//! added to (save where [`Gemm::adds`] asks for it), and nothing is allocated. Where a kernel needs room of its own it
//! takes a `scratch` slice, whose length its sizes tell and whose contents do not matter before or after.
//! `notes` are what the forward pass leaves for the backward pass.
//!
//! Results do not depend on the number of threads: work is cut by its sizes alone and summed in a fixed order.

mod adamw;
mod attention;
mod awake;
mod cross_entropy;
mod elementwise;
mod fast;
mod gemm;
mod linear;
mod lstm;
mod norm;
mod reduce;
mod rnn;
mod softmax;
#[cfg(test)]
mod tests;

pub use adamw::AdamwStep;
pub use attention::{AttentionGradients, AttentionInputs, AttentionSizes};
pub use awake::with_threads_awake;
pub use cross_entropy::CrossEntropy;
pub(crate) use fast::by_parts;
pub use fast::{chains_of_multiply_adds, read, simd_level};
pub use gemm::Gemm;
pub use linear::{LinearGradients, LinearSizes};
pub use lstm::{LstmGradients, LstmInputs, LstmSizes};
pub use norm::{LayerNorm, LayerNormGradients, RmsNorm, RmsNormGradients, norm_backward_scratch_len};
pub use rnn::{RnnGradients, RnnInputs, RnnSizes};

use crate::numbers::Real;

/// Operations on whole slices that a number type may have a faster version of.
///
/// Every default is the plain loop; it is the reference, and what [`Dual`](crate::numbers::Dual) runs.
/// `f32` and `f64` replace the ones where vector instructions or threads pay.
///
/// # Panics
/// Every operation panics when its slices do not match its sizes.
pub trait Kernels: Sized {
    /// `c = op(a) · op(b)`, or `c += op(a) · op(b)`; see [`Gemm`].
    fn gemm(sizes: Gemm, a: &[Self], b: &[Self], c: &mut [Self])
    where
        Self: Real,
    {
        gemm::plain(sizes, a, b, c);
    }

    /// Many products of one size: number `i` is `operands[i] = (start in a, start in b)`, result chunk `i` of `c`.
    fn gemm_batch(sizes: Gemm, operands: &[(usize, usize)], a: &[Self], b: &[Self], c: &mut [Self])
    where
        Self: Real,
    {
        gemm::plain_batch(sizes, operands, a, b, c);
    }

    /// `y = exp(x)` for each number.
    fn exp_slice(x: &[Self], y: &mut [Self])
    where
        Self: Real,
    {
        elementwise::each(x, y, Real::exp);
    }

    /// `y = tanh(x)` for each number.
    fn tanh_slice(x: &[Self], y: &mut [Self])
    where
        Self: Real,
    {
        elementwise::each(x, y, Real::tanh);
    }

    /// `y = 1 / (1 + exp(-x))` for each number.
    fn sigmoid_slice(x: &[Self], y: &mut [Self])
    where
        Self: Real,
    {
        elementwise::each(x, y, elementwise::sigmoid);
    }

    /// `y = x / (1 + exp(-2u))`, `u = √(2/π) (x + 0.044715 x³)` for each number; 0 at `-∞`.
    fn gelu_tanh_slice(x: &[Self], y: &mut [Self])
    where
        Self: Real,
    {
        elementwise::each(x, y, elementwise::gelu_tanh);
    }

    /// The gradient of [`gelu_tanh_slice`](Self::gelu_tanh_slice).
    fn gelu_tanh_slice_backward(x: &[Self], g_y: &[Self], g_x: &mut [Self])
    where
        Self: Real,
    {
        elementwise::each_backward(x, g_y, g_x, elementwise::gelu_tanh_slope);
    }

    /// `y = x / (1 + exp(-x))` for each number; 0 at `-∞`.
    fn silu_slice(x: &[Self], y: &mut [Self])
    where
        Self: Real,
    {
        elementwise::each(x, y, elementwise::silu);
    }

    /// The gradient of [`silu_slice`](Self::silu_slice).
    fn silu_slice_backward(x: &[Self], g_y: &[Self], g_x: &mut [Self])
    where
        Self: Real,
    {
        elementwise::each_backward(x, g_y, g_x, elementwise::silu_slope);
    }

    /// `y = softmax(x)` of each row of `cols` numbers.
    fn softmax_rows(cols: usize, x: &[Self], y: &mut [Self])
    where
        Self: Real,
    {
        softmax::plain(cols, x, y);
    }

    /// The gradient of [`softmax_rows`](Self::softmax_rows), from its output `y`.
    fn softmax_rows_backward(cols: usize, y: &[Self], g_y: &[Self], g_x: &mut [Self])
    where
        Self: Real,
    {
        softmax::plain_backward(cols, y, g_y, g_x);
    }

    /// `y = x - logsumexp(x)` of each row of `cols` numbers.
    fn log_softmax_rows(cols: usize, x: &[Self], y: &mut [Self])
    where
        Self: Real,
    {
        softmax::plain_log(cols, x, y);
    }

    /// The gradient of [`log_softmax_rows`](Self::log_softmax_rows), from its output `y`.
    fn log_softmax_rows_backward(cols: usize, y: &[Self], g_y: &[Self], g_x: &mut [Self])
    where
        Self: Real,
    {
        softmax::plain_log_backward(cols, y, g_y, g_x);
    }

    /// [`LayerNorm`] of each row.
    ///
    /// **Shapes** `x, y: [rows, C]`, `notes: [2, rows]`: the means, then the inverse standard deviations.
    fn layer_norm_rows(norm: LayerNorm<'_, Self>, x: &[Self], y: &mut [Self], notes: &mut [Self])
    where
        Self: Real,
    {
        norm::plain(norm, x, y, notes);
    }

    /// The gradients of [`layer_norm_rows`](Self::layer_norm_rows), from its input `x` and its notes.
    ///
    /// `scratch` is [`norm_backward_scratch_len`] long.
    fn layer_norm_rows_backward(
        norm: LayerNorm<'_, Self>,
        x: &[Self],
        notes: &[Self],
        g_y: &[Self],
        gradients: LayerNormGradients<'_, Self>,
        scratch: &mut [Self],
    ) where
        Self: Real,
    {
        let _ = scratch;
        norm::plain_backward(norm, x, notes, g_y, gradients);
    }

    /// [`RmsNorm`] of each row.
    ///
    /// **Shapes** `x, y: [rows, C]`, `notes: [rows]`: the inverse root mean squares.
    fn rms_norm_rows(norm: RmsNorm<'_, Self>, x: &[Self], y: &mut [Self], notes: &mut [Self])
    where
        Self: Real,
    {
        norm::plain_rms(norm, x, y, notes);
    }

    /// The gradients of [`rms_norm_rows`](Self::rms_norm_rows), from its input `x` and its notes.
    ///
    /// `scratch` is [`norm_backward_scratch_len`] long.
    fn rms_norm_rows_backward(
        norm: RmsNorm<'_, Self>,
        x: &[Self],
        notes: &[Self],
        g_y: &[Self],
        gradients: RmsNormGradients<'_, Self>,
        scratch: &mut [Self],
    ) where
        Self: Real,
    {
        let _ = scratch;
        norm::plain_rms_backward(norm, x, notes, g_y, gradients);
    }

    /// The cross-entropy in nats of each row of logits against its class; 0 where the id is the ignored one.
    ///
    /// **Shapes** `logits: [rows, K]`, `ids, losses, notes: [rows]`; the notes are the logsumexp of each row.
    fn cross_entropy_rows(at: CrossEntropy, logits: &[Self], ids: &[Self], losses: &mut [Self], notes: &mut [Self])
    where
        Self: Real,
    {
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
    ) where
        Self: Real,
    {
        cross_entropy::plain_backward(at, logits, ids, notes, g_losses, g_logits);
    }

    /// Scaled dot-product attention with several heads.
    ///
    /// A query that sees no key gives 0; see [`AttentionSizes::blind_query`].
    /// The lengths of `notes` and `scratch` are [`AttentionSizes::notes_len`] and [`AttentionSizes::scratch_len`].
    fn attention(
        at: AttentionSizes,
        x: AttentionInputs<'_, Self>,
        y: &mut [Self],
        notes: &mut [Self],
        scratch: &mut [Self],
    ) where
        Self: Real,
    {
        attention::plain(at, x, y, notes, scratch);
    }

    /// The gradients of [`attention`](Self::attention), from its inputs and notes.
    ///
    /// The length of `scratch` is [`AttentionSizes::backward_scratch_len`].
    fn attention_backward(
        at: AttentionSizes,
        x: AttentionInputs<'_, Self>,
        notes: &[Self],
        g_y: &[Self],
        gradients: AttentionGradients<'_, Self>,
        scratch: &mut [Self],
    ) where
        Self: Real,
    {
        attention::plain_backward(at, x, notes, g_y, gradients, scratch);
    }

    /// A recurrent network over whole sequences, `h_t = tanh(W_xh x_t + W_hh h_{t-1} + b)`.
    ///
    /// **Shapes** `h: [B, T, D]`; the length of `scratch` is [`RnnSizes::scratch_len`].
    fn rnn(at: RnnSizes, x: RnnInputs<'_, Self>, h: &mut [Self], scratch: &mut [Self])
    where
        Self: Real,
    {
        rnn::plain(at, x, h, scratch);
    }

    /// The gradients of [`rnn`](Self::rnn), from its inputs and its output `h`.
    ///
    /// The length of `scratch` is [`RnnSizes::backward_scratch_len`].
    fn rnn_backward(
        at: RnnSizes,
        x: RnnInputs<'_, Self>,
        h: &[Self],
        g_h: &[Self],
        gradients: RnnGradients<'_, Self>,
        scratch: &mut [Self],
    ) where
        Self: Real,
    {
        rnn::plain_backward(at, x, h, g_h, gradients, scratch);
    }

    /// A long short-term memory over whole sequences.
    ///
    /// **Shapes** `h: [B, T, D]`; `notes`, of length [`LstmSizes::notes_len`], are the gates `[B, T, 4D]`, then the
    /// cells `[B, T, D]`. The length of `scratch` is [`LstmSizes::scratch_len`].
    fn lstm(at: LstmSizes, x: LstmInputs<'_, Self>, h: &mut [Self], notes: &mut [Self], scratch: &mut [Self])
    where
        Self: Real,
    {
        lstm::plain(at, x, h, notes, scratch);
    }

    /// The gradients of [`lstm`](Self::lstm), from its inputs and its output and notes `(h, notes)`.
    ///
    /// The length of `scratch` is [`LstmSizes::backward_scratch_len`].
    fn lstm_backward(
        at: LstmSizes,
        x: LstmInputs<'_, Self>,
        saved: (&[Self], &[Self]),
        g_h: &[Self],
        gradients: LstmGradients<'_, Self>,
        scratch: &mut [Self],
    ) where
        Self: Real,
    {
        lstm::plain_backward(at, x, saved, g_h, gradients, scratch);
    }

    /// `y = x Wᵀ + b` over rows.
    ///
    /// **Shapes** `x: [rows, I]`, `w: [O, I]`, `b: [O]`, `y: [rows, O]`.
    fn linear(at: LinearSizes, x: &[Self], w: &[Self], b: Option<&[Self]>, y: &mut [Self])
    where
        Self: Real,
    {
        linear::plain(at, x, w, b, y);
    }

    /// The gradients of [`linear`](Self::linear).
    fn linear_backward(at: LinearSizes, x: &[Self], w: &[Self], g_y: &[Self], gradients: LinearGradients<'_, Self>)
    where
        Self: Real,
    {
        linear::plain_backward(at, x, w, g_y, gradients);
    }

    /// `Σ a`.
    fn sum_slice(a: &[Self]) -> Self
    where
        Self: Real,
    {
        reduce::plain_sum(a)
    }

    /// `Σ a b`.
    fn dot_slice(a: &[Self], b: &[Self]) -> Self
    where
        Self: Real,
    {
        reduce::plain_dot(a, b)
    }

    /// `Σ a²`.
    fn square_sum_slice(a: &[Self]) -> Self
    where
        Self: Real,
    {
        reduce::plain_dot(a, a)
    }

    /// One AdamW step over flat parameters `w`, gradients `g` and moments `m`, `v`; see [`AdamwStep`].
    fn adamw(step: AdamwStep, w: &mut [Self], g: &[Self], m: &mut [Self], v: &mut [Self])
    where
        Self: Real,
    {
        adamw::plain(step, w, g, m, v);
    }
}
