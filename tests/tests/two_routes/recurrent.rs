//! A step of a recurrent network, three steps that share their weights, and an LSTM cell, as code.

use super::{Array, apply, arrays, assert_all_routes_agree, back};
use ndarray::{ArrayViewD, Axis, Slice, concatenate, stack};
use tapegrad_autograd::ops::{self, Add, Matmul, Mul, Sigmoid, Tanh};
use tapegrad_autograd::{Module, OpModule};

/// `a = x W_xhᵀ + h W_hhᵀ + b`: what every step of a recurrent network begins with.
#[derive(Debug)]
struct Preactivation {
    from_x: OpModule<f64>,
    from_h: OpModule<f64>,
    both: OpModule<f64>,
    biased: OpModule<f64>,
}

impl Preactivation {
    fn new() -> Self {
        Self {
            from_x: OpModule::new(Matmul),
            from_h: OpModule::new(Matmul),
            both: OpModule::new(Add),
            biased: OpModule::new(Add),
        }
    }

    fn forward(&mut self, x: &Array, h: &Array, [w_xh, w_hh, b]: &[Array; 3]) -> Array {
        let from_x = apply(&mut self.from_x, [x, &w_xh.t().to_owned()]);
        let from_h = apply(&mut self.from_h, [h, &w_hh.t().to_owned()]);
        let both = apply(&mut self.both, [&from_x, &from_h]);
        apply(&mut self.biased, [&both, b])
    }

    /// `[g_x, g_h]` and `[g_W_xh, g_W_hh, g_b]`.
    fn backward(&mut self, g_a: &Array) -> ([Array; 2], [Array; 3]) {
        let [g_both, g_b] = back(&mut self.biased, g_a);
        let [g_from_x, g_from_h] = back(&mut self.both, &g_both);
        let [g_h, g_w_hh_t] = back(&mut self.from_h, &g_from_h);
        let [g_x, g_w_xh_t] = back(&mut self.from_x, &g_from_x);
        ([g_x, g_h], [g_w_xh_t.t().to_owned(), g_w_hh_t.t().to_owned(), g_b])
    }
}

/// An Elman network, `h_t = tanh(W_xh x_t + W_hh h_(t-1) + b)`: a chain of steps with one set of weights.
#[derive(Debug)]
struct Rnn {
    steps: Vec<(Preactivation, OpModule<f64>)>,
}

impl Rnn {
    fn unrolled<const T: usize>() -> Self {
        let steps = (0..T).map(|_| (Preactivation::new(), OpModule::new(Tanh)));
        Self { steps: steps.collect() }
    }
}

