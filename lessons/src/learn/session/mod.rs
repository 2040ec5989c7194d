//! A learner in a lesson: where the learner is, which answers were given, and what is kept in a file.
//!
//! Reading order: `state`, the state machine, and `status`; `typed`, what a learner types, and `answer`, which judges
//! it; `change`, a run with a changed value; `progress`, what is kept of a lesson, `file`, where, and `keeper`, which
//! writes it after each action; `report`, answers from a file judged at once.

pub(crate) mod answer;
pub(crate) mod change;
pub(crate) mod file;
pub(crate) mod keeper;
pub(crate) mod progress;
pub(crate) mod report;
pub(crate) mod state;
pub(crate) mod status;
pub(crate) mod typed;

pub use report::report;
pub use state::{Action, LessonState, ScreenPanel, TextEntry};
pub use status::{Status, Tone};
