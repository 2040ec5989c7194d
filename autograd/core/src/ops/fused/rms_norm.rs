//! Root-mean-square normalisation: each row gets mean square 1, then a factor for each channel.
//!
//! With `n = x / r`, `r² = mean(x²) + ε` over the last axis, `y = γ n`: a layer norm that leaves the mean alone.
//! 1. `y = γ n`: `g_n = γ g_y`, and `γ` is shared by all rows: `g_γ = Σ_rows g_y n`.
//! 2. `∂r/∂x_i = x_i / (C r) = n_i / C`, so `∂n_j/∂x_i = δ_ij / r - n_j n_i / (C r)`.
//! 3. Summing over `j` with `g_n_j` gives `g_x = (g_n - n mean(g_n n)) / r`.
//!
//! **Shapes**: `x: [.., C]`, `γ: [C]`, which may be left out → `y: [.., C]`.
//! Cost: about 4 operations an entry forward, 8 backward. The notes are `1/r` of each row.
//! Source: Zhang & Sennrich, "Root Mean Square Layer Normalization" (2019), equation 4; deck S3, the table of models.

use super::Fused;
use super::layer_norm::{one_per_channel, rows};
use crate::kernels::{self, RmsNormGradients, norm_backward_scratch_len};
use crate::op::prelude::*;
use crate::ops::scratch::with_scratch;
use crate::ops::sqrt;

/// Divides the last axis by its root mean square, then applies a factor `gamma` for each channel, where given.
///
/// ```
/// use ndarray::array;
/// use tapegrad_autograd::{ops::rms_norm, Tape};
/// let tape = Tape::<f64>::new();
/// let x = tape.input("x", array![[2.0, -2.0], [0.5, 0.5]]);
/// assert_eq!(tape.value(rms_norm(x, None, 0.0)), array![[1.0, -1.0], [1.0, 1.0]].into_dyn());
/// ```
///
/// **Panics** if the shapes do not fit.
#[track_caller]
pub fn rms_norm<'t>(x: Var<'t>, gamma: Option<Var<'t>>, epsilon: f64) -> Var<'t> {
    match gamma {
        Some(gamma) => Var::record(RmsNorm { epsilon }, &[x, gamma]),
        None => Var::record(RmsNorm { epsilon }, &[x]),
    }
}

/// The op of [`rms_norm`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RmsNorm {
    /// What is added to the mean square, `ε`.
    pub epsilon: f64,
}

impl Op for RmsNorm {
    const NAME: &'static str = "rms_norm";
    const MEANING: &'static str =
        "Root-mean-square normalisation: each row gets mean square 1, then a factor for each channel.";
    const SHAPES: &'static str = "[.., C], [C] -> [.., C]";
    const FORWARD: Equations = &[("n", "x / sqrt(mean(x^2, over C) + epsilon)"), ("y", "gamma * n")];
    const BACKWARD: Equations = &[
        ("g_n", "gamma * g_y"),
        ("g_x", "(g_n - n * mean(g_n * n, over C)) / r"),
        ("g_gamma", "sum(g_y * n, over rows)"),
    ];
    const OPERANDS: &'static [Operand] = &[
        Operand::real("x", "what is normalised along its last axis"),
        Operand::real("gamma", "a factor for each channel").optional(),
    ];
    const KEEPS: Keeps = Keeps::inputs(&[0, 1]);

    attributes! {
        epsilon: f64, "what is added to the mean square";
    }

    fn shape(&self, x: &[Shape]) -> Result<Shape, ShapeError> {
        one_per_channel(x)
    }

    fn notes(&self, x: &[Shape]) -> usize {
        rows(x[0])
    }

    fn forward<T: Real>(&self, x: Inputs<'_, T>, y: &mut [T], notes: &mut [T]) {
        T::rms_norm_rows(self.norm(x), &x[0], y, notes);
    }

    fn backward<T: Real>(&self, at: Saved<'_, T>, g_y: &[T], g_x: &mut InGradients<'_, T>) {
        let [g_x, g_gamma] = g_x.each();
        let gradients = RmsNormGradients { g_x, g_gamma };
        let len = norm_backward_scratch_len(rows(at.x.shape(0)), at.x.shape(0).last());
        with_scratch(len, |scratch| {
            T::rms_norm_rows_backward(self.norm(at.x), &at.x[0], at.notes, g_y, gradients, scratch);
        });
    }

    fn flops(&self, x: &[Shape]) -> Flops {
        Flops::new(4 * x[0].len(), 8 * x[0].len())
    }

    fn sample(draw: &mut Draw) -> Sample<Self> {
        let stack = draw.shape();
        let width = draw.size_nonzero();
        let x = draw.away_from_zero(stack.insert(stack.rank(), width));
        let gamma = draw.coin().then(|| draw.normal(Shape::new(&[width])));
        let epsilon = draw.one_of(&[1e-5, 0.5]);
        Sample::new(Self { epsilon }, [x].into_iter().chain(gamma).collect::<Vec<_>>())
    }
}

impl Fused for RmsNorm {
    fn composite<'t>(&self, x: &[Var<'t>]) -> Var<'t> {
        let rows = x[0].shape().with_size(x[0].axis(-1), 1);
        let mean_square = (x[0] * x[0]).mean_over(&[-1]).reshape(rows);
        let n = x[0] / sqrt(mean_square + self.epsilon);
        x.get(1).map_or(n, |&gamma| gamma * n)
    }
}

impl RmsNorm {
    fn norm<'a, T>(&self, x: Inputs<'a, T>) -> kernels::RmsNorm<'a, T> {
        kernels::RmsNorm {
            cols: x.shape(0).last(),
            epsilon: self.epsilon,
            gamma: x.get(1),
        }
    }
}
