//! Errors of a run, as text and as data.

use std::fmt;

use serde::Serialize;

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, DiagnosticReport};
use crate::limits::TooMuch;
use crate::span::{Sources, Span};

/// Why a program cannot be run.
#[derive(Clone, Debug)]
pub enum RunError {
    /// A mistake in the program or its sizes, with its place.
    Program(Box<Diagnostic>),
    /// A mistake in the values.
    Data {
        /// The part of the request, such as `values.x`.
        place: String,
        /// A sentence about the mistake.
        message: String,
    },
}

/// An error as data: what `--json` prints under `error`.
#[derive(Clone, Debug, Serialize)]
pub struct ErrorReport {
    /// The code of a mistake of the program, or `data`.
    pub code: String,
    /// A sentence about the mistake.
    pub message: String,
    /// The place in the source, or the part of the request.
    #[serde(rename = "where")]
    pub place: String,
    /// How to correct it.
    pub help: Option<String>,
}

impl From<Box<Diagnostic>> for RunError {
    fn from(diagnostic: Box<Diagnostic>) -> Self {
        Self::Program(diagnostic)
    }
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Program(found) => write!(
                f,
                "{} {}: {}",
                found.code.name(),
                found.code.title(),
                found.primary.text
            ),
            Self::Data { place, message } => write!(f, "{place}: {message}"),
        }
    }
}

impl std::error::Error for RunError {}

impl RunError {
    /// An answer that takes too much memory.
    pub(crate) fn too_much(too_much: TooMuch) -> Self {
        let text = format!("with the values that are asked for, {too_much}");
        Box::new(Diagnostic::new(Code::E14, Span::default(), text).help(TooMuch::HELP)).into()
    }

    pub(crate) fn data(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Data {
            place: place.into(),
            message: message.into(),
        }
    }

    /// The error as data.
    pub fn report(&self, sources: &Sources) -> ErrorReport {
        match self {
            Self::Program(diagnostic) => {
                let DiagnosticReport {
                    code, primary, help, ..
                } = diagnostic.report(sources);
                ErrorReport {
                    code: code.to_string(),
                    message: primary.text,
                    place: format!("{}:{}:{}", primary.file, primary.line, primary.column),
                    help,
                }
            }
            Self::Data { place, message } => ErrorReport {
                code: "data".to_string(),
                message: message.clone(),
                place: place.clone(),
                help: None,
            },
        }
    }
}
