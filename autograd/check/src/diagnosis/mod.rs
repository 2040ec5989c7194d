//! Which mistake explains a wrong gradient, and the smallest case that shows it.

pub mod bank;
pub mod diagnose;
pub mod edited;
pub mod example;
pub(crate) mod explanation;
mod local;
pub mod opened;
pub mod shrink;
