//! Triangular factors of square matrices, and the systems that are solved with them.
//!
//! Gaussian elimination with row exchanges writes `a` as `P a = L U`: `L` has ones on its diagonal, `U` has the pivots.
//! Both stand in one array, and beside it, for each row of `L U`, the row of `a` that it came from.
//! Source: Golub & Van Loan, "Matrix Computations" (2013), algorithm 3.4.1 (elimination) and 3.1 (substitution).

use crate::op::Draw;
use crate::op::prelude::*;
use crate::ops::scratch::with_scratch;

/// How many matrices stand in `a`, and how many rows each has.
pub(super) fn matrices(a: Shape) -> (usize, usize) {
    let stack: Shape = a.iter().take(a.rank() - 2).collect();
    (stack.len(), a.last())
}

/// An error unless the last two axes are those of square matrices.
pub(super) fn square(a: Shape) -> Result<(), ShapeError> {
    match a.rank() {
        0 | 1 => Err(ShapeError::new(format!(
            "a needs the axes [.., N, N]; {a} is no matrix"
        ))),
        rank if a.size(rank - 2) != a.last() => Err(ShapeError::new(format!(
            "a needs the axes [.., N, N]; the matrices of {a} are not square"
        ))),
        _ => Ok(()),
    }
}

/// Numbers that the factors of one matrix take: its entries, and where its rows came from.
pub(super) const fn factors_len(n: usize) -> usize {
    n * n + n
}

/// The factors of one matrix, `P a = L U`.
#[derive(Clone, Copy)]
pub(super) struct Factors<'a, T> {
    n: usize,
    lu: &'a [T],
    rows: &'a [T],
}

impl<'a, T: Real> Factors<'a, T> {
    /// Writes the factors of `a` to `room`; a matrix that [`refuse_singular`] has refused gets numbers without meaning.
    pub fn of(n: usize, a: &[T], room: &'a mut [T]) -> Self {
        let (lu, rows) = room[..factors_len(n)].split_at_mut(n * n);
        lu.copy_from_slice(a);
        rows.iter_mut().enumerate().for_each(|(i, row)| *row = T::from_count(i));
        for k in 0..n {
            let larger = |best: usize, i: usize| {
                if lu[i * n + k].abs() > lu[best * n + k].abs() {
                    i
                } else {
                    best
                }
            };
            let pivot = (k + 1..n).fold(k, larger);
            exchange(lu, n, k, pivot);
            rows.swap(k, pivot);
            for i in k + 1..n {
                let factor = lu[i * n + k] / lu[k * n + k];
                lu[i * n + k] = factor;
                for j in k + 1..n {
                    let above = lu[k * n + j];
                    lu[i * n + j] -= factor * above;
                }
            }
        }
        Self { n, lu, rows }
    }

    /// The factors that [`Self::of`] left in `room`.
    pub fn in_room(n: usize, room: &'a [T]) -> Self {
        let (lu, rows) = room[..factors_len(n)].split_at(n * n);
        Self { n, lu, rows }
    }

    /// The diagonal of `U`; the determinant is their product, up to the sign.
    pub fn pivots(&self) -> impl Iterator<Item = T> + use<'a, T> {
        let (n, lu) = (self.n, self.lu);
        (0..n).map(move |k| lu[k * n + k])
    }

    /// `x` with `a x = b`, for `m` columns at once.
    pub fn solve(&self, m: usize, b: &[T], x: &mut [T]) {
        let n = self.n;
        // L (U x) = P b
        for i in 0..n {
            let from = self.row(i);
            x[i * m..][..m].copy_from_slice(&b[from * m..][..m]);
        }
        for i in 0..n {
            (0..i).for_each(|k| subtract_row(x, m, i, k, self.lu[i * n + k]));
        }
        for i in (0..n).rev() {
            (i + 1..n).for_each(|k| subtract_row(x, m, i, k, self.lu[i * n + k]));
            x[i * m..][..m].iter_mut().for_each(|x| *x /= self.lu[i * n + i]);
        }
    }

    /// `x` with `aᵀ x = b`, for `m` columns at once; `room` is as long as `b`.
    pub fn solve_transposed(&self, m: usize, b: &[T], x: &mut [T], room: &mut [T]) {
        let n = self.n;
        let w = &mut room[..n * m];
        // Uᵀ (Lᵀ (P x)) = b
        w.copy_from_slice(&b[..n * m]);
        for i in 0..n {
            (0..i).for_each(|k| subtract_row(w, m, i, k, self.lu[k * n + i]));
            w[i * m..][..m].iter_mut().for_each(|w| *w /= self.lu[i * n + i]);
        }
        for i in (0..n).rev() {
            (i + 1..n).for_each(|k| subtract_row(w, m, i, k, self.lu[k * n + i]));
        }
        for i in 0..n {
            let to = self.row(i);
            x[to * m..][..m].copy_from_slice(&w[i * m..][..m]);
        }
    }

    /// The row of `a` that became row `i`.
    fn row(&self, i: usize) -> usize {
        self.rows[i].to_f64() as usize
    }
}

/// The matrix with ones on its diagonal.
pub(super) fn identity<T: Real>(n: usize, out: &mut [T]) {
    out.fill(T::ZERO);
    (0..n).for_each(|i| out[i * n + i] = T::ONE);
}

