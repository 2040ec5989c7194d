//! Elementary functions of one number, for the loops of the fast kernels.

mod double;
mod single;

use pulp::Simd;

/// Elementary functions that become vector instructions where the number type has a form for them.
pub trait Elementary: Sized {
    /// `exp(x)`.
    fn exp_at<S: Simd>(self) -> Self;

    /// `tanh(x)`.
    fn tanh_at<S: Simd>(self) -> Self;

    /// `(σ(x), σ(-x))`, both accurate to the last places however small.
    fn sigmoids_at<S: Simd>(self) -> (Self, Self);
}
