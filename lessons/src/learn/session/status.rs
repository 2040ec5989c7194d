//! The status of a question and the tone of a sentence, each with a word for screens without colour.

use serde::Serialize;

/// The status of one question.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// The question waits for an answer.
    #[default]
    Open,
    /// The learner answered right.
    Right,
    /// The answer was shown after three attempts.
    Shown,
    /// The learner skipped it.
    Skipped,
}

/// The tone of a sentence to the learner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Tone {
    /// An answer was right.
    Right,
    /// An answer was wrong.
    Wrong,
    /// A remark that judges nothing.
    Note,
}

impl Tone {
    /// The word for the tone, for screens without colour.
    pub fn word(self) -> &'static str {
        match self {
            Self::Right => "Right.",
            Self::Wrong => "Not yet.",
            Self::Note => "Note.",
        }
    }
}

impl Status {
    /// The word for the status.
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "to answer",
            Self::Right => "answered",
            Self::Shown => "shown",
            Self::Skipped => "skipped",
        }
    }
}
