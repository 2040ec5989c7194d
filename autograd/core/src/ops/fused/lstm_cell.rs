//! One step of the long short-term memory, from a state to the next: the lecture's cell, and what decoding runs.
//!
//! The state holds the output and the cells, `state[0] = h` and `state[1] = c`, because an op has one result and the
//! next step needs both. With the gates in the order i, f, g, o: `[i f g o] = [σ σ tanh σ](a)`,
//! `a = W_xh x + W_hh h + b`, `c' = f c + i g`, `h' = o tanh(c')`.
//! 1. `h' = o tanh(c')`: `g_o = g_h' tanh(c')`, `G_c = g_c' + g_h' o (1 - tanh²(c'))`.
//! 2. `c' = f c + i g`: `g_f = G_c c`, `g_i = G_c g`, `g_g = G_c i`, `g_c = G_c f`.
//! 3. Through the gates: `g_a_i = g_i i (1 - i)`, `g_a_f = g_f f (1 - f)`, `g_a_g = g_g (1 - g²)`,
//!    `g_a_o = g_o o (1 - o)`.
//! 4. `a = W_xh x + W_hh h + b`: `g_x = W_xhᵀ g_a`, `g_h = W_hhᵀ g_a`, `g_W_xh = Σ_B g_a xᵀ`, `g_W_hh = Σ_B g_a hᵀ`,
//!    `g_b = Σ_B g_a`.
//!
//! **Shapes**: `x: [B, M]`, `state: [2, B, D]`, `W_xh: [4D, M]`, `W_hh: [4D, D]`, `b: [4D]` → `[2, B, D]`.
//! Cost: `8 B D (M + D)` forward, twice that backward. The notes are the gates `[B, 4D]`, then the cells.
//! Source: as [`lstm`](super::lstm); the cell drawn in deck S1, the language-modeling assignment of deck S3.

use super::Fused;
use crate::kernels::{Gemm, LinearGradients, LinearSizes, LstmInputs, LstmSizes};
use crate::op::prelude::*;
use crate::ops::scratch::with_scratch;
use crate::ops::{sigmoid, stack, tanh};

/// The next state of a long short-term memory: output `[0]` and cells `[1]`, from the state before and one input.
///
/// ```
/// use ndarray::Array;
/// use tapegrad_autograd::{ops::lstm_cell, Tape};
/// let tape = Tape::<f64>::new();
/// let input = |name, sizes: &[usize]| tape.input(name, Array::from_elem(sizes, 0.1));
/// let weights = [input("W_xh", &[8, 3]), input("W_hh", &[8, 2]), input("b", &[8])];
/// let state = lstm_cell(input("x", &[1, 3]), input("state", &[2, 1, 2]), weights[0], weights[1], weights[2]);
/// let (h, c) = (state.at(0, 0), state.at(0, 1));
/// assert_eq!((tape.value(h).shape(), tape.value(c).shape()), (&[1, 2][..], &[1, 2][..]));
/// ```
///
/// **Panics** if the shapes do not fit.
#[track_caller]
pub fn lstm_cell<'t>(x: Var<'t>, state: Var<'t>, w_xh: Var<'t>, w_hh: Var<'t>, b: Var<'t>) -> Var<'t> {
    Var::record(LstmCell, &[x, state, w_xh, w_hh, b])
}

/// The op of [`lstm_cell`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LstmCell;

