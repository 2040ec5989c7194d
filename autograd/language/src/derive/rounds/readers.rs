//! Contributions to the gradient of a row: one row for each line that reads it, with 0 where the line never reads.

use super::{Done, RowGradient, Walk, unsupported};
use crate::derive::Backward;
use crate::derive::straight::Round;
use crate::meaning::program::Operation;
use crate::meaning::size::Size;
use crate::meaning::types::Kind;

impl Backward {
    /// 0 at a position of a row of contributions, from the value that stands there so that it is real.
    pub(super) fn store_zero(&mut self, values: usize, row: usize, at: &Size) {
        let ty = self.row_type(values);
        let value = self.build.push(Operation::Row(values, at.clone()), Vec::new(), ty);
        let zero = self.build.number(0.0);
        let product = self.build.mul(zero, value);
        self.store(product, row, at.clone());
    }

    /// A row of contributions for each line that reads a row of real numbers.
    pub(super) fn prepare_readers(&mut self, round: &Round, walk: &mut Walk) {
        let (low, high) = round.ends();
        for line in round.lines.clone() {
            let Operation::Row(row, at) = self.build.lines[line].op.clone() else {
                continue;
            };
            if self.build.ty(line).kind != Kind::Real {
                continue;
            }
            let offset = at.minus(&Size::symbol(round.index.clone()));
            let name = format!("{}{}_read", self.prefix, self.straight.rounds.rows[row].0);
            let own = self.new_row(name, self.row_type(row));
            walk.readers.insert(line, own);
            let back = RowGradient::Row(own, low.plus(&offset), high.plus(&offset));
            walk.row_gradients.entry(row).or_default().push(back);
        }
    }

    /// Zeros wherever this loop puts a value that a reader of its row never reads.
    pub(super) fn fill(&mut self, round: &Round, walk: &mut Walk) -> Done<()> {
        let (low, high) = round.ends();
        for line in round.lines.clone() {
            for (row, at) in self.straight.rounds.stores.get(&line).cloned().unwrap_or_default() {
                let offset = at.minus(&Size::symbol(round.index.clone()));
                let (first, last) = (low.plus(&offset), high.plus(&offset));
                for number in 0..walk.row_gradients.get(&row).map_or(0, Vec::len) {
                    let back = walk.row_gradients[&row][number].clone();
                    let back = match back {
                        RowGradient::One(gradient, at) => self.one_as_row(round, row, gradient, &at, &offset)?,
                        other => other,
                    };
                    if let RowGradient::Row(own, from, to) = &back {
                        let known = |distance: Size| {
                            distance
                                .as_number()
                                .ok_or_else(|| unsupported("which positions are read is not known"))
                        };
                        for missing in 0..known(from.minus(&first))?.max(0) {
                            self.store_zero(row, *own, &first.plus(&Size::number(missing)));
                        }
                        for missing in 0..known(last.minus(to))?.max(0) {
                            self.store_zero(row, *own, &last.minus(&Size::number(missing)));
                        }
                    }
                    if let Some(own) = walk.row_gradients.get_mut(&row) {
                        own[number] = back;
                    }
                }
            }
        }
        Ok(())
    }

    /// The gradient of one position as a row: 0 at all others, of which it must be the last or the first.
    pub(super) fn one_as_row(
        &mut self,
        round: &Round,
        row: usize,
        gradient: usize,
        at: &Size,
        offset: &Size,
    ) -> Done<RowGradient> {
        let (low, high) = round.ends();
        let one = Size::number(1);
        let (first, last) = (low.plus(offset), high.plus(offset));
        let name = format!("{}{}_read", self.prefix, self.straight.rounds.rows[row].0);
        let own = self.new_row(name, self.row_type(row));
        let (from, to) = match at {
            at if *at == last => (low.clone(), high.minus(&one)),
            at if *at == first => (low.plus(&one), high.clone()),
            _ => return Err(unsupported("a position in the middle of its row is read")),
        };
        let start = self.build.lines.len();
        let position = Size::symbol(round.index.clone()).plus(offset);
        self.store_zero(row, own, &position);
        self.straight.rounds.loops.push(Round {
            index: round.index.clone(),
            from,
            to,
            down: false,
            lines: start..self.build.lines.len(),
        });
        self.store(gradient, own, at.clone());
        Ok(RowGradient::Row(own, first, last))
    }
}
