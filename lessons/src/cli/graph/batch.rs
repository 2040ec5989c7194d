//! `tapegrad graph batch`: a program for many examples at once, as a program.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde_json::json;
use tapegrad_autograd::language::batch::{self, Combined, batched};
use tapegrad_autograd::language::derive::flattened;

use super::super::error::CliError;
use super::super::output::Output;
use super::program::{ProgramArgs, deliver, mistake, refusal};

/// Print the program for many examples at once, with a batch axis
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  tapegrad graph batch two_layer.cg --over B
  tapegrad graph batch rnn_lm.cg --over B --batched w,y --out batched.cg
  tapegrad graph batch two_layer.cg --over B | tapegrad graph derive -")]
pub struct BatchCommand {
    #[command(flatten)]
    program: ProgramArgs,
    /// Name of the batch size
    #[arg(long, value_name = "SIZE", default_value = "B")]
    over: String,
    #[command(flatten)]
    choice: BatchChoice,
    /// Write to this file instead of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Which inputs differ from example to example, and what becomes of the objectives.
#[derive(Args, Debug)]
pub struct BatchChoice {
    /// Inputs that differ from example to example [default: all inputs]
    #[arg(long, value_name = "INPUTS", value_delimiter = ',')]
    batched: Option<Vec<String>>,
    /// How the objectives of the examples are combined [default: mean]
    #[arg(long, value_enum, value_name = "HOW")]
    reduce: Option<Reduce>,
}

/// How the objectives of the examples are combined.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Reduce {
    /// Their mean
    Mean,
    /// Their sum
    Sum,
}

impl BatchChoice {
    /// The batch over a size of this name.
    pub fn over(&self, size: &str) -> batch::Batch {
        batch::Batch {
            size: size.to_string(),
            inputs: self.batched.clone(),
            objective: match self.reduce {
                None | Some(Reduce::Mean) => Combined::Mean,
                Some(Reduce::Sum) => Combined::Sum,
            },
        }
    }

    /// True if an option was given.
    pub fn is_given(&self) -> bool {
        self.batched.is_some() || self.reduce.is_some()
    }
}

impl BatchCommand {
    /// Runs the command.
    pub fn run(&self, out: &Output<'_>) -> Result<(), CliError> {
        let opened = self.program.open()?;
        let program = self.program.program(&opened)?;
        let together =
            batched(program, &self.choice.over(&self.over)).map_err(|error| refusal(&error, &opened.sources))?;
        let text = flattened(&together, &self.program.dims()?).map_err(|error| mistake(&error, &opened.sources))?;
        if out.is_json() {
            return out.document(&json!({"text": text}));
        }
        deliver(&text, self.out.as_deref(), out)
    }
}
