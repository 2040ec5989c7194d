//! The long short-term memory over whole sequences.
//!
//! The gates stand in the order i, f, g, o: `[i f g o]_t = [σ σ tanh σ](a_t)`, `a_t = W_xh x_t + W_hh h_(t-1) + b`,
//! then `c_t = f_t c_(t-1) + i_t g_t` and `h_t = o_t tanh(c_t)`. Both `h_t` and `c_t` are read by the next step.
//! Backwards through time, with `G_h_t` and `G_c_t` the sums over all uses:
//! 1. `G_h_t = g_h_t + W_hhᵀ g_a_(t+1)`.
//! 2. `h = o tanh(c)`: `g_o = G_h tanh(c)`, `G_c_t = f_(t+1) G_c_(t+1) + G_h o (1 - tanh²(c))`.
//! 3. `c = f c_(t-1) + i g`: `g_i = G_c g`, `g_g = G_c i`, `g_f = G_c c_(t-1)`, and `f G_c` goes to the step before:
//!    where `f` is near 1 it goes on undiminished, which is why the memory is long.
//! 4. Through the gates: `g_a_i = g_i i (1 - i)`, `g_a_f = g_f f (1 - f)`, `g_a_g = g_g (1 - g²)`,
//!    `g_a_o = g_o o (1 - o)`.
//! 5. `a_t = W_xh x_t + W_hh h_(t-1) + b` as in the plain recurrent network: `g_x_t = W_xhᵀ g_a_t`, and sums over all
//!    steps for the parameters.
//!
//! **Shapes**: `x: [B, T, M]`, `h_0, c_0: [B, D]`, `W_xh: [4D, M]`, `W_hh: [4D, D]`, `b: [4D]` → `h: [B, T, D]`, or
//! `[2, B, T, D]`, outputs and cells of all steps, with the attribute `cells`.
//! Cost: `8 B T D (M + D)` forward, twice that backward. The notes are the gates `[B, T, 4D]` and the cells
//! `[B, T, D]`. Mostly `h` is all that the next layer and the loss read; the cells are there for what goes on from the
//! last `(h, c)`, such as a decoder or the next piece of a long sequence. With them, line 2 has the term `g_c_t` more.
//! For one step at a time take [`lstm_cell`](super::lstm_cell::lstm_cell).
//! Source: Hochreiter & Schmidhuber, "Long Short-Term Memory" (1997), with the forget gate of Gers et al. (2000).

use super::Fused;
use super::lstm_cell::step;
use crate::kernels::{LstmGradients, LstmInputs, LstmSizes, LstmUpstream};
use crate::op::prelude::*;
use crate::ops::scratch::with_scratch;
use crate::ops::stack;

/// All outputs of a long short-term memory that starts from the output `h_0` and the cells `c_0`; gates i, f, g, o.
///
/// ```
/// use ndarray::Array;
/// use tapegrad_autograd::{ops::lstm, Tape};
/// let tape = Tape::<f64>::new();
/// let input = |name, sizes: &[usize]| tape.input(name, Array::from_elem(sizes, 0.1));
/// let x = input("x", &[1, 5, 3]);
/// let start = x.constant(0.0).broadcast_to([1, 2]);
/// let h = lstm(x, start, start, input("W_xh", &[8, 3]), input("W_hh", &[8, 2]), input("b", &[8]));
/// assert_eq!(tape.value(h).shape(), [1, 5, 2]);
/// ```
///
/// **Panics** if the shapes do not fit.
#[track_caller]
pub fn lstm<'t>(x: Var<'t>, h_0: Var<'t>, c_0: Var<'t>, w_xh: Var<'t>, w_hh: Var<'t>, b: Var<'t>) -> Var<'t> {
    let op = Lstm { gives: Gives::Outputs };
    Var::record(op, &[x, h_0, c_0, w_xh, w_hh, b])
}

/// Outputs and cells of all steps of a long short-term memory, `(h, c)`, each `[B, T, D]`; see [`lstm`].
///
/// The last rows of both are the state to go on from.
///
/// **Panics** if the shapes do not fit.
#[track_caller]
pub fn lstm_with_cells<'t>(
    x: Var<'t>,
    [h_0, c_0]: [Var<'t>; 2],
    w_xh: Var<'t>,
    w_hh: Var<'t>,
    b: Var<'t>,
) -> [Var<'t>; 2] {
    let op = Lstm {
        gives: Gives::OutputsAndCells,
    };
    let both = Var::record(op, &[x, h_0, c_0, w_xh, w_hh, b]);
    [both.at(0, 0), both.at(0, 1)]
}

