//! Numbers belong to execution: one recorded graph runs in `f32`, in `f64` and in dual numbers.

mod real;

pub use real::Real;
pub use tapegrad_kernels::numbers::{Dual, Scalar};
