//! Whether a gradient is right: each entry of an evaluation is compared with the reference.
//!
//! Reading order: [`judge`], [`single_precision`].

pub(crate) mod judge;
pub(crate) mod single_precision;
