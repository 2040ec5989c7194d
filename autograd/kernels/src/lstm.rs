//! A whole-sequence long short-term memory, gates in the order i, f, g, o.
//!
//! `[i f g o] = [σ σ tanh σ](W_xh x_t + W_hh h_{t-1} + b)`, `c_t = f c_{t-1} + i g`, `h_t = o tanh(c_t)`.
//! Backward, with `g_h` and `g_c` also coming from step `t + 1`: `g_o = g_h tanh(c)`, `g_c += g_h o (1 - tanh²(c))`,
//! `g_i = g_c g`, `g_g = g_c i`, `g_f = g_c c_{t-1}`, `g_c_{t-1} = g_c f`; then through each gate's function to the
//! pre-activations `g_a`, and from there as in the plain recurrent network.
//! Source: Hochreiter & Schmidhuber, "Long Short-Term Memory" (1997), with the forget gate of Gers et al. (2000).
//!
//! All slices are batch-major, `[B, T, ..]`; the notes are the gates `[B, T, 4D]`, then the cells `[B, T, D]`.

use crate::Kernels;

use super::fast::packed_len;
use super::gemm::{Gemm, plain as plain_gemm};
use super::linear::{LinearGradients, LinearSizes, plain as plain_linear, plain_backward as plain_linear_backward};
use super::rnn::{RnnSizes, states_before};

/// What a long short-term memory reads; its sizes are [`RnnSizes`].
#[derive(Clone, Copy, Debug)]
pub struct LstmInputs<'a, T> {
    /// `[B, T, M]`.
    pub x: &'a [T],
    /// The output before the first step, `[B, D]`.
    pub h_0: &'a [T],
    /// The cells before the first step, `[B, D]`.
    pub c_0: &'a [T],
    /// `[4D, M]`.
    pub w_xh: &'a [T],
    /// `[4D, D]`.
    pub w_hh: &'a [T],
    /// `[4D]`.
    pub b: &'a [T],
}

/// Where the gradients of a long short-term memory go; each wanted one is overwritten.
#[derive(Debug, Default)]
pub struct LstmGradients<'a, T> {
    /// `[B, T, M]`.
    pub g_x: Option<&'a mut [T]>,
    /// `[B, D]`.
    pub g_h_0: Option<&'a mut [T]>,
    /// `[B, D]`.
    pub g_c_0: Option<&'a mut [T]>,
    /// `[4D, M]`.
    pub g_w_xh: Option<&'a mut [T]>,
    /// `[4D, D]`.
    pub g_w_hh: Option<&'a mut [T]>,
    /// `[4D]`.
    pub g_b: Option<&'a mut [T]>,
}

/// What comes back into a long short-term memory.
#[derive(Clone, Copy, Debug)]
pub struct LstmUpstream<'a, T> {
    /// `[B, T, D]`, of the outputs.
    pub g_h: &'a [T],
    /// `[B, T, D]`, of the cells, where something reads them besides the outputs and the next step.
    pub g_c: Option<&'a [T]>,
}

/// The sizes of a long short-term memory over whole sequences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LstmSizes {
    /// Sequences, `B`.
    pub batch: usize,
    /// Steps, `T`.
    pub time: usize,
    /// Width of the input, `M`.
    pub inputs: usize,
    /// Width of the hidden state and of the cells, `D`.
    pub hidden: usize,
}

impl LstmSizes {
    /// The length of the notes: gates `[B, T, 4D]`, then cells `[B, T, D]`.
    pub const fn notes_len(&self) -> usize {
        5 * self.batch * self.time * self.hidden
    }

    /// The length of the scratch of the forward pass.
    pub const fn scratch_len(&self) -> usize {
        6 * self.batch * self.hidden + packed_len(self.hidden, 4 * self.hidden)
    }

    /// The length of the scratch of the backward pass.
    pub const fn backward_scratch_len(&self) -> usize {
        let state = self.batch * self.hidden;
        6 * state + 5 * state * self.time + packed_len(4 * self.hidden, self.hidden)
    }

    /// The one product of the input weights over `B·T` rows.
    pub(super) const fn input_product(&self) -> LinearSizes {
        LinearSizes {
            rows: self.batch * self.time,
            inputs: self.inputs,
            outputs: 4 * self.hidden,
        }
    }

    /// The sizes of the states alone.
    pub(super) const fn states(&self) -> RnnSizes {
        RnnSizes {
            batch: self.batch,
            time: self.time,
            inputs: self.inputs,
            hidden: self.hidden,
        }
    }

    /// Asserts that the slices match the sizes.
    pub(super) fn check<T>(&self, x: LstmInputs<'_, T>, h: usize, notes: usize) {
        let Self {
            batch,
            time,
            inputs,
            hidden,
        } = *self;
        assert!(
            x.x.len() == batch * time * inputs
                && x.h_0.len() == batch * hidden
                && x.c_0.len() == batch * hidden
                && x.w_xh.len() == 4 * hidden * inputs
                && x.w_hh.len() == 4 * hidden * hidden
                && x.b.len() == 4 * hidden
                && h == batch * time * hidden
                && notes == self.notes_len(),
            "lstm: slices must match the sizes"
        );
    }
}

