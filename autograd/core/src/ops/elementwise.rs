//! What all elementwise ops share: the broadcasting of two operands, and the sum over what was broadcast.
//!
//! Operands broadcast as in NumPy: axes are aligned at the end, an axis of size 1 is repeated. An entry that is used
//! several times collects a contribution from each use, so its gradient is the sum over the repeated axis.

use super::runs::{Run, each_run};
use crate::kernels::by_parts;
use crate::numbers::Real;
use crate::op::{Inputs, Op, Saved, ValueError};
use crate::shape::Shape;

/// An elementwise op as what it does to one entry, for the loops over arrays and for the instructions of a plan.
///
/// An op with one operand does not look at `b`.
pub trait Entrywise: Op {
    /// `z = f(a, b)`.
    fn entry<T: Real>(a: T, b: T) -> T;

    /// What an entry of the result contributes to the gradients of its operands.
    fn contribution<T: Real>(a: T, b: T, z: T, g_z: T) -> [T; 2];
}

/// An error that names the first entry of the first operand for which `exists` is false; a NaN passes as it is.
pub fn admit_each<T: Real>(x: Inputs<'_, T>, exists: impl Fn(T) -> bool, rule: &str) -> Result<(), ValueError> {
    match x[0].iter().position(|&a| !exists(a) && !a.is_nan()) {
        Some(i) => Err(ValueError::new(format!(
            "{rule}; entry {} of a is {}",
            place(x.shape(0), i),
            x[0][i].to_f64()
        ))),
        None => Ok(()),
    }
}

/// The position of entry `i` in memory as one index for each axis: entry 5 of `[2, 3]` is `[1, 2]`.
pub fn place(x: Shape, i: usize) -> Shape {
    (0..x.rank()).map(|axis| i / x.strides()[axis] % x.size(axis)).collect()
}

/// `z = f(a, b)` for each entry of the common shape `[a, b] → z`; large arrays of one shape on all threads.
pub fn zip<T: Real>(x: Inputs<'_, T>, z: &mut [T], f: impl Fn(T, T) -> T + Sync) {
    let (a, b) = (&x[0], &x[1]);
    if x.shape(0) == x.shape(1) {
        return by_parts(z, |first, z| {
            let (a, b) = (&a[first..][..z.len()], &b[first..][..z.len()]);
            z.iter_mut().zip(a).zip(b).for_each(|((z, &a), &b)| *z = f(a, b));
        });
    }
    let z_shape = Shape::broadcast(x.shape(0), x.shape(1)).expect("the shape rule has accepted the operands");
    each_run([x.shape(0), x.shape(1)], z_shape, |run| {
        let (a, b, z) = (run.operand(0, a), run.operand(1, b), run.result_mut(z));
        match run.steps {
            [1, 1] => z.iter_mut().zip(a).zip(b).for_each(|((z, &a), &b)| *z = f(a, b)),
            [1, _] => z.iter_mut().zip(a).for_each(|(z, &a)| *z = f(a, b[0])),
            [_, 1] => z.iter_mut().zip(b).for_each(|(z, &b)| *z = f(a[0], b)),
            _ => z.fill(f(a[0], b[0])),
        }
    });
}

/// `g = Σ f(a, b, z, g_z)` over all entries of `z` that used the entry of the operand; overwrites `g`.
///
/// `f` is the contribution of one entry of the result to operand 0 or 1 of the op, whichever `operand` says. What the
/// op does not keep may be gone; `f` gets any number for it.
pub fn contributions<T: Real>(
    operand: usize,
    at: &Saved<'_, T>,
    g_z: &[T],
    g: &mut [T],
    f: impl Fn(T, T, T, T) -> T + Sync,
) {
    let shapes = [at.x.shape(0), at.x.shape(1)];
    if shapes[0] == shapes[1] {
        return contributions_of_equals(at, g_z, g, f);
    }
    if is_row(shapes[operand], at.y_shape) && shapes[1 - operand] == at.y_shape {
        return contributions_of_rows(operand, at, g_z, g, f);
    }
    if !used_once(operand, at) {
        g.fill(T::ZERO);
    }
    each_run(shapes, at.y_shape, |run| match run.steps {
        [1, 1] => add_run::<T, 1, 1>(operand, run, at, g_z, g, &f),
        [1, _] => add_run::<T, 1, 0>(operand, run, at, g_z, g, &f),
        [_, 1] => add_run::<T, 0, 1>(operand, run, at, g_z, g, &f),
        _ => add_run::<T, 0, 0>(operand, run, at, g_z, g, &f),
    });
}

