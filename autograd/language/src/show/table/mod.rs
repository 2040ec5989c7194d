//! The lecture's table: each value of the forward pass beside what backward computes at it.
//!
//! A row is one named value. On the left stands how it is computed; on the right, for each of its operands, the
//! gradient that it contributes, with the local derivative. As on the slide the rows run from the loss down to the
//! input.

mod formula;
mod indexed;
mod mathml;

use std::collections::BTreeMap;

pub use formula::{Formula, Spelling};

use crate::derive::row_gradients;
use crate::derive::straight::{Straight, straighten};
use crate::diagnostic::Diagnostic;
use crate::meaning::program::{Operation, Program};
use indexed::{Writer, letters};

/// Whether formulas are written entry by entry, or with whole matrices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// `a_j = sum_i alpha_ji x_i`.
    Indexed,
    /// `a = alpha @ x`.
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
/// **Errors** if such a size is missing, or a derivative has no formula.
pub fn rows(program: &Program, given: &BTreeMap<String, i64>, style: Style) -> Result<Vec<Row>, Box<Diagnostic>> {
    let straight = straighten(program, given)?;
    let mut rows = Vec::new();
    for line in (0..straight.lines.len()).rev() {
        let own = &straight.lines[line];
        let is_given = matches!(own.op, Operation::Input(_) | Operation::Param(..));
        if own.name.is_some() && !is_given {
            rows.push(row(&straight, line, style)?);
        }
    }
    Ok(rows)
}

fn row(straight: &Straight, line: usize, style: Style) -> Result<Row, Box<Diagnostic>> {
    let is_loss = straight.objective.is_some_and(|(_, objective)| objective == line);
    let gradients = row_gradients(straight, line, is_loss)?;
    let named = gradients
        .lines
        .iter()
        .enumerate()
        .map(|(i, own)| own.name.is_some() && i != usize::MAX)
        .collect();
    let writer = Writer {
        lines: &gradients.lines,
        named,
        with_indices: style == Style::Indexed,
        letters: letters(straight.dims.iter().map(|dim| dim.name.clone())),
    };
    let at = writer.indices(line);
    let name = |line: usize| {
        Formula::Symbol(
            straight.lines[line].name.clone().unwrap_or_default(),
            writer.indices(line),
        )
    };
    let forward = (name(line), writer.computed(line, &at));
    let mut backward = Vec::new();
    for &(operand, part) in &gradients.parts {
        let operand_at = writer.indices(operand);
        let operand_name = straight.lines[operand].name.clone().unwrap_or_default();
        let left = Formula::Symbol(format!("g_{operand_name}"), operand_at.clone());
        let whole = writer.formula(part, &operand_at);
        match (style, split(&whole, &gradients.gradient)) {
            (Style::Indexed, Some((outer, upstream, slope))) if !is_loss => {
                let partial = Formula::Partial(Box::new(name(line)), Box::new(name(operand)));
                let product = Formula::operator('*', upstream, partial.clone());
                let product = match outer {
                    Some(index) => Formula::Over("sum", index, Box::new(product)),
                    None => product,
                };
                backward.push((left, product));
                backward.push((partial, slope));
            }
            _ => backward.push((left, whole)),
        }
    }
    let label = if is_loss {
        "Loss".to_string()
    } else {
        label(straight, line)
    };
    Ok(Row {
        label,
        forward,
        backward,
    })
}

