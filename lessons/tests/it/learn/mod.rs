//! Lessons: the doctor, the three renderers, the state, the page, the command.

pub mod answers;
mod command;
mod documents;
mod keyboard;
pub mod long;
mod page;
mod pictures;
mod progress;
mod reductions;
mod renderers;
mod run;
pub mod spellings;
mod terminal;

use std::rc::Rc;

use tapegrad_lessons::learn::{FiniteDifferences, Lesson, bundled};

/// A lesson by its name, with all its differences.
fn lesson(name: &str) -> Rc<Lesson> {
    let (_, folder) = bundled::find(name).unwrap();
    Rc::new(Lesson::open(&folder, FiniteDifferences::Taken).unwrap())
}

/// All lessons that come with the program.
fn lessons() -> Vec<Rc<Lesson>> {
    bundled::lessons().iter().map(|(id, _)| lesson(id)).collect()
}
