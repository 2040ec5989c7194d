//! Subjects with a mistake planted in them, and the checker's own score: how many of them it finds and names.

pub(crate) mod mutant;
pub(crate) mod mutation;
pub mod score;
