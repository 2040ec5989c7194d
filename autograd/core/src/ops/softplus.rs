//! The softplus: a ReLU without its corner.
//!
//! `z = ln(1 + e^a)`, so `∂z/∂a = e^a / (1 + e^a) = σ(a)`. It is computed as `a + ln(1 + e^-a)` above 0, in which no
//! exponential overflows, and as it stands below 0, where it keeps its digits.
//! **Shapes**: `a` → the same. Cost: 6 operations an entry.
//! Source: Dugas et al., "Incorporating second-order functional knowledge for better option pricing" (2000), equation 4.

use crate::op::prelude::*;

/// The softplus `ln(1 + e^a)` of each entry.
///
/// ```
/// use ndarray::array;
/// use tapegrad_autograd::{ops::softplus, Tape};
/// let tape = Tape::<f64>::new();
/// let a = tape.input("a", array![0.0, 1e4]);
/// let z = softplus(a);
/// assert!((tape.value(z)[0] - std::f64::consts::LN_2).abs() < 1e-15);
/// assert_eq!(tape.value(z)[1], 1e4);
/// assert_eq!(tape.backward(z.sum()).of(a)[0], 0.5);
/// ```
#[track_caller]
pub fn softplus(a: Var<'_>) -> Var<'_> {
    Var::record(Softplus, &[a])
}

/// The op of [`softplus`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Softplus;

impl Op for Softplus {
    const NAME: &'static str = "softplus";
    const MEANING: &'static str = "The softplus of each entry: a ReLU without its corner.";
    const SHAPES: &'static str = "[..] -> [..]";
    const WORDS: &'static [Word] = &[Word::unary("softplus")];
    const FORWARD: Equations = &[("z", "log(1 + exp(a))")];
    const BACKWARD: Equations = &[("g_a", "g_z * sigmoid(a)")];
    const OPERANDS: &'static [Operand] = &[Operand::real("a", "the activation")];
    const KEEPS: Keeps = Keeps::INPUTS;

    attributes! {}

    fn forward<T: Real>(&self, x: Inputs<'_, T>, z: &mut [T], _: &mut [T]) {
        for (z, &a) in z.iter_mut().zip(&x[0]) {
            *z = if a > T::ZERO { a + (-a).exp().ln_1p() } else { a.exp().ln_1p() };
        }
    }

    fn backward<T: Real>(&self, at: Saved<'_, T>, g_z: &[T], g_x: &mut InGradients<'_, T>) {
        let Some(g_a) = g_x.get(0) else { return };
        for ((g_a, &g_z), &a) in g_a.iter_mut().zip(g_z).zip(&at.x[0]) {
            *g_a = g_z * a.sigmoids().0;
        }
    }

    fn flops(&self, x: &[Shape]) -> Flops {
        Flops::new(6 * x[0].len(), 4 * x[0].len())
    }

    fn sample(draw: &mut Draw) -> Sample<Self> {
        let a = draw.shape();
        Sample::new(Self, [draw.normal(a)])
    }
}
