//! Layer and root-mean-square normalisation of each row, in vectors and on all threads.
//!
//! Both are `n = (x - center) · inverse`, `y = γ n + β`; root-mean-square normalisation has no centers and no `β`.
//! Here `notes` are the pair (centers, inverses), the centers empty where there are none.

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::dispatch::run;
use super::float::Float;
use super::lanes::{sum_of, sum_of_pairs};
use super::share_out::ShareOut;
use super::tasks::rows_of_task;
use crate::norm::{LayerNorm, LayerNormGradients, RmsNorm, RmsNormGradients};

/// `y = γ (x - μ) / σ + β`.
pub fn layer_norm<T: Float>(norm: LayerNorm<'_, T>, x: &[T], y: &mut [T], notes: &mut [T]) {
    let rows = norm.check(x, y.len(), notes.len());
    forward(norm, x, y, notes.split_at_mut(rows));
}

/// The gradients of a LayerNorm.
pub fn layer_norm_backward<T: Float>(
    norm: LayerNorm<'_, T>,
    x: &[T],
    notes: &[T],
    g_y: &[T],
    gradients: LayerNormGradients<'_, T>,
    scratch: &mut [T],
) {
    let rows = norm.check(x, g_y.len(), notes.len());
    backward(norm, (x, g_y), notes.split_at(rows), gradients, scratch);
}

/// `y = γ x / r`.
pub fn rms_norm<T: Float>(norm: RmsNorm<'_, T>, x: &[T], y: &mut [T], notes: &mut [T]) {
    norm.check(x, y.len(), notes.len());
    forward(norm.as_layer_norm(), x, y, (&mut [], notes));
}

/// The gradients of an RMSNorm.
pub fn rms_norm_backward<T: Float>(
    norm: RmsNorm<'_, T>,
    x: &[T],
    notes: &[T],
    g_y: &[T],
    gradients: RmsNormGradients<'_, T>,
    scratch: &mut [T],
) {
    norm.check(x, g_y.len(), notes.len());
    let gradients = LayerNormGradients {
        g_x: gradients.g_x,
        g_gamma: gradients.g_gamma,
        g_beta: None,
    };
    backward(norm.as_layer_norm(), (x, g_y), (&[], notes), gradients, scratch);
}

fn forward<T: Float>(norm: LayerNorm<'_, T>, x: &[T], y: &mut [T], (centers, inverses): (&mut [T], &mut [T])) {
    let task = rows_of_task(norm.cols);
    let one = |x, y, centers, inverses| {
        run(Forward {
            norm,
            x,
            y,
            centers,
            inverses,
        });
    };
    if inverses.len() <= task {
        return one(x, y, centers, inverses);
    }
    let numbers = x.par_chunks(task * norm.cols).zip(y.par_chunks_mut(task * norm.cols));
    let rows = numbers.zip(inverses.par_chunks_mut(task));
    if centers.is_empty() {
        rows.share_out(|((x, y), inverses)| one(x, y, &mut [], inverses));
    } else {
        let rows = rows.zip(centers.par_chunks_mut(task));
        rows.share_out(|(((x, y), inverses), centers)| one(x, y, centers, inverses));
    }
}

struct Forward<'a, T> {
    norm: LayerNorm<'a, T>,
    x: &'a [T],
    y: &'a mut [T],
    centers: &'a mut [T],
    inverses: &'a mut [T],
}

impl<T: Float> WithSimd for Forward<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let cols = self.norm.cols;
        let (count, epsilon) = (T::from_count(cols), T::from_f64(self.norm.epsilon));
        for (row, inverse) in self.inverses.iter_mut().enumerate() {
            let (x, y) = (&self.x[row * cols..][..cols], &mut self.y[row * cols..][..cols]);
            let mut center = T::ZERO;
            if let Some(mean) = self.centers.get_mut(row) {
                center = sum_of(simd, x, |x| x) / count;
                *mean = center;
            }
            let spread = sum_of(simd, x, |x| (x - center) * (x - center)) / count;
            let scale = T::ONE / (spread + epsilon).sqrt_at();
            *inverse = scale;
            for (y, &x) in y.iter_mut().zip(x) {
                *y = (x - center) * scale;
            }
            if let Some(gamma) = self.norm.gamma {
                for (y, &gamma) in y.iter_mut().zip(gamma) {
                    *y *= gamma;
                }
            }
            if let Some(beta) = self.norm.beta {
                for (y, &beta) in y.iter_mut().zip(beta) {
                    *y += beta;
                }
            }
        }
    }
}

