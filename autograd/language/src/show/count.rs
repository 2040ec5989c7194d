//! How a graph grows: nodes, edges, floating-point operations and numbers kept for backward() as exact polynomials of a size.
//!
//! The counts are taken at every size of a range. A polynomial is found by Newton's divided differences in whole
//! numbers and reported only if it gives every count exactly.

use std::collections::BTreeMap;

use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::limits::{self, Budget, TooMuch};
use crate::meaning::program::Program;
use crate::run::{Instance, RunError};
use crate::show::view::exploded;
use crate::span::Span;
use tapegrad_core::graph::{Graph, NodeId, Source};

/// The counts of one graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// Nodes, inputs and parameters included.
    pub nodes: i64,
    /// Operands of all nodes.
    pub edges: i64,
    /// Floating-point operations of forward().
    pub flops: i64,
    /// Numbers of the forward pass that backward() reads.
    pub remembered: i64,
}

/// One count at each size, and its polynomial if there is one.
#[derive(Clone, Debug, PartialEq)]
pub struct Growth {
    /// The name of the count.
    pub what: &'static str,
    /// Size and count.
    pub points: Vec<(i64, i64)>,
    /// The polynomial as text, such as `8 T + 3`.
    pub formula: Option<String>,
}

/// The graph of a program with these sizes, without values.
///
/// **Errors** if the sizes do not fit.
pub fn graph_of(program: &Program, dims: &BTreeMap<String, i64>) -> Result<Graph, RunError> {
    let (graph, _) = Instance::new(program, dims)?.graph()?;
    Ok(graph)
}

/// The counts of a graph.
pub fn counts(graph: &Graph) -> Counts {
    let mut kept = vec![false; graph.len()];
    let mut notes = 0;
    for node in graph.nodes() {
        let Source::Op(op) = node.source else { continue };
        if !node.needs_gradient {
            continue;
        }
        let keeps = op.keeps();
        for (position, operand) in node.operands.iter().enumerate() {
            kept[operand.index()] |= keeps.reads_input(position);
        }
        kept[node.id.index()] |= keeps.reads_output();
        let shapes: Vec<_> = graph.operand_shapes(node.id).collect();
        notes += op.notes(&shapes);
    }
    let computed = |id: NodeId| matches!(graph.node(id).source, Source::Op(_));
    let kept = graph
        .nodes()
        .filter(|node| kept[node.id.index()] && computed(node.id))
        .map(|node| node.shape.len());
    Counts {
        nodes: graph.len() as i64,
        edges: graph.nodes().map(|node| node.operands.len() as i64).sum(),
        flops: graph.flops().forward as i64,
        remembered: (kept.sum::<usize>() + notes) as i64,
    }
}

/// The view of a program whose nodes and edges are counted.
#[derive(Clone, Copy, Debug)]
pub enum View<'a> {
    /// The graph, with loops unrolled.
    Unrolled,
    /// The picture with one box for each position of these axes.
    Exploded(&'a [String]),
}

/// How the counts grow when one size runs through a range and all others stay.
///
/// Of an exploded picture there are only nodes and edges to count.
///
/// **Errors** if the sizes do not fit.
pub fn vary(
    program: &Program,
    dims: &BTreeMap<String, i64>,
    size: &str,
    range: std::ops::RangeInclusive<i64>,
    view: View<'_>,
) -> Result<Vec<Growth>, RunError> {
    let mut points: Vec<(i64, Counts)> = Vec::new();
    let budget = Budget::new(program.memory);
    let (from, to) = (*range.start(), *range.end());
    let all = u64::try_from(i128::from(to) - i128::from(from))
        .unwrap_or(u64::MAX)
        .saturating_add(1);
    let too_many = |too_much: TooMuch| {
        let text = format!("for {size} from {from} to {to} there are {all} graphs: {too_much}");
        let help = "count a shorter range, which gives the same polynomial";
        RunError::from(Box::new(Diagnostic::new(Code::E14, Span::default(), text).help(help)))
    };
    let count_at = |value: i64| -> Result<Counts, RunError> {
        let mut dims = dims.clone();
        dims.insert(size.to_string(), value);
        Ok(match view {
            View::Unrolled => counts(&graph_of(program, &dims)?),
            View::Exploded(axes) => {
                let picture = exploded(program, &dims, axes)?;
                Counts {
                    nodes: picture.boxes.len() as i64,
                    edges: picture.arrows.len() as i64,
                    flops: 0,
                    remembered: 0,
                }
            }
        })
    };
    // A count in the middle tells how much all of them are, before most of them are made.
    if all > 64 {
        let middle = count_at(from + (to - from) / 2)?;
        let each = middle.nodes.unsigned_abs().saturating_add(middle.edges.unsigned_abs());
        budget.test(all, each.saturating_mul(limits::NODE)).map_err(too_many)?;
    }
    for value in range {
        let counts = count_at(value)?;
        let parts = counts.nodes.unsigned_abs().saturating_add(counts.edges.unsigned_abs());
        budget.take(parts, limits::NODE).map_err(too_many)?;
        points.push((value, counts));
    }
    let growth = |what: &'static str, count: fn(&Counts) -> i64| {
        let points: Vec<(i64, i64)> = points.iter().map(|(size, counts)| (*size, count(counts))).collect();
        let formula = polynomial(&points).map(|coefficients| spell(&coefficients, size));
        Growth { what, points, formula }
    };
    let mut all = vec![
        growth("nodes", |counts| counts.nodes),
        growth("edges", |counts| counts.edges),
    ];
    if let View::Unrolled = view {
        all.push(growth("flops", |counts| counts.flops));
        all.push(growth("remembered", |counts| counts.remembered));
    }
    Ok(all)
}

