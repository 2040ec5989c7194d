//! The hyperbolic tangent: squashes any number into (-1, 1).
//!
//! With `z = (e^a - e^-a) / (e^a + e^-a)`: `∂z/∂a = 1 - z²`, so the result is all that backward needs.
//! **Shapes**: `a` → the same. Cost: one operation an entry. Source: deck S1, the `φ` of the recurrent network
//! `h_t = φ(W_xh x_t + W_hh h_(t-1) + b_h)`; Elman, "Finding structure in time" (1990).

use crate::op::prelude::*;

/// The hyperbolic tangent of each entry.
///
/// ```
/// use ndarray::array;
/// use tapegrad_autograd::{ops::tanh, Tape};
/// let tape = Tape::<f64>::new();
/// let a = tape.input("a", array![0.0, 0.5 * 3.0_f64.ln()]);
/// let z = tanh(a);
/// assert!((&tape.value(z) - &array![0.0, 0.5]).iter().all(|error| error.abs() < 1e-15));
/// let g_a = tape.backward(z.sum()).of(a);
/// assert!((&g_a - &array![1.0, 0.75]).iter().all(|error| error.abs() < 1e-15));
/// ```
#[track_caller]
pub fn tanh(a: Var<'_>) -> Var<'_> {
    Var::record(Tanh, &[a])
}

/// The op of [`tanh`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tanh;

impl Function for Tanh {
    #[inline(always)]
    fn at<T: Scalar>(a: T) -> T {
        a.tanh()
    }
}

impl Op for Tanh {
    const NAME: &'static str = "tanh";
    const MEANING: &'static str = "The hyperbolic tangent: squashes any number into (-1, 1).";
    const SHAPES: &'static str = "[..] -> [..]";
    const WORDS: &'static [Word] = &[Word::unary("tanh")];
    const FORWARD: Equations = &[("z", "tanh(a)")];
    const BACKWARD: Equations = &[("g_a", "g_z * (1 - z^2)")];
    const OPERANDS: &'static [Operand] = &[Operand::real("a", "the activation")];
    const KEEPS: Keeps = Keeps::OUTPUT;

    attributes! {}

    fn forward<T: Real>(&self, x: Inputs<'_, T>, z: &mut [T], _: &mut [T]) {
        T::map::<Self>(&x[0], z);
    }

    fn backward<T: Real>(&self, at: Saved<'_, T>, g_z: &[T], g_x: &mut InGradients<'_, T>) {
        let Some(g_a) = g_x.get(0) else { return };
        for ((g_a, &g_z), &z) in g_a.iter_mut().zip(g_z).zip(at.y) {
            *g_a = g_z * (T::ONE - z * z);
        }
    }

    fn flops(&self, x: &[Shape]) -> Flops {
        Flops::new(x[0].len(), 3 * x[0].len())
    }

    fn sample(draw: &mut Draw) -> Sample<Self> {
        let a = draw.shape();
        Sample::new(Self, [draw.normal(a)])
    }
}
