//! Lessons: the doctor, the three renderers, the state, the page, the command.

#[path = "learn/command.rs"]
mod command;
#[path = "learn/documents.rs"]
mod documents;
#[path = "learn/keyboard.rs"]
mod keyboard;
#[path = "learn/long.rs"]
mod long;
#[path = "learn/page.rs"]
mod page;
#[path = "learn/pictures.rs"]
mod pictures;
#[path = "learn/renderers.rs"]
mod renderers;
#[path = "learn/run.rs"]
mod run;

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
