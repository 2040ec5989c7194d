//! Softmax and log-softmax of each row, in vectors and on all threads.

use pulp::{Simd, WithSimd};

use super::dispatch::run;
use super::float::Float;
use super::lanes::{exp_and_sum, map_pairs, maximum, sum_of, sum_of_pairs};
use super::tasks::{by_row_pairs, by_rows};
use crate::softmax::{check, is_outweighed, least_log, slope_of_largest};

/// `y = softmax(x)` row by row.
pub fn softmax<T: Float>(cols: usize, x: &[T], y: &mut [T]) {
    check(cols, &[x.len(), y.len()]);
    by_rows(cols, x, y, |x, y| run(Softmax { cols, x, y }));
}

/// `g_x = y (g_y - Σ g_y y)` row by row.
pub fn softmax_backward<T: Float>(cols: usize, y: &[T], g_y: &[T], g_x: &mut [T]) {
    check(cols, &[y.len(), g_y.len(), g_x.len()]);
    by_row_pairs(cols, (y, g_y), g_x, |y, g_y, g_x| {
        run(SoftmaxBackward { cols, y, g_y, g_x });
    });
}

/// `y = x - logsumexp(x)` row by row.
pub fn log_softmax<T: Float>(cols: usize, x: &[T], y: &mut [T]) {
    check(cols, &[x.len(), y.len()]);
    by_rows(cols, x, y, |x, y| run(LogSoftmax { cols, x, y }));
}

/// `g_x = g_y - exp(y) Σ g_y` row by row.
pub fn log_softmax_backward<T: Float>(cols: usize, y: &[T], g_y: &[T], g_x: &mut [T]) {
    check(cols, &[y.len(), g_y.len(), g_x.len()]);
    by_row_pairs(cols, (y, g_y), g_x, |y, g_y, g_x| {
        run(LogSoftmaxBackward { cols, y, g_y, g_x });
    });
}

struct Softmax<'a, T> {
    cols: usize,
    x: &'a [T],
    y: &'a mut [T],
}

impl<T: Float> WithSimd for Softmax<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        for (x, y) in self.x.chunks_exact(self.cols).zip(self.y.chunks_exact_mut(self.cols)) {
            let inverse = T::ONE / exp_and_sum(simd, x, maximum(simd, x), y);
            for y in y {
                *y *= inverse;
            }
        }
    }
}

struct SoftmaxBackward<'a, T> {
    cols: usize,
    y: &'a [T],
    g_y: &'a [T],
    g_x: &'a mut [T],
}

impl<T: Float> WithSimd for SoftmaxBackward<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let rows = self.y.chunks_exact(self.cols).zip(self.g_y.chunks_exact(self.cols));
        for ((y, g_y), g_x) in rows.zip(self.g_x.chunks_exact_mut(self.cols)) {
            let mean = sum_of_pairs(simd, y, g_y, |y, g_y| y * g_y);
            for ((g_x, &y), &g_y) in g_x.iter_mut().zip(y).zip(g_y) {
                *g_x = y * (g_y - mean);
            }
        }
    }
}

struct LogSoftmax<'a, T> {
    cols: usize,
    x: &'a [T],
    y: &'a mut [T],
}

impl<T: Float> WithSimd for LogSoftmax<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        for (x, y) in self.x.chunks_exact(self.cols).zip(self.y.chunks_exact_mut(self.cols)) {
            let m = maximum(simd, x);
            let log_total = log_of_total(simd, x, m);
            for (y, &x) in y.iter_mut().zip(x) {
                *y = x - m - log_total;
            }
        }
    }
}

/// `ln Σ exp(x - m)` of a row, of which `m` is the largest number, with all digits also where it is near 0.
#[inline(always)]
pub fn log_of_total<T: Float, S: Simd>(simd: S, x: &[T], m: T) -> T {
    let total = sum_of(simd, x, |x| (x - m).exp_at::<S>());
    if is_outweighed(total)
        && let Some(largest) = x.iter().position(|&x| x == m)
    {
        return without(x, largest, |x| sum_of(simd, x, |x| (x - m).exp_at::<S>())).ln_1p();
    }
    total.ln()
}

/// The sum over a row without one of its entries.
#[inline(always)]
fn without<T: Float>(row: &[T], place: usize, sum: impl Fn(&[T]) -> T) -> T {
    sum(&row[..place]) + sum(&row[place + 1..])
}

struct LogSoftmaxBackward<'a, T> {
    cols: usize,
    y: &'a [T],
    g_y: &'a [T],
    g_x: &'a mut [T],
}

impl<T: Float> WithSimd for LogSoftmaxBackward<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let rows = self.y.chunks_exact(self.cols).zip(self.g_y.chunks_exact(self.cols));
        for ((y, g_y), g_x) in rows.zip(self.g_x.chunks_exact_mut(self.cols)) {
            let total = sum_of(simd, g_y, |g_y| g_y);
            map_pairs(y, g_y, g_x, |y, g_y| g_y - y.exp_at::<S>() * total);
            if maximum(simd, y) > least_log()
                && let Some(largest) = y.iter().position(|&y| y > least_log())
            {
                let weight = without(y, largest, |y| sum_of(simd, y, |y| y.exp_at::<S>()));
                let others = without(g_y, largest, |g_y| sum_of(simd, g_y, |g_y| g_y));
                g_x[largest] = slope_of_largest(total, weight, others);
            }
        }
    }
}
