//! Numbers belong to execution: one recorded graph runs in `f32`, in `f64` and in dual numbers.

mod dual;
mod scalar;

pub use dual::Dual;
pub use scalar::Scalar;
