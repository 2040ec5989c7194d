//! Ids in brackets: rows of a table, and entries of the last axis.

use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::meaning::check::Checker;
use crate::meaning::program::{Operation, ValueId};
use crate::meaning::size::Size;
use crate::meaning::types::{Axis, Kind, Type};
use crate::syntax::ast::{Expr, ExprKind};
use crate::syntax::span::Span;

impl Checker<'_> {
    /// A position given by ids: the ids' value, if they name entries of this axis.
    pub(in crate::meaning::check) fn ids(
        &mut self,
        value: ValueId,
        axis: usize,
        position: &Expr,
        text: &str,
    ) -> Option<ValueId> {
        if !self.indices.is_empty()
            && let ExprKind::Name(name) = &position.kind
            && self.lookup(name).is_none()
        {
            let error = Diagnostic::new(
                Code::E18,
                position.span,
                format!("{name} is not on the left and no `sum({name}: ...)` covers it"),
            );
            let error = self.suggest_sum(error, name);
            self.report(error);
            return None;
        }
        let ids = self.expr(position);
        let own = self.ty(value).axes[axis].clone();
        match self.ty(ids).clone() {
            Type {
                kind: Kind::Unknown, ..
            } => None,
            Type { kind: Kind::Id(of), .. } if self.same(&of, &own.size) => Some(ids),
            Type { kind: Kind::Id(of), .. } => {
                let place = self.place(ids);
                let error = Diagnostic::new(Code::E11, place, format!("these are ids of {of}"))
                    .with(own.origin, format!("this axis of {text} is {}", own.size))
                    .help(format!("declare the axis as {of}, or the ids as `id[{}]`", own.size));
                self.report(error);
                None
            }
            ty => {
                let what = self.text(position.span);
                let error = Diagnostic::new(
                    Code::E12,
                    position.span,
                    format!("{what} is {ty} of numbers, not of ids"),
                )
                .help(format!("ids are declared `input w[T]: id[{}]`", own.size));
                self.report(error);
                None
            }
        }
    }

    /// Takes the entries of `axis` that ids name.
    pub(in crate::meaning::check) fn gather(
        &mut self,
        value: ValueId,
        axis: usize,
        ids: ValueId,
        span: Span,
    ) -> ValueId {
        let (ty, ids_ty) = (self.ty(value).clone(), self.ty(ids).clone());
        let mut others: Vec<usize> = (0..ty.rank()).filter(|&other| other != axis).collect();
        let in_index_form = !self.indices.is_empty();
        if others.is_empty() && ids_ty.rank() == 0 {
            return self.emit(
                Operation::Pick,
                vec![value, ids],
                Type {
                    axes: Vec::new(),
                    kind: ty.kind,
                },
                span,
            );
        }
        let shared = ids_ty
            .axes
            .iter()
            .any(|own| others.iter().any(|&i| ty.axes[i].label == own.label));
        if in_index_form && shared {
            let ids = self.sorted(ids, span);
            others.sort_by_key(|&i| self.index_place(&ty.axes[i]));
            others.push(axis);
            let last = self.permute(value, &others, span);
            let axes: Vec<Axis> = others[..others.len() - 1].iter().map(|&i| ty.axes[i].clone()).collect();
            let ids = self.broadcast_to(ids, axes.clone(), span);
            if self.ty(ids).is_unknown() {
                return ids;
            }
            return self.emit(Operation::Pick, vec![last, ids], Type { axes, kind: ty.kind }, span);
        }
        others.insert(0, axis);
        let first = self.permute(value, &others, span);
        let rows = self.rows(first, span);
        let rest: Vec<Axis> = others[1..].iter().map(|&i| ty.axes[i].clone()).collect();
        let result = Type {
            axes: ids_ty.axes.iter().cloned().chain(rest).collect(),
            kind: ty.kind,
        };
        let width = self.ty(rows).axes[1].clone();
        let wide = Type {
            axes: ids_ty.axes.iter().cloned().chain([width]).collect(),
            kind: result.kind.clone(),
        };
        let gathered = self.emit(Operation::Embedding, vec![rows, ids], wide.clone(), span);
        let gathered = if wide == result {
            gathered
        } else {
            self.emit(Operation::Reshape, vec![gathered], result, span)
        };
        self.sorted(gathered, span)
    }

    /// The value as a table of rows: the first axis, and all others as one.
    pub(in crate::meaning::check) fn rows(&mut self, value: ValueId, span: Span) -> ValueId {
        let ty = self.ty(value).clone();
        if ty.rank() == 2 {
            return value;
        }
        let width = ty.axes[1..]
            .iter()
            .fold(Size::number(1), |width, axis| width.times(&axis.size));
        let ty = Type {
            axes: vec![ty.axes[0].clone(), Axis::new("_", width, span)],
            kind: ty.kind,
        };
        self.emit(Operation::Reshape, vec![value], ty, span)
    }
}
