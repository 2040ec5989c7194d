//! Where a tokenizer and a text come from: a file, the folder of a run, a name; a file or standard input.

use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use tapegrad_models::tokenizer::{Algorithm, SubwordTokenizer, Tokenizer, TokenizerError};

use super::super::error::{CliError, ErrorCode};

/// The name of the tokenizer whose tokens are the 256 bytes.
const BYTES: &str = "bytes";

/// Opens a tokenizer: a file, the folder of a run, or `bytes`.
///
/// **Errors** if there is no such file, or it holds what is not known, with the place in it.
pub fn tokenizer(name: &Path) -> Result<Tokenizer, CliError> {
    if name == Path::new(BYTES) && !name.exists() {
        let bytes = SubwordTokenizer::train(Algorithm::Bpe, "", 257, &[]);
        return Ok(Tokenizer::Subword(Box::new(
            bytes.expect("there is room for one merge"),
        )));
    }
    let file = if name.is_dir() {
        name.join("tokenizer.json")
    } else {
        name.to_path_buf()
    };
    let text = String::from_utf8(bytes_of(&file)?);
    let text = text.map_err(|error| not_utf8(error.utf8_error().valid_up_to(), file.display()))?;
    Tokenizer::from_json(&text).map_err(|error| damaged(&file, error))
}

fn damaged(file: &Path, error: TokenizerError) -> CliError {
    let file = file.display();
    match error {
        TokenizerError::Json(error) => {
            CliError::new(ErrorCode::Tokenizer, format!("this is not a tokenizer: {error}")).at(file)
        }
        TokenizerError::File(error) => {
            CliError::new(ErrorCode::Tokenizer, &error.what).at(format!("{file}, {}", error.place))
        }
    }
    .help(
        "give a tokenizer.json, the folder of a run, or the name `bytes`; `tapegrad tokenize train` makes a tokenizer",
    )
}

/// The bytes of a file.
fn bytes_of(file: &Path) -> Result<Vec<u8>, CliError> {
    std::fs::read(file).map_err(|error| {
        let (code, what) = match error.kind() {
            ErrorKind::NotFound => (ErrorCode::MissingFile, "there is no such file".to_string()),
            _ => (ErrorCode::UnreadableFile, format!("the file cannot be read: {error}")),
        };
        CliError::new(code, what)
            .at(file.display())
            .help("check the name, which is relative to the current folder")
    })
}

/// A text as it stands, byte for byte: of a file, or else of standard input.
///
/// **Errors** if it cannot be read, or is not UTF-8.
pub fn text(file: Option<&PathBuf>) -> Result<String, CliError> {
    let (bytes, place) = match file {
        Some(file) => (bytes_of(file)?, file.display().to_string()),
        None => {
            let mut bytes = Vec::new();
            let read = std::io::stdin().lock().read_to_end(&mut bytes);
            read.map_err(|error| CliError::new(ErrorCode::UnreadableFile, error).at(STANDARD_INPUT))?;
            (bytes, STANDARD_INPUT.to_string())
        }
    };
    String::from_utf8(bytes).map_err(|error| not_utf8(error.utf8_error().valid_up_to(), place))
}

const STANDARD_INPUT: &str = "standard input";

fn not_utf8(offset: usize, place: impl std::fmt::Display) -> CliError {
    CliError::new(
        ErrorCode::NotUtf8,
        format!("this is not UTF-8: the byte at offset {offset} is not part of a character"),
    )
    .at(place)
    .help("save it as UTF-8, or convert it, for example with `iconv -f LATIN1 -t UTF-8`")
}
