//! The verdicts of the grader.

use serde::Serialize;

/// The verdict on one test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TestVerdict {
    /// The answers were right.
    Passed,
    /// An answer was wrong.
    Wrong,
    /// An answer was wrong and not a number.
    NotANumber,
    /// The submission panicked, or its program ended before it answered.
    Panic,
    /// The submission did not answer in time.
    Timeout,
    /// The submission used more memory than allowed.
    OutOfMemory,
    /// The submission printed more than allowed.
    OutputFlood,
    /// The submission does not compile, so no test could run.
    DoesNotCompile,
    /// A file that has to be handed in is missing or cannot be read.
    Missing,
}

impl TestVerdict {
    /// The verdict in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Wrong => "wrong",
            Self::NotANumber => "not a number",
            Self::Panic => "panic",
            Self::Timeout => "timeout",
            Self::OutOfMemory => "out of memory",
            Self::OutputFlood => "output flood",
            Self::DoesNotCompile => "does not compile",
            Self::Missing => "missing",
        }
    }
}

/// Why a submission gives no more answers.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// A question made it panic.
    #[error("{question} panicked: {message}")]
    Panicked { question: String, message: String },
    /// Its program ended.
    #[error("{question} did not come back: the program {how}")]
    Ended { question: String, how: String },
    /// The submission did not answer in time.
    #[error("{question} gave no answer within {seconds} seconds: look for a loop that never ends")]
    TimedOut { question: String, seconds: u64 },
    /// The submission used more memory than allowed.
    #[error("{question} asked for more memory than the {mebibytes} MiB there are")]
    OutOfMemory { question: String, mebibytes: u64 },
    /// It printed too much.
    #[error("{question} printed more than {kibibytes} KiB")]
    Flooded { question: String, kibibytes: usize },
    /// The reply cannot be read.
    #[error("{question} gave a reply that cannot be read")]
    Garbled { question: String },
}

impl Failure {
    /// The same failure of another question.
    pub fn of(mut self, what: &str) -> Self {
        match &mut self {
            Self::Panicked { question, .. }
            | Self::Ended { question, .. }
            | Self::TimedOut { question, .. }
            | Self::OutOfMemory { question, .. }
            | Self::Flooded { question, .. }
            | Self::Garbled { question } => *question = what.to_string(),
        }
        self
    }

    /// The verdict on a test in which this happened.
    pub fn verdict(&self) -> TestVerdict {
        match self {
            Self::Panicked { .. } | Self::Ended { .. } => TestVerdict::Panic,
            Self::TimedOut { .. } => TestVerdict::Timeout,
            Self::OutOfMemory { .. } => TestVerdict::OutOfMemory,
            Self::Flooded { .. } => TestVerdict::OutputFlood,
            Self::Garbled { .. } => TestVerdict::Wrong,
        }
    }
}
