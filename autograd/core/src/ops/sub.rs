//! Subtraction, entry by entry.
//!
//! `z = a - b` has `∂z/∂a = 1` and `∂z/∂b = -1`: the first operand receives the upstream gradient as it is, the second
//! one its negative; an entry that was broadcast receives the sum over its uses.
//! **Shapes**: `a, b` → their common shape. Cost: one operation an entry.
//! Source: deck S0, the `1 - y` of the loss; deck S4, layer norm, `a_k - μ`.

use super::elementwise::{Entrywise, contributions, zip};
use crate::op::prelude::*;

/// Subtraction `a - b` with broadcasting.
///
/// ```
/// use ndarray::array;
/// use tapegrad_autograd::Tape;
/// let tape = Tape::<f64>::new();
/// let a = tape.input("a", array![3.0, 5.0]);
/// let b = tape.input("b", array![1.0, 7.0]);
/// let z = 1.0 - (a - b);
/// assert_eq!(tape.value(z), array![-1.0, 3.0].into_dyn());
/// let gradients = tape.backward(z.sum());
/// assert_eq!(gradients.of(a), array![-1.0, -1.0].into_dyn());
/// assert_eq!(gradients.of(b), array![1.0, 1.0].into_dyn());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sub;

impl<'t> std::ops::Sub for Var<'t> {
    type Output = Var<'t>;
    #[track_caller]
    fn sub(self, b: Self) -> Var<'t> {
        Var::record(Sub, &[self, b])
    }
}

impl<'t> std::ops::Sub<f64> for Var<'t> {
    type Output = Var<'t>;
    #[track_caller]
    fn sub(self, b: f64) -> Var<'t> {
        self - self.constant(b)
    }
}

impl<'t> std::ops::Sub<Var<'t>> for f64 {
    type Output = Var<'t>;
    #[track_caller]
    fn sub(self, b: Var<'t>) -> Var<'t> {
        b.constant(self) - b
    }
}

impl Op for Sub {
    const NAME: &'static str = "sub";
    const MEANING: &'static str = "Subtraction, entry by entry.";
    const SHAPES: &'static str = "[..], [..] -> [..]; lined up at the last axis";
    const WORDS: &'static [Word] = &[Word::own("-", "a - b", "the axes of one side are among those of the other, in the same order", "z = a - b")];
    const BROADCASTS: bool = true;
    const FORWARD: Equations = &[("z", "a - b")];
    const BACKWARD: Equations = &[("g_a", "g_z"), ("g_b", "-g_z")];
    const OPERANDS: &'static [Operand] = &[Operand::real("a", "what is taken from"), Operand::real("b", "what is taken away")];
    const KEEPS: Keeps = Keeps::NOTHING;

    attributes! {}

    fn forward<T: Real>(&self, x: Inputs<'_, T>, z: &mut [T], _: &mut [T]) {
        zip(x, z, Self::entry);
    }

    fn passes_gradient(&self, x: &[Shape], position: usize) -> bool {
        position == 0 && x[0] == x[1]
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
        Flops::new(entries, entries)
    }

    fn sample(draw: &mut Draw) -> Sample<Self> {
        let (a, b) = draw.broadcast_pair();
        Sample::new(Self, [draw.normal(a), draw.normal(b)])
    }
}

impl Entrywise for Sub {
    fn entry<T: Real>(a: T, b: T) -> T {
        a - b
    }

    fn contribution<T: Real>(_: T, _: T, _: T, g_z: T) -> [T; 2] {
        [g_z, -g_z]
    }
}
