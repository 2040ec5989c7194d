//! The reasons why an assignment cannot be made or graded. Mistakes in a submission are not among them.

use std::fmt::Display;
use std::path::PathBuf;

use crate::assignment::make::HoleError;

/// Why an assignment cannot be made or graded.
#[derive(Debug, thiserror::Error)]
pub enum AssignmentError {
    /// There is no such assignment.
    #[error("there is no assignment `{id}`; there are {}, and any folder with the files of one", .known.join(", "))]
    Unknown { id: String, known: Vec<String> },
    /// The project is not where it was looked for.
    #[error(
        "{} is not the project's folder; name it with --project DIR or the environment variable TAPEGRAD_PROJECT",
        .root.display()
    )]
    NoProject { root: PathBuf },
    /// The project's libraries are not there and cannot be built.
    #[error("the libraries of {} do not build; try `cargo build` there", .root.display())]
    NoLibraries { root: PathBuf },
    /// A tool cannot be started.
    #[error("{tool} cannot be started: {reason}; install Rust, and put its tools on the PATH")]
    NoTool { tool: String, reason: String },
    /// This system cannot keep a submission from what it must not reach.
    #[error(
        "a submission cannot be isolated here ({reason}), so nothing was compiled or run; grade on Linux 5.13 or later with \
         Landlock and seccomp, or, where the code is your own or the machine holds nothing to protect, add --unisolated"
    )]
    NotIsolated { reason: String },
    /// A file or folder cannot be read or written.
    #[error("{place}: {reason}")]
    File { place: String, reason: String },
    /// A reference is not well formed.
    #[error("reference.rs of {id}, {error}")]
    Reference { id: String, error: HoleError },
    /// An assignment breaks a rule, so nothing is written.
    #[error("{id} is refused: {reason}")]
    Refused { id: String, reason: String },
}

impl AssignmentError {
    pub(super) fn no_tool(tool: &str, error: &std::io::Error) -> Self {
        Self::NoTool {
            tool: tool.to_string(),
            reason: error.to_string(),
        }
    }

    pub(super) fn file(place: impl Display, error: &std::io::Error) -> Self {
        Self::File {
            place: place.to_string(),
            reason: error.to_string(),
        }
    }

    pub(super) fn refused(id: &str, reason: impl Into<String>) -> Self {
        Self::Refused {
            id: id.to_string(),
            reason: reason.into(),
        }
    }
}