/// The op of [`lstm`] and [`lstm_with_cells`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lstm {
    /// What the result holds.
    pub gives: Gives,
}

/// What the result of a long short-term memory holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gives {
    /// The outputs, `[B, T, D]`.
    Outputs,
    /// The outputs, then the cells, `[2, B, T, D]`.
    OutputsAndCells,
}

flag!(Gives: yes OutputsAndCells, no Outputs);

impl Op for Lstm {
    const NAME: &'static str = "lstm";
    const MEANING: &'static str = "The long short-term memory over whole sequences.";
    const SHAPES: &'static str =
        "[B, T, M], [B, D], [B, D], [4D, M], [4D, D], [4D] -> [B, T, D], or [2, B, T, D] with cells";
    const FORWARD: Equations = &[
        ("h[0]", "h_0"),
        ("c[0]", "c_0"),
        ("a[t]", "W_xh @ x[t] + W_hh @ h[t-1] + b"),
        ("c[t]", "sigmoid(a_f[t]) * c[t-1] + sigmoid(a_i[t]) * tanh(a_g[t])"),
        ("h[t]", "sigmoid(a_o[t]) * tanh(c[t])"),
    ];
    const BACKWARD: Equations = &[
        ("G_h[t]", "g_h[t] + W_hh.T @ g_a[t+1]"),
        (
            "G_c[t]",
            "g_c[t] + f[t+1] * G_c[t+1] + G_h[t] * o[t] * (1 - tanh(c[t])^2)",
        ),
        ("g_a_i[t]", "G_c[t] * g[t] * i[t] * (1 - i[t])"),
        ("g_a_f[t]", "G_c[t] * c[t-1] * f[t] * (1 - f[t])"),
        ("g_a_g[t]", "G_c[t] * i[t] * (1 - g[t]^2)"),
        ("g_a_o[t]", "G_h[t] * tanh(c[t]) * o[t] * (1 - o[t])"),
        ("g_x[t]", "W_xh.T @ g_a[t]"),
        ("g_h_0", "W_hh.T @ g_a[1]"),
        ("g_c_0", "f[1] * G_c[1]"),
        ("g_W_xh", "sum(t: g_a[t] @ x[t].T)"),
        ("g_W_hh", "sum(t: g_a[t] @ h[t-1].T)"),
        ("g_b", "sum(t: g_a[t])"),
    ];
    const OPERANDS: &'static [Operand] = &[
        Operand::real("x", "the inputs of all steps"),
        Operand::real("h_0", "the output before the first step"),
        Operand::real("c_0", "the cells before the first step"),
        Operand::real("W_xh", "the weights of the inputs; gates in the order i, f, g, o"),
        Operand::real("W_hh", "the weights of the output, likewise"),
        Operand::real("b", "the bias, likewise"),
    ];
    const KEEPS: Keeps = Keeps::inputs(&[0, 1, 2, 3, 4]).and_output();

    attributes! {
        gives as "cells": Gives, "whether the cells of all steps follow the outputs, in a result [2, B, T, D]";
    }

    fn shape(&self, x: &[Shape]) -> Result<Shape, ShapeError> {
        let d = x[1].last();
        let expected = |batch, time, inputs| {
            [
                Shape::new(&[batch, time, inputs]),
                Shape::new(&[batch, d]),
                Shape::new(&[batch, d]),
                Shape::new(&[4 * d, inputs]),
                Shape::new(&[4 * d, d]),
                Shape::new(&[4 * d]),
            ]
        };
        if x[0].rank() != 3 || x != expected(x[0].size(0), x[0].size(1), x[0].size(2)) {
            return Err(ShapeError::new(
                "x needs the axes [B, T, M], h_0 and c_0 [B, D], W_xh [4D, M], W_hh [4D, D] and b [4D]",
            ));
        }
        let h = x[0].with_size(2, d);
        Ok(match self.gives {
            Gives::Outputs => h,
            Gives::OutputsAndCells => h.insert(0, 2),
        })
    }

    fn notes(&self, x: &[Shape]) -> usize {
        sizes(x).notes_len()
    }

    fn forward<T: Real>(&self, x: Inputs<'_, T>, h: &mut [T], notes: &mut [T]) {
        let sizes = sizes(x.shapes());
        let (h, cells) = h.split_at_mut(outputs(sizes));
        with_scratch(sizes.scratch_len(), |scratch| {
            T::lstm(sizes, operands(x), h, notes, scratch)
        });
        if self.gives == Gives::OutputsAndCells {
            cells.copy_from_slice(&notes[4 * h.len()..]);
        }
    }

    fn backward<T: Real>(&self, at: Saved<'_, T>, g_h: &[T], g_x: &mut InGradients<'_, T>) {
        let sizes = sizes(at.x.shapes());
        let [g_x, g_h_0, g_c_0, g_w_xh, g_w_hh, g_b] = g_x.each();
        let gradients = LstmGradients {
            g_x,
            g_h_0,
            g_c_0,
            g_w_xh,
            g_w_hh,
            g_b,
        };
        // The bias is not kept, as backward does not read it; numbers of its length stand in.
        let x = LstmInputs {
            b: &at.x[4][..4 * sizes.hidden],
            ..operands(at.x)
        };
        let (g_h, g_c) = g_h.split_at(outputs(sizes));
        let upstream = LstmUpstream {
            g_h,
            g_c: (self.gives == Gives::OutputsAndCells).then_some(g_c),
        };
        with_scratch(sizes.backward_scratch_len(), |scratch| {
            T::lstm_backward(sizes, x, (&at.y[..g_h.len()], at.notes), upstream, gradients, scratch);
        });
    }

    fn flops(&self, x: &[Shape]) -> Flops {
        let LstmSizes {
            batch,
            time,
            inputs,
            hidden,
        } = sizes(x);
        let product = 8 * batch * time * hidden * (inputs + hidden);
        Flops::new(product, 2 * product)
    }

    fn sample(draw: &mut Draw) -> Sample<Self> {
        let [b, t, m, d] = [(); 4].map(|()| draw.size());
        let shapes = [&[b, t, m][..], &[b, d], &[b, d], &[4 * d, m], &[4 * d, d], &[4 * d]];
        let gives = draw.one_of(&[Gives::Outputs, Gives::OutputsAndCells]);
        Sample::new(Self { gives }, shapes.map(|shape| draw.normal(Shape::new(shape))))
    }
}

