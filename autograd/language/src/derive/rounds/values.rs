//! Values that a backward loop reads from elsewhere: from the forward rounds, and from outside the loop.

use std::collections::BTreeMap;

use super::{Done, unsupported};
use crate::derive::Backward;
use crate::derive::straight::Round;
use crate::meaning::program::Operation;
use crate::meaning::size::Size;
use crate::meaning::types::{Axis, Kind};
use crate::syntax::span::Span;

impl Backward {
    /// If a line takes the position of its round out of an array from outside, the array and the position.
    ///
    /// **Errors** if the rounds do not take each position once: then the gradient is no row.
    pub(super) fn one_of_each(&self, line: usize, round: &Round) -> Done<Option<(usize, Size)>> {
        let own = &self.build.lines[line];
        let runs = |size: &Size| size.symbols().contains(&round.index);
        let (axis, at) = match &own.op {
            Operation::Select(axis, at) if runs(at) => (*axis, at),
            Operation::Slice(_, from, to) if runs(from) || runs(to) => {
                return Err(unsupported("a part of an array that depends on the round is read"));
            }
            _ => return Ok(None),
        };
        let operand = own.args[0];
        let offset = at.minus(&Size::symbol(round.index.clone()));
        let (low, high) = round.ends();
        let size = self.build.ty(operand).axes[axis].size.clone();
        let each = low.plus(&offset) == Size::number(1) && high.plus(&offset) == size;
        if axis != 0 || round.lines.contains(&operand) || !each {
            return Err(unsupported(
                "its rounds do not read each position of an array once, along its first axis",
            ));
        }
        Ok(Some((operand, at.clone())))
    }

    /// A row with the gradient of one position of an array.
    pub(super) fn slice_row(&mut self, operand: usize, gradient: usize, at: Size) -> usize {
        let name = self.build.lines[operand]
            .name
            .clone()
            .unwrap_or_else(|| "value".to_string());
        let mut ty = self.build.ty(operand).clone();
        ty.axes.remove(0);
        let row = self.new_row(format!("{}{name}_row", self.prefix), ty);
        self.store(gradient, row, at);
        row
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
            let row = self.new_row(format!("{}{name}_part", self.prefix), self.build.ty(line).clone());
            self.store(sum, row, Size::symbol(round.index.clone()));
            rows.push((line, row));
        }
        rows
    }

    /// After a loop, the sums of these rows are contributions of the lines outside.
    pub(super) fn sum_rows(&mut self, round: &Round, rows: Vec<(usize, usize)>) {
        let (low, high) = round.ends();
        let length = high.minus(low).plus(&Size::number(1));
        for (line, row) in rows {
            let mut ty = self.row_type(row);
            ty.axes
                .insert(0, Axis::new(&length.to_string(), length.clone(), Span::default()));
            let whole = self.build.push(Operation::Rows(row, low.clone()), Vec::new(), ty);
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
                let row = self.new_row(format!("{name}_row"), own.ty.clone());
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