/// A contribution as the upstream gradient times a local derivative, perhaps summed over an index.
fn split(whole: &Formula, gradient: &str) -> Option<(Option<String>, Formula, Formula)> {
    match whole {
        Formula::Operator('*', left, right) => {
            let is_upstream = |side: &Formula| matches!(side, Formula::Symbol(name, _) if name == gradient);
            match (is_upstream(left), is_upstream(right)) {
                (true, _) => Some((None, (**left).clone(), (**right).clone())),
                (_, true) => Some((None, (**right).clone(), (**left).clone())),
                _ => None,
            }
        }
        Formula::Over("sum", index, body) => {
            let (outer, upstream, slope) = split(body, gradient)?;
            outer.is_none().then(|| (Some(index.clone()), upstream, slope))
        }
        _ => None,
    }
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

/// The table in a file format.
pub fn print(rows: &[Row], format: Format) -> String {
    match format {
        Format::Text => text(rows),
        Format::Markdown => markdown(rows),
        Format::Latex => latex(rows),
        Format::Html => html(rows),
    }
}

fn equation((left, right): &(Formula, Formula), spelling: Spelling) -> String {
    format!("{} = {}", left.spell(spelling), right.spell(spelling))
}

/// Label, forward formula, and the lines of the backward column.
type Cells = (String, String, Vec<String>);

fn text(rows: &[Row]) -> String {
    let cells: Vec<Cells> = rows
        .iter()
        .map(|row| {
            let forward = equation(&row.forward, Spelling::Text);
            let backward: Vec<String> = row.backward.iter().map(|one| equation(one, Spelling::Text)).collect();
            (row.label.clone(), forward, lines_of(&row.backward, &backward))
        })
        .collect();
    let wide = |of: &dyn Fn(&Cells) -> usize| cells.iter().map(of).max().unwrap_or(0);
    let label = wide(&|cell| cell.0.chars().count());
    let forward = wide(&|cell| cell.1.chars().count()).max("Forward".len());
    let mut out = format!("{:label$}  {:forward$}  Backward\n", "", "Forward");
    for (name, left, right) in &cells {
        let mut right = right.iter();
        let first = right.next().map_or("", String::as_str);
        out.push_str(format!("{name:label$}  {left:forward$}  {first}").trim_end());
        out.push('\n');
        for more in right {
            out.push_str(&format!("{:label$}  {:forward$}  {more}\n", "", ""));
        }
    }
    out
}

/// A gradient and its local derivative stand on one line.
fn lines_of(equations: &[(Formula, Formula)], spelled: &[String]) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for ((left, _), text) in equations.iter().zip(spelled) {
        match (left, lines.last_mut()) {
            (Formula::Partial(..), Some(line)) => line.push_str(&format!(", {text}")),
            _ => lines.push(text.clone()),
        }
    }
    lines
}

fn markdown(rows: &[Row]) -> String {
    let mut out = String::from("| | Forward | Backward |\n|---|---|---|\n");
    for row in rows {
        let backward: Vec<String> = row
            .backward
            .iter()
            .map(|one| format!("${}$", equation(one, Spelling::Latex)))
            .collect();
        let lines = lines_of(&row.backward, &backward).join("<br>");
        out.push_str(&format!(
            "| {} | ${}$ | {lines} |\n",
            row.label,
            equation(&row.forward, Spelling::Latex)
        ));
    }
    out
}

fn latex(rows: &[Row]) -> String {
    let mut out = String::from(
        "{\\renewcommand{\\arraystretch}{1.8}\n\\begin{tabular}{lll}\n & Forward & Backward \\\\\n\\hline\n",
    );
    for row in rows {
        let backward: Vec<String> = row
            .backward
            .iter()
            .map(|one| format!("${}$", equation(one, Spelling::Latex)))
            .collect();
        let mut lines = lines_of(&row.backward, &backward).into_iter();
        let first = lines.next().unwrap_or_default();
        out.push_str(&format!(
            "{} & ${}$ & {first} \\\\\n",
            row.label,
            equation(&row.forward, Spelling::Latex)
        ));
        lines.for_each(|line| out.push_str(&format!(" & & {line} \\\\\n")));
    }
    out.push_str("\\end{tabular}}\n");
    out
}

/// How the page looks: lines between rows; names of several letters are in italics, as those of one letter are.
const STYLE: &str = "body { font: 17px/1.9 serif; margin: 1.5em } table { border-collapse: collapse }\n\
    th, td { padding: .25em 1.2em; border-bottom: 1px solid #bbb; text-align: left; vertical-align: top }\n\
    th { font: bold 15px/2.1 sans-serif } mi.name { font-style: italic } p { margin: .3em 0 }";

fn html(rows: &[Row]) -> String {
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Forward and backward</title>\n\
         <style>{STYLE}</style></head><body>\n<table>\n<tr><th></th><th>Forward</th><th>Backward</th></tr>\n"
    );
    for row in rows {
        let backward: Vec<String> = row.backward.iter().map(mathml::equation).collect();
        let lines = lines_of(&row.backward, &backward).join("</p><p>");
        let forward = mathml::equation(&row.forward);
        out.push_str(&format!(
            "<tr><th>{}</th><td><p>{forward}</p></td><td><p>{lines}</p></td></tr>\n",
            row.label
        ));
    }
    out.push_str("</table>\n</body></html>\n");
    out
}
