//! The derivative of a program as a program of the same language.
//!
//! The lines are visited from last to first. Each adds its contributions to the gradients of its operands (`rules`); a
//! value with several uses gets one line `g_x = … + …`, so that the sum is visible. The result can be checked, run,
//! drawn, and derived again. A program without an objective is derived from its outputs, each weighted by a new input
//! `v_NAME`: the derivative of a derivative is thus the product of the Hessian with `v`.

mod build;
mod fused;
pub(crate) mod inside;
pub(crate) mod known;
mod names;
mod one_row;
mod pieces;
mod roll;
mod rounds;
mod rounds_written_out;
pub(crate) mod rules;
pub(crate) mod straight;
mod text;
mod unroll;

use std::collections::BTreeMap;

use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::meaning::program::{DeclaredInput, Operation, Program};
use crate::meaning::types::Kind;
use crate::span::Span;

use build::Builder;
pub(crate) use one_row::{Contributions, contributions, operands_in_order, stack_axis};
use straight::{Line, Straight, straighten};

/// A derivative.
#[derive(Clone, Debug)]
pub struct Derivative {
    /// The program as text.
    pub text: String,
    /// For each input and parameter with a gradient, its name and the gradient's.
    pub gradients: Vec<(String, String)>,
    /// For each output that is derived because there is no objective, its name and the input that weighs it.
    pub seeds: Vec<(String, String)>,
    /// The forward values that the backward lines read, which have to be kept in memory.
    pub remembered: Vec<String>,
}

/// The derivative of a program; its loops are kept, or unrolled if `given` has the sizes that they run to.
///
/// **Errors** if a loop that cannot be kept has no size, if there is nothing to derive, or for an op whose derivative has no text.
pub fn derive(program: &Program, given: &BTreeMap<String, i64>) -> Result<Derivative, Box<Diagnostic>> {
    let straight = fused::written_out(straight_program(program, given)?)?;
    let order = 1 + program.name.matches("_backward").count();
    let prefix = if order == 1 {
        FIRST_PREFIX.to_string()
    } else {
        format!("g{order}_")
    };
    let forward = straight.lines.len();
    let mut backward = Backward::new(straight, prefix);
    if backward.straight.rounds.loops.is_empty() {
        backward.walk(forward)?;
    } else {
        backward.walk_rounds(forward)?;
    }
    backward.finish(forward)
}

/// The same program with loops unrolled, one line for each value.
pub fn unrolled(program: &Program, given: &BTreeMap<String, i64>) -> Result<String, Box<Diagnostic>> {
    Ok(text::print(&straighten(program, given)?, &[]))
}

/// What the names of gradients begin with in a first derivative.
const FIRST_PREFIX: &str = "g_";
/// The same program without layers, one line for each value; loops are kept if that is possible, or unrolled if
/// `given` has the sizes that they run to.
pub fn flattened(program: &Program, given: &BTreeMap<String, i64>) -> Result<String, Box<Diagnostic>> {
    Ok(text::print(&straight_program(program, given)?, &[]))
}

fn straight_program(program: &Program, given: &BTreeMap<String, i64>) -> Result<Straight, Box<Diagnostic>> {
    match straighten(program, given) {
        Err(error) if given.is_empty() && error.code == Code::E14 => roll::rolled(program),
        done => done,
    }
}

struct Backward {
    build: Builder,
    straight: Straight,
    prefix: String,
    /// The outputs that are derived, and the inputs that weigh them.
    seeds: Vec<(String, String)>,
    contributions: Vec<Vec<usize>>,
    gradients: Vec<Option<usize>>,
    /// The loop that is being derived, or was last.
    place: Span,
}

