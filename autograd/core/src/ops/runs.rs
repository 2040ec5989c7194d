//! Broadcasting as runs: stretches of the result along which an operand either advances or stands still.
//!
//! Operands broadcast as in NumPy: axes are aligned at the end, and an axis of size 1 is repeated. Neighbouring axes
//! that every operand passes through as through one are merged, so the common cases become long plain loops: equal
//! shapes are one run, `[B, T, C]` with `[C]` is `B · T` runs of length `C`, and a single number with anything is one
//! run. A reduction is the same walk read the other way: its result, with the reduced axes at size 1, broadcasts to its
//! operand.

use std::array;

use crate::shape::{RANK_MAX, Shape};

/// A stretch of neighbouring entries of the result, and the entries of the operands that belong to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run<const N: usize> {
    /// Where the run begins in the result.
    pub start: usize,
    /// The number of entries of the result.
    pub len: usize,
    /// Where the run begins in each operand.
    pub from: [usize; N],
    /// For each operand 1 if it advances with the result, or 0 if one entry of it serves the whole run.
    pub steps: [usize; N],
}

impl<const N: usize> Run<N> {
    /// The entries of the result in this run.
    pub fn result<'a, T>(&self, y: &'a [T]) -> &'a [T] {
        &y[self.start..][..self.len]
    }

    /// The same, to be written.
    pub fn result_mut<'a, T>(&self, y: &'a mut [T]) -> &'a mut [T] {
        &mut y[self.start..][..self.len]
    }

    /// The entries of the operand at `n` in this run: as many as of the result, or one.
    pub fn operand<'a, T>(&self, n: usize, x: &'a [T]) -> &'a [T] {
        &x[self.from[n]..][..self.span(n)]
    }

    /// The same, to be written.
    pub fn operand_mut<'a, T>(&self, n: usize, x: &'a mut [T]) -> &'a mut [T] {
        &mut x[self.from[n]..][..self.span(n)]
    }

    fn span(&self, n: usize) -> usize {
        if self.steps[n] == 0 { 1 } else { self.len }
    }
}

/// An axis of the result, or several that are passed through as one.
#[derive(Clone, Copy)]
struct MergedAxis<const N: usize> {
    size: usize,
    /// How far apart its neighbours are in each operand; 0 where the operand is repeated.
    strides: [usize; N],
}

/// Calls `visit` for each run of a result that `operands` broadcast to, in the order of memory.
pub fn each_run<const N: usize>(operands: [Shape; N], result: Shape, mut visit: impl FnMut(Run<N>)) {
    if operands.iter().all(|&operand| operand == result) {
        let len = result.len();
        let step = usize::from(len > 1);
        if len > 0 {
            visit(Run {
                start: 0,
                len,
                from: [0; N],
                steps: [step; N],
            });
        }
        return;
    }
    if result.is_empty() {
        return;
    }
    let (axes, rank) = merged_axes(operands, result);
    let (inner, outer) = (axes[0], &axes[1..rank.max(1)]);
    let mut index = [0usize; RANK_MAX];
    let mut from = [0usize; N];
    for start in (0..result.len()).step_by(inner.size) {
        visit(Run {
            start,
            len: inner.size,
            from,
            steps: inner.strides,
        });
        // One run further: the outer axes count up like an odometer.
        for (axis, index) in outer.iter().zip(&mut index) {
            *index += 1;
            from = array::from_fn(|n| from[n] + axis.strides[n]);
            if *index < axis.size {
                break;
            }
            from = array::from_fn(|n| from[n] - axis.size * axis.strides[n]);
            *index = 0;
        }
    }
}

/// The axes of `result`, innermost first and merged where all operands allow it, and how many there are.
///
/// The innermost stride of an operand is 1 or 0, because operands have no gaps.
fn merged_axes<const N: usize>(operands: [Shape; N], result: Shape) -> ([MergedAxis<N>; RANK_MAX], usize) {
    let strides = operands.map(|operand| broadcast_strides(operand, result));
    let single = MergedAxis {
        size: 1,
        strides: [0; N],
    };
    let mut axes = [single; RANK_MAX];
    let mut rank = 0;
    for axis in (0..result.rank()).rev().filter(|&axis| result.size(axis) != 1) {
        let (size, strides) = (result.size(axis), array::from_fn(|n| strides[n][axis]));
        let joins = |inner: MergedAxis<N>| (0..N).all(|n| strides[n] == inner.size * inner.strides[n]);
        if rank > 0 && joins(axes[rank - 1]) {
            axes[rank - 1].size *= size;
        } else {
            axes[rank] = MergedAxis { size, strides };
            rank += 1;
        }
    }
    (axes, rank)
}

/// The step in `operand`'s memory along each axis of `result`; 0 where the operand is repeated.
fn broadcast_strides(operand: Shape, result: Shape) -> [usize; RANK_MAX] {
    let own = operand.strides();
    let missing = result.rank() - operand.rank();
    array::from_fn(|axis| match axis.checked_sub(missing) {
        Some(own_axis) if own_axis < operand.rank() && operand.size(own_axis) != 1 => own[own_axis],
        _ => 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs<const N: usize>(operands: [&[usize]; N], result: &[usize]) -> Vec<(usize, usize, [usize; N], [usize; N])> {
        let mut seen = Vec::new();
        each_run(operands.map(Shape::new), Shape::new(result), |run| {
            seen.push((run.start, run.len, run.from, run.steps));
        });
        seen
    }

    #[test]
    fn equal_shapes_are_one_run() {
        assert_eq!(runs([&[2, 3, 4], &[2, 3, 4]], &[2, 3, 4]), [(0, 24, [0, 0], [1, 1])]);
        assert_eq!(runs([&[1, 5], &[5]], &[1, 5]), [(0, 5, [0, 0], [1, 1])]);
        assert_eq!(runs([&[1, 1], &[1, 1]], &[1, 1]), [(0, 1, [0, 0], [0, 0])]);
    }

    #[test]
    fn a_single_number_with_anything_is_one_run() {
        assert_eq!(runs([&[2, 3], &[]], &[2, 3]), [(0, 6, [0, 0], [1, 0])]);
        assert_eq!(runs([&[1, 1], &[2, 3]], &[2, 3]), [(0, 6, [0, 0], [0, 1])]);
        assert_eq!(runs([&[], &[]], &[]), [(0, 1, [0, 0], [0, 0])]);
    }

    #[test]
    fn a_bias_over_the_last_axis_is_one_run_for_each_row() {
        let steps = [1, 1];
        let rows: Vec<_> = (0..4).map(|row| (3 * row, 3, [3 * row, 0], steps)).collect();
        assert_eq!(runs([&[2, 2, 3], &[3]], &[2, 2, 3]), rows);
    }

    #[test]
    fn a_column_with_a_row_repeats_one_of_them_in_each_run() {
        assert_eq!(
            runs([&[2, 1], &[3]], &[2, 3]),
            [(0, 3, [0, 0], [0, 1]), (3, 3, [1, 0], [0, 1])]
        );
    }

    #[test]
    fn an_empty_result_has_no_runs() {
        assert_eq!(runs([&[0, 3], &[1, 3]], &[0, 3]), []);
    }
}
