//! The laws that every op of the registry must meet, and the random operands they are tried on.

mod draw;
pub mod laws;

pub use draw::{Draw, Sample};
