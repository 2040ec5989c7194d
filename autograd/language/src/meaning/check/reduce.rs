//! Reductions and functions along an axis: `over k`.

use super::Checker;
use super::names::nearest;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::meaning::program::{Operation, ValueId};
use crate::meaning::types::{Kind, Type};
use crate::syntax::ast::Ident;
use crate::syntax::span::Span;

impl Checker<'_> {
    /// The label by which axes go that are called `name` here.
    pub(super) fn label(&self, name: &str) -> std::rc::Rc<str> {
        match self.lookup(name) {
            Some(super::names::Binding::Dim(_, label)) => label.clone(),
            _ => name.into(),
        }
    }

    /// The position of the axis with this name.
    pub(super) fn axis_named(&mut self, value: ValueId, name: &Ident) -> Option<usize> {
        let label = self.label(&name.name);
        let ty = self.ty(value).clone();
        let found: Vec<usize> = (0..ty.rank()).filter(|&axis| ty.axes[axis].label == label).collect();
        let text = self.text(self.place(value));
        match found.as_slice() {
            [one] => Some(*one),
            [] => {
                let none = format!("{text} is {ty}; it has no axis {}", name.name);
                let mut error = Diagnostic::new(Code::E06, name.span, none);
                if let Some(near) = nearest(&name.name, &ty.labels()).or(ty.labels().last().copied()) {
                    error = error.help(format!("did you mean `{near}`?"));
                    if near.chars().all(|c| c.is_alphanumeric() || c == '_') {
                        error = error.edit(name.span, near);
                    }
                }
                self.report(error);
                None
            }
            several => {
                let mut error = Diagnostic::new(Code::E05, name.span, format!("which of the two? {text} is {ty}"));
                for &axis in several {
                    error = error.with(
                        ty.axes[axis].origin,
                        format!("axis {} of {text} comes from here", axis + 1),
                    );
                }
                let named: Vec<String> = ["q", "k"].iter().map(|role| format!("{role}:{}", name.name)).collect();
                error = error.help(format!(
                    "name the roles where the rows are made, as in `as [{}]`, then say `over k`",
                    named.join(", ")
                ));
                self.report(error);
                None
            }
        }
    }

    /// The axes that a function works along; without `over` only if there is no choice.
    pub(super) fn axes_over(
        &mut self,
        function: &str,
        value: ValueId,
        over: Option<&[Ident]>,
        end: Span,
    ) -> Option<Vec<usize>> {
        let ty = self.ty(value).clone();
        if let Some(names) = over {
            let axes: Option<Vec<usize>> = names.iter().map(|name| self.axis_named(value, name)).collect();
            let mut axes = axes?;
            axes.sort_unstable();
            return Some(axes);
        }
        if ty.rank() <= 1 {
            return Some((0..ty.rank()).collect());
        }
        let text = self.text(self.place(value));
        let labels = ty.labels();
        let last = labels[labels.len() - 1];
        let said = format!("{text} has {} axes: {}", ty.rank(), labels.join(", "));
        let mut error = Diagnostic::new(Code::E04, self.place(value), said);
        if function == "softmax" {
            error = error.help(format!(
                "the entries of each row should sum to 1, so probably `over {last}`"
            ));
        } else {
            error = error.help(format!("say which, as in `{function}({text}, over {last})`"));
        }
        self.report(error.edit(end, format!(", over {last}")));
        None
    }

    /// A reduction by its word; `var` is the mean of the squared distances from the mean.
    pub(super) fn reduce_by_word(&mut self, word: &str, value: ValueId, axes: Vec<usize>, span: Span) -> ValueId {
        if word != "var" {
            let op = super::calls::reducer(word).expect("the caller asks for a word that reduces");
            return self.reduce(op, value, axes, span);
        }
        let whole = self.ty(value).clone();
        let kept: Vec<usize> = (0..whole.rank()).filter(|axis| !axes.contains(axis)).collect();
        let mean = self.reduce("mean", value, axes.clone(), span);
        let mean = self.expand(mean, &kept, &whole.axes);
        let ty = Type {
            axes: whole.axes,
            kind: self.ty(mean).kind.clone(),
        };
        let distance = self.emit(Operation::Binary("sub"), vec![value, mean], ty.clone(), span);
        let squared = self.emit(Operation::Power(2.0), vec![distance], ty, span);
        self.reduce("mean", squared, axes, span)
    }

    pub(super) fn reduce(&mut self, op: &'static str, value: ValueId, axes: Vec<usize>, span: Span) -> ValueId {
        if !self.takes_no_ids(op, &[value], span) {
            return self.unknown(span);
        }
        let ty = self.ty(value).clone();
        let kept = (0..ty.rank())
            .filter(|axis| !axes.contains(axis))
            .map(|axis| ty.axes[axis].clone());
        let ty = Type {
            axes: kept.collect(),
            kind: if ty.kind == Kind::Real { Kind::Real } else { Kind::Data },
        };
        self.emit(Operation::Reduce(op, axes), vec![value], ty, span)
    }
}
