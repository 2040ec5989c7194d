//! The verdicts of the grader.

use serde::Serialize;

/// What became of one test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The answers were right.
    Passed,
    /// An answer was wrong.
    Wrong,
    /// An answer was wrong and not a number.
    NotANumber,
    /// The submission panicked, or its program ended before it answered.
    Panic,
    /// It did not answer in time.
    Timeout,
    /// It asked for more memory than there is.
    OutOfMemory,
    /// It printed more than anyone can read.
    OutputFlood,
    /// It does not compile, so no test could run.
    DoesNotCompile,
    /// A file that has to be handed in is missing or cannot be read.
    Missing,
}

impl Verdict {
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
    Panicked {
        /// What it was asked.
        question: String,
        /// What the panic said.
        message: String,
    },
    /// Its program ended.
    #[error("{question} did not come back: the program {how}")]
    Ended {
        /// What it was asked.
        question: String,
        /// How the program ended.
        how: String,
    },
    /// It did not answer in time.
    #[error("{question} gave no answer within {seconds} seconds: look for a loop that never ends")]
    TimedOut {
        /// What it was asked.
        question: String,
        /// The limit.
        seconds: u64,
    },
    /// It asked for more memory than there is.
    #[error("{question} asked for more memory than the {mebibytes} MiB there are")]
    OutOfMemory {
        /// What it was asked.
        question: String,
        /// The limit.
        mebibytes: u64,
    },
    /// It printed too much.
    #[error("{question} printed more than {kibibytes} KiB")]
    Flooded {
        /// What it was asked.
        question: String,
        /// The limit.
        kibibytes: usize,
    },
    /// The reply cannot be read.
    #[error("{question} gave a reply that cannot be read")]
    Garbled {
        /// What it was asked.
        question: String,
    },
}

impl Failure {
    /// The verdict on a test in which this happened.
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::Panicked { .. } | Self::Ended { .. } => Verdict::Panic,
            Self::TimedOut { .. } => Verdict::Timeout,
            Self::OutOfMemory { .. } => Verdict::OutOfMemory,
            Self::Flooded { .. } => Verdict::OutputFlood,
            Self::Garbled { .. } => Verdict::Wrong,
        }
    }
}
