//! Which mistake explains a wrong gradient, and the smallest case that shows it.
//!
//! Reading order: [`diagnose`] (the search), [`context`] (what else the draws say), [`fitted`] (mistakes with
//! a number in them), [`pattern`] (where the wrong entries are), [`paths`] (which shares of the upstream gradient are
//! wrong), [`symptom`] (what must stay),
//! [`cut`] and [`shrink`] (smaller cases), [`counterexample`].

pub(crate) mod context;
pub(crate) mod counterexample;
pub(crate) mod cut;
pub(crate) mod diagnose;
mod example_test;
pub(crate) mod fitted;
mod path_factor;
pub(crate) mod paths;
pub(crate) mod pattern;
pub mod shrink;
pub(crate) mod symptom;
