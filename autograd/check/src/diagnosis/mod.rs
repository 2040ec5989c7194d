//! Which mistake explains a wrong gradient, and the smallest case that shows it.
//!
//! Reading order: [`mistake`], [`hypotheses`] (the gradient that each mistake would give), [`expanded_graph`] and
//! [`program_edit`] (two sources of them), [`diagnose`] (the search), [`shrink`], [`counterexample`], [`explanation`].

pub(crate) mod counterexample;
pub(crate) mod diagnose;
pub(crate) mod expanded_graph;
pub(crate) mod explanation;
pub(crate) mod hypotheses;
pub(crate) mod mistake;
pub(crate) mod program_edit;
pub mod shrink;