impl Op for LstmCell {
    const NAME: &'static str = "lstm_cell";
    const MEANING: &'static str =
        "One step of the long short-term memory, from a state to the next: the lecture's cell, and what decoding runs.";
    const SHAPES: &'static str = "[B, M], [2, B, D], [4D, M], [4D, D], [4D] -> [2, B, D]";
    const FORWARD: Equations = &[
        ("h, c", "state"),
        ("a", "W_xh @ x + W_hh @ h + b"),
        ("c_next", "sigmoid(a_f) * c + sigmoid(a_i) * tanh(a_g)"),
        ("h_next", "sigmoid(a_o) * tanh(c_next)"),
        ("y", "stack(h_next, c_next)"),
    ];
    const BACKWARD: Equations = &[
        ("g_h_next, g_c_next", "g_y"),
        ("G_c", "g_c_next + g_h_next * o * (1 - tanh(c_next)^2)"),
        ("g_a_i", "G_c * g * i * (1 - i)"),
        ("g_a_f", "G_c * c * f * (1 - f)"),
        ("g_a_g", "G_c * i * (1 - g^2)"),
        ("g_a_o", "g_h_next * tanh(c_next) * o * (1 - o)"),
        ("g_x", "W_xh.T @ g_a"),
        ("g_state", "stack(W_hh.T @ g_a, G_c * f)"),
        ("g_W_xh", "g_a @ x.T"),
        ("g_W_hh", "g_a @ h.T"),
        ("g_b", "g_a"),
    ];
    const OPERANDS: &'static [Operand] = &[
        Operand::real("x", "the inputs of one step"),
        Operand::real("state", "the output and the cells before it"),
        Operand::real("W_xh", "the weights of the inputs; gates in the order i, f, g, o"),
        Operand::real("W_hh", "the weights of the output, likewise"),
        Operand::real("b", "the bias, likewise"),
    ];
    const KEEPS: Keeps = Keeps::inputs(&[0, 1, 2, 3]);

    attributes! {}

    fn shape(&self, x: &[Shape]) -> Result<Shape, ShapeError> {
        let d = x[1].last();
        let expected = |batch, inputs| {
            [
                Shape::new(&[batch, inputs]),
                Shape::new(&[2, batch, d]),
                Shape::new(&[4 * d, inputs]),
                Shape::new(&[4 * d, d]),
                Shape::new(&[4 * d]),
            ]
        };
        if x[0].rank() != 2 || x != expected(x[0].size(0), x[0].size(1)) {
            return Err(ShapeError::new(
                "x needs the axes [B, M], the state [2, B, D], W_xh [4D, M], W_hh [4D, D] and b [4D]",
            ));
        }
        Ok(x[1])
    }

    fn notes(&self, x: &[Shape]) -> usize {
        sizes(x).notes_len()
    }

    /// A sequence of one step, whose cells are in the notes.
    fn forward<T: Real>(&self, x: Inputs<'_, T>, y: &mut [T], notes: &mut [T]) {
        let sizes = sizes(x.shapes());
        let (h_0, c_0) = x[1].split_at(sizes.batch * sizes.hidden);
        let (h, c) = y.split_at_mut(h_0.len());
        let operands = LstmInputs {
            x: &x[0],
            h_0,
            c_0,
            w_xh: &x[2],
            w_hh: &x[3],
            b: &x[4],
        };
        with_scratch(sizes.scratch_len(), |scratch| {
            T::lstm(sizes, operands, h, notes, scratch)
        });
        c.copy_from_slice(&notes[4 * c.len()..]);
    }

    fn backward<T: Real>(&self, at: Saved<'_, T>, g_y: &[T], g_x: &mut InGradients<'_, T>) {
        let LstmSizes {
            batch, inputs, hidden, ..
        } = sizes(at.x.shapes());
        let (h_0, c_0) = at.x[1].split_at(batch * hidden);
        let [g_x, g_state, g_w_xh, g_w_hh, g_b] = g_x.each();
        let (g_h_0, g_c_0) = g_state.map(|g| g.split_at_mut(batch * hidden)).unzip();
        with_scratch(4 * batch * hidden, |g_a| {
            // [i f g o] = [σ σ tanh σ](a), c' = f c + i g, h' = o tanh(c')
            through_gates(hidden, c_0, at.notes, g_y, g_a, g_c_0);
            // a = W_xh x + b
            let product = LinearSizes {
                rows: batch,
                inputs,
                outputs: 4 * hidden,
            };
            let gradients = LinearGradients { g_x, g_w: g_w_xh, g_b };
            T::linear_backward(product, &at.x[0], &at.x[2], g_a, gradients);
            // a += W_hh h
            if let Some(g_h_0) = g_h_0 {
                T::gemm(Gemm::new(batch, 4 * hidden, hidden), g_a, &at.x[3], g_h_0);
            }
            if let Some(g_w_hh) = g_w_hh {
                T::gemm(Gemm::new(4 * hidden, batch, hidden).a_transposed(), g_a, h_0, g_w_hh);
            }
        });
    }

    fn flops(&self, x: &[Shape]) -> Flops {
        let LstmSizes {
            batch, inputs, hidden, ..
        } = sizes(x);
        let product = 8 * batch * hidden * (inputs + hidden);
        Flops::new(product, 2 * product)
    }

    fn sample(draw: &mut Draw) -> Sample<Self> {
        let [b, m, d] = [(); 3].map(|()| draw.size());
        let shapes = [&[b, m][..], &[2, b, d], &[4 * d, m], &[4 * d, d], &[4 * d]];
        Sample::new(Self, shapes.map(|shape| draw.normal(Shape::new(shape))))
    }
}

impl Fused for LstmCell {
    fn composite<'t>(&self, x: &[Var<'t>]) -> Var<'t> {
        let before = (x[1].at(0, 0), x[1].at(0, 1));
        let (h, c) = step(x[0], before, x[2], x[3], x[4]);
        stack(&[h, c], 0)
    }
}

/// The cell in primitives: `(h, c)` after one input.
pub(super) fn step<'t>(
    x: Var<'t>,
    (h, c): (Var<'t>, Var<'t>),
    w_xh: Var<'t>,
    w_hh: Var<'t>,
    b: Var<'t>,
) -> (Var<'t>, Var<'t>) {
    let a = x.matmul(w_xh.t()) + h.matmul(w_hh.t()) + b;
    let d = h.shape().last();
    let gate = |n: usize| a.slice(-1, n * d..(n + 1) * d);
    let (i, f, g, o) = (sigmoid(gate(0)), sigmoid(gate(1)), tanh(gate(2)), sigmoid(gate(3)));
    let c = f * c + i * g;
    (o * tanh(c), c)
}

/// `g_a` of all gates, and `g_c` of the cells before the step.
fn through_gates<T: Real>(d: usize, c_0: &[T], notes: &[T], g_y: &[T], g_a: &mut [T], mut g_c_0: Option<&mut [T]>) {
    let (gates, cells) = notes.split_at(4 * c_0.len());
    let (g_h, g_c) = g_y.split_at(c_0.len());
    for n in 0..c_0.len() {
        let at = |gate: usize| n / d * 4 * d + gate * d + n % d;
        let [i, f, g, o] = [0, 1, 2, 3].map(|gate| gates[at(gate)]);
        // h' = o tanh(c')
        let tanh_c = cells[n].tanh();
        let g_c = g_c[n] + g_h[n] * o * (T::ONE - tanh_c * tanh_c);
        g_a[at(3)] = g_h[n] * tanh_c * o * (T::ONE - o);
        // c' = f c + i g
        g_a[at(0)] = g_c * g * i * (T::ONE - i);
        g_a[at(1)] = g_c * c_0[n] * f * (T::ONE - f);
        g_a[at(2)] = g_c * i * (T::ONE - g * g);
        if let Some(g_c_0) = &mut g_c_0 {
            g_c_0[n] = g_c * f;
        }
    }
}

fn sizes(x: &[Shape]) -> LstmSizes {
    LstmSizes {
        batch: x[0].size(0),
        time: 1,
        inputs: x[0].size(1),
        hidden: x[1].size(2),
    }
}
