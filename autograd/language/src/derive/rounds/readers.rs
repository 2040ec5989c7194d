//! Contributions to the gradient of a row: one row for each line that reads it, with 0 where the line never reads.

use super::{Done, RowGradient, Walk};
use crate::derive::Backward;
use crate::derive::straight::Round;
use crate::meaning::program::Operation;
use crate::meaning::size::Size;
use crate::meaning::types::Kind;

/// How many zeros stand one by one; more of them, or a number that depends on sizes, are a loop.
const SINGLE_ZEROS_MAX: i64 = 4;

impl Backward {
    /// 0 at a position of a row of contributions.
    pub(super) fn store_zero(&mut self, row: usize, at: &Size) {
        let axes = self.row_type(row).axes;
        let zeros = self.build.zeros(axes);
        self.store(zeros, row, at.clone());
    }

    /// 0 from one position to another, of which there may be none.
    fn store_zeros(&mut self, round: &Round, row: usize, from: &Size, to: &Size) {
        match self.build.normal(&to.minus(from).plus(&Size::number(1))).as_number() {
            Some(count) if count <= SINGLE_ZEROS_MAX => {
                (0..count).for_each(|i| self.store_zero(row, &from.plus(&Size::number(i))));
            }
            _ => self.each(round, from, to, |own, position| own.store_zero(row, position)),
        }
    }

