//! What all elementwise ops share: the broadcasting of two operands, and the sum over what was broadcast.
//!
//! Operands broadcast as in NumPy: axes are aligned at the end, an axis of size 1 is repeated. An entry that is used
//! several times collects a contribution from each use, so its gradient is the sum over the repeated axis.

use crate::numbers::Real;
use crate::op::Saved;
use crate::shape::{RANK_MAX, Shape, ShapeError};

/// The shape of an op with one operand that keeps it.
pub fn unary(x: &[Shape]) -> Result<Shape, ShapeError> {
    Ok(x[0])
}

/// The common shape of all operands, or an error that says which two do not broadcast.
pub fn broadcast(x: &[Shape]) -> Result<Shape, ShapeError> {
    x.iter().skip(1).try_fold(x[0], |common, &shape| {
        Shape::broadcast(common, shape).ok_or_else(|| {
            ShapeError::new(format!(
                "{common} and {shape} do not broadcast: aligned at the last axis, two sizes must be equal or one of \
                 them 1"
            ))
        })
    })
}

/// `z = f(a, b)` for each entry of the common shape `[a, b] → z`.
pub fn zip<T: Real>(z: &mut [T], z_shape: Shape, [a, b]: [(&[T], Shape); 2], f: impl Fn(T, T) -> T) {
    match (a.1 == z_shape, b.1 == z_shape) {
        (true, true) => z.iter_mut().zip(a.0).zip(b.0).for_each(|((z, &a), &b)| *z = f(a, b)),
        (true, false) if b.0.len() == 1 => z.iter_mut().zip(a.0).for_each(|(z, &a)| *z = f(a, b.0[0])),
        (false, true) if a.0.len() == 1 => z.iter_mut().zip(b.0).for_each(|(z, &b)| *z = f(a.0[0], b)),
        _ => walk([a.1, b.1], z_shape, |[i_a, i_b], i_z| z[i_z] = f(a.0[i_a], b.0[i_b])),
    }
}

/// `g_a = Σ f(a, b, z, g_z)` over all entries of `z` that used the entry of `a`; overwrites `g_a`.
///
/// `f` is the contribution of one entry of the result to operand 0 or 1 of the op, whichever `operand` says. What the
/// op does not keep may be gone; it is handed to `f` as NaN.
pub fn contributions<T: Real>(operand: usize, at: &Saved<'_, T>, g_z: &[T], g: &mut [T], f: impl Fn(T, T, T, T) -> T) {
    let (a, b) = (at.x.value(0), at.x.value(1));
    let shapes = [at.x.shape(0), at.x.shape(1)];
    let kept = |x: &[T], i: usize| x.get(i).copied().unwrap_or_else(|| T::from_f64(f64::NAN));
    if shapes == [at.y_shape; 2] {
        for (i, (g, &g_z)) in g.iter_mut().zip(g_z).enumerate() {
            *g = f(kept(a, i), kept(b, i), kept(at.y, i), g_z);
        }
        return;
    }
    g.fill(T::ZERO);
    walk(shapes, at.y_shape, |from, i_z| {
        g[from[operand]] += f(kept(a, from[0]), kept(b, from[1]), kept(at.y, i_z), g_z[i_z]);
    });
}

/// Calls `visit` with the positions of the operands' entries that make up each entry of the result, in order.
pub fn walk<const N: usize>(operands: [Shape; N], result: Shape, mut visit: impl FnMut([usize; N], usize)) {
    let rank = result.rank();
    if result.is_empty() {
        return;
    }
    let strides = operands.map(|shape| broadcast_strides(shape, result));
    if rank == 0 {
        return visit([0; N], 0);
    }
    let inner = result.size(rank - 1);
    let mut index = [0usize; RANK_MAX];
    let mut from = [0usize; N];
    for row in 0..result.len() / inner {
        for i in 0..inner {
            let here = std::array::from_fn(|n| from[n] + i * strides[n][rank - 1]);
            visit(here, row * inner + i);
        }
        advance(&mut index, &mut from, &strides, result);
    }
}

/// One row further: counts up the outer axes like an odometer.
fn advance<const N: usize>(
    index: &mut [usize; RANK_MAX],
    from: &mut [usize; N],
    strides: &[[usize; RANK_MAX]; N],
    result: Shape,
) {
    for axis in (0..result.rank() - 1).rev() {
        index[axis] += 1;
        for n in 0..N {
            from[n] += strides[n][axis];
        }
        if index[axis] < result.size(axis) {
            return;
        }
        for n in 0..N {
            from[n] -= index[axis] * strides[n][axis];
        }
        index[axis] = 0;
    }
}

/// The step in `operand`'s memory along each axis of `result`; 0 where the operand is repeated.
fn broadcast_strides(operand: Shape, result: Shape) -> [usize; RANK_MAX] {
    let own = operand.strides();
    let missing = result.rank() - operand.rank();
    std::array::from_fn(|axis| match axis.checked_sub(missing) {
        Some(own_axis) if own_axis < operand.rank() && operand.size(own_axis) != 1 => own[own_axis],
        _ => 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

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
