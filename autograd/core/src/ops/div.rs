//! Division, entry by entry.
//!
//! With `z = a / b`: `∂z/∂a = 1 / b` and `∂z/∂b = -a / b² = -z / b`, so backward needs the denominator and the result
//! but not the numerator. **Shapes**: `a, b` → their common shape. Cost: one operation an entry.
//! A denominator of 0 gives an infinity, or for `0 / 0` a NaN, as the numbers themselves do.
//! Source: the quotient rule; deck S0, backpropagation, row "Loss": `g_y = y*/y + (1 - y*)/(y - 1)`.

use super::elementwise::{Entrywise, contributions, zip};
use crate::op::prelude::*;

/// Division `a / b` of entries, with broadcasting.
///
/// ```
/// use ndarray::array;
/// use tapegrad_autograd::Tape;
/// let tape = Tape::<f64>::new();
/// let a = tape.input("a", array![6.0, 1.0]);
/// let b = tape.input("b", array![2.0, 4.0]);
/// let z = a / b;
/// assert_eq!(tape.value(z), array![3.0, 0.25].into_dyn());
/// let gradients = tape.backward(z.sum());
/// assert_eq!(gradients.of(a), array![0.5, 0.25].into_dyn());
/// assert_eq!(gradients.of(b), array![-1.5, -0.0625].into_dyn());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Div;

impl<'t> std::ops::Div for Var<'t> {
    type Output = Var<'t>;
    #[track_caller]
    fn div(self, b: Self) -> Var<'t> {
        Var::record(Div, &[self, b])
    }
}

impl<'t> std::ops::Div<f64> for Var<'t> {
    type Output = Var<'t>;
    #[track_caller]
    fn div(self, b: f64) -> Var<'t> {
        self / self.constant(b)
    }
}

impl<'t> std::ops::Div<Var<'t>> for f64 {
    type Output = Var<'t>;
    #[track_caller]
    fn div(self, b: Var<'t>) -> Var<'t> {
        b.constant(self) / b
    }
}

impl Op for Div {
    const NAME: &'static str = "div";
    const MEANING: &'static str = "Division, entry by entry.";
    const SHAPES: &'static str = "[..], [..] -> [..]; lined up at the last axis";
    const WORDS: &'static [Word] = &[Word::own("/", "a / b", "the axes of one side are among those of the other, in the same order", "z = a / b")];
    const BROADCASTS: bool = true;
    const FORWARD: Equations = &[("z", "a / b")];
    const BACKWARD: Equations = &[("g_a", "g_z / b"), ("g_b", "-g_z * z / b")];
    const OPERANDS: &'static [Operand] = &[Operand::real("a", "what is divided"), Operand::real("b", "what it is divided by")];
    const KEEPS: Keeps = Keeps::inputs(&[1]).and_output();

    attributes! {}

    fn forward<T: Real>(&self, x: Inputs<'_, T>, z: &mut [T], _: &mut [T]) {
        zip(x, z, Self::entry);
    }

    fn backward<T: Real>(&self, at: Saved<'_, T>, g_z: &[T], g_x: &mut InGradients<'_, T>) {
        if let Some(g_a) = g_x.get(0) {
            contributions(0, &at, g_z, g_a, |a, b, z, g_z| Self::contribution(a, b, z, g_z)[0]);
        }
        if let Some(g_b) = g_x.get(1) {
            contributions(1, &at, g_z, g_b, |a, b, z, g_z| Self::contribution(a, b, z, g_z)[1]);
        }
    }

    fn flops(&self, x: &[Shape]) -> Flops {
        let entries = broadcast(x).map_or(0, |z| z.len());
        Flops::new(entries, 4 * entries)
    }

    fn sample(draw: &mut Draw) -> Sample<Self> {
        let (a, b) = draw.broadcast_pair();
        Sample::new(Self, [draw.normal(a), draw.away_from_zero(b)])
    }
}

impl Entrywise for Div {
    fn entry<T: Real>(a: T, b: T) -> T {
        a / b
    }

    fn contribution<T: Real>(_: T, b: T, z: T, g_z: T) -> [T; 2] {
        [g_z / b, -g_z * z / b]
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use crate::Tape;

    #[test]
    fn a_constant_stands_on_either_side() {
        let tape = Tape::<f64>::new();
        let a = tape.input("a", array![2.0, 4.0]);
        let z = 8.0 / a + a / 2.0;
        assert_eq!(tape.value(z), array![5.0, 4.0].into_dyn());
        assert_eq!(tape.backward(z.sum()).of(a), array![-1.5, 0.0].into_dyn());
    }
}
