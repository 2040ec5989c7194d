//! `tapegrad tokenize encode`: text as tokens.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;
use tapegrad_models::tokenizer::Special;

use super::super::error::CliError;
use super::super::output::Output;
use super::source;

/// Turn a text into tokens: their ids, names and places
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  tapegrad tokenize encode --tokenizer tokenizer.json < text.txt
  tapegrad tokenize encode --tokenizer runs/char --json --text text.txt
  echo naïve | tapegrad tokenize encode --tokenizer bytes")]
pub struct Encode {
    /// Tokenizer: a tokenizer.json, the folder of a run, or `bytes` for the 256 bytes
    #[arg(long, value_name = "FILE|NAME")]
    tokenizer: PathBuf,
    /// Text file to read instead of standard input
    #[arg(long, value_name = "FILE")]
    text: Option<PathBuf>,
    /// Leave out the special tokens that the tokenizer puts around a text
    #[arg(long)]
    no_special: bool,
}

impl Encode {
    /// Runs the command.
    pub fn run(&self, output: &Output<'_>) -> Result<(), CliError> {
        let tokenizer = source::tokenizer(&self.tokenizer)?;
        let text = source::text(self.text.as_ref())?;
        let special = if self.no_special {
            Special::LeftOut
        } else {
            Special::Added
        };
        let encoding = tokenizer.encode_with_offsets(&text, special);
        let names = tokenizer.names(&encoding);
        if output.is_json() {
            return output.document(&json!({
                "ids": encoding.ids,
                "tokens": names,
                "offsets": encoding.offsets,
            }));
        }
        let mut table = format!("{} tokens, {} characters\n", encoding.ids.len(), text.chars().count());
        for ((id, (start, end)), name) in encoding.ids.iter().zip(&encoding.offsets).zip(names) {
            table += &format!("{id:>7}  {start:>6}-{end:<6}  {}\n", name.escape_debug());
        }
        output.text(&table)
    }
}
