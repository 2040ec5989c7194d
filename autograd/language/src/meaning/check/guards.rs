//! The branch of an `if` that is not taken must not show in a value or a gradient: not even 0 times infinity.
//!
//! Where a mask chooses, both branches are computed entry by entry, and the branch that is not taken gets the gradient 0.
//! A division, a logarithm, a root, a power or an exponential in it may be infinite there, and 0 times infinity is not a
//! number. So such an operation gets the operand 1 where its branch is not taken: in `if x > 0 then log(x) else 0` the
//! logarithm is that of `if x > 0 then x else 1`. The guard is an operation of the program like others, so a run, the
//! derivative and the table all have it.
//!
//! An entry of the operand must belong to one entry of the mask. What mixes entries, as a sum over an axis or a matrix
//! product does, is computed without the masks around it, save those that are a single number.

use std::rc::Rc;

use super::Checker;
use crate::meaning::masks::Mask;
use crate::meaning::program::{Condition, Instruction, Operation, ValueId};
use crate::meaning::types::{Axis, Type};
use crate::span::Span;
use crate::stack;
use crate::syntax::ast::{Arg, Binary, Expr, ExprKind};

/// How deep two values are compared to find out that they are computed alike.
const ALIKE_DEPTH: usize = 8;

/// How many instructions are looked through for that, so that the check of a long program takes no longer for each line.
const LATELY: usize = 1000;

/// A condition as values.
#[derive(Clone, Debug)]
pub(super) enum Test {
    /// It holds where the measure is not 0, or where it is, if that is turned around.
    Compare { measure: ValueId, negated: bool },
    /// Several with `and` or `or` between.
    Links(Binary, Vec<Test>),
    /// A mistake, which was reported.
    Unknown,
}

impl Test {
    /// The measures of all its comparisons.
    fn measures(&self) -> Vec<ValueId> {
        match self {
            Self::Compare { measure, .. } => vec![*measure],
            Self::Links(_, parts) => parts.iter().flat_map(Self::measures).collect(),
            Self::Unknown => Vec::new(),
        }
    }
}

/// The branch around what is being checked: where the test holds, or where it does not.
#[derive(Clone, Debug)]
pub(super) struct Guard {
    test: Rc<Test>,
    holds: bool,
}

