//! The index form: `a[j] = sum(i: alpha[j, i] * x[i])`, one equation for each entry.
//!
//! Every index becomes an axis; products line up by index, `sum(i: …)` reduces the axis of `i`. How far an index runs
//! is inferred from the axes it stands at, or written at the left side: `M[q:T, k:T]`.

mod brackets;
mod gather;

use std::rc::Rc;

use super::names::Binding;
use super::{Checker, Index};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::meaning::program::ValueId;
use crate::meaning::types::{Axis, Type};
use crate::syntax::ast::{self, Arg, Expr, ExprKind, Ident};
use crate::syntax::span::Span;

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
                name: label.name.clone(),
                size: Some(self.size(size)?),
                label: Some(label.name.as_str().into()),
                origin: label.span.to(size.span),
            },
            ast::Axis::Size(None, expr) => match expr.as_name() {
                Some(name) => Index {
                    name: name.to_string(),
                    size: None,
                    label: None,
                    origin: expr.span,
                },
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
        self.relabel(whole, ty, span)
    }

    /// `sum(i: …)`.
    pub(super) fn reduce_indices(&mut self, reducer: &Ident, names: &[Ident], body: &Expr, span: Span) -> ValueId {
        let op = super::calls::reducer(&reducer.name).expect("the parser knows the reducers");
        let before = self.indices.len();
        for name in names {
            if self.indices.iter().any(|other| other.name == name.name) || self.lookup(&name.name).is_some() {
                let text = format!("`{}` already has a meaning", name.name);
                self.indices.truncate(before);
                return self.wrong(Diagnostic::new(Code::E21, name.span, text).help("choose another index"));
            }
            self.indices.push(Index {
                name: name.name.clone(),
                size: None,
                label: None,
                origin: name.span,
            });
        }
        self.infer(body);
        let value = self.expr(body);
        let result = self.reduce_away(op, value, names, span);
        self.indices.truncate(before);
        result
    }

    fn reduce_away(&mut self, op: &'static str, value: ValueId, names: &[Ident], span: Span) -> ValueId {
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
        self.reduce(op, value, axes, span)
    }

    /// Finds how far indices run from the axes they stand at.
    fn infer(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Index(of, positions) => {
                if let Some(axes) = of.as_name().and_then(|name| self.axes_of_name(name)) {
                    for (position, axis) in positions.iter().zip(axes) {
                        self.infer_one(position, &axis);
                    }
                }
                positions.iter().for_each(|position| self.infer(position));
            }
            ExprKind::Neg(of) | ExprKind::Field(of, _) | ExprKind::Reduce(_, _, of) => self.infer(of),
            ExprKind::Binary(_, left, right) => {
                self.infer(left);
                self.infer(right);
            }
            ExprKind::If(condition, yes, no) => [condition, yes, no].into_iter().for_each(|part| self.infer(part)),
            ExprKind::Call(_, args) => {
                for arg in args {
                    if let Arg::Value(value) = arg {
                        self.infer(value);
                    }
                }
            }
            ExprKind::Number(_) | ExprKind::Name(_) => {}
        }
    }

    fn infer_one(&mut self, position: &Expr, axis: &Axis) {
        let Some(name) = position.as_name() else { return };
        if let Some(index) = self
            .indices
            .iter_mut()
            .find(|index| index.name == name && index.size.is_none())
        {
            index.size = Some(axis.size.clone());
            index.origin = position.span;
            let label: Rc<str> = axis.label.clone();
            index.label.get_or_insert(label);
        }
    }

    /// The axes of a value that a name stands for.
    fn axes_of_name(&self, name: &str) -> Option<Vec<Axis>> {
        match self.lookup(name)? {
            Binding::Value(usize::MAX) => None,
            Binding::Value(value) => Some(self.ty(*value).axes.clone()),
            _ => None,
        }
    }
}
