//! `tapegrad graph`: programs of the graph language, from mistakes to gradients.
//!
//! What all of them share, finding the file, the graph in it and its sizes, is in `program`.

mod batch;
mod catalogue;
mod check;
mod count;
mod derive;
pub(super) mod files;
mod fmt;
mod lsp;
pub(super) mod program;
mod run;
mod show;
mod table;
mod watch;

use clap::{Args, Subcommand};

use super::error::CliError;
use super::output::Output;

/// Check, draw, derive, count and run programs of the graph language
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  tapegrad graph check two_layer.cg
  tapegrad graph show rnn_lm.cg --as svg --out rnn.svg
  tapegrad graph derive attention.cg
  tapegrad graph table two_layer.cg
  tapegrad graph count rnn_lm.cg --vary T=1..64 --at V=5,E=3,H=4
  tapegrad graph run two_layer.cg --bind data.json --grad --json")]
pub struct Graph {
    #[command(subcommand)]
    action: Action,
}

/// What can be done with a program.
#[derive(Debug, Subcommand)]
enum Action {
    Check(check::GraphCheckCommand),
    Fmt(fmt::Fmt),
    Show(show::Show),
    Derive(derive::Derive),
    Batch(batch::BatchCommand),
    Table(table::Table),
    Count(count::Count),
    Run(run::GraphRunCommand),
    Ops(catalogue::Ops),
    Explain(catalogue::Explain),
    Lsp(lsp::Lsp),
}

impl Graph {
    /// Runs the command.
    pub fn run(&self, out: &Output<'_>) -> Result<(), CliError> {
        match &self.action {
            Action::Check(check) => check.run(out),
            Action::Fmt(fmt) => fmt.run(out),
            Action::Show(show) => show.run(out),
            Action::Derive(derive) => derive.run(out),
            Action::Batch(batch) => batch.run(out),
            Action::Table(table) => table.run(out),
            Action::Count(count) => count.run(out),
            Action::Run(run) => run.run(out),
            Action::Ops(ops) => ops.run(out),
            Action::Explain(explain) => explain.run(out),
            Action::Lsp(lsp) => lsp.run(out),
        }
    }
}