impl Module<f64> for Rnn {
    fn forward(&mut self, x: &[ArrayViewD<'_, f64>]) -> Array {
        let weights = [2, 3, 4].map(|i| x[i].to_owned());
        let mut h = x[1].to_owned();
        let mut states = Vec::new();
        for (t, (preactivation, tanh)) in self.steps.iter_mut().enumerate() {
            let a = preactivation.forward(&x[0].index_axis(Axis(1), t).to_owned(), &h, &weights);
            h = apply(tanh, [&a]);
            states.push(h.clone());
        }
        stacked(1, &states)
    }

    /// Through time, from the last step to the first.
    fn backward(&mut self, g_y: ArrayViewD<'_, f64>) -> Vec<Array> {
        let mut g_x_each = Vec::new();
        let mut g_weights: Option<[Array; 3]> = None;
        let mut g_next: Option<Array> = None;
        for (t, (preactivation, tanh)) in self.steps.iter_mut().enumerate().rev() {
            // A state is used as an output and by the step after it.
            let mut g_h = g_y.index_axis(Axis(1), t).to_owned();
            g_h = g_next.map_or(g_h.clone(), |g_next| g_h + g_next);
            let [g_a] = back(tanh, &g_h);
            let ([g_x, g_before], g_step) = preactivation.backward(&g_a);
            g_next = Some(g_before);
            g_x_each.insert(0, g_x);
            // The weights are used by every step.
            g_weights = Some(match g_weights {
                None => g_step,
                Some(later) => std::array::from_fn(|i| &later[i] + &g_step[i]),
            });
        }
        let [g_w_xh, g_w_hh, g_b] = g_weights.expect("there is a step");
        let g_h_0 = g_next.expect("there is a step");
        vec![stacked(1, &g_x_each), g_h_0, g_w_xh, g_w_hh, g_b]
    }
}

fn stacked(axis: usize, parts: &[Array]) -> Array {
    let views: Vec<_> = parts.iter().map(|part| part.view()).collect();
    stack(Axis(axis), &views).expect("the parts have one shape")
}

/// The cell of the lectures: `c' = σ(a_f) c + σ(a_i) tanh(a_g)`, `h' = σ(a_o) tanh(c')`; the state is `[h, c]`.
#[derive(Debug)]
struct LstmCell {
    preactivation: Preactivation,
    gates: [OpModule<f64>; 4],
    kept: OpModule<f64>,
    written: OpModule<f64>,
    cells: OpModule<f64>,
    squashed: OpModule<f64>,
    shown: OpModule<f64>,
}

impl LstmCell {
    fn new() -> Self {
        let sigmoid = || OpModule::new(Sigmoid);
        Self {
            preactivation: Preactivation::new(),
            gates: [sigmoid(), sigmoid(), OpModule::new(Tanh), sigmoid()],
            kept: OpModule::new(Mul),
            written: OpModule::new(Mul),
            cells: OpModule::new(Add),
            squashed: OpModule::new(Tanh),
            shown: OpModule::new(Mul),
        }
    }
}

impl Module<f64> for LstmCell {
    fn forward(&mut self, x: &[ArrayViewD<'_, f64>]) -> Array {
        let [h, c] = [0, 1].map(|i| x[1].index_axis(Axis(0), i).to_owned());
        let a = self
            .preactivation
            .forward(&x[0].to_owned(), &h, &[2, 3, 4].map(|i| x[i].to_owned()));
        let d = h.shape()[1];
        let part = |n: usize| a.slice_axis(Axis(1), Slice::from(n * d..(n + 1) * d)).to_owned();
        let mut gate = |n: usize| apply(&mut self.gates[n], [&part(n)]);
        let [i, f, g, o] = [gate(0), gate(1), gate(2), gate(3)];
        let kept = apply(&mut self.kept, [&f, &c]);
        let written = apply(&mut self.written, [&i, &g]);
        let c = apply(&mut self.cells, [&kept, &written]);
        let squashed = apply(&mut self.squashed, [&c]);
        let h = apply(&mut self.shown, [&o, &squashed]);
        stacked(0, &[h, c])
    }

    fn backward(&mut self, g_y: ArrayViewD<'_, f64>) -> Vec<Array> {
        let [g_h, mut g_c] = [0, 1].map(|i| g_y.index_axis(Axis(0), i).to_owned());
        let [g_o, g_squashed] = back(&mut self.shown, &g_h);
        // The cells are used twice: they are remembered and they are shown.
        let [through_h] = back(&mut self.squashed, &g_squashed);
        g_c += &through_h;
        let [g_kept, g_written] = back(&mut self.cells, &g_c);
        let [g_i, g_g] = back(&mut self.written, &g_written);
        let [g_f, g_c_before] = back(&mut self.kept, &g_kept);
        let mut gate = |n: usize, g: &Array| back::<1>(&mut self.gates[n], g);
        let parts = [gate(0, &g_i), gate(1, &g_f), gate(2, &g_g), gate(3, &g_o)];
        let views: Vec<_> = parts.iter().map(|[part]| part.view()).collect();
        let g_a = concatenate(Axis(1), &views).expect("the gates have one shape");
        let ([g_x, g_h_before], [g_w_xh, g_w_hh, g_b]) = self.preactivation.backward(&g_a);
        vec![g_x, stacked(0, &[g_h_before, g_c_before]), g_w_xh, g_w_hh, g_b]
    }
}

#[test]
fn an_rnn_step_by_modules_and_on_the_tape_gives_the_same_bits() {
    let x = arrays(2, [&[2, 1, 3], &[2, 4], &[4, 3], &[4, 4], &[4]]);
    assert_all_routes_agree(Rnn::unrolled::<1>, ops::Rnn, &x);
}

#[test]
fn three_rnn_steps_with_shared_weights_add_up_their_gradients_alike_by_both_routes() {
    let x = arrays(3, [&[2, 3, 3], &[2, 4], &[4, 3], &[4, 4], &[4]]);
    assert_all_routes_agree(Rnn::unrolled::<3>, ops::Rnn, &x);
}

#[test]
fn an_lstm_cell_by_modules_and_on_the_tape_gives_the_same_bits() {
    let x = arrays(6, [&[2, 3], &[2, 2, 4], &[16, 3], &[16, 4], &[16]]);
    assert_all_routes_agree(LstmCell::new, ops::LstmCell, &x);
}
