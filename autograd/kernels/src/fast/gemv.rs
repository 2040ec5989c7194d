//! Products with one row, where packing would cost more than multiplying.
//!
//! `c = a · b` adds scaled rows of `b`; `c = a · bᵀ` is a dot product with each row of the stored `b`, in a fixed number
//! of running sums that does not depend on the level.

use pulp::{Simd, WithSimd};

use super::dispatch::run;
use super::float::Float;
use super::matrix::View;

/// `c [n] = start + a [k] · b [k, n]`, where `c` holds the start.
pub struct Gemv<'a, T> {
    pub a: &'a [T],
    pub b: View<'a, T>,
    pub c: &'a mut [T],
}

/// Multiplies on this thread.
pub fn gemv<T: Float>(product: Gemv<'_, T>) {
    run(product);
}

impl<T: Float> WithSimd for Gemv<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { a, b, c } = self;
        b.check(a.len(), c.len());
        if b.col == 1 {
            add_rows::<T, S>(simd, a, b, c);
        } else {
            dot_rows::<T, S>(simd, a, b, c);
        }
    }
}

/// `c += Σ_l a_l b_l`, four rows of `b` in one pass over `c`.
#[inline(always)]
fn add_rows<T: Float, S: Simd>(simd: S, a: &[T], b: View<'_, T>, c: &mut [T]) {
    let n = c.len();
    let row = |l: usize| &b.data[l * b.row..][..n];
    let (fours, rest) = a.as_chunks::<4>();
    for (four, a) in fours.iter().enumerate() {
        let l = 4 * four;
        add_four::<T, S>(simd, a, [row(l), row(l + 1), row(l + 2), row(l + 3)], c);
    }
    for (l, &a) in rest.iter().enumerate() {
        for (c, &b) in c.iter_mut().zip(row(4 * fours.len() + l)) {
            *c = a.mul_add_at::<S>(b, *c);
        }
    }
}

/// `c += a_0 b_0 + a_1 b_1 + a_2 b_2 + a_3 b_3`, in this order.
///
/// In vectors, which the compiler does not make of the plain loop: to it, the rows might be shorter than `c`.
#[inline(always)]
fn add_four<T: Float, S: Simd>(simd: S, a: &[T; 4], b: [&[T]; 4], c: &mut [T]) {
    let splat = [
        T::splat(simd, a[0]),
        T::splat(simd, a[1]),
        T::splat(simd, a[2]),
        T::splat(simd, a[3]),
    ];
    let first_rest = c.len() / T::lanes::<S>() * T::lanes::<S>();
    let (c, c_rest) = T::vectors_mut::<S>(c);
    let [b_0, b_1, b_2, b_3] = [
        &T::vectors::<S>(b[0]).0[..c.len()],
        &T::vectors::<S>(b[1]).0[..c.len()],
        &T::vectors::<S>(b[2]).0[..c.len()],
        &T::vectors::<S>(b[3]).0[..c.len()],
    ];
    for (j, c) in c.iter_mut().enumerate() {
        let sum = T::mul_add_vectors(simd, splat[0], b_0[j], *c);
        let sum = T::mul_add_vectors(simd, splat[1], b_1[j], sum);
        let sum = T::mul_add_vectors(simd, splat[2], b_2[j], sum);
        *c = T::mul_add_vectors(simd, splat[3], b_3[j], sum);
    }
    for (j, c) in c_rest.iter_mut().enumerate() {
        for i in 0..4 {
            *c = a[i].mul_add_at::<S>(b[i][first_rest + j], *c);
        }
    }
}

/// The running sums of one dot product: they fill two vectors of `f32` with AVX-512, four with AVX2.
const SUMS: usize = 32;

