//! How much memory a program may take: one budget, from which everything is taken before it is built.
//!
//! What is counted: the values of a checked program, the nodes of a graph with their numbers, lines of a derivative,
//! boxes of a picture. Each has a price in bytes, on the safe side. Whoever builds something takes its price first, so
//! a program that asks for too much is refused at its place, and nothing has been allocated.

pub use tapegrad_core::memory::{Budget, MEMORY, TooMuch};

/// A value of a checked program, with the lines of its derivative and its box in a picture.
pub(crate) const VALUE: u64 = 2_000;

/// An axis of such a value, with its size.
pub(crate) const AXIS: u64 = 1_000;

/// A node of a graph, without its numbers.
pub(crate) const NODE: u64 = 1_000;

/// One number of an answer, as JSON and its text.
pub(crate) const ANSWER: u64 = 150;
