//! The absolute value of each entry.
//!
//! `z = |a|` has `∂z/∂a = sign(a)`: 1 above 0, -1 below. **Kink**: at exactly 0 the two sides disagree, and any number
//! between -1 and 1 is a subgradient; here it is 0, the one in the middle.
//! **Shapes**: `a` → the same. Cost: one operation an entry. Source: the definition.

use std::cmp::Ordering;
use crate::op::prelude::*;

/// The absolute value of each entry; its slope at 0 is 0.
///
/// ```
/// use ndarray::array;
/// use tapegrad_autograd::{ops::abs, Tape};
/// let tape = Tape::<f64>::new();
/// let a = tape.input("a", array![-3.0, 0.0, 2.0]);
/// let z = abs(a);
/// assert_eq!(tape.value(z), array![3.0, 0.0, 2.0].into_dyn());
/// assert_eq!(tape.backward(z.sum()).of(a), array![-1.0, 0.0, 1.0].into_dyn());
/// ```
#[track_caller]
pub fn abs(a: Var<'_>) -> Var<'_> {
    Var::record(Abs, &[a])
}

/// The op of [`abs`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Abs;

impl Op for Abs {
    const NAME: &'static str = "abs";
    const MEANING: &'static str = "The absolute value of each entry.";
    const SHAPES: &'static str = "[..] -> [..]";
    const WORDS: &'static [Word] = &[Word::unary("abs")];
    const FORWARD: Equations = &[("z", "abs(a)")];
    const BACKWARD: Equations = &[("g_a", "if a > 0 then g_z else if a < 0 then -g_z else 0")];
    const OPERANDS: &'static [Operand] = &[Operand::real("a", "numbers")];
    const KEEPS: Keeps = Keeps::INPUTS;

    attributes! {}

    fn forward<T: Real>(&self, x: Inputs<'_, T>, z: &mut [T], _: &mut [T]) {
        for (z, &a) in z.iter_mut().zip(&x[0]) {
            *z = a.abs();
        }
    }

    fn backward<T: Real>(&self, at: Saved<'_, T>, g_z: &[T], g_x: &mut InGradients<'_, T>) {
        let Some(g_a) = g_x.get(0) else { return };
        for ((g_a, &g_z), &a) in g_a.iter_mut().zip(g_z).zip(&at.x[0]) {
            *g_a = match a.partial_cmp(&T::ZERO) {
                Some(Ordering::Greater) => g_z,
                Some(Ordering::Less) => -g_z,
                Some(Ordering::Equal) => T::ZERO,
                None => a,
            };
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

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::abs;
    use crate::Tape;

    #[test]
    fn the_slope_at_exactly_zero_is_zero_whatever_the_sign_of_the_zero() {
        let tape = Tape::<f64>::new();
        let a = tape.input("a", array![0.0, -0.0]);
        assert_eq!(tape.backward(abs(a).sum()).of(a), array![0.0, 0.0].into_dyn());
    }
}