/// `c_j += a · b_j`.
#[inline(always)]
fn dot_rows<T: Float, S: Simd>(simd: S, a: &[T], b: View<'_, T>, c: &mut [T]) {
    // As many rows at a time as the registers hold the sums of.
    match SUMS / T::lanes::<S>() {
        2 => dot_rows_by::<T, S, 2, 4>(simd, a, b, c),
        4 if S::REGISTER_COUNT >= 32 => dot_rows_by::<T, S, 4, 4>(simd, a, b, c),
        4 => dot_rows_by::<T, S, 4, 2>(simd, a, b, c),
        8 => dot_rows_by::<T, S, 8, 1>(simd, a, b, c),
        _ => dot_rows_by::<T, S, 16, 1>(simd, a, b, c),
    }
}

/// The same, `ROWS` rows of the stored `b` at a time, in sums of so many vectors each.
#[inline(always)]
fn dot_rows_by<T: Float, S: Simd, const VECTORS: usize, const ROWS: usize>(
    simd: S,
    a: &[T],
    b: View<'_, T>,
    c: &mut [T],
) {
    let row = |j: usize| &b.data[j * b.col..][..a.len()];
    let (groups, rest) = c.as_chunks_mut::<ROWS>();
    for (group, c) in groups.iter_mut().enumerate() {
        let mut rows = [row(ROWS * group); ROWS];
        for (r, place) in rows.iter_mut().enumerate() {
            *place = row(ROWS * group + r);
        }
        let sums = dots::<T, S, VECTORS, ROWS>(simd, a, rows);
        c.iter_mut().zip(sums).for_each(|(c, sum)| *c += sum);
    }
    for (j, c) in rest.iter_mut().enumerate() {
        let [sum] = dots::<T, S, VECTORS, 1>(simd, a, [row(ROWS * groups.len() + j)]);
        *c += sum;
    }
}

/// The dot products of `a` with each of the rows of `b`.
///
/// With loops, where `map` would be shorter: a closure that is compiled on its own has no vector instructions.
#[inline(always)]
fn dots<T: Float, S: Simd, const VECTORS: usize, const ROWS: usize>(simd: S, a: &[T], b: [&[T]; ROWS]) -> [T; ROWS] {
    let whole = a.len() / SUMS * SUMS;
    let a_whole = T::vectors::<S>(&a[..whole]).0.as_chunks::<VECTORS>().0;
    let mut b_whole = [a_whole; ROWS];
    for (whole_row, row) in b_whole.iter_mut().zip(b) {
        *whole_row = &T::vectors::<S>(&row[..whole]).0.as_chunks::<VECTORS>().0[..a_whole.len()];
    }
    let mut sums = [[T::splat(simd, T::ZERO); VECTORS]; ROWS];
    for (at, a) in a_whole.iter().enumerate() {
        for r in 0..ROWS {
            for v in 0..VECTORS {
                sums[r][v] = T::mul_add_vectors(simd, a[v], b_whole[r][at][v], sums[r][v]);
            }
        }
    }
    if whole < a.len() {
        let a = filled_up(&a[whole..]);
        for r in 0..ROWS {
            let b = filled_up(&b[r][whole..]);
            let vectors = T::vectors::<S>(&a).0.iter().zip(T::vectors::<S>(&b).0);
            for (sum, (&a, &b)) in sums[r].iter_mut().zip(vectors) {
                *sum = T::mul_add_vectors(simd, a, b, *sum);
            }
        }
    }
    let mut totals = [T::ZERO; ROWS];
    for r in 0..ROWS {
        totals[r] = total::<T, S, VECTORS>(simd, sums[r]);
    }
    totals
}

/// The numbers with zeros behind them.
#[inline(always)]
fn filled_up<T: Float>(x: &[T]) -> [T; SUMS] {
    let mut all = [T::ZERO; SUMS];
    all[..x.len()].copy_from_slice(x);
    all
}

/// The sum of the running sums, halving their number at each step.
#[inline(always)]
fn total<T: Float, S: Simd, const VECTORS: usize>(simd: S, mut sums: [T::Vector<S>; VECTORS]) -> T {
    let mut half = VECTORS / 2;
    while half > 0 {
        for i in 0..half {
            sums[i] = T::add_vectors(simd, sums[i], sums[i + half]);
        }
        half /= 2;
    }
    T::sum_of_lanes(simd, sums[0])
}
