//! The exponential of each entry.
//!
//! `z = e^a` is its own derivative, `∂z/∂a = e^a = z`, so the result is all that backward needs.
//! `e^-∞ = 0` exactly, with the slope 0: what a mask of `-∞` relies on. Above 709 (88 in `f32`) the result is infinite.
//! **Shapes**: `a` → the same. Cost: one operation an entry.
//! Source: deck S0, the `exp` of the sigmoid; deck S4, masking.

use crate::op::prelude::*;

/// The exponential `e^a` of each entry.
///
/// ```
/// use ndarray::array;
/// use tapegrad_autograd::{ops::exp, Tape};
/// let tape = Tape::<f64>::new();
/// let a = tape.input("a", array![0.0, 2.0_f64.ln(), f64::NEG_INFINITY]);
/// let z = exp(a);
/// assert!((&tape.value(z) - &array![1.0, 2.0, 0.0]).iter().all(|error| error.abs() < 1e-15));
/// assert_eq!(tape.backward(z.sum()).of(a), tape.value(z));
/// ```
#[track_caller]
pub fn exp(a: Var<'_>) -> Var<'_> {
    Var::record(Exp, &[a])
}

/// The op of [`exp`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exp;

impl Function for Exp {
    #[inline(always)]
    fn at<T: Scalar>(a: T) -> T {
        a.exp()
    }
}

impl Op for Exp {
    const NAME: &'static str = "exp";
    const MEANING: &'static str = "The exponential of each entry.";
    const SHAPES: &'static str = "[..] -> [..]";
    const WORDS: &'static [Word] = &[Word::unary("exp")];
    const FORWARD: Equations = &[("z", "exp(a)")];
    const BACKWARD: Equations = &[("g_a", "g_z * z")];
    const OPERANDS: &'static [Operand] = &[Operand::real("a", "the exponent")];
    const KEEPS: Keeps = Keeps::OUTPUT;

    attributes! {}

    fn forward<T: Real>(&self, x: Inputs<'_, T>, z: &mut [T], _: &mut [T]) {
        T::map::<Self>(&x[0], z);
    }

    fn backward<T: Real>(&self, at: Saved<'_, T>, g_z: &[T], g_x: &mut InGradients<'_, T>) {
        let Some(g_a) = g_x.get(0) else { return };
        for ((g_a, &g_z), &z) in g_a.iter_mut().zip(g_z).zip(at.y) {
            *g_a = g_z * z;
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
