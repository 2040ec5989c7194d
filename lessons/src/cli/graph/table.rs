//! `tapegrad graph table`: the lecture's table, forward beside backward.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use tapegrad_autograd::language::table::{Format, Formula, Row, Spelling, Style, print, rows};

use super::super::error::CliError;
use super::super::output::Output;
use super::program::{ProgramArgs, deliver, mistake};

/// Print the lecture's table: each equation beside what backward computes for it
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  tapegrad graph table two_layer.cg
  tapegrad graph table softmax_regression.cg --style matrix --as latex
  tapegrad graph table rnn_lm.cg --at T=2 --as html --out table.html")]
pub struct Table {
    #[command(flatten)]
    program: ProgramArgs,
    /// Format of the table
    #[arg(long = "as", value_enum, default_value = "text")]
    format: FormatArg,
    /// Formulas entry by entry or with whole matrices
    #[arg(long, value_enum, default_value = "indexed")]
    style: StyleArg,
    /// Order of the rows: from the loss to the inputs, as on the slide, or from the inputs to the loss
    #[arg(long, value_enum, default_value = "backward")]
    order: Order,
    /// Write to this file instead of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// A file format.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum FormatArg {
    /// Columns of plain text
    Text,
    /// A Markdown table with LaTeX between dollar signs
    Md,
    /// A LaTeX tabular
    Latex,
    /// A page for a browser
    Html,
}

/// How formulas are written.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum StyleArg {
    /// Entry by entry
    Indexed,
    /// With whole matrices, where the lectures have a notation
    Matrix,
}

/// The order of the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Order {
    /// From the loss to the inputs
    Backward,
    /// From the inputs to the loss
    Forward,
}

impl Table {
    /// Runs the command.
    pub fn run(&self, out: &Output<'_>) -> Result<(), CliError> {
        let opened = self.program.open()?;
        let style = match self.style {
            StyleArg::Indexed => Style::Indexed,
            StyleArg::Matrix => Style::Matrix,
        };
        let rows = rows(self.program.program(&opened)?, &self.program.dims()?, style);
        let mut rows = rows.map_err(|error| mistake(&error, &opened.sources))?;
        if self.order == Order::Forward {
            rows.reverse();
        }
        if out.is_json() {
            return out.document(&json!({"rows": rows.iter().map(document).collect::<Vec<_>>()}));
        }
        let format = match self.format {
            FormatArg::Text => Format::Text,
            FormatArg::Md => Format::Markdown,
            FormatArg::Latex => Format::Latex,
            FormatArg::Html => Format::Html,
        };
        deliver(&print(&rows, format), self.out.as_deref(), out)
    }
}

fn document(row: &Row) -> Value {
    let both = |one| json!({"text": equation(one, Spelling::Text), "latex": equation(one, Spelling::Latex)});
    json!({
        "label": row.label,
        "forward": both(&row.forward),
        "backward": row.backward.iter().map(both).collect::<Vec<_>>(),
    })
}

fn equation((left, right): &(Formula, Formula), spelling: Spelling) -> String {
    format!("{} = {}", left.spell(spelling), right.spell(spelling))
}
