//! How fast this machine does standard work, alone and side by side with another framework.
//!
//! Reading order: [`work`], the standard workloads; [`measure`], the timing machinery.
//!
//! It is a package of its own because a workload that loops over ops is compiled where the loop is written: here it is
//! optimised as fully as what it times, while the command around it is not.

#![forbid(unsafe_code)]

mod error;
pub mod measure;
pub mod work;

pub use error::BenchError;
