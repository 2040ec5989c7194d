//! The backward pass of a program whose loops are kept: each loop runs in reverse.
//!
//! Values pass from round to round through rows, and so do their gradients: each line that reads a row writes its
//! contributions to a row of its own, and the gradient of a stored value is the sum of these rows at its position.
//! Positions that a line never reads hold 0. The gradient of a value from outside a loop is the sum of a row; of an array
//! of which each round reads one position, it is the row with zeros around.

mod readers;
mod values;

use std::collections::BTreeMap;

use super::Backward;
use super::rounds_written_out::cannot_be_kept;
use super::rules;
use super::straight::Round;
use crate::diagnostic::Diagnostic;
use crate::meaning::program::Operation;
use crate::meaning::size::Size;
use crate::meaning::types::{Kind, Type};

type Done<T> = Result<T, Box<Diagnostic>>;

/// A contribution to the gradient of a row.
#[derive(Clone, Debug)]
enum RowGradient {
    /// A row of contributions, from the first position to the last.
    Row(usize, Size, Size),
    /// The gradient of the whole row as one array, and its first position.
    Whole(usize, Size),
    /// The gradient of one position, read outside of loops.
    One(usize, Size),
}

/// The contributions that are known during the backward pass.
#[derive(Default)]
pub(super) struct Walk {
    row_gradients: BTreeMap<usize, Vec<RowGradient>>,
    /// For each line of a loop that reads a row, the row of its contributions.
    readers: BTreeMap<usize, usize>,
}

impl Backward {
    /// Visits all lines from last to first, the lines of a loop together.
    pub(in crate::derive) fn walk_rounds(&mut self, forward: usize) -> Done<()> {
        let mut walk = Walk::default();
        let mut line = forward;
        while line > 0 {
            line -= 1;
            let around = self
                .straight
                .rounds
                .loops
                .iter()
                .find(|one| one.lines.contains(&line))
                .cloned();
            match around {
                Some(round) => {
                    self.place = round.span;
                    line = round.lines.start;
                    self.round(&round, &mut walk)?;
                }
                None => self.single(line, &mut walk)?,
            }
        }
        Ok(())
    }

    /// A line outside of loops.
    fn single(&mut self, line: usize, walk: &mut Walk) -> Done<()> {
        for (row, at) in self.straight.rounds.stores.get(&line).cloned().unwrap_or_default() {
            self.fill_for_one(row, &at, walk)?;
            for back in walk.row_gradients.get(&row).cloned().unwrap_or_default() {
                if let Some(part) = self.at_one(&back, row, &at)? {
                    self.contributions[line].push(part);
                }
            }
        }
        let Some(gradient) = self.gathered(line) else {
            return Ok(());
        };
        match self.build.lines[line].op.clone() {
            Operation::Row(row, at) => walk
                .row_gradients
                .entry(row)
                .or_default()
                .push(RowGradient::One(gradient, at)),
            Operation::Rows(row, low) => walk
                .row_gradients
                .entry(row)
                .or_default()
                .push(RowGradient::Whole(gradient, low)),
            _ => {
                for (operand, part) in rules::contributions(&mut self.build, line, gradient)? {
                    self.contributions[operand].push(part);
                }
            }
        }
        Ok(())
    }

    /// The gradient of a line: the sum of its contributions, with a name.
    fn gathered(&mut self, line: usize) -> Option<usize> {
        let parts = std::mem::take(&mut self.contributions[line]);
        if parts.is_empty() || self.build.lines[line].ty.kind != Kind::Real {
            return None;
        }
        let sum = self.build.sum(parts.into_iter().rev().collect());
        let gradient = self.named(line, sum);
        self.gradients[line] = Some(gradient);
        Some(gradient)
    }

    /// The gradient of a value at one position of a row.
    fn at_one(&mut self, back: &RowGradient, row: usize, at: &Size) -> Done<Option<usize>> {
        let ty = self.row_type(row);
        let (from, to) = match back {
            RowGradient::Row(own, from, to) => {
                return Ok(match self.inside(at, from, to)? {
                    true => Some(self.build.push(Operation::Row(*own, at.clone()), Vec::new(), ty)),
                    false => None,
                });
            }
            RowGradient::One(gradient, own) => {
                return Ok(self.inside(at, own, own)?.then_some(*gradient));
            }
            RowGradient::Whole(gradient, low) => {
                let length = self.build.ty(*gradient).axes[0].size.clone();
                (low.clone(), low.plus(&length).minus(&Size::number(1)))
            }
        };
        let RowGradient::Whole(gradient, _) = back else {
            return Ok(None);
        };
        if !self.inside(at, &from, &to)? {
            return Ok(None);
        }
        let place = at.minus(&from).plus(&Size::number(1));
        Ok(Some(self.build.push(Operation::Select(0, place), vec![*gradient], ty)))
    }

