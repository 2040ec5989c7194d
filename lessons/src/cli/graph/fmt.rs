//! `tapegrad graph fmt`: a program in its canonical form.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;
use tapegrad_autograd::language::print::format;
use tapegrad_autograd::language::span::Sources;

use super::super::error::CliError;
use super::super::output::Output;
use super::super::output::replace_file;
use super::files::read;
use super::program::mistake;

/// Rewrite programs in canonical form, with their comments
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  tapegrad graph fmt two_layer.cg
  tapegrad graph fmt --check *.cg
  tapegrad graph fmt - < two_layer.cg")]
pub struct Fmt {
    /// Files to rewrite; - reads standard input and writes standard output
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Change nothing; fail if a file is not in canonical form
    #[arg(long)]
    check: bool,
}

impl Fmt {
    /// Runs the command.
    pub fn run(&self, out: &Output<'_>) -> Result<(), CliError> {
        let mut changed = Vec::new();
        for file in &self.files {
            let text = read(file)?;
            let formatted = formatted(file, &text)?;
            if file.as_os_str() == "-" && !self.check {
                return out.text(&formatted);
            }
            if formatted != text {
                changed.push(file.display().to_string());
                if !self.check {
                    replace_file(file, &formatted)?;
                }
            }
        }
        if out.is_json() {
            out.document(&json!({"changed": changed}))?;
        } else if self.check {
            changed
                .iter()
                .try_for_each(|file| out.text(&format!("{file}: not in canonical form\n")))?;
        }
        if self.check && !changed.is_empty() {
            return Err(CliError::reported());
        }
        Ok(())
    }
}

fn formatted(file: &Path, text: &str) -> Result<String, CliError> {
    let sources = Sources::of(&file.display().to_string(), text);
    format(&sources, 0).map_err(|found| {
        let all: String = found.iter().map(|one| one.render(&sources)).collect();
        mistake(&found[0], &sources).rendered(all)
    })
}