/// The contributions where nothing is broadcast, so that nothing is summed; of large arrays on all threads.
fn contributions_of_equals<T: Real>(at: &Saved<'_, T>, g_z: &[T], g: &mut [T], f: impl Fn(T, T, T, T) -> T + Sync) {
    // The upstream gradient stands in for what is gone: it has the length, and nobody reads it in that place.
    let kept = |x| if <[T]>::is_empty(x) { g_z } else { x };
    let (a, b, z) = (kept(at.x.value(0)), kept(at.x.value(1)), kept(at.y));
    by_parts(g, |first, g| {
        let [a, b, z, g_z] = [a, b, z, g_z].map(|x| &x[first..][..g.len()]);
        for (i, g) in g.iter_mut().enumerate() {
            *g = f(a[i], b[i], z[i], g_z[i]);
        }
    });
}

/// The contributions to an operand that each row of the result uses, in the order of the rows; of large ones on all threads.
fn contributions_of_rows<T: Real>(
    operand: usize,
    at: &Saved<'_, T>,
    g_z: &[T],
    g: &mut [T],
    f: impl Fn(T, T, T, T) -> T + Sync,
) {
    let row_len = g.len();
    by_parts(g, |first, g| {
        g.fill(T::ZERO);
        for row in 0..at.y_shape.len() / row_len {
            let start = row * row_len + first;
            let here = start..start + g.len();
            let g_z = &g_z[here.clone()];
            // The upstream gradient stands in for what is gone: it has the length, and nobody reads it in that place.
            let kept = |n: usize| match at.x.value(n) {
                [] => g_z,
                x if n == operand => &x[first..][..g.len()],
                x => &x[here.clone()],
            };
            let (a, b, z) = (kept(0), kept(1), if at.y.is_empty() { g_z } else { &at.y[here] });
            for (i, g) in g.iter_mut().enumerate() {
                *g += f(a[i], b[i], z[i], g_z[i]);
            }
        }
    });
}

/// True if `x` is the last axes of `y`, which has others before them: several rows use each entry of `x`.
///
/// A single number is not one: its rows would be single numbers too.
fn is_row(x: Shape, y: Shape) -> bool {
    let axes = x.rank() - x.iter().take_while(|&size| size == 1).count();
    (2..y.len()).contains(&x.len()) && x.iter().rev().take(axes).eq(y.iter().rev().take(axes))
}

/// The contributions of one run in which the operands advance by `A` and `B`: constants, for a plain loop.
fn add_run<T: Real, const A: usize, const B: usize>(
    operand: usize,
    run: Run<2>,
    at: &Saved<'_, T>,
    g_z: &[T],
    g: &mut [T],
    f: &impl Fn(T, T, T, T) -> T,
) {
    let (g_z, g) = (run.result(g_z), run.operand_mut(operand, g));
    // The upstream gradient stands in for what is gone: it has the length, and nobody reads it in that place.
    let kept = |n: usize| match at.x.value(n) {
        [] => g_z,
        x => run.operand(n, x),
    };
    let (a, b, z) = (kept(0), kept(1), if at.y.is_empty() { g_z } else { run.result(at.y) });
    let term = |i: usize| f(a[i * A], b[i * B], z[i], g_z[i]);
    match [A, B][operand] {
        1 if used_once(operand, at) => g.iter_mut().enumerate().for_each(|(i, g)| *g = term(i)),
        1 => g.iter_mut().enumerate().for_each(|(i, g)| *g += term(i)),
        _ => g[0] += (0..run.len).map(term).sum(),
    }
}

/// True if each entry of the operand goes into one entry of the result (and there are several), so nothing is summed.
fn used_once<T>(operand: usize, at: &Saved<'_, T>) -> bool {
    let entries = at.x.shape(operand).len();
    entries == at.y_shape.len() && entries > 1
}

/// Calls `visit` with the positions of the operands' entries that make up each entry of the result, in order.
pub fn walk<const N: usize>(operands: [Shape; N], result: Shape, mut visit: impl FnMut([usize; N], usize)) {
    each_run(operands, result, |run| {
        for i in 0..run.len {
            visit(std::array::from_fn(|n| run.from[n] + i * run.steps[n]), run.start + i);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_of_an_entry_counts_the_last_axis_first() {
        assert_eq!(place(Shape::new(&[2, 3]), 5), Shape::new(&[1, 2]));
        assert_eq!(place(Shape::SCALAR, 0), Shape::SCALAR);
    }

    #[test]
    fn walking_repeats_axes_of_size_one() {
        let mut seen = Vec::new();
        walk(
            [Shape::new(&[2, 1]), Shape::new(&[3])],
            Shape::new(&[2, 3]),
            |from, i| seen.push((from, i)),
        );
        assert_eq!(
            seen,
            [
                ([0, 0], 0),
                ([0, 1], 1),
                ([0, 2], 2),
                ([1, 0], 3),
                ([1, 1], 4),
                ([1, 2], 5)
            ]
        );
    }
}
