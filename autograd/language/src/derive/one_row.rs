//! What the values of a program give back to those that they are computed from, one value at a time, as the rows of the
//! lecture's table have it.

use std::collections::BTreeMap;

use super::build::Builder;
use super::rules;
use super::straight::{Line, Straight};
use crate::diagnostic::Diagnostic;
use crate::meaning::program::{AttributeNumber, Operation};
use crate::meaning::types::Kind;

/// The contributions of all values to the gradients of their operands.
pub(crate) struct Contributions {
    /// The lines of the program and those of the contributions.
    pub lines: Vec<Line>,
    /// For each line of the program the line that stands for its gradient, where others read it.
    pub gradients: Vec<Option<usize>>,
    /// Lines that stand for the weights of outputs, with their names, in a program without an objective.
    pub weights: Vec<(usize, String)>,
    /// For each line of the program the lines that contribute to its gradient, and what they contribute, in order.
    pub parts: Vec<Vec<(usize, usize)>>,
}

/// The contributions of each shown value to the shown values that it is computed from.
///
/// The gradient of the objective is 1; without an objective each output has a weight `v_NAME`.
pub(crate) fn contributions(straight: &Straight, is_shown: &[bool]) -> Result<Contributions, Box<Diagnostic>> {
    let count = straight.lines.len();
    let mut build = Builder::new(straight.lines.clone(), straight.known_sizes());
    let mut found = Contributions {
        lines: Vec::new(),
        gradients: vec![None; count],
        weights: Vec::new(),
        parts: vec![Vec::new(); count],
    };
    let mut started: Vec<Vec<usize>> = vec![Vec::new(); count];
    let objective = straight.objective.map(|(_, line)| line);
    if objective.is_none() {
        for (name, line) in &straight.outputs {
            let line = *line;
            if build.ty(line).kind != Kind::Real {
                continue;
            }
            let name = format!("v_{name}");
            let weight = stand_in(&mut build, line, &name);
            found.weights.push((weight, name));
            match is_shown[line] {
                true => found.parts[line].push((line, weight)),
                false => started[line].push(weight),
            }
        }
    }
    for line in (0..count).rev() {
        if build.ty(line).kind != Kind::Real || build.is_leaf(line) {
            continue;
        }
        let seeds = match is_shown[line] {
            true if objective == Some(line) => vec![build.number(1.0)],
            true if found.parts[line].is_empty() => continue,
            true => {
                let gradient = stand_in(&mut build, line, "g");
                found.gradients[line] = Some(gradient);
                vec![gradient]
            }
            false => std::mem::take(&mut started[line]),
        };
        if !seeds.is_empty() {
            of_value(&mut build, line, seeds, is_shown, &mut found)?;
        }
    }
    found.parts.iter_mut().for_each(|parts| parts.reverse());
    found.lines = build.lines;
    Ok(found)
}

/// What one value gives back to the shown values that it is computed from.
fn of_value(
    build: &mut Builder,
    line: usize,
    seeds: Vec<usize>,
    is_shown: &[bool],
    found: &mut Contributions,
) -> Result<(), Box<Diagnostic>> {
    let mut received: BTreeMap<usize, Vec<usize>> = BTreeMap::from([(line, seeds)]);
    while let Some((at, parts)) = received.pop_last() {
        if build.ty(at).kind != Kind::Real {
            continue;
        }
        let sum = build.sum(parts.into_iter().rev().collect());
        if at != line && is_shown[at] {
            found.parts[at].push((line, sum));
            continue;
        }
        for (operand, part) in rules::contributions(build, at, sum)? {
            received.entry(operand).or_default().push(part);
        }
    }
    Ok(())
}

/// A line that stands for something that is known, with the axes of another line.
fn stand_in(build: &mut Builder, like: usize, name: &str) -> usize {
    let ty = build.ty(like).clone();
    let line = build.push(Operation::Input(usize::MAX), Vec::new(), ty);
    build.lines[line].name = Some(name.to_string());
    line
}

/// The shown operands of a value as its formula is read, from left to right, each once.
pub(crate) fn operands_in_order(lines: &[Line], line: usize, is_shown: &dyn Fn(usize) -> bool) -> Vec<usize> {
    let mut order = Vec::new();
    let mut seen = vec![false; line + 1];
    let mut open: Vec<usize> = lines[line].args.iter().rev().copied().collect();
    while let Some(at) = open.pop() {
        if std::mem::replace(&mut seen[at], true) {
            continue;
        }
        match is_shown(at) {
            true => order.push(at),
            false => open.extend(lines[at].args.iter().rev()),
        }
    }
    order
}

/// The axis along which arrays are stacked.
pub(crate) fn stack_axis(attributes: &[(String, Vec<AttributeNumber>)]) -> usize {
    Builder::stack_axis(attributes).unwrap_or(0)
}
