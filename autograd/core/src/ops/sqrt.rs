//! The square root of each entry.
//!
//! With `z = √a`: `∂z/∂a = 1 / (2 √a) = 1 / (2 z)`, so the result is all that backward needs.
//! **Domain**: `a ≥ 0`; below 0 there is no root, and the error names the entry. At 0 the slope is infinite, and an
//! upstream gradient of 0 times it is a NaN, not a 0: of `√a²` at 0 nobody can say. Keep away from 0 by adding a small
//! number inside, `sqrt(a + 1e-5)`. **Shapes**: `a` → the same. Cost: one operation an entry.
//! Source: deck S4, layer norm, `σ = √(1/K Σ (a_k - μ)²)`.

use super::elementwise::admit_each;
use crate::op::prelude::*;

/// The square root of each entry.
///
/// ```
/// use ndarray::array;
/// use tapegrad_autograd::{ops::sqrt, Tape};
/// let tape = Tape::<f64>::new();
/// let a = tape.input("a", array![4.0, 0.25]);
/// let z = sqrt(a);
/// assert_eq!(tape.value(z), array![2.0, 0.5].into_dyn());
/// assert_eq!(tape.backward(z.sum()).of(a), array![0.25, 1.0].into_dyn());
/// ```
///
/// **Panics** if an entry is below 0.
#[track_caller]
pub fn sqrt(a: Var<'_>) -> Var<'_> {
    Var::record(Sqrt, &[a])
}

/// The op of [`sqrt`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sqrt;

impl Op for Sqrt {
    const NAME: &'static str = "sqrt";
    const MEANING: &'static str = "The square root of each entry.";
    const SHAPES: &'static str = "[..] -> [..]";
    const WORDS: &'static [Word] = &[Word::unary("sqrt")];
    const FORWARD: Equations = &[("z", "sqrt(a)")];
    const BACKWARD: Equations = &[("g_a", "g_z / (2 * z)")];
    const OPERANDS: &'static [Operand] = &[Operand::real("a", "numbers from 0 on")];
    const KEEPS: Keeps = Keeps::OUTPUT;

    attributes! {}

    fn admits<T: Real>(&self, x: Inputs<'_, T>) -> Result<(), ValueError> {
        admit_each(x, |a| a >= T::ZERO, "the square root exists from 0 on")
    }

    fn forward<T: Real>(&self, x: Inputs<'_, T>, z: &mut [T], _: &mut [T]) {
        for (z, &a) in z.iter_mut().zip(&x[0]) {
            *z = a.sqrt();
        }
    }

    fn backward<T: Real>(&self, at: Saved<'_, T>, g_z: &[T], g_x: &mut InGradients<'_, T>) {
        let Some(g_a) = g_x.get(0) else { return };
        for ((g_a, &g_z), &z) in g_a.iter_mut().zip(g_z).zip(at.y) {
            *g_a = g_z / (z + z);
        }
    }

    fn flops(&self, x: &[Shape]) -> Flops {
        Flops::new(x[0].len(), 2 * x[0].len())
    }

    fn sample(draw: &mut Draw) -> Sample<Self> {
        let a = draw.shape();
        Sample::new(Self, [draw.between(a, 0.2, 3.0)])
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::sqrt;
    use crate::Tape;

    #[test]
    fn at_zero_the_slope_is_infinite() {
        let tape = Tape::<f64>::new();
        let a = tape.input("a", array![0.0]);
        assert_eq!(tape.backward(sqrt(a).sum()).of(a)[0], f64::INFINITY);
    }

    #[test]
    #[should_panic(expected = "the square root exists from 0 on; entry [0] of a is -1")]
    fn the_root_of_a_negative_number_is_an_error_that_names_the_entry() {
        let tape = Tape::<f64>::new();
        sqrt(tape.input("a", array![-1.0]));
    }
}
