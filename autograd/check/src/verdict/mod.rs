//! Whether a gradient is right: what a subject answers, what the witnesses say, and what is concluded from both.

pub mod evaluation;
pub mod judge;
pub mod prepared_case;
pub mod protocol;
pub mod single_precision;
mod verdict_counts;
