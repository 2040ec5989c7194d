//! What is chosen by a condition, and arrays that are put together of others.

use super::formula::{Condition, Formula};
use super::index::{Index, size};
use super::indexed::Writer;
use super::names::Shown;
use crate::derive::straight::Line;
use crate::meaning::program::Operation;
use crate::meaning::size::Size;
use crate::meaning::unroll::Done;

impl Writer<'_> {
    /// `where(mask, yes, no)` with the mask as the condition that it stands for.
    pub(super) fn choice(&self, args: &[usize], at: &[Index]) -> Done<Formula> {
        let condition = self.condition(args[0], at)?;
        let [yes, no] = [self.lined_up(args[1], at)?, self.lined_up(args[2], at)?];
        Ok(chosen(condition, yes, no))
    }

    /// The condition that a mask is not 0: `relu(a - b)` stands for `a > b`, `abs(a - b)` for two that differ.
    fn condition(&self, mask: usize, at: &[Index]) -> Done<Condition> {
        let (mask, at) = self.unwrapped(mask, &at[at.len() - self.lines[mask].ty.rank()..]);
        let own = &self.lines[mask];
        let sign = match own.op {
            Operation::Unary("relu") => ">",
            Operation::Unary("abs") => "!=",
            _ => return Ok(Condition::new(self.entry(mask, &at)?, "!=", Formula::whole(0))),
        };
        if self.named(mask, &at).is_some() {
            return Ok(Condition::new(self.entry(mask, &at)?, "!=", Formula::whole(0)));
        }
        let (line, at) = self.unwrapped(own.args[0], &at);
        let inner = &self.lines[line];
        let is_free = self.named(line, &at).is_none();
        match inner.op {
            Operation::Binary("sub") if is_free => self.difference([inner.args[0], inner.args[1]], sign, &at),
            Operation::Unary("neg") if is_free && sign == ">" => {
                Ok(Condition::new(self.entry(inner.args[0], &at)?, "<", Formula::whole(0)))
            }
            _ => Ok(Condition::new(self.entry(line, &at)?, sign, Formula::whole(0))),
        }
    }

    /// `a - b` compared with 0 as `a` compared with `b`.
    fn difference(&self, [a, b]: [usize; 2], sign: &'static str, at: &[Index]) -> Done<Condition> {
        let [left, right] = [self.lined_up(a, at)?, self.lined_up(b, at)?];
        // An id is compared with the position of what it names: `t_i = k` if it names entry k, on whichever side it stands.
        if sign == "!=" {
            for (id, of_id, other) in [(a, &left, b), (b, &right, a)] {
                if let (true, Formula::Symbol(..)) = (self.is_id(id), of_id)
                    && let Some(position) = self.before_position(other, at)
                {
                    return Ok(Condition::new(position, sign, of_id.clone()));
                }
            }
        }
        // A number that only happens to be a position is no id.
        let is_position = |side: &Formula| side.as_name().is_some();
        if (self.is_id(a) && is_position(&right)) || (self.is_id(b) && is_position(&left)) {
            return Ok(Condition::new(left.minus(right), sign, Formula::whole(0)));
        }
        Ok(match left.as_whole() {
            Some(_) if sign == ">" => Condition::new(right, "<", left),
            Some(_) => Condition::new(right, sign, left),
            None => Condition::new(left, sign, right),
        })
    }

    /// If a line is `k - 1` for the position k of an entry: what the position is called.
    fn before_position(&self, line: usize, at: &[Index]) -> Option<Formula> {
        let (from_zero, at) = self.unwrapped(line, &at[at.len() - self.lines[line].ty.rank()..]);
        let own = &self.lines[from_zero];
        let &[positions, one] = own.args.as_slice() else {
            return None;
        };
        if own.op != Operation::Binary("sub") || self.lines[one].op != Operation::Number(1.0) {
            return None;
        }
        let (positions, place) = self.unwrapped(positions, &at);
        match (&self.lines[positions].op, place.as_slice()) {
            (Operation::Positions, [Index::At(position)]) if position.as_name().is_some() => Some(position.clone()),
            (Operation::Positions, [Index::Id(id @ Formula::Symbol(..))]) => Some(id.clone()),
            _ => None,
        }
    }

    /// A line behind all that only renames or repeats it, and its indices.
    fn unwrapped(&self, line: usize, at: &[Index]) -> (usize, Vec<Index>) {
        let (mut line, mut at) = (line, at.to_vec());
        while self.named(line, &at).is_none() {
            let own = &self.lines[line];
            let from = match (&own.op, own.args.first()) {
                (Operation::Relabel, Some(&arg)) => arg,
                (Operation::Reshape, Some(&arg)) => {
                    let axes = &self.lines[arg].ty.axes;
                    at = super::index::before_reshape(self.names, axes, &own.ty.axes, &at);
                    arg
                }
                (Operation::Broadcast, Some(&arg)) => {
                    at.drain(..at.len() - self.lines[arg].ty.rank());
                    arg
                }
                _ => break,
            };
            line = from;
        }
        (line, at)
    }

    /// Arrays behind each other: at a position the one that it lies in.
    pub(super) fn joined(&self, own: &Line, axis: usize, at: &[Index]) -> Done<Formula> {
        let position = at[axis].position();
        let known = position.as_whole();
        let (mut before, mut cases) = (Size::number(0), Vec::new());
        let mut otherwise = Formula::whole(0);
        for (i, &part) in own.args.iter().enumerate() {
            let length = &self.lines[part].ty.axes[axis].size;
            let end = before.plus(length);
            let last = self.names.normal(&end).as_number();
            let is_here = known.zip(last).map(|(position, last)| position <= last);
            if is_here == Some(false) {
                before = end;
                continue;
            }
            let mut inner = at.to_vec();
            inner[axis] = inner[axis].moved(&Size::number(0).minus(&self.names.normal(&before)));
            let value = match self.is_zero(part) {
                true => Formula::whole(0),
                false => self.entry(part, &inner)?,
            };
            if is_here == Some(true) && cases.is_empty() {
                return Ok(value);
            }
            if i + 1 == own.args.len() {
                otherwise = value;
            } else {
                cases.push((value, before.clone(), end.clone()));
            }
            before = end;
        }
        Ok(intervals(&position, cases, otherwise))
    }

    /// True for an array of zeros.
    fn is_zero(&self, line: usize) -> bool {
        let own = &self.lines[line];
        match own.op {
            Operation::Number(value) => value == 0.0,
            Operation::Broadcast | Operation::Reshape | Operation::Relabel => self.is_zero(own.args[0]),
            _ => false,
        }
    }

    /// Arrays along a new axis: the one that the index names, or an element of a row of a loop.
    pub(super) fn stacked(&self, line: usize, at: &[Index]) -> Done<Formula> {
        let own = &self.lines[line];
        let Operation::Engine(_, attributes) = &own.op else {
            unreachable!("a stack is an op of the engine")
        };
        let axis = crate::derive::stack_axis(attributes);
        let mut rest = at.to_vec();
        let index = rest.remove(axis);
        let position = index.position();
        if let Some(place) = position.as_whole() {
            let part = usize::try_from(place - 1).ok().and_then(|place| own.args.get(place));
            return match part {
                Some(&part) => self.entry(part, &rest),
                None => Ok(Formula::whole(0)),
            };
        }
        if let Some((name, runs)) = self.row_of(line) {
            let mut along = at.iter();
            let places: Vec<Formula> = runs
                .iter()
                .map(|run| match run {
                    Run::At(place) => Formula::whole(*place),
                    Run::From(first, _) => {
                        let position = along.next().map_or(Formula::whole(1), Index::position);
                        position.plus(Formula::whole(first - 1))
                    }
                })
                .collect();
            let below: Vec<Formula> = along.map(Index::below).collect();
            return Ok(self.names.at(&name, [places, below].concat()));
        }
        let mut cases = Vec::new();
        let mut otherwise = Formula::whole(0);
        for (i, &part) in own.args.iter().enumerate() {
            let value = self.entry(part, &rest)?;
            match i + 1 == own.args.len() {
                true => otherwise = value,
                false => {
                    let here = Condition::new(position.clone(), "=", Formula::whole(i as i64 + 1));
                    cases.push((value, here));
                }
            }
        }
        Ok(match cases.is_empty() {
            true => otherwise,
            false => Formula::Cases(cases, Box::new(otherwise)),
        })
    }

    /// If a line collects the values of a loop in order: their name, and each of their positions.
    pub(super) fn row_of(&self, line: usize) -> Option<(String, Vec<Run>)> {
        if let Some(Some(Shown { name, places })) = self.names.shown.get(line) {
            let runs = places.iter().map(|&place| Run::At(place)).collect();
            return (!places.is_empty()).then(|| (name.clone(), runs));
        }
        let own = &self.lines[line];
        let Operation::Engine(op, attributes) = &own.op else {
            return None;
        };
        if op != "stack" || crate::derive::stack_axis(attributes) != 0 {
            return None;
        }
        let parts: Option<Vec<(String, Vec<Run>)>> = own.args.iter().map(|&part| self.row_of(part)).collect();
        let parts = parts?;
        let (name, first) = parts.first()?;
        let axis = first
            .iter()
            .position(|run| matches!(run, Run::From(..)))
            .unwrap_or(first.len());
        // Before what runs already, the last position that differs from part to part is the one that runs now.
        let place = (0..axis)
            .rev()
            .find(|&place| parts.len() == 1 || parts[0].1.get(place) != parts[1].1.get(place))?;
        let Run::At(start) = first[place] else { return None };
        for (i, (own_name, runs)) in parts.iter().enumerate() {
            let mut expected = first.clone();
            expected[place] = Run::At(start + i as i64);
            if own_name != name || *runs != expected {
                return None;
            }
        }
        let mut runs = first.clone();
        runs[place] = Run::From(start, parts.len() as i64);
        Some((name.clone(), runs))
    }
}

