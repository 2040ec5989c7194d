//! The natural logarithm of each entry.
//!
//! `z = log a` has `∂z/∂a = 1 / a`.
//! **Domain**: `a ≥ 0`; below 0 there is no logarithm, and the error names the entry. `log 0 = -∞` is a result (the
//! probability 0), and its slope is infinite. For the logarithm of a softmax write `log_softmax`, which never takes
//! the logarithm of a rounded 0. **Shapes**: `a` → the same. Cost: one operation an entry.
//! Source: deck S0, backpropagation, row "Loss": `J = y* log y + (1 - y*) log(1 - y)`.

use super::elementwise::admit_each;
use crate::op::prelude::*;

/// The natural logarithm of each entry.
///
/// ```
/// use ndarray::array;
/// use tapegrad_autograd::{ops::log, Tape};
/// let tape = Tape::<f64>::new();
/// let a = tape.input("a", array![1.0, 0.5]);
/// let z = log(a);
/// assert_eq!(tape.value(z), array![0.0, -(2.0_f64.ln())].into_dyn());
/// assert_eq!(tape.backward(z.sum()).of(a), array![1.0, 2.0].into_dyn());
/// ```
///
/// **Panics** if an entry is below 0.
#[track_caller]
pub fn log(a: Var<'_>) -> Var<'_> {
    Var::record(Log, &[a])
}

/// The op of [`log`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Log;

impl Op for Log {
    const NAME: &'static str = "log";
    const MEANING: &'static str = "The natural logarithm of each entry.";
    const SHAPES: &'static str = "[..] -> [..]";
    const WORDS: &'static [Word] = &[Word::unary("log")];
    const FORWARD: Equations = &[("z", "log(a)")];
    const BACKWARD: Equations = &[("g_a", "g_z / a")];
    const OPERANDS: &'static [Operand] = &[Operand::real("a", "numbers from 0 on")];
    const KEEPS: Keeps = Keeps::INPUTS;

    attributes! {}

    fn admits<T: Real>(&self, x: Inputs<'_, T>) -> Result<(), ValueError> {
        admit_each(x, |a| a >= T::ZERO, "the logarithm exists from 0 on")
    }

    fn forward<T: Real>(&self, x: Inputs<'_, T>, z: &mut [T], _: &mut [T]) {
        for (z, &a) in z.iter_mut().zip(&x[0]) {
            *z = a.ln();
        }
    }

    fn backward<T: Real>(&self, at: Saved<'_, T>, g_z: &[T], g_x: &mut InGradients<'_, T>) {
        let Some(g_a) = g_x.get(0) else { return };
        for ((g_a, &g_z), &a) in g_a.iter_mut().zip(g_z).zip(&at.x[0]) {
            *g_a = g_z / a;
        }
    }

    fn flops(&self, x: &[Shape]) -> Flops {
        Flops::new(x[0].len(), x[0].len())
    }

    fn sample(draw: &mut Draw) -> Sample<Self> {
        let a = draw.shape();
        Sample::new(Self, [draw.between(a, 0.2, 3.0)])
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::log;
    use crate::Tape;

    #[test]
    fn the_logarithm_of_zero_is_minus_infinity() {
        let tape = Tape::<f64>::new();
        let z = log(tape.input("a", array![0.0]));
        assert_eq!(tape.number(z), f64::NEG_INFINITY);
    }

    #[test]
    #[should_panic(expected = "the logarithm exists from 0 on; entry [1, 0] of a is -3")]
    fn the_logarithm_of_a_negative_number_is_an_error_that_names_the_entry() {
        let tape = Tape::<f64>::new();
        log(tape.input("a", array![[1.0, 2.0], [-3.0, 4.0]]));
    }
}
