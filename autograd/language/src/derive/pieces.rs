//! A kept loop in pieces, in each of which every `if` on its position goes one way.
//!
//! `for t = 1..T { h[t] = if t > 1 then h[t-1] + x[t] else x[t] }` is a first round by itself, and a loop from 2 to T.

use crate::meaning::positive::Positive;
use crate::meaning::program::{Condition, Instruction};
use crate::meaning::size::{Size, Symbol};
use crate::stack;
use crate::syntax::ast::Binary;

/// How many rounds of a piece stand one by one; a piece with more of them, or a number that depends on sizes, is a loop.
const SINGLE_ROUNDS_MAX: i64 = 4;

/// Consecutive rounds, from the lowest position to the highest.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Piece {
    /// One round, which stands by itself.
    Round(Size),
    /// A loop.
    Loop(Size, Size),
}

/// The positions that a loop runs through.
pub(super) struct Positions<'p> {
    pub index: Symbol,
    pub low: Size,
    pub high: Size,
    /// What is known of sizes.
    pub known: &'p Positive,
}

impl Positions<'_> {
    /// The pieces of the loop, from the lowest positions to the highest, or why it cannot be split for all sizes.
    pub fn pieces(&self, body: &[Instruction]) -> Result<Vec<Piece>, String> {
        let mut cuts: Vec<Size> = Vec::new();
        for instruction in Instruction::all(body) {
            let Instruction::Choice { condition, .. } = instruction else {
                continue;
            };
            for comparison in condition.comparisons() {
                let of_comparison = self.cuts(comparison);
                for cut in of_comparison.ok_or_else(|| undecided(condition))? {
                    self.insert(cut, &mut cuts).ok_or_else(|| undecided(condition))?;
                }
            }
        }
        if cuts.is_empty() {
            return Ok(vec![Piece::Loop(self.low.clone(), self.high.clone())]);
        }
        let one = Size::number(1);
        let starts = std::iter::once(&self.low).chain(&cuts);
        let ends = cuts.iter().map(|cut| cut.minus(&one)).chain([self.high.clone()]);
        Ok(starts.zip(ends).flat_map(|(from, to)| self.piece(from, to)).collect())
    }

    /// The positions at which a part begins where a comparison no longer holds, or holds from there on.
    fn cuts(&self, (left, comparison, right): (&Size, Binary, &Size)) -> Option<Vec<Size>> {
        let (slope, rest) = self.linear(&left.minus(right))?;
        if slope == 0 {
            return Some(Vec::new());
        }
        // `slope * t + rest` is 0 at `t = at`.
        let at = rest.divided_by(&Size::number(-slope))?;
        let next = at.plus(&Size::number(1));
        Some(match comparison {
            Binary::Equal | Binary::NotEqual => vec![at, next],
            Binary::Less | Binary::GreaterEqual if slope > 0 => vec![at],
            Binary::LessEqual | Binary::Greater if slope < 0 => vec![at],
            _ => vec![next],
        })
    }

    /// A size as `slope * index + rest`.
    fn linear(&self, size: &Size) -> Option<(i64, Size)> {
        let at = |number: i64| size.substitute(&|symbol| (*symbol == self.index).then(|| Size::number(number)));
        let rest = at(0);
        let slope = at(1).minus(&rest).as_number()?;
        let whole = Size::number(slope).times(&Size::symbol(self.index.clone())).plus(&rest);
        (whole == *size).then_some((slope, rest))
    }

    /// Puts a cut in its place; one outside of the loop is left out. Nothing if its place depends on sizes.
    fn insert(&self, cut: Size, cuts: &mut Vec<Size>) -> Option<()> {
        let below = |a: &Size, b: &Size, least: i64| self.known.is_at_least(&b.minus(a), least);
        if below(&cut, &self.low, 0) || below(&self.high, &cut, 1) {
            return Some(());
        }
        if !below(&self.low, &cut, 0) || !below(&cut, &self.high, -1) {
            return None;
        }
        let mut place = 0;
        for own in cuts.iter() {
            match (below(own, &cut, 0), below(&cut, own, 0)) {
                (true, true) => return Some(()),
                (true, false) => place += 1,
                (false, true) => {}
                (false, false) => return None,
            }
        }
        cuts.insert(place, cut);
        Some(())
    }

    fn piece(&self, from: &Size, to: Size) -> Vec<Piece> {
        let count = to.minus(from).plus(&Size::number(1));
        match self.known.normal(&count).as_number() {
            Some(count) if count <= SINGLE_ROUNDS_MAX => (0..count)
                .map(|round| Piece::Round(from.plus(&Size::number(round))))
                .collect(),
            _ => vec![Piece::Loop(from.clone(), to)],
        }
    }

    /// The instructions in which each `if` on sizes has only the branch that is taken at all of these positions.
    pub fn decided(&self, body: &[Instruction]) -> Result<Vec<Instruction>, String> {
        let mut all = Vec::new();
        for instruction in body {
            match instruction {
                Instruction::Choice {
                    out,
                    condition,
                    yes,
                    no,
                } => {
                    let holds = self.holds(condition).ok_or_else(|| undecided(condition))?;
                    let (inner, value) = if holds { yes } else { no };
                    all.extend(self.decided(inner)?);
                    let taken = || (Vec::new(), *value);
                    all.push(Instruction::Choice {
                        out: *out,
                        condition: condition.clone(),
                        yes: taken(),
                        no: taken(),
                    });
                }
                Instruction::Loop { body, .. } | Instruction::Scope { body, .. } => {
                    all.push(instruction.around(self.decided(body)?));
                }
                other => all.push(other.clone()),
            }
        }
        Ok(all)
    }

    /// Whether a condition holds at all of these positions, if it is the same at all and for all sizes.
    fn holds(&self, condition: &Condition) -> Option<bool> {
        match condition {
            Condition::Compare(left, comparison, right) => self.compares(left, *comparison, right),
            Condition::Both(operator, parts) => {
                let is_and = *operator == Binary::And;
                match (stack::deeper(|| self.holds(&parts.0)), self.holds(&parts.1)) {
                    (Some(one), _) | (_, Some(one)) if one != is_and => Some(one),
                    (Some(_), Some(_)) => Some(is_and),
                    _ => None,
                }
            }
        }
    }

    fn compares(&self, left: &Size, comparison: Binary, right: &Size) -> Option<bool> {
        let (slope, rest) = self.linear(&left.minus(right))?;
        let at = |place: &Size| Size::number(slope).times(place).plus(&rest);
        let [least, most] = match slope < 0 {
            true => [at(&self.high), at(&self.low)],
            false => [at(&self.low), at(&self.high)],
        };
        let zero = Size::default();
        let is_above = |number: i64| self.known.is_at_least(&least, number);
        let is_below = |number: i64| self.known.is_at_least(&zero.minus(&most), number);
        let decided = |always: bool, never: bool| match (always, never) {
            (true, _) => Some(true),
            (_, true) => Some(false),
            _ => None,
        };
        match comparison {
            Binary::Less => decided(is_below(1), is_above(0)),
            Binary::LessEqual => decided(is_below(0), is_above(1)),
            Binary::Equal => decided(is_above(0) && is_below(0), is_above(1) || is_below(1)),
            Binary::NotEqual => decided(is_above(1) || is_below(1), is_above(0) && is_below(0)),
            Binary::GreaterEqual => decided(is_above(0), is_below(1)),
            _ => decided(is_above(1), is_below(0)),
        }
    }
}

