//! The grader: a submission is compiled into a program that answers questions, and the tests judge the answers.
//!
//! Reading order. The program's side: `compile`, `server.rs`, which answers the questions, and `wire`, arrays as text.
//! The grader's side: `process` and `output`, an untrusted program and what it prints; `session`, questions and
//! answers; `submission`, a submission as tests see it; `grading`, which runs the tests; `verdict` and `report`, with
//! its two other forms `gradescope` and `classroom`. What keeps the two sides apart: `source`, which reads what is handed
//! in, and [`isolation`], what a submission and its compiler can reach.

pub(crate) mod classroom;
pub(crate) mod compile;
pub(crate) mod gradescope;
mod grading;
pub mod isolation;
mod output;
mod process;
mod report;
pub(crate) mod session;
mod source;
mod submission;
pub(crate) mod verdict;
mod wire;

pub use grading::{Grading, Progress, Stage, Tests, Untold};
pub use isolation::Isolation;
pub use process::Limits;
pub use report::GradeReport;
pub use submission::{Complaint, ModuleSpec, Submission};
pub use verdict::TestVerdict;
