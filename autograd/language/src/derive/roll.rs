//! A straight program with its loops kept: the lines of a loop stand together, and values pass from round to round
//! through rows.
//!
//! Only loops at the top level are kept, over rows with one position; layers in a row, and loops in loops, have to be
//! unrolled.

use std::collections::BTreeMap;
use std::ops::Range;

use super::known::known;
use super::names::{identifier, in_scope};
use super::straight::{Line, Straight, StraightParam};
use crate::meaning::program::{Instruction, Operation, Program, ValueId};
use crate::meaning::size::{Size, Symbol};
use crate::meaning::types::Type;

/// The loops and rows of a straight program.
#[derive(Clone, Debug, Default)]
pub struct Rounds {
    /// The loops in order.
    pub loops: Vec<Round>,
    /// For each row its name and the type of its values.
    pub rows: Vec<(String, Type)>,
    /// For each line the positions of rows that it is stored in.
    pub stores: BTreeMap<usize, Vec<(usize, Size)>>,
}

/// One loop.
#[derive(Clone, Debug)]
pub struct Round {
    /// The name of the position.
    pub index: Symbol,
    /// The first position.
    pub from: Size,
    /// The last position, included.
    pub to: Size,
    /// True if it counts down.
    pub down: bool,
    /// The lines of one round.
    pub lines: Range<usize>,
}

impl Round {
    /// The lowest and the highest position.
    pub fn ends(&self) -> (&Size, &Size) {
        if self.down {
            (&self.to, &self.from)
        } else {
            (&self.from, &self.to)
        }
    }
}

/// The program with its loops kept; `None` if one of them has to be unrolled.
pub fn rolled(program: &Program) -> Option<Straight> {
    let mut roller = Roller {
        program,
        straight: Straight::of(program),
        values: vec![usize::MAX; program.values.len()],
        params: BTreeMap::new(),
        prefix: String::new(),
        in_loop: false,
    };
    roller.declare_params()?;
    for family in &program.families {
        let name = roller.straight.names.own(&family.name);
        roller.straight.rounds.rows.push((name, family.ty.clone()));
    }
    roller.instructions(&program.instructions)?;
    let at = |value: ValueId| roller.values[value];
    roller.straight.objective = program.objective.map(|(direction, value)| (direction, at(value)));
    let outputs = program.outputs.iter();
    roller.straight.outputs = outputs.map(|(name, value)| (name.clone(), at(*value))).collect();
    Some(roller.straight)
}

struct Roller<'p> {
    program: &'p Program,
    straight: Straight,
    values: Vec<usize>,
    params: BTreeMap<usize, usize>,
    prefix: String,
    in_loop: bool,
}

