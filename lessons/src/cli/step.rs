//! `tapegrad step`: a network, forward and backward, one step at a time.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::error::{CliError, ErrorCode};
use super::output::Output;
use crate::learn::two_layer::{Values, ValuesError, render_plain, two_layer};

/// Print every forward and backward step of a network, with its numbers
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  tapegrad step two-layer
  tapegrad step two-layer --seed 7
  tapegrad step two-layer --values values.json

A file of values, with any sizes:
  {\"x\": [1, 2], \"t\": 1, \"alpha\": [[0.1, 0.2], [0.3, -0.1]], \"beta\": [0.5, -0.4]}")]
pub struct StepCommand {
    /// Network to step through
    network: SteppedNetwork,
    /// Use the values in this JSON file instead of those of the lecture
    #[arg(long, value_name = "FILE", conflicts_with = "seed")]
    values: Option<PathBuf>,
}

/// A network that can be stepped through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum SteppedNetwork {
    /// The two-layer sigmoid network of the lecture; random values with --seed
    TwoLayer,
}

impl StepCommand {
    /// Writes the ledger of the network.
    pub fn run(&self, out: &Output<'_>) -> Result<(), CliError> {
        let SteppedNetwork::TwoLayer = self.network;
        let values = match (&self.values, out.seed()) {
            (Some(path), _) => read(path)?,
            (None, Some(seed)) => Values::random(seed),
            (None, None) => Values::lecture(),
        };
        let ledger = two_layer(&values).map_err(|error| self.values_error(&error))?;
        if out.is_json() {
            out.document(&ledger)
        } else {
            out.text(&render_plain(&ledger))
        }
    }

    fn values_error(&self, error: &ValuesError) -> CliError {
        wrong_values(self.values.as_deref(), error)
    }
}

fn read(path: &Path) -> Result<Values, CliError> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        CliError::new(ErrorCode::UnreadableFile, format!("the values cannot be read: {error}"))
            .at(path.display())
            .help("--values takes a JSON file in UTF-8; `tapegrad step --help` shows one")
    })?;
    Values::parse(&text).map_err(|error| wrong_values(Some(path), &error))
}

fn wrong_values(path: Option<&Path>, error: &ValuesError) -> CliError {
    let place = &error.place;
    let place = path.map_or(place.to_string(), |path| format!("{}: {place}", path.display()));
    CliError::new(ErrorCode::WrongValues, error).at(place).help(
        "the values look like {\"x\": [1, 2], \"t\": 1, \"alpha\": [[0.1, 0.2], [0.3, -0.1]], \"beta\": [0.5, -0.4]}",
    )
}
