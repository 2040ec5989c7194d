//! The recurrent network of Elman over whole sequences.
//!
//! `h_t = tanh(a_t)`, `a_t = W_xh x_t + W_hh h_(t-1) + b`, from `h_0` on. The state `h_t` is used twice: it is an
//! output, and the next step reads it. Backwards through time, from the last step to the first:
//! 1. `G_t = g_h_t + W_hhᵀ g_a_(t+1)`, the sum over the two uses; the last step has the first term only.
//! 2. `h_t = tanh(a_t)`: `g_a_t = G_t (1 - h_t²)`, from the output alone.
//! 3. `a_t = W_xh x_t + W_hh h_(t-1) + b`: `g_x_t = W_xhᵀ g_a_t`, and `g_h_0 = W_hhᵀ g_a_1`.
//! 4. The parameters are shared by all steps and sequences: `g_W_xh = Σ g_a_t x_tᵀ`, `g_W_hh = Σ g_a_t h_(t-1)ᵀ`,
//!    `g_b = Σ g_a_t`.
//!
//! **Shapes**: `x: [B, T, M]`, `h_0: [B, D]`, `W_xh: [D, M]`, `W_hh: [D, D]`, `b: [D]` → `h: [B, T, D]`.
//! Cost: `2 B T D (M + D)` forward, twice that backward. The last row of `h` is the state to go on from: decoding is
//! the same op with `T = 1`. Source: Elman, "Finding Structure in Time" (1990); deck S1, recurrent networks.

use super::Fused;
use crate::kernels::{RnnGradients, RnnInputs, RnnSizes};
use crate::op::prelude::*;
use crate::ops::scratch::with_scratch;
use crate::ops::{stack, tanh};

/// All hidden states of a recurrent network that starts from `h_0`.
///
/// ```
/// use ndarray::array;
/// use tapegrad_autograd::{ops::rnn, Tape};
/// let tape = Tape::<f64>::new();
/// let x = tape.input("x", array![[[1.0], [0.0]]]);
/// let h_0 = x.constant(0.0).broadcast_to([1, 1]);
/// let [w_xh, w_hh] = [0.5, 2.0].map(|w| tape.input("W", array![[w]]));
/// let b = tape.input("b", array![0.0]);
/// let h = tape.value(rnn(x, h_0, w_xh, w_hh, b));
/// let h_1 = 0.5_f64.tanh();
/// assert_eq!(h, array![[[h_1], [(2.0 * h_1).tanh()]]].into_dyn());
/// ```
///
/// **Panics** if the shapes do not fit.
#[track_caller]
pub fn rnn<'t>(x: Var<'t>, h_0: Var<'t>, w_xh: Var<'t>, w_hh: Var<'t>, b: Var<'t>) -> Var<'t> {
    Var::record(Rnn, &[x, h_0, w_xh, w_hh, b])
}

/// The op of [`rnn`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rnn;

