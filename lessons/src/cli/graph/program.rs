//! The program that a command is about: its file, the graph in it, and numbers for its sizes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;
use tapegrad_autograd::language::Opened;
use tapegrad_autograd::language::diagnostic::Diagnostic;
use tapegrad_autograd::language::program::Program;
use tapegrad_autograd::language::run::RunError;
use tapegrad_autograd::language::span::Sources;

use super::super::error::{CliError, ErrorCode};
use super::super::memory::MemoryArgs;
use super::files::open;

/// A graph of a file, with numbers for some of its sizes.
#[derive(Args, Debug)]
pub struct ProgramArgs {
    /// File with the program; - is standard input
    file: PathBuf,
    /// Graph to use [default: the last one in the file]
    #[arg(long, value_name = "NAME")]
    graph: Option<String>,
    /// Numbers for named sizes, as in T=4,D=3
    #[arg(long, value_name = "SIZES", value_delimiter = ',')]
    at: Vec<String>,
    #[command(flatten)]
    memory: MemoryArgs,
}

impl ProgramArgs {
    /// The file, which must have no mistakes.
    pub fn open(&self) -> Result<Opened, CliError> {
        let opened = open(&self.file, self.memory.bytes())?;
        match opened.diagnostics.iter().find(|found| found.is_error()) {
            Some(first) => Err(mistake(first, &opened.sources).rendered(opened.render())),
            None => Ok(opened),
        }
    }

    /// The graph of the file that is meant.
    pub fn program<'o>(&self, opened: &'o Opened) -> Result<&'o Program, CliError> {
        let names: Vec<&str> = opened.programs.iter().map(|program| program.name.as_str()).collect();
        opened.program(self.graph.as_deref()).ok_or_else(|| {
            let error = match &self.graph {
                Some(name) => CliError::option(
                    format!("the file has no graph {name}"),
                    format!("it has: {}", names.join(", ")),
                ),
                None => {
                    CliError::new(ErrorCode::NoGraph, "the file has no graph").help("a graph is `graph NAME { … }`")
                }
            };
            error.at(self.file.display())
        })
    }

    /// The numbers of `--at`.
    pub fn dims(&self) -> Result<BTreeMap<String, i64>, CliError> {
        let mut dims = BTreeMap::new();
        for one in &self.at {
            let (name, number) = dim(one)?;
            if let Some(other) = dims.insert(name.clone(), number) {
                return Err(CliError::option(
                    format!("--at gives {name} twice: {other} and {number}"),
                    "give each size once",
                ));
            }
        }
        Ok(dims)
    }

    /// The file.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// The bytes of `--memory`.
    pub fn memory(&self) -> u64 {
        self.memory.bytes()
    }
}

/// `T=4`.
fn dim(text: &str) -> Result<(String, i64), CliError> {
    let wrong = || CliError::option(format!("`{text}` is no size with a number"), "write `--at T=4,D=3`");
    let (name, number) = text.split_once('=').ok_or_else(wrong)?;
    let number: i64 = number.trim().parse().map_err(|_| wrong())?;
    Ok((name.trim().to_string(), number))
}

/// A mistake as an error of the command.
pub fn mistake(found: &Diagnostic, sources: &Sources) -> CliError {
    let report = found.report(sources);
    let place = &report.primary;
    let error = CliError::new(
        ErrorCode::Mistake(report.code),
        format!("{}: {}", report.title, place.text),
    )
    .at(format!("{}:{}:{}", place.file, place.line, place.column))
    .rendered(found.render(sources));
    match report.help {
        Some(help) => error.help(help),
        None => error,
    }
}

/// A refused run as an error of the command.
pub fn refusal(error: &RunError, sources: &Sources) -> CliError {
    match error {
        RunError::Program(found) => mistake(found, sources),
        RunError::Data { place, message } => CliError::new(ErrorCode::Data, message).at(place),
    }
}

/// Writes a result to a file, or to standard output.
pub fn deliver(text: &str, to: Option<&Path>, out: &super::super::Output<'_>) -> Result<(), CliError> {
    match to {
        None => out.text(text),
        Some(path) => std::fs::write(path, text).map_err(|error| {
            CliError::new(
                ErrorCode::UnwritableFile,
                format!("the file cannot be written: {error}"),
            )
            .at(path.display())
        }),
    }
}
