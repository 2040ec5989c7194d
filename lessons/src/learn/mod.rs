//! Lessons that are stepped through: every forward() and every backward() of a real run, with predictions.
//!
//! Reading order. The run: [`trace`], [`mod@record`], [`difference`], [`local`], [`paths`]; how it is put into words:
//! `phrase`, [`numeral`], `words`. The lesson: [`lesson`], [`mod@format`], [`prose`], [`evaluate`], [`visible`],
//! [`answer`], [`property`], [`shelf`]. The learner: [`state`], [`change`], [`screen`], [`mod@view`], `turn`, `checks`,
//! `panels`; then the three renderers [`plain`], [`tui`] with [`keys`] and [`menu`], and [`mod@page`]. Around them:
//! [`progress`], [`mod@report`], [`doctor`], [`coverage`], [`template`].

pub mod answer;
pub mod change;
mod checks;
pub mod coverage;
pub mod difference;
pub mod doctor;
pub mod evaluate;
pub mod format;
pub mod keys;
pub mod lesson;
mod lines;
pub mod local;
pub mod menu;
pub mod numeral;
pub mod page;
mod page_blocks;
mod page_data;
mod panels;
pub mod paths;
mod phrase;
pub mod plain;
pub mod progress;
pub mod property;
pub mod prose;
pub mod record;
pub mod report;
pub mod screen;
pub mod shelf;
pub mod state;
pub mod template;
pub mod trace;
pub mod tui;
mod turn;
pub mod view;
pub mod visible;
mod words;
mod wrap;

pub use lesson::{Folder, Lesson};
pub use record::{Differences, record};
pub use screen::Screen;
pub use state::{Action, State};
pub use trace::Trace;
pub use view::view;
