//! A power in which base and exponent are both variables.
//!
//! With `z = a^b = e^(b log a)`: `∂z/∂a = b a^(b-1) = b z / a` and `∂z/∂b = z log a`.
//! **Domain**: `a > 0`, where both derivatives exist; anything else is an error that names the entry. For an exponent
//! that is a known number, and bases of any sign, there is [`power`](super::Power).
//! **Shapes**: `a, b` → their common shape. Cost: one power an entry, counted as one operation.
//! Source: the chain rule through `exp` and `log`.

use super::elementwise::{admit_each, contributions, zip};
use crate::op::prelude::*;

/// The power `a^b` of two variables, with broadcasting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pow;

impl<'t> Var<'t> {
    /// The power `self^b` with a variable exponent; the base must be above 0.
    ///
    /// ```
    /// use ndarray::array;
    /// use tapegrad_autograd::Tape;
    /// let tape = Tape::<f64>::new();
    /// let a = tape.input("a", array![1.0, 4.0]);
    /// let b = tape.input("b", array![3.0, 0.5]);
    /// let z = a.pow(b);
    /// assert_eq!(tape.value(z), array![1.0, 2.0].into_dyn());
    /// let gradients = tape.backward(z.sum());
    /// assert_eq!(gradients.of(a), array![3.0, 0.25].into_dyn());
    /// assert_eq!(gradients.of(b), array![0.0, 2.0 * 4.0_f64.ln()].into_dyn());
    /// ```
    ///
    /// **Panics** if an entry of the base is 0 or below.
    #[track_caller]
    pub fn pow(self, b: Var<'t>) -> Var<'t> {
        Var::record(Pow, &[self, b])
    }
}

impl Op for Pow {
    const NAME: &'static str = "pow";
    const MEANING: &'static str = "A power in which base and exponent are both variables.";
    const SHAPES: &'static str = "[..], [..] -> [..]; lined up at the last axis";
    const WORDS: &'static [Word] = &[Word::own("^", "a ^ b", "the axes of one side are among those of the other, in the same order", "z = a^2")];
    const BROADCASTS: bool = true;
    const FORWARD: Equations = &[("z", "a^b")];
    const BACKWARD: Equations = &[("g_a", "g_z * b * z / a"), ("g_b", "g_z * z * log(a)")];
    const OPERANDS: &'static [Operand] = &[Operand::real("a", "the base, above 0"), Operand::real("b", "the exponent")];
    const KEEPS: Keeps = Keeps::INPUTS.and_output();

    attributes! {}

    fn admits<T: Real>(&self, x: Inputs<'_, T>) -> Result<(), ValueError> {
        let rule = "an exponent that is computed needs a base above 0; one that is a known number, as in `a^2`, takes any base";
        admit_each(x, |a| a > T::ZERO, rule)
    }

    fn forward<T: Real>(&self, x: Inputs<'_, T>, z: &mut [T], _: &mut [T]) {
        zip(x, z, T::powf);
    }

    fn backward<T: Real>(&self, at: Saved<'_, T>, g_z: &[T], g_x: &mut InGradients<'_, T>) {
        if let Some(g_a) = g_x.get(0) {
            contributions(0, &at, g_z, g_a, |a, b, z, g_z| g_z * b * z / a);
        }
        if let Some(g_b) = g_x.get(1) {
            contributions(1, &at, g_z, g_b, |a, _, z, g_z| g_z * z * a.ln());
        }
    }

    fn flops(&self, x: &[Shape]) -> Flops {
        let entries = broadcast(x).map_or(0, |z| z.len());
        Flops::new(entries, 6 * entries)
    }

    fn sample(draw: &mut Draw) -> Sample<Self> {
        let (a, b) = draw.broadcast_pair();
        Sample::new(Self, [draw.between(a, 0.5, 2.0), draw.normal(b)])
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use crate::Tape;

    #[test]
    #[should_panic(expected = "entry [1] of a is -2")]
    fn a_base_below_zero_is_an_error_that_names_the_entry() {
        let tape = Tape::<f64>::new();
        let a = tape.input("a", array![1.0, -2.0]);
        a.pow(a.constant(2.0));
    }
}
