//! How fast this machine does standard work, alone and side by side with another framework.
//!
//! Reading order: [`work`], the standard workloads; [`measure`], the timing machinery.

mod error;
pub mod measure;
pub mod work;

pub use error::BenchError;
