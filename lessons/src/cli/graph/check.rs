//! `tapegrad graph check`: every mistake of a program, with its place and what would be right.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;
use tapegrad_autograd::language::edit::Study;
use tapegrad_autograd::language::fix;

use super::super::error::CliError;
use super::super::memory::MemoryArgs;
use super::super::output::Output;
use super::super::output::replace_file;
use super::files::{beside, open_text, read};
use super::watch::WatchArgs;

/// Show mistakes and warnings in a program
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  tapegrad graph check two_layer.cg --json
  tapegrad graph check --types attention.cg
  tapegrad graph check --watch two_layer.cg
  tapegrad graph check --fix two_layer.cg")]
pub struct GraphCheckCommand {
    /// File with the program; - is standard input
    file: PathBuf,
    /// Make the changes that the messages offer and list them; for standard input, print the new text
    #[arg(long)]
    fix: bool,
    /// Print the program with the type of every value beside its line
    #[arg(long)]
    types: bool,
    #[command(flatten)]
    memory: MemoryArgs,
    #[command(flatten)]
    watch: WatchArgs,
}

impl GraphCheckCommand {
    /// Runs the command.
    pub fn run(&self, out: &Output<'_>) -> Result<(), CliError> {
        self.watch
            .run(&self.file, &[], self.memory.bytes(), out, || self.once(out))
    }

    fn once(&self, out: &Output<'_>) -> Result<(), CliError> {
        let name = self.file.display().to_string();
        let mut text = read(&self.file)?;
        let mut applied = Vec::new();
        if self.fix {
            let fixed = fix(&name, &text, self.memory.bytes(), &mut beside(&self.file));
            applied = fixed.applied;
            text = fixed.text;
            if !applied.is_empty() && self.file.as_os_str() != "-" {
                replace_file(&self.file, &text)?;
            }
        }
        let study = Study::of_opened(open_text(&self.file, &text, self.memory.bytes()), self.memory.bytes());
        let opened = &study.opened;
        let names: Vec<&str> = opened.programs.iter().map(|program| program.name.as_str()).collect();
        if out.is_json() {
            let found: Vec<_> = opened
                .diagnostics
                .iter()
                .map(|found| found.report(&opened.sources))
                .collect();
            let mut document = json!({
                "file": name,
                "correct": opened.is_correct(),
                "graphs": names,
                "diagnostics": found,
            });
            if self.fix {
                document["fixed"] = json!(applied);
                document["text"] = json!(text);
            }
            if self.types {
                document["types"] = json!(study.type_reports());
            }
            out.document(&document)?;
        } else if self.types {
            out.text(&(study.text_with_types() + &opened.render()))?;
        } else if self.fix && self.file.as_os_str() == "-" {
            out.text(&text)?;
        } else {
            let mended: String = applied
                .iter()
                .map(|one| {
                    let help = one.help.as_deref().unwrap_or(one.title);
                    format!("{name}:{}: mended: {help}\n", one.primary.line)
                })
                .collect();
            let last = match opened.is_correct() {
                true => format!("{name}: no mistakes; graphs: {}\n", names.join(", ")),
                false => String::new(),
            };
            out.text(&(mended + &opened.render() + &last))?;
        }
        if opened.is_correct() {
            Ok(())
        } else {
            Err(CliError::reported())
        }
    }
}
