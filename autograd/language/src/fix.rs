//! Applying the changes that messages offer.

use crate::diagnostic::DiagnosticReport;
use crate::open::open_within;

/// How many changes are made to one text; each leaves fewer mistakes, so this is never reached by a text of a person.
const CHANGES_MAX: usize = 1000;

/// A text with the offered changes made.
#[derive(Clone, Debug)]
pub struct Fixed {
    /// The text.
    pub text: String,
    /// What was mended, in this order; each place is that in the text as it was just before.
    pub applied: Vec<DiagnosticReport>,
}

/// Makes the changes that messages about this text offer, one after the other; files that it uses stay as they are.
///
/// What is made of the text may take so many bytes of memory.
pub fn fix(name: &str, text: &str, memory: u64, load: &mut dyn FnMut(&str) -> Result<String, String>) -> Fixed {
    let mut fixed = Fixed {
        text: text.to_string(),
        applied: Vec::new(),
    };
    while fixed.applied.len() < CHANGES_MAX {
        let opened = open_within(name, &fixed.text, memory, load);
        let mended = opened.diagnostics.iter().find_map(|found| {
            let (file, text) = opened.sources.changed(&found.edits)?;
            (file == 0).then(|| (found.report(&opened.sources), text))
        });
        let Some((report, text)) = mended else { break };
        fixed.applied.push(report);
        fixed.text = text;
    }
    fixed
}
