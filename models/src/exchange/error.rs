//! What can be wrong with the files of another tool.

use crate::train::FolderError;

/// The files of another tool cannot be read, or a model cannot be written as theirs.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    /// A file cannot be read.
    #[error("{path}: the file cannot be read: {source}")]
    Unreadable {
        /// The file.
        path: String,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// A file cannot be written.
    #[error("{path}: the file cannot be written: {source}; free some disk space or name another folder")]
    Unwritable {
        /// The file.
        path: String,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// A file is damaged, or says something that cannot be.
    #[error("{path}: {what}")]
    Wrong {
        /// The file.
        path: String,
        /// The place in the file and what is wrong there.
        what: String,
    },
    /// A model is built as no file of the other tool can say.
    #[error("{0}")]
    Unlike(String),
    /// The folder of the run cannot be used.
    #[error(transparent)]
    Folder(#[from] FolderError),
}

impl ExchangeError {
    /// An error in a file.
    pub(super) fn wrong(path: &std::path::Path, what: impl Into<String>) -> Self {
        Self::Wrong {
            path: path.display().to_string(),
            what: what.into(),
        }
    }

    /// The file that the error is about.
    pub fn path(&self) -> Option<&str> {
        match self {
            Self::Unreadable { path, .. } | Self::Unwritable { path, .. } | Self::Wrong { path, .. } => Some(path),
            Self::Unlike(_) | Self::Folder(_) => None,
        }
    }
}

/// A result of reading or writing the files of another tool.
pub type Exchanged<T> = Result<T, ExchangeError>;
