//! The backward step of one named value by itself, as a row of the lecture's table has it.

use std::collections::BTreeMap;

use super::build::Builder;
use super::rules;
use super::straight::{Line, Straight};
use crate::diagnostic::Diagnostic;
use crate::meaning::program::Operation;
use crate::meaning::types::Kind;

/// The backward step of one named value alone: its contributions to its named operands.
pub(crate) struct RowGradients {
    /// The lines of the program and those of the contributions.
    pub lines: Vec<Line>,
    /// The name of the upstream gradient.
    pub gradient: String,
    /// For each named operand, the line of its contribution.
    pub parts: Vec<(usize, usize)>,
}

/// The contributions of a value to its named operands; the gradient of the objective is 1.
pub(crate) fn row_gradients(straight: &Straight, line: usize, is_loss: bool) -> Result<RowGradients, Box<Diagnostic>> {
    let mut build = Builder::new(straight.lines.clone(), straight.known_sizes());
    let gradient = format!("g_{}", straight.lines[line].name.clone().unwrap_or_default());
    let ty = straight.lines[line].ty.clone();
    let seed = if is_loss {
        build.number(1.0)
    } else {
        build.push(Operation::Input(usize::MAX), Vec::new(), ty)
    };
    if !is_loss {
        build.lines[seed].name = Some(gradient.clone());
    }
    let mut received: BTreeMap<usize, Vec<usize>> = BTreeMap::from([(line, vec![seed])]);
    let mut parts = Vec::new();
    while let Some((at, contributions)) = received.pop_last() {
        if build.lines[at].ty.kind != Kind::Real {
            continue;
        }
        let sum = build.sum(contributions.into_iter().rev().collect());
        if at != line && straight.lines[at].name.is_some() {
            parts.push((at, sum));
            continue;
        }
        for (operand, part) in rules::contributions(&mut build, at, sum)? {
            received.entry(operand).or_default().push(part);
        }
    }
    let order = operands_in_order(straight, line);
    parts.sort_by_key(|(operand, _)| order.iter().position(|own| own == operand));
    Ok(RowGradients {
        lines: build.lines,
        gradient,
        parts,
    })
}

/// The named operands of a value as its formula is read, from left to right.
pub(super) fn operands_in_order(straight: &Straight, line: usize) -> Vec<usize> {
    let mut order = Vec::new();
    let mut open: Vec<usize> = straight.lines[line].args.iter().rev().copied().collect();
    while let Some(at) = open.pop() {
        if straight.lines[at].name.is_some() {
            order.push(at);
        } else {
            open.extend(straight.lines[at].args.iter().rev());
        }
    }
    order
}