    /// A loop of its own from one position to another.
    fn each(&mut self, round: &Round, from: &Size, to: &Size, body: impl FnOnce(&mut Self, &Size)) {
        let start = self.build.lines.len();
        body(self, &Size::symbol(round.index.clone()));
        self.straight.rounds.loops.push(Round {
            index: round.index.clone(),
            from: from.clone(),
            to: to.clone(),
            down: false,
            span: round.span,
            lines: start..self.build.lines.len(),
        });
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
            let own = self.row_of_reader(row);
            walk.readers.insert(line, own);
            let back = RowGradient::Row(own, low.plus(&offset), high.plus(&offset));
            walk.row_gradients.entry(row).or_default().push(back);
        }
    }

    fn row_of_reader(&mut self, row: usize) -> usize {
        let name = format!("{}{}_read", self.prefix, self.straight.rounds.rows[row].0);
        self.new_row(&name, self.row_type(row))
    }

    /// Makes a row of each contribution to what this loop puts in rows, with 0 wherever nothing was read.
    pub(super) fn fill(&mut self, round: &Round, walk: &mut Walk) -> Done<()> {
        let (low, high) = round.ends();
        for line in round.lines.clone() {
            for (row, at) in self.straight.rounds.stores.get(&line).cloned().unwrap_or_default() {
                let offset = at.minus(&Size::symbol(round.index.clone()));
                let ends = [low.plus(&offset), high.plus(&offset)];
                let list = walk.row_gradients.get(&row).cloned().unwrap_or_default();
                let filled = list.into_iter().map(|back| {
                    let ends = self.ends_to_fill(row, &back, &ends)?;
                    self.filled(round, row, back, &ends)
                });
                let filled: Done<Vec<RowGradient>> = filled.collect();
                walk.row_gradients.insert(row, filled?);
            }
        }
        Ok(())
    }

    /// The positions at which a contribution needs a number for a loop that gives a row its values between `ends`.
    ///
    /// A position read may lie outside of the loop for some sizes: the last one does where the loop has no round. It
    /// then belongs to another value of the row, so that the contribution is filled wherever the row has a value.
    fn ends_to_fill(&self, row: usize, back: &RowGradient, ends: &[Size; 2]) -> Done<[Size; 2]> {
        let [first, last] = ends;
        let ordered =
            |a: &Size, b: &Size| self.build.is_at_least(&a.minus(b), 0) || self.build.is_at_least(&b.minus(a), 0);
        let is_decided = match back {
            RowGradient::One(_, at) => self.inside(at, first, last).is_ok(),
            RowGradient::Row(_, from, to) => ordered(first, from) && ordered(last, to),
            RowGradient::Whole(gradient, low) => {
                let length = &self.build.ty(*gradient).axes[0].size;
                let high = low.plus(length).minus(&Size::number(1));
                ordered(first, low) && ordered(last, &high)
            }
        };
        if is_decided {
            return Ok(ends.clone());
        }
        self.ends_of(row)
            .ok_or_else(|| self.unsupported("which value of a row is read depends on sizes"))
    }

    /// Where it depends on sizes whether a line reads a position of a row, its row of contributions gets 0 wherever the
    /// row has a value.
    pub(super) fn fill_for_one(&mut self, row: usize, at: &Size, walk: &mut Walk) -> Done<()> {
        let list = walk.row_gradients.get(&row).cloned().unwrap_or_default();
        let is_open = |back: &RowGradient| match back {
            RowGradient::Row(_, from, to) => self.inside(at, from, to).is_err(),
            _ => false,
        };
        if !list.iter().any(is_open) {
            return Ok(());
        }
        let ends = self.ends_of(row);
        let round = self.straight.rounds.loops.first().cloned();
        let (Some(ends), Some(round)) = (ends, round) else {
            return Ok(());
        };
        let filled: Done<Vec<RowGradient>> = list
            .into_iter()
            .map(|back| self.filled(&round, row, back, &ends))
            .collect();
        walk.row_gradients.insert(row, filled?);
        Ok(())
    }

    /// The first and the last position at which a row has a value, if that is the same for all sizes.
    fn ends_of(&self, row: usize) -> Option<[Size; 2]> {
        let rounds = &self.straight.rounds;
        let mut all = Vec::new();
        for (line, at) in rounds.stores.iter().flat_map(|(line, list)| {
            list.iter()
                .filter(|(own, _)| *own == row)
                .map(move |(_, at)| (line, at))
        }) {
            let round = rounds.loops.iter().find(|round| round.lines.contains(line));
            let ends = round.map_or([at.clone(), at.clone()], |round| {
                let offset = at.minus(&Size::symbol(round.index.clone()));
                let (low, high) = round.ends();
                [low.plus(&offset), high.plus(&offset)]
            });
            all.push(ends);
        }
        let below = |a: &Size, b: &Size| self.build.is_at_least(&b.minus(a), 0);
        let first = all
            .iter()
            .find(|[low, _]| all.iter().all(|[other, _]| below(low, other)))?[0]
            .clone();
        let last = all
            .iter()
            .find(|[_, high]| all.iter().all(|[_, other]| below(other, high)))?[1]
            .clone();
        Some([first, last])
    }

    /// A contribution as a row with a number at every position between two.
    fn filled(&mut self, round: &Round, row: usize, back: RowGradient, [first, last]: &[Size; 2]) -> Done<RowGradient> {
        let one = Size::number(1);
        let is_never =
            matches!(&back, RowGradient::One(_, at) if self.inside(at, first, last).is_ok_and(|inside| !inside));
        match back {
            RowGradient::One(..) if is_never => Ok(back),
            RowGradient::One(gradient, at) => {
                let own = self.row_of_reader(row);
                self.store_zeros(round, own, first, &at.minus(&one));
                self.store_zeros(round, own, &at.plus(&one), last);
                self.store(gradient, own, at);
                Ok(RowGradient::Row(own, first.clone(), last.clone()))
            }
            RowGradient::Whole(gradient, low) => {
                let length = self.build.ty(gradient).axes[0].size.clone();
                let high = low.plus(&length).minus(&one);
                let reads_all = [first, last]
                    .iter()
                    .all(|end| self.inside(end, &low, &high).is_ok_and(|inside| inside));
                if reads_all {
                    return Ok(RowGradient::Whole(gradient, low));
                }
                let own = self.row_of_reader(row);
                let ty = self.row_type(row);
                self.each(round, &low, &high, |backward, position| {
                    let place = position.minus(&low).plus(&one);
                    let part = backward.build.push(Operation::Select(0, place), vec![gradient], ty);
                    backward.store(part, own, position.clone());
                });
                self.filled(
                    round,
                    row,
                    RowGradient::Row(own, low, high),
                    &[first.clone(), last.clone()],
                )
            }
            RowGradient::Row(own, from, to) => {
                let begins = self.build.is_at_least(&first.minus(&from), 0);
                let ends = self.build.is_at_least(&to.minus(last), 0);
                if !begins {
                    self.store_zeros(round, own, first, &from.minus(&one));
                }
                if !ends {
                    self.store_zeros(round, own, &to.plus(&one), last);
                }
                let from = if begins { from } else { first.clone() };
                let to = if ends { to } else { last.clone() };
                Ok(RowGradient::Row(own, from, to))
            }
        }
    }
}
