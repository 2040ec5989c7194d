//! Binary cross-entropy of logits against targets between 0 and 1, entry by entry.
//!
//! With `y = σ(b)`, `l = -(t log y + (1 - t) log(1 - y))`, in nats.
//! 1. `log y = b - log(1 + e^b)` and `log(1 - y) = -log(1 + e^b)`, so `l = log(1 + e^b) - t b`.
//! 2. `∂l/∂b = e^b / (1 + e^b) - t = y - t`, and `∂l/∂t = -b`.
//! 3. `log(1 + e^b) = max(b, 0) + log(1 + e^-|b|)`: so computed, nothing overflows, and no logarithm of 0 is taken,
//!    where the lecture's form has `log 0` as soon as `y` rounds to 0 or 1.
//! 4. `y - t = (1 - t) σ(b) - t σ(-b)`: so computed, a nearly certain answer keeps the digits of its small gradient, as
//!    `log1p` keeps those of its small loss.
//!
//! **Shapes**: `b, t: [..]`, equal → `l: [..]`. Cost: about 7 operations an entry forward, 8 backward.
//! Source: deck S0, rows "Loss" and "Sigmoid" in one; the slide's `J` is `-l`, to be maximised.

use super::Fused;
use crate::op::prelude::*;
use crate::ops::elementwise::place;
use crate::ops::{log, sigmoid};

/// The binary cross-entropy in nats of each logit `b` against its target `t`.
///
/// ```
/// use tapegrad_autograd::{ops::sigmoid_cross_entropy, Tape};
/// let tape = Tape::<f64>::new();
/// let (b, t) = (tape.scalar("b", 0.0), tape.scalar("t", 1.0));
/// let j = sigmoid_cross_entropy(b, t);
/// assert!((tape.number(j) - 2.0_f64.ln()).abs() < 1e-15);
/// assert_eq!(tape.backward(j).of(b).first(), Some(&-0.5));
/// ```
///
/// **Panics** if the shapes differ, or a target is not between 0 and 1.
#[track_caller]
pub fn sigmoid_cross_entropy<'t>(b: Var<'t>, t: Var<'t>) -> Var<'t> {
    Var::record(SigmoidCrossEntropy, &[b, t])
}

/// The op of [`sigmoid_cross_entropy`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SigmoidCrossEntropy;

impl Op for SigmoidCrossEntropy {
    const NAME: &'static str = "sigmoid_cross_entropy";
    const MEANING: &'static str = "Binary cross-entropy of logits against targets between 0 and 1, entry by entry.";
    const SHAPES: &'static str = "[..], [..] -> [..]";
    const FORWARD: Equations = &[("l", "max(b, 0) - t * b + log1p(exp(-abs(b)))")];
    const BACKWARD: Equations = &[
        ("g_b", "g_l * ((1 - t) * sigmoid(b) - t * sigmoid(-b))"),
        ("g_t", "-g_l * b"),
    ];
    const OPERANDS: &'static [Operand] = &[
        Operand::real("b", "logits"),
        Operand::real("t", "targets between 0 and 1"),
    ];
    const KEEPS: Keeps = Keeps::INPUTS;

    attributes! {}

    fn shape(&self, x: &[Shape]) -> Result<Shape, ShapeError> {
        if x[0] != x[1] {
            return Err(ShapeError::new("each logit needs one target: b and t must be equal"));
        }
        Ok(x[0])
    }

    fn admits<T: Real>(&self, x: Inputs<'_, T>) -> Result<(), ValueError> {
        match x[1].iter().position(|t| !(0.0..=1.0).contains(&t.to_f64())) {
            None => Ok(()),
            Some(i) => Err(ValueError::new(format!(
                "t{} is {}; a target is a probability, between 0 and 1",
                place(x.shape(1), i),
                x[1][i].to_f64()
            ))),
        }
    }

    fn forward<T: Real>(&self, x: Inputs<'_, T>, l: &mut [T], _: &mut [T]) {
        for ((l, &b), &t) in l.iter_mut().zip(&x[0]).zip(&x[1]) {
            *l = b.maximum(T::ZERO) - t * b + (-b.abs()).exp().ln_1p();
        }
    }

    fn backward<T: Real>(&self, at: Saved<'_, T>, g_l: &[T], g_x: &mut InGradients<'_, T>) {
        let (b, t) = (&at.x[0], &at.x[1]);
        if let Some(g_b) = g_x.get(0) {
            for (((g_b, &g_l), &b), &t) in g_b.iter_mut().zip(g_l).zip(b).zip(t) {
                let (y, not_y) = b.sigmoids();
                *g_b = g_l * ((T::ONE - t) * y - t * not_y);
            }
        }
        if let Some(g_t) = g_x.get(1) {
            for ((g_t, &g_l), &b) in g_t.iter_mut().zip(g_l).zip(b) {
                *g_t = -g_l * b;
            }
        }
    }

    fn flops(&self, x: &[Shape]) -> Flops {
        Flops::new(7 * x[0].len(), 8 * x[0].len())
    }

    fn sample(draw: &mut Draw) -> Sample<Self> {
        let b = draw.shape();
        Sample::new(Self, [draw.normal(b), draw.between(b, 0.01, 0.99)])
    }
}

impl Fused for SigmoidCrossEntropy {
    fn composite<'t>(&self, x: &[Var<'t>]) -> Var<'t> {
        let (b, t) = (x[0], x[1]);
        let y = sigmoid(b);
        -(t * log(y) + (1.0 - t) * log(1.0 - y))
    }
}
