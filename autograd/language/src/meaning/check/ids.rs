//! Ids are names, not amounts: what may be computed from them, and what they may be compared with.
//!
//! Ids count from 0 and positions from 1. To let the two meet would be wrong by one and say nothing, so an id meets ids
//! of the same things, and whole numbers that the program itself writes.

use super::Checker;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::meaning::program::{Operation, ValueId};
use crate::meaning::types::Kind;
use crate::span::Span;

impl Checker<'_> {
    pub(super) fn is_ids(&self, value: ValueId) -> bool {
        matches!(self.ty(value).kind, Kind::Id(_))
    }

    /// Reports ids among operands of a function of numbers; `what` is the function as it is written.
    pub(super) fn takes_no_ids(&mut self, what: &str, operands: &[ValueId], span: Span) -> bool {
        let Some(&ids) = operands.iter().find(|&&value| self.is_ids(value)) else {
            return true;
        };
        let text = format!(
            "{} are ids: names, not amounts, so `{what}` of them means nothing",
            self.text(self.place(ids))
        );
        self.report(Diagnostic::new(Code::E12, span, text).help(self.instead(ids)));
        false
    }

    /// Reports arithmetic of ids with anything but ids, and whole numbers and sizes that the program writes.
    pub(super) fn may_meet(&mut self, op: &str, [a, b]: [ValueId; 2], span: Span) -> bool {
        let sign = match op {
            "add" => "+",
            "sub" => "-",
            "mul" => "*",
            "div" => "/",
            "pow" => "^",
            name => name,
        };
        let (ids, other) = match (self.is_ids(a), self.is_ids(b)) {
            (false, false) => return true,
            // Whether a difference is 0 is a comparison written out.
            _ if op == "sub" => return self.may_be_compared([a, b], span),
            (true, true) if op == "add" => return true,
            (true, true) => return self.takes_no_ids(sign, &[a, b], span),
            (true, false) => (a, b),
            (false, true) => (b, a),
        };
        if self.is_position(other) {
            return self.is_off_by_one(ids, other, span);
        }
        let is_written = matches!(
            self.operation_of(other),
            Some(Operation::Number(_) | Operation::Size(_))
        );
        if is_written && matches!(op, "add" | "mul") || self.ty(other).is_unknown() {
            return true;
        }
        self.takes_no_ids(sign, &[ids], span)
    }

    /// Reports a comparison of ids with what they can never be equal to in meaning.
    pub(super) fn may_be_compared(&mut self, [a, b]: [ValueId; 2], span: Span) -> bool {
        let (ids, other) = match (&self.ty(a).kind, &self.ty(b).kind) {
            (Kind::Id(of), Kind::Id(other)) if self.same(of, other) => return true,
            (Kind::Id(of), Kind::Id(other)) => {
                let text = format!("ids of {of} are compared with ids of {other}");
                let error = Diagnostic::new(Code::E11, span, text);
                self.report(error.help("the same number names another thing in each of the two"));
                return false;
            }
            (Kind::Id(_), _) => (a, b),
            (_, Kind::Id(_)) => (b, a),
            _ => return true,
        };
        if self.is_position(other) {
            return self.is_off_by_one(ids, other, span);
        }
        let is_given = matches!(self.operation_of(other), Some(Operation::Input(_)));
        if self.ty(other).is_unknown() || (self.ty(other).kind == Kind::Data && !is_given) {
            return true;
        }
        let [names, amounts] = [ids, other].map(|value| self.text(self.place(value)));
        let text = format!("{names} are ids, and {amounts} are not");
        let help = format!("declare {amounts} as ids too, or {names} as `int` if its numbers are amounts");
        self.report(Diagnostic::new(Code::E12, span, text).help(help));
        false
    }

    /// Reports an id where a position meets it.
    fn is_off_by_one(&mut self, ids: ValueId, position: ValueId, span: Span) -> bool {
        let [ids, position] = [ids, position].map(|value| self.text(self.place(value)));
        let text = format!("the position {position} counts from 1, the ids {ids} count from 0");
        let help = format!("write `{position} - 1` to compare it with ids, or index with them: `x[{ids}]`");
        self.report(Diagnostic::new(Code::E12, span, text).help(help));
        false
    }

    /// True for an index or the position of a loop as it is; what is computed from it is a number like others.
    fn is_position(&self, value: ValueId) -> bool {
        match self.operation_of(value) {
            Some(Operation::Positions) => true,
            Some(Operation::Size(size)) => {
                let is_loop = |symbol: &crate::meaning::size::Symbol| self.loops.iter().any(|one| one.index == *symbol);
                size.as_symbol().is_some_and(is_loop)
            }
            _ => false,
        }
    }

    fn instead(&self, ids: ValueId) -> String {
        let ids = self.text(self.place(ids));
        format!("index with them, as in `E[{ids}]`, or declare them as `int` if they are amounts")
    }

    /// The operation that a value is the result of.
    fn operation_of(&self, value: ValueId) -> Option<&Operation> {
        self.computed(value).map(|(op, _)| op)
    }
}
