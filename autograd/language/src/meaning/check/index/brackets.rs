//! Brackets behind a value: `x[t]`, `E[w]`, `y[t, next[t]]`, and `alpha[j, i]` in the index form.

use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::meaning::check::Checker;
use crate::meaning::check::names::Binding;
use crate::meaning::program::{Operation, ValueId};
use crate::meaning::size::Size;
use crate::meaning::types::Axis;
use crate::syntax::ast::{Binary, Expr, ExprKind};
use crate::syntax::span::Span;

impl Checker<'_> {
    pub(in crate::meaning::check) fn index(&mut self, of: &Expr, positions: &[Expr], span: Span) -> ValueId {
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

    pub(in crate::meaning::check) fn family_of(&self, of: &Expr) -> Option<usize> {
        match self.lookup(of.as_name()?)? {
            Binding::Family(family) => Some(*family),
            _ => None,
        }
    }

    /// Runs a check outside of the index form, in which axes are read as a whole.
    pub(in crate::meaning::check) fn in_tensor_form<R>(&mut self, check: impl FnOnce(&mut Self) -> R) -> R {
        let indices = std::mem::take(&mut self.indices);
        let result = check(self);
        self.indices = indices;
        result
    }

    pub(in crate::meaning::check) fn at_positions(
        &mut self,
        value: ValueId,
        positions: &[Expr],
        text: &str,
        span: Span,
    ) -> ValueId {
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
            )
            .help(format!("write {} indices, one for each axis", ty.rank()));
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
    pub(in crate::meaning::check) fn by_index(
        &mut self,
        value: ValueId,
        axis: usize,
        place: usize,
        at: Span,
    ) -> Option<ValueId> {
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

    pub(in crate::meaning::check) fn select(
        &mut self,
        value: ValueId,
        axis: usize,
        at: Size,
        text: &str,
        span: Span,
    ) -> Option<ValueId> {
        let mut ty = self.ty(value).clone();
        let own = ty.axes.remove(axis);
        if !self.lies_within(&at, &Size::number(1), &own.size) {
            let error = self.no_position(&at, &own.size, text, span);
            self.report(error);
            return None;
        }
        Some(self.emit(Operation::Select(axis, at), vec![value], ty, span))
    }

    /// E19: a position before the first or behind the last.
    fn no_position(&self, at: &Size, last: &Size, text: &str, span: Span) -> Diagnostic {
        let error = Diagnostic::new(Code::E19, span, format!("{text} has positions 1 to {last}"));
        let from_zero = self
            .loops
            .iter()
            .find(|one| at.symbols().contains(&one.index) && one.low.as_number() == Some(0));
        match at.as_number() {
            Some(0) => error.help("the first one is at 1; only a recurrence has a 0th value, its start"),
            Some(number) if number < 0 => error
                .help(format!(
                    "positions are not counted from the end; the last one is `{text}[{last}]`"
                ))
                .edit(span, last.to_string()),
            Some(_) => error.help(format!(
                "if there are always as many, state it: `require {last} >= {at}`"
            )),
            None if from_zero.is_some() => error.help(format!(
                "positions count from 1: `for {} = 1..T`",
                from_zero.map_or("t", |one| &*one.index)
            )),
            None => {
                let (low, high) = (self.extreme(at, false), self.extreme(at, true));
                error.help(format!("here the position runs from {low} to {high}"))
            }
        }
    }

    /// True if a position lies between two others whatever the loops and sizes are.
    pub(in crate::meaning::check) fn lies_within(&self, at: &Size, first: &Size, last: &Size) -> bool {
        let low = self.facts.normal(&self.extreme(at, false).minus(first));
        let high = self.facts.normal(&last.minus(&self.extreme(at, true)));
        low.is_at_least(0) && high.is_at_least(0)
    }

    /// The lowest or highest value of a position over the loops around it.
    pub(in crate::meaning::check) fn extreme(&self, at: &Size, highest: bool) -> Size {
        self.loops.iter().rev().fold(at.clone(), |at, one| {
            let end = if highest { &one.high } else { &one.low };
            at.substitute(&|symbol| (*symbol == one.index).then(|| end.clone()))
        })
    }

    /// Help for an index that is not summed. Only a product of two values along it has the sum as its usual meaning.
    pub(in crate::meaning::check) fn suggest_sum(&self, error: Diagnostic, name: &str) -> Diagnostic {
        let Some((_, value)) = self.equation else {
            return error;
        };
        let text = format!("sum({name}: {})", self.text(value.span));
        let mut factors = Vec::new();
        factors_of(value, &mut factors);
        let along = |factor: &&&Expr| matches!(&factor.kind, ExprKind::Index(_, at) if at.iter().any(|at| at.as_name() == Some(name)));
        let error = error.help(format!("`{text}`"));
        if factors.iter().filter(along).count() >= 2 {
            error.edit(value.span, text)
        } else {
            error
        }
    }

    pub(in crate::meaning::check) fn index_place(&self, axis: &Axis) -> usize {
        let place = self.indices.iter().position(|index| *index.name == *axis.label);
        place.unwrap_or(self.indices.len())
    }

    /// In the index form, the axes in the order in which the indices were introduced.
    pub(in crate::meaning::check) fn sorted(&mut self, value: ValueId, span: Span) -> ValueId {
        if self.indices.is_empty() {
            return value;
        }
        let axes = self.ty(value).axes.clone();
        let mut order: Vec<usize> = (0..axes.len()).collect();
        order.sort_by_key(|&axis| self.index_place(&axes[axis]));
        self.permute(value, &order, span)
    }
}

/// The factors of a product.
fn factors_of<'e>(expr: &'e Expr, factors: &mut Vec<&'e Expr>) {
    match &expr.kind {
        ExprKind::Binary(Binary::Mul, left, right) => {
            factors_of(left, factors);
            factors_of(right, factors);
        }
        _ => factors.push(expr),
    }
}
