//! The blocks beside a gradient: its check by finite differences, and the contribution of each path.

use ndarray::{Dimension, IxDyn};
use tapegrad_autograd::check::finite_difference::Slope;

use super::block::{ScreenBlock, ScreenCell};
use super::naming::{gradient_name, short};
use crate::learn::run::difference::{Agreement, agreement};
use crate::learn::run::numeral::{block, inline, numeral};
use crate::learn::run::paths::paths;
use crate::learn::run::trace::Trace;

/// The most entries of a gradient that are checked in lines of their own.
const CHECKED_MAX: usize = 16;

/// The checks of the gradients that this step completes, and the contributions of their paths.
pub fn checks(trace: &Trace, at: usize, hidden: bool) -> Vec<ScreenBlock> {
    let completed: Vec<usize> = (0..trace.nodes.len())
        .filter(|&node| {
            node != trace.objective && !trace.nodes[node].is_folded && trace.gradient_after(node) == Some(at)
        })
        .collect();
    let mut rows: Vec<Vec<ScreenCell>> = Vec::new();
    for &node in completed.iter().filter(|_| trace.is_checked) {
        rows.extend(check_rows(trace, node, hidden));
    }
    let mut blocks = Vec::new();
    if !rows.is_empty() {
        let header = ["entry", "gradient", "by differences", "check"]
            .map(String::from)
            .to_vec();
        blocks.push(ScreenBlock::Table {
            caption: "Checked: the objective's own change when the number is moved".into(),
            header,
            rows,
        });
    }
    let several = |node: &usize| trace.nodes[*node].received.len() > 1;
    blocks.extend(
        completed
            .iter()
            .filter(|node| several(node))
            .map(|&node| path_table(trace, node, hidden)),
    );
    blocks
}

fn check_rows(trace: &Trace, node: usize, hidden: bool) -> Vec<Vec<ScreenCell>> {
    let own = &trace.nodes[node];
    let Some(gradient) = &own.gradient else {
        return Vec::new();
    };
    let verdicts: Vec<Agreement> = gradient
        .iter()
        .enumerate()
        .map(|(entry, &g)| agreement(g, own.differences.get(entry)))
        .collect();
    if gradient.len() > CHECKED_MAX {
        let agree = verdicts.iter().filter(|&&verdict| verdict == Agreement::Agrees).count();
        let cells = [
            ScreenCell::open(format!("{}, all {}", gradient_name(trace, node), gradient.len())),
            ScreenCell::secret(inline(gradient), hidden),
            ScreenCell::secret("taken of each", hidden),
            ScreenCell::secret(format!("{agree} of {} agree", gradient.len()), hidden),
        ];
        return vec![cells.to_vec()];
    }
    let row = |(entry, ((at, &g), verdict)): (usize, ((IxDyn, &f64), &Agreement))| {
        let difference = match own.differences.get(entry) {
            // What the difference cannot tell from 0 is shown as 0 with its error.
            Some(Slope::Smooth { value, bound }) if *value != 0.0 && value.abs() <= *bound => {
                format!("0 ± {bound:.0e}")
            }
            Some(Slope::Smooth { value, .. }) => numeral(nine_digits(*value)),
            Some(Slope::Kink { low, high }) => format!("{} or {}", numeral(*low), numeral(*high)),
            _ => "-".into(),
        };
        vec![
            ScreenCell::open(entry_name(&gradient_name(trace, node), at.slice())),
            ScreenCell::secret(numeral(g), hidden),
            ScreenCell::secret(difference, hidden),
            ScreenCell::secret(verdict_word(*verdict), hidden),
        ]
    };
    gradient.indexed_iter().zip(&verdicts).enumerate().map(row).collect()
}

/// A difference without the digits that its rounding leaves: 0.5 and not 0.50000000001.
fn nine_digits(value: f64) -> f64 {
    format!("{value:.8e}").parse().unwrap_or(value)
}

fn verdict_word(verdict: Agreement) -> &'static str {
    match verdict {
        Agreement::Agrees => "agrees",
        Agreement::Differs => "DIFFERS",
        Agreement::Kink => "a kink",
        Agreement::Unchecked => "unchecked",
    }
}

/// `g_alpha[1, 2]`: the name of one entry of a gradient, positions counted from 1.
fn entry_name(gradient: &str, at: &[usize]) -> String {
    let at: Vec<String> = at.iter().map(|index| (index + 1).to_string()).collect();
    match at.is_empty() {
        true => gradient.to_string(),
        false => format!("{gradient}[{}]", at.join(", ")),
    }
}

/// The paths along which a gradient comes, each with what it contributes.
pub fn path_table(trace: &Trace, node: usize, hidden: bool) -> ScreenBlock {
    let own = &trace.nodes[node];
    let header = ["path back from the objective", "contributes"]
        .map(String::from)
        .to_vec();
    let mut rows: Vec<Vec<ScreenCell>> = match paths(trace, node) {
        Ok(found) => found
            .iter()
            .map(|path| {
                let own = path.nodes.iter().filter(|&&node| !trace.nodes[node].is_folded);
                let along: Vec<String> = own.map(|&node| short(trace, node)).collect();
                vec![
                    ScreenCell::open(along.join(" > ")),
                    ScreenCell::secret(block(&path.contribution), hidden),
                ]
            })
            .collect(),
        Err(count) => vec![vec![
            ScreenCell::open(format!("{count} paths, too many to list")),
            ScreenCell::open(""),
        ]],
    };
    let sum = own.gradient.as_ref().map_or_else(|| "no gradient".into(), block);
    rows.push(vec![
        ScreenCell::open(format!("their sum is {}", gradient_name(trace, node))),
        ScreenCell::secret(sum, hidden),
    ]);
    ScreenBlock::Table {
        caption: format!(
            "Why {} has this value: the contribution of each path",
            gradient_name(trace, node)
        ),
        header,
        rows,
    }
}
