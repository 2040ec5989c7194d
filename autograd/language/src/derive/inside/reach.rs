//! What a gradient inside a program must not pass over in silence: ways from `x` to `J` through other rounds of a loop.
//!
//! The lines that can be seen from a `grad` are those of one round. A value that is read from a row, and that no line of
//! this round gives, comes from elsewhere: if it can depend on `x`, the gradient would lack a part.

use std::collections::BTreeSet;

use super::{Done, Writer};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::meaning::program::{Instruction, Operation, ValueId};
use crate::meaning::size::Size;
use crate::meaning::types::Kind;
use crate::span::Span;

impl Writer<'_> {
    /// Refuses a gradient of `j` by `x`, written as `out`, that would go through another round of a loop.
    pub(super) fn within_this_round(&self, out: ValueId, [j, x]: [usize; 2], span: Span) -> Done<()> {
        let same = self.perhaps_the_same(x);
        let from_elsewhere: Vec<ValueId> = self
            .ancestors(j, x)
            .into_iter()
            .filter(|&line| line != x)
            .filter(|&line| {
                let is_read = matches!(self.visible.lines[line].op, Operation::Row(..) | Operation::Rows(..));
                is_read || same.contains(&self.visible.values[line])
            })
            .map(|line| self.visible.values[line])
            .collect();
        if from_elsewhere.is_empty() {
            return Ok(());
        }
        let reached = self.reached(same, self.is_of_this_round(x).then_some(out));
        let Some(&through) = from_elsewhere.iter().find(|value| reached.contains(value)) else {
            return Ok(());
        };
        let (number, variable) = (self.called(j, "this number"), self.called(x, "the second operand"));
        let text =
            format!("{number} can depend on {variable} through another round of a loop, where `grad` does not go");
        let place = self.program.values[through].span;
        let error = Diagnostic::new(Code::E24, span, text).with(place, "this is read from another round");
        Err(Box::new(error.help(
            "derive by what this round reads, or write the rounds between out as equations of their own",
        )))
    }

    /// The lines that `j` is computed from with a gradient, `x` among them, but nothing before `x` and nothing that
    /// is held fixed.
    fn ancestors(&self, j: usize, x: usize) -> Vec<usize> {
        let mut found = BTreeSet::new();
        let mut open = vec![j];
        while let Some(line) = open.pop() {
            let own = &self.visible.lines[line];
            let can_vary = own.ty.kind == Kind::Real && (line == x || line >= self.outside);
            if can_vary && found.insert(line) && line != x {
                open.extend(&own.args);
            }
        }
        found.into_iter().collect()
    }

    /// True if `x` is computed in the round that runs, so that no earlier round knows it.
    fn is_of_this_round(&self, x: usize) -> bool {
        let is_given = matches!(
            self.visible.lines[x].op,
            Operation::Row(..) | Operation::Rows(..) | Operation::Param(..)
        );
        match self.loops.last() {
            None => !matches!(self.visible.lines[x].op, Operation::Row(..) | Operation::Rows(..)),
            Some(&lines) => !is_given && x >= lines,
        }
    }

    /// The values that may be `x` under other positions: of its row, or of its parameter in a row of layers.
    fn perhaps_the_same(&self, x: usize) -> BTreeSet<ValueId> {
        let own = self.visible.values[x];
        let mut same = BTreeSet::from([own]);
        let is_x = |one: &&Instruction| match one {
            Instruction::Compute { out, .. } | Instruction::Load { out, .. } => *out == own,
            _ => false,
        };
        match Instruction::all(self.checked).find(is_x) {
            Some(Instruction::Load { family: row, at, .. }) => {
                same.extend(Instruction::all(self.checked).filter_map(|one| match one {
                    Instruction::Load { out, family, at: other } if family == row && !differ(at, other) => Some(*out),
                    Instruction::Collect { out, family } if family == row => Some(*out),
                    _ => None,
                }));
            }
            Some(Instruction::Compute {
                op: Operation::Param(param, at),
                ..
            }) => {
                same.extend(Instruction::all(self.checked).filter_map(|one| match one {
                    Instruction::Compute {
                        out,
                        op: Operation::Param(number, other),
                        ..
                    } if number == param && !differ(at, other) => Some(*out),
                    _ => None,
                }));
            }
            _ => {}
        }
        same
    }

    /// Everything that may be computed from these values: by the whole program, or by what stands before `end`.
    fn reached(&self, from: BTreeSet<ValueId>, end: Option<ValueId>) -> BTreeSet<ValueId> {
        let is_end = |one: &&Instruction| matches!(one, Instruction::Compute { out, .. } if Some(*out) == end);
        let before: Vec<&Instruction> = Instruction::all(self.checked).take_while(|one| !is_end(one)).collect();
        let mut reached = from;
        loop {
            let known = reached.len();
            let stores: Vec<(usize, &[Size], ValueId)> = before
                .iter()
                .filter_map(|one| match one {
                    Instruction::Store { family, at, value } if reached.contains(value) => {
                        Some((*family, at.as_slice(), *value))
                    }
                    _ => None,
                })
                .collect();
            for one in &before {
                match one {
                    Instruction::Compute { out, args, .. } if args.iter().any(|arg| reached.contains(arg)) => {
                        reached.insert(*out);
                    }
                    Instruction::Load { out, family, at } => {
                        let may_be = |&(row, place, value): &(usize, &[Size], ValueId)| {
                            row == *family && !(end.is_some() && self.are_seen([value, *out]) && differ(place, at))
                        };
                        if stores.iter().any(may_be) {
                            reached.insert(*out);
                        }
                    }
                    Instruction::Collect { out, family } if stores.iter().any(|(row, ..)| row == family) => {
                        reached.insert(*out);
                    }
                    _ => {}
                }
            }
            if reached.len() == known {
                return reached;
            }
        }
    }

    fn are_seen(&self, values: [ValueId; 2]) -> bool {
        values.iter().all(|&value| self.visible.places[value].is_some())
    }
}

/// True if two places are apart whatever the sizes are.
fn differ(a: &[Size], b: &[Size]) -> bool {
    let mut pairs = a.iter().zip(b);
    pairs.any(|(a, b)| a.minus(b).as_number().is_some_and(|distance| distance != 0))
}
