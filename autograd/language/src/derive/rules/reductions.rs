//! Two derivatives that the grammar says only of single entries, `g_a[i]`, for whole arrays.

use super::Builder;
use crate::meaning::program::Operation;
use crate::meaning::size::Size;
use crate::meaning::types::{Axis, Kind, Type};
use crate::span::Span;

/// `g_a[i] = g_y * prod(j: if j == i then 1 else a[j])`: each entry gets the product of the others.
///
/// The entries stand `n` times under themselves, with ones along the diagonal; so an entry that is 0 is no exception.
pub(super) fn prod(build: &mut Builder, axes: &[usize], a: usize, g: usize) -> usize {
    let whole = build.ty(a).axes.clone();
    let kept: Vec<usize> = (0..whole.len()).filter(|axis| !axes.contains(axis)).collect();
    let order: Vec<usize> = kept.iter().chain(axes).copied().collect();
    let last = build.permute(a, &order);
    let together = axes
        .iter()
        .fold(Size::number(1), |all, &axis| all.times(&whole[axis].size));
    let [one, other] = ["one", "other"].map(|label| Axis::new(label, together.clone(), Span::default()));
    let kept_axes: Vec<Axis> = kept.iter().map(|&axis| whole[axis].clone()).collect();
    let with = |more: &[&Axis]| {
        kept_axes
            .iter()
            .chain(more.iter().copied())
            .cloned()
            .collect::<Vec<Axis>>()
    };

    let entries = build.reshape(last, with(&[&other]));
    let square = with(&[&one, &other]);
    let places: Vec<usize> = (0..kept.len()).chain([kept.len() + 1]).collect();
    let table = build.expand(entries, &places, &square);
    let same = is_diagonal(build, &one, &other);
    let ones = build.number(1.0);
    let off_diagonal = build.choose(same, table, ones);
    let others = build.reduce("prod", off_diagonal, vec![kept.len() + 1]);

    let apart: Vec<Axis> = order.iter().map(|&axis| whole[axis].clone()).collect();
    let others = build.reshape(others, apart);
    let mut back = vec![0; order.len()];
    order.iter().enumerate().for_each(|(to, &from)| back[from] = to);
    let others = build.permute(others, &back);
    let wide = build.expand(g, &kept, &whole);
    build.mul(wide, others)
}

/// 0 where two positions are equal, else something: `abs(i - j)`.
fn is_diagonal(build: &mut Builder, one: &Axis, other: &Axis) -> usize {
    let positions = |build: &mut Builder, axis: &Axis| {
        let axes = vec![axis.clone()];
        let kind = Kind::Data;
        build.push(Operation::Positions, Vec::new(), Type { axes, kind })
    };
    let (i, j) = (positions(build, one), positions(build, other));
    let i = build.expand(i, &[0], &[one.clone(), other.clone()]);
    let difference = build.binary("sub", i, j);
    build.unary("abs", difference)
}

/// `g_x[s] = sum(t: if s <= t then g_y[t] else 0)`: the sum of all, without those before.
pub(super) fn cumsum(build: &mut Builder, axis: usize, y: usize, g: usize) -> usize {
    let whole = build.ty(y).axes.clone();
    let places: Vec<usize> = (0..whole.len()).filter(|&place| place != axis).collect();
    let ty = build.ty(g).clone();
    let before = build.push(Operation::Along("cumsum", axis), vec![g], ty);
    let sum = build.reduce("sum", g, vec![axis]);
    let wide = build.expand(sum, &places, &whole);
    let rest = build.binary("sub", wide, before);
    build.binary("add", rest, g)
}
