//! Warnings: programs that have a meaning, but perhaps not the intended one.

use std::collections::BTreeSet;

use super::Checker;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::meaning::program::{Instruction, Operation, ValueId};
use crate::meaning::size::{Size, Symbol};
use crate::span::Span;
use crate::syntax::ast::{Binary, Expr, ExprKind};

impl Checker<'_> {
    /// All warnings about a graph without mistakes.
    pub(super) fn warnings(&mut self) {
        let instructions = self.blocks[0].clone();
        self.unused_params(&instructions);
        self.unused_names(&instructions);
        if let Some(statement) = self.objective_at {
            self.objective_turned_around(&instructions, statement);
        }
        self.loops_without_memory(&instructions);
        self.logs_of_softmax(&instructions);
    }

    /// W06: a loop in which no round looks at another.
    fn loops_without_memory(&mut self, instructions: &[Instruction]) {
        let mut found: Vec<Span> = Vec::new();
        for instruction in Instruction::all(instructions) {
            let Instruction::Loop { index, body, .. } = instruction else {
                continue;
            };
            let is_other = |at: &Size| at.symbols().contains(index) && at.as_symbol() != Some(index);
            let remembers = Instruction::all(body).any(|inner| match inner {
                Instruction::Load { at, .. } => at.iter().any(is_other),
                Instruction::Loop { .. } => true,
                // A gradient inside a round is one of this round alone.
                Instruction::Compute {
                    op: Operation::Gradient(_),
                    ..
                } => true,
                Instruction::Compute {
                    op: Operation::Param(_, at),
                    ..
                } => !at.is_empty(),
                _ => false,
            });
            let of_round = of_round(index, body);
            let is_of_round = |arg: &ValueId| of_round.contains(arg);
            // Of one matrix product, one side is the same in all rounds.
            let mut products = operations(body).filter(|(_, op, args)| {
                **op == Operation::Matmul && args.iter().filter(|arg| is_of_round(arg)).count() == 1
            });
            if !remembers && let Some((out, ..)) = products.next() {
                found.push(self.program.values[out].span);
            }
        }
        for place in found {
            let warning = Diagnostic::new(Code::W06, place, "no position of this loop looks at another one");
            self.report(warning.help("all positions at once are one matrix product, which runs faster"));
        }
    }

    /// W02: the logarithm of a softmax, which is minus infinity where `log_softmax` still has digits.
    fn logs_of_softmax(&mut self, instructions: &[Instruction]) {
        let mut softmax = BTreeSet::new();
        let mut found = Vec::new();
        for (out, op, args) in operations(instructions) {
            match op {
                Operation::Along("softmax", _) => {
                    softmax.insert(out);
                }
                // The same numbers under other names or in another order. Some of them, as the lectures write it with
                // `-log(y[t])`, are a loss that is read; no warning there.
                Operation::Relabel | Operation::Reshape | Operation::Permute(_) if softmax.contains(&args[0]) => {
                    softmax.insert(out);
                }
                Operation::Unary("log") if softmax.contains(&args[0]) => found.push(self.program.values[out].span),
                _ => {}
            }
        }
        for place in found {
            let text = "for very unlikely entries the softmax is 0 and its logarithm minus infinity";
            self.report(Diagnostic::new(Code::W02, place, text).help("write `log_softmax`"));
        }
    }

    /// W03: a mask in which some row is all minus infinity.
    pub(super) fn mask_without_positions(&mut self, value: &Expr, indices: &[&str]) {
        let ExprKind::If(condition, yes, no) = &value.kind else {
            return;
        };
        let is_out =
            |expr: &Expr| matches!(&expr.kind, ExprKind::Neg(inner) if inner.kind == ExprKind::Number(f64::INFINITY));
        let [rows, columns] = indices else { return };
        if is_out(yes) == is_out(no) {
            return;
        }
        const SIZE: i64 = 4;
        let allowed = |row: i64, column: i64| {
            let value_of = |name: &str| match name {
                name if name == *rows => Some(row),
                name if name == *columns => Some(column),
                _ => None,
            };
            holds(condition, &value_of).map(|yes_holds| yes_holds != is_out(yes))
        };
        for row in 1..=SIZE {
            let row_allows: Option<Vec<bool>> = (1..=SIZE).map(|column| allowed(row, column)).collect();
            if row_allows.is_some_and(|row_allows| !row_allows.contains(&true)) {
                let text = format!(
                    "for {} = {row} every {} is excluded: a softmax over this row is not a number",
                    rows, columns
                );
                self.report(Diagnostic::new(Code::W03, condition.span, text).help("did you mean `<=`?"));
                return;
            }
        }
    }
}

