//! The matrix product, with transposes as arguments.

use crate::Kernels;

/// The sizes of a matrix product `c [m, n] = op(a) [m, k] · op(b) [k, n]`, all row-major and without gaps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gemm {
    /// Rows of the result.
    pub m: usize,
    /// The summed size.
    pub k: usize,
    /// Columns of the result.
    pub n: usize,
    /// `a` is stored as `[k, m]` and read transposed.
    pub a_transposed: bool,
    /// `b` is stored as `[n, k]` and read transposed.
    pub b_transposed: bool,
    /// Add to `c` instead of overwriting it.
    pub adds: bool,
}

impl Gemm {
    /// A plain product `c = a · b` of these sizes.
    pub const fn new(m: usize, k: usize, n: usize) -> Self {
        Self {
            m,
            k,
            n,
            a_transposed: false,
            b_transposed: false,
            adds: false,
        }
    }

    /// The same product with `a` stored as `[k, m]`.
    pub const fn a_transposed(self) -> Self {
        Self {
            a_transposed: true,
            ..self
        }
    }

    /// The same product with `b` stored as `[n, k]`.
    pub const fn b_transposed(self) -> Self {
        Self {
            b_transposed: true,
            ..self
        }
    }

    /// The same product, added to what `c` holds.
    pub const fn adds(self) -> Self {
        Self { adds: true, ..self }
    }
}

impl Gemm {
    /// Asserts that the slices match the sizes.
    pub(super) fn check(&self, a: usize, b: usize, c: usize) {
        assert!(
            a == self.m * self.k && b == self.k * self.n && c == self.m * self.n,
            "gemm: slices must match the sizes"
        );
    }

    /// Asserts that `c` holds `count` products.
    pub(super) fn check_batch(&self, count: usize, c: usize) {
        assert!(
            c == count * self.m * self.n,
            "gemm_batch: c must hold one product for each pair of operands"
        );
    }
}

/// The three loops, in the order that walks `b` and `c` by rows.
pub(super) fn plain<T: Kernels>(sizes: Gemm, a: &[T], b: &[T], c: &mut [T]) {
    let Gemm {
        m,
        k,
        n,
        a_transposed,
        b_transposed,
        adds,
    } = sizes;
    sizes.check(a.len(), b.len(), c.len());
    if !adds {
        c.fill(T::ZERO);
    }
    for i in 0..m {
        for l in 0..k {
            let a_il = if a_transposed { a[l * m + i] } else { a[i * k + l] };
            for j in 0..n {
                let b_lj = if b_transposed { b[j * k + l] } else { b[l * n + j] };
                c[i * n + j] += a_il * b_lj;
            }
        }
    }
}

/// Product number `i` reads `a` and `b` from its two offsets and writes chunk `i` of `c`.
pub(super) fn plain_batch<T: Kernels>(sizes: Gemm, operands: &[(usize, usize)], a: &[T], b: &[T], c: &mut [T]) {
    let Gemm { m, k, n, .. } = sizes;
    sizes.check_batch(operands.len(), c.len());
    for (i, &(at_a, at_b)) in operands.iter().enumerate() {
        plain(
            sizes,
            &a[at_a..][..m * k],
            &b[at_b..][..k * n],
            &mut c[i * m * n..][..m * n],
        );
    }
}
