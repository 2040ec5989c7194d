//! The smaller of two entries.
//!
//! `z = minimum(a, b)` is `a` where `a < b` and `b` elsewhere: the smaller one receives the upstream gradient, the
//! other one nothing. **Ties**: where `a = b` each receives one half. This follows from `(a + b - |a - b|) / 2` and
//! `|0|' = 0`; it is symmetric in `a` and `b`, and `minimum(a, a)` has the slope 1. A NaN on either side stays a NaN.
//! **Shapes**: `a, b` → their common shape. Cost: one comparison an entry. Source: the definition.

use super::elementwise::{contributions, zip};
use crate::op::prelude::*;

/// The smaller of two entries, with broadcasting; a tie shares the gradient in halves.
///
/// ```
/// use ndarray::array;
/// use tapegrad_autograd::{ops::minimum, Tape};
/// let tape = Tape::<f64>::new();
/// let a = tape.input("a", array![1.0, 5.0, 2.0]);
/// let b = tape.input("b", array![3.0, 4.0, 2.0]);
/// let z = minimum(a, b);
/// assert_eq!(tape.value(z), array![1.0, 4.0, 2.0].into_dyn());
/// let gradients = tape.backward(z.sum());
/// assert_eq!(gradients.of(a), array![1.0, 0.0, 0.5].into_dyn());
/// assert_eq!(gradients.of(b), array![0.0, 1.0, 0.5].into_dyn());
/// ```
#[track_caller]
pub fn minimum<'t>(a: Var<'t>, b: Var<'t>) -> Var<'t> {
    Var::record(Minimum, &[a, b])
}

/// The op of [`minimum`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Minimum;

impl Op for Minimum {
    const NAME: &'static str = "minimum";
    const MEANING: &'static str = "The smaller of two entries.";
    const SHAPES: &'static str = "[..], [..] -> [..]; lined up at the last axis";
    const WORDS: &'static [Word] = &[Word::pair("min")];
    const BROADCASTS: bool = true;
    const FORWARD: Equations = &[("z", "if a < b then a else b")];
    const BACKWARD: Equations = &[("g_a", "if a < b then g_z else if a == b then g_z / 2 else 0"), ("g_b", "if b < a then g_z else if b == a then g_z / 2 else 0")];
    const OPERANDS: &'static [Operand] = &[Operand::real("a", "one number of each pair"), Operand::real("b", "the other")];
    const KEEPS: Keeps = Keeps::INPUTS;

    attributes! {}

    fn forward<T: Real>(&self, x: Inputs<'_, T>, z: &mut [T], _: &mut [T]) {
        zip(x, z, T::minimum);
    }

    fn backward<T: Real>(&self, at: Saved<'_, T>, g_z: &[T], g_x: &mut InGradients<'_, T>) {
        if let Some(g_a) = g_x.get(0) {
            contributions(0, &at, g_z, g_a, |a, b, _, g_z| share(a, b, g_z));
        }
        if let Some(g_b) = g_x.get(1) {
            contributions(1, &at, g_z, g_b, |a, b, _, g_z| share(b, a, g_z));
        }
    }

    fn flops(&self, x: &[Shape]) -> Flops {
        let entries = broadcast(x).map_or(0, |z| z.len());
        Flops::new(entries, 2 * entries)
    }

    fn sample(draw: &mut Draw) -> Sample<Self> {
        let (a, b) = draw.broadcast_pair();
        // Two combs that are 0.2 apart at least: either may be the smaller one, and there is no tie.
        let a = draw.ids(a, 10).mapv(|tooth| 0.4 * tooth - 2.0);
        let b = draw.ids(b, 10).mapv(|tooth| 0.4 * tooth - 1.8);
        Sample::new(Self, [a, b])
    }
}

/// What the entry `mine` receives of `g_z` beside the entry `other`.
fn share<T: Real>(mine: T, other: T, g_z: T) -> T {
    if mine < other {
        g_z
    } else if mine == other {
        g_z * T::from_f64(0.5)
    } else {
        T::ZERO
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::minimum;
    use crate::Tape;

    #[test]
    fn a_variable_with_itself_has_the_slope_one() {
        let tape = Tape::<f64>::new();
        let a = tape.input("a", array![1.0, -2.0]);
        assert_eq!(tape.backward(minimum(a, a).sum()).of(a), array![1.0, 1.0].into_dyn());
    }

    #[test]
    fn a_nan_on_either_side_stays_a_nan() {
        let tape = Tape::<f64>::new();
        let a = tape.input("a", array![f64::NAN, 1.0]);
        let b = tape.input("b", array![1.0, f64::NAN]);
        assert!(tape.value(minimum(a, b)).iter().all(|z| z.is_nan()));
    }
}
