//! Gradients inside a program: `grad(J, x)` becomes the operations that compute it, from the same rules as `derive`.
//!
//! The program is read in the order in which it runs. At each `grad` the lines so far are walked from `J` back to `x`,
//! and the lines of the gradient take its place. What comes out are ordinary operations, so that everything else (a
//! run, a derivative, a table, a picture) needs to know nothing of it, and a gradient can be derived again.
//!
//! A module is a function of its inputs: inside it, all that comes from outside is held fixed, save `x` itself.
//! The walk stays within one round of the loops around the `grad`. Where `J` could depend on `x` through another round,
//! or through a loop that lies between, the program is refused (`reach`).

mod reach;

use std::collections::BTreeMap;

use super::build::Builder;
use super::known::known;
use super::rules;
use super::straight::Line;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::meaning::positive::Positive;
use crate::meaning::program::{AttributeNumber, Instruction, Operation, Program, Value, ValueId};
use crate::meaning::size::Size;
use crate::meaning::types::{Kind, Type};
use crate::span::Span;

type Done<T> = Result<T, Box<Diagnostic>>;

/// The program with every `grad` written out.
///
/// **Errors** if a number does not depend on what it is derived by, or depends on it in a way that has no formula.
pub(crate) fn written_out(mut program: Program) -> Done<Program> {
    let is_gradient = |one: &Instruction| {
        matches!(
            one,
            Instruction::Compute {
                op: Operation::Gradient(_),
                ..
            }
        )
    };
    if !Instruction::all(&program.instructions).any(is_gradient) {
        return Ok(program);
    }
    let instructions = std::mem::take(&mut program.instructions);
    let mut writer = Writer {
        checked: &instructions,
        visible: Visible::new(&program),
        program,
        written: Vec::new(),
        loops: Vec::new(),
        outside: 0,
    };
    let written = writer.body(&instructions)?;
    let mut program = writer.program;
    program.instructions = written;
    Ok(program)
}

/// What can be read at the point that was reached: one line for each value.
#[derive(Clone)]
struct Visible {
    lines: Vec<Line>,
    /// The value of each line.
    values: Vec<ValueId>,
    /// The line of each value.
    places: Vec<Option<usize>>,
    /// For each row the places that have a value here, or were read, with the line.
    elements: Vec<Vec<(Vec<Size>, usize)>>,
    /// The lines of gradients: of a number, by a value on the way to it, where the lines from a third on can vary.
    gradients: BTreeMap<[usize; 3], usize>,
}

impl Visible {
    fn new(program: &Program) -> Self {
        Self {
            lines: Vec::new(),
            values: Vec::new(),
            places: vec![None; program.values.len()],
            elements: vec![Vec::new(); program.families.len()],
            gradients: BTreeMap::new(),
        }
    }

    fn line(&self, value: ValueId) -> usize {
        self.places[value].expect("a checked program defines each value before its use")
    }

    fn add(&mut self, value: ValueId, line: Line) {
        self.lines.push(line);
        self.values.push(value);
        self.places[value] = Some(self.lines.len() - 1);
    }

    /// The line of this place of a row, if it is known here.
    fn element(&self, family: usize, at: &[Size]) -> Option<usize> {
        let mut known = self.elements[family].iter();
        known.find(|(own, _)| own == at).map(|(_, line)| *line)
    }
}

struct Writer<'p> {
    /// The program as it was checked.
    checked: &'p [Instruction],
    program: Program,
    visible: Visible,
    /// The instructions of the block that is being written.
    written: Vec<Instruction>,
    /// For each loop around, the number of lines before it.
    loops: Vec<usize>,
    /// The number of lines before the call of a layer around; 0 outside of modules.
    outside: usize,
}

impl<'p> Writer<'p> {
    fn body(&mut self, instructions: &'p [Instruction]) -> Done<Vec<Instruction>> {
        let outer = std::mem::take(&mut self.written);
        instructions.iter().try_for_each(|one| self.instruction(one))?;
        Ok(std::mem::replace(&mut self.written, outer))
    }

