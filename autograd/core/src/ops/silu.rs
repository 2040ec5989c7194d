//! The sigmoid linear unit, also called swish: each entry weighed by its own sigmoid.
//!
//! With `z = a σ(a)` and `σ' = σ (1 - σ)`: `∂z/∂a = σ + a σ (1 - σ) = σ (1 + a (1 - σ))`.
//! **Shapes**: `a` → the same. Cost: 4 operations an entry. At `-∞` it is 0, with the slope 0.
//! Source: Elfwing, Uchibe & Doya, "Sigmoid-weighted linear units" (2017), equations 5 and 6; the gate of SwiGLU in the
//! table of models of deck S3.

use crate::op::prelude::*;

/// Each entry times its sigmoid, `a / (1 + e^-a)`.
///
/// ```
/// use ndarray::array;
/// use tapegrad_autograd::{ops::silu, Tape};
/// let tape = Tape::<f64>::new();
/// let a = tape.input("a", array![0.0, 3.0_f64.ln()]);
/// let z = silu(a);
/// assert_eq!(tape.value(z)[0], 0.0);
/// assert!((tape.value(z)[1] - 0.75 * 3.0_f64.ln()).abs() < 1e-15);
/// assert_eq!(tape.backward(z.sum()).of(a)[0], 0.5);
/// ```
#[track_caller]
pub fn silu(a: Var<'_>) -> Var<'_> {
    Var::record(Silu, &[a])
}

/// The op of [`silu`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Silu;

/// Beyond this on either side the result is 0 or `a`, and the slope 0 or 1; stopping here keeps `∞ · 0` away.
const SATURATED: f64 = 1.0e4;

impl Function for Silu {
    /// `a σ(a)`.
    #[inline(always)]
    fn at<T: Scalar>(a: T) -> T {
        let a = a.maximum(T::from_f64(-SATURATED));
        a * a.sigmoids().0
    }
}

/// The derivative.
struct Slope;

impl Function for Slope {
    /// `σ(a) (1 + a σ(-a))`.
    #[inline(always)]
    fn at<T: Scalar>(a: T) -> T {
        let a = a.maximum(T::from_f64(-SATURATED)).minimum(T::from_f64(SATURATED));
        let (s, rest) = a.sigmoids();
        s * (T::ONE + a * rest)
    }
}

impl Op for Silu {
    const NAME: &'static str = "silu";
    const MEANING: &'static str = "The sigmoid linear unit, also called swish: each entry weighed by its own sigmoid.";
    const SHAPES: &'static str = "[..] -> [..]";
    const WORDS: &'static [Word] = &[Word::unary("silu")];
    const FORWARD: Equations = &[("z", "a / (1 + exp(-a))")];
    const BACKWARD: Equations = &[("g_a", "g_z * sigmoid(a) * (1 + a * (1 - sigmoid(a)))")];
    const OPERANDS: &'static [Operand] = &[Operand::real("a", "the activation")];
    const KEEPS: Keeps = Keeps::INPUTS;

    attributes! {}

    fn expanded<'t>(&self, x: &[Var<'t>]) -> Option<Var<'t>> {
        Some(x[0] * super::sigmoid(x[0]))
    }

    fn forward<T: Real>(&self, x: Inputs<'_, T>, z: &mut [T], _: &mut [T]) {
        T::map::<Self>(&x[0], z);
    }

    fn backward<T: Real>(&self, at: Saved<'_, T>, g_z: &[T], g_x: &mut InGradients<'_, T>) {
        let Some(g_a) = g_x.get(0) else { return };
        T::map_backward::<Slope>(&at.x[0], g_z, g_a);
    }

    fn flops(&self, x: &[Shape]) -> Flops {
        Flops::new(4 * x[0].len(), 8 * x[0].len())
    }

    fn sample(draw: &mut Draw) -> Sample<Self> {
        let a = draw.shape();
        Sample::new(Self, [draw.normal(a)])
    }
}
