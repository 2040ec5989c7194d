//! Brackets behind a value: `x[t]`, `E[w]`, `y[t, next[t]]`, and `alpha[j, i]` in the index form.

use super::places::RunningPlace;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::meaning::check::Checker;
use crate::meaning::check::names::Binding;
use crate::meaning::program::{Operation, ValueId};
use crate::meaning::size::Size;
use crate::meaning::types::Axis;
use crate::span::Span;
use crate::syntax::ast::{self, Binary, Expr, ExprKind, Ident};

impl Checker<'_> {
    pub(in crate::meaning::check) fn index(&mut self, of: &Expr, positions: &[Expr], span: Span) -> ValueId {
        if let Some(name) = of.as_name()
            && self.lookup(name).is_none()
            && self.plans.iter().flatten().any(|(planned, _)| planned == name)
        {
            match self.other_branch.clone() {
                // In the first round the other branch is taken, so it says what the values of the row are.
                Some(ty) => {
                    let name = Ident {
                        name: name.to_string(),
                        span: of.span,
                    };
                    self.new_row(&name, ty);
                }
                None => {
                    let at = positions
                        .iter()
                        .map_while(|position| self.as_size(position))
                        .collect::<Vec<Size>>();
                    if !at.is_empty() {
                        return self.never_set(name, &at, &[], span);
                    }
                }
            }
        }
        if let Some(name) = of.as_name()
            && self.lookup(name).is_none()
            && let Some(filled) = filling(name)
        {
            return self.filled(filled, positions, span);
        }
        let (value, used, first) = match self.family_of(of) {
            Some(family) => self.taken_from(family, positions, span),
            None => (self.in_tensor_form(|c| c.expr(of)), 0, Vec::new()),
        };
        let text = self.text(of.span);
        self.at_positions(value, &positions[used..], &first, &text, span)
    }

    /// `zeros[M, D]` and `ones[M, D]`.
    fn filled(&mut self, value: f64, sizes: &[Expr], span: Span) -> ValueId {
        let axes = sizes.iter().map(|size| ast::Axis::Size(None, size.clone()));
        let Some(axes) = self.axes(&axes.collect::<Vec<_>>(), &[]) else {
            return self.unknown(span);
        };
        if !self.indices.is_empty() {
            let error = Diagnostic::new(
                Code::E18,
                span,
                "this is a whole array, and here each axis needs an index",
            );
            return self.wrong(error.help(format!("write the number {value}")));
        }
        let number = self.number(value, span);
        self.broadcast_to(number, axes, span)
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

    /// The entries of a value at these positions; `first` says where its leading axes begin, if not at 1.
    pub(in crate::meaning::check) fn at_positions(
        &mut self,
        value: ValueId,
        positions: &[Expr],
        first: &[Size],
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
        let found = self.taken(value, positions, first, text, span);
        found.unwrap_or_else(|| self.unknown(span))
    }

    fn taken(&mut self, value: ValueId, positions: &[Expr], first: &[Size], text: &str, span: Span) -> Option<ValueId> {
        let (mut value, mut axis) = (value, 0);
        let (mut running, mut ids) = (Vec::new(), Vec::new());
        let one = Size::number(1);
        for (i, position) in positions.iter().enumerate() {
            let before = first.get(i).unwrap_or(&one).minus(&one);
            if let ExprKind::Range(from, to) = &position.kind {
                let [from, to] = [self.size(from)?, self.size(to)?].map(|end| end.minus(&before));
                value = self.range(value, axis, [from, to], text, position.span)?;
                axis += 1;
                continue;
            }
            match self.place_of(position).map(|at| at.minus(&before)) {
                Some(at) if self.runs(&at) => {
                    running.push(RunningPlace {
                        axis,
                        at,
                        span: position.span,
                    });
                    axis += 1;
                }
                Some(at) => value = self.select(value, axis, at, text, position.span)?,
                None => {
                    ids.push((axis, self.ids(value, axis, position, text)?));
                    axis += 1;
                }
            }
        }
        if running.is_empty() {
            return self.at_ids(value, &ids, span);
        }
        let (value, rest) = self.at_running(value, &running, text)?;
        let ids: Vec<_> = rest.into_iter().zip(ids).map(|(axis, (_, ids))| (axis, ids)).collect();
        self.at_ids(value, &ids, span)
    }

    /// `x[2..T]`: a part of an axis, which is named by its size unless it has a name of its own.
    fn range(&mut self, value: ValueId, axis: usize, [from, to]: [Size; 2], text: &str, span: Span) -> Option<ValueId> {
        if !self.indices.is_empty() {
            let error = Diagnostic::new(
                Code::E18,
                span,
                "this is a part of an axis, and here each axis needs an index",
            );
            self.report(error.help("write `sum(i = 2..N: x[i])`, or cut the part out on a line before"));
            return None;
        }
        let mut ty = self.ty(value).clone();
        let own = ty.axes[axis].clone();
        let one = Size::number(1);
        let size = self.facts.normal(&to.minus(&from).plus(&one));
        if !self.never_negative(&from.minus(&one)) {
            self.outside(&from, &own.size, text, span);
            return None;
        }
        if !self.never_negative(&own.size.minus(&to)) {
            self.outside(&to, &own.size, text, span);
            return None;
        }
        if !self.never_negative(&size) {
            let why = format!("{from} to {to} may be less than no positions");
            self.report(
                Diagnostic::new(Code::E19, span, why).help(format!("`require {to} >= {from}` before this line")),
            );
            return None;
        }
        if from == one && self.same(&to, &own.size) {
            return Some(value);
        }
        let is_named_by_size = *own.label == *own.size.to_string() || own.label == self.size_label(&own.size);
        ty.axes[axis] = Axis {
            label: if is_named_by_size {
                self.size_label(&size)
            } else {
                own.label
            },
            size,
            origin: span,
            index: own.index,
        };
        Some(self.emit(Operation::Slice(axis, from, to), vec![value], ty, span))
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
            self.outside(&at, &own.size, text, span);
            return None;
        }
        Some(self.emit(Operation::Select(axis, at), vec![value], ty, span))
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

/// The number that an array of this name is filled with.
fn filling(name: &str) -> Option<f64> {
    match name {
        "zeros" => Some(0.0),
        "ones" => Some(1.0),
        _ => None,
    }
}
