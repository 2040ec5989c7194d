//! The derivatives of what takes entries by their place: parts of an axis, and rows and entries that ids name.

use super::products::{outer, rows, transposed};
use super::{Builder, Parts};
use crate::meaning::program::Operation;
use crate::meaning::size::Size;
use crate::meaning::types::{Axis, Kind, Type};

pub(super) fn concat(build: &mut Builder, axis: usize, operands: &[usize], g: usize, parts: &mut Parts) {
    let mut from = Size::number(1);
    for &operand in operands {
        let size = build.ty(operand).axes[axis].size.clone();
        let end = from.plus(&size).minus(&Size::number(1));
        if build.ty(operand).kind == Kind::Real {
            let part = build.slice(g, axis, from.clone(), end.clone());
            let axes = build.ty(operand).axes.clone();
            let part = build.relabel(part, axes);
            parts.push((operand, part));
        }
        from = end.plus(&Size::number(1));
    }
}

/// `g` at the positions `from` to `to` of an axis, and 0 at all others.
pub(in crate::derive) fn padded(
    build: &mut Builder,
    g: usize,
    whole: &Type,
    axis: usize,
    from: &Size,
    to: &Size,
) -> usize {
    let one = Size::number(1);
    let gap = |size: Size| {
        let mut axes = whole.axes.clone();
        axes[axis].size = size;
        axes
    };
    let before = from.minus(&one);
    let after = whole.axes[axis].size.minus(to);
    let is_nothing = |build: &Builder, size: &Size| build.normal(size) == Size::number(0);
    let mut parts = Vec::new();
    if !is_nothing(build, &before) {
        parts.push(build.zeros(gap(before)));
    }
    parts.push(g);
    if !is_nothing(build, &after) {
        parts.push(build.zeros(gap(after)));
    }
    if let [only] = parts.as_slice() {
        return *only;
    }
    let ty = Type {
        axes: whole.axes.clone(),
        kind: Kind::Real,
    };
    build.push(Operation::Concat(axis), parts, ty)
}

/// 1 where an id names the position, else 0: one more axis, along the things that are named.
pub(super) fn one_hot(build: &mut Builder, ids: usize, named: &Axis) -> usize {
    let mut whole = build.ty(ids).axes.clone();
    let places: Vec<usize> = (0..whole.len()).collect();
    whole.push(named.clone());
    let wide = build.expand(ids, &places, &whole);
    let positions_ty = Type {
        axes: vec![named.clone()],
        kind: Kind::Data,
    };
    let positions = build.push(Operation::Positions, Vec::new(), positions_ty);
    let [one, zero] = [1.0, 0.0].map(|value| build.number(value));
    let from_zero = build.binary("sub", positions, one);
    let difference = build.binary("sub", wide, from_zero);
    let mask = build.unary("abs", difference);
    build.choose(mask, zero, one)
}

/// `g_table[v] = Σ g` over all places whose id is `v`.
pub(super) fn embedding(build: &mut Builder, table: usize, ids: usize, g: usize) -> usize {
    let axes = build.ty(table).axes.clone();
    let hot = one_hot(build, ids, &axes[0]);
    if build.ty(ids).rank() == 0 {
        let product = outer(build, hot, g);
        return build.relabel(product, axes);
    }
    let (hot, g) = (rows(build, hot), rows(build, g));
    let flipped = transposed(build, hot);
    let sum = build.matmul(flipped, g, axes.clone());
    build.relabel(sum, axes)
}

/// `g` at the entry that was picked, and 0 at all others.
pub(super) fn pick(build: &mut Builder, a: usize, ids: usize, g: usize) -> usize {
    let axes = build.ty(a).axes.clone();
    let last = axes[axes.len() - 1].clone();
    let hot = one_hot(build, ids, &last);
    let places: Vec<usize> = (0..axes.len() - 1).collect();
    let wide = build.expand(g, &places, &axes);
    let product = build.mul(wide, hot);
    build.relabel(product, axes)
}
