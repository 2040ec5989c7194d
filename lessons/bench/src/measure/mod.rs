//! The timing machinery: how a workload is measured, alone or in turns with another framework.
//!
//! Reading order: [`timing`], which runs a workload; `spread` and [`row`], its result; [`machine`], what it was
//! measured on. `peer` is another framework in a process of its own, and [`pairs`] runs the two in turns. [`memory`] and
//! [`scaling`] answer one more question each.

pub mod machine;
pub mod memory;
pub mod pairs;
mod peer;
pub mod row;
pub mod scaling;
mod spread;
pub mod timing;
