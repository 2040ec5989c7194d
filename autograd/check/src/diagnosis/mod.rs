//! Which mistake explains a wrong gradient, and the smallest case that shows it.

pub mod counterexample;
pub mod diagnose;
pub mod expanded_graph;
pub(crate) mod explanation;
pub mod hypotheses;
pub mod mistake;
pub mod program_edit;
pub mod shrink;
