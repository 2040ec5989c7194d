//! A mistake or warning as a value: code, places, notes, help, and the change that would correct it.

pub mod code;
mod render;

use serde::Serialize;

use crate::span::{Sources, Span};
use code::{Code, Severity};

/// A place with a sentence about it.
#[derive(Clone, Debug)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// The sentence; may be empty.
    pub text: String,
}

/// One change of the source text.
#[derive(Clone, Debug)]
pub struct Edit {
    /// The place whose text is removed; empty for an insertion.
    pub span: Span,
    /// The text that is inserted.
    pub text: String,
}

impl Sources {
    /// The number and the text of the file in which these changes are, with the changes made; `None` without changes.
    pub fn changed(&self, edits: &[Edit]) -> Option<(usize, String)> {
        let start = edits.first()?.span.start as usize;
        let number = self.files().iter().rposition(|file| file.base <= start)?;
        let file = &self.files()[number];
        let mut text = file.text.clone();
        let mut edits: Vec<&Edit> = edits.iter().collect();
        edits.sort_by_key(|edit| std::cmp::Reverse(edit.span.start));
        for edit in edits {
            text.replace_range(
                edit.span.start as usize - file.base..edit.span.end as usize - file.base,
                &edit.text,
            );
        }
        Some((number, text))
    }
}

/// One mistake or warning.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    /// The code of this kind of mistake.
    pub code: Code,
    /// The place of the mistake.
    pub primary: Label,
    /// Related places.
    pub others: Vec<Label>,
    /// Remarks.
    pub notes: Vec<String>,
    /// How to correct it.
    pub help: Option<String>,
    /// Changes that do what the help says; empty if a person has to decide.
    pub edits: Vec<Edit>,
    /// The changes that come into question; opening a text makes [`edits`](Self::edits) of the one that mends it.
    pub(crate) choices: Vec<Vec<Edit>>,
}

impl Diagnostic {
    /// A mistake at a place.
    pub fn new(code: Code, span: Span, text: impl Into<String>) -> Self {
        Self {
            code,
            primary: Label {
                span,
                text: text.into(),
            },
            others: Vec::new(),
            notes: Vec::new(),
            help: None,
            edits: Vec::new(),
            choices: Vec::new(),
        }
    }

    /// Adds a related place.
    pub fn with(mut self, span: Span, text: impl Into<String>) -> Self {
        self.others.push(Label {
            span,
            text: text.into(),
        });
        self
    }

    /// Adds a remark.
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    /// Adds how to correct it.
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    /// Adds a change that may correct it, to those that belong together.
    pub fn edit(mut self, span: Span, text: impl Into<String>) -> Self {
        let text = text.into();
        match self.choices.last_mut() {
            Some(together) => together.push(Edit { span, text }),
            None => self.choices.push(vec![Edit { span, text }]),
        }
        self
    }

    /// Adds another change that may correct it instead.
    pub fn or_edit(mut self, span: Span, text: impl Into<String>) -> Self {
        let text = text.into();
        self.choices.push(vec![Edit { span, text }]);
        self
    }

    /// True for a mistake, false for a warning.
    pub fn is_error(&self) -> bool {
        self.code.severity() == Severity::Error
    }

    /// The text of the file with the suggested changes, if there are any.
    pub fn mended(&self, sources: &Sources) -> Option<String> {
        sources.changed(&self.edits).map(|(_, text)| text)
    }

    /// The diagnostic as plain text, with the lines of the source.
    pub fn render(&self, sources: &Sources) -> String {
        render::text(self, sources)
    }

    /// The diagnostic as data for other programs.
    pub fn report(&self, sources: &Sources) -> DiagnosticReport {
        let place = |label: &Label| LabelReport::of(label, sources);
        DiagnosticReport {
            code: self.code.name(),
            severity: self.code.severity(),
            title: self.code.title(),
            primary: place(&self.primary),
            others: self.others.iter().map(place).collect(),
            notes: self.notes.clone(),
            help: self.help.clone(),
            edits: self
                .edits
                .iter()
                .map(|edit| {
                    LabelReport::of(
                        &Label {
                            span: edit.span,
                            text: edit.text.clone(),
                        },
                        sources,
                    )
                })
                .collect(),
        }
    }
}

/// A diagnostic as data: what `--json` prints.
#[derive(Clone, Debug, Serialize)]
pub struct DiagnosticReport {
    /// The name of the code, such as `E01`.
    pub code: &'static str,
    /// Error or warning.
    pub severity: Severity,
    /// One line about the kind of mistake.
    pub title: &'static str,
    /// The place of the mistake.
    pub primary: LabelReport,
    /// Related places.
    pub others: Vec<LabelReport>,
    /// Remarks.
    pub notes: Vec<String>,
    /// How to correct it.
    pub help: Option<String>,
    /// The changes that do what the help says: `text` replaces the text of the place.
    pub edits: Vec<LabelReport>,
}

/// A place as data; lines and columns count from 1, columns in characters.
#[derive(Clone, Debug, Serialize)]
pub struct LabelReport {
    /// The file.
    pub file: String,
    /// The line of the first character.
    pub line: usize,
    /// The column of the first character.
    pub column: usize,
    /// The number of characters.
    pub length: usize,
    /// The sentence about the place.
    pub text: String,
}

impl LabelReport {
    fn of(label: &Label, sources: &Sources) -> Self {
        let position = sources.position(label.span);
        Self {
            file: position.file.to_string(),
            line: position.line,
            column: position.column,
            length: sources.text(label.span).chars().count(),
            text: label.text.clone(),
        }
    }
}
