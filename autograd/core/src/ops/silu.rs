//! The sigmoid linear unit, also called swish: each entry weighed by its own sigmoid.
//!
//! With `z = a σ(a)` and `σ' = σ (1 - σ)`: `∂z/∂a = σ + a σ (1 - σ) = σ (1 + a (1 - σ))`.
//! **Shapes**: `a` → the same. Cost: 4 operations an entry. At `-∞` it is 0, with the slope 0.
//! Source: Elfwing, Uchibe & Doya, "Sigmoid-weighted linear units" (2017), equations 5 and 6; the gate of SwiGLU in the
//! table of models of deck S3.

use super::elementwise::unary;
use crate::numbers::Real;
use crate::op::{Draw, Flops, InGradients, Inputs, Keeps, Op, Operand, Sample, Saved};
use crate::shape::{Shape, ShapeError};
use crate::var::Var;

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

impl Op for Silu {
    const NAME: &'static str = "silu";
    const FORWARD: &'static str = "z = a / (1 + exp(-a))";
    const BACKWARD: &'static str = "g_a = g_z * sigmoid(a) * (1 + a * (1 - sigmoid(a)))";
    const OPERANDS: &'static [Operand] = &[Operand::real("a")];
    const KEEPS: Keeps = Keeps::INPUTS;

    fn shape(&self, x: &[Shape]) -> Result<Shape, ShapeError> {
        unary(x)
    }

    fn forward<T: Real>(&self, x: Inputs<'_, T>, z: &mut [T], _: &mut [T]) {
        T::silu_slice(&x[0], z);
    }

    fn backward<T: Real>(&self, at: Saved<'_, T>, g_z: &[T], g_x: &mut InGradients<'_, T>) {
        let Some(g_a) = g_x.get(0) else { return };
        T::silu_slice_backward(&at.x[0], g_z, g_a);
    }

    fn flops(&self, x: &[Shape]) -> Flops {
        Flops::new(4 * x[0].len(), 8 * x[0].len())
    }

    fn sample(draw: &mut Draw) -> Sample<Self> {
        let a = draw.shape();
        Sample::new(Self, [draw.normal(a)])
    }
}
