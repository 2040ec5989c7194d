//! `tapegrad tokenize`: text as tokens, and back; tokenizers learnt from a text; one word cut three ways.

mod compare;
mod decode;
mod encode;
mod explain;
pub mod source;
mod train;

use clap::{Args, Subcommand};

use super::error::CliError;
use super::output::Output;

/// Turn text into tokens and back, and learn tokenizers from text
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  tapegrad tokenize compare lectrue --explain
  tapegrad tokenize train bpe --text shakespeare.txt --vocabulary 1024 --out tokenizer.json
  tapegrad tokenize encode --tokenizer tokenizer.json --json < text.txt
  tapegrad tokenize decode --tokenizer tokenizer.json --ids 40,716,257")]
pub struct Tokenize {
    #[command(subcommand)]
    action: Action,
}

/// What can be done with tokens.
#[derive(Debug, Subcommand)]
enum Action {
    Train(train::TrainTokenizer),
    Encode(encode::Encode),
    Decode(decode::Decode),
    Compare(compare::CompareTokenizers),
}

impl Tokenize {
    /// Runs the command.
    pub fn run(&self, output: &Output<'_>) -> Result<(), CliError> {
        match &self.action {
            Action::Train(train) => train.run(output),
            Action::Encode(encode) => encode.run(output),
            Action::Decode(decode) => decode.run(output),
            Action::Compare(compare) => compare.run(output),
        }
    }
}
