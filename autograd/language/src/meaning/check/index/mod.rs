//! The index form: `a[j] = sum(i: alpha[j, i] * x[i])`, one equation for each entry.
//!
//! Every index becomes an axis; products line up by index, `sum(i: …)` reduces the axis of `i`. How far an index runs
//! is inferred from the axes at which it stands alone, or written where it is introduced: `M[q:T, k:T]`, `sum(i = 2..N: …)`.

mod brackets;
mod gather;
mod places;

use std::rc::Rc;

use super::names::Binding;
use super::{Checker, Index};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::meaning::program::{Operation, ValueId};
use crate::meaning::size::Size;
use crate::meaning::types::{Axis, Type};
use crate::meaning::words;
use crate::span::Span;
use crate::syntax::ast::{self, Arg, Expr, ExprKind, Ident};
use tapegrad_core::op::Form;

impl Checker<'_> {
    /// The right side of an equation with these indices on the left.
    pub(super) fn index_equation(&mut self, target: &Ident, axes: &[ast::Axis], value: &Expr) -> ValueId {
        let outer = std::mem::take(&mut self.indices);
        for axis in axes {
            let Some(index) = self.target_index(axis) else {
                self.indices = outer;
                return self.unknown(target.span);
            };
            self.indices.push(index);
        }
        self.infer(value);
        let found = self.expr(value);
        let indices = std::mem::replace(&mut self.indices, outer);
        let names: Vec<&str> = indices.iter().map(|index| index.name.as_str()).collect();
        self.mask_without_positions(value, &names);
        self.as_equation(found, &indices, target, value.span)
    }

    fn target_index(&mut self, axis: &ast::Axis) -> Option<Index> {
        let index = match axis {
            ast::Axis::Size(Some(label), size) => Index {
                size: Some(self.size(size)?),
                is_declared: true,
                label: Some(label.name.as_str().into()),
                ..Index::new(&label.name, label.span.to(size.span))
            },
            ast::Axis::Size(None, expr) => match expr.as_name() {
                Some(name) => Index::new(name, expr.span),
                None => {
                    let text = format!("`{}` is neither an index nor a position", self.text(expr.span));
                    self.report(Diagnostic::new(Code::E00, expr.span, text));
                    return None;
                }
            },
            ast::Axis::Rest(span) => {
                self.report(Diagnostic::new(
                    Code::E00,
                    *span,
                    "an index equation names each of its indices",
                ));
                return None;
            }
        };
        if self.indices.iter().any(|other| other.name == index.name) {
            let text = format!("`{}` stands twice on the left", index.name);
            self.report(Diagnostic::new(Code::E21, index.origin, text));
            return None;
        }
        Some(index)
    }

    /// Gives the result the axes of the left side, in order, under their lasting names.
    fn as_equation(&mut self, found: ValueId, indices: &[Index], target: &Ident, span: Span) -> ValueId {
        if self.ty(found).is_unknown() {
            return found;
        }
        let mut axes: Vec<Axis> = Vec::new();
        for index in indices {
            let Some(size) = &index.size else {
                let text = format!("nothing on the right says how far {} runs", index.name);
                let error = Diagnostic::new(Code::E17, index.origin, text)
                    .help(format!("write its size: `{}[{}:...]`", target.name, index.name));
                return self.wrong(error);
            };
            axes.push(Axis::new(&index.name, size.clone(), index.origin));
        }
        let outer = std::mem::replace(&mut self.indices, indices.to_vec());
        let whole = self.broadcast_to(found, axes, span);
        self.indices = outer;
        let mut ty = self.ty(whole).clone();
        for (axis, index) in ty.axes.iter_mut().zip(indices) {
            let label = index.label.as_deref().unwrap_or(&index.name);
            *axis = Axis::new(label, axis.size.clone(), axis.origin).made_by(&index.name);
        }
        if *self.ty(whole) != ty || self.program.values[whole].name.is_some() {
            return self.emit(Operation::Relabel, vec![whole], ty, span);
        }
        // The same names; only which index made each axis is added.
        self.program.values[whole].ty = ty;
        whole
    }

    /// `sum(i: …)`, and `softmax(i: …)`, which keeps its index.
    pub(super) fn reduce_indices(
        &mut self,
        reducer: &Ident,
        indices: &[ast::Index],
        body: &Expr,
        span: Span,
    ) -> ValueId {
        if words::find_form(&reducer.name, Form::Along).is_some() {
            return self.along_index(reducer, indices, body, span);
        }
        let before = self.indices.len();
        let introduced = indices.iter().try_for_each(|index| {
            let own = self.reduced_index(index)?;
            self.indices.push(own);
            Some(())
        });
        let result = match introduced {
            Some(()) => {
                self.infer(body);
                let value = self.expr(body);
                let names: Vec<&Ident> = indices.iter().map(|index| &index.name).collect();
                self.reduce_away(&reducer.name, value, &names, span)
            }
            None => self.unknown(span),
        };
        self.indices.truncate(before);
        result
    }

    /// The index of a reduction, from 1 on or over the positions of a range.
    fn reduced_index(&mut self, index: &ast::Index) -> Option<Index> {
        let name = &index.name;
        if self.indices.iter().any(|other| other.name == name.name) || self.lookup(&name.name).is_some() {
            let text = format!("`{}` already has a meaning", name.name);
            self.report(Diagnostic::new(Code::E21, name.span, text).help("choose another index"));
            return None;
        }
        let mut own = Index::new(&name.name, name.span);
        if let Some(range) = &index.range {
            let (low, high) = (self.size(&range.0)?, self.size(&range.1)?);
            let size = high.minus(&low).plus(&Size::number(1));
            if !self.never_negative(&size) {
                let why = format!("{low} to {high} may be less than no positions");
                let error = Diagnostic::new(Code::E19, range.0.span.to(range.1.span), why);
                self.report(error.help(format!("`require {high} >= {low}` before this line")));
                return None;
            }
            own.low = low;
            own.size = Some(self.facts.normal(&size));
            own.is_declared = true;
        }
        Some(own)
    }

    /// `softmax(k: …)`: along an index that stays, and so is introduced around it.
    fn along_index(&mut self, word: &Ident, indices: &[ast::Index], body: &Expr, span: Span) -> ValueId {
        let [ast::Index { name, range: None }] = indices else {
            let error = Diagnostic::new(Code::E20, span, format!("`{}` works along one whole index", word.name));
            return self.wrong(error);
        };
        if self.indices.iter().all(|index| index.name != name.name) {
            let text = format!(
                "{} is not on the left and no `sum({}: ...)` covers it",
                name.name, name.name
            );
            let error = Diagnostic::new(Code::E18, name.span, text).help(format!(
                "`{}` keeps its index, as in `p[{1}] = {0}({1}: s[{1}])`",
                word.name, name.name
            ));
            return self.wrong(error);
        }
        let value = self.expr(body);
        self.along(&word.name, value, name, span)
    }

    /// A function along the axis of an index.
    pub(super) fn along(&mut self, word: &str, value: ValueId, index: &Ident, span: Span) -> ValueId {
        let ty = self.ty(value).clone();
        if ty.is_unknown() {
            return value;
        }
        let op = words::find_form(word, Form::Along)
            .expect("the caller asks for such a word")
            .op
            .name;
        match ty.axes.iter().position(|axis| *axis.label == *index.name) {
            Some(axis) => self.emit(Operation::Along(op, axis), vec![value], ty, span),
            None => {
                let text = format!("{} stands nowhere in this value", index.name);
                self.wrong(Diagnostic::new(Code::E17, index.span, text))
            }
        }
    }

    fn reduce_away(&mut self, reducer: &str, value: ValueId, names: &[&Ident], span: Span) -> ValueId {
        if self.ty(value).is_unknown() {
            return value;
        }
        let mut axes = Vec::new();
        for name in names {
            let ty: Type = self.ty(value).clone();
            match ty.axes.iter().position(|axis| *axis.label == *name.name) {
                Some(axis) => axes.push(axis),
                None => {
                    let text = format!(
                        "{} stands nowhere in this sum, so nothing says how far it runs",
                        name.name
                    );
                    return self.wrong(Diagnostic::new(Code::E17, name.span, text));
                }
            }
        }
        axes.sort_unstable();
        self.reduce_by_word(reducer, value, axes, span)
    }

    /// Finds how far indices run from the axes they stand at.
    fn infer(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Index(of, positions) => {
                if let Some(axes) = of.as_name().and_then(|name| self.axes_of_name(name)) {
                    for (position, (axis, first)) in positions.iter().zip(axes) {
                        self.infer_one(position, &axis, first);
                    }
                }
                positions.iter().for_each(|position| self.infer(position));
            }
            ExprKind::Neg(of) | ExprKind::Field(of, _) | ExprKind::As(of, _) | ExprKind::Reduce(_, _, of) => {
                self.infer(of)
            }
            ExprKind::Binary(..) => {
                let (first, links) = expr.chain();
                self.infer(first);
                links.iter().for_each(|link| self.infer(link.right));
            }
            ExprKind::If(condition, yes, no) => [condition, yes, no].into_iter().for_each(|part| self.infer(part)),
            ExprKind::Call(_, args) => {
                for arg in args {
                    if let Arg::Value(value) = arg {
                        self.infer(value);
                    }
                }
            }
            ExprKind::Number(_) | ExprKind::Name(_) | ExprKind::Range(..) => {}
        }
    }

    fn infer_one(&mut self, position: &Expr, axis: &Axis, first: Size) {
        let Some(name) = position.as_name() else { return };
        if let Some(index) = self
            .indices
            .iter_mut()
            .find(|index| index.name == name && index.size.is_none())
        {
            index.size = Some(axis.size.clone());
            index.low = first;
            index.origin = position.span;
            let label: Rc<str> = axis.label.clone();
            index.label.get_or_insert(label);
        }
    }

    /// The axes of a value or row that a name stands for, each with its first position.
    fn axes_of_name(&self, name: &str) -> Option<Vec<(Axis, Size)>> {
        let from_one = |axes: &[Axis]| {
            axes.iter()
                .map(|axis| (axis.clone(), Size::number(1)))
                .collect::<Vec<_>>()
        };
        match self.lookup(name)? {
            Binding::Value(usize::MAX) => None,
            Binding::Value(value) => Some(from_one(&self.ty(*value).axes)),
            Binding::Family(family) => {
                let mut axes = self.row_axes(*family)?;
                axes.extend(from_one(&self.program.families[*family].ty.axes));
                Some(axes)
            }
            _ => None,
        }
    }
}