impl Roller<'_> {
    fn instructions(&mut self, instructions: &[Instruction]) -> Option<()> {
        instructions
            .iter()
            .try_for_each(|instruction| self.instruction(instruction))
    }

    fn instruction(&mut self, instruction: &Instruction) -> Option<()> {
        match instruction {
            Instruction::Compute { out, op, args } => self.line(*out, op, args)?,
            Instruction::Store { family, at, value } => {
                let [at] = at.as_slice() else { return None };
                self.store(*family, at, *value);
            }
            Instruction::Load { out, .. } | Instruction::Collect { out, .. } if self.values[*out] != usize::MAX => {}
            Instruction::Load { out, family, at } => {
                let [at] = at.as_slice() else { return None };
                self.push(*out, Operation::Row(*family, at.clone()), Vec::new(), None);
            }
            Instruction::Collect { out, family } => {
                let [(low, _)] = self.program.families[*family].ranges.as_slice() else {
                    return None;
                };
                self.push(*out, Operation::Rows(*family, low.clone()), Vec::new(), None);
            }
            Instruction::Loop {
                index,
                from,
                to,
                down,
                body,
            } => {
                if self.in_loop {
                    return None;
                }
                self.before_loop(index, body)?;
                self.in_loop = true;
                let start = self.straight.lines.len();
                self.instructions(body)?;
                self.in_loop = false;
                self.straight.rounds.loops.push(Round {
                    index: index.clone(),
                    from: from.clone(),
                    to: to.clone(),
                    down: *down,
                    lines: start..self.straight.lines.len(),
                });
            }
            Instruction::Scope { at: Some(_), .. } | Instruction::Choice { .. } => return None,
            Instruction::Scope { name, body, .. } => {
                let length = self.prefix.len();
                self.prefix.push_str(&format!("{name}_"));
                self.instructions(body)?;
                self.prefix.truncate(length);
            }
        }
        Some(())
    }

    /// Reads before a loop what all of its rounds read alike: whole rows, and positions that do not move with it.
    fn before_loop(&mut self, index: &Symbol, body: &[Instruction]) -> Option<()> {
        let writes = |wanted: &usize| {
            Instruction::all(body).any(|one| matches!(one, Instruction::Store { family, .. } if family == wanted))
        };
        for instruction in Instruction::all(body) {
            let (family, moves) = match instruction {
                Instruction::Load { family, at, .. } => (family, at.iter().any(|at| at.symbols().contains(index))),
                Instruction::Collect { family, .. } => (family, false),
                _ => continue,
            };
            match (moves, writes(family)) {
                (true, _) => {}
                // The loop reads a fixed position of a row that it writes, so rounds differ in what is behind it.
                (false, true) => return None,
                (false, false) => self.instruction(instruction)?,
            }
        }
        Some(())
    }

    fn store(&mut self, family: usize, at: &Size, value: ValueId) {
        let own = self.values[value];
        let row = self.straight.rounds.rows[family].0.clone();
        // What has its name from this row only is written as a position of the row.
        if self.program.values[value].name.as_ref() == Some(&self.program.families[family].name) {
            self.straight.lines[own].name = None;
        }
        let line = self.stored(own);
        let is_first = self.straight.lines.iter().all(|own| own.name.as_ref() != Some(&row));
        if self.in_loop && is_first {
            self.straight.lines[line].name = Some(row);
        }
        let stores = self.straight.rounds.stores.entry(line).or_default();
        stores.push((family, at.clone()));
    }

    /// A line that can be stored in a row: one that is computed here and is in no row yet.
    fn stored(&mut self, line: usize) -> usize {
        let own = &self.straight.lines[line];
        let is_given = matches!(
            own.op,
            Operation::Input(_) | Operation::Param(..) | Operation::Row(..) | Operation::Number(_) | Operation::Size(_)
        );
        let is_last = line + 1 == self.straight.lines.len();
        if !is_given && is_last && !self.straight.rounds.stores.contains_key(&line) {
            return line;
        }
        let ty = own.ty.clone();
        self.straight.lines.push(Line {
            op: Operation::Relabel,
            args: vec![line],
            ty,
            name: None,
        });
        self.straight.lines.len() - 1
    }

    fn line(&mut self, out: ValueId, op: &Operation, args: &[ValueId]) -> Option<()> {
        if let Operation::Param(number, _) = op {
            self.values[out] = self.params[number];
            return Some(());
        }
        let args: Vec<usize> = args.iter().map(|&arg| self.values[arg]).collect();
        let op = known(op, args.iter().map(|&arg| &self.straight.lines[arg].ty));
        let name = self.program.values[out].name.clone().map(|name| match op {
            Operation::Input(_) => name,
            _ => self.straight.names.own(&in_scope(&self.prefix, &name)),
        });
        self.push(out, op, args, name);
        Some(())
    }

    fn push(&mut self, out: ValueId, op: Operation, args: Vec<usize>, name: Option<String>) {
        let ty = self.program.values[out].ty.clone();
        self.straight.lines.push(Line { op, args, ty, name });
        self.values[out] = self.straight.lines.len() - 1;
    }

    /// A line for each parameter, before all others.
    fn declare_params(&mut self) -> Option<()> {
        for (number, param) in self.program.params.iter().enumerate() {
            if !param.counts.is_empty() {
                return None;
            }
            let name = self.straight.names.own(&identifier(&param.path));
            self.straight.lines.push(Line {
                op: Operation::Param(number, Vec::new()),
                args: Vec::new(),
                ty: param.ty.clone(),
                name: Some(name.clone()),
            });
            self.params.insert(number, number);
            self.straight.params.push(StraightParam {
                name,
                ty: param.ty.clone(),
                init: param.init.clone(),
            });
        }
        Some(())
    }
}
