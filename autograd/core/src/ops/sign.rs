//! The sign of each entry: 1, -1, or 0 at 0.
//!
//! The function is constant between its jumps, so its derivative is 0; at a jump there is none, and 0 is stated too.
//! A NaN stays one.
//! **Shapes**: `a` → the same. Cost: 1 operation an entry. Source: the usual definition.

use crate::op::prelude::*;

/// The sign of each entry: 1, -1, or 0 at 0.
///
/// ```
/// use ndarray::array;
/// use tapegrad_autograd::{ops::sign, Tape};
/// let tape = Tape::<f64>::new();
/// let a = tape.input("a", array![3.0, 0.0, -0.5]);
/// let z = sign(a);
/// assert_eq!(tape.value(z), array![1.0, 0.0, -1.0].into_dyn());
/// assert_eq!(tape.backward(z.sum()).of(a)[0], 0.0);
/// ```
#[track_caller]
pub fn sign(a: Var<'_>) -> Var<'_> {
    Var::record(Sign, &[a])
}

/// The op of [`sign`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sign;

impl Op for Sign {
    const NAME: &'static str = "sign";
    const MEANING: &'static str = "The sign of each entry: 1, -1, or 0 at 0.";
    const SHAPES: &'static str = "[..] -> [..]";
    const WORDS: &'static [Word] = &[Word::unary("sign")];
    const FORWARD: Equations = &[("z", "sign(a)")];
    const BACKWARD: Equations = &[("g_a", "0 * g_z")];
    const OPERANDS: &'static [Operand] = &[Operand::real("a", "numbers")];
    const KEEPS: Keeps = Keeps::NOTHING;

    attributes! {}

    fn forward<T: Real>(&self, x: Inputs<'_, T>, z: &mut [T], _: &mut [T]) {
        z.iter_mut().zip(&x[0]).for_each(|(z, &a)| *z = if a == T::ZERO || a.is_nan() { a } else { T::from_f64(a.to_f64().signum()) });
    }

    fn backward<T: Real>(&self, _: Saved<'_, T>, _: &[T], g_x: &mut InGradients<'_, T>) {
        let Some(g_a) = g_x.get(0) else { return };
        g_a.fill(T::ZERO);
    }

    fn flops(&self, x: &[Shape]) -> Flops {
        Flops::new(x[0].len(), 0)
    }

    fn sample(draw: &mut Draw) -> Sample<Self> {
        let a = draw.shape();
        Sample::new(Self, [draw.away_from_zero(a)])
    }
}
