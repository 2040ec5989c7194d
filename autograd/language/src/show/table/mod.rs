//! The lecture's table: each value of the forward pass beside what backward computes at it.
//!
//! A row is one named value. On the left stands how it is computed; on the right the gradients that are known with this
//! row, with the local derivative. As on the slide the rows run from the loss down to the input. A value that several
//! others read has one equation, the sum of what they give back, in the last of their rows.
//!
//! Reading order: `formula`, `spell`, `names`, `index`, `indexed` (entry by entry), `pieces`, `running`, `matrices`, `matrix` (whole arrays),
//! `backward` (the equations), `print`.

mod backward;
mod formula;
mod index;
mod indexed;
mod mathml;
mod matrices;
mod matrix;
mod names;
mod pieces;
mod print;
mod running;
mod spell;

use std::collections::BTreeMap;

pub use formula::{Along, Bound, Condition, Formula, Range};
pub use print::print;
pub use spell::Spelling;

use crate::derive::straight::{Straight, straighten};
use crate::diagnostic::Diagnostic;
use crate::meaning::program::{Operation, Program};

/// Whether formulas are written entry by entry, or with whole matrices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// `a_j = sum_i alpha_ji x_i`.
    Indexed,
    /// `a = alpha @ x`; entry by entry where there is no notation for whole arrays.
    Matrix,
}

/// The file format of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Columns of plain text.
    Text,
    /// A Markdown table with LaTeX between dollar signs.
    Markdown,
    /// A LaTeX `tabular`, for the package `amsmath`.
    Latex,
    /// A page with formulas in MathML, which needs no network.
    Html,
}

/// One row of the table.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The label of the row: Loss, Sigmoid, Linear, …
    pub label: String,
    /// Left and right side of the forward formula.
    pub forward: (Formula, Formula),
    /// The equations of the backward column: left and right sides.
    pub backward: Vec<(Formula, Formula)>,
}

/// The rows of a program's table, from the loss to the inputs; `given` has the sizes that its loops run to.
///
/// **Errors** if such a size is missing, an op has no formula or no derivative in the language, or a formula is too long
/// to be read.
pub fn rows(program: &Program, given: &BTreeMap<String, i64>, style: Style) -> Result<Vec<Row>, Box<Diagnostic>> {
    let straight = backward::with_named_loss(straighten(program, given)?);
    let objective = straight.objective.map(|(_, line)| line);
    let equations = backward::equations(&straight, style)?.into_iter().rev();
    let row = |(line, (forward, backward))| Row {
        label: match objective == Some(line) {
            true => "Loss".to_string(),
            false => label(&straight, line),
        },
        forward,
        backward,
    };
    Ok(equations.map(row).collect())
}

/// The label of a row, from its outermost operation.
fn label(straight: &Straight, line: usize) -> String {
    let mut at = line;
    while let (Operation::Relabel | Operation::Reshape, Some(&arg)) =
        (&straight.lines[at].op, straight.lines[at].args.first())
    {
        if straight.lines[arg].name.is_some() {
            break;
        }
        at = arg;
    }
    let name = match &straight.lines[at].op {
        Operation::Matmul => "linear",
        Operation::Unary(name) | Operation::Binary(name) | Operation::Reduce(name, _) | Operation::Along(name, _) => {
            name
        }
        Operation::Embedding => "embedding",
        Operation::Pick => "pick",
        Operation::Where => "where",
        Operation::Engine(name, _) => name,
        Operation::Power(_) => "power",
        Operation::Select(..) => "position",
        Operation::Permute(_) | Operation::Reshape | Operation::Relabel | Operation::Broadcast => "rearrange",
        _ => "value",
    };
    let name = name.replace('_', " ");
    let mut letters = name.chars();
    letters
        .next()
        .map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}
