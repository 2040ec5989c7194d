//! `if c then u else v`: entry by entry by a mask, or one way or the other if sizes and positions of loops decide.

use std::rc::Rc;

use super::Checker;
use super::guards::may_lack_a_result;
use crate::meaning::program::{Condition, Instruction, Operation, ValueId};
use crate::meaning::size::Size;
use crate::meaning::types::{Kind, Type};
use crate::span::Span;
use crate::stack;
use crate::syntax::ast::{Arg, Binary, Expr, ExprKind};
use crate::syntax::parse::Parser;

impl Checker<'_> {
    pub(super) fn branches(&mut self, condition: &Expr, yes: &Expr, no: &Expr, span: Span) -> ValueId {
        if let Some(settled) = self.settled_condition(condition) {
            return self.settled_branches(&settled, yes, no, span);
        }
        if let ExprKind::Binary(operator @ (Binary::And | Binary::Or), ..) = &condition.kind {
            // A part that sizes decide is decided first, so that its branch is not computed needlessly.
            let (first, links) = condition.chain_of(|own| own == *operator);
            let parts: Vec<&Expr> = std::iter::once(first)
                .chain(links.iter().map(|link| link.right))
                .collect();
            if let Some(at) = parts.iter().position(|part| self.settled_condition(part).is_some()) {
                let others = parts
                    .iter()
                    .enumerate()
                    .filter(|(i, _)| *i != at)
                    .map(|(_, part)| (*part).clone());
                let others = others.reduce(|left, right| Parser::binary(*operator, left, right));
                let others = others.expect("a chain has two parts at least");
                let inner = ExprKind::If(Box::new(others), Box::new(yes.clone()), Box::new(no.clone()));
                let inner = Expr { kind: inner, span };
                let [yes, no] = match operator {
                    Binary::And => [&inner, no],
                    _ => [yes, &inner],
                };
                return self.branches(parts[at], yes, no, span);
            }
        }
        let guard = [yes, no]
            .into_iter()
            .any(may_lack_a_result)
            .then(|| Rc::new(self.tested(condition)));
        let yes = self.guarded_by(guard.as_ref(), true, |c| c.under(condition, true, |c| c.expr(yes)));
        let no = self.guarded_by(guard.as_ref(), false, |c| c.under(condition, false, |c| c.expr(no)));
        let test = guard.unwrap_or_else(|| Rc::new(self.tested(condition)));
        self.chosen(&test, [yes, no], span)
    }

    /// A condition between sizes and positions of loops.
    fn settled_condition(&self, condition: &Expr) -> Option<Condition> {
        let ExprKind::Binary(operator, left, right) = &condition.kind else {
            return None;
        };
        if matches!(operator, Binary::And | Binary::Or) {
            let parts = stack::deeper(|| Some((self.settled_condition(left)?, self.settled_condition(right)?)))?;
            return Some(Condition::Both(*operator, Box::new(parts)));
        }
        let place = |expr: &Expr| self.place_of(expr).filter(|at| !self.runs(at));
        Some(Condition::Compare(place(left)?, *operator, place(right)?))
    }

    /// Both branches as values under a mask if both exist always; else the one that the condition chooses.
    fn settled_branches(&mut self, condition: &Condition, yes: &Expr, no: &Expr, span: Span) -> ValueId {
        let outer = self.needs_choice.replace(false);
        // A branch that reads a row without values comes second: the other one says what the row's values are.
        let order = if self.reads_new_row(yes) { [1, 0] } else { [0, 1] };
        let guard = [yes, no]
            .into_iter()
            .any(may_lack_a_result)
            .then(|| Rc::new(self.tested_sizes(condition, span)));
        let mut blocks = [(Vec::new(), 0), (Vec::new(), 0)];
        let around = self.other_branch.take();
        for way in order {
            self.blocks.push(Vec::new());
            let before = self.settled.len();
            let known = self.known_if(condition, way == 0);
            self.settled.extend(known);
            let value = self.guarded_by(guard.as_ref(), way == 0, |c| c.expr([yes, no][way]));
            self.settled.truncate(before);
            blocks[way] = (self.blocks.pop().expect("the block was opened above"), value);
            let ty = self.ty(value).clone();
            self.other_branch = (!ty.is_unknown()).then(|| Type::real(ty.axes));
        }
        self.other_branch = around;
        let is_needed = self.needs_choice.replace(outer);
        let values = [blocks[0].1, blocks[1].1];
        if !is_needed {
            for (block, _) in blocks {
                block.into_iter().for_each(|instruction| self.push(instruction));
            }
            let test = guard.unwrap_or_else(|| Rc::new(self.tested_sizes(condition, span)));
            return self.chosen(&test, values, span);
        }
        let Some((axes, _)) = self.lined_up(&values, span) else {
            return self.unknown(span);
        };
        let ty = Type {
            kind: self.joined_kind(&values),
            axes,
        };
        let [yes, no] = [0, 1].map(|i| {
            let (block, value) = blocks[i].clone();
            self.blocks.push(block);
            let value = self.broadcast_to(value, ty.axes.clone(), span);
            (self.blocks.pop().expect("the block was opened above"), value)
        });
        let out = self.new_value(ty, span);
        self.push(Instruction::Choice {
            out,
            condition: condition.clone(),
            yes,
            no,
        });
        out
    }

    /// True if an expression reads a row that gets its first value in a loop around.
    fn reads_new_row(&self, expr: &Expr) -> bool {
        let is_new =
            |name: &str| self.lookup(name).is_none() && self.plans.iter().flatten().any(|(planned, _)| planned == name);
        match &expr.kind {
            ExprKind::Number(_) => false,
            ExprKind::Name(name) => is_new(name),
            ExprKind::Neg(of) | ExprKind::Field(of, _) | ExprKind::As(of, _) | ExprKind::Reduce(_, _, of) => {
                self.reads_new_row(of)
            }
            ExprKind::Binary(_, left, right) | ExprKind::Range(left, right) => {
                stack::deeper(|| self.reads_new_row(left)) || self.reads_new_row(right)
            }
            ExprKind::If(_, yes, no) => self.reads_new_row(yes) || self.reads_new_row(no),
            ExprKind::Index(of, _) => self.reads_new_row(of),
            ExprKind::Call(_, args) => args.iter().any(|arg| match arg {
                Arg::Value(value) => self.reads_new_row(value),
                _ => false,
            }),
        }
    }

    /// What is at least 0 if a condition holds, or if it does not.
    fn known_if(&self, condition: &Condition, holds: bool) -> Vec<Size> {
        match condition {
            Condition::Compare(left, comparison, right) => {
                let comparison = if holds { *comparison } else { opposite(*comparison) };
                self.implied(left, comparison, right)
            }
            // Of two of which one holds, neither is known.
            Condition::Both(operator, _) if (*operator == Binary::And) != holds => Vec::new(),
            Condition::Both(_, parts) => {
                let mut known = stack::deeper(|| self.known_if(&parts.0, holds));
                known.extend(self.known_if(&parts.1, holds));
                known
            }
        }
    }

    /// A check of a branch with what its condition says of places; it is computed elsewhere too, and not taken there.
    fn under<R>(&mut self, condition: &Expr, holds: bool, check: impl FnOnce(&mut Self) -> R) -> R {
        let before = self.masked.len();
        let known = self.assumed(condition, holds);
        self.masked.extend(known);
        let result = check(self);
        self.masked.truncate(before);
        result
    }

    /// What is at least 0 where a condition holds, or where it does not, as far as it compares places.
    pub(super) fn assumed(&self, condition: &Expr, holds: bool) -> Vec<Size> {
        let ExprKind::Binary(operator, left, right) = &condition.kind else {
            return Vec::new();
        };
        match operator {
            // Of two of which one holds, neither is known.
            Binary::And | Binary::Or if (*operator == Binary::And) != holds => Vec::new(),
            Binary::And | Binary::Or => {
                let mut known = stack::deeper(|| self.assumed(left, holds));
                known.extend(self.assumed(right, holds));
                known
            }
            _ => match (self.place_of(left), self.place_of(right)) {
                (Some(left), Some(right)) => self.known_if(&Condition::Compare(left, *operator, right), holds),
                _ => Vec::new(),
            },
        }
    }

    /// One value where a comparison holds, else the other.
    pub(super) fn compared(
        &mut self,
        operator: Binary,
        sides: [ValueId; 2],
        branches: [ValueId; 2],
        at: Span,
        span: Span,
    ) -> ValueId {
        let test = self.comparison(operator, sides, at);
        self.chosen(&test, branches, span)
    }

    pub(super) fn where_mask(&mut self, mask: ValueId, [yes, no]: [ValueId; 2], span: Span) -> ValueId {
        let Some((ready, axes)) = self.align(&[mask, yes, no], span) else {
            return self.unknown(span);
        };
        let kind = match [yes, no].map(|value| self.ty(value).kind.clone()) {
            [Kind::Id(of), Kind::Id(other)] if self.same(&of, &other) => Kind::Id(of),
            _ if !self.takes_no_ids("if", &[yes, no], span) => return self.unknown(span),
            _ => self.joined_kind(&[yes, no]),
        };
        self.emit(Operation::Where, ready, Type { axes, kind }, span)
    }
}

/// The comparison that holds exactly where this one does not.
fn opposite(comparison: Binary) -> Binary {
    match comparison {
        Binary::Less => Binary::GreaterEqual,
        Binary::LessEqual => Binary::Greater,
        Binary::GreaterEqual => Binary::Less,
        Binary::Greater => Binary::LessEqual,
        Binary::Equal => Binary::NotEqual,
        _ => Binary::Equal,
    }
}
