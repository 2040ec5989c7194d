//! The logarithm of the sigmoid: the log-probability of a yes whose log-odds are `a`.
//!
//! `z = ln σ(a) = -ln(1 + e^-a)`, a softplus turned around, so `∂z/∂a = e^-a / (1 + e^-a) = σ(-a)`. Far below 0, `σ(a)`
//! leaves the range of the numbers, and its logarithm is near `a`; it is computed as `min(a, 0) - ln(1 + e^-|a|)`.
//! **Shapes**: `a` → the same. Cost: 6 operations an entry.
//! Source: Rafailov et al., "Direct Preference Optimization" (2023), equation 7, a loss that is written with it.

use crate::op::prelude::*;

/// The logarithm of the sigmoid of each entry.
///
/// ```
/// use ndarray::array;
/// use tapegrad_autograd::{ops::log_sigmoid, Tape};
/// let tape = Tape::<f64>::new();
/// let a = tape.input("a", array![0.0, -1e4]);
/// let z = log_sigmoid(a);
/// assert!((tape.value(z)[0] + std::f64::consts::LN_2).abs() < 1e-15);
/// assert_eq!(tape.value(z)[1], -1e4);
/// assert_eq!(tape.backward(z.sum()).of(a), array![0.5, 1.0].into_dyn());
/// ```
#[track_caller]
pub fn log_sigmoid(a: Var<'_>) -> Var<'_> {
    Var::record(LogSigmoid, &[a])
}

/// The op of [`log_sigmoid`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogSigmoid;

impl Op for LogSigmoid {
    const NAME: &'static str = "log_sigmoid";
    const MEANING: &'static str = "The logarithm of the sigmoid of each entry.";
    const SHAPES: &'static str = "[..] -> [..]";
    const WORDS: &'static [Word] = &[Word::unary("log_sigmoid")];
    const FORWARD: Equations = &[("z", "-softplus(-a)")];
    const BACKWARD: Equations = &[("g_a", "g_z * sigmoid(-a)")];
    const OPERANDS: &'static [Operand] = &[Operand::real("a", "log-odds")];
    const KEEPS: Keeps = Keeps::INPUTS;

    attributes! {}

    fn forward<T: Real>(&self, x: Inputs<'_, T>, z: &mut [T], _: &mut [T]) {
        z.iter_mut().zip(&x[0]).for_each(|(z, &a)| *z = a.minimum(T::ZERO) - (-a.abs()).exp().ln_1p());
    }

    fn backward<T: Real>(&self, at: Saved<'_, T>, g_z: &[T], g_x: &mut InGradients<'_, T>) {
        let Some(g_a) = g_x.get(0) else { return };
        for ((g_a, &g_z), &a) in g_a.iter_mut().zip(g_z).zip(&at.x[0]) {
            *g_a = g_z * a.sigmoids().1;
        }
    }

    fn flops(&self, x: &[Shape]) -> Flops {
        Flops::new(6 * x[0].len(), 4 * x[0].len())
    }

    fn sample(draw: &mut Draw) -> Sample<Self> {
        let a = draw.shape();
        Sample::new(Self, [draw.away_from_zero(a)])
    }
}
