//! Lessons that are stepped through: every forward() and every backward() of a real run, with predictions.
//!
//! Reading order: [`run`], the program is executed and recorded; [`lesson`], what an author writes; [`session`], what
//! the learner does; [`screen`], what the learner sees, with three renderers; [`doctor`], which examines a lesson;
//! [`two_layer`], the lecture's table of one network as a document and as text.

pub mod doctor;
pub mod lesson;
pub mod run;
pub mod screen;
pub mod session;
pub mod two_layer;

pub use lesson::{Lesson, LessonFolder, bundled};
pub use run::{FiniteDifferences, Trace, record};
pub use screen::{Screen, page, plain, view};
pub use session::{Action, LessonState};
