//! `tapegrad tokenize decode`: tokens as text.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;
use tapegrad_models::tokenizer::{Special, TokenId, Tokenizer};

use super::super::error::{CliError, ErrorCode};
use super::super::output::Output;
use super::source;

/// Turn ids of tokens into text
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  tapegrad tokenize decode --tokenizer tokenizer.json --ids 40,716,257
  echo '[40, 716, 257]' | tapegrad tokenize decode --tokenizer tokenizer.json --json")]
pub struct Decode {
    /// Tokenizer: a tokenizer.json, the folder of a run, or `bytes` for the 256 bytes
    #[arg(long, value_name = "FILE|NAME")]
    tokenizer: PathBuf,
    /// Ids, instead of a JSON list on standard input
    #[arg(long, value_name = "ID,..", value_delimiter = ',')]
    ids: Option<Vec<TokenId>>,
    /// Write special tokens too
    #[arg(long)]
    special: bool,
}

impl Decode {
    /// Runs the command.
    pub fn run(&self, output: &Output<'_>) -> Result<(), CliError> {
        let tokenizer = source::tokenizer(&self.tokenizer)?;
        let ids = match &self.ids {
            Some(ids) => ids.clone(),
            None => {
                let text = source::text(None)?;
                serde_json::from_str(&text).map_err(|error| {
                    CliError::new(ErrorCode::Data, format!("this is not a JSON list of ids: {error}"))
                        .at("standard input")
                        .help("write the ids as in [40, 716, 257], or give them with --ids 40,716,257")
                })?
            }
        };
        let count = tokenizer.vocabulary().size();
        if let Some((at, id)) = ids.iter().enumerate().find(|(_, id)| **id as usize >= count) {
            return Err(CliError::new(
                ErrorCode::Data,
                format!("no token has the id {id}, which is number {} of the list", at + 1),
            )
            .help(format!("the ids of this tokenizer are 0 to {}", count - 1)));
        }
        let text = match &tokenizer {
            Tokenizer::Subword(subwords) => {
                let special = if self.special { Special::Added } else { Special::LeftOut };
                subwords.decode(&ids, special)
            }
            Tokenizer::Word(_) | Tokenizer::Char(_) => tokenizer.decode(&ids),
        };
        if output.is_json() {
            return output.document(&json!({"text": text}));
        }
        output.text(&(text + "\n"))
    }
}