    fn row_type(&self, row: usize) -> Type {
        self.straight.rounds.rows[row].1.clone()
    }

    fn new_row(&mut self, name: &str, mut ty: Type) -> usize {
        ty.kind = Kind::Real;
        let name = self.straight.names.fresh(name);
        self.straight.rounds.rows.push((name, ty));
        self.straight.rounds.rows.len() - 1
    }

    /// Stores a line in a row.
    fn store(&mut self, line: usize, row: usize, at: Size) {
        let ty = Type {
            axes: self.row_type(row).axes,
            kind: self.build.ty(line).kind.clone(),
        };
        let own = self.build.push(Operation::Relabel, vec![line], ty);
        self.straight.rounds.stores.entry(own).or_default().push((row, at));
    }

    /// Adds to a line of a loop the contributions that come through the rows it is stored in.
    fn add_from_rows(&mut self, line: usize, walk: &Walk) -> Done<()> {
        for (row, at) in self.straight.rounds.stores.get(&line).cloned().unwrap_or_default() {
            for back in walk.row_gradients.get(&row).into_iter().flatten() {
                let ty = self.row_type(row);
                let part = match back {
                    RowGradient::Row(own, ..) => self.build.push(Operation::Row(*own, at.clone()), Vec::new(), ty),
                    RowGradient::Whole(gradient, low) => {
                        let place = at.minus(low).plus(&Size::number(1));
                        self.build.push(Operation::Select(0, place), vec![*gradient], ty)
                    }
                    // The loop never gives this position its value, or the gradient would be a row by now.
                    RowGradient::One(..) => continue,
                };
                self.contributions[line].push(part);
            }
        }
        Ok(())
    }

    /// The backward pass of a loop: the same rounds in reverse.
    fn round(&mut self, round: &Round, walk: &mut Walk) -> Done<()> {
        self.prepare_readers(round, walk);
        self.fill(round, walk)?;
        let start = self.build.lines.len();
        let mut outside: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        let mut slices = Vec::new();
        for line in round.lines.clone().rev() {
            self.add_from_rows(line, walk)?;
            let gradient = self.gathered(line);
            if let (Some(&reader), Operation::Row(_, at)) = (walk.readers.get(&line), self.build.lines[line].op.clone())
            {
                // A reader that got nothing gives 0, so that its row is whole.
                match gradient {
                    Some(gradient) => self.store(gradient, reader, at),
                    None => self.store_zero(reader, &at),
                }
                continue;
            }
            let Some(gradient) = gradient else { continue };
            if let Some(taken) = self.taken(line, round)? {
                let row = self.taken_row(&taken, gradient);
                slices.push((taken, row));
                continue;
            }
            for (operand, part) in rules::contributions(&mut self.build, line, gradient)? {
                if round.lines.contains(&operand) {
                    self.contributions[operand].push(part);
                } else {
                    outside.entry(operand).or_default().push(part);
                }
            }
        }
        let sums = self.outside_rows(round, outside);
        self.read_through_rows(round, start);
        self.straight.rounds.loops.push(Round {
            index: round.index.clone(),
            from: round.to.clone(),
            to: round.from.clone(),
            down: !round.down,
            span: round.span,
            lines: start..self.build.lines.len(),
        });
        self.sum_rows(round, sums);
        for (taken, row) in slices {
            let whole = self.put_back(round, &taken, row);
            self.contributions[taken.operand].push(whole);
        }
        Ok(())
    }
}

impl Backward {
    /// Whether a position lies between two others, for all sizes or for none.
    fn inside(&self, at: &Size, from: &Size, to: &Size) -> Done<bool> {
        let least = |size: Size, number: i64| self.build.is_at_least(&size, number);
        if least(at.minus(from), 0) && least(to.minus(at), 0) {
            return Ok(true);
        }
        if least(at.minus(to), 1) || least(from.minus(at), 1) {
            return Ok(false);
        }
        Err(self.unsupported("whether a position is read depends on sizes"))
    }

    fn unsupported(&self, why: &str) -> Box<Diagnostic> {
        cannot_be_kept(why, self.place, &self.straight.sizes_of_rounds)
    }
}
