//! Whether a gradient is right: what a subject answers, what the witnesses say, and what is concluded from both.

pub mod answer;
pub mod exam;
pub mod judge;
pub mod prepared;
pub mod protocol;
pub mod single;
mod tally;
