//! The linear layer over rows, `y = x Wᵀ + b`.
//!
//! Backward: `g_x = g_y W`, `g_W = g_yᵀ x`, `g_b = Σ_rows g_y`.

use crate::Kernels;

use super::Gemm;
use super::gemm::plain as plain_gemm;

/// The sizes of a linear layer over rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinearSizes {
    /// Rows of `x` and `y`, all batch axes together.
    pub rows: usize,
    /// Columns of `x`, `I`.
    pub inputs: usize,
    /// Columns of `y`, `O`.
    pub outputs: usize,
}

impl LinearSizes {
    /// The product `x Wᵀ`.
    pub(super) const fn forward(&self) -> Gemm {
        Gemm::new(self.rows, self.inputs, self.outputs).b_transposed()
    }

    /// The product `g_y W`.
    pub(super) const fn g_x(&self) -> Gemm {
        Gemm::new(self.rows, self.outputs, self.inputs)
    }

    /// The product `g_yᵀ x`.
    pub(super) const fn g_w(&self) -> Gemm {
        Gemm::new(self.outputs, self.rows, self.inputs).a_transposed()
    }
}

/// Where the gradients of a linear layer go; each wanted one is overwritten.
#[derive(Debug, Default)]
pub struct LinearGradients<'a, T> {
    /// `[rows, I]`.
    pub g_x: Option<&'a mut [T]>,
    /// `[O, I]`.
    pub g_w: Option<&'a mut [T]>,
    /// `[O]`.
    pub g_b: Option<&'a mut [T]>,
}

/// `y = x Wᵀ + b`.
pub(super) fn plain<T: Kernels>(at: LinearSizes, x: &[T], w: &[T], b: Option<&[T]>, y: &mut [T]) {
    plain_gemm(at.forward(), x, w, y);
    if let Some(b) = b {
        add_to_rows(b, y);
    }
}

/// The gradients of a linear layer.
pub(super) fn plain_backward<T: Kernels>(
    at: LinearSizes,
    x: &[T],
    w: &[T],
    g_y: &[T],
    gradients: LinearGradients<'_, T>,
) {
    if let Some(g_x) = gradients.g_x {
        plain_gemm(at.g_x(), g_y, w, g_x);
    }
    if let Some(g_w) = gradients.g_w {
        plain_gemm(at.g_w(), g_y, x, g_w);
    }
    if let Some(g_b) = gradients.g_b {
        sum_rows(g_y, g_b);
    }
}

/// `y += b` for every row of `y`.
pub(super) fn add_to_rows<T: Kernels>(b: &[T], y: &mut [T]) {
    for row in y.chunks_exact_mut(b.len().max(1)) {
        for (y, &b) in row.iter_mut().zip(b) {
            *y += b;
        }
    }
}

/// `total = Σ_rows x`, in the order of the rows.
pub(super) fn sum_rows<T: Kernels>(x: &[T], total: &mut [T]) {
    total.fill(T::ZERO);
    for row in x.chunks_exact(total.len().max(1)) {
        for (total, &x) in total.iter_mut().zip(row) {
            *total += x;
        }
    }
}
