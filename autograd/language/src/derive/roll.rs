//! A straight program with its loops kept: the lines of a loop stand together, and values pass from round to round
//! through rows.
//!
//! Only loops at the top level are kept, over rows with one position; layers in a row, and loops in loops, have to be
//! unrolled. A loop with an `if` on its position is split where the condition changes (`pieces`).

use std::collections::BTreeMap;
use std::ops::Range;

use super::known::known;
use super::names::{identifier, in_scope};
use super::pieces::{Piece, Positions};
use super::rounds_written_out::{cannot_be_kept, sizes_of_rounds};
use super::straight::{Line, Straight, StraightParam};
use crate::diagnostic::Diagnostic;
use crate::meaning::positive::Positive;
use crate::meaning::program::{Instruction, Operation, Program, ValueId};
use crate::meaning::size::{Size, Symbol};
use crate::meaning::types::{Axis, Type};
use crate::span::Span;

type Done<T> = Result<T, Box<Diagnostic>>;

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
    /// Where the loop is written.
    pub span: Span,
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

/// The program with its loops kept.
///
/// **Errors** if one of them has to be unrolled.
pub fn rolled(program: &Program) -> Done<Straight> {
    let straight = Straight::of(program);
    let mut roller = Roller {
        program,
        known: straight.known_sizes(),
        straight,
        values: vec![usize::MAX; program.values.len()],
        params: BTreeMap::new(),
        prefix: String::new(),
        in_loop: false,
        here: None,
        place: Span::default(),
    };
    roller.declare_params();
    for family in &program.families {
        let name = roller.straight.names.own(&family.name);
        roller.straight.rounds.rows.push((name, family.ty.clone()));
    }
    roller.instructions(&program.instructions)?;
    if let Some(param) = program.params.iter().find(|param| !param.counts.is_empty()) {
        roller.place = param.span;
        return Err(roller.obstacle("each layer of a row has parameters of its own"));
    }
    let at = |value: ValueId| roller.values[value];
    roller.straight.objective = program.objective.map(|(direction, value)| (direction, at(value)));
    let outputs = program.outputs.iter();
    roller.straight.outputs = outputs.map(|(name, value)| (name.clone(), at(*value))).collect();
    Ok(roller.straight)
}

struct Roller<'p> {
    program: &'p Program,
    known: Positive,
    straight: Straight,
    values: Vec<usize>,
    params: BTreeMap<usize, usize>,
    prefix: String,
    in_loop: bool,
    /// In a round that stands by itself: the loop's position, and where it is.
    here: Option<(Symbol, Size)>,
    /// What of the graph itself is being derived, and not what is written in a module that it calls.
    place: Span,
}