impl Checker<'_> {
    /// A condition of comparisons of values.
    pub(super) fn tested(&mut self, condition: &Expr) -> Test {
        let ExprKind::Binary(operator, left, right) = &condition.kind else {
            return Test::Unknown;
        };
        if let Binary::And | Binary::Or = operator {
            let (first, links) = condition.chain_of(|own| own == *operator);
            let parts: Vec<&Expr> = std::iter::once(first)
                .chain(links.iter().map(|link| link.right))
                .collect();
            return Test::Links(*operator, self.tested_in_turn(&parts, *operator == Binary::And));
        }
        let sides = [self.expr(left), self.expr(right)];
        self.comparison(*operator, sides, condition.span)
    }

    /// Each part as a test where those before it hold, or where they do not: it is not taken elsewhere.
    fn tested_in_turn(&mut self, parts: &[&Expr], hold: bool) -> Vec<Test> {
        let before = self.masked.len();
        let mut tests = Vec::with_capacity(parts.len());
        for part in parts {
            tests.push(stack::deeper(|| self.tested(part)));
            let known = self.assumed(part, hold);
            self.masked.extend(known);
        }
        self.masked.truncate(before);
        tests
    }

    /// The same for a condition between sizes.
    pub(super) fn tested_sizes(&mut self, condition: &Condition, span: Span) -> Test {
        match condition {
            Condition::Both(operator, parts) => {
                let [first, second] = [&parts.0, &parts.1];
                let first = stack::deeper(|| self.tested_sizes(first, span));
                Test::Links(*operator, vec![first, self.tested_sizes(second, span)])
            }
            Condition::Compare(left, operator, right) => {
                let sides = [left, right].map(|size| match size.as_number() {
                    Some(number) => self.number(number as f64, span),
                    None => self.emit(Operation::Size(size.clone()), Vec::new(), Type::data(), span),
                });
                self.comparison(*operator, sides, span)
            }
        }
    }

    /// A comparison of two values.
    pub(super) fn comparison(&mut self, operator: Binary, sides: [ValueId; 2], at: Span) -> Test {
        if !self.may_be_compared(sides, at) {
            return Test::Unknown;
        }
        let mask = Mask::of(operator);
        let difference = self.of_pairs("sub", mask.sides(sides), at);
        Test::Compare {
            measure: self.unary(mask.measure, difference, at),
            negated: mask.negated,
        }
    }

    /// One value where the test holds, else the other.
    pub(super) fn chosen(&mut self, test: &Test, [yes, no]: [ValueId; 2], span: Span) -> ValueId {
        match test {
            Test::Unknown => self.unknown(span),
            Test::Compare { measure, negated } => {
                let branches = if *negated { [no, yes] } else { [yes, no] };
                self.where_mask(*measure, branches, span)
            }
            Test::Links(operator, parts) => {
                let [mut yes, mut no] = [yes, no];
                for part in parts.iter().rev() {
                    let chosen = stack::deeper(|| self.chosen(part, [yes, no], span));
                    match operator {
                        Binary::And => yes = chosen,
                        _ => no = chosen,
                    }
                }
                if *operator == Binary::And { yes } else { no }
            }
        }
    }

    /// Checks a branch, in which operations are guarded where it is not taken.
    pub(super) fn guarded_by<R>(
        &mut self,
        test: Option<&Rc<Test>>,
        holds: bool,
        check: impl FnOnce(&mut Self) -> R,
    ) -> R {
        let before = self.guards.len();
        self.guards.extend(test.map(|test| Guard {
            test: test.clone(),
            holds,
        }));
        let result = check(self);
        self.guards.truncate(before);
        result
    }

    /// Checks what mixes entries: only a guard that is a single number holds for all of them.
    pub(super) fn mixing<R>(&mut self, check: impl FnOnce(&mut Self) -> R) -> R {
        let is_number = |guard: &&Guard| {
            guard
                .test
                .measures()
                .iter()
                .all(|&measure| self.ty(measure).rank() == 0)
        };
        let kept = self.guards.iter().filter(is_number).cloned().collect();
        let guards = std::mem::replace(&mut self.guards, kept);
        let result = check(self);
        self.guards = guards;
        result
    }

    /// The operand of an operation that may have no result or no slope, with 1 in its place where it is not taken.
    ///
    /// `beside` is the other operand, whose axes the result has too.
    pub(super) fn guarded(&mut self, operand: ValueId, beside: Option<ValueId>, span: Span) -> ValueId {
        if self.guards.is_empty() || self.ty(operand).is_unknown() || self.is_positive(operand, ALIKE_DEPTH) {
            return operand;
        }
        let guards = self.guards.clone();
        if guards
            .iter()
            .try_fold(operand, |inner, guard| self.without(inner, guard))
            .is_some()
        {
            return operand;
        }
        guards
            .iter()
            .rev()
            .fold(operand, |operand, guard| self.under_guard(operand, beside, guard, span))
    }

    /// The same for an operand that has an entry for each entry of the masks: what is taken somewhere is finite there.
    pub(super) fn guarded_entry_by_entry(&mut self, operand: ValueId, span: Span) -> ValueId {
        let own = self.ty(operand);
        let measures = self.guards.iter().flat_map(|guard| guard.test.measures());
        let has_all = measures.into_iter().all(|measure| {
            let axes = &self.ty(measure).axes;
            axes.iter()
                .all(|axis| own.axes.iter().any(|other| other.label == axis.label))
        });
        match has_all {
            true => self.guarded(operand, None, span),
            false => operand,
        }
    }

    fn under_guard(&mut self, operand: ValueId, beside: Option<ValueId>, guard: &Guard, span: Span) -> ValueId {
        let measures = guard.test.measures();
        let mut operand = operand;
        if self.indices.is_empty() {
            let all: Vec<ValueId> = beside.into_iter().chain([operand]).collect();
            let whole = self.longest(&all);
            let fits = |axes: &[Axis], own: ValueId| self.places(&self.ty(own).axes, axes).is_ok();
            if !measures.iter().chain(&all).all(|&own| fits(&whole, own)) {
                return operand;
            }
            let own = self.ty(operand).axes.clone();
            if !measures.iter().all(|&measure| fits(&own, measure)) {
                operand = self.broadcast_to(operand, whole, span);
            }
        }
        let one = self.number(1.0, span);
        self.chosen(
            &guard.test,
            if guard.holds { [operand, one] } else { [one, operand] },
            span,
        )
    }

    /// What is guarded, if a value is something that is 1 where this guard's branch is not taken.
    fn without(&self, value: ValueId, guard: &Guard) -> Option<ValueId> {
        self.without_test(value, &guard.test, guard.holds)
    }

    fn without_test(&self, value: ValueId, test: &Test, holds: bool) -> Option<ValueId> {
        match test {
            Test::Compare { measure, negated } => {
                let (Operation::Where, &[mask, yes, no]) = self.computed_lately(value)? else {
                    return None;
                };
                let [taken, other] = if *negated == holds { [no, yes] } else { [yes, no] };
                let is_one = matches!(self.computed_lately(other), Some((Operation::Number(1.0), _)));
                (is_one && self.are_alike(mask, *measure, ALIKE_DEPTH)).then_some(taken)
            }
            Test::Links(operator, parts) if (*operator == Binary::And) == holds => parts
                .iter()
                .try_fold(value, |value, part| self.without_test(value, part, holds)),
            _ => None,
        }
    }

    /// True if two values are computed by the same operations from the same values.
    fn are_alike(&self, a: ValueId, b: ValueId, depth: usize) -> bool {
        if a == b {
            return true;
        }
        let (Some((own, args)), Some((other, others))) = (self.computed_lately(a), self.computed_lately(b)) else {
            return false;
        };
        let pairs = || args.iter().zip(others);
        depth > 0
            && own == other
            && args.len() == others.len()
            && (!args.is_empty() || matches!(own, Operation::Number(_) | Operation::Size(_) | Operation::Positions))
            && self.ty(a).labels() == self.ty(b).labels()
            && pairs().all(|(&a, &b)| self.are_alike(a, b, depth - 1))
    }

    /// True if a value is above 0 whatever is given, by the numbers and sizes that it is made of.
    fn is_positive(&self, value: ValueId, depth: usize) -> bool {
        let Some((op, args)) = self.computed_lately(value) else {
            return false;
        };
        let all = || depth > 0 && args.iter().all(|&arg| self.is_positive(arg, depth - 1));
        match op {
            Operation::Number(number) => *number > 0.0 && number.is_finite(),
            Operation::Size(size) => size.is_at_least(1),
            Operation::Unary("sqrt") | Operation::Binary("add" | "mul" | "div") => all(),
            Operation::Relabel | Operation::Reshape | Operation::Broadcast => all(),
            _ => false,
        }
    }

    /// The operation that gives a value, and its operands.
    pub(super) fn computed(&self, value: ValueId) -> Option<(&Operation, &[ValueId])> {
        self.computed_within(value, usize::MAX)
    }

    /// The same, if it was not long ago; elsewhere a guard too many does no harm.
    fn computed_lately(&self, value: ValueId) -> Option<(&Operation, &[ValueId])> {
        self.computed_within(value, LATELY)
    }

    fn computed_within(&self, value: ValueId, latest: usize) -> Option<(&Operation, &[ValueId])> {
        let blocks = self.blocks.iter().rev();
        let mut instructions = blocks.flat_map(|block| block.iter().rev()).take(latest);
        instructions.find_map(|one| match one {
            Instruction::Compute { out, op, args } if *out == value => Some((op, args.as_slice())),
            _ => None,
        })
    }
}