    fn instruction(&mut self, instruction: &'p Instruction) -> Done<()> {
        let written = match instruction {
            Instruction::Compute {
                out,
                op: Operation::Gradient(span),
                args,
            } => {
                return self.gradient(*out, [args[0], args[1]], *span);
            }
            Instruction::Compute { out, op, args } => {
                self.compute(*out, op, args);
                instruction.clone()
            }
            Instruction::Store { family, at, value } => {
                let line = self.visible.line(*value);
                self.visible.elements[*family].push((at.clone(), line));
                instruction.clone()
            }
            Instruction::Load { out, family, at } => {
                self.load(*out, *family, at);
                instruction.clone()
            }
            Instruction::Collect { out, family } => {
                self.collect(*out, *family);
                instruction.clone()
            }
            Instruction::Loop { body, .. } => {
                let before = self.visible.clone();
                self.loops.push(before.lines.len());
                let body = self.body(body)?;
                self.loops.pop();
                self.visible = before;
                self.visible.places.resize(self.program.values.len(), None);
                instruction.around(body)
            }
            Instruction::Choice {
                out,
                condition,
                yes,
                no,
            } => {
                // What a branch reads of rows is not there if the other one is taken.
                let elements = self.visible.elements.clone();
                let bodies = [(self.body(&yes.0)?, yes.1), (self.body(&no.0)?, no.1)];
                self.visible.elements = elements;
                let args = bodies.iter().map(|(_, value)| self.visible.line(*value)).collect();
                self.add(*out, Operation::Engine("if".to_string(), Vec::new()), args);
                let [yes, no] = bodies;
                Instruction::Choice {
                    out: *out,
                    condition: condition.clone(),
                    yes,
                    no,
                }
            }
            Instruction::Scope { body, .. } => {
                let outer = std::mem::replace(&mut self.outside, self.visible.lines.len());
                let body = self.body(body)?;
                self.outside = outer;
                instruction.around(body)
            }
        };
        self.written.push(written);
        Ok(())
    }

    fn compute(&mut self, out: ValueId, op: &Operation, args: &[ValueId]) {
        if let Operation::Param(..) = op
            && let Some(line) = self.visible.lines.iter().position(|line| line.op == *op)
        {
            self.visible.places[out] = Some(line);
            return;
        }
        let args: Vec<usize> = args.iter().map(|&arg| self.visible.line(arg)).collect();
        let op = known(op, args.iter().map(|&arg| &self.visible.lines[arg].ty));
        self.add(out, op, args);
    }

    fn add(&mut self, out: ValueId, op: Operation, args: Vec<usize>) {
        let Value { name, ty, .. } = self.program.values[out].clone();
        self.visible.add(out, Line { op, args, ty, name });
    }

    /// A place that has a value here, or was read before, is the same line.
    fn load(&mut self, out: ValueId, family: usize, at: &[Size]) {
        if let Some(line) = self.visible.element(family, at) {
            self.visible.places[out] = Some(line);
            return;
        }
        self.add(out, Operation::Row(family, at[0].clone()), Vec::new());
        let line = self.visible.line(out);
        self.visible.elements[family].push((at.to_vec(), line));
    }

    /// A whole row: a stack of its places if all of them have their values here.
    fn collect(&mut self, out: ValueId, family: usize) {
        let ranges = self.program.families[family].ranges.clone();
        let places = match ranges.as_slice() {
            [(low, high)] => low.as_number().zip(high.as_number()),
            _ => None,
        };
        let elements: Option<Vec<usize>> = places.and_then(|(low, high)| {
            let element = |place: i64| self.visible.element(family, &[Size::number(place)]);
            (low..=high).map(element).collect()
        });
        match elements {
            Some(elements) => {
                let axis = vec![("axis".to_string(), vec![AttributeNumber::Number(0.0)])];
                self.add(out, Operation::Engine("stack".to_string(), axis), elements);
            }
            None => {
                let low = ranges.first().map_or(Size::number(1), |(low, _)| low.clone());
                self.add(out, Operation::Rows(family, low), Vec::new());
            }
        }
    }

    /// Writes the operations of `grad(J, x)`.
    fn gradient(&mut self, out: ValueId, [of, by]: [ValueId; 2], span: Span) -> Done<()> {
        let [j, x] = [of, by].map(|value| self.visible.line(value));
        for (line, otherwise) in [(j, "this number"), (x, "the second operand")] {
            if self.visible.lines[line].ty.kind != Kind::Real {
                return Err(self.is_data(line, otherwise, span));
            }
        }
        self.within_this_round(out, [j, x], span)?;
        let before = self.visible.lines.len();
        let known = Positive::of(&self.program.dims, &self.program.requirements);
        let mut build = Builder::new(self.visible.lines.clone(), known);
        let found = self.walk(&mut build, [j, x]).map_err(|mut error| {
            error.primary.span = span;
            error
        })?;
        let Some(&gradient) = found.get(&x) else {
            return Err(self.independent([j, x], span));
        };
        let gradient = build.relabel(gradient, self.program.values[out].ty.axes.clone());
        let places = self.write(&build, gradient, out);
        for (line, gradient) in found {
            let place = if gradient < before {
                Some(gradient)
            } else {
                places.get(&gradient).copied()
            };
            if let Some(place) = place {
                self.visible.gradients.insert([j, line, self.outside], place);
            }
        }
        Ok(())
    }

