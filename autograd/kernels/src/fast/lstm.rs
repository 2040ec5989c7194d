//! The long short-term memory over whole sequences: one product for all inputs, then each thread its own sequences.
//!
//! As in the plain recurrent network, the recurrent weights are packed once for all steps and the sequences shared out
//! among the threads; gates and cells of a step are computed sixteen at a time while they are in the nearest cache.

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::dispatch::run;
use super::float::Float;
use super::gemm::gemm;
use super::lanes::{LANES, put, take};
use super::linear::{linear, linear_backward};
use super::matrix::{Target, View};
use super::packed::{Packed, packed_len};
use super::product::{Product, multiply_packed};
use super::rnn::states_before;
use super::share_out::ShareOut;
use super::tasks::sequences_of_task;
use super::tile::Start;
use crate::Gemm;
use crate::linear::LinearGradients;
use crate::lstm::{LstmGradients, LstmInputs, LstmSizes, LstmUpstream};

/// All outputs `h: [B, T, D]`, with the gates and cells in the notes.
pub fn lstm<T: Float>(at: LstmSizes, x: LstmInputs<'_, T>, h: &mut [T], notes: &mut [T], scratch: &mut [T]) {
    at.check(x, h.len(), notes.len());
    let d = at.hidden;
    let (gates, cells) = notes.split_at_mut(4 * h.len());
    let (states, rest) = scratch[..at.scratch_len()].split_at_mut(at.batch * d);
    let (sums, room) = rest.split_at_mut(4 * at.batch * d);
    // a = x W_xhᵀ + b for every step at once
    linear(at.input_product(), x.x, x.w_xh, Some(x.b), gates);
    if h.is_empty() {
        return;
    }
    let w_hh = View::rows(x.w_hh, d).transposed();
    let w_hh = Packed::new(d, 4 * d, w_hh, &mut room[..packed_len(d, 4 * d)]);
    states.copy_from_slice(x.h_0);
    let task = sequences_of_task(at.batch, h.len() * 4 * d);
    let row = task * at.time * d;
    let states = states.par_chunks_mut(task * d).zip(x.c_0.par_chunks(task * d));
    let states = states.zip(sums.par_chunks_mut(4 * task * d));
    let sequences = gates
        .par_chunks_mut(4 * row)
        .zip(cells.par_chunks_mut(row))
        .zip(h.par_chunks_mut(row));
    states
        .zip(sequences)
        .share_out(|(((states, c_0), sums), ((gates, cells), h))| {
            run(Forward {
                at,
                w_hh,
                states,
                sums,
                c_0,
                gates,
                cells,
                h,
            });
        });
}

/// Some sequences.
struct Forward<'a, T> {
    at: LstmSizes,
    w_hh: Packed<'a, T>,
    states: &'a mut [T],
    /// What the states add to `a_t`: beside it, because rows of gates that are whole sequences apart share cache lines' places.
    sums: &'a mut [T],
    c_0: &'a [T],
    gates: &'a mut [T],
    cells: &'a mut [T],
    h: &'a mut [T],
}

impl<T: Float> WithSimd for Forward<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let d = self.at.hidden;
        for t in 0..self.at.time {
            // h_{t-1} W_hhᵀ, to be added to a_t
            let step = Product {
                m: self.states.len() / d,
                k: d,
                n: 4 * d,
                a: View::rows(self.states, d),
                start: Start::Zero,
            };
            multiply_packed(simd, step, self.w_hh, &mut Target::rows(self.sums, 4 * d));
            for b in 0..self.states.len() / d {
                self.cell::<S>(b, t);
            }
        }
    }
}

