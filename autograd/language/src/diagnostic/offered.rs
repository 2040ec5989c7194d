//! Which changes are offered: those with which the program has fewer mistakes.
//!
//! A mistake may suggest several changes. Each is applied, and the program is checked again; a change is offered only
//! if it is the only one that mends something, because a program that checks need not be the one that was meant.

use super::{Diagnostic, Edit};
use crate::syntax::span::Sources;

/// For how many mistakes changes are tried; a text with more has other troubles.
const TRIED_MAX: usize = 20;

/// How wrong a text is; the less, the better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Faults {
    /// Mistakes of the grammar. While there are some, no others are looked for.
    pub grammar: usize,
    /// All other mistakes.
    pub mistakes: usize,
    /// Warnings.
    pub warnings: usize,
}

impl Faults {
    /// True if this text is the mended form of one with other faults; warnings count only if the change is about one.
    fn mends(self, of: Self, is_error: bool) -> bool {
        if is_error {
            (self.grammar, self.mistakes) < (of.grammar, of.mistakes)
        } else {
            self < of
        }
    }
}

/// Keeps of each mistake's changes those that are offered; `faults` counts what is wrong with the sources when the text
/// of one file is replaced.
pub(crate) fn settle(
    diagnostics: &mut [Diagnostic],
    sources: &Sources,
    now: Faults,
    faults: &mut dyn FnMut(usize, &str) -> Faults,
) {
    let mut tried = 0;
    for found in diagnostics {
        let choices: Vec<Vec<Edit>> = std::mem::take(&mut found.choices);
        if choices.is_empty() {
            continue;
        }
        tried += 1;
        if tried > TRIED_MAX {
            continue;
        }
        let mends = |edits: &Vec<Edit>| {
            let (file, text) = sources.changed(edits)?;
            faults(file, &text).mends(now, found.is_error()).then(|| edits.clone())
        };
        let mut right: Vec<Vec<Edit>> = choices.iter().filter_map(mends).collect();
        if right.len() == 1 {
            found.edits = right.remove(0);
        }
    }
}
