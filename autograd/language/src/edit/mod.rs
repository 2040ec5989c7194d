//! What an editor asks about a text: what a name stands for, which type it has, and what the text can become.
//!
//! Functions from texts and bytes to texts and bytes, without a protocol; all of them answer about a text with mistakes
//! too. Reading order: [`names`], [`study`](Study), [`types`], `hover`, `rename`, `complete`, `outline`, [`position`].

mod alike;
pub mod complete;
mod cursor;
pub mod hover;
pub mod names;
pub mod outline;
pub mod position;
mod rename;
pub mod types;

use crate::meaning::check::check;
use crate::meaning::notes::Notes;
use crate::open::{Opened, open_within};
use names::Names;

/// A text with all that is known about it.
#[derive(Clone, Debug)]
pub struct Study {
    /// The text, opened.
    pub opened: Opened,
    /// What its names stand for.
    pub names: Names,
    memory: u64,
}

impl Study {
    /// Reads a text, as [`open_within`] does.
    pub fn of(name: &str, text: &str, memory: u64, load: &mut dyn FnMut(&str) -> Result<String, String>) -> Self {
        Self::of_opened(open_within(name, text, memory, load), memory)
    }

    /// The same of a text that was opened; of one that does not parse, what is left of it is checked for its types.
    pub fn of_opened(mut opened: Opened, memory: u64) -> Self {
        let names = Names::of(&opened.file, &opened.sources);
        if opened.notes.is_empty() {
            opened.notes = check(&opened.file, &opened.sources, memory).notes;
        }
        Self { opened, names, memory }
    }

    /// What is known about places of the text.
    pub fn notes(&self) -> &Notes {
        &self.opened.notes
    }

    /// Another text in place of this one, with the same files beside it.
    fn with_text(&self, text: &str) -> Self {
        let files = self.opened.sources.files();
        Self::of(&files[0].name, text, self.memory, &mut |used| {
            let known = files[1..].iter().find(|file| file.name == used);
            known
                .map(|file| file.text.clone())
                .ok_or_else(|| "it was not read before".to_string())
        })
    }
}