/// One position of the values of a loop.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Run {
    /// This one.
    At(i64),
    /// From this one on, so many.
    From(i64, i64),
}

/// One of two values, written with the condition that reads more easily; 1 and 0 are the truth of the condition.
pub(super) fn chosen(condition: Condition, yes: Formula, no: Formula) -> Formula {
    let is_number = |value: &Formula, wanted: i64| value.as_whole() == Some(wanted);
    match (&yes, &no) {
        _ if is_number(&yes, 1) && is_number(&no, 0) => return Formula::Truth(Box::new(condition)),
        _ if is_number(&yes, 0) && is_number(&no, 1) => return Formula::Truth(Box::new(condition.negated())),
        _ => {}
    }
    let is_constant = |value: &Formula| match value {
        Formula::Neg(inner) => matches!(**inner, Formula::Number(_)),
        value => matches!(value, Formula::Number(_)),
    };
    match is_constant(&yes) || condition.rest.iter().any(|(sign, _)| *sign == "!=") {
        true => Formula::Cases(vec![(no, condition.negated())], Box::new(yes)),
        false => Formula::Cases(vec![(yes, condition)], Box::new(no)),
    }
}

/// Values by the interval that a position lies in; each says both ends, so that no case depends on those before.
fn intervals(position: &Formula, cases: Vec<(Formula, Size, Size)>, otherwise: Formula) -> Formula {
    let is_zero = |value: &Formula| value.as_whole() == Some(0);
    let mut kept = Vec::new();
    for (value, before, end) in cases {
        if is_zero(&value) && is_zero(&otherwise) {
            continue;
        }
        let condition = if end.minus(&before).as_number() == Some(1) {
            Condition::new(position.clone(), "=", size(&end))
        } else if before.as_number() == Some(0) {
            Condition::new(position.clone(), "<=", size(&end))
        } else {
            let rest = vec![("<", position.clone()), ("<=", size(&end))];
            Condition {
                first: size(&before),
                rest,
            }
        };
        kept.push((value, condition));
    }
    match kept.is_empty() {
        true => otherwise,
        false => Formula::Cases(kept, Box::new(otherwise)),
    }
}
