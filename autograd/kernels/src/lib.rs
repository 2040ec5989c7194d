//! Shapes, numbers, and whole-slice operations: the plain loop is the definition, the fast kernel stands beside it.
//!
//! This package must never know a graph, an op or a tape. It is the only one with `unsafe`, all of it in `fast/`, which
//! the feature `fast` (on by default) adds; without it every number type runs the plain loops, on one thread.
//!
//! Everything here is row-major without gaps and works on slices that the caller owns: outputs are overwritten, never
//! added to (save where [`Gemm::adds`] asks for it), and nothing is allocated. Where a kernel needs room of its own it
//! takes a `scratch` slice, whose length its sizes tell and whose contents do not matter before or after.
//! `notes` are what the forward pass leaves for the backward pass.
//!
//! Results do not depend on the number of threads: work is cut by its sizes alone and summed in a fixed order.

#![deny(unsafe_code)]

mod adamw;
mod attention;
mod cross_entropy;
mod elementwise;
#[cfg(feature = "fast")]
#[allow(unsafe_code)]
mod fast;
mod gemm;
mod linear;
mod lstm;
mod norm;
pub mod numbers;
#[cfg(not(feature = "fast"))]
mod one_thread;
pub mod packed_matrix;
mod reduce;
mod rnn;
mod rows;
pub mod shape;
mod softmax;
#[cfg(all(test, feature = "fast"))]
mod tests;

pub use adamw::AdamwStep;
pub use attention::{AttentionGradients, AttentionInputs, AttentionSizes};
pub use cross_entropy::CrossEntropy;
pub use elementwise::Function;
pub use fast::{add, by_parts, simd_level, with_team};
#[cfg(feature = "fast")]
pub use fast::{chains_of_multiply_adds, read};
pub use gemm::Gemm;
pub use linear::{LinearGradients, LinearSizes};
pub use lstm::{LstmGradients, LstmInputs, LstmSizes, LstmUpstream};
pub use norm::{LayerNorm, LayerNormGradients, RmsNorm, RmsNormGradients, norm_backward_scratch_len};
pub use packed_matrix::{Bits, PackedMatrix};
pub use rnn::{RnnGradients, RnnInputs, RnnSizes};
pub use rows::RowKernels;
pub use softmax::{least_log, log_of_total, slope_of_largest};

#[cfg(not(feature = "fast"))]
use one_thread as fast;

/// Operations on whole slices that a number type may have a faster version of.
///
/// Every default is the plain loop; it is the reference, and what [`Dual`](numbers::Dual) runs.
/// `f32` and `f64` replace the ones where vector instructions or threads pay.
/// Functions of single numbers and of rows are in [`RowKernels`]; here are the products, and what is made of them.
///
/// # Panics
/// Every operation panics when its slices do not match its sizes.
pub trait Kernels: RowKernels {
    /// `c = op(a) · op(b)`, or `c += op(a) · op(b)`; see [`Gemm`].
    fn gemm(sizes: Gemm, a: &[Self], b: &[Self], c: &mut [Self]) {
        gemm::plain(sizes, a, b, c);
    }

    /// Many products of one size: number `i` is `operands[i] = (start in a, start in b)`, result chunk `i` of `c`.
    fn gemm_batch(sizes: Gemm, operands: &[(usize, usize)], a: &[Self], b: &[Self], c: &mut [Self]) {
        gemm::plain_batch(sizes, operands, a, b, c);
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
    ) {
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
    ) {
        attention::plain_backward(at, x, notes, g_y, gradients, scratch);
    }

    /// A recurrent network over whole sequences, `h_t = tanh(W_xh x_t + W_hh h_{t-1} + b)`.
    ///
    /// **Shapes** `h: [B, T, D]`; the length of `scratch` is [`RnnSizes::scratch_len`].
    fn rnn(at: RnnSizes, x: RnnInputs<'_, Self>, h: &mut [Self], scratch: &mut [Self]) {
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
    ) {
        rnn::plain_backward(at, x, h, g_h, gradients, scratch);
    }

    /// A long short-term memory over whole sequences.
    ///
    /// **Shapes** `h: [B, T, D]`; `notes`, of length [`LstmSizes::notes_len`], are the gates `[B, T, 4D]`, then the
    /// cells `[B, T, D]`. The length of `scratch` is [`LstmSizes::scratch_len`].
    fn lstm(at: LstmSizes, x: LstmInputs<'_, Self>, h: &mut [Self], notes: &mut [Self], scratch: &mut [Self]) {
        lstm::plain(at, x, h, notes, scratch);
    }

    /// The gradients of [`lstm`](Self::lstm), from its inputs and its output and notes `(h, notes)`.
    ///
    /// The length of `scratch` is [`LstmSizes::backward_scratch_len`].
    fn lstm_backward(
        at: LstmSizes,
        x: LstmInputs<'_, Self>,
        saved: (&[Self], &[Self]),
        upstream: LstmUpstream<'_, Self>,
        gradients: LstmGradients<'_, Self>,
        scratch: &mut [Self],
    ) {
        lstm::plain_backward(at, x, saved, upstream, gradients, scratch);
    }

    /// `y = x Wᵀ + b` over rows.
    ///
    /// **Shapes** `x: [rows, I]`, `w: [O, I]`, `b: [O]`, `y: [rows, O]`.
    fn linear(at: LinearSizes, x: &[Self], w: &[Self], b: Option<&[Self]>, y: &mut [Self]) {
        linear::plain(at, x, w, b, y);
    }

    /// `y = x Wᵀ + b` for one row `x` and a matrix of few bits.
    ///
    /// **Shapes** `x: [I]`, `w: [O, I]`, `b: [O]`, `y: [O]`.
    fn packed_linear(x: &[Self], w: &PackedMatrix, b: Option<&[Self]>, y: &mut [Self]) {
        packed_matrix::plain(x, w, b, y);
    }

    /// The gradients of [`linear`](Self::linear).
    fn linear_backward(at: LinearSizes, x: &[Self], w: &[Self], g_y: &[Self], gradients: LinearGradients<'_, Self>) {
        linear::plain_backward(at, x, w, g_y, gradients);
    }

    /// One AdamW step over flat parameters `w`, gradients `g` and moments `m`, `v`; see [`AdamwStep`].
    fn adamw(step: AdamwStep, w: &mut [Self], g: &[Self], m: &mut [Self], v: &mut [Self]) {
        adamw::plain(step, w, g, m, v);
    }
}
