//! The number types that every op is compiled for.

use crate::kernels::Kernels;
use crate::numbers::Dual;
use crate::op::{InGradients, Inputs, Saved, ValueError};
use crate::ops::AnyOp;

/// A real number that every op can be evaluated in: a [`Scalar`](super::Scalar) with its [`Kernels`].
///
/// The ops are compiled once for each number type, in the package that implements this trait with
/// [`real!`](crate::real), and not again in each package that runs a tape: these functions are not generic.
pub trait Real: Kernels {
    /// An error if these values have no result; see [`Op::admits`](crate::Op::admits).
    fn op_admits(op: &AnyOp, x: Inputs<'_, Self>) -> Result<(), ValueError>;

    /// Computes the result; see [`Op::forward`](crate::Op::forward).
    fn op_forward(op: &AnyOp, x: Inputs<'_, Self>, y: &mut [Self], notes: &mut [Self]);

    /// Computes the result over an operand; see [`Op::rewrite`](crate::Op::rewrite).
    fn op_rewrite(op: &AnyOp, x: Inputs<'_, Self>, y: &mut [Self]);

    /// Computes the in-gradients; see [`Op::backward`](crate::Op::backward).
    fn op_backward(op: &AnyOp, at: Saved<'_, Self>, g_y: &[Self], g_x: &mut InGradients<'_, Self>);
}

/// Compiles all ops for number types that have [`Kernels`].
#[macro_export]
macro_rules! real {
    ($($number:ty)*) => { $(
        impl $crate::numbers::Real for $number {
            fn op_admits(op: &$crate::ops::AnyOp, x: $crate::op::Inputs<'_, Self>) -> Result<(), $crate::op::ValueError> {
                op.admits_as(x)
            }

            fn op_forward(op: &$crate::ops::AnyOp, x: $crate::op::Inputs<'_, Self>, y: &mut [Self], notes: &mut [Self]) {
                op.forward_as(x, y, notes);
            }

            fn op_rewrite(op: &$crate::ops::AnyOp, x: $crate::op::Inputs<'_, Self>, y: &mut [Self]) {
                op.rewrite_as(x, y);
            }

            fn op_backward(
                op: &$crate::ops::AnyOp,
                at: $crate::op::Saved<'_, Self>,
                g_y: &[Self],
                g_x: &mut $crate::op::InGradients<'_, Self>,
            ) {
                op.backward_as(at, g_y, g_x);
            }
        }
    )* };
}

real! { f32 f64 Dual }
