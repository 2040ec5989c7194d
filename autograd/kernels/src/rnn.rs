//! A whole-sequence recurrent network with tanh, `h_t = tanh(W_xh x_t + W_hh h_{t-1} + b)`.
//!
//! Backward through time, with `g_h_t` the gradient that comes from the output and from step `t + 1`:
//! `g_a_t = g_h_t (1 - h_t²)`, `g_h_{t-1} += W_hhᵀ g_a_t`, and over all steps `g_x = g_a W_xh`,
//! `g_W_xh = Σ g_a_t x_tᵀ`, `g_W_hh = Σ g_a_t h_{t-1}ᵀ`, `g_b = Σ g_a_t`.
//! Source: Elman, "Finding Structure in Time" (1990).
//!
//! All slices are batch-major, `[B, T, ..]`.

use crate::Kernels;

use super::fast::packed_len;
use super::gemm::{Gemm, plain as plain_gemm};
use super::linear::{LinearGradients, LinearSizes, plain as plain_linear, plain_backward as plain_linear_backward};

/// The sizes of a recurrent network over whole sequences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RnnSizes {
    /// Sequences, `B`.
    pub batch: usize,
    /// Steps, `T`.
    pub time: usize,
    /// Width of the input, `M`.
    pub inputs: usize,
    /// Width of the hidden state, `D`.
    pub hidden: usize,
}

impl RnnSizes {
    /// The length of the scratch of the forward pass.
    pub const fn scratch_len(&self) -> usize {
        let state = self.batch * self.hidden;
        2 * state + packed_len(self.hidden, self.hidden)
    }

    /// The length of the scratch of the backward pass.
    pub const fn backward_scratch_len(&self) -> usize {
        let state = self.batch * self.hidden;
        2 * state + 2 * state * self.time + packed_len(self.hidden, self.hidden)
    }

    /// The one product of the input weights over `B·T` rows.
    pub(super) const fn input_product(&self) -> LinearSizes {
        LinearSizes {
            rows: self.batch * self.time,
            inputs: self.inputs,
            outputs: self.hidden,
        }
    }

    /// Asserts that the slices match the sizes.
    pub(super) fn check<T>(&self, x: RnnInputs<'_, T>, h: usize) {
        let Self {
            batch,
            time,
            inputs,
            hidden,
        } = *self;
        assert!(
            x.x.len() == batch * time * inputs
                && x.h_0.len() == batch * hidden
                && x.w_xh.len() == hidden * inputs
                && x.w_hh.len() == hidden * hidden
                && x.b.len() == hidden
                && h == batch * time * hidden,
            "rnn: slices must match the sizes"
        );
    }
}

/// What a recurrent network reads.
#[derive(Clone, Copy, Debug)]
pub struct RnnInputs<'a, T> {
    /// `[B, T, M]`.
    pub x: &'a [T],
    /// The state before the first step, `[B, D]`.
    pub h_0: &'a [T],
    /// `[D, M]`.
    pub w_xh: &'a [T],
    /// `[D, D]`.
    pub w_hh: &'a [T],
    /// `[D]`.
    pub b: &'a [T],
}

/// Where the gradients of a recurrent network go; each wanted one is overwritten.
#[derive(Debug, Default)]
pub struct RnnGradients<'a, T> {
    /// `[B, T, M]`.
    pub g_x: Option<&'a mut [T]>,
    /// `[B, D]`.
    pub g_h_0: Option<&'a mut [T]>,
    /// `[D, M]`.
    pub g_w_xh: Option<&'a mut [T]>,
    /// `[D, D]`.
    pub g_w_hh: Option<&'a mut [T]>,
    /// `[D]`.
    pub g_b: Option<&'a mut [T]>,
}

/// All hidden states `h: [B, T, D]`.
pub(super) fn plain<T: Kernels>(at: RnnSizes, x: RnnInputs<'_, T>, h: &mut [T], scratch: &mut [T]) {
    at.check(x, h.len());
    let (state, rest) = scratch[..at.scratch_len()].split_at_mut(at.batch * at.hidden);
    let product = &mut rest[..at.batch * at.hidden];
    // a = x W_xhᵀ + b for every step at once
    plain_linear(at.input_product(), x.x, x.w_xh, Some(x.b), h);
    state.copy_from_slice(x.h_0);
    for t in 0..at.time {
        // h_t = tanh(a_t + h_{t-1} W_hhᵀ)
        plain_gemm(
            Gemm::new(at.batch, at.hidden, at.hidden).b_transposed(),
            state,
            x.w_hh,
            product,
        );
        for b in 0..at.batch {
            for d in 0..at.hidden {
                let h = &mut h[(b * at.time + t) * at.hidden + d];
                *h = (*h + product[b * at.hidden + d]).tanh();
                state[b * at.hidden + d] = *h;
            }
        }
    }
}

/// The gradients of a recurrent network from its states `h` and their gradient `g_h`.
pub(super) fn plain_backward<T: Kernels>(
    at: RnnSizes,
    x: RnnInputs<'_, T>,
    h: &[T],
    g_h: &[T],
    gradients: RnnGradients<'_, T>,
    scratch: &mut [T],
) {
    at.check(x, h.len());
    let (state, all) = (at.batch * at.hidden, at.batch * at.time * at.hidden);
    let (g_state, rest) = scratch[..at.backward_scratch_len()].split_at_mut(state);
    let (g_a_t, rest) = rest.split_at_mut(state);
    let (g_a, rest) = rest.split_at_mut(all);
    let h_before = &mut rest[..all];
    g_state.fill(T::ZERO);
    for t in (0..at.time).rev() {
        // h_t = tanh(a_t)
        for b in 0..at.batch {
            for d in 0..at.hidden {
                let (here, there) = (b * at.hidden + d, (b * at.time + t) * at.hidden + d);
                g_a_t[here] = (g_h[there] + g_state[here]) * (T::ONE - h[there] * h[there]);
                g_a[there] = g_a_t[here];
            }
        }
        // a_t = … + h_{t-1} W_hhᵀ
        plain_gemm(Gemm::new(at.batch, at.hidden, at.hidden), g_a_t, x.w_hh, g_state);
    }
    if let Some(g_h_0) = gradients.g_h_0 {
        g_h_0.copy_from_slice(g_state);
    }
    if let Some(g_w_hh) = gradients.g_w_hh {
        states_before(at, x.h_0, h, h_before);
        let product = Gemm::new(at.hidden, at.batch * at.time, at.hidden).a_transposed();
        plain_gemm(product, g_a, h_before, g_w_hh);
    }
    let linear = LinearGradients {
        g_x: gradients.g_x,
        g_w: gradients.g_w_xh,
        g_b: gradients.g_b,
    };
    plain_linear_backward(at.input_product(), x.x, x.w_xh, g_a, linear);
}

/// The states that each step started from: `h` moved by one step, with `h_0` in front.
pub(super) fn states_before<T: Kernels>(at: RnnSizes, h_0: &[T], h: &[T], before: &mut [T]) {
    let (d, row) = (at.hidden, at.time * at.hidden);
    if row == 0 {
        return;
    }
    for ((before, h), h_0) in before
        .chunks_exact_mut(row)
        .zip(h.chunks_exact(row))
        .zip(h_0.chunks_exact(d))
    {
        before[..d].copy_from_slice(h_0);
        before[d..].copy_from_slice(&h[..row - d]);
    }
}