impl<T: Float> Forward<'_, T> {
    /// Gates, cells and output of one step of one sequence.
    #[inline(always)]
    fn cell<S: Simd>(&mut self, b: usize, t: usize) {
        let d = self.at.hidden;
        let here = (b * self.at.time + t) * d;
        let (cells_before, cells) = self.cells.split_at_mut(here);
        let c_before = if t > 0 {
            &cells_before[here - d..]
        } else {
            &self.c_0[b * d..][..d]
        };
        let [a_i, a_f, a_g, a_o] = quarters(&mut self.gates[4 * here..][..4 * d]);
        let sums = [0, 1, 2, 3].map(|gate| &self.sums[(4 * b + gate) * d..][..d]);
        for j in (0..d).step_by(LANES) {
            let (mut i, mut f, mut g, mut o) = (take(a_i, j), take(a_f, j), take(a_g, j), take(a_o, j));
            let [s_i, s_f, s_g, s_o] = sums.map(|sums| take(sums, j));
            let (mut c, mut h) = (take(c_before, j), [T::ZERO; LANES]);
            for l in 0..LANES {
                i[l] = (i[l] + s_i[l]).sigmoids_at::<S>().0;
                f[l] = (f[l] + s_f[l]).sigmoids_at::<S>().0;
                g[l] = (g[l] + s_g[l]).tanh_at::<S>();
                o[l] = (o[l] + s_o[l]).sigmoids_at::<S>().0;
                c[l] = f[l] * c[l] + i[l] * g[l];
                h[l] = o[l] * c[l].tanh_at::<S>();
            }
            put(a_i, j, &i);
            put(a_f, j, &f);
            put(a_g, j, &g);
            put(a_o, j, &o);
            put(&mut cells[..d], j, &c);
            put(&mut self.h[here..][..d], j, &h);
        }
        self.states[b * d..][..d].copy_from_slice(&self.h[here..][..d]);
    }
}

/// The four gates of one step of one sequence.
#[inline(always)]
fn quarters<T>(row: &mut [T]) -> [&mut [T]; 4] {
    let d = row.len() / 4;
    let (i, rest) = row.split_at_mut(d);
    let (f, rest) = rest.split_at_mut(d);
    let (g, o) = rest.split_at_mut(d);
    [i, f, g, o]
}

/// The gradients of a long short-term memory.
pub fn lstm_backward<T: Float>(
    at: LstmSizes,
    x: LstmInputs<'_, T>,
    (h, notes): (&[T], &[T]),
    LstmUpstream { g_h, g_c }: LstmUpstream<'_, T>,
    gradients: LstmGradients<'_, T>,
    scratch: &mut [T],
) {
    at.check(x, h.len(), notes.len());
    at.check(x, g_h.len(), notes.len());
    g_c.into_iter().for_each(|g_c| at.check(x, g_c.len(), notes.len()));
    let (d, all) = (at.hidden, h.len());
    let (gates, cells) = notes.split_at(4 * all);
    let (g_states, rest) = scratch[..at.backward_scratch_len()].split_at_mut(at.batch * d);
    let (g_cells, rest) = rest.split_at_mut(at.batch * d);
    let (g_a_t, rest) = rest.split_at_mut(4 * at.batch * d);
    let (g_a, rest) = rest.split_at_mut(4 * all);
    let (h_before, room) = rest.split_at_mut(all);
    g_states.fill(T::ZERO);
    g_cells.fill(T::ZERO);
    if all > 0 {
        let w_hh = Packed::new(4 * d, d, View::rows(x.w_hh, d), &mut room[..packed_len(4 * d, d)]);
        let task = sequences_of_task(at.batch, 4 * all * d);
        let (state, row) = (task * d, task * at.time * d);
        let states = g_states.par_chunks_mut(state).zip(g_cells.par_chunks_mut(state));
        let states = states.zip(g_a_t.par_chunks_mut(4 * state)).zip(x.c_0.par_chunks(state));
        let sequences = gates.par_chunks(4 * row).zip(cells.par_chunks(row));
        let sequences = sequences.zip(g_h.par_chunks(row)).zip(g_a.par_chunks_mut(4 * row));
        states.zip(sequences).enumerate().share_out(
            |(part, ((((g_states, g_cells), g_a_t), c_0), (((gates, cells), g_h), g_a)))| {
                run(Backward {
                    at,
                    w_hh,
                    c_0,
                    gates,
                    cells,
                    g_h,
                    g_c: g_c.map(|g_c| &g_c[part * row..][..g_h.len()]),
                    g_states,
                    g_cells,
                    g_a_t,
                    g_a,
                });
            },
        );
    }
    if let Some(g_h_0) = gradients.g_h_0 {
        g_h_0.copy_from_slice(g_states);
    }
    if let Some(g_c_0) = gradients.g_c_0 {
        g_c_0.copy_from_slice(g_cells);
    }
    if let Some(g_w_hh) = gradients.g_w_hh {
        states_before(at.states(), x.h_0, h, h_before);
        gemm(
            Gemm::new(4 * d, at.batch * at.time, d).a_transposed(),
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

/// Some sequences, backwards.
struct Backward<'a, T> {
    at: LstmSizes,
    w_hh: Packed<'a, T>,
    c_0: &'a [T],
    gates: &'a [T],
    cells: &'a [T],
    g_h: &'a [T],
    g_c: Option<&'a [T]>,
    g_states: &'a mut [T],
    g_cells: &'a mut [T],
    g_a_t: &'a mut [T],
    g_a: &'a mut [T],
}

impl<T: Float> WithSimd for Backward<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let d = self.at.hidden;
        let sequences = self.g_states.len() / d;
        for t in (0..self.at.time).rev() {
            for b in 0..sequences {
                if let Some(g_c) = self.g_c {
                    let g_cells = self.g_cells[b * d..][..d].iter_mut();
                    let g_c = &g_c[(b * self.at.time + t) * d..][..d];
                    g_cells.zip(g_c).for_each(|(g_cell, &g_c)| *g_cell += g_c);
                }
                self.cell::<S>(b, t);
            }
            // a_t = … + h_{t-1} W_hhᵀ
            let step = Product {
                m: sequences,
                k: 4 * d,
                n: d,
                a: View::rows(self.g_a_t, 4 * d),
                start: Start::Zero,
            };
            multiply_packed(simd, step, self.w_hh, &mut Target::rows(self.g_states, d));
        }
    }
}

