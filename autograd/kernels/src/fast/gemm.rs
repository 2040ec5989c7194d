//! The matrix product on all threads.
//!
//! Which library multiplies was decided by measurement on the shapes of small language models (one thread, AVX-512,
//! in GFLOP/s: `768x128x512` 210 here, 197 `matrixmultiply`, 211 `gemm`; `128x768x512` from a transposed left operand
//! 185, 173, 182; `64x32x64` from a transposed right one 180, 122, 146): these two hundred lines reach the fastest crate
//! and, unlike it, give the same bits with AVX2 and AVX-512 and for every cut of the work. What it costs is the unsafe
//! code of the tile. They also let a caller keep an operand packed (the recurrent weights of a whole sequence), write into
//! strided rows (the heads of an attention), and cut the summed size between threads, which no crate does.
//!
//! Every number of `c` is summed in the same order however the product is cut, so the work may be cut to the number of
//! threads and the result still does not depend on it. The summed size is cut in two where that pays, by sizes alone.

use rayon::prelude::*;

use super::float::Float;
use super::gemv::{Gemv, gemv};
use super::matrix::{Target, View};
use super::packed::BLOCK;
use super::product::{Product, multiply};
use super::share_out::ShareOut;
use super::tasks::add;
use super::tile::{COLS_MAX, Start};
use crate::Gemm;

/// Multiplications that are worth a second thread.
const WORTH_A_THREAD: usize = 1 << 17;

/// `c = op(a) · op(b)`.
pub fn gemm<T: Float>(at: Gemm, a: &[T], b: &[T], c: &mut [T]) {
    at.check(a.len(), b.len(), c.len());
    let start = if at.adds { Start::Target } else { Start::Zero };
    let (a, b) = views(at, a, b);
    multiply_parallel(product(at, a, start), b, c);
}

/// Many products of one size, shared out among the threads.
pub fn gemm_batch<T: Float>(at: Gemm, operands: &[(usize, usize)], a: &[T], b: &[T], c: &mut [T]) {
    at.check_batch(operands.len(), c.len());
    let start = if at.adds { Start::Target } else { Start::Zero };
    let operands_of = |&(at_a, at_b): &(usize, usize)| {
        let (a, b) = views(at, &a[at_a..][..at.m * at.k], &b[at_b..][..at.k * at.n]);
        (product(at, a, start), b)
    };
    let size = at.m * at.n;
    if let [one] = operands {
        let (product, b) = operands_of(one);
        return multiply_parallel(product, b, c);
    }
    if size == 0 {
        return;
    }
    let together = (WORTH_A_THREAD / (size * at.k).max(1)).max(1);
    if operands.len() <= together {
        for (one, c) in operands.iter().zip(c.chunks_exact_mut(size)) {
            let (product, b) = operands_of(one);
            multiply_alone(product, b, c);
        }
        return;
    }
    let results = operands.par_iter().zip(c.par_chunks_exact_mut(size));
    results.with_min_len(together).share_out(|(one, c)| {
        let (product, b) = operands_of(one);
        multiply_alone(product, b, c);
    });
}

fn product<'a, T>(at: Gemm, a: View<'a, T>, start: Start<'a, T>) -> Product<'a, T> {
    Product {
        m: at.m,
        k: at.k,
        n: at.n,
        a,
        start,
    }
}

/// The operands as they are stored, read as they are meant.
fn views<'a, T>(at: Gemm, a: &'a [T], b: &'a [T]) -> (View<'a, T>, View<'a, T>) {
    let a = if at.a_transposed {
        View::rows(a, at.m).transposed()
    } else {
        View::rows(a, at.k)
    };
    let b = if at.b_transposed {
        View::rows(b, at.k).transposed()
    } else {
        View::rows(b, at.n)
    };
    (a, b)
}

/// Multiplies on all threads into a `c` without gaps.
pub fn multiply_parallel<T: Float>(product: Product<'_, T>, b: View<'_, T>, c: &mut [T]) {
    let work = product.m * product.k * product.n;
    if one_row(product, b).is_some() || work < 2 * WORTH_A_THREAD {
        return multiply_alone(product, b, c);
    }
    if product.packs() && product.k >= 2 * BLOCK {
        return multiply_halves(product, b, c);
    }
    let parts = Parts::new(product, rayon::current_num_threads());
    let c = Target::rows(c, product.n);
    (0..parts.count()).into_par_iter().share_out(|index| {
        // SAFETY: the parts of different indices are disjoint, and c is used through them alone.
        unsafe { parts.multiply(index, product, b, &c) };
    });
}