/// Row `i` less `factor` times row `k`.
pub(super) fn subtract_row<T: Real>(x: &mut [T], m: usize, i: usize, k: usize, factor: T) {
    for j in 0..m {
        let other = x[k * m + j];
        x[i * m + j] -= factor * other;
    }
}

fn exchange<T>(lu: &mut [T], n: usize, i: usize, k: usize) {
    if i != k {
        (0..n).for_each(|j| lu.swap(i * n + j, k * n + j));
    }
}

/// The distance from 1 to the next number of this type, or that of `f64` for a finer one.
pub(super) fn spacing<T: Scalar>() -> f64 {
    let is_f32 = T::from_f64(1.0 + f64::EPSILON).to_f64() == 1.0;
    if is_f32 { f64::from(f32::EPSILON) } else { f64::EPSILON }
}

/// The words ` of the matrix at [1, 2]` of a stack, with positions counted from 0; nothing where there is one matrix.
pub(super) fn which(a: Shape, matrix: usize) -> String {
    let stack: Vec<usize> = a.iter().take(a.rank() - 2).collect();
    if stack.is_empty() {
        return String::new();
    }
    let mut rest = matrix;
    let mut places: Vec<usize> = Vec::new();
    for &size in stack.iter().rev() {
        places.push(rest % size);
        rest /= size;
    }
    places.reverse();
    format!(" of the matrix at {places:?}")
}

/// An error that names the first pivot that is 0 but for rounding.
///
/// A pivot is `a_kk` less products; their sizes times the spacing of the numbers is what rounding can leave of a 0.
pub(super) fn refuse_singular<T: Real>(op: &str, x: Inputs<'_, T>) -> Result<(), ValueError> {
    let (count, n) = matrices(x.shape(0));
    for (matrix, a) in (0..count).map(|matrix| (matrix, &x[0][matrix * n * n..][..n * n])) {
        if let Some(pivot) = with_scratch(2 * n * n, |room: &mut [f64]| vanishing_pivot(n, a, room)) {
            return Err(ValueError::new(format!(
                "{op}: pivot {} of {n}{} is 0 to the rounding of {}: the matrix is singular, \
                 its columns depend on each other; give one with independent columns, or add a small multiple of the \
                 identity",
                pivot + 1,
                which(x.shape(0), matrix),
                T::NAME
            )));
        }
    }
    Ok(())
}

fn vanishing_pivot<T: Real>(n: usize, a: &[T], room: &mut [f64]) -> Option<usize> {
    let rounding = n as f64 * spacing::<T>();
    let (lu, sizes) = room.split_at_mut(n * n);
    lu.iter_mut().zip(a).for_each(|(lu, a)| *lu = a.to_f64());
    sizes.iter_mut().zip(&*lu).for_each(|(size, lu)| *size = lu.abs());
    for k in 0..n {
        if (k..n).all(|i| lu[i * n + k].abs() <= rounding * sizes[i * n + k]) {
            return Some(k);
        }
        let larger = |best: usize, i: usize| {
            if lu[i * n + k].abs() > lu[best * n + k].abs() {
                i
            } else {
                best
            }
        };
        let pivot = (k + 1..n).fold(k, larger);
        exchange(lu, n, k, pivot);
        exchange(sizes, n, k, pivot);
        for i in k + 1..n {
            let factor = lu[i * n + k] / lu[k * n + k];
            for j in k + 1..n {
                let product = factor * lu[k * n + j];
                lu[i * n + j] -= product;
                sizes[i * n + j] += product.abs();
            }
        }
    }
    None
}

/// A stack of square matrices whose rows, shifted at random, are those of [`dominant`] ones: a row exchange is needed.
pub(super) fn well_conditioned(draw: &mut Draw, stack: Shape, n: usize) -> ndarray::ArrayD<f64> {
    let shift = draw.below(n.max(1));
    dominant(draw, stack, n, shift)
}

/// A stack of square matrices with one entry of each row, `shift` places behind the diagonal, of size 1.5 or more, and
/// others whose sizes sum to at most 0.5.
pub(super) fn dominant(draw: &mut Draw, stack: Shape, n: usize, shift: usize) -> ndarray::ArrayD<f64> {
    let shape: Shape = stack.iter().chain([n, n]).collect();
    let off = 0.5 / n.max(1) as f64;
    let mut a = draw.between(shape, -off, off);
    for (index, entry) in a.indexed_iter_mut() {
        let (i, j) = (index[stack.rank()], index[stack.rank() + 1]);
        if (i + shift) % n == j {
            *entry += if *entry < 0.0 { -1.5 } else { 1.5 };
        }
    }
    a
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pivot_vanishes_where_a_column_depends_on_the_others_and_only_there() {
        let vanishes = |n: usize, a: &[f64]| vanishing_pivot(n, a, &mut vec![0.0; 2 * n * n]);
        assert_eq!(vanishes(2, &[0.1, 0.2, 0.3, 0.6]), Some(1));
        assert_eq!(vanishes(3, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]), Some(2));
        assert_eq!(vanishes(2, &[0.0, 0.0, 0.0, 1.0]), Some(0));
        // Small is not singular, and a pivot of 0 may be exchanged.
        assert_eq!(vanishes(2, &[1.0, 0.0, 0.0, 1e-300]), None);
        assert_eq!(vanishes(2, &[0.0, 1.0, 1.0, 0.0]), None);
        assert_eq!(vanishes(0, &[]), None);
    }
}
