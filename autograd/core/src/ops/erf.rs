//! The error function of each entry: how much of a normal distribution lies within a distance of its mean.
//!
//! `erf(a) = 2/√π ∫₀ᵃ e^(-t²) dt`, so `∂z/∂a = 2/√π e^(-a²)`: the integrand at the upper end.
//! **Shapes**: `a` → the same. Cost: 1 operation an entry. Source: Abramowitz & Stegun, equation 7.1.1; GELU is made of it.

use crate::op::prelude::*;

/// The error function of each entry.
///
/// ```
/// use ndarray::array;
/// use tapegrad_autograd::{ops::erf, Tape};
/// let tape = Tape::<f64>::new();
/// let a = tape.input("a", array![0.0, 30.0]);
/// let z = erf(a);
/// assert_eq!(tape.value(z), array![0.0, 1.0].into_dyn());
/// assert_eq!(tape.backward(z.sum()).of(a)[0], std::f64::consts::FRAC_2_SQRT_PI);
/// ```
#[track_caller]
pub fn erf(a: Var<'_>) -> Var<'_> {
    Var::record(Erf, &[a])
}

/// The op of [`erf`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Erf;

impl Op for Erf {
    const NAME: &'static str = "erf";
    const MEANING: &'static str = "The error function of each entry.";
    const SHAPES: &'static str = "[..] -> [..]";
    const WORDS: &'static [Word] = &[Word::unary("erf")];
    const FORWARD: Equations = &[("z", "erf(a)")];
    const BACKWARD: Equations = &[("g_a", "g_z * 1.1283791670955126 * exp(-a^2)")];
    const OPERANDS: &'static [Operand] = &[Operand::real("a", "the end of the integral")];
    const KEEPS: Keeps = Keeps::INPUTS;

    attributes! {}

    fn forward<T: Real>(&self, x: Inputs<'_, T>, z: &mut [T], _: &mut [T]) {
        z.iter_mut().zip(&x[0]).for_each(|(z, &a)| *z = a.erf());
    }

    fn backward<T: Real>(&self, at: Saved<'_, T>, g_z: &[T], g_x: &mut InGradients<'_, T>) {
        let Some(g_a) = g_x.get(0) else { return };
        for ((g_a, &g_z), &a) in g_a.iter_mut().zip(g_z).zip(&at.x[0]) {
            *g_a = g_z * T::from_f64(std::f64::consts::FRAC_2_SQRT_PI) * (-a * a).exp();
        }
    }

    fn flops(&self, x: &[Shape]) -> Flops {
        Flops::new(x[0].len(), 4 * x[0].len())
    }

    fn sample(draw: &mut Draw) -> Sample<Self> {
        let a = draw.shape();
        Sample::new(Self, [draw.normal(a)])
    }
}