impl Roller<'_> {
    fn instructions(&mut self, instructions: &[Instruction]) -> Done<()> {
        instructions
            .iter()
            .try_for_each(|instruction| self.instruction(instruction))
    }

    fn obstacle(&self, why: &str) -> Box<Diagnostic> {
        cannot_be_kept(why, self.place, &sizes_of_rounds(self.program))
    }

    /// The one position of a row's value.
    fn only<'s>(&self, at: &'s [Size]) -> Done<&'s Size> {
        match at {
            [at] => Ok(at),
            _ => {
                let place = self.loop_in_loop(&self.program.instructions).unwrap_or(self.place);
                let sizes = sizes_of_rounds(self.program);
                Err(cannot_be_kept("it is a loop in a loop", place, &sizes))
            }
        }
    }

    /// The place of the first loop in a loop.
    fn loop_in_loop(&self, instructions: &[Instruction]) -> Option<Span> {
        instructions.iter().find_map(|one| match one {
            Instruction::Loop { body, .. } => {
                let is_loop = |one: &&Instruction| matches!(one, Instruction::Loop { .. });
                let inner = Instruction::all(body).find(is_loop)?;
                self.place_of(inner)
            }
            _ => None,
        })
    }

    /// Notes where the program is, in the graph itself.
    fn go_to(&mut self, instruction: &Instruction) {
        if !self.prefix.is_empty() {
            return;
        }
        if let Some(place) = self.place_of(instruction) {
            self.place = place;
        }
    }

    fn place_of(&self, instruction: &Instruction) -> Option<Span> {
        match instruction {
            Instruction::Compute {
                op: Operation::Input(_) | Operation::Param(..),
                ..
            } => None,
            Instruction::Scope { span, .. } => Some(*span),
            Instruction::Loop { body, .. } => body.iter().find_map(|one| self.place_of(one)),
            one => one.value().map(|value| self.program.values[value].span),
        }
    }

    fn instruction(&mut self, instruction: &Instruction) -> Done<()> {
        self.go_to(instruction);
        match instruction {
            Instruction::Compute { out, op, args } => self.line(*out, op, args),
            Instruction::Store { family, at, value } => {
                let at = self.here(self.only(at)?);
                self.store(*family, &at, *value);
            }
            Instruction::Load { out, .. } | Instruction::Collect { out, .. } if self.values[*out] != usize::MAX => {}
            Instruction::Load { out, family, at } => {
                let at = self.here(self.only(at)?);
                self.push(*out, Operation::Row(*family, at), Vec::new(), None);
            }
            Instruction::Collect { out, family } => {
                let ranges: Vec<Size> = self.program.families[*family]
                    .ranges
                    .iter()
                    .map(|(low, _)| low.clone())
                    .collect();
                let low = self.only(&ranges)?.clone();
                self.push(*out, Operation::Rows(*family, low), Vec::new(), None);
            }
            Instruction::Loop {
                index,
                from,
                to,
                down,
                body,
            } => {
                if self.in_loop || self.here.is_some() {
                    return Err(self.obstacle("it is a loop in a loop"));
                }
                self.in_pieces(index, [from, to], *down, body)?;
            }
            Instruction::Scope { at: Some(_), .. } => {
                return Err(self.obstacle("each layer of a row has parameters of its own"));
            }
            // What is decided has nothing but the value.
            Instruction::Choice { out, yes, no, .. } if yes.1 == no.1 => self.values[*out] = self.values[yes.1],
            Instruction::Choice { .. } => {
                let everywhere = Positions {
                    index: "".into(),
                    low: Size::number(1),
                    high: Size::number(1),
                    known: &self.known,
                };
                let decided = everywhere.decided(std::slice::from_ref(instruction));
                let decided = decided.map_err(|why| self.obstacle(&why))?;
                self.instructions(&decided)?;
            }
            Instruction::Scope { name, body, .. } => {
                let length = self.prefix.len();
                self.prefix.push_str(&format!("{name}_"));
                let done = self.instructions(body);
                self.prefix.truncate(length);
                done?;
            }
        }
        Ok(())
    }

    /// A loop, split where an `if` on its position changes.
    fn in_pieces(&mut self, index: &Symbol, [from, to]: [&Size; 2], down: bool, body: &[Instruction]) -> Done<()> {
        let (low, high) = if down { (to, from) } else { (from, to) };
        let known = self.known.clone();
        let positions = |[low, high]: [&Size; 2]| Positions {
            index: index.clone(),
            low: low.clone(),
            high: high.clone(),
            known: &known,
        };
        let is_choice = |one: &Instruction| matches!(one, Instruction::Choice { .. });
        if let Some(choice) = body.iter().find(|one| is_choice(one)) {
            self.go_to(choice);
        }
        let mut pieces = positions([low, high]).pieces(body).map_err(|why| self.obstacle(&why))?;
        if down {
            pieces.reverse();
        }
        for piece in pieces {
            // What another piece has computed is computed anew.
            let computed: Vec<ValueId> = Instruction::all(body).filter_map(computed).collect();
            computed.into_iter().for_each(|value| self.values[value] = usize::MAX);
            let (low, high) = match &piece {
                Piece::Round(at) => (at, at),
                Piece::Loop(low, high) => (low, high),
            };
            let decided = positions([low, high])
                .decided(body)
                .map_err(|why| self.obstacle(&why))?;
            match &piece {
                Piece::Round(at) => {
                    self.here = Some((index.clone(), at.clone()));
                    let done = self.instructions(&decided);
                    self.here = None;
                    done?;
                }
                Piece::Loop(..) => self.rounds(index, [low, high], down, &decided)?,
            }
        }
        Ok(())
    }

    fn rounds(&mut self, index: &Symbol, [low, high]: [&Size; 2], down: bool, body: &[Instruction]) -> Done<()> {
        let place = body.iter().find_map(|one| self.place_of(one)).unwrap_or(self.place);
        self.before_loop(index, [low, high], body)?;
        self.in_loop = true;
        let start = self.straight.lines.len();
        self.instructions(body)?;
        self.in_loop = false;
        let (from, to) = if down { (high, low) } else { (low, high) };
        self.straight.rounds.loops.push(Round {
            index: index.clone(),
            from: from.clone(),
            to: to.clone(),
            down,
            lines: start..self.straight.lines.len(),
            span: place,
        });
        Ok(())
    }

    /// Reads before a loop what all of its rounds read alike: whole rows, and positions that do not move with it.
    fn before_loop(&mut self, index: &Symbol, ends: [&Size; 2], body: &[Instruction]) -> Done<()> {
        for instruction in Instruction::all(body) {
            let (family, fixed) = match instruction {
                Instruction::Load { family, at, .. } if at.iter().any(|at| at.symbols().contains(index)) => continue,
                Instruction::Load { family, at, .. } => (*family, Some(self.only(at)?.clone())),
                Instruction::Collect { family, .. } => (*family, None),
                _ => continue,
            };
            if self.is_written(family, fixed.as_ref(), index, ends, body) {
                self.go_to(instruction);
                let name = &self.straight.rounds.rows[family].0;
                let what = match &fixed {
                    Some(at) => format!("{name}[{at}]"),
                    None => format!("all of {name}"),
                };
                return Err(self.obstacle(&format!("its rounds give {name} its values and read {what}")));
            }
            self.instruction(instruction)?;
        }
        Ok(())
    }

    /// True if a loop may give a row its values, at this position or anywhere.
    fn is_written(
        &self,
        wanted: usize,
        fixed: Option<&Size>,
        index: &Symbol,
        [low, high]: [&Size; 2],
        body: &[Instruction],
    ) -> bool {
        Instruction::all(body).any(|one| match (one, fixed) {
            (Instruction::Store { family, .. }, _) if *family != wanted => false,
            (Instruction::Store { .. }, None) => true,
            (Instruction::Store { at, .. }, Some(fixed)) => {
                let [at] = at.as_slice() else { return true };
                let end = |end: &Size| at.substitute(&|symbol| (symbol == index).then(|| end.clone()));
                let is_less = |a: &Size, b: &Size| self.known.is_at_least(&b.minus(a), 1);
                !is_less(fixed, &end(low)) && !is_less(&end(high), fixed)
            }
            _ => false,
        })
    }

    /// A size at the round that stands by itself.
    fn here(&self, size: &Size) -> Size {
        match &self.here {
            Some((index, at)) => size.substitute(&|symbol| (symbol == index).then(|| at.clone())),
            None => size.clone(),
        }
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

    fn line(&mut self, out: ValueId, op: &Operation, args: &[ValueId]) {
        if let Operation::Param(number, _) = op {
            self.values[out] = self.params[number];
            return;
        }
        let args: Vec<usize> = args.iter().map(|&arg| self.values[arg]).collect();
        let op = op.with_sizes(&|size| self.here(size));
        let op = known(&op, args.iter().map(|&arg| &self.straight.lines[arg].ty));
        let name = self.program.values[out].name.clone().map(|name| match op {
            Operation::Input(_) => name,
            _ => self.straight.names.own(&in_scope(&self.prefix, &name)),
        });
        self.push(out, op, args, name);
    }

    fn push(&mut self, out: ValueId, op: Operation, args: Vec<usize>, name: Option<String>) {
        let own = &self.program.values[out].ty;
        let here = |axis: &Axis| Axis {
            size: self.here(&axis.size),
            ..axis.clone()
        };
        let ty = Type {
            axes: own.axes.iter().map(here).collect(),
            kind: own.kind.clone(),
        };
        self.straight.lines.push(Line { op, args, ty, name });
        self.values[out] = self.straight.lines.len() - 1;
    }

    /// A line for each parameter, before all others; those of layers in a row are not kept.
    fn declare_params(&mut self) {
        for (number, param) in self.program.params.iter().enumerate() {
            if !param.counts.is_empty() {
                continue;
            }
            let name = self.straight.names.own(&identifier(&param.path));
            self.params.insert(number, self.straight.lines.len());
            self.straight.lines.push(Line {
                op: Operation::Param(self.straight.params.len(), Vec::new()),
                args: Vec::new(),
                ty: param.ty.clone(),
                name: Some(name.clone()),
            });
            self.straight.params.push(StraightParam {
                name,
                ty: param.ty.clone(),
                init: param.init.clone(),
            });
        }
    }
}

/// The value that an instruction computes or reads; what it stores is computed elsewhere.
fn computed(instruction: &Instruction) -> Option<ValueId> {
    match instruction {
        Instruction::Store { .. } => None,
        one => one.value(),
    }
}
