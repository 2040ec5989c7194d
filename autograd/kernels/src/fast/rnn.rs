//! The recurrent network over whole sequences: one product for all inputs, then each thread its own sequences.
//!
//! The recurrent weights are packed once for all steps. A step of several sequences is one product, whose rows do not
//! depend on each other, so the sequences may be shared out among the threads in any way.

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::dispatch::run;
use super::float::Float;
use super::gemm::gemm;
use super::lanes::map_pairs;
use super::linear::{linear, linear_backward};
use super::matrix::{Target, View};
use super::packed::{Packed, packed_len};
use super::product::{Product, multiply_packed};
use super::share_out::ShareOut;
use super::tasks::{rows_of_task, sequences_of_task};
use super::tile::Start;
use crate::Gemm;
use crate::linear::LinearGradients;
use crate::rnn::{RnnGradients, RnnInputs, RnnSizes, states_before as plain_states_before};

/// All hidden states `h: [B, T, D]`.
pub fn rnn<T: Float>(at: RnnSizes, x: RnnInputs<'_, T>, h: &mut [T], scratch: &mut [T]) {
    at.check(x, h.len());
    let d = at.hidden;
    let (states, rest) = scratch[..at.scratch_len()].split_at_mut(at.batch * d);
    let (sums, room) = rest.split_at_mut(at.batch * d);
    // a = x W_xhᵀ + b for every step at once
    linear(at.input_product(), x.x, x.w_xh, Some(x.b), h);
    if h.is_empty() {
        return;
    }
    let w_hh = Packed::new(d, d, View::rows(x.w_hh, d).transposed(), &mut room[..packed_len(d, d)]);
    states.copy_from_slice(x.h_0);
    let task = sequences_of_task(at.batch, h.len() * d);
    let states = states.par_chunks_mut(task * d).zip(sums.par_chunks_mut(task * d));
    let tasks = states.zip(h.par_chunks_mut(task * at.time * d));
    tasks.share_out(|((states, sums), h)| {
        run(Forward {
            at,
            w_hh,
            states,
            sums,
            h,
        });
    });
}

/// Some sequences.
struct Forward<'a, T> {
    at: RnnSizes,
    w_hh: Packed<'a, T>,
    states: &'a mut [T],
    /// What the states add to `a_t`: beside it, because rows of `h` that are whole sequences apart share cache lines' places.
    sums: &'a mut [T],
    h: &'a mut [T],
}

impl<T: Float> WithSimd for Forward<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let (d, row) = (self.at.hidden, self.at.time * self.at.hidden);
        for t in 0..self.at.time {
            let step = Product {
                m: self.states.len() / d,
                k: d,
                n: d,
                a: View::rows(self.states, d),
                start: Start::Zero,
            };
            multiply_packed(simd, step, self.w_hh, &mut Target::rows(self.sums, d));
            // h_t = tanh(a_t + h_{t-1} W_hhᵀ)
            let states = self.states.chunks_exact_mut(d).zip(self.sums.chunks_exact(d));
            for (h, (state, sums)) in self.h.chunks_exact_mut(row).zip(states) {
                let h = &mut h[t * d..][..d];
                map_pairs(h, sums, state, |a, sum| (a + sum).tanh_at::<S>());
                h.copy_from_slice(state);
            }
        }
    }
}

/// The gradients of a recurrent network.
pub fn rnn_backward<T: Float>(
    at: RnnSizes,
    x: RnnInputs<'_, T>,
    h: &[T],
    g_h: &[T],
    gradients: RnnGradients<'_, T>,
    scratch: &mut [T],
) {
    at.check(x, h.len());
    at.check(x, g_h.len());
    let d = at.hidden;
    let (g_states, rest) = scratch[..at.backward_scratch_len()].split_at_mut(at.batch * d);
    let (g_a_t, rest) = rest.split_at_mut(at.batch * d);
    let (g_a, rest) = rest.split_at_mut(h.len());
    let (h_before, room) = rest.split_at_mut(h.len());
    g_states.fill(T::ZERO);
    if !h.is_empty() {
        let w_hh = Packed::new(d, d, View::rows(x.w_hh, d), &mut room[..packed_len(d, d)]);
        let task = sequences_of_task(at.batch, h.len() * d);
        let row = task * at.time * d;
        let states = g_states.par_chunks_mut(task * d).zip(g_a_t.par_chunks_mut(task * d));
        let sequences = h.par_chunks(row).zip(g_h.par_chunks(row)).zip(g_a.par_chunks_mut(row));
        states.zip(sequences).share_out(|((g_states, g_a_t), ((h, g_h), g_a))| {
            run(Backward {
                at,
                w_hh,
                g_states,
                g_a_t,
                h,
                g_h,
                g_a,
            });
        });
    }
    if let Some(g_h_0) = gradients.g_h_0 {
        g_h_0.copy_from_slice(g_states);
    }
    if let Some(g_w_hh) = gradients.g_w_hh {
        states_before(at, x.h_0, h, h_before);
        gemm(
            Gemm::new(d, at.batch * at.time, d).a_transposed(),
            g_a,
            h_before,
            g_w_hh,
        );
    }
    let inputs = LinearGradients {
        g_x: gradients.g_x,
        g_w: gradients.g_w_xh,
        g_b: gradients.g_b,
    };
    linear_backward(at.input_product(), x.x, x.w_xh, g_a, inputs);
}

/// The states that each step started from; some sequences are one task.
pub fn states_before<T: Float>(at: RnnSizes, h_0: &[T], h: &[T], before: &mut [T]) {
    let task = rows_of_task(at.time * at.hidden);
    let row = task * at.time * at.hidden;
    if h.is_empty() {
        return;
    }
    let tasks = before
        .par_chunks_mut(row)
        .zip(h.par_chunks(row))
        .zip(h_0.par_chunks(task * at.hidden));
    tasks.share_out(|((before, h), h_0)| plain_states_before(at, h_0, h, before));
}

/// Some sequences, backwards.
struct Backward<'a, T> {
    at: RnnSizes,
    w_hh: Packed<'a, T>,
    g_states: &'a mut [T],
    g_a_t: &'a mut [T],
    h: &'a [T],
    g_h: &'a [T],
    g_a: &'a mut [T],
}

impl<T: Float> WithSimd for Backward<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let (d, row) = (self.at.hidden, self.at.time * self.at.hidden);
        for t in (0..self.at.time).rev() {
            // h_t = tanh(a_t)
            for (b, g_a_t) in self.g_a_t.chunks_exact_mut(d).enumerate() {
                let here = b * row + t * d;
                let states = self.h[here..][..d].iter().zip(&self.g_h[here..][..d]);
                let g_states = &self.g_states[b * d..][..d];
                for ((g_a_t, (&h, &g_h)), &g_state) in g_a_t.iter_mut().zip(states).zip(g_states) {
                    *g_a_t = (g_h + g_state) * (T::ONE - h * h);
                }
                self.g_a[here..][..d].copy_from_slice(g_a_t);
            }
            // a_t = … + h_{t-1} W_hhᵀ
            let step = Product {
                m: self.g_a_t.len() / d,
                k: d,
                n: d,
                a: View::rows(self.g_a_t, d),
                start: Start::Zero,
            };
            multiply_packed(simd, step, self.w_hh, &mut Target::rows(self.g_states, d));
        }
    }
}
