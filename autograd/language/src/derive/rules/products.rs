//! The derivative of the matrix product, for vectors, matrices and stacks of matrices.

use super::{Builder, summed_to};
use crate::meaning::program::Operation;
use crate::meaning::size::Size;
use crate::meaning::types::Axis;
use crate::span::Span;

/// The array `[.., rows, columns]` with its last two axes swapped.
pub(super) fn transposed(build: &mut Builder, a: usize) -> usize {
    let rank = build.ty(a).rank();
    let mut order: Vec<usize> = (0..rank).collect();
    order.swap(rank - 2, rank - 1);
    build.permute(a, &order)
}

/// `u[..] v[..]` for every pair: the axes of `u`, then those of `v`.
pub(super) fn outer(build: &mut Builder, u: usize, v: usize) -> usize {
    let (u_axes, v_axes) = (build.ty(u).axes.clone(), build.ty(v).axes.clone());
    let places: Vec<usize> = (0..u_axes.len()).collect();
    let whole: Vec<Axis> = u_axes.into_iter().chain(v_axes).collect();
    let wide = build.expand(u, &places, &whole);
    build.mul(wide, v)
}

/// `g_a` of `c = a @ b`.
pub(super) fn matmul_left(build: &mut Builder, [a, b]: [usize; 2], g: usize) -> usize {
    let axes = build.ty(a).axes.clone();
    let result = match (axes.len(), build.ty(b).rank()) {
        (1, 1) => build.mul(g, b),
        (_, 1) => outer(build, g, b),
        (1, _) => {
            let rest: Vec<Axis> = build.ty(b).axes[..1].to_vec();
            build.matmul(b, g, rest)
        }
        _ => {
            let flipped = transposed(build, b);
            build.matmul(g, flipped, axes.clone())
        }
    };
    build.relabel(result, axes)
}

/// `g_b` of `c = a @ b`.
pub(super) fn matmul_right(build: &mut Builder, [a, b]: [usize; 2], g: usize) -> usize {
    let axes = build.ty(b).axes.clone();
    let rank = build.ty(a).rank();
    let result = match (rank, axes.len()) {
        (1, 1) => build.mul(g, a),
        (1, _) => outer(build, a, g),
        (_, 1) => {
            let (rows, flat_g) = (rows(build, a), flat(build, g));
            build.matmul(flat_g, rows, axes.clone())
        }
        (rank, 2) if rank > 2 => {
            let (rows, g_rows) = (rows(build, a), rows(build, g));
            let flipped = transposed(build, rows);
            build.matmul(flipped, g_rows, axes.clone())
        }
        _ => {
            let flipped = transposed(build, a);
            build.matmul(flipped, g, axes.clone())
        }
    };
    build.relabel(result, axes)
}

/// `g_a` of `c = a @ b` where the stacks have other sizes: the sum over the products that a matrix of `a` stands in.
pub(super) fn repeated_left(build: &mut Builder, [a, b]: [usize; 2], g: usize) -> usize {
    let (row, g) = as_rows(build, a, g);
    let flipped = transposed(build, b);
    let part = stacked(build, [g, flipped], g);
    let part = back_to(build, part, row);
    let axes = build.ty(a).axes.clone();
    build.reshape(part, axes)
}

/// `g_b` of `c = a @ b` where the stacks have other sizes.
pub(super) fn repeated_right(build: &mut Builder, [a, b]: [usize; 2], g: usize) -> usize {
    let (row, g) = as_rows(build, a, g);
    let flipped = transposed(build, row);
    let part = stacked(build, [flipped, g], g);
    back_to(build, part, b)
}

/// A left operand that is a vector as one row, and the result's gradient with the axis of that row.
fn as_rows(build: &mut Builder, a: usize, g: usize) -> (usize, usize) {
    if build.ty(a).rank() > 1 {
        return (a, g);
    }
    let with_row = |build: &mut Builder, line: usize, place: usize| {
        let mut axes = build.ty(line).axes.clone();
        axes.insert(place, Axis::new("1", Size::number(1), Span::default()));
        build.reshape(line, axes)
    };
    let place = build.ty(g).rank() - 1;
    (with_row(build, a, 0), with_row(build, g, place))
}

/// The product of two stacks of matrices; the result has the stack of `like`.
fn stacked(build: &mut Builder, [a, b]: [usize; 2], like: usize) -> usize {
    let stack = |build: &Builder, line: usize| build.ty(line).axes[..build.ty(line).rank() - 2].to_vec();
    let (rows, columns) = (build.ty(a).axes.iter().nth_back(1), build.ty(b).axes.last());
    let axes = stack(build, like)
        .into_iter()
        .chain(rows.cloned())
        .chain(columns.cloned())
        .collect();
    let op = if stack(build, a) == stack(build, b) {
        Operation::Matmul
    } else {
        Operation::Engine("matmul".to_string(), Vec::new())
    };
    let ty = build.joined_kind(a, b, axes);
    build.push(op, vec![a, b], ty)
}

/// The sum over the axes along which an operand was repeated.
fn back_to(build: &mut Builder, part: usize, operand: usize) -> usize {
    let axes = build.ty(operand).axes.clone();
    let rank = build.ty(part).rank();
    let kept: Vec<usize> = (rank - axes.len()..rank).collect();
    summed_to(build, part, &kept, axes)
}

/// All axes but the last as one.
pub(super) fn rows(build: &mut Builder, a: usize) -> usize {
    let axes = build.ty(a).axes.clone();
    let (last, others) = axes.split_last().expect("an operand of a product has an axis");
    if others.len() == 1 {
        return a;
    }
    let all = others.iter().fold(Size::number(1), |all, axis| all.times(&axis.size));
    build.reshape(a, vec![Axis::new("rows", all, Span::default()), last.clone()])
}

/// All axes as one.
pub(super) fn flat(build: &mut Builder, a: usize) -> usize {
    let axes = build.ty(a).axes.clone();
    if axes.len() == 1 {
        return a;
    }
    let all = axes.iter().fold(Size::number(1), |all, axis| all.times(&axis.size));
    build.reshape(a, vec![Axis::new("rows", all, Span::default())])
}
