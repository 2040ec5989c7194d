//! Reductions and functions along an axis: `over k`.

use super::Checker;
use super::names::{is_word, slip};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::meaning::program::{Operation, ValueId};
use crate::meaning::types::{Axis, Kind, Type};
use crate::span::Span;
use crate::syntax::ast::Ident;

impl Checker<'_> {
    /// The label by which axes go that are called `name` here.
    pub(super) fn label(&self, name: &str) -> std::rc::Rc<str> {
        match self.lookup(name) {
            Some(super::names::Binding::Dim(_, label)) => label.clone(),
            _ => name.into(),
        }
    }

    /// The position of the axis with this name: the name of its size, one of its own, or the index that made it.
    pub(super) fn axis_named(&mut self, value: ValueId, name: &Ident) -> Option<usize> {
        let axes = self.axes_named(value, name, 1)?;
        axes.first().copied()
    }

    /// The positions of all axes with this name, which is written this many times: as often as there are axes, so that
    /// nothing is left to choose.
    fn axes_named(&mut self, value: ValueId, name: &Ident, times: usize) -> Option<Vec<usize>> {
        let label = self.label(&name.name);
        let is_size = matches!(self.lookup(&name.name), Some(super::names::Binding::Dim(..)));
        let ty = self.ty(value).clone();
        let is_it = |axis: &Axis| axis.label == label || !is_size && axis.is_called(&name.name);
        let mut found: Vec<usize> = (0..ty.rank()).filter(|&axis| is_it(&ty.axes[axis])).collect();
        if found.is_empty() {
            let is_second = |&axis: &usize| self.second_name(&ty.axes[axis]).as_ref() == Some(&label);
            found = (0..ty.rank()).filter(is_second).collect();
        }
        let error = match found.len() {
            count if count == times => {
                for &axis in &found {
                    self.notes.add_axis(name.span, ty.axes[axis].origin);
                }
                return Some(found);
            }
            0 => self.no_such_axis(value, &ty, name),
            1 => {
                let said = format!(
                    "{} is {ty}; it has one axis {}",
                    self.text(self.place(value)),
                    name.name
                );
                Diagnostic::new(Code::E06, name.span, said).help("name each axis once")
            }
            _ => self.several_axes(value, &ty, name, &found),
        };
        self.report(error);
        None
    }

    /// E06, with the name that was meant if only one can be.
    fn no_such_axis(&self, value: ValueId, ty: &Type, name: &Ident) -> Diagnostic {
        let text = self.text(self.place(value));
        let said = format!("{text} is {ty}; it has no axis {}", name.name);
        let error = Diagnostic::new(Code::E06, name.span, said);
        let names: Vec<&str> = ty.axes.iter().filter_map(|axis| axis.name_among(&ty.axes)).collect();
        // Where the name is that of a size, the value may be the wrong one, and not the axis.
        let is_size = matches!(self.lookup(&name.name), Some(super::names::Binding::Dim(..)));
        let meant = match names.as_slice() {
            [only] if ty.rank() == 1 && !is_size => Some(*only),
            names => slip(&name.name, names),
        };
        match meant {
            Some(meant) if is_word(meant) => error.help(format!("did you mean `{meant}`?")).edit(name.span, meant),
            _ if ty.rank() == 0 => error.help("it is a single number: drop the `over`"),
            _ if names.is_empty() => error.help("name its axes with `as`, as in `as [q:T, k:T]`"),
            _ => error.help(format!("its axes are {}", names.join(", "))),
        }
    }

    /// E05, with the names by which the axes can be told apart.
    fn several_axes(&self, value: ValueId, ty: &Type, name: &Ident, axes: &[usize]) -> Diagnostic {
        let text = self.text(self.place(value));
        let mut error = Diagnostic::new(Code::E05, name.span, format!("which of the two? {text} is {ty}"));
        for &axis in axes {
            error = error.with(
                ty.axes[axis].origin,
                format!("axis {} of {text} comes from here", axis + 1),
            );
        }
        let told: Vec<&str> = axes
            .iter()
            .filter_map(|&axis| ty.axes[axis].name_among(&ty.axes))
            .collect();
        if told.len() == axes.len() {
            return error.help(format!("say which by its index: `over {}`", told.join("` or `over ")));
        }
        let named: Vec<String> = ["q", "k"].iter().map(|role| format!("{role}:{}", name.name)).collect();
        error.help(format!(
            "name the roles where the rows are made, as in `as [{}]`, then say `over k`",
            named.join(", ")
        ))
    }

    /// The axes that a function works along; without `over` only if there is no choice.
    pub(super) fn axes_over(&mut self, function: &str, value: ValueId, over: Option<&[Ident]>) -> Option<Vec<usize>> {
        let ty = self.ty(value).clone();
        if let Some(names) = over {
            let mut axes = Vec::new();
            for (at, name) in names.iter().enumerate() {
                let is_same = |other: &&Ident| other.name == name.name;
                if !names[..at].iter().any(|other| is_same(&other)) {
                    axes.extend(self.axes_named(value, name, names.iter().filter(is_same).count())?);
                }
            }
            axes.sort_unstable();
            return Some(axes);
        }
        if ty.rank() <= 1 {
            return Some((0..ty.rank()).collect());
        }
        let text = self.text(self.place(value));
        let names: Vec<&str> = ty
            .axes
            .iter()
            .map(|axis| axis.name_among(&ty.axes).unwrap_or(&axis.label))
            .collect();
        let said = format!("{text} has {} axes: {}", ty.rank(), names.join(", "));
        let error = Diagnostic::new(Code::E04, self.place(value), said);
        let last = names[names.len() - 1];
        let is_reduction = super::calls::reducer(function).is_some() || function == "var";
        self.report(match names.iter().find(|name| !is_word(name)) {
            Some(nameless) => error.help(self.to_be_named(nameless)),
            None if function == "softmax" || function == "log_softmax" => error.help(format!(
                "each row should sum to 1, so probably `{function}({text}, over {last})`"
            )),
            None if is_reduction => error.help(format!(
                "over all of them it is `{function}({text}, over {})`, a single number; over some of them, name these",
                names.join(", ")
            )),
            None => error.help(format!("say which, as in `{function}({text}, over {last})`")),
        });
        None
    }

    /// What to do with an axis that `over` cannot name, because its size is a number or is computed.
    pub(super) fn to_be_named(&self, size: &str) -> String {
        format!(
            "the axis of size {size} has no name that can stand after `over`: give it one where it is made, as in \
             `[c:{size}]`"
        )
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