/// The highest power that is looked for.
const DEGREE: usize = 4;

/// The coefficients, each a numerator over a common denominator, of the polynomial through all points.
///
/// `None` if there is none of degree 4 or less, or too few points to test one.
pub fn polynomial(points: &[(i64, i64)]) -> Option<(Vec<i128>, i128)> {
    let count = (DEGREE + 1).min(points.len().checked_sub(1)?);
    let denominator: i128 = {
        let gaps = points[..count]
            .iter()
            .flat_map(|(a, _)| points[..count].iter().map(move |(b, _)| (a - b).unsigned_abs()));
        gaps.filter(|&gap| gap > 0)
            .fold(1i128, |product, gap| lcm(product, i128::from(gap)))
            .pow(3)
    };
    let mut differences: Vec<i128> = points[..count]
        .iter()
        .map(|(_, y)| i128::from(*y) * denominator)
        .collect();
    for order in 1..count {
        for i in (order..count).rev() {
            let gap = i128::from(points[i].0 - points[i - order].0);
            let difference = differences[i] - differences[i - 1];
            if difference % gap != 0 {
                return None;
            }
            differences[i] = difference / gap;
        }
    }
    let mut coefficients = vec![0i128; count];
    for i in (0..count).rev() {
        let x = i128::from(points[i].0);
        for power in (1..count).rev() {
            coefficients[power] = coefficients[power - 1] - x * coefficients[power];
        }
        coefficients[0] = differences[i] - x * coefficients[0];
    }
    let fits = points.iter().all(|&(x, y)| {
        let value = coefficients.iter().rev().fold(0i128, |sum, c| sum * i128::from(x) + c);
        value == i128::from(y) * denominator
    });
    fits.then_some((coefficients, denominator))
}

fn lcm(a: i128, b: i128) -> i128 {
    a / gcd(a, b) * b
}

fn gcd(a: i128, b: i128) -> i128 {
    if b == 0 { a.abs() } else { gcd(b, a % b) }
}

fn spell((coefficients, denominator): &(Vec<i128>, i128), size: &str) -> String {
    let mut out = String::new();
    for (power, &coefficient) in coefficients.iter().enumerate().rev().filter(|(_, c)| **c != 0) {
        let common = gcd(coefficient, *denominator);
        let (over, under) = (coefficient / common, denominator / common);
        let sign = match (out.is_empty(), over < 0) {
            (true, false) => "",
            (true, true) => "-",
            (false, false) => " + ",
            (false, true) => " - ",
        };
        let number = if under == 1 {
            over.abs().to_string()
        } else {
            format!("{}/{under}", over.abs())
        };
        let name = match power {
            0 => String::new(),
            1 => size.to_string(),
            power => format!("{size}^{power}"),
        };
        let term = match (number.as_str(), name.as_str()) {
            (number, "") => number.to_string(),
            ("1", name) => name.to_string(),
            (number, name) => format!("{number} {name}"),
        };
        out.push_str(&format!("{sign}{term}"));
    }
    if out.is_empty() { "0".to_string() } else { out }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_polynomial_is_found_exactly_or_not_at_all() {
        let points = |f: fn(i64) -> i64| (1..=12).map(|x| (x, f(x))).collect::<Vec<_>>();
        let formula = |f: fn(i64) -> i64| polynomial(&points(f)).map(|found| spell(&found, "T"));
        assert_eq!(formula(|t| 8 * t + 3).as_deref(), Some("8 T + 3"));
        assert_eq!(formula(|t| t * (t + 1) / 2).as_deref(), Some("1/2 T^2 + 1/2 T"));
        assert_eq!(formula(|t| 2 * t * t * t - t).as_deref(), Some("2 T^3 - T"));
        assert_eq!(formula(|_| 0).as_deref(), Some("0"));
        assert_eq!(formula(|t| 1 << t), None);
        assert_eq!(formula(|t| t + i64::from(t == 7)), None);
    }
}