/// True if something in an expression may have no result, or no slope; of what is called it is assumed.
pub(super) fn may_lack_a_result(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Number(_) | ExprKind::Name(_) => false,
        ExprKind::Binary(..) => {
            let (first, links) = expr.chain();
            let divides = |operator: Binary| matches!(operator, Binary::Div | Binary::Pow);
            may_lack_a_result(first)
                || links
                    .iter()
                    .any(|link| divides(link.operator) || may_lack_a_result(link.right))
        }
        ExprKind::Neg(of) | ExprKind::Field(of, _) | ExprKind::As(of, _) | ExprKind::Reduce(_, _, of) => {
            stack::deeper(|| may_lack_a_result(of))
        }
        ExprKind::If(condition, yes, no) => {
            stack::deeper(|| [condition, yes, no].into_iter().any(|part| may_lack_a_result(part)))
        }
        ExprKind::Index(of, positions) => may_lack_a_result(of) || positions.iter().any(may_lack_a_result),
        ExprKind::Range(from, to) => may_lack_a_result(from) || may_lack_a_result(to),
        ExprKind::Call(callee, args) => {
            let is_tame = callee.as_name().is_some_and(|name| TAME.contains(&name));
            !is_tame
                || args
                    .iter()
                    .any(|arg| matches!(arg, Arg::Value(value) if may_lack_a_result(value)))
        }
    }
}

/// Functions with a result and a slope for every number.
const TAME: &[&str] = &[
    "abs",
    "cos",
    "erf",
    "floor",
    "gelu",
    "gelu_tanh",
    "log_sigmoid",
    "max",
    "min",
    "relu",
    "round",
    "sigmoid",
    "sign",
    "silu",
    "sin",
    "softplus",
    "stop",
    "detach",
    "tanh",
];
