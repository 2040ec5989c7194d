//! Where a command writes: one text or one JSON document to standard output.

use std::cell::RefCell;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::path::Path;

use serde::Serialize;
use tapegrad_models::train::write_atomically;

use super::error::{CliError, ErrorCode};

/// Where a command writes, and the options that all commands share.
pub struct Output<'w> {
    writer: RefCell<&'w mut dyn Write>,
    json: bool,
    plain: bool,
    seed: Option<u64>,
}

impl<'w> Output<'w> {
    /// An output to this writer.
    pub fn new(writer: &'w mut dyn Write, json: bool, plain: bool, seed: Option<u64>) -> Self {
        Self {
            writer: RefCell::new(writer),
            json,
            plain,
            seed,
        }
    }

    /// True if a JSON document is wanted.
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// True if plain lines are wanted.
    pub fn is_plain(&self) -> bool {
        self.plain
    }

    /// The seed, if one was given.
    pub fn seed(&self) -> Option<u64> {
        self.seed
    }

    /// True if progress may be drawn: standard error is a terminal that can show it, and plain lines were not asked for.
    pub fn draws_progress(&self) -> bool {
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        !self.plain && !dumb && io::stderr().is_terminal()
    }

    /// Writes text as it is.
    ///
    /// **Errors** if standard output cannot be written to. A reader who stops reading, such as `head`, is no error.
    pub fn text(&self, text: &str) -> Result<(), CliError> {
        let mut writer = self.writer.borrow_mut();
        written(writer.write_all(text.as_bytes()).and_then(|()| writer.flush()))
    }

    /// Writes one JSON document.
    ///
    /// **Errors** as [`text`](Self::text).
    pub fn document(&self, document: &impl Serialize) -> Result<(), CliError> {
        let text = serde_json::to_string_pretty(document)
            .map_err(|error| CliError::new(ErrorCode::Output, format!("the document has no JSON form: {error}")))?;
        self.text(&(text + "\n"))
    }
}

/// What became of writing to standard output.
pub fn written(outcome: io::Result<()>) -> Result<(), CliError> {
    match outcome {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(CliError::new(
            ErrorCode::Output,
            format!("the result could not be written: {error}"),
        )
        .at("standard output")),
        _ => Ok(()),
    }
}

/// Replaces a file as a whole: a reader finds the old text or the new one.
///
/// **Errors** with the name of the file if it cannot be written.
pub fn replace_file(file: &Path, text: &str) -> Result<(), CliError> {
    write_atomically(file, text.as_bytes()).map_err(|error| {
        CliError::new(
            ErrorCode::UnwritableFile,
            format!("the file cannot be written: {error}"),
        )
        .at(file.display())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A writer that always fails in the same way.
    struct Fails(ErrorKind);

    impl Write for Fails {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_full_disk_is_an_error_and_a_reader_who_stops_is_not() {
        let written = |kind| Output::new(&mut Fails(kind), false, true, None).text("x");
        assert!(written(ErrorKind::StorageFull).is_err());
        assert_eq!(written(ErrorKind::BrokenPipe), Ok(()));
    }

    #[test]
    fn a_document_ends_in_a_line_feed() {
        let mut bytes = Vec::new();
        Output::new(&mut bytes, true, false, None).document(&[1, 2]).unwrap();
        assert_eq!(bytes, b"[\n  1,\n  2\n]\n");
    }
}
