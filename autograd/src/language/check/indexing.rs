//! Brackets behind a value: `x[t]`, `E[w]`, `y[t, next[t]]`, and `alpha[j, i]` in the index form.

use super::Checker;
use super::names::Binding;
use crate::language::ast::{Expr, ExprKind};
use crate::language::code::Code;
use crate::language::core::{Op, ValueId};
use crate::language::diagnostic::Diagnostic;
use crate::language::size::Size;
use crate::language::span::Span;
use crate::language::types::{Axis, Kind, Type};

impl Checker<'_> {
    pub(super) fn index(&mut self, of: &Expr, positions: &[Expr], span: Span) -> ValueId {
        if let Some(name) = of.as_name()
            && self.lookup(name).is_none()
            && self.plans.iter().flatten().any(|(planned, _)| planned == name)
            && let Some(at) = positions
                .iter()
                .map(|position| self.as_size(position))
                .collect::<Option<Vec<Size>>>()
        {
            return self.never_set(name, &at, span);
        }
        let (value, used) = match self.family_of(of) {
            Some(family) => self.taken_from(family, positions, span),
            None => (self.in_tensor_form(|c| c.expr(of)), 0),
        };
        let text = self.text(of.span);
        self.at_positions(value, &positions[used..], &text, span)
    }

    fn family_of(&self, of: &Expr) -> Option<usize> {
        match self.lookup(of.as_name()?)? {
            Binding::Family(family) => Some(*family),
            _ => None,
        }
    }

    /// Runs a check in which axes are whole again.
    pub(super) fn in_tensor_form<R>(&mut self, check: impl FnOnce(&mut Self) -> R) -> R {
        let indices = std::mem::take(&mut self.indices);
        let result = check(self);
        self.indices = indices;
        result
    }

    fn at_positions(&mut self, value: ValueId, positions: &[Expr], text: &str, span: Span) -> ValueId {
        if self.ty(value).is_unknown() {
            return value;
        }
        let ty = self.ty(value).clone();
        if positions.len() > ty.rank() {
            let error = Diagnostic::new(
                Code::E20,
                span,
                format!("{text} is {ty}: that is fewer axes than positions"),
            );
            return self.wrong(error);
        }
        if !self.indices.is_empty() && positions.len() < ty.rank() {
            let error = Diagnostic::new(
                Code::E18,
                span,
                format!("{text} is {ty}; here each axis needs an index"),
            );
            return self.wrong(error);
        }
        let (mut value, mut axis, mut ids) = (value, 0, None);
        for position in positions {
            if let Some(name) = position.as_name()
                && let Some(place) = self.indices.iter().position(|index| index.name == name)
            {
                let Some(indexed) = self.by_index(value, axis, place, position.span) else {
                    return self.unknown(span);
                };
                value = indexed;
                axis += 1;
            } else if let Some(at) = self.as_size(position) {
                value = match self.select(value, axis, at, text, position.span) {
                    Some(selected) => selected,
                    None => return self.unknown(span),
                };
            } else {
                let Some(given) = self.ids(value, axis, position, text) else {
                    return self.unknown(span);
                };
                if ids.replace((axis, given)).is_some() {
                    let error = Diagnostic::new(Code::E12, position.span, "only one position may be given by ids")
                        .help("give a name to the value at the first ids, and index that");
                    return self.wrong(error);
                }
                axis += 1;
            }
        }
        match ids {
            Some((axis, ids)) => self.gather(value, axis, ids, span),
            None => self.sorted(value, span),
        }
    }

    /// The axis runs with an index: it takes the index's name, and its size must be the index's.
    fn by_index(&mut self, value: ValueId, axis: usize, place: usize, at: Span) -> Option<ValueId> {
        let mut ty = self.ty(value).clone();
        let own = ty.axes[axis].clone();
        let index = self.indices[place].clone();
        match &index.size {
            Some(size) if !self.same(size, &own.size) => {
                let name = &index.name;
                let error = Diagnostic::new(Code::E16, at, format!("here {name} runs over {}", own.size))
                    .with(index.origin, format!("here {name} runs over {size}"))
                    .help("one of the two is the index of another axis; perhaps two indices are swapped");
                self.report(error);
                return None;
            }
            Some(_) => {}
            None => {
                self.indices[place].size = Some(own.size.clone());
                self.indices[place].origin = at;
            }
        }
        let index = &mut self.indices[place];
        index.label.get_or_insert(own.label.clone());
        if ty
            .axes
            .iter()
            .enumerate()
            .any(|(i, other)| i < axis && *other.label == *index.name)
        {
            let text = format!("{} is already the index of another axis of this value", index.name);
            self.report(Diagnostic::new(Code::E05, at, text));
            return None;
        }
        ty.axes[axis] = Axis::new(&index.name, own.size, own.origin);
        let span = self.program.values[value].span;
        Some(self.relabel(value, ty, span))
    }

    fn select(&mut self, value: ValueId, axis: usize, at: Size, text: &str, span: Span) -> Option<ValueId> {
        let mut ty = self.ty(value).clone();
        let own = ty.axes.remove(axis);
        if !self.lies_within(&at, &Size::number(1), &own.size) {
            let mut error = Diagnostic::new(Code::E19, span, format!("{text} has positions 1 to {}", own.size));
            if at.as_number() == Some(0) {
                error = error
                    .help("the first one is at 1; only a recurrence has a 0th value, its start")
                    .edit(span, "1");
            }
            self.report(error);
            return None;
        }
        Some(self.emit(Op::Select(axis, at), vec![value], ty, span))
    }

    /// True if a position lies between two others whatever the loops and sizes are.
    pub(super) fn lies_within(&self, at: &Size, first: &Size, last: &Size) -> bool {
        let low = self.facts.normal(&self.extreme(at, false).minus(first));
        let high = self.facts.normal(&last.minus(&self.extreme(at, true)));
        low.is_at_least(0) && high.is_at_least(0)
    }

    /// The lowest or highest value of a position over the loops around it.
    pub(super) fn extreme(&self, at: &Size, highest: bool) -> Size {
        self.loops.iter().rev().fold(at.clone(), |at, one| {
            let end = if highest { &one.high } else { &one.low };
            at.substitute(&|symbol| (*symbol == one.index).then(|| end.clone()))
        })
    }

    /// A position given by ids: the ids' value, if they name entries of this axis.
    fn ids(&mut self, value: ValueId, axis: usize, position: &Expr, text: &str) -> Option<ValueId> {
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

    fn suggest_sum(&self, error: Diagnostic, name: &str) -> Diagnostic {
        match self.equation {
            Some((_, value)) => {
                let text = format!("sum({name}: {})", self.text(value.span));
                error.help(format!("`{text}`")).edit(value.span, text)
            }
            None => error,
        }
    }

    /// Takes the entries of `axis` that ids name.
    fn gather(&mut self, value: ValueId, axis: usize, ids: ValueId, span: Span) -> ValueId {
        let (ty, ids_ty) = (self.ty(value).clone(), self.ty(ids).clone());
        let mut others: Vec<usize> = (0..ty.rank()).filter(|&other| other != axis).collect();
        let in_index_form = !self.indices.is_empty();
        if others.is_empty() && ids_ty.rank() == 0 {
            return self.emit(
                Op::Pick,
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
            return self.emit(Op::Pick, vec![last, ids], Type { axes, kind: ty.kind }, span);
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
        let gathered = self.emit(Op::Embedding, vec![rows, ids], wide.clone(), span);
        let gathered = if wide == result {
            gathered
        } else {
            self.emit(Op::Reshape, vec![gathered], result, span)
        };
        self.sorted(gathered, span)
    }

    /// The value as a table of rows: the first axis, and all others as one.
    fn rows(&mut self, value: ValueId, span: Span) -> ValueId {
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
        self.emit(Op::Reshape, vec![value], ty, span)
    }

    fn index_place(&self, axis: &Axis) -> usize {
        let place = self.indices.iter().position(|index| *index.name == *axis.label);
        place.unwrap_or(self.indices.len())
    }

    /// In the index form, the axes in the order in which the indices were introduced.
    fn sorted(&mut self, value: ValueId, span: Span) -> ValueId {
        if self.indices.is_empty() {
            return value;
        }
        let axes = self.ty(value).axes.clone();
        let mut order: Vec<usize> = (0..axes.len()).collect();
        order.sort_by_key(|&axis| self.index_place(&axes[axis]));
        self.permute(value, &order, span)
    }
}
