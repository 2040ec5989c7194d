//! A learner in a lesson: where the learner is, which answers were given, and what is kept in a file.
//!
//! Reading order: `state`, the state machine, and `status`; `answer`, which judges answers; `change`, a run with a
//! changed value; `progress`, the learner's file; `report`, answers from a file judged at once.

pub(crate) mod answer;
pub(crate) mod change;
pub(crate) mod progress;
pub(crate) mod report;
pub(crate) mod state;
pub(crate) mod status;

pub use report::report;
pub use state::{Action, LessonState, ScreenPanel, TextEntry};
pub use status::Status;
