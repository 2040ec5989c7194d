//! The command `tapegrad`.
//!
//! Each command is one file: a struct of its arguments, whose `run` does it. To add one, write its file and its line in
//! `Command`. A command writes one thing to standard output, text or a JSON document, through `Output`; all
//! else (progress, notes) goes to standard error. Every failure is a `CliError`.

mod architecture;
mod assignment;
mod bench;
mod check;
mod compare;
mod confined;
mod error;
mod eval;
mod export;
mod generate;
mod graph;
mod import;
mod learn;
mod memory;
mod optimizer;
mod output;
mod plan;
mod program;
mod progress;
mod quantize;
mod recipe;
mod runs;
mod samples;
mod search;
mod signals;
mod smoothing;
mod step;
mod teacher;
mod threads;
mod tokenize;
mod train;

use std::ffi::OsString;
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{Parser, Subcommand};

use error::CliError;
use output::Output;

use crate::assignment::exam::Test;
use crate::assignment::folder;

/// Follow every gradient, and train small language models with them
#[derive(Debug, Parser)]
#[command(name = "tapegrad", version, color = clap::ColorChoice::Never, arg_required_else_help = true)]
#[command(
    after_help = "Examples:\n  tapegrad compare\n  tapegrad train lstm --out runs/lstm\n  tapegrad step two-layer"
)]
struct Cli {
    /// Write one JSON document to standard output instead of text
    #[arg(long, global = true)]
    json: bool,
    /// Seed of all random numbers; the same seed gives the same result
    #[arg(long, global = true, value_name = "N")]
    seed: Option<u64>,
    /// Write plain lines: no progress bars, no full-screen lessons
    #[arg(long, global = true)]
    plain: bool,
    #[command(subcommand)]
    command: Command,
}

/// What `tapegrad` can be told to do.
#[derive(Debug, Subcommand)]
enum Command {
    Compare(Box<compare::Compare>),
    Train(Box<train::Train>),
    Eval(eval::Eval),
    Generate(generate::Generate),
    Quantize(quantize::Quantize),
    Runs(runs::Runs),
    Search(search::Search),
    Import(import::Import),
    Export(export::Export),
    Plan(Box<plan::PlanCommand>),
    Step(step::StepCommand),
    Check(check::CheckCommand),
    Learn(learn::Learn),
    Assignment(assignment::AssignmentCommand),
    Bench(bench::Bench),
    Graph(graph::Graph),
    Tokenize(tokenize::Tokenize),
    Confined(confined::Confined),
}

impl Command {
    fn run(&self, out: &Output<'_>) -> Result<(), CliError> {
        match self {
            Self::Compare(compare) => compare.run(out),
            Self::Train(train) => train.run(out),
            Self::Eval(eval) => eval.run(out),
            Self::Generate(generate) => generate.run(out),
            Self::Quantize(quantize) => quantize.run(out),
            Self::Runs(runs) => runs.run(out),
            Self::Search(search) => search.run(out),
            Self::Import(import) => import.run(out),
            Self::Export(export) => export.run(out),
            Self::Plan(plan) => plan.run(out),
            Self::Step(step) => step.run(out),
            Self::Check(check) => check.run(out),
            Self::Learn(learn) => learn.run(out),
            Self::Assignment(assignment) => assignment.run(out),
            Self::Bench(bench) => bench.run(out),
            Self::Graph(graph) => graph.run(out),
            Self::Tokenize(tokenize) => tokenize.run(out),
            Self::Confined(confined) => confined.run(),
        }
    }
}

/// Runs `tapegrad` with these arguments and gives the exit code; the first argument is the name of the program.
///
/// 0: done. 1: it could not be done. 2: the command line is wrong: an option, a number or a name that does not exist, or
/// has no meaning here.
pub fn run(args: impl IntoIterator<Item = OsString>, stdout: &mut dyn Write, stderr: &mut dyn Write) -> u8 {
    let args: Vec<OsString> = args.into_iter().collect();
    let outcome = match Cli::try_parse_from(&args) {
        Ok(cli) => {
            let out = Output::new(stdout, cli.json, cli.plain, cli.seed);
            let done = catch_unwind(AssertUnwindSafe(|| cli.command.run(&out)));
            let done = done.unwrap_or_else(|panic| Err(CliError::internal(&*panic)));
            done.map_err(|error| (cli.json, error))
        }
        Err(error) if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            let written = output::written(write!(stdout, "{}", error.render()));
            written.map_err(|error| (false, error))
        }
        // The command line could not be read, so neither could --json be; a program that wrote it still means it.
        Err(error) => Err((args.iter().any(|arg| arg == "--json"), CliError::usage(&error))),
    };
    match outcome {
        Ok(()) => 0,
        Err((_, error)) if error.is_reported() => error.exit_code(),
        Err((json, error)) => {
            // If the error cannot be written either, the exit code is all that is left to say.
            let _: io::Result<()> = match json {
                true => writeln!(stdout, "{}", error.document()),
                false => write!(stderr, "{error}"),
            };
            error.exit_code()
        }
    }
}

/// Runs `tapegrad` with the tests of an assignment in a folder: what the examiner of that folder does.
pub fn examine(tests: &'static [Test]) -> ExitCode {
    folder::examine(tests);
    let (mut stdout, mut stderr) = (io::stdout(), io::stderr());
    ExitCode::from(run(std::env::args_os(), &mut stdout, &mut stderr))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_arguments_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn each_command_has_an_example_in_its_help() {
        let cli = Cli::command();
        for command in cli.get_subcommands() {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            let example = format!("tapegrad {}", command.get_name());
            assert!(
                help.contains(&example),
                "the help of {} needs an example",
                command.get_name()
            );
        }
    }
}
