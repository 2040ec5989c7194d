//! Why a workload cannot be timed.

use std::path::PathBuf;

use tapegrad_models::corpus::{BatchError, SplitError, TextError};
use tapegrad_models::decode::{DecodeError, SamplingError};
use tapegrad_models::ngram::NgramError;

/// Why a workload cannot be timed.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// The workload reads a text and was given none.
    #[error("`{workload}` needs a text")]
    NeedsText {
        /// The name of the workload.
        workload: &'static str,
    },
    /// The text cannot be read.
    #[error(transparent)]
    Text(#[from] TextError),
    /// The text cannot be split.
    #[error(transparent)]
    Split(#[from] SplitError),
    /// The text gives no batches.
    #[error(transparent)]
    Batch(#[from] BatchError),
    /// The n-gram cannot be made.
    #[error(transparent)]
    Ngram(#[from] NgramError),
    /// The sampling makes no sense.
    #[error(transparent)]
    Sampling(#[from] SamplingError),
    /// The model cannot write.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// A file or folder cannot be used.
    #[error("{}: {source}", .path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A run of `tapegrad train` failed.
    #[error("`tapegrad train` failed: {problem}")]
    Train {
        /// What it wrote.
        problem: String,
    },
    /// The threads cannot be started.
    #[error("{threads} threads cannot be started: {problem}")]
    Threads {
        /// How many were asked for.
        threads: usize,
        /// What the pool says.
        problem: String,
    },
    /// The other framework does not answer as it should.
    #[error("the peer `{command}` {problem}")]
    Peer {
        /// How it was started.
        command: String,
        /// What it did, as the rest of a sentence.
        problem: String,
    },
    /// The system does not say how much memory a process holds.
    #[error("the memory of process {process} is unknown: {} cannot be read: {source}", .path.display())]
    NoMemory {
        /// The number of the process.
        process: u32,
        /// The file in which the system says it.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
}
