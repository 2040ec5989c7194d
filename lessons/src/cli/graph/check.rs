//! `tapegrad graph check`: every mistake of a program, with its place and what would be right.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::super::error::CliError;
use super::super::output::Output;
use super::files::open;
use super::program::MemoryArgs;

/// Show the mistakes of a program, and warnings
#[derive(Args, Debug)]
#[command(after_help = "Example:
  tapegrad graph check two_layer.cg --json")]
pub struct GraphCheckCommand {
    /// The file with the program; - is standard input
    file: PathBuf,
    #[command(flatten)]
    memory: MemoryArgs,
}

impl GraphCheckCommand {
    /// Runs the command.
    pub fn run(&self, out: &Output<'_>) -> Result<(), CliError> {
        let opened = open(&self.file, self.memory.bytes())?;
        let names: Vec<&str> = opened.programs.iter().map(|program| program.name.as_str()).collect();
        if out.is_json() {
            let found: Vec<_> = opened
                .diagnostics
                .iter()
                .map(|found| found.report(&opened.sources))
                .collect();
            out.document(&json!({
                "file": self.file.display().to_string(),
                "correct": opened.is_correct(),
                "graphs": names,
                "diagnostics": found,
            }))?;
        } else {
            let last = match opened.is_correct() {
                true => format!("{}: no mistakes; graphs: {}\n", self.file.display(), names.join(", ")),
                false => String::new(),
            };
            out.text(&(opened.render() + &last))?;
        }
        if opened.is_correct() {
            Ok(())
        } else {
            Err(CliError::reported())
        }
    }
}
