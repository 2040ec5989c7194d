//! The logarithm of 1 plus each entry, with all digits also near 0.
//!
//! `∂z/∂a = 1 / (1 + a)`. For a small `a` the sum `1 + a` keeps few of its digits, and the logarithm of what is left is
//! wrong in the others. With `u = 1 + a` as it was rounded, `ln(u) + (a - (u - 1)) / u` is right: the quotient is what the
//! rounding took away, times the slope of the logarithm. **Shapes**: `a` → the same, from -1 on. Cost: 6 operations an entry.
//! Source: the first two terms of the Taylor series of `ln(u + r)`, with the rounding error `r = 1 + a - u`.

use super::elementwise::admit_each;
use crate::op::prelude::*;

/// The natural logarithm of `1 + a`, accurate for small `a`.
///
/// ```
/// use ndarray::array;
/// use tapegrad_autograd::{ops::log1p, Tape};
/// let tape = Tape::<f64>::new();
/// let a = tape.input("a", array![0.0, 1e-20]);
/// let z = log1p(a);
/// assert_eq!(tape.value(z), array![0.0, 1e-20].into_dyn());
/// assert_eq!(tape.backward(z.sum()).of(a)[0], 1.0);
/// ```
///
/// **Panics** if an entry is below -1.
#[track_caller]
pub fn log1p(a: Var<'_>) -> Var<'_> {
    Var::record(Log1p, &[a])
}

/// The op of [`log1p`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Log1p;

impl Op for Log1p {
    const NAME: &'static str = "log1p";
    const MEANING: &'static str = "The natural logarithm of 1 plus each entry, accurate for small ones.";
    const SHAPES: &'static str = "[..] -> [..]";
    const WORDS: &'static [Word] = &[Word::unary("log1p")];
    const FORWARD: Equations = &[("z", "log(1 + a)")];
    const BACKWARD: Equations = &[("g_a", "g_z / (1 + a)")];
    const OPERANDS: &'static [Operand] = &[Operand::real("a", "numbers from -1 on")];
    const KEEPS: Keeps = Keeps::INPUTS;

    attributes! {}

    fn admits<T: Real>(&self, x: Inputs<'_, T>) -> Result<(), ValueError> {
        admit_each(x, |a| a >= -T::ONE, "the logarithm of 1 + a exists from a = -1 on")
    }

    fn forward<T: Real>(&self, x: Inputs<'_, T>, z: &mut [T], _: &mut [T]) {
        z.iter_mut().zip(&x[0]).for_each(|(z, &a)| *z = a.ln_1p());
    }

    fn backward<T: Real>(&self, at: Saved<'_, T>, g_z: &[T], g_x: &mut InGradients<'_, T>) {
        let Some(g_a) = g_x.get(0) else { return };
        for ((g_a, &g_z), &a) in g_a.iter_mut().zip(g_z).zip(&at.x[0]) {
            *g_a = g_z / (T::ONE + a);
        }
    }

    fn flops(&self, x: &[Shape]) -> Flops {
        Flops::new(6 * x[0].len(), 2 * x[0].len())
    }

    fn sample(draw: &mut Draw) -> Sample<Self> {
        let a = draw.shape();
        Sample::new(Self, [draw.between(a, -0.8, 3.0)])
    }
}
