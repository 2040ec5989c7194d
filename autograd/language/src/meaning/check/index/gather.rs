//! Ids in brackets: rows of a table, and entries of the last axis.

use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::meaning::check::Checker;
use crate::meaning::program::{Operation, ValueId};
use crate::meaning::size::Size;
use crate::meaning::types::{Axis, Kind, Type};
use crate::span::Span;
use crate::stack;
use crate::syntax::ast::{Expr, ExprKind};

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
            && let Some((name, span)) = self.unbound(position)
        {
            let error = Diagnostic::new(
                Code::E18,
                span,
                format!("{name} is not on the left and no `sum({name}: ...)` covers it"),
            );
            let error = self.suggest_sum(error, &name);
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

    /// The first name in a place that means nothing here.
    fn unbound(&self, place: &Expr) -> Option<(String, Span)> {
        match &place.kind {
            ExprKind::Name(name) => {
                let is_known = self.lookup(name).is_some() || self.indices.iter().any(|index| index.name == *name);
                (!is_known).then(|| (name.clone(), place.span))
            }
            ExprKind::Neg(of) => self.unbound(of),
            ExprKind::Binary(_, left, right) => stack::deeper(|| self.unbound(left)).or_else(|| self.unbound(right)),
            _ => None,
        }
    }

    /// The entries at the ids of one axis, or of several.
    pub(super) fn at_ids(&mut self, value: ValueId, ids: &[(usize, ValueId)], span: Span) -> Option<ValueId> {
        match ids {
            [] => Some(self.sorted(value, span)),
            [(axis, ids)] => Some(self.gather(value, *axis, *ids, span)),
            _ if self.indices.is_empty() && ids.iter().any(|(_, ids)| self.ty(*ids).rank() > 0) => {
                let error = Diagnostic::new(Code::E12, span, "only one position may be given by an array of ids")
                    .help("write an index equation, such as `s[t] = A[y[t], z[t]]`");
                self.report(error);
                None
            }
            several => {
                let (value, axis, ids) = self.joined_ids(value, several, span);
                Some(self.gather(value, axis, ids, span))
            }
        }
    }

    /// The axes that several ids name as one axis, the last, and the ids of its entries.
    fn joined_ids(&mut self, value: ValueId, ids: &[(usize, ValueId)], span: Span) -> (ValueId, usize, ValueId) {
        let rank = self.ty(value).rank();
        let mut order: Vec<usize> = (0..rank)
            .filter(|axis| ids.iter().all(|(own, _)| own != axis))
            .collect();
        let kept = order.len();
        order.extend(ids.iter().map(|(axis, _)| axis));
        let value = self.permute(value, &order, span);
        let mut ty = self.ty(value).clone();
        let named: Vec<Axis> = ty.axes.drain(kept..).collect();
        let mut joined = ids[0].1;
        let mut size = named[0].size.clone();
        for (axis, (_, next)) in named[1..].iter().zip(&ids[1..]) {
            let width = self.emit(Operation::Size(axis.size.clone()), Vec::new(), Type::data(), span);
            joined = self.id_result(
                "mul",
                joined,
                width,
                size.minus(&Size::number(1)).times(&axis.size),
                1,
                span,
            );
            size = size.times(&axis.size);
            joined = self.id_result("add", joined, *next, size.clone(), 0, span);
        }
        ty.axes.push(Axis::new("_", size, span));
        (self.emit(Operation::Reshape, vec![value], ty, span), kept, joined)
    }

    /// A sum or product of ids: ids of `below + more` things.
    pub(in crate::meaning::check) fn id_result(
        &mut self,
        name: &'static str,
        a: ValueId,
        b: ValueId,
        below: Size,
        more: i64,
        span: Span,
    ) -> ValueId {
        let result = self.binary(name, [a, b], span);
        if !self.ty(result).is_unknown() {
            self.program.values[result].ty.kind = Kind::Id(below.plus(&Size::number(more)));
        }
        result
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
            let named = ty.axes[axis].clone();
            let mut axes: Vec<Axis> = others[..others.len() - 1].iter().map(|&i| ty.axes[i].clone()).collect();
            axes.extend(
                ids_ty
                    .axes
                    .iter()
                    .filter(|own| axes.iter().all(|axis| axis.label != own.label))
                    .cloned()
                    .collect::<Vec<_>>(),
            );
            axes.sort_by_key(|axis| self.index_place(axis));
            let ids = self.repeated(ids, &axes, None, span);
            let last = self.repeated(last, &axes, Some(named), span);
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

    /// A value in the index form, repeated along the indices that it lacks; `last` stays behind them.
    fn repeated(&mut self, value: ValueId, axes: &[Axis], last: Option<Axis>, span: Span) -> ValueId {
        let whole: Vec<Axis> = axes.iter().cloned().chain(last).collect();
        let ty = self.ty(value).clone();
        if ty.axes.len() == whole.len() {
            return value;
        }
        let place = |own: &Axis| whole.iter().position(|axis| axis.label == own.label);
        let places: Vec<usize> = ty.axes.iter().filter_map(place).collect();
        let ready = self.expand(value, &places, &whole);
        let ty = Type {
            axes: whole,
            kind: ty.kind,
        };
        self.emit(Operation::Broadcast, vec![ready], ty, span)
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
