//! The derivative of the matrix product, for vectors, matrices and stacks of matrices.

use super::Builder;
use crate::language::size::Size;
use crate::language::span::Span;
use crate::language::types::Axis;

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