impl Backward {
    fn new(mut straight: Straight, prefix: String) -> Self {
        let weighed = Self::weighed(&mut straight);
        let lines = std::mem::take(&mut straight.lines);
        let mut backward = Self {
            contributions: vec![Vec::new(); lines.len()],
            gradients: vec![None; lines.len()],
            build: Builder::new(lines, straight.known_sizes()),
            seeds: Vec::new(),
            straight,
            prefix,
            place: Span::default(),
        };
        if let Some((_, objective)) = backward.straight.objective {
            let one = backward.build.number(1.0);
            backward.contributions[objective].push(one);
        }
        for (output, line, weight) in weighed {
            let input = backward.build.lines[weight].name.clone().unwrap_or_default();
            backward.seeds.push((output, input));
            backward.contributions[line].push(weight);
        }
        backward
    }

    /// A new input for each output with a gradient, if there is no objective: the name and line of the output, and the
    /// line of the input that weighs it.
    fn weighed(straight: &mut Straight) -> Vec<(String, usize, usize)> {
        let mut weighed = Vec::new();
        if straight.objective.is_some() {
            return weighed;
        }
        for (output, line) in straight.outputs.clone() {
            let mut ty = straight.lines[line].ty.clone();
            if ty.kind != Kind::Real {
                continue;
            }
            ty.kind = Kind::Data;
            let name = straight.names.fresh(&format!("v_{output}"));
            straight.inputs.push(DeclaredInput {
                name: name.clone(),
                ty: ty.clone(),
                span: Span::default(),
            });
            straight.lines.push(Line {
                op: Operation::Input(straight.inputs.len() - 1),
                args: Vec::new(),
                ty,
                name: Some(name),
            });
            weighed.push((output, line, straight.lines.len() - 1));
        }
        weighed
    }

    fn walk(&mut self, forward: usize) -> Result<(), Box<Diagnostic>> {
        for line in (0..forward).rev() {
            let parts = std::mem::take(&mut self.contributions[line]);
            if parts.is_empty() || self.build.lines[line].ty.kind != Kind::Real {
                continue;
            }
            let gradient = self.build.sum(parts.into_iter().rev().collect());
            let gradient = self.named(line, gradient);
            self.gradients[line] = Some(gradient);
            for (operand, part) in rules::contributions(&mut self.build, line, gradient)? {
                self.contributions[operand].push(part);
            }
        }
        Ok(())
    }

    /// Names the gradient of a named value; a gradient that has a name already gets a second line.
    fn named(&mut self, line: usize, gradient: usize) -> usize {
        let Some(name) = self.build.lines[line].name.clone() else {
            return gradient;
        };
        let is_constant = matches!(self.build.lines[gradient].op, Operation::Number(_));
        if is_constant && self.build.lines[line].ty.rank() == 0 && !self.build.is_leaf(line) {
            return gradient;
        }
        let gradient = if self.build.lines[gradient].name.is_some() || gradient < self.gradients.len() || is_constant {
            let ty = self.build.lines[line].ty.clone();
            self.build.push(Operation::Relabel, vec![gradient], ty)
        } else {
            gradient
        };
        let name = self.straight.names.fresh(&format!("{}{name}", self.prefix));
        self.build.lines[gradient].name = Some(name);
        gradient
    }

