//! The negative of each entry.
//!
//! `z = -a` has `∂z/∂a = -1`. **Shapes**: `a` → the same. Cost: one operation an entry.
//! Source: deck S1, the loss as a negative log-likelihood.

use super::elementwise::Entrywise;
use crate::op::prelude::*;

/// The negative `-a` of each entry.
///
/// ```
/// use ndarray::array;
/// use tapegrad_autograd::Tape;
/// let tape = Tape::<f64>::new();
/// let a = tape.input("a", array![1.0, -2.0]);
/// let z = -a;
/// assert_eq!(tape.value(z), array![-1.0, 2.0].into_dyn());
/// assert_eq!(tape.backward(z.sum()).of(a), array![-1.0, -1.0].into_dyn());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Neg;

impl<'t> std::ops::Neg for Var<'t> {
    type Output = Var<'t>;
    #[track_caller]
    fn neg(self) -> Var<'t> {
        Var::record(Neg, &[self])
    }
}

impl Op for Neg {
    const NAME: &'static str = "neg";
    const MEANING: &'static str = "The negative of each entry.";
    const SHAPES: &'static str = "[..] -> [..]";
    const WORDS: &'static [Word] = &[Word::own("neg", "-x", "the result has the axes of x", "y = -x")];
    const FORWARD: Equations = &[("z", "-a")];
    const BACKWARD: Equations = &[("g_a", "-g_z")];
    const OPERANDS: &'static [Operand] = &[Operand::real("a", "what changes its sign")];
    const KEEPS: Keeps = Keeps::NOTHING;

    attributes! {}

    fn forward<T: Real>(&self, x: Inputs<'_, T>, z: &mut [T], _: &mut [T]) {
        for (z, &a) in z.iter_mut().zip(&x[0]) {
            *z = Self::entry(a, a);
        }
    }

    fn backward<T: Real>(&self, _: Saved<'_, T>, g_z: &[T], g_x: &mut InGradients<'_, T>) {
        let Some(g_a) = g_x.get(0) else { return };
        for (g_a, &g_z) in g_a.iter_mut().zip(g_z) {
            [*g_a, _] = Self::contribution(g_z, g_z, g_z, g_z);
        }
    }

    fn flops(&self, x: &[Shape]) -> Flops {
        Flops::new(x[0].len(), x[0].len())
    }

    fn sample(draw: &mut Draw) -> Sample<Self> {
        let a = draw.shape();
        Sample::new(Self, [draw.normal(a)])
    }
}

impl Entrywise for Neg {
    fn entry<T: Real>(a: T, _: T) -> T {
        -a
    }

    fn contribution<T: Real>(_: T, _: T, _: T, g_z: T) -> [T; 2] {
        [-g_z, T::ZERO]
    }
}
