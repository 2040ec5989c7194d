//! What became of a question, and how a sentence to the learner is meant; each with a word for screens without colour.

use serde::Serialize;

/// What became of a question.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It waits for an answer.
    #[default]
    Open,
    /// It was answered right.
    Right,
    /// The answer was shown after three attempts.
    Shown,
    /// It was passed over.
    Skipped,
}

/// How a sentence is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Tone {
    /// Right.
    Right,
    /// Not right.
    Wrong,
    /// Neither.
    Note,
}

impl Tone {
    /// A word that says without colour what the colour says.
    pub fn word(self) -> &'static str {
        match self {
            Self::Right => "Right.",
            Self::Wrong => "Not yet.",
            Self::Note => "Note.",
        }
    }
}

impl Status {
    /// A word for what became of a question.
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "to answer",
            Self::Right => "answered",
            Self::Shown => "shown",
            Self::Skipped => "skipped",
        }
    }
}
