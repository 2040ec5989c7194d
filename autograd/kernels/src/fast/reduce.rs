//! Sums over whole slices, in vectors and on all threads.
//!
//! A slice is cut into at most [`PARTS`] parts by its length alone; the sums of the parts are added in their order.

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::dispatch::run;
use super::float::Float;
use super::lanes::{LANES, sum_of, sum_of_pairs};
use super::share_out::ShareOut;
use super::tasks::TASK;

const PARTS: usize = 64;

/// `Σ a`.
pub fn sum<T: Float>(a: &[T]) -> T {
    in_parts(a, a, |a, _| run(Sum(a)))
}

/// `Σ a b`.
pub fn dot<T: Float>(a: &[T], b: &[T]) -> T {
    assert!(a.len() == b.len(), "dot: a and b must be of one length");
    in_parts(a, b, |a, b| run(Dot(a, b)))
}

fn in_parts<T: Float>(a: &[T], b: &[T], one: impl Fn(&[T], &[T]) -> T + Sync) -> T {
    if a.len() <= TASK {
        return one(a, b);
    }
    let part = a.len().div_ceil(PARTS).next_multiple_of(LANES).max(TASK);
    let mut sums = [T::ZERO; PARTS];
    let parts = a.par_chunks(part).zip(b.par_chunks(part));
    parts
        .zip(sums.par_iter_mut())
        .share_out(|((a, b), sum)| *sum = one(a, b));
    sums.into_iter().take(a.len().div_ceil(part)).sum()
}

struct Sum<'a, T>(&'a [T]);

impl<T: Float> WithSimd for Sum<'_, T> {
    type Output = T;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> T {
        sum_of(simd, self.0, |a| a)
    }
}

struct Dot<'a, T>(&'a [T], &'a [T]);

impl<T: Float> WithSimd for Dot<'_, T> {
    type Output = T;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> T {
        sum_of_pairs(simd, self.0, self.1, |a, b| a * b)
    }
}