fn undecided(condition: &Condition) -> String {
    format!("whether `{condition}` holds depends on sizes; a `require` may decide it")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(comparison: Binary, right: Size, known: &Positive) -> Result<Vec<Piece>, String> {
        let choice = Instruction::Choice {
            out: 0,
            condition: Condition::Compare(Size::symbol("t"), comparison, right),
            yes: (Vec::new(), 1),
            no: (Vec::new(), 2),
        };
        let positions = Positions {
            index: "t".into(),
            low: Size::number(1),
            high: Size::symbol("T"),
            known,
        };
        positions.pieces(&[choice])
    }

    #[test]
    fn a_comparison_splits_the_rounds_where_it_changes() {
        let number = Size::number;
        let t = || Size::symbol("T");
        let known = Positive::default();
        let first = Ok(vec![Piece::Round(number(1)), Piece::Loop(number(2), t())]);
        assert_eq!(split(Binary::Greater, number(1), &known), first);
        assert_eq!(split(Binary::LessEqual, number(1), &known), first);
        assert_eq!(split(Binary::Equal, number(1), &known), first);
        assert_eq!(split(Binary::GreaterEqual, number(2), &known), first);
        let before = t().minus(&number(1));
        let last = Ok(vec![Piece::Loop(number(1), before), Piece::Round(t())]);
        assert_eq!(split(Binary::Less, t(), &known), last);
        assert_eq!(split(Binary::NotEqual, t(), &known), last);
        let whole = Ok(vec![Piece::Loop(number(1), t())]);
        assert_eq!(split(Binary::GreaterEqual, number(1), &known), whole);
        assert!(split(Binary::Greater, number(2), &known).is_err(), "T may be 1");
        assert!(split(Binary::LessEqual, Size::symbol("K"), &known).is_err());
    }
}