/// The values of a loop's body that differ from round to round.
fn of_round(index: &Symbol, body: &[Instruction]) -> BTreeSet<ValueId> {
    let mut found = BTreeSet::new();
    for instruction in Instruction::all(body) {
        match instruction {
            Instruction::Compute { out, op, args } => {
                // With another position in the place of the index, an operation that reads it is another one.
                let moved =
                    op.with_sizes(&|size| size.substitute(&|symbol| (symbol == index).then(|| Size::number(0))));
                let reads = moved != *op || matches!(op, Operation::Param(_, at) if !at.is_empty());
                if reads || args.iter().any(|arg| found.contains(arg)) {
                    found.insert(*out);
                }
            }
            Instruction::Load { out, at, .. } if at.iter().any(|at| at.symbols().contains(index)) => {
                found.insert(*out);
            }
            Instruction::Choice { out, .. } => {
                found.insert(*out);
            }
            Instruction::Load { .. } | Instruction::Collect { .. } => {}
            Instruction::Store { .. } | Instruction::Loop { .. } | Instruction::Scope { .. } => {}
        }
    }
    found
}

/// Whether a condition between indices and whole numbers holds.
fn holds(condition: &Expr, value_of: &dyn Fn(&str) -> Option<i64>) -> Option<bool> {
    let ExprKind::Binary(operator, left, right) = &condition.kind else {
        return None;
    };
    if let Binary::And | Binary::Or = operator {
        let (first, links) = condition.chain_of(|own| own == *operator);
        return links.iter().try_fold(holds(first, value_of)?, |left, link| {
            let right = holds(link.right, value_of)?;
            Some(if *operator == Binary::And {
                left && right
            } else {
                left || right
            })
        });
    }
    let (left, right) = (whole(left, value_of)?, whole(right, value_of)?);
    Some(match operator {
        Binary::Less => left < right,
        Binary::LessEqual => left <= right,
        Binary::Equal => left == right,
        Binary::NotEqual => left != right,
        Binary::GreaterEqual => left >= right,
        Binary::Greater => left > right,
        _ => return None,
    })
}

fn whole(expr: &Expr, value_of: &dyn Fn(&str) -> Option<i64>) -> Option<i64> {
    match &expr.kind {
        ExprKind::Number(value) if value.fract() == 0.0 && value.abs() < 1e15 => Some(*value as i64),
        ExprKind::Name(name) => value_of(name),
        ExprKind::Binary(Binary::Add | Binary::Sub, ..) => {
            let (first, links) = expr.chain_of(|own| matches!(own, Binary::Add | Binary::Sub));
            links.iter().try_fold(whole(first, value_of)?, |left, link| {
                let right = whole(link.right, value_of)?;
                match link.operator {
                    Binary::Add => left.checked_add(right),
                    _ => left.checked_sub(right),
                }
            })
        }
        _ => None,
    }
}

/// All operations of these instructions, in order.
pub(super) fn operations(instructions: &[Instruction]) -> impl Iterator<Item = (ValueId, &Operation, &[ValueId])> {
    Instruction::all(instructions).filter_map(|instruction| match instruction {
        Instruction::Compute { out, op, args } => Some((*out, op, args.as_slice())),
        _ => None,
    })
}
