//! `tapegrad graph ops` and `tapegrad graph explain`: what the language has, and what its messages mean.

use clap::Args;
use serde_json::json;
use tapegrad_autograd::language::code::Code;
use tapegrad_autograd::language::{explain, ops};

use super::super::error::CliError;
use super::super::output::Output;

/// List the functions, operators and ops of the language, or describe one
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  tapegrad graph ops
  tapegrad graph ops softmax
  tapegrad graph ops --json")]
pub struct Ops {
    /// Function, operator or op to describe [default: list all]
    name: Option<String>,
}

impl Ops {
    /// Runs the command.
    pub fn run(&self, out: &Output<'_>) -> Result<(), CliError> {
        let entries = match &self.name {
            None => ops::catalogue(),
            Some(name) => ops::find(name),
        };
        if let (true, Some(name)) = (entries.is_empty(), &self.name) {
            return Err(CliError::option(
                format!("the language has nothing called `{name}`"),
                "see `tapegrad graph ops` for all names",
            ));
        }
        if out.is_json() {
            return out.document(&json!({"ops": entries}));
        }
        out.text(&if self.name.is_some() {
            ops::text(&entries)
        } else {
            ops::list(&entries)
        })
    }
}

/// Explain a mistake or warning by its code
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  tapegrad graph explain E05
  tapegrad graph explain")]
pub struct Explain {
    /// Code, such as E05 [default: list all]
    code: Option<String>,
}

impl Explain {
    /// Runs the command.
    pub fn run(&self, out: &Output<'_>) -> Result<(), CliError> {
        let Some(name) = &self.code else {
            return list(out);
        };
        let code = Code::find(name).ok_or_else(|| {
            CliError::option(
                format!("there is no code {name}"),
                "see `tapegrad graph explain` for all codes",
            )
        })?;
        if out.is_json() {
            return out.document(&json!({
                "code": code.name(),
                "title": code.title(),
                "severity": code.severity(),
                "program": explain::program(code),
                "text": explain::explain(code),
            }));
        }
        out.text(&explain::explain(code))
    }
}

fn list(out: &Output<'_>) -> Result<(), CliError> {
    if out.is_json() {
        let one = |code: &Code| json!({"code": code.name(), "title": code.title(), "severity": code.severity()});
        return out.document(&json!({"codes": Code::ALL.iter().map(one).collect::<Vec<_>>()}));
    }
    let lines = Code::ALL
        .iter()
        .map(|code| format!("{} {}\n", code.name(), code.title()));
    out.text(&lines.collect::<String>())
}
