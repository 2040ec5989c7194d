//! What an editor asks about a text: what a name stands for, which type it has, and what the text can become.
//!
//! Functions from texts and bytes to texts and bytes, without a protocol; all of them answer about a text with mistakes
//! too. Reading order: [`names`], [`study`](Study), [`types`], `hover`, `rename`, `complete`, `outline`, [`position`].

pub mod names;
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
}

impl Study {
    /// Reads a text, as [`open_within`] does.
    pub fn of(name: &str, text: &str, memory: u64, load: &mut dyn FnMut(&str) -> Result<String, String>) -> Self {
        Self::of_opened(open_within(name, text, memory, load), memory)
    }

    /// The same of a text that was opened; of one that does not parse, what is left of it is checked for its types.
    pub fn of_opened(mut opened: Opened, memory: u64) -> Self {
        let names = Names::of(&opened.file, &opened.sources);
        let is_unread =
            opened.programs.is_empty() && opened.diagnostics.iter().any(crate::diagnostic::Diagnostic::is_error);
        if is_unread {
            opened.notes = check(&opened.file, &opened.sources, memory).notes;
        }
        Self { opened, names }
    }

    /// What is known about places of the text.
    pub fn notes(&self) -> &Notes {
        &self.opened.notes
    }
}
