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
            add_rows::<T, S>(a, b, c);
        } else {
            dot_rows::<T, S>(simd, a, b, c);
        }
    }
}

/// `c += Σ_l a_l b_l`, four rows of `b` in one pass over `c`.
#[inline(always)]
fn add_rows<T: Float, S: Simd>(a: &[T], b: View<'_, T>, c: &mut [T]) {
    let n = c.len();
    let row = |l: usize| &b.data[l * b.row..][..n];
    let (fours, rest) = a.as_chunks::<4>();
    for (four, a) in fours.iter().enumerate() {
        let [b_0, b_1, b_2, b_3] = [0, 1, 2, 3].map(|i| row(4 * four + i));
        for (j, c) in c.iter_mut().enumerate() {
            let sum = a[0].mul_add_at::<S>(b_0[j], *c);
            let sum = a[1].mul_add_at::<S>(b_1[j], sum);
            let sum = a[2].mul_add_at::<S>(b_2[j], sum);
            *c = a[3].mul_add_at::<S>(b_3[j], sum);
        }
    }
    for (l, &a) in rest.iter().enumerate() {
        for (c, &b) in c.iter_mut().zip(row(4 * fours.len() + l)) {
            *c = a.mul_add_at::<S>(b, *c);
        }
    }
}

/// The running sums of one dot product, which fill some vectors: two of `f32` with AVX-512, four with AVX2.
const SUMS: usize = 32;

/// `c_j += a · b_j`, two rows of the stored `b` at a time.
#[inline(always)]
fn dot_rows<T: Float, S: Simd>(simd: S, a: &[T], b: View<'_, T>, c: &mut [T]) {
    match SUMS / T::lanes::<S>() {
        2 => dot_rows_by::<T, S, 2>(simd, a, b, c),
        4 => dot_rows_by::<T, S, 4>(simd, a, b, c),
        8 => dot_rows_by::<T, S, 8>(simd, a, b, c),
        _ => dot_rows_by::<T, S, 16>(simd, a, b, c),
    }
}

#[inline(always)]
fn dot_rows_by<T: Float, S: Simd, const VECTORS: usize>(simd: S, a: &[T], b: View<'_, T>, c: &mut [T]) {
    let row = |j: usize| &b.data[j * b.col..][..a.len()];
    let (pairs, rest) = c.as_chunks_mut::<2>();
    for (pair, c) in pairs.iter_mut().enumerate() {
        let sums = dots::<T, S, VECTORS, 2>(simd, a, [row(2 * pair), row(2 * pair + 1)]);
        c[0] += sums[0];
        c[1] += sums[1];
    }
    for (j, c) in rest.iter_mut().enumerate() {
        let [sum] = dots::<T, S, VECTORS, 1>(simd, a, [row(2 * pairs.len() + j)]);
        *c += sum;
    }
}

/// The dot products of `a` with each of the rows of `b`.
#[inline(always)]
fn dots<T: Float, S: Simd, const VECTORS: usize, const ROWS: usize>(simd: S, a: &[T], b: [&[T]; ROWS]) -> [T; ROWS] {
    let whole = a.len() / SUMS * SUMS;
    let (a_whole, _) = T::vectors::<S>(&a[..whole]);
    let b_whole = b.map(|b| T::vectors::<S>(&b[..whole]).0.as_chunks::<VECTORS>().0);
    let mut sums = [[T::splat(simd, T::ZERO); VECTORS]; ROWS];
    for (at, a) in a_whole.as_chunks::<VECTORS>().0.iter().enumerate() {
        for (sums, b) in sums.iter_mut().zip(b_whole) {
            for v in 0..VECTORS {
                sums[v] = T::mul_add_vectors(simd, a[v], b[at][v], sums[v]);
            }
        }
    }
    let mut totals = [T::ZERO; ROWS];
    for (r, sums) in sums.iter().enumerate() {
        let mut all = [T::ZERO; SUMS];
        T::vectors_mut::<S>(&mut all).0.copy_from_slice(sums);
        for (s, &a) in a[whole..].iter().enumerate() {
            all[s] = a.mul_add_at::<S>(b[r][whole + s], all[s]);
        }
        totals[r] = total(&mut all);
    }
    totals
}

/// The sum of the running sums, halving their number at each step.
#[inline(always)]
fn total<T: Float>(sums: &mut [T; SUMS]) -> T {
    halve::<T, 16>(sums);
    halve::<T, 8>(sums);
    halve::<T, 4>(sums);
    halve::<T, 2>(sums);
    sums[0] + sums[1]
}

#[inline(always)]
fn halve<T: Float, const HALF: usize>(sums: &mut [T; SUMS]) {
    for i in 0..HALF {
        sums[i] += sums[i + HALF];
    }
}