impl Fused for Lstm {
    fn composite<'t>(&self, x: &[Var<'t>]) -> Var<'t> {
        let [x, h_0, c_0, w_xh, w_hh, b] = [x[0], x[1], x[2], x[3], x[4], x[5]];
        let (mut h, mut c) = (h_0, c_0);
        let (mut outputs, mut cells) = (Vec::new(), Vec::new());
        for t in 0..x.shape().size(1) {
            (h, c) = step(x.at(1, t), (h, c), w_xh, w_hh, b);
            outputs.push(h);
            cells.push(c);
        }
        let rows = |rows: &[Var<'t>], start: Var<'t>| match rows {
            [] => start.reshape(start.shape().insert(1, 1)).slice(1, 0..0),
            rows => stack(rows, 1),
        };
        match self.gives {
            Gives::Outputs => rows(&outputs, h_0),
            Gives::OutputsAndCells => stack(&[rows(&outputs, h_0), rows(&cells, c_0)], 0),
        }
    }
}

/// How many numbers the outputs of all steps are.
const fn outputs(at: LstmSizes) -> usize {
    at.batch * at.time * at.hidden
}

fn sizes(x: &[Shape]) -> LstmSizes {
    LstmSizes {
        batch: x[0].size(0),
        time: x[0].size(1),
        inputs: x[0].size(2),
        hidden: x[1].size(1),
    }
}

fn operands<T>(x: Inputs<'_, T>) -> LstmInputs<'_, T> {
    LstmInputs {
        x: x.value(0),
        h_0: x.value(1),
        c_0: x.value(2),
        w_xh: x.value(3),
        w_hh: x.value(4),
        b: x.value(5),
    }
}
