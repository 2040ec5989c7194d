//! The rectified linear unit: what is above 0 passes, the rest becomes 0.
//!
//! `z = max(a, 0)` has `∂z/∂a = 1` above 0 and 0 below, and `a > 0` is the same as `z > 0`, so the result is all that
//! backward needs. **Kink**: at exactly 0 any slope between 0 and 1 is a subgradient; here it is 0, so that a unit
//! that is off gets no gradient. **Shapes**: `a` → the same. Cost: one operation an entry.
//! Source: Nair & Hinton, "Rectified linear units improve restricted Boltzmann machines" (2010).

use super::elementwise::Entrywise;
use crate::op::prelude::*;

/// The larger of each entry and 0; its slope at 0 is 0.
///
/// ```
/// use ndarray::array;
/// use tapegrad_autograd::{ops::relu, Tape};
/// let tape = Tape::<f64>::new();
/// let a = tape.input("a", array![-3.0, 0.0, 2.0]);
/// let z = relu(a);
/// assert_eq!(tape.value(z), array![0.0, 0.0, 2.0].into_dyn());
/// assert_eq!(tape.backward(z.sum()).of(a), array![0.0, 0.0, 1.0].into_dyn());
/// ```
#[track_caller]
pub fn relu(a: Var<'_>) -> Var<'_> {
    Var::record(Relu, &[a])
}

/// The op of [`relu`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Relu;

impl Op for Relu {
    const NAME: &'static str = "relu";
    const MEANING: &'static str = "The rectified linear unit: what is above 0 passes, the rest becomes 0.";
    const SHAPES: &'static str = "[..] -> [..]";
    const WORDS: &'static [Word] = &[Word::unary("relu")];
    const FORWARD: Equations = &[("z", "if a > 0 then a else 0")];
    const BACKWARD: Equations = &[("g_a", "if z > 0 then g_z else 0")];
    const OPERANDS: &'static [Operand] = &[Operand::real("a", "the activation")];
    const KEEPS: Keeps = Keeps::OUTPUT;

    attributes! {}

    fn forward<T: Real>(&self, x: Inputs<'_, T>, z: &mut [T], _: &mut [T]) {
        for (z, &a) in z.iter_mut().zip(&x[0]) {
            *z = Self::entry(a, a);
        }
    }

    fn backward<T: Real>(&self, at: Saved<'_, T>, g_z: &[T], g_x: &mut InGradients<'_, T>) {
        let Some(g_a) = g_x.get(0) else { return };
        for ((g_a, &g_z), &z) in g_a.iter_mut().zip(g_z).zip(at.y) {
            [*g_a, _] = Self::contribution(z, z, z, g_z);
        }
    }

    fn flops(&self, x: &[Shape]) -> Flops {
        Flops::new(x[0].len(), x[0].len())
    }

    fn sample(draw: &mut Draw) -> Sample<Self> {
        let a = draw.shape();
        Sample::new(Self, [draw.away_from_zero(a)])
    }
}

impl Entrywise for Relu {
    fn entry<T: Real>(a: T, _: T) -> T {
        a.maximum(T::ZERO)
    }

    fn contribution<T: Real>(_: T, _: T, z: T, g_z: T) -> [T; 2] {
        [if z > T::ZERO { g_z } else { T::ZERO }, T::ZERO]
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::relu;
    use crate::Tape;

    #[test]
    fn the_slope_at_exactly_zero_is_zero_and_a_nan_stays_a_nan() {
        let tape = Tape::<f64>::new();
        let a = tape.input("a", array![0.0, -0.0, f64::NAN]);
        let z = relu(a);
        assert!(tape.value(z)[2].is_nan());
        let g_a = tape.backward(z.sum()).of(a);
        assert_eq!((g_a[0], g_a[1]), (0.0, 0.0));
    }
}
