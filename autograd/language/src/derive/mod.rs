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
mod roll;
mod rounds;
pub(crate) mod rules;
pub(crate) mod straight;
mod text;
mod unroll;

use std::collections::BTreeMap;

use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::meaning::program::{DeclaredInput, Operation, Program};
use crate::meaning::types::Kind;
use crate::syntax::span::Span;

use build::Builder;
pub(super) use one_row::row_gradients;
use straight::{Line, Straight, straighten};

/// A derivative.
#[derive(Clone, Debug)]
pub struct Derivative {
    /// The program as text.
    pub text: String,
    /// For each input and parameter with a gradient, its name and the gradient's.
    pub gradients: Vec<(String, String)>,
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
        "g_".to_string()
    } else {
        format!("g{order}_")
    };
    let forward = straight.lines.len();
    let mut backward = Backward::new(straight, prefix)?;
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

/// The same program without layers, one line for each value; loops are kept if that is possible, or unrolled if
/// `given` has the sizes that they run to.
pub fn flattened(program: &Program, given: &BTreeMap<String, i64>) -> Result<String, Box<Diagnostic>> {
    Ok(text::print(&straight_program(program, given)?, &[]))
}

fn straight_program(program: &Program, given: &BTreeMap<String, i64>) -> Result<Straight, Box<Diagnostic>> {
    match straighten(program, given) {
        Err(error) if given.is_empty() => roll::rolled(program).ok_or(error),
        done => done,
    }
}

struct Backward {
    build: Builder,
    straight: Straight,
    prefix: String,
    contributions: Vec<Vec<usize>>,
    gradients: Vec<Option<usize>>,
}

impl Backward {
    fn new(mut straight: Straight, prefix: String) -> Result<Self, Box<Diagnostic>> {
        let seeds = Self::seeds(&mut straight)?;
        let lines = std::mem::take(&mut straight.lines);
        let mut backward = Self {
            contributions: vec![Vec::new(); lines.len()],
            gradients: vec![None; lines.len()],
            build: Builder::new(lines),
            straight,
            prefix,
        };
        for (line, seed) in seeds {
            let seed = seed.unwrap_or_else(|| backward.build.number(1.0));
            backward.contributions[line].push(seed);
        }
        Ok(backward)
    }

    /// The gradients at the start: 1 for the objective, or a new input for each output.
    fn seeds(straight: &mut Straight) -> Result<Vec<(usize, Option<usize>)>, Box<Diagnostic>> {
        if let Some((_, objective)) = straight.objective {
            return Ok(vec![(objective, None)]);
        }
        let mut seeds = Vec::new();
        for (name, line) in straight.outputs.clone() {
            let mut ty = straight.lines[line].ty.clone();
            if ty.kind != Kind::Real {
                continue;
            }
            ty.kind = Kind::Data;
            let name = format!("v_{name}");
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
            seeds.push((line, Some(straight.lines.len() - 1)));
        }
        if seeds.is_empty() {
            let text = format!("{} has neither an objective nor an output to derive", straight.name);
            return Err(Box::new(Diagnostic::new(Code::E07, Span::default(), text)));
        }
        Ok(seeds)
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
        let name = format!("{}{name}", self.prefix);
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
        self.build.lines[gradient].name = Some(name);
        gradient
    }

    fn finish(mut self, forward: usize) -> Result<Derivative, Box<Diagnostic>> {
        let mut gradients = Vec::new();
        self.straight.outputs.clear();
        for line in 0..forward {
            if let (true, Some(gradient)) = (self.build.is_leaf(line), self.gradients[line]) {
                let name = self.build.lines[line].name.clone().unwrap_or_default();
                let own = self.build.lines[gradient].name.clone().unwrap_or_default();
                self.straight.outputs.push((own.clone(), gradient));
                gradients.push((name, own));
            }
        }
        if gradients.is_empty() {
            let text = format!(
                "{} depends on no input or parameter that has a gradient",
                self.straight.name
            );
            return Err(Box::new(Diagnostic::new(Code::E07, Span::default(), text)));
        }
        self.straight.lines = self.build.lines;
        self.straight.objective = None;
        let suffix = if self.straight.name.ends_with("_backward") {
            ""
        } else {
            "_backward"
        };
        self.straight.name = match suffix {
            "" => format!("{}_backward", self.straight.name),
            suffix => format!("{}{suffix}", self.straight.name),
        };
        let remembered = remembered(&self.straight, forward);
        let docs = if remembered.is_empty() {
            vec![" Nothing is remembered from forward.".to_string()]
        } else {
            vec![format!(" Remembered from forward: {}.", remembered.join(", "))]
        };
        Ok(Derivative {
            text: text::print(&self.straight, &docs),
            gradients,
            remembered,
        })
    }
}

/// The computed forward values that the backward lines of the outputs read, by name or as they are written.
fn remembered(straight: &Straight, forward: usize) -> Vec<String> {
    let needed = text::needed(straight);
    let mut seen = vec![false; forward];
    for line in (forward..straight.lines.len()).filter(|&line| needed[line]) {
        for &arg in &straight.lines[line].args {
            if arg < forward {
                seen[arg] = true;
            }
        }
    }
    let is_computed = |line: &usize| {
        let op = &straight.lines[*line].op;
        !matches!(
            op,
            Operation::Input(_)
                | Operation::Param(..)
                | Operation::Number(_)
                | Operation::Size(_)
                | Operation::Positions
        )
    };
    let kept = |row: usize| {
        straight
            .rounds
            .stores
            .iter()
            .any(|(line, list)| *line < forward && list[0].0 == row)
    };
    let mut names: Vec<String> = (0..forward)
        .filter(|&line| seen[line])
        .filter(is_computed)
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
