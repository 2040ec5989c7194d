//! Whether a gradient is right: the subject is evaluated at a case, and each entry of its gradients is compared with the
//! reference.
//!
//! Reading order: [`evaluation`], [`prepared_case`], [`judge`], [`protocol`] (the whole check of one subject),
//! [`single_precision`], [`verdict_counts`].

pub(crate) mod evaluation;
pub(crate) mod judge;
pub(crate) mod prepared_case;
pub mod protocol;
pub(crate) mod single_precision;
mod verdict_counts;
