//! Which mistake explains a wrong gradient, and the smallest case that shows it.
//!
//! Reading order: [`diagnose`] (the search), [`shrink`], [`counterexample`].

pub(crate) mod counterexample;
pub(crate) mod diagnose;
pub mod shrink;
