//! `grad(J, x)`: the gradient of a single number by something that it is computed from.
//!
//! Here only the form of the operands is checked. Once the whole program is known, and with it which values have a
//! gradient, `derive::inside` writes the operations that compute it in its place.

use super::Checker;
use super::names::Binding;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::meaning::program::{Operation, ValueId};
use crate::meaning::types::{Kind, Type};
use crate::span::Span;
use crate::syntax::ast::{Arg, Expr, ExprKind};

impl Checker<'_> {
    /// The result of a call of `grad`.
    pub(super) fn gradient(&mut self, args: &[Arg], span: Span) -> ValueId {
        let [Arg::Value(of), Arg::Value(by)] = args else {
            let error = Diagnostic::new(Code::E20, span, "this is called as `grad(J, x)`");
            return self.wrong(error.help("for example `grad(sum(u, over N), x)`"));
        };
        if !self.indices.is_empty() {
            let error = Diagnostic::new(
                Code::E18,
                span,
                "`grad` works on whole values, and here every axis is an index",
            );
            return self.wrong(error.help("give its result a name first"));
        }
        let value = self.expr(of);
        let Some(variable) = self.variable(by) else {
            return self.unknown(span);
        };
        if self.any_unknown(&[value, variable]) {
            return self.unknown(span);
        }
        if self.ty(value).rank() != 0 {
            return self.not_one_number(value, of);
        }
        if matches!(self.ty(variable).kind, Kind::Id(_) | Kind::Int | Kind::Bool) {
            return self.without_gradient(variable, by);
        }
        let ty = Type::real(self.ty(variable).axes.clone());
        self.emit(Operation::Gradient(span), vec![value, variable], ty, span)
    }

    /// What is derived by: a name, or one place of a row.
    fn variable(&mut self, by: &Expr) -> Option<ValueId> {
        let binding = |checker: &Self, name: &Expr| name.as_name().and_then(|name| checker.lookup(name).cloned());
        let error = match &by.kind {
            ExprKind::Name(_) => match binding(self, by) {
                Some(Binding::Family(_)) => Diagnostic::new(Code::E24, by.span, "this is a whole row")
                    .help("derive by one place of it, as in `grad(J, h[1])`"),
                Some(Binding::Dim(..) | Binding::Position(_)) => Diagnostic::new(
                    Code::E24,
                    by.span,
                    "a size or a position is a whole number; nothing is derived by it",
                ),
                _ => return Some(self.expr(by)),
            },
            ExprKind::Index(of, positions) => match binding(self, of) {
                Some(Binding::Family(family)) => {
                    let (value, count, _) = self.taken_from(family, positions, by.span);
                    if count == positions.len() {
                        return Some(value);
                    }
                    self.part_of_a_value(by)
                }
                _ => self.part_of_a_value(by),
            },
            _ => Diagnostic::new(
                Code::E24,
                by.span,
                "a gradient is by an input, a parameter or a value with a name",
            )
            .help(format!(
                "give it a name and use that: `x = {}`, then `grad(J, x)`",
                self.text(by.span)
            )),
        };
        self.report(error);
        None
    }

    fn part_of_a_value(&self, by: &Expr) -> Diagnostic {
        let text = self.text(by.span);
        Diagnostic::new(Code::E24, by.span, "this is a part of a value").help(format!(
            "derive by the whole value and take the part of the gradient, or name the part where it is used: `part = {text}`"
        ))
    }

    fn not_one_number(&mut self, value: ValueId, of: &Expr) -> ValueId {
        let ty = self.ty(value).clone();
        let labels = ty.labels().join(", ");
        let text = self.text(of.span);
        let error = Diagnostic::new(
            Code::E07,
            of.span,
            format!("{text} is {ty}, and `grad` derives one number"),
        );
        self.wrong(error.help(format!(
            "write `sum({text}, over {labels})` if each entry depends on its own entry of x alone"
        )))
    }

    fn without_gradient(&mut self, value: ValueId, written: &Expr) -> ValueId {
        let place = self.program.values[value].span;
        let text = self.text(written.span);
        let error = Diagnostic::new(
            Code::E24,
            written.span,
            format!("`{text}` holds whole numbers, which have no gradient"),
        );
        let error = if place.is_at(written.span) {
            error
        } else {
            error.with(place, "defined here")
        };
        self.wrong(
            error.help(
                "only what is declared without `data`, `bool`, `int` or `id`, and what is computed from it, has one",
            ),
        )
    }
}
