//! `tapegrad graph derive`: the backward pass of a program, as a program.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use serde_json::{Map, Value, json};
use tapegrad_autograd::language::derive::{Derivative, derive};
use tapegrad_autograd::language::open_within;

use super::super::error::{CliError, ErrorCode};
use super::super::output::Output;
use super::program::{ProgramArgs, deliver, mistake};

/// Print the backward pass as a program of the same language
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  tapegrad graph derive two_layer.cg
  tapegrad graph derive rnn_lm.cg --at T=3
  tapegrad graph derive two_layer.cg --times 2")]
pub struct Derive {
    #[command(flatten)]
    program: ProgramArgs,
    /// Derive N times: 2 gives the derivative of the derivative
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=4))]
    times: u8,
    /// Write to this file instead of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Derive {
    /// Runs the command.
    pub fn run(&self, out: &Output<'_>) -> Result<(), CliError> {
        let derivative = self.derivative()?;
        if out.is_json() {
            let gradients: Map<String, Value> = derivative
                .gradients
                .iter()
                .map(|(of, gradient)| (of.clone(), gradient.as_str().into()))
                .collect();
            return out.document(&json!({
                "text": derivative.text,
                "gradients": gradients,
                "remembered": derivative.remembered,
            }));
        }
        deliver(&derivative.text, self.out.as_deref(), out)
    }

    fn derivative(&self) -> Result<Derivative, CliError> {
        let mut opened = self.program.open()?;
        let given = self.program.dims()?;
        let first = derive(self.program.program(&opened)?, &given);
        let mut derivative = first.map_err(|error| mistake(&error, &opened.sources))?;
        for _ in 1..self.times {
            let no_files = &mut |_: &str| Err("a derivative uses no files".to_string());
            opened = open_within("derivative", &derivative.text, self.program.memory(), no_files);
            let program = opened.program(None).ok_or_else(|| {
                CliError::new(ErrorCode::Derivative, "invariant: a derivative is a program").rendered(opened.render())
            })?;
            derivative = derive(program, &BTreeMap::new()).map_err(|error| mistake(&error, &opened.sources))?;
        }
        Ok(derivative)
    }
}
