//! Unrolling: a program is run through with numbers for its sizes, loops round by round and rows position by position.
//!
//! What loops, rows and layers do is stated here once. What one operation becomes is up to the implementation of
//! [`Unroll`]: a node of a graph in `run::elaborate`, a line of a straight program in `derive`.

use std::collections::BTreeMap;

use super::program::{Instruction, Operation, Program, ValueId};
use super::size::{Bound, Size, Symbol};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::limits::{self, Budget, TooMuch};
use crate::span::Span;
use crate::stack;

/// A result, or the message why a program cannot be unrolled.
pub(crate) type Done<T> = Result<T, Box<Diagnostic>>;

/// What is known while a program is unrolled; `V` stands for a computed value.
pub(crate) struct State<'p, V> {
    pub program: &'p Program,
    /// The numbers of the sizes, and of the positions of the loops around.
    pub bound: Bound,
    /// What is left of the memory that the program may take.
    pub budget: Budget,
    values: Vec<Option<V>>,
    rows: Vec<BTreeMap<Vec<i64>, V>>,
}

/// A part of a program that is opened and closed.
pub(crate) enum Scope<'s> {
    /// One round of a loop.
    Round(&'s Symbol, i64),
    /// A call of a layer; of a row of layers, at this position.
    Layer(&'s str, Option<i64>),
}

/// What the operations of an unrolled program become.
pub(crate) trait Unroll<'p> {
    /// What stands for a computed value.
    type Value: Copy;

    fn state(&mut self) -> &mut State<'p, Self::Value>;

    /// The number that a size stands for at this point.
    fn number(&self, size: &Size) -> Done<i64>;

    fn compute(&mut self, out: ValueId, op: &Operation, args: Vec<Self::Value>) -> Done<Self::Value>;

    /// Called before a value becomes an element of a row.
    fn name_element(&mut self, value: Self::Value, family: usize, at: &[i64]);

    /// Elements of a row as one array along a new first axis; `depth` counts the positions that are fixed.
    fn stack(&mut self, out: ValueId, family: usize, parts: Vec<Self::Value>, depth: usize) -> Done<Self::Value>;

    /// An array without entries, for a row that has no positions for these sizes; `depth` counts the positions fixed.
    fn empty(&mut self, out: ValueId, depth: usize) -> Done<Self::Value>;

    fn open(&mut self, scope: Scope<'_>);

    fn close(&mut self);

    /// Carries out these instructions in order.
    fn unroll(&mut self, instructions: &[Instruction]) -> Done<()> {
        instructions.iter().try_for_each(|one| self.instruction(one))
    }

    fn instruction(&mut self, instruction: &Instruction) -> Done<()> {
        match instruction {
            Instruction::Compute { out, op, args } => {
                let args = args.iter().map(|&arg| self.state().value(arg)).collect();
                let value = self.compute(*out, op, args)?;
                self.state().values[*out] = Some(value);
            }
            Instruction::Store { family, at, value } => {
                let at = self.numbers(at)?;
                let value = self.state().value(*value);
                self.name_element(value, *family, &at);
                self.state().rows[*family].insert(at, value);
            }
            Instruction::Load { out, family, at } => {
                let at = self.numbers(at)?;
                let value = self.state().element(*out, *family, &at)?;
                self.state().values[*out] = Some(value);
            }
            Instruction::Collect { out, family } => {
                let program = self.state().program;
                let mut ranges = Vec::new();
                for (low, high) in &program.families[*family].ranges {
                    ranges.push((self.number(low)?, self.number(high)?));
                }
                let value = self.collect(*out, *family, &ranges, &mut Vec::new())?;
                self.state().values[*out] = Some(value);
            }
            Instruction::Loop {
                index,
                from,
                to,
                down,
                body,
            } => {
                let place = Instruction::all(body).find_map(Instruction::value);
                let [from, to] = [self.number(from), self.number(to)].map(|end| self.state().placed(end, place));
                let (from, to) = (from?, to?);
                self.state()
                    .has_room_for(if *down { from - to } else { to - from } + 1, body)?;
                let step = if *down { -1 } else { 1 };
                let mut round = from;
                while if *down { round >= to } else { round <= to } {
                    self.state().bound.insert(index.clone(), round);
                    self.scope(Scope::Round(index, round), body)?;
                    round += step;
                }
                self.state().bound.remove(index);
            }
            Instruction::Choice {
                out,
                condition,
                yes,
                no,
            } => {
                let holds = condition.holds(&|size| self.number(size));
                let (body, value) = match self.state().placed(holds, Some(*out))? {
                    true => yes,
                    false => no,
                };
                self.unroll(body)?;
                let value = self.state().value(*value);
                self.state().values[*out] = Some(value);
            }
            Instruction::Scope { name, at, body, .. } => {
                let at = at.as_ref().map(|at| self.number(at)).transpose()?;
                self.scope(Scope::Layer(name, at), body)?;
            }
        }
        Ok(())
    }

    fn scope(&mut self, scope: Scope<'_>, body: &[Instruction]) -> Done<()> {
        self.open(scope);
        let done = stack::deeper(|| self.unroll(body));
        self.close();
        done
    }

    fn numbers(&self, sizes: &[Size]) -> Done<Vec<i64>> {
        sizes.iter().map(|size| self.number(size)).collect()
    }

    /// A row as one array: stacked along its first position, for each of these along the second, and so on.
    fn collect(&mut self, out: ValueId, family: usize, ranges: &[(i64, i64)], at: &mut Vec<i64>) -> Done<Self::Value> {
        let Some(&(low, high)) = ranges.get(at.len()) else {
            return self.state().element(out, family, at);
        };
        let mut parts = Vec::new();
        for place in low..=high {
            at.push(place);
            parts.push(self.collect(out, family, ranges, at)?);
            at.pop();
        }
        if parts.is_empty() {
            return self.empty(out, at.len());
        }
        self.stack(out, family, parts, at.len())
    }
}

impl<'p, V: Copy> State<'p, V> {
    pub fn new(program: &'p Program, bound: Bound, budget: Budget) -> Self {
        Self {
            program,
            bound,
            budget,
            values: vec![None; program.values.len()],
            rows: vec![BTreeMap::new(); program.families.len()],
        }
    }

    /// What stands for a value.
    pub fn value(&self, value: ValueId) -> V {
        self.values[value].expect("a checked program defines each value before its use")
    }

    fn element(&self, out: ValueId, family: usize, at: &[i64]) -> Done<V> {
        let found = self.rows[family].get(at).copied();
        found.ok_or_else(|| self.impossible(out, &format!("position {at:?} of the row has no value")))
    }

    /// Takes the memory for a node with so many numbers of so many bytes, before it is made.
    pub fn take(&self, value: ValueId, node: u64, numbers: u64, bytes: u64) -> Done<()> {
        let taken = self
            .budget
            .take(1, node)
            .and_then(|()| self.budget.take(numbers, bytes));
        taken.map_err(|too_much| {
            let error = self.impossible(value, &too_much.to_string());
            Box::new(error.help(TooMuch::HELP))
        })
    }

    /// Whether so many rounds have room, each with at least one node for each of its operations.
    fn has_room_for(&self, rounds: i64, body: &[Instruction]) -> Done<()> {
        let computed = body.iter().filter_map(|one| match one {
            Instruction::Compute { out, .. } | Instruction::Load { out, .. } => Some(*out),
            _ => None,
        });
        let rounds = u64::try_from(rounds).unwrap_or(0);
        let nodes = 1 + computed.clone().count() as u64;
        self.budget.test(rounds, nodes * limits::NODE).map_err(|too_much| {
            let value = Instruction::all(body).find_map(Instruction::value);
            let span = value.map_or(Span::default(), |value| self.program.values[value].span);
            let error = impossible(span, &self.bound, &too_much.to_string());
            Box::new(error.note(format!("a loop has {rounds} rounds")).help(TooMuch::HELP))
        })
    }

    /// A message without a place gets that of a value.
    fn placed<T>(&self, done: Done<T>, value: Option<ValueId>) -> Done<T> {
        done.map_err(|mut error| {
            if let (true, Some(value)) = (error.primary.span.is_at(Span::default()), value) {
                error.primary.span = self.program.values[value].span;
            }
            error
        })
    }

    /// The message that a value cannot be computed at this point.
    pub fn impossible(&self, value: ValueId, why: &str) -> Box<Diagnostic> {
        impossible(self.program.values[value].span, &self.bound, why)
    }
}

/// The message that something cannot be computed with these sizes.
pub(crate) fn impossible(span: Span, bound: &Bound, why: &str) -> Box<Diagnostic> {
    let sizes: Vec<String> = bound.iter().map(|(name, value)| format!("{name} = {value}")).collect();
    Box::new(Diagnostic::new(Code::E14, span, why).note(format!("with {}", sizes.join(", "))))
}