fn backward<T: Float>(
    norm: LayerNorm<'_, T>,
    (x, g_y): (&[T], &[T]),
    (centers, inverses): (&[T], &[T]),
    gradients: LayerNormGradients<'_, T>,
    scratch: &mut [T],
) {
    let (cols, task) = (norm.cols, rows_of_task(norm.cols));
    let at = |first: usize, rows: usize| Backward {
        norm,
        x: &x[first * cols..][..rows * cols],
        g_y: &g_y[first * cols..][..rows * cols],
        centers: centers.get(first..first + rows).unwrap_or_default(),
        inverses: &inverses[first..][..rows],
    };
    let rows = inverses.len();
    if let Some(g_x) = gradients.g_x {
        assert!(g_x.len() == x.len(), "norm: g_x must be as long as x");
        if rows <= task {
            run(ToInput { at: at(0, rows), g_x });
        } else {
            g_x.par_chunks_mut(task * cols).enumerate().share_out(|(i, g_x)| {
                let at = at(i * task, g_x.len() / cols);
                run(ToInput { at, g_x });
            });
        }
    }
    let (g_gamma, g_beta) = (gradients.g_gamma, gradients.g_beta);
    if g_gamma.is_none() && g_beta.is_none() {
        return;
    }
    let tasks = rows.div_ceil(task);
    let scratch = &mut scratch[..2 * cols * tasks];
    let one = |i: usize, sums| {
        let first = i * task;
        let at = at(first, task.min(rows - first));
        run(ToFactors { at, sums });
    };
    match tasks {
        0 => {}
        1 => one(0, scratch),
        _ => scratch
            .par_chunks_mut(2 * cols)
            .enumerate()
            .share_out(|(i, sums)| one(i, sums)),
    }
    for (half, gradient) in [g_gamma, g_beta].into_iter().enumerate() {
        let Some(gradient) = gradient else { continue };
        assert!(
            gradient.len() == cols,
            "norm: g_gamma and g_beta must be as long as a row"
        );
        gradient.fill(T::ZERO);
        for sums in scratch.chunks_exact(2 * cols.max(1)) {
            for (gradient, &sum) in gradient.iter_mut().zip(&sums[half * cols..]) {
                *gradient += sum;
            }
        }
    }
}

/// What the backward pass of some rows reads.
struct Backward<'a, T> {
    norm: LayerNorm<'a, T>,
    x: &'a [T],
    g_y: &'a [T],
    centers: &'a [T],
    inverses: &'a [T],
}

struct ToInput<'a, T> {
    at: Backward<'a, T>,
    g_x: &'a mut [T],
}

impl<T: Float> WithSimd for ToInput<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let at = self.at;
        let cols = at.norm.cols;
        let count = T::from_count(cols);
        for (row, &inverse) in at.inverses.iter().enumerate() {
            let (x, g_y) = (&at.x[row * cols..][..cols], &at.g_y[row * cols..][..cols]);
            // g_n = γ g_y, kept where g_x will be
            let g_x = &mut self.g_x[row * cols..][..cols];
            match at.norm.gamma {
                Some(gamma) => {
                    for ((g_x, &g_y), &gamma) in g_x.iter_mut().zip(g_y).zip(gamma) {
                        *g_x = g_y * gamma;
                    }
                }
                None => g_x.copy_from_slice(g_y),
            }
            let center = at.centers.get(row).copied().unwrap_or(T::ZERO);
            let mean_g = if at.centers.is_empty() {
                T::ZERO
            } else {
                sum_of(simd, g_x, |g_n| g_n) / count
            };
            let mean_gn = sum_of_pairs(simd, g_x, x, |g_n, x| g_n * ((x - center) * inverse)) / count;
            for (g_x, &x) in g_x.iter_mut().zip(x) {
                *g_x = (*g_x - mean_g - (x - center) * inverse * mean_gn) * inverse;
            }
        }
    }
}

/// Sums `g_y n` and `g_y` over rows: `C` numbers each, one after the other.
struct ToFactors<'a, T> {
    at: Backward<'a, T>,
    sums: &'a mut [T],
}

impl<T: Float> WithSimd for ToFactors<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let at = self.at;
        let cols = at.norm.cols;
        self.sums.fill(T::ZERO);
        let (g_gamma, g_beta) = self.sums.split_at_mut(cols);
        for (row, &inverse) in at.inverses.iter().enumerate() {
            let (x, g_y) = (&at.x[row * cols..][..cols], &at.g_y[row * cols..][..cols]);
            let center = at.centers.get(row).copied().unwrap_or(T::ZERO);
            for (((g_gamma, g_beta), &x), &g_y) in g_gamma.iter_mut().zip(&mut *g_beta).zip(x).zip(g_y) {
                *g_gamma += g_y * ((x - center) * inverse);
                *g_beta += g_y;
            }
        }
    }
}