impl Op for Rnn {
    const NAME: &'static str = "rnn";
    const MEANING: &'static str = "The recurrent network of Elman over whole sequences.";
    const SHAPES: &'static str = "[B, T, M], [B, D], [D, M], [D, D], [D] -> [B, T, D]";
    const FORWARD: Equations = &[("h[0]", "h_0"), ("h[t]", "tanh(W_xh @ x[t] + W_hh @ h[t-1] + b)")];
    const BACKWARD: Equations = &[
        ("g_a[t]", "(g_h[t] + W_hh.T @ g_a[t+1]) * (1 - h[t]^2)"),
        ("g_x[t]", "W_xh.T @ g_a[t]"),
        ("g_h_0", "W_hh.T @ g_a[1]"),
        ("g_W_xh", "sum(t: g_a[t] @ x[t].T)"),
        ("g_W_hh", "sum(t: g_a[t] @ h[t-1].T)"),
        ("g_b", "sum(t: g_a[t])"),
    ];
    const OPERANDS: &'static [Operand] = &[
        Operand::real("x", "the inputs of all steps"),
        Operand::real("h_0", "the state before the first step"),
        Operand::real("W_xh", "the weights of the inputs"),
        Operand::real("W_hh", "the weights of the state"),
        Operand::real("b", "the bias"),
    ];
    const KEEPS: Keeps = Keeps::inputs(&[0, 1, 2, 3]).and_output();

    attributes! {}

    fn shape(&self, x: &[Shape]) -> Result<Shape, ShapeError> {
        let d = x[1].last();
        let expected = |batch, time, inputs| {
            [
                Shape::new(&[batch, time, inputs]),
                Shape::new(&[batch, d]),
                Shape::new(&[d, inputs]),
                Shape::new(&[d, d]),
                Shape::new(&[d]),
            ]
        };
        if x[0].rank() != 3 || x != expected(x[0].size(0), x[0].size(1), x[0].size(2)) {
            return Err(ShapeError::new(
                "x needs the axes [B, T, M], h_0 [B, D], W_xh [D, M], W_hh [D, D] and b [D]",
            ));
        }
        Ok(x[0].with_size(2, d))
    }

    fn forward<T: Real>(&self, x: Inputs<'_, T>, h: &mut [T], _: &mut [T]) {
        let sizes = sizes(x.shapes());
        with_scratch(sizes.scratch_len(), |scratch| T::rnn(sizes, operands(x), h, scratch));
    }

    fn backward<T: Real>(&self, at: Saved<'_, T>, g_h: &[T], g_x: &mut InGradients<'_, T>) {
        let sizes = sizes(at.x.shapes());
        let [g_x, g_h_0, g_w_xh, g_w_hh, g_b] = g_x.each();
        let gradients = RnnGradients {
            g_x,
            g_h_0,
            g_w_xh,
            g_w_hh,
            g_b,
        };
        // The bias is not kept, as backward does not read it; numbers of its length stand in.
        let x = RnnInputs {
            b: &at.x[3][..sizes.hidden],
            ..operands(at.x)
        };
        with_scratch(sizes.backward_scratch_len(), |scratch| {
            T::rnn_backward(sizes, x, at.y, g_h, gradients, scratch);
        });
    }

    fn flops(&self, x: &[Shape]) -> Flops {
        let RnnSizes {
            batch,
            time,
            inputs,
            hidden,
        } = sizes(x);
        let product = 2 * batch * time * hidden * (inputs + hidden);
        Flops::new(product, 2 * product)
    }

    fn sample(draw: &mut Draw) -> Sample<Self> {
        let [b, t, m, d] = [(); 4].map(|()| draw.size());
        let shapes = [&[b, t, m][..], &[b, d], &[d, m], &[d, d], &[d]];
        Sample::new(Self, shapes.map(|shape| draw.normal(Shape::new(shape))))
    }
}

impl Fused for Rnn {
    fn composite<'t>(&self, x: &[Var<'t>]) -> Var<'t> {
        let [x, h_0, w_xh, w_hh, b] = [x[0], x[1], x[2], x[3], x[4]];
        let mut h = h_0;
        let mut states = Vec::new();
        for t in 0..x.shape().size(1) {
            h = tanh(x.at(1, t).matmul(w_xh.t()) + h.matmul(w_hh.t()) + b);
            states.push(h);
        }
        if states.is_empty() {
            return h_0.reshape(h_0.shape().insert(1, 1)).slice(1, 0..0);
        }
        stack(&states, 1)
    }
}

fn sizes(x: &[Shape]) -> RnnSizes {
    RnnSizes {
        batch: x[0].size(0),
        time: x[0].size(1),
        inputs: x[0].size(2),
        hidden: x[1].size(1),
    }
}

fn operands<T>(x: Inputs<'_, T>) -> RnnInputs<'_, T> {
    RnnInputs {
        x: x.value(0),
        h_0: x.value(1),
        w_xh: x.value(2),
        w_hh: x.value(3),
        b: x.value(4),
    }
}
