//! Whole-slice operations: the plain loop is the definition, the fast kernel stands beside it.

mod gemm;

pub use gemm::Gemm;

use crate::numbers::Real;

/// Operations on whole slices that a number type may have a faster version of.
///
/// Every default is the plain loop; it is the reference, and what [`Dual`](crate::numbers::Dual) runs.
/// `f32` and `f64` replace the ones where vector instructions or threads pay.
pub trait Kernels: Sized {
    /// `c = op(a) · op(b)`, or `c += op(a) · op(b)`; see [`Gemm`].
    fn gemm(sizes: Gemm, a: &[Self], b: &[Self], c: &mut [Self])
    where
        Self: Real,
    {
        gemm::plain(sizes, a, b, c);
    }
}

impl Kernels for f32 {}
impl Kernels for f64 {}
