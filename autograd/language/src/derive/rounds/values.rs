//! Values that a backward loop reads from elsewhere: from the forward rounds, and from outside the loop.

use std::collections::BTreeMap;

use super::Done;
use crate::derive::Backward;
use crate::derive::rules::padded;
use crate::derive::straight::Round;
use crate::meaning::program::Operation;
use crate::meaning::size::Size;
use crate::meaning::types::{Axis, Kind};
use crate::span::Span;

/// One position of an array from outside a loop, which moves with the rounds.
pub(super) struct Taken {
    /// The array.
    pub operand: usize,
    axis: usize,
    at: Size,
    /// The distance of the position from that of the round.
    offset: Size,
}

impl Backward {
    /// If a line takes the position of its round out of an array from outside: what it takes where.
    ///
    /// **Errors** for a part of an array that moves with the round.
    pub(super) fn taken(&self, line: usize, round: &Round) -> Done<Option<Taken>> {
        let own = &self.build.lines[line];
        let runs = |size: &Size| size.symbols().contains(&round.index);
        let (axis, at) = match &own.op {
            Operation::Select(axis, at) if runs(at) => (*axis, at),
            Operation::Slice(_, from, to) if runs(from) || runs(to) => {
                return Err(self.unsupported("a part of an array that depends on the round is read"));
            }
            _ => return Ok(None),
        };
        let operand = own.args[0];
        let offset = at.minus(&Size::symbol(round.index.clone()));
        if round.lines.contains(&operand) || runs(&offset) {
            return Err(
                self.unsupported("its rounds do not read one position of an array from outside after the other")
            );
        }
        Ok(Some(Taken {
            operand,
            axis,
            at: at.clone(),
            offset,
        }))
    }

    /// A row with the gradient of one position of an array.
    pub(super) fn taken_row(&mut self, taken: &Taken, gradient: usize) -> usize {
        let name = self.build.lines[taken.operand]
            .name
            .clone()
            .unwrap_or_else(|| "value".to_string());
        let mut ty = self.build.ty(taken.operand).clone();
        ty.axes.remove(taken.axis);
        let row = self.new_row(&format!("{}{name}_row", self.prefix), ty);
        self.store(gradient, row, taken.at.clone());
        row
    }

    /// The row as an array along the axis that the rounds went through, with 0 where no round was.
    pub(super) fn put_back(&mut self, round: &Round, taken: &Taken, row: usize) -> usize {
        let (low, high) = round.ends();
        let (from, to) = (low.plus(&taken.offset), high.plus(&taken.offset));
        let whole = self.whole_row(row, &from, &to);
        let ty = self.build.ty(taken.operand).clone();
        let mut axes = self.build.ty(whole).axes.clone();
        axes[0].label = ty.axes[taken.axis].label.clone();
        let whole = self.build.relabel(whole, axes);
        let order: Vec<usize> = (1..=taken.axis).chain([0]).chain(taken.axis + 1..ty.rank()).collect();
        let whole = self.build.permute(whole, &order);
        let put_back = padded(&mut self.build, whole, &ty, taken.axis, &from, &to);
        self.build.relabel(put_back, ty.axes)
    }

    /// The values of a row from one position to another as one array.
    fn whole_row(&mut self, row: usize, from: &Size, to: &Size) -> usize {
        let length = to.minus(from).plus(&Size::number(1));
        let mut ty = self.row_type(row);
        ty.axes
            .insert(0, Axis::new(&length.to_string(), length.clone(), Span::default()));
        self.build.push(Operation::Rows(row, from.clone()), Vec::new(), ty)
    }

    /// Stores the contributions of one round to lines outside the loop in rows.
    pub(super) fn outside_rows(&mut self, round: &Round, outside: BTreeMap<usize, Vec<usize>>) -> Vec<(usize, usize)> {
        let mut rows = Vec::new();
        for (line, parts) in outside {
            if self.build.ty(line).kind != Kind::Real {
                continue;
            }
            let sum = self.build.sum(parts.into_iter().rev().collect());
            let name = self.build.lines[line]
                .name
                .clone()
                .unwrap_or_else(|| "value".to_string());
            let row = self.new_row(&format!("{}{name}_part", self.prefix), self.build.ty(line).clone());
            self.store(sum, row, Size::symbol(round.index.clone()));
            rows.push((line, row));
        }
        rows
    }

    /// After a loop, the sums of these rows are contributions of the lines outside.
    pub(super) fn sum_rows(&mut self, round: &Round, rows: Vec<(usize, usize)>) {
        let (low, high) = round.ends();
        for (line, row) in rows {
            let whole = self.whole_row(row, low, high);
            let sum = self.build.reduce("sum", whole, vec![0]);
            let axes = self.build.ty(line).axes.clone();
            let sum = self.build.relabel(sum, axes);
            self.contributions[line].push(sum);
        }
    }

    /// Values of the forward rounds are read through rows, from the line `start` on.
    pub(super) fn read_through_rows(&mut self, round: &Round, start: usize) {
        let written = self.build.lines.split_off(start);
        let stores: BTreeMap<usize, Vec<(usize, Size)>> = self.straight.rounds.stores.split_off(&start);
        let mut place: BTreeMap<usize, usize> = BTreeMap::new();
        for (number, line) in written.into_iter().enumerate() {
            let mut line = line;
            for arg in &mut line.args {
                *arg = match place.get(arg) {
                    Some(&known) => known,
                    None if round.lines.contains(arg) => self.read_through_row(*arg, round, &mut place),
                    None => *arg,
                };
            }
            self.build.lines.push(line);
            place.insert(start + number, self.build.lines.len() - 1);
        }
        for (line, list) in stores {
            self.straight.rounds.stores.insert(place[&line], list);
        }
        for gradient in self
            .gradients
            .iter_mut()
            .flatten()
            .filter(|gradient| **gradient >= start)
        {
            *gradient = place[gradient];
        }
    }

    /// A line that reads a value of the same forward round, or computes it again where that is nothing.
    pub(super) fn read_through_row(&mut self, line: usize, round: &Round, place: &mut BTreeMap<usize, usize>) -> usize {
        let own = self.build.lines[line].clone();
        let again = matches!(
            own.op,
            Operation::Row(..) | Operation::Number(_) | Operation::Size(_) | Operation::Positions | Operation::Reshape
        );
        let again = again || (matches!(own.op, Operation::Relabel) && !self.straight.rounds.stores.contains_key(&line));
        let again = again || (matches!(own.op, Operation::Select(..)) && !round.lines.contains(&own.args[0]));
        let copy = if again {
            let mut copy = own;
            copy.name = None;
            for arg in &mut copy.args {
                if round.lines.contains(arg) {
                    *arg = match place.get(arg) {
                        Some(&known) => known,
                        None => self.read_through_row(*arg, round, place),
                    };
                }
            }
            self.build.lines.push(copy);
            self.build.lines.len() - 1
        } else {
            let stored = self
                .straight
                .rounds
                .stores
                .get(&line)
                .and_then(|list| list.first())
                .cloned();
            let (row, at) = stored.unwrap_or_else(|| {
                let name = own.name.clone().unwrap_or_else(|| "kept".to_string());
                let row = self.new_row(&format!("{name}_row"), own.ty.clone());
                self.straight.rounds.rows[row].1.kind = own.ty.kind.clone();
                let at = Size::symbol(round.index.clone());
                self.straight.rounds.stores.insert(line, vec![(row, at.clone())]);
                (row, at)
            });
            self.build.push(Operation::Row(row, at), Vec::new(), own.ty)
        };
        place.insert(line, copy);
        copy
    }
}
