//! Numbers belong to execution: one recorded graph runs in `f32`, in `f64` and in dual numbers.

mod dual;
mod scalar;

pub use dual::Dual;
pub use scalar::Scalar;

use crate::Kernels;

/// A real number that every op can be evaluated in: a [`Scalar`] with its [`Kernels`] over slices.
pub trait Real: Kernels {}

impl<T: Kernels> Real for T {}