    fn finish(mut self, forward: usize) -> Result<Derivative, Box<Diagnostic>> {
        let mut gradients = Vec::new();
        let mut unreached = Vec::new();
        let has_outputs = !std::mem::take(&mut self.straight.outputs).is_empty();
        for line in 0..forward {
            if !self.build.is_leaf(line) || self.build.lines[line].ty.kind != Kind::Real {
                continue;
            }
            let name = self.build.lines[line].name.clone().unwrap_or_default();
            let gradient = match self.gradients[line] {
                Some(gradient) => gradient,
                // Where gradients do not depend on a value, their derivative is 0, and not absent.
                None if self.is_second() => {
                    unreached.push(name.clone());
                    let axes = self.build.lines[line].ty.axes.clone();
                    let zeros = self.build.zeros(axes);
                    self.named(line, zeros)
                }
                None => continue,
            };
            let own = self.build.lines[gradient].name.clone().unwrap_or_default();
            self.straight.outputs.push((own.clone(), gradient));
            gradients.push((name, own));
        }
        if gradients.is_empty() {
            return Err(self.nothing_to_derive(has_outputs));
        }
        self.straight.lines = self.build.lines;
        self.straight.objective = None;
        self.straight.name = format!("{}_backward", self.straight.name);
        let remembered = remembered(&self.straight, forward);
        let mut docs = vec![match remembered.as_slice() {
            [] if remembers(&self.straight, forward) => " Remembered from forward: values without a name.".to_string(),
            [] => " Nothing is remembered from forward.".to_string(),
            names => format!(" Remembered from forward: {}.", names.join(", ")),
        }];
        if !unreached.is_empty() {
            docs.push(format!(
                " 0 whatever is given, because no output depends on it: the derivative by {}.",
                unreached.join(", ")
            ));
        }
        Ok(Derivative {
            text: text::print(&self.straight, &docs),
            gradients,
            seeds: self.seeds,
            remembered,
        })
    }

    /// True for the derivative of a derivative.
    fn is_second(&self) -> bool {
        self.prefix != FIRST_PREFIX
    }

    fn nothing_to_derive(&self, has_outputs: bool) -> Box<Diagnostic> {
        let name = &self.straight.name;
        let is_empty = !has_outputs && self.straight.objective.is_none();
        let (code, text, help) = match is_empty {
            true => (
                Code::E07,
                format!("{name} has neither an objective nor an output to derive"),
                "add `minimize J` or `output y`",
            ),
            false => (
                Code::E24,
                format!("{name} depends on no input or parameter that has a gradient"),
                "an input that is declared without `data` has one, and so has a `param`",
            ),
        };
        Box::new(Diagnostic::new(code, Span::default(), text).help(help))
    }
}

/// True if the backward lines of the outputs read forward values that are computed, and not only renamed.
fn remembers(straight: &Straight, forward: usize) -> bool {
    let is_renamed = |line: usize| {
        let mut line = line;
        while matches!(
            straight.lines[line].op,
            Operation::Relabel | Operation::Reshape | Operation::Broadcast
        ) {
            line = straight.lines[line].args[0];
        }
        !is_computed(&straight.lines[line].op)
    };
    let seen = read_backward(straight, forward);
    (0..forward).any(|line| seen[line] && !is_renamed(line))
}

/// For each forward line whether the backward lines of the outputs read it, and it is computed.
fn read_backward(straight: &Straight, forward: usize) -> Vec<bool> {
    let needed = text::needed(straight);
    let mut seen = vec![false; forward];
    for line in (forward..straight.lines.len()).filter(|&line| needed[line]) {
        for &arg in &straight.lines[line].args {
            if arg < forward && is_computed(&straight.lines[arg].op) {
                seen[arg] = true;
            }
        }
    }
    seen
}

/// True for an operation that computes, and does not only give what is there.
fn is_computed(op: &Operation) -> bool {
    !matches!(
        op,
        Operation::Input(_) | Operation::Param(..) | Operation::Number(_) | Operation::Size(_) | Operation::Positions
    )
}

/// The computed forward values that the backward lines of the outputs read, by name or as they are written.
fn remembered(straight: &Straight, forward: usize) -> Vec<String> {
    let needed = text::needed(straight);
    let seen = read_backward(straight, forward);
    let kept = |row: usize| {
        straight
            .rounds
            .stores
            .iter()
            .any(|(line, list)| *line < forward && list[0].0 == row)
    };
    let mut names: Vec<String> = (0..forward)
        .filter(|&line| seen[line])
        .filter_map(|line| straight.lines[line].name.clone())
        .collect();
    for line in (forward..straight.lines.len()).filter(|&line| needed[line]) {
        if let Operation::Row(row, _) = straight.lines[line].op
            && kept(row)
            && !names.contains(&straight.rounds.rows[row].0)
        {
            names.push(straight.rounds.rows[row].0.clone());
        }
    }
    names
}