    /// The gradients of `j` by the lines on the way back to `x`, and by `x` if there is a way.
    fn walk(&self, build: &mut Builder, [j, x]: [usize; 2]) -> Done<BTreeMap<usize, usize>> {
        let depends = self.dependents(x);
        let mut found = BTreeMap::new();
        if !depends[j] {
            return Ok(found);
        }
        let seed = build.number(1.0);
        let mut received = BTreeMap::from([(j, vec![seed])]);
        while let Some((line, parts)) = received.pop_last() {
            let known = self.visible.gradients.get(&[j, line, self.outside]).copied();
            let gradient = known.unwrap_or_else(|| build.sum(parts.into_iter().rev().collect()));
            found.insert(line, gradient);
            if line == x {
                break;
            }
            for (operand, part) in rules::contributions(build, line, gradient)? {
                if depends[operand] {
                    received.entry(operand).or_default().push(part);
                }
            }
        }
        Ok(found)
    }

    /// For each line whether it is computed from `x`.
    fn dependents(&self, x: usize) -> Vec<bool> {
        let lines = &self.visible.lines;
        let mut depends = vec![false; lines.len()];
        depends[x] = true;
        for line in self.outside.max(x + 1)..lines.len() {
            depends[line] = lines[line].ty.kind == Kind::Real && lines[line].args.iter().any(|&arg| depends[arg]);
        }
        depends
    }

    /// Writes the lines that a gradient needs, the last of them as `out`; gives the place of each among the visible ones.
    fn write(&mut self, build: &Builder, gradient: usize, out: ValueId) -> BTreeMap<usize, usize> {
        let before = self.visible.lines.len();
        let mut needed = vec![false; build.lines.len()];
        needed[gradient] = true;
        for line in (before..build.lines.len()).rev().filter(|&line| line <= gradient) {
            if needed[line] {
                build.lines[line].args.iter().for_each(|&arg| needed[arg] = true);
            }
        }
        let mut places = BTreeMap::new();
        for line in (before..build.lines.len()).filter(|&line| needed[line]) {
            let Line { op, args, ty, .. } = build.lines[line].clone();
            let args = args
                .iter()
                .map(|arg| places.get(arg).copied().unwrap_or(*arg))
                .collect();
            let value = if line == gradient { out } else { self.new_value(ty, out) };
            self.push(value, op, args);
            places.insert(line, self.visible.line(value));
        }
        if gradient < before {
            self.push(out, Operation::Relabel, vec![gradient]);
        }
        places
    }

    fn new_value(&mut self, ty: Type, like: ValueId) -> ValueId {
        let span = self.program.values[like].span;
        self.program.values.push(Value { name: None, ty, span });
        self.visible.places.push(None);
        self.program.values.len() - 1
    }

    fn push(&mut self, out: ValueId, op: Operation, lines: Vec<usize>) {
        let args = lines.iter().map(|&line| self.visible.values[line]).collect();
        self.written.push(Instruction::Compute {
            out,
            op: op.clone(),
            args,
        });
        self.add(out, op, lines);
    }

    /// What a line is called in a message.
    fn called(&self, line: usize, otherwise: &str) -> String {
        match &self.visible.lines[line].name {
            Some(name) => format!("`{name}`"),
            None => otherwise.to_string(),
        }
    }

    fn is_data(&self, line: usize, otherwise: &str, span: Span) -> Box<Diagnostic> {
        let text = format!("{} is data, which has no gradient", self.called(line, otherwise));
        let place = self.program.values[self.visible.values[line]].span;
        let error = Diagnostic::new(Code::E24, span, text).with(place, "defined here");
        Box::new(error.help("what is declared without `data` has a gradient, and what is computed from it"))
    }

    fn independent(&self, [j, x]: [usize; 2], span: Span) -> Box<Diagnostic> {
        let (number, variable) = (self.called(j, "this number"), self.called(x, "this value"));
        let lines = &self.visible.lines;
        let mut needed = vec![false; lines.len()];
        needed[j] = true;
        for line in (0..=j).rev().filter(|&line| line != x) {
            if needed[line] {
                lines[line].args.iter().for_each(|&arg| needed[arg] = true);
            }
        }
        let text = match needed[x] {
            true => format!("{number} depends on {variable} only through what has no gradient"),
            false => format!("{number} does not depend on {variable}"),
        };
        let place = self.program.values[self.visible.values[x]].span;
        let error = Diagnostic::new(Code::E24, span, text).with(place, "defined here");
        Box::new(error.help("derive by a value that the number is computed from; leave the gradient out if it is 0"))
    }
}
