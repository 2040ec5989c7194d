//! The sine of each entry, an angle in radians.
//!
//! `∂z/∂a = cos a`: at angle 0 the point on the unit circle moves straight up, at a quarter turn sideways.
//! **Shapes**: `a` → the same. Cost: 1 operation an entry. Source: deck S4, positions as sines and cosines.

use crate::op::prelude::*;

/// The sine of each entry, an angle in radians.
///
/// ```
/// use ndarray::array;
/// use tapegrad_autograd::{ops::sin, Tape};
/// let tape = Tape::<f64>::new();
/// let a = tape.input("a", array![0.0, std::f64::consts::FRAC_PI_2]);
/// let z = sin(a);
/// assert_eq!(tape.value(z), array![0.0, 1.0].into_dyn());
/// assert_eq!(tape.backward(z.sum()).of(a)[0], 1.0);
/// ```
#[track_caller]
pub fn sin(a: Var<'_>) -> Var<'_> {
    Var::record(Sin, &[a])
}

/// The op of [`sin`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sin;

impl Op for Sin {
    const NAME: &'static str = "sin";
    const MEANING: &'static str = "The sine of each entry, an angle in radians.";
    const SHAPES: &'static str = "[..] -> [..]";
    const WORDS: &'static [Word] = &[Word::unary("sin")];
    const FORWARD: Equations = &[("z", "sin(a)")];
    const BACKWARD: Equations = &[("g_a", "g_z * cos(a)")];
    const OPERANDS: &'static [Operand] = &[Operand::real("a", "angles in radians")];
    const KEEPS: Keeps = Keeps::INPUTS;

    attributes! {}

    fn forward<T: Real>(&self, x: Inputs<'_, T>, z: &mut [T], _: &mut [T]) {
        z.iter_mut().zip(&x[0]).for_each(|(z, &a)| *z = a.sin());
    }

    fn backward<T: Real>(&self, at: Saved<'_, T>, g_z: &[T], g_x: &mut InGradients<'_, T>) {
        let Some(g_a) = g_x.get(0) else { return };
        for ((g_a, &g_z), &a) in g_a.iter_mut().zip(g_z).zip(&at.x[0]) {
            *g_a = g_z * a.cos();
        }
    }

    fn flops(&self, x: &[Shape]) -> Flops {
        Flops::new(x[0].len(), 2 * x[0].len())
    }

    fn sample(draw: &mut Draw) -> Sample<Self> {
        let a = draw.shape();
        Sample::new(Self, [draw.normal(a)])
    }
}
