//! Layer normalisation: each row gets mean 0 and variance 1, then a factor and a term for each channel.
//!
//! With `n = (x - μ) / σ`, `μ = mean(x)`, `σ² = mean((x - μ)²) + ε`, both over the last axis, `y = γ n + β`.
//! 1. `y = γ n + β`: `g_n = γ g_y`; `γ` and `β` are shared by all rows: `g_γ = Σ_rows g_y n`, `g_β = Σ_rows g_y`.
//! 2. `∂μ/∂x_i = 1/C`. By the mean the terms of `∂σ²/∂μ` cancel, so `∂σ²/∂x_i = 2 (x_i - μ) / C` and
//!    `∂σ/∂x_i = n_i / C`.
//! 3. `∂n_j/∂x_i = (δ_ij - 1/C) / σ - n_j n_i / (C σ)`. Summing over `j` with `g_n_j` gives
//!    `g_x = (g_n - mean(g_n) - n mean(g_n n)) / σ`.
//!
//! The gradient of a plain sum is 0: the normalisation has removed what would change it.
//! **Shapes**: `x: [.., C]`, `γ, β: [C]`, of which `β` or both may be left out → `y: [.., C]`.
//! Cost: about 8 operations an entry forward, 12 backward. The notes are `μ` and `1/σ` of each row.
//! Subtle: `ε` keeps the division away from 0 and is part of the derivative; with `ε = 0`, as the slide prints it, a
//! row of equal entries gives NaN. Source: Ba, Kiros & Hinton, "Layer Normalization" (2016), equation 3; deck S4.

use super::Fused;
use crate::kernels::{self, LayerNormGradients, norm_backward_scratch_len};
use crate::op::prelude::*;
use crate::ops::scratch::with_scratch;
use crate::ops::sqrt;

/// Normalises the last axis, then applies a factor `gamma` and a term `beta` for each channel, where given.
///
/// ```
/// use ndarray::array;
/// use tapegrad_autograd::{ops::layer_norm, Tape};
/// let tape = Tape::<f64>::new();
/// let x = tape.input("x", array![[1.0, 3.0], [10.0, 6.0]]);
/// let y = layer_norm(x, None, None, 0.0);
/// assert_eq!(tape.value(y), array![[-1.0, 1.0], [1.0, -1.0]].into_dyn());
/// ```
///
/// **Panics** if the shapes do not fit, or `beta` is given without `gamma`.
#[track_caller]
pub fn layer_norm<'t>(x: Var<'t>, gamma: Option<Var<'t>>, beta: Option<Var<'t>>, epsilon: f64) -> Var<'t> {
    let op = LayerNorm { epsilon };
    match (gamma, beta) {
        (None, None) => Var::record(op, &[x]),
        (Some(gamma), None) => Var::record(op, &[x, gamma]),
        (Some(gamma), Some(beta)) => Var::record(op, &[x, gamma, beta]),
        (None, Some(_)) => panic!("layer_norm: beta is given without gamma; give a gamma of ones, or add beta behind"),
    }
}

/// The op of [`layer_norm`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LayerNorm {
    /// What is added to the variance, `ε`.
    pub epsilon: f64,
}

