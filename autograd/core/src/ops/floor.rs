//! The largest whole number that is not above each entry.
//!
//! The function is constant between its jumps, so its derivative is 0; at a jump there is none, and 0 is stated too.
//! An infinite entry and NaN stay as they are.
//! **Shapes**: `a` → the same. Cost: 1 operation an entry. Source: the usual definition.

use crate::op::prelude::*;

/// The largest whole number that is not above each entry.
///
/// ```
/// use ndarray::array;
/// use tapegrad_autograd::{ops::floor, Tape};
/// let tape = Tape::<f64>::new();
/// let a = tape.input("a", array![1.5, -1.5]);
/// let z = floor(a);
/// assert_eq!(tape.value(z), array![1.0, -2.0].into_dyn());
/// assert_eq!(tape.backward(z.sum()).of(a)[0], 0.0);
/// ```
#[track_caller]
pub fn floor(a: Var<'_>) -> Var<'_> {
    Var::record(Floor, &[a])
}

/// The op of [`floor`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Floor;

impl Op for Floor {
    const NAME: &'static str = "floor";
    const MEANING: &'static str = "The largest whole number that is not above each entry.";
    const SHAPES: &'static str = "[..] -> [..]";
    const WORDS: &'static [Word] = &[Word::unary("floor")];
    const FORWARD: Equations = &[("z", "floor(a)")];
    const BACKWARD: Equations = &[("g_a", "0 * g_z")];
    const OPERANDS: &'static [Operand] = &[Operand::real("a", "numbers")];
    const KEEPS: Keeps = Keeps::NOTHING;

    attributes! {}

    fn forward<T: Real>(&self, x: Inputs<'_, T>, z: &mut [T], _: &mut [T]) {
        z.iter_mut().zip(&x[0]).for_each(|(z, &a)| *z = T::from_f64(a.to_f64().floor()));
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
        Sample::new(Self, [draw.normal(a).mapv(|a| a.floor() + 0.2 + 0.6 * (a - a.floor()))])
    }
}
