//! Why a program is no language model.

use tapegrad_language::diagnostic::Diagnostic;
use tapegrad_language::span::{Sources, Span};

/// A program cannot be trained as a language model.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {what}; {mend}")]
pub struct ProgramError {
    /// The file, with line and column where there is one.
    pub place: String,
    /// What is wrong.
    pub what: String,
    /// What would be right.
    pub mend: String,
}

impl ProgramError {
    /// An error at a place of the program.
    pub(super) fn at(sources: &Sources, span: Span, what: impl Into<String>, mend: impl Into<String>) -> Self {
        let place = sources.position(span);
        Self {
            place: format!("{}:{}:{}", place.file, place.line, place.column),
            what: what.into(),
            mend: mend.into(),
        }
    }

    /// An error about the program as a whole.
    pub(super) fn of_file(file: &str, what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self {
            place: file.to_string(),
            what: what.into(),
            mend: mend.into(),
        }
    }

    /// A mistake that the language finds.
    pub(super) fn mistake(sources: &Sources, found: &Diagnostic) -> Self {
        let report = found.report(sources);
        let place = &report.primary;
        Self {
            place: format!("{}:{}:{}", place.file, place.line, place.column),
            what: format!("{} {}: {}", report.code, report.title, place.text),
            mend: report
                .help
                .unwrap_or_else(|| "`tapegrad graph check` shows the place".into()),
        }
    }
}
