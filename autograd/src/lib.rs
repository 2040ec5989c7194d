//! tmp
pub mod kernels;
pub mod numbers;