impl Op for LayerNorm {
    const NAME: &'static str = "layer_norm";
    const MEANING: &'static str =
        "Layer normalisation: each row gets mean 0 and variance 1, then a factor and a term for each channel.";
    const SHAPES: &'static str = "[.., C], [C], [C] -> [.., C]";
    const FORWARD: Equations = &[
        (
            "n",
            "(x - mean(x, over C)) / sqrt(mean((x - mean(x, over C))^2, over C) + epsilon)",
        ),
        ("y", "gamma * n + beta"),
    ];
    const BACKWARD: Equations = &[
        ("g_n", "gamma * g_y"),
        ("g_x", "(g_n - mean(g_n, over C) - n * mean(g_n * n, over C)) / sigma"),
        ("g_gamma", "sum(g_y * n, over rows)"),
        ("g_beta", "sum(g_y, over rows)"),
    ];
    const OPERANDS: &'static [Operand] = &[
        Operand::real("x", "what is normalised along its last axis"),
        Operand::real("gamma", "a factor for each channel").optional(),
        Operand::real("beta", "a term for each channel").optional(),
    ];
    const KEEPS: Keeps = Keeps::inputs(&[0, 1]);

    attributes! {
        epsilon: f64, "what is added to the variance";
    }

    fn shape(&self, x: &[Shape]) -> Result<Shape, ShapeError> {
        one_per_channel(x)
    }

    fn notes(&self, x: &[Shape]) -> usize {
        2 * rows(x[0])
    }

    fn forward<T: Real>(&self, x: Inputs<'_, T>, y: &mut [T], notes: &mut [T]) {
        T::layer_norm_rows(self.norm(x), &x[0], y, notes);
    }

    fn backward<T: Real>(&self, at: Saved<'_, T>, g_y: &[T], g_x: &mut InGradients<'_, T>) {
        let [g_x, g_gamma, g_beta] = g_x.each();
        let gradients = LayerNormGradients { g_x, g_gamma, g_beta };
        let len = norm_backward_scratch_len(rows(at.x.shape(0)), at.x.shape(0).last());
        with_scratch(len, |scratch| {
            // The term beta is not kept, as backward does not read it.
            let norm = kernels::LayerNorm {
                beta: None,
                ..self.norm(at.x)
            };
            T::layer_norm_rows_backward(norm, &at.x[0], at.notes, g_y, gradients, scratch);
        });
    }

    fn flops(&self, x: &[Shape]) -> Flops {
        Flops::new(8 * x[0].len(), 12 * x[0].len())
    }

    fn sample(draw: &mut Draw) -> Sample<Self> {
        let stack = draw.shape();
        let width = draw.size_nonzero();
        // Entries at least 1 apart: beside a standard deviation near 0 no finite step is small.
        let x = draw.distinct(stack.insert(stack.rank(), width)) * 10.0;
        let given = draw.below(3);
        let channels: Vec<_> = (0..given).map(|_| draw.normal(Shape::new(&[width]))).collect();
        let epsilon = draw.one_of(&[1e-5, 0.5]);
        Sample::new(Self { epsilon }, [x].into_iter().chain(channels).collect::<Vec<_>>())
    }
}

impl Fused for LayerNorm {
    fn composite<'t>(&self, x: &[Var<'t>]) -> Var<'t> {
        let rows = x[0].shape().with_size(x[0].axis(-1), 1);
        let centred = x[0] - x[0].mean_over(&[-1]).reshape(rows);
        let variance = (centred * centred).mean_over(&[-1]).reshape(rows);
        let n = centred / sqrt(variance + self.epsilon);
        let scaled = x.get(1).map_or(n, |&gamma| gamma * n);
        x.get(2).map_or(scaled, |&beta| scaled + beta)
    }
}

impl LayerNorm {
    fn norm<'a, T>(&self, x: Inputs<'a, T>) -> kernels::LayerNorm<'a, T> {
        kernels::LayerNorm {
            cols: x.shape(0).last(),
            epsilon: self.epsilon,
            gamma: x.get(1),
            beta: x.get(2),
        }
    }
}

/// The shape of a norm over the last axis of `x[0]`, whose other operands have one entry for each channel.
pub(super) fn one_per_channel(x: &[Shape]) -> Result<Shape, ShapeError> {
    if x[0].rank() == 0 || x[0].last() == 0 {
        return Err(ShapeError::new(
            "x needs a last axis with at least one channel to normalise over",
        ));
    }
    let channels = Shape::new(&[x[0].last()]);
    match x[1..].iter().find(|&&given| given != channels) {
        Some(given) => Err(ShapeError::new(format!(
            "{given} must be {channels}: one entry for each channel of the last axis of x"
        ))),
        None => Ok(x[0]),
    }
}

/// How many rows are normalised.
pub(super) fn rows(x: Shape) -> usize {
    x.len() / x.last()
}
