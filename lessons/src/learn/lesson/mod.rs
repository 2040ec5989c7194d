//! A lesson as its author writes it: four files in a folder, loaded together with the run they describe.
//!
//! Reading order: `format`, the fields of `lesson.toml`; `prose`, the sections of `text.md`; `load`, a folder becomes a
//! [`Lesson`]; `evaluate` and `visible`, the expressions in texts and answers and what they may use; `needs`, the numbers that a question needs; `property`, claims
//! that are tried on random numbers; [`bundled`], the lessons that come with the program; `template`, a first lesson
//! for authors; [`coverage`], the table of the lectures' rows.

pub mod bundled;
pub mod coverage;
pub(crate) mod evaluate;
pub(crate) mod format;
pub(crate) mod load;
pub(crate) mod needs;
pub(crate) mod property;
pub mod prose;
pub mod template;
pub(crate) mod visible;

pub use evaluate::evaluate;
pub use format::{AnswerKind, Answers, Question};
pub use load::{Lesson, LessonFolder};
pub use visible::Visible;
