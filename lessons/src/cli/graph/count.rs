//! `tapegrad graph count`: how a graph grows, as exact polynomials.

use clap::Args;
use serde_json::json;
use tapegrad_autograd::language::count::{Growth, View, vary};

use super::super::error::CliError;
use super::super::output::Output;
use super::program::{ProgramArgs, refusal};

/// Count nodes, edges, operations and remembered numbers as polynomials of a size
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  tapegrad graph count rnn_lm.cg --vary T=1..64 --at V=5,E=3,H=4
  tapegrad graph count attention.cg --vary T=1..64 --at D=3,dk=2 --explode T")]
pub struct Count {
    #[command(flatten)]
    program: ProgramArgs,
    /// Size that grows, and its range, as in T=1..64
    #[arg(long, value_name = "SIZE=FROM..TO")]
    vary: String,
    /// Count one node for each position of these axes, given by name or size
    #[arg(long, value_name = "AXES", value_delimiter = ',')]
    explode: Vec<String>,
}

impl Count {
    /// Runs the command.
    pub fn run(&self, out: &Output<'_>) -> Result<(), CliError> {
        let opened = self.program.open()?;
        let program = self.program.program(&opened)?;
        let (size, from, to) = self.range()?;
        if !program.dims.iter().any(|dim| *dim.name == *size) {
            let names: Vec<&str> = program.dims.iter().map(|dim| &*dim.name).collect();
            return Err(CliError::option(
                format!("the graph has no size {size}"),
                format!("its sizes are: {}", names.join(", ")),
            ));
        }
        let view = if self.explode.is_empty() {
            View::Unrolled
        } else {
            View::Exploded(&self.explode)
        };
        let growth = vary(program, &self.program.dims()?, &size, from..=to, view);
        let growth = growth.map_err(|error| refusal(&error, &opened.sources))?;
        if out.is_json() {
            let one = |one: &Growth| json!({"what": one.what, "formula": one.formula, "points": one.points});
            return out.document(&json!({"size": size, "counts": growth.iter().map(one).collect::<Vec<_>>()}));
        }
        out.text(&growth.iter().map(|one| line(one, &size)).collect::<String>())
    }

    /// `T=1..64`.
    fn range(&self) -> Result<(String, i64, i64), CliError> {
        let parsed = self.vary.split_once('=').and_then(|(size, range)| {
            let (from, to) = range.split_once("..")?;
            Some((
                size.trim().to_string(),
                from.trim().parse().ok()?,
                to.trim().parse().ok()?,
            ))
        });
        parsed.filter(|(_, from, to)| 1 <= *from && from < to).ok_or_else(|| {
            CliError::option(
                format!("`{}` is not a size with a range", self.vary),
                "write it as `--vary T=1..64`, with a range that begins at 1 or later",
            )
        })
    }
}

/// The formula, or the counts themselves if no polynomial gives them all.
fn line(one: &Growth, size: &str) -> String {
    if let Some(formula) = &one.formula {
        let (first, last) = (one.points.first(), one.points.last());
        let ends = first
            .zip(last)
            .map_or(String::new(), |((from, _), (to, _))| format!("{from}..{to}"));
        return format!("{}({size}) = {formula}    for every {size} in {ends}\n", one.what);
    }
    let points: Vec<String> = one.points.iter().map(|(at, count)| format!("{at}: {count}")).collect();
    format!(
        "{}({size}) is not a polynomial of degree 4 or less: {}\n",
        one.what,
        points.join(", ")
    )
}
