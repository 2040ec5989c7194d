//! Layer normalisation and root-mean-square normalisation of each row.
//!
//! LayerNorm: `n = (x - μ) / σ`, `y = γ n + β` with `μ = mean(x)`, `σ² = mean((x - μ)²) + ε`.
//! Backward, with `g_n = γ g_y`: `g_x = (g_n - mean(g_n) - n mean(g_n n)) / σ`, `g_γ = Σ_rows g_y n`, `g_β = Σ_rows g_y`.
//! Source: Ba, Kiros & Hinton, "Layer Normalization" (2016), equation 3.
//!
//! RMSNorm: `n = x / r`, `y = γ n` with `r² = mean(x²) + ε`; backward `g_x = (g_n - n mean(g_n n)) / r`.
//! Source: Zhang & Sennrich, "Root Mean Square Layer Normalization" (2019), equation 4.

use crate::numbers::Scalar;

/// A LayerNorm over rows of `cols` numbers; no `gamma` is a factor 1, no `beta` a term 0.
#[derive(Clone, Copy, Debug)]
pub struct LayerNorm<'a, T> {
    /// The length of a row, `C`.
    pub cols: usize,
    /// What is added to the variance, `ε`.
    pub epsilon: f64,
    /// The factor of each column, `[C]`.
    pub gamma: Option<&'a [T]>,
    /// The term of each column, `[C]`.
    pub beta: Option<&'a [T]>,
}

impl<T> LayerNorm<'_, T> {
    /// The number of rows, after asserting that the slices fit each other.
    pub(super) fn check(&self, x: &[T], other: usize, notes: usize) -> usize {
        let fits = |factor: Option<&[T]>| factor.is_none_or(|factor| factor.len() == self.cols);
        assert!(
            fits(self.gamma) && fits(self.beta),
            "norm: gamma and beta must be as long as a row"
        );
        let rows = check(self.cols, x, other);
        assert!(notes == 2 * rows, "layer_norm: notes must be two for each row");
        rows
    }
}

/// Where the gradients of a LayerNorm go; each wanted one is overwritten.
#[derive(Debug, Default)]
pub struct LayerNormGradients<'a, T> {
    /// `[rows, C]`.
    pub g_x: Option<&'a mut [T]>,
    /// `[C]`.
    pub g_gamma: Option<&'a mut [T]>,
    /// `[C]`.
    pub g_beta: Option<&'a mut [T]>,
}

/// An RMSNorm over rows of `cols` numbers; no `gamma` is a factor 1.
#[derive(Clone, Copy, Debug)]
pub struct RmsNorm<'a, T> {
    /// The length of a row, `C`.
    pub cols: usize,
    /// What is added to the mean square, `ε`.
    pub epsilon: f64,
    /// The factor of each column, `[C]`.
    pub gamma: Option<&'a [T]>,
}

impl<'a, T> RmsNorm<'a, T> {
    /// The number of rows, after asserting that the slices fit each other.
    pub(super) fn check(&self, x: &[T], other: usize, notes: usize) -> usize {
        assert!(
            self.gamma.is_none_or(|gamma| gamma.len() == self.cols),
            "norm: gamma must be as long as a row"
        );
        let rows = check(self.cols, x, other);
        assert!(notes == rows, "rms_norm: notes must be one for each row");
        rows
    }

    /// The same sizes and factors; what differs is that nothing is taken from `x`.
    #[cfg(feature = "fast")]
    pub(super) fn as_layer_norm(&self) -> LayerNorm<'a, T> {
        LayerNorm {
            cols: self.cols,
            epsilon: self.epsilon,
            gamma: self.gamma,
            beta: None,
        }
    }
}

/// Where the gradients of an RMSNorm go; each wanted one is overwritten.
#[derive(Debug, Default)]
pub struct RmsNormGradients<'a, T> {
    /// `[rows, C]`.
    pub g_x: Option<&'a mut [T]>,
    /// `[C]`.
    pub g_gamma: Option<&'a mut [T]>,
}

/// The length of the scratch of the backward pass of either norm.
pub const fn norm_backward_scratch_len(rows: usize, cols: usize) -> usize {
    rows.div_ceil(super::fast::rows_of_task(cols)) * 2 * cols
}

/// `y = γ (x - μ) / σ + β`; the notes are `μ` of each row, then `1/σ` of each row.
pub(super) fn plain<T: Scalar>(norm: LayerNorm<'_, T>, x: &[T], y: &mut [T], notes: &mut [T]) {
    let rows = norm.check(x, y.len(), notes.len());
    let (mean, inverse) = notes.split_at_mut(rows);
    let count = T::from_count(norm.cols);
    for row in 0..rows {
        let (x, y) = (
            &x[row * norm.cols..][..norm.cols],
            &mut y[row * norm.cols..][..norm.cols],
        );
        let mu = x.iter().copied().sum::<T>() / count;
        let variance = x.iter().map(|&x| (x - mu) * (x - mu)).sum::<T>() / count;
        mean[row] = mu;
        inverse[row] = T::ONE / (variance + T::from_f64(norm.epsilon)).sqrt();
        for (c, (y, &x)) in y.iter_mut().zip(x).enumerate() {
            let n = (x - mu) * inverse[row];
            *y = factor(norm.gamma, c) * n + norm.beta.map_or(T::ZERO, |beta| beta[c]);
        }
    }
}