/// Multiplies the two halves of the summed size on different threads, and adds the second to the first.
///
/// This is for weight gradients, which sum over all positions: each thread reads those that it computed before.
fn multiply_halves<T: Float>(product: Product<'_, T>, b: View<'_, T>, c: &mut [T]) {
    let (first, second) = product.halves();
    let b_second = b.part(first.k, 0);
    T::with_buffer(c.len(), |sums| {
        let parts = Parts::new(first, rayon::current_num_threads().div_ceil(2));
        let targets = (Target::rows(c, product.n), Target::rows(sums, product.n));
        (0..2 * parts.count()).into_par_iter().share_out(|index| {
            // SAFETY: the parts of different indices are disjoint, and c and the sums are used through them alone.
            unsafe {
                if index < parts.count() {
                    parts.multiply(index, first, b, &targets.0);
                } else {
                    parts.multiply(index - parts.count(), second, b_second, &targets.1);
                }
            }
        });
        add(sums, c);
    });
}

/// How a product is cut into parts that threads compute.
struct Parts {
    rows: usize,
    cols: usize,
    down: usize,
    across: usize,
}

impl Parts {
    fn new<T>(product: Product<'_, T>, threads: usize) -> Self {
        let Product { m, k, n, .. } = product;
        let (rows, cols) = cut(m, n, threads.min(m * k * n / WORTH_A_THREAD).max(1));
        Self {
            rows,
            cols,
            down: m.div_ceil(rows),
            across: n.div_ceil(cols),
        }
    }

    fn count(&self) -> usize {
        self.down * self.across
    }

    /// Computes part number `index` of `c`.
    ///
    /// # Safety
    /// Nothing else may use this part of `c` meanwhile.
    unsafe fn multiply<T: Float>(&self, index: usize, product: Product<'_, T>, b: View<'_, T>, c: &Target<'_, T>) {
        let (i, j) = (index / self.across * self.rows, index % self.across * self.cols);
        let part = Product {
            m: self.rows.min(product.m - i),
            n: self.cols.min(product.n - j),
            a: product.a.part(i, 0),
            start: product.start.from(j),
            ..product
        };
        // SAFETY: the caller vouches for it.
        multiply(part, b.part(0, j), unsafe { c.part(i, j) });
    }
}

/// The rows and columns of one of about `parts` parts, so that little is packed twice.
fn cut(m: usize, n: usize, parts: usize) -> (usize, usize) {
    let grid = |down: usize| {
        let across = parts.div_ceil(down);
        (
            m.div_ceil(down).next_multiple_of(12),
            n.div_ceil(across).next_multiple_of(COLS_MAX),
        )
    };
    let packed = |&down: &usize| {
        let (rows, cols) = grid(down);
        m.div_ceil(rows) * n + n.div_ceil(cols) * m
    };
    grid((1..=parts).min_by_key(packed).unwrap_or(1))
}

/// Multiplies on this thread into a `c` without gaps.
fn multiply_alone<T: Float>(product: Product<'_, T>, b: View<'_, T>, c: &mut [T]) {
    match one_row(product, b) {
        Some((rows, b)) => multiply_rows(product, rows, b, c),
        None => multiply(product, b, Target::rows(c, product.n)),
    }
}

/// A product of one or two rows as it is, one of a single column turned around; `None` for every other.
fn one_row<'a, T: Float>(product: Product<'a, T>, b: View<'a, T>) -> Option<(View<'a, T>, View<'a, T>)> {
    let Product { m, k, n, a, start } = product;
    let contiguous = |row: View<'_, T>| k <= 1 || row.col == 1;
    if (1..=2).contains(&m) && contiguous(a) && n > 1 {
        return Some((a, b));
    }
    let turned = b.transposed();
    (n == 1 && contiguous(turned) && !matches!(start, Start::Row(_))).then(|| (turned, a.transposed()))
}

/// Multiplies row by row.
fn multiply_rows<T: Float>(product: Product<'_, T>, a: View<'_, T>, b: View<'_, T>, c: &mut [T]) {
    let cols = if product.n == 1 { product.m } else { product.n };
    for (i, c) in c.chunks_exact_mut(cols.max(1)).enumerate() {
        match product.start {
            Start::Zero => c.fill(T::ZERO),
            Start::Target => {}
            Start::Row(row) => c.copy_from_slice(&row[..cols]),
        }
        let a = &a.part(i, 0).data[..product.k];
        gemv(Gemv { a, b, c });
    }
}
