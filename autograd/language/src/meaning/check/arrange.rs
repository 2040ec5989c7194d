//! Rearranging axes: split, merge, order, broadcast, and `as`, which renames.

use super::Checker;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::meaning::program::{Operation, ValueId};
use crate::meaning::size::Size;
use crate::meaning::types::{Axis, Kind, Type};
use crate::span::Span;
use crate::syntax::ast::{self, Expr, Ident, Shape};

impl Checker<'_> {
    /// `split(x, D => [h:H, dk])`.
    pub(super) fn split(&mut self, value: ValueId, from: &Ident, to: &Shape, span: Span) -> ValueId {
        let (Some(axis), Some(parts)) = (self.axis_named(value, from), self.axes(&to.axes, &[])) else {
            return self.unknown(span);
        };
        let mut ty = self.ty(value).clone();
        let product = product(&parts);
        if !self.same(&product, &ty.axes[axis].size) {
            let size = &ty.axes[axis].size;
            let mut error = Diagnostic::new(Code::E13, from.span, format!("{} is not {product}", from.name))
                .with(ty.axes[axis].origin, "this axis");
            if let [head, rest] = parts.as_slice()
                && let Some(name) = rest.size.as_symbol()
            {
                error = error.help(format!(
                    "declare `dim {name} = {size} / {}`, and choose {size} divisible by it",
                    head.size
                ));
            }
            return self.wrong(error);
        }
        ty.axes.splice(axis..=axis, parts);
        self.emit(Operation::Reshape, vec![value], ty, span)
    }

    /// `merge(x, [h, dk] => D)`.
    pub(super) fn merge(&mut self, value: ValueId, from: &Shape, to: &ast::Axis, span: Span) -> ValueId {
        let mut places = Vec::new();
        for axis in &from.axes {
            let name = match axis {
                ast::Axis::Size(Some(label), _) => Some(label.clone()),
                ast::Axis::Size(None, expr) => expr.as_name().map(|name| Ident {
                    name: name.to_string(),
                    span: expr.span,
                }),
                ast::Axis::Rest(_) => None,
            };
            let Some(name) = name else {
                let error = Diagnostic::new(Code::E13, from.span, "the axes to be merged are given by name");
                return self.wrong(error);
            };
            match self.axis_named(value, &name) {
                Some(place) => places.push(place),
                None => return self.unknown(span),
            }
        }
        let Some(merged) = self.axis(to) else {
            return self.unknown(span);
        };
        let mut ty = self.ty(value).clone();
        if places.windows(2).any(|pair| pair[1] != pair[0] + 1) {
            let text = format!("these axes are not neighbours in this order in {ty}");
            let error = Diagnostic::new(Code::E13, from.span, text).help("bring them together with `order` first");
            return self.wrong(error);
        }
        let product = product(&ty.axes[places[0]..=places[places.len() - 1]]);
        if !self.same(&product, &merged.size) {
            let text = format!("their product is {product}, not {}", merged.size);
            return self.wrong(Diagnostic::new(Code::E13, from.span, text));
        }
        ty.axes.splice(places[0]..=places[places.len() - 1], [merged]);
        self.emit(Operation::Reshape, vec![value], ty, span)
    }

    /// `order(x, a, b, c)`.
    pub(super) fn order(&mut self, value: ValueId, names: &[&Expr], span: Span) -> ValueId {
        let mut order = Vec::new();
        for expr in names {
            let Some(name) = expr.as_name() else {
                let error = Diagnostic::new(Code::E06, expr.span, "an axis is named here");
                return self.wrong(error);
            };
            let name = Ident {
                name: name.to_string(),
                span: expr.span,
            };
            match self.axis_named(value, &name) {
                Some(axis) => order.push(axis),
                None => return self.unknown(span),
            }
        }
        let ty = self.ty(value).clone();
        let mut sorted = order.clone();
        sorted.sort_unstable();
        if !sorted.iter().copied().eq(0..ty.rank()) {
            let error = Diagnostic::new(Code::E06, span, format!("each axis of {ty} has to be named once"));
            return self.wrong(error);
        }
        self.turn(value, &order, span)
    }

    /// `broadcast(x, to => [T, D])`.
    pub(super) fn broadcast(&mut self, value: ValueId, to: &Shape, span: Span) -> ValueId {
        let Some(axes) = self.axes(&to.axes, &[]) else {
            return self.unknown(span);
        };
        self.broadcast_to(value, axes, span)
    }

    pub(super) fn broadcast_to(&mut self, value: ValueId, axes: Vec<Axis>, span: Span) -> ValueId {
        let own = self.ty(value).clone();
        if own.axes == axes {
            return value;
        }
        let ty = Type { axes, kind: own.kind };
        let shape = self.new_value(ty.clone(), span);
        let Some((ready, base)) = self.align_by_first_names(&[value, shape], span) else {
            return self.unknown(span);
        };
        if base.len() != ty.axes.len() {
            let error = Diagnostic::new(
                Code::E02,
                span,
                format!("{} has axes that {ty} lacks", Type::real(own.axes)),
            );
            return self.wrong(error);
        }
        self.emit(Operation::Broadcast, vec![ready[0]], ty, span)
    }

    /// `x as [q:T, dk]`: asserts sizes, renames axes.
    pub(super) fn rename(&mut self, value: ValueId, shape: &Shape) -> ValueId {
        let rest: Vec<Axis> = Vec::new();
        let Some(axes) = self.axes(&shape.axes, &rest) else {
            return self.unknown(shape.span);
        };
        let ty = self.ty(value).clone();
        if ty.is_unknown() {
            return value;
        }
        if axes.len() != ty.rank() {
            let text = format!("this names {} axes, the value has {}: {ty}", axes.len(), ty.rank());
            return self.wrong(Diagnostic::new(Code::E15, shape.span, text));
        }
        for (new, old) in axes.iter().zip(&ty.axes) {
            if !self.same(&new.size, &old.size) {
                let text = format!("this axis is {}, not {}", old.size, new.size);
                let error = Diagnostic::new(Code::E15, new.origin, text)
                    .with(old.origin, "it comes from here")
                    .help("`as` may rename an axis, never resize it");
                return self.wrong(error);
            }
        }
        let ty = Type { axes, kind: ty.kind };
        let span = self.program.values[value].span;
        self.relabel(value, ty, span)
    }

    pub(super) fn relabel(&mut self, value: ValueId, ty: Type, span: Span) -> ValueId {
        if *self.ty(value) == ty {
            return value;
        }
        self.emit(Operation::Relabel, vec![value], ty, span)
    }

    /// `concat(a, b, over k)`.
    pub(super) fn concat(&mut self, values: &[ValueId], over: Option<&[Ident]>, span: Span) -> ValueId {
        if self.any_unknown(values) {
            return self.unknown(span);
        }
        let values = self.joined_by_second_names(values);
        let values = values.as_slice();
        let Some(axes) = self.axes_over("concat", values[0], over) else {
            return self.unknown(span);
        };
        let &[axis] = axes.as_slice() else {
            return self.wrong(Diagnostic::new(
                Code::E04,
                span,
                "arrays are put behind each other along one axis",
            ));
        };
        let mut ty = self.ty(values[0]).clone();
        let mut total = ty.axes[axis].size.clone();
        for &value in &values[1..] {
            let own = self.ty(value).clone();
            let fits = own.rank() == ty.rank()
                && (0..ty.rank()).all(|i| {
                    own.axes[i].label == ty.axes[i].label
                        && (i == axis || self.same(&own.axes[i].size, &ty.axes[i].size))
                });
            if !fits {
                let place = self.place(value);
                let error = Diagnostic::new(Code::E02, place, format!("this is {own}"))
                    .with(self.place(values[0]), format!("this is {ty}"))
                    .help("the parts have the same axes, but for the size of the one that they are joined along; `as` names axes anew");
                return self.wrong(error);
            }
            total = total.plus(&own.axes[axis].size);
        }
        // The axis keeps its name, and is called by its new size as well.
        let own = Axis {
            size: total,
            ..ty.axes[axis].clone()
        };
        let name = own.label.clone();
        ty.axes[axis] = own.made_by(&name);
        if let Some(index) = &mut ty.axes[axis].index {
            index.in_place = false;
        }
        let same_ids = values.iter().all(|&value| match (&ty.kind, &self.ty(value).kind) {
            (Kind::Id(of), Kind::Id(other)) => self.same(of, other),
            _ => false,
        });
        if !same_ids {
            if !self.takes_no_ids("concat", values, span) {
                return self.unknown(span);
            }
            ty.kind = self.joined_kind(values);
        }
        self.emit(Operation::Concat(axis), values.to_vec(), ty, span)
    }
}

fn product(axes: &[Axis]) -> Size {
    axes.iter()
        .fold(Size::number(1), |product, axis| product.times(&axis.size))
}