/// The gradients of a LayerNorm from its input, its notes and the gradient `g_y`.
pub(super) fn plain_backward<T: Scalar>(
    norm: LayerNorm<'_, T>,
    x: &[T],
    notes: &[T],
    g_y: &[T],
    gradients: LayerNormGradients<'_, T>,
) {
    let cols = norm.cols;
    let rows = norm.check(x, g_y.len(), notes.len());
    let (mean, inverse) = notes.split_at(rows);
    let n = |row: usize, c: usize| (x[row * cols + c] - mean[row]) * inverse[row];
    let g_n = |row: usize, c: usize| factor(norm.gamma, c) * g_y[row * cols + c];
    if let Some(g_x) = gradients.g_x {
        for row in 0..rows {
            let mean_g = (0..cols).map(|c| g_n(row, c)).sum::<T>() / T::from_count(cols);
            let mean_gn = (0..cols).map(|c| g_n(row, c) * n(row, c)).sum::<T>() / T::from_count(cols);
            for c in 0..cols {
                g_x[row * cols + c] = (g_n(row, c) - mean_g - n(row, c) * mean_gn) * inverse[row];
            }
        }
    }
    if let Some(g_gamma) = gradients.g_gamma {
        for (c, g_gamma) in g_gamma.iter_mut().enumerate() {
            *g_gamma = (0..rows).map(|row| g_y[row * cols + c] * n(row, c)).sum();
        }
    }
    if let Some(g_beta) = gradients.g_beta {
        for (c, g_beta) in g_beta.iter_mut().enumerate() {
            *g_beta = (0..rows).map(|row| g_y[row * cols + c]).sum();
        }
    }
}

/// `y = γ x / r`; the notes are `1/r` of each row.
pub(super) fn plain_rms<T: Scalar>(norm: RmsNorm<'_, T>, x: &[T], y: &mut [T], notes: &mut [T]) {
    let rows = norm.check(x, y.len(), notes.len());
    for row in 0..rows {
        let (x, y) = (
            &x[row * norm.cols..][..norm.cols],
            &mut y[row * norm.cols..][..norm.cols],
        );
        let mean_square = x.iter().map(|&x| x * x).sum::<T>() / T::from_count(norm.cols);
        notes[row] = T::ONE / (mean_square + T::from_f64(norm.epsilon)).sqrt();
        for (c, (y, &x)) in y.iter_mut().zip(x).enumerate() {
            *y = factor(norm.gamma, c) * (x * notes[row]);
        }
    }
}

/// The gradients of an RMSNorm from its input, its notes and the gradient `g_y`.
pub(super) fn plain_rms_backward<T: Scalar>(
    norm: RmsNorm<'_, T>,
    x: &[T],
    notes: &[T],
    g_y: &[T],
    gradients: RmsNormGradients<'_, T>,
) {
    let cols = norm.cols;
    let rows = norm.check(x, g_y.len(), notes.len());
    let n = |row: usize, c: usize| x[row * cols + c] * notes[row];
    let g_n = |row: usize, c: usize| factor(norm.gamma, c) * g_y[row * cols + c];
    if let Some(g_x) = gradients.g_x {
        for row in 0..rows {
            let mean_gn = (0..cols).map(|c| g_n(row, c) * n(row, c)).sum::<T>() / T::from_count(cols);
            for c in 0..cols {
                g_x[row * cols + c] = (g_n(row, c) - n(row, c) * mean_gn) * notes[row];
            }
        }
    }
    if let Some(g_gamma) = gradients.g_gamma {
        for (c, g_gamma) in g_gamma.iter_mut().enumerate() {
            *g_gamma = (0..rows).map(|row| g_y[row * cols + c] * n(row, c)).sum();
        }
    }
}

/// The factor of column `c`.
fn factor<T: Scalar>(gamma: Option<&[T]>, c: usize) -> T {
    gamma.map_or(T::ONE, |gamma| gamma[c])
}

/// The number of rows, after asserting that they are whole and that the slices fit each other.
fn check<T>(cols: usize, x: &[T], other: usize) -> usize {
    assert!(x.len() == other, "norm: slices must be of one length");
    if x.is_empty() {
        return 0;
    }
    assert!(
        cols > 0 && x.len().is_multiple_of(cols),
        "norm: slices must hold whole rows"
    );
    x.len() / cols
}