/// All outputs `h: [B, T, D]`, with the gates and cells in the notes.
pub(super) fn plain<T: Kernels>(at: LstmSizes, x: LstmInputs<'_, T>, h: &mut [T], notes: &mut [T], scratch: &mut [T]) {
    at.check(x, h.len(), notes.len());
    let (d, state) = (at.hidden, at.batch * at.hidden);
    let (gates, cells) = notes.split_at_mut(4 * at.batch * at.time * d);
    let (h_before, rest) = scratch[..at.scratch_len()].split_at_mut(state);
    let (c_before, rest) = rest.split_at_mut(state);
    let product = &mut rest[..4 * state];
    // a = x W_xhᵀ + b for every step at once
    plain_linear(at.input_product(), x.x, x.w_xh, Some(x.b), gates);
    h_before.copy_from_slice(x.h_0);
    c_before.copy_from_slice(x.c_0);
    for t in 0..at.time {
        // a_t += h_{t-1} W_hhᵀ
        plain_gemm(Gemm::new(at.batch, d, 4 * d).b_transposed(), h_before, x.w_hh, product);
        for b in 0..at.batch {
            let row = b * at.time + t;
            let (gates, product) = (&mut gates[row * 4 * d..][..4 * d], &product[b * 4 * d..][..4 * d]);
            for j in 0..d {
                let gate = |k: usize| gates[k * d + j] + product[k * d + j];
                let (i, f, g, o) = (
                    gate(0).sigmoids().0,
                    gate(1).sigmoids().0,
                    gate(2).tanh(),
                    gate(3).sigmoids().0,
                );
                let c = f * c_before[b * d + j] + i * g;
                let y = o * c.tanh();
                for (k, value) in [i, f, g, o].into_iter().enumerate() {
                    gates[k * d + j] = value;
                }
                (cells[row * d + j], c_before[b * d + j]) = (c, c);
                (h[row * d + j], h_before[b * d + j]) = (y, y);
            }
        }
    }
}

/// The gradients of a long short-term memory from its outputs `h`, its notes, and the gradients of outputs and cells.
pub(super) fn plain_backward<T: Kernels>(
    at: LstmSizes,
    x: LstmInputs<'_, T>,
    (h, notes): (&[T], &[T]),
    LstmUpstream { g_h, g_c }: LstmUpstream<'_, T>,
    gradients: LstmGradients<'_, T>,
    scratch: &mut [T],
) {
    at.check(x, h.len(), notes.len());
    assert!(
        g_h.len() == h.len() && g_c.is_none_or(|g_c| g_c.len() == h.len()),
        "lstm: the gradients of outputs and cells must be as long as the outputs"
    );
    let (d, state, rows) = (at.hidden, at.batch * at.hidden, at.batch * at.time);
    let (gates, cells) = notes.split_at(4 * rows * d);
    let (g_h_next, rest) = scratch[..at.backward_scratch_len()].split_at_mut(state);
    let (g_c_next, rest) = rest.split_at_mut(state);
    let (g_a_t, rest) = rest.split_at_mut(4 * state);
    let (g_a, rest) = rest.split_at_mut(4 * rows * d);
    let h_before = &mut rest[..rows * d];
    g_h_next.fill(T::ZERO);
    g_c_next.fill(T::ZERO);
    for t in (0..at.time).rev() {
        for b in 0..at.batch {
            let row = b * at.time + t;
            let (gates, g_a, g_a_t) = (
                &gates[row * 4 * d..][..4 * d],
                &mut g_a[row * 4 * d..][..4 * d],
                &mut g_a_t[b * 4 * d..][..4 * d],
            );
            for j in 0..d {
                let here = b * d + j;
                let [i, f, g, o] = [0, 1, 2, 3].map(|k| gates[k * d + j]);
                let c_before = if t > 0 { cells[(row - 1) * d + j] } else { x.c_0[here] };
                // h = o tanh(c)
                let (g_h, tanh_c) = (g_h[row * d + j] + g_h_next[here], cells[row * d + j].tanh());
                let through_h = g_c_next[here] + g_h * o * (T::ONE - tanh_c * tanh_c);
                let g_c = g_c.map_or(through_h, |g_c| g_c[row * d + j] + through_h);
                // c = f c_before + i g, then each gate's function
                g_c_next[here] = g_c * f;
                let through = [
                    g_c * g * i * (T::ONE - i),
                    g_c * c_before * f * (T::ONE - f),
                    g_c * i * (T::ONE - g * g),
                    g_h * tanh_c * o * (T::ONE - o),
                ];
                for (k, value) in through.into_iter().enumerate() {
                    (g_a[k * d + j], g_a_t[k * d + j]) = (value, value);
                }
            }
        }
        // a_t = … + h_{t-1} W_hhᵀ
        plain_gemm(Gemm::new(at.batch, 4 * d, d), g_a_t, x.w_hh, g_h_next);
    }
    if let Some(g_h_0) = gradients.g_h_0 {
        g_h_0.copy_from_slice(g_h_next);
    }
    if let Some(g_c_0) = gradients.g_c_0 {
        g_c_0.copy_from_slice(g_c_next);
    }
    if let Some(g_w_hh) = gradients.g_w_hh {
        states_before(at.states(), x.h_0, h, h_before);
        plain_gemm(Gemm::new(4 * d, rows, d).a_transposed(), g_a, h_before, g_w_hh);
    }
    let linear = LinearGradients {
        g_x: gradients.g_x,
        g_w: gradients.g_w_xh,
        g_b: gradients.g_b,
    };
    plain_linear_backward(at.input_product(), x.x, x.w_xh, g_a, linear);
}
