//! The linear module: every row of `x` times a weight matrix, plus a bias.
//!
//! For one row, `y_o = Σ_i W_oi x_i + b_o`. Then `∂y_o/∂x_i = W_oi`, so `g_x_i = Σ_o g_y_o W_oi`, which is
//! `g_x = g_y W`. The weights and the bias are shared by all rows, so their gradients are sums over the rows:
//! `g_W_oi = Σ_rows g_y_o x_i` and `g_b_o = Σ_rows g_y_o`.
//! **Shapes**: `x: [.., I]`, `W: [O, I]`, `b: [O]`, which may be left out → `y: [.., O]`.
//! Cost: `2 rows I O` forward, twice that backward. `W` is stored with one row per output, as the lecture's
//! `a_j = Σ_i α_ji x_i` has it; the kernel reads it transposed without moving it.
//! Source: deck S0, rows "Linear".

use super::Fused;
use crate::kernels::{LinearGradients, LinearSizes};
use crate::op::prelude::*;

/// Each row of `x` times `Wᵀ`, plus the bias if there is one.
///
/// ```
/// use ndarray::array;
/// use tapegrad_autograd::{ops::linear, Tape};
/// let tape = Tape::<f64>::new();
/// let x = tape.input("x", array![1.0, 2.0]);
/// let w = tape.input("W", array![[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]);
/// let b = tape.input("b", array![0.5, 0.5, 0.5]);
/// assert_eq!(tape.value(linear(x, w, Some(b))), array![1.5, 2.5, 3.5].into_dyn());
/// ```
///
/// **Panics** if the shapes do not fit.
#[track_caller]
pub fn linear<'t>(x: Var<'t>, w: Var<'t>, b: Option<Var<'t>>) -> Var<'t> {
    match b {
        Some(b) => Var::record(Linear, &[x, w, b]),
        None => Var::record(Linear, &[x, w]),
    }
}

/// The op of [`linear`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Linear;

impl Op for Linear {
    const NAME: &'static str = "linear";
    const MEANING: &'static str = "The linear module: every row of `x` times a weight matrix, plus a bias.";
    const SHAPES: &'static str = "[.., I], [O, I], [O] -> [.., O]";
    const FORWARD: Equations = &[("y", "x @ W.T + b")];
    const BACKWARD: Equations = &[("g_x", "g_y @ W"), ("g_W", "g_y.T @ x"), ("g_b", "sum(g_y, over rows)")];
    const OPERANDS: &'static [Operand] = &[
        Operand::real("x", "the inputs, one row each"),
        Operand::real("W", "the weights, one row for each output"),
        Operand::real("b", "the bias").optional(),
    ];
    const KEEPS: Keeps = Keeps::inputs(&[0, 1]);

    attributes! {}

    fn shape(&self, x: &[Shape]) -> Result<Shape, ShapeError> {
        let [rows, w] = [x[0], x[1]];
        if w.rank() != 2 || rows.rank() == 0 || rows.last() != w.size(1) {
            return Err(ShapeError::new(
                "W needs the axes [O, I] and x [.., I], with the same I",
            ));
        }
        if x.get(2).is_some_and(|&b| b != Shape::new(&[w.size(0)])) {
            return Err(ShapeError::new(format!(
                "b needs one entry for each output, [{}]",
                w.size(0)
            )));
        }
        Ok(rows.with_size(rows.rank() - 1, w.size(0)))
    }

    fn forward<T: Real>(&self, x: Inputs<'_, T>, y: &mut [T], _: &mut [T]) {
        T::linear(sizes(x.shapes()), &x[0], &x[1], x.get(2), y);
    }

    fn backward<T: Real>(&self, at: Saved<'_, T>, g_y: &[T], g_x: &mut InGradients<'_, T>) {
        let [g_x, g_w, g_b] = g_x.each();
        let gradients = LinearGradients { g_x, g_w, g_b };
        T::linear_backward(sizes(at.x.shapes()), &at.x[0], &at.x[1], g_y, gradients);
    }

    fn flops(&self, x: &[Shape]) -> Flops {
        let LinearSizes { rows, inputs, outputs } = sizes(x);
        let product = 2 * rows * inputs * outputs;
        let bias = if x.len() > 2 { rows * outputs } else { 0 };
        Flops::new(product + bias, 2 * product + bias)
    }

    fn sample(draw: &mut Draw) -> Sample<Self> {
        let stack = draw.shape();
        let [inputs, outputs] = [draw.size(), draw.size()];
        let x = draw.normal(stack.insert(stack.rank(), inputs));
        let w = draw.normal(Shape::new(&[outputs, inputs]));
        let b = draw.coin().then(|| draw.normal(Shape::new(&[outputs])));
        Sample::new(Self, [x, w].into_iter().chain(b).collect::<Vec<_>>())
    }
}

impl Fused for Linear {
    fn composite<'t>(&self, x: &[Var<'t>]) -> Var<'t> {
        let y = x[0].matmul(x[1].t());
        x.get(2).map_or(y, |&b| y + b)
    }
}

fn sizes(x: &[Shape]) -> LinearSizes {
    let (outputs, inputs) = (x[1].size(0), x[1].size(1));
    let rows = x[0].iter().take(x[0].rank() - 1).product();
    LinearSizes { rows, inputs, outputs }
}