impl<T: Float> Backward<'_, T> {
    /// One step of one sequence, from its output back to its pre-activations.
    #[inline(always)]
    fn cell<S: Simd>(&mut self, b: usize, t: usize) {
        let d = self.at.hidden;
        let here = (b * self.at.time + t) * d;
        let c_before = if t > 0 {
            &self.cells[here - d..here]
        } else {
            &self.c_0[b * d..][..d]
        };
        let (cells, g_h) = (&self.cells[here..][..d], &self.g_h[here..][..d]);
        let [i, f, g, o] = [0, 1, 2, 3].map(|gate| &self.gates[4 * here + gate * d..][..d]);
        let (g_state, g_cell) = (&self.g_states[b * d..][..d], &mut self.g_cells[b * d..][..d]);
        let [g_i, g_f, g_g, g_o] = quarters(&mut self.g_a_t[4 * b * d..][..4 * d]);
        for j in (0..d).step_by(LANES) {
            let (mut i, mut f, mut g, mut o) = (take(i, j), take(f, j), take(g, j), take(o, j));
            let (c_before, mut c) = (take(c_before, j), take(cells, j));
            let (g_h, g_state) = (take(g_h, j), take(g_state, j));
            let g_cell_next = take(g_cell, j);
            for l in 0..LANES {
                // h = o tanh(c)
                let (g_h, tanh_c) = (g_h[l] + g_state[l], c[l].tanh_at::<S>());
                let g_c = g_cell_next[l] + g_h * o[l] * (T::ONE - tanh_c * tanh_c);
                // c = f c_before + i g, then each gate's function
                c[l] = g_c * f[l];
                let (of_i, of_g) = (g_c * g[l] * i[l] * (T::ONE - i[l]), g_c * i[l] * (T::ONE - g[l] * g[l]));
                f[l] = g_c * c_before[l] * f[l] * (T::ONE - f[l]);
                o[l] = g_h * tanh_c * o[l] * (T::ONE - o[l]);
                (i[l], g[l]) = (of_i, of_g);
            }
            put(g_cell, j, &c);
            put(g_i, j, &i);
            put(g_f, j, &f);
            put(g_g, j, &g);
            put(g_o, j, &o);
        }
        self.g_a[4 * here..][..4 * d].copy_from_slice(&self.g_a_t[4 * b * d..][..4 * d]);
    }
}
