//! The linear layer over rows: the bias starts the sums, the products run on all threads.

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::dispatch::run;
use super::float::Float;
use super::gemm::{gemm, multiply_parallel};
use super::matrix::View;
use super::product::Product;
use super::share_out::ShareOut;
use super::tasks::TASK;
use super::tile::Start;
use crate::linear::{LinearGradients, LinearSizes};

/// `y = x Wᵀ + b`.
pub fn linear<T: Float>(at: LinearSizes, x: &[T], w: &[T], b: Option<&[T]>, y: &mut [T]) {
    at.forward().check(x.len(), w.len(), y.len());
    let product = Product {
        m: at.rows,
        k: at.inputs,
        n: at.outputs,
        a: View::rows(x, at.inputs),
        start: b.map_or(Start::Zero, Start::Row),
    };
    multiply_parallel(product, View::rows(w, at.inputs).transposed(), y);
}

/// The gradients of a linear layer.
pub fn linear_backward<T: Float>(at: LinearSizes, x: &[T], w: &[T], g_y: &[T], gradients: LinearGradients<'_, T>) {
    if let Some(g_x) = gradients.g_x {
        gemm(at.g_x(), g_y, w, g_x);
    }
    if let Some(g_w) = gradients.g_w {
        gemm(at.g_w(), g_y, x, g_w);
    }
    if let Some(g_b) = gradients.g_b {
        sum_rows(g_y, g_b);
    }
}

/// `total = Σ_rows x`, each column in the order of the rows; the columns are cut into tasks.
pub fn sum_rows<T: Float>(x: &[T], total: &mut [T]) {
    const COLS_LEAST: usize = 64;
    let cols = total.len();
    let one = |first, total| run(SumRows { x, cols, first, total });
    if x.len() <= TASK || cols <= COLS_LEAST {
        return one(0, total);
    }
    // Eight tasks at most: a wide piece of a row is read faster than many narrow ones.
    let task = cols.div_ceil(8).next_multiple_of(COLS_LEAST);
    total
        .par_chunks_mut(task)
        .enumerate()
        .share_out(|(i, total)| one(i * task, total));
}

struct SumRows<'a, T> {
    x: &'a [T],
    cols: usize,
    first: usize,
    total: &'a mut [T],
}

impl<T: Float> WithSimd for SumRows<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        self.total.fill(T::ZERO);
        for row in self.x.chunks_exact(self.cols.max(1)) {
            for (total, &x) in self.total.iter_mut().zip(&row[self.first..]) {
                *total += x;
            }
        }
    }
}
