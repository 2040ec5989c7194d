//! The Cholesky factor of a positive definite matrix: the lower triangle `L` with `L Lᵀ = a`.
//!
//! A covariance is symmetric, and so is what is factored: the op takes `(a + aᵀ) / 2`, so entries across the diagonal
//! share their gradient. A small step `da` gives `dL Lᵀ + L dLᵀ = da`, hence `L⁻¹ dL + (L⁻¹ dL)ᵀ = L⁻¹ da L⁻ᵀ`; the
//! first term is a lower triangle, so it is the lower half of the right side: `dL = L Φ(L⁻¹ da L⁻ᵀ)`, where `Φ` takes
//! the lower triangle with half of its diagonal. Turned around in the loss:
//! 1. `W = Lᵀ g_L`;
//! 2. `S = L⁻ᵀ Φ(W) L⁻¹`, two triangular systems;
//! 3. `g_a = (S + Sᵀ) / 2`.
//!
//! **Shapes**: `a: [.., N, N]` → the same. Cost: `1/3 N³` a matrix forward, `4 N³` backward.
//! Source: Murray, "Differentiation of the Cholesky decomposition" (2016), equations 8 and 10.

use super::factors::{dominant, matrices, spacing, square, subtract_row, which};
use crate::kernels::Gemm;
use crate::op::prelude::*;
use crate::ops::scratch::with_scratch;

/// The op of [`Var::cholesky`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cholesky;

impl<'t> Var<'t> {
    /// The lower triangle `L` with `L · Lᵀ = self`, of a positive definite matrix or of each matrix of a stack.
    ///
    /// ```
    /// use ndarray::array;
    /// use tapegrad_autograd::Tape;
    /// let tape = Tape::<f64>::new();
    /// let a = tape.input("a", array![[4.0, 2.0], [2.0, 10.0]]);
    /// assert_eq!(tape.value(a.cholesky()), array![[2.0, 0.0], [1.0, 3.0]].into_dyn());
    /// ```
    ///
    /// **Panics** if a matrix is not square, or not positive definite.
    #[track_caller]
    pub fn cholesky(self) -> Var<'t> {
        Var::record(Cholesky, &[self])
    }
}

impl Op for Cholesky {
    const NAME: &'static str = "cholesky";
    const MEANING: &'static str = "The lower triangle L with L Lᵀ = (a + aᵀ) / 2, of a positive definite matrix.";
    const SHAPES: &'static str = "[.., N, N] -> [.., N, N]";
    const WORDS: &'static [Word] = &[Word::own(
        "cholesky",
        "cholesky(A)",
        "the last two axes of A have one size; the result has the axes of A",
        "L = cholesky(A)",
    )];
    const FORWARD: Equations = &[("L", "cholesky(a)")];
    const BACKWARD: Equations = &[
        ("W", "L.T @ g_L"),
        ("Phi", "(tril(W) + engine.tril(W, below => [1])) / 2"),
        ("S", "solve(L.T, solve(L.T, Phi.T).T)"),
        ("g_a", "(S + S.T) / 2"),
    ];
    const OPERANDS: &'static [Operand] = &[Operand::real("a", "positive definite matrices")];
    const KEEPS: Keeps = Keeps::OUTPUT;

    attributes! {}

    fn shape(&self, x: &[Shape]) -> Result<Shape, ShapeError> {
        square(x[0])?;
        Ok(x[0])
    }

    fn admits<T: Real>(&self, x: Inputs<'_, T>) -> Result<(), ValueError> {
        let (count, n) = matrices(x.shape(0));
        for (matrix, a) in (0..count).map(|matrix| (matrix, &x[0][matrix * n * n..][..n * n])) {
            let found = with_scratch(2 * n * n, |room: &mut [f64]| {
                let (wide, l) = room.split_at_mut(n * n);
                wide.iter_mut().zip(a).for_each(|(wide, a)| *wide = a.to_f64());
                factor(n, wide, l, |k, pivot| pivot <= n as f64 * spacing::<T>() * wide[k * n + k])
            });
            if let Some((k, pivot)) = found {
                return Err(ValueError::new(format!(
                    "{}: pivot {} of {n}{} is {pivot:.3e}, where a positive definite matrix has one above 0, \
                     beyond the rounding of {}; give a covariance, or add a small multiple of the identity",
                    Self::NAME,
                    k + 1,
                    which(x.shape(0), matrix),
                    T::NAME
                )));
            }
        }
        Ok(())
    }

    fn forward<T: Real>(&self, x: Inputs<'_, T>, l: &mut [T], _: &mut [T]) {
        let (count, n) = matrices(x.shape(0));
        for at in (0..count).map(|matrix| matrix * n * n) {
            factor(n, &x[0][at..][..n * n], &mut l[at..][..n * n], |_, _| false);
        }
    }

    fn backward<T: Real>(&self, at: Saved<'_, T>, g_l: &[T], g_x: &mut InGradients<'_, T>) {
        let Some(g_a) = g_x.get(0) else { return };
        let (count, n) = matrices(at.y_shape);
        let half = T::from_f64(0.5);
        with_scratch(n * n, |s| {
            for i in (0..count).map(|matrix| matrix * n * n) {
                let (l, g_l, g_a) = (&at.y[i..][..n * n], &g_l[i..][..n * n], &mut g_a[i..][..n * n]);
                // Φ(Lᵀ g_L)
                T::gemm(Gemm::new(n, n, n).a_transposed(), l, g_l, s);
                for row in 0..n {
                    s[row * n + row] *= half;
                    s[row * n + row + 1..(row + 1) * n].fill(T::ZERO);
                }
                // S = L⁻ᵀ Φ(Lᵀ g_L) L⁻¹
                solve_from_left(n, l, s);
                solve_from_right(n, l, s);
                // g_a = (S + Sᵀ) / 2
                for (row, column) in (0..n).flat_map(|row| (0..n).map(move |column| (row, column))) {
                    g_a[row * n + column] = half * (s[row * n + column] + s[column * n + row]);
                }
            }
        });
    }

    fn flops(&self, x: &[Shape]) -> Flops {
        let (count, n) = matrices(x[0]);
        Flops::new(count * n * n * n / 3, 4 * count * n * n * n)
    }

    fn sample(draw: &mut Draw) -> Sample<Self> {
        let (stack, n) = (draw.broadcasts_to(Shape::new(&[2, 3])), draw.size());
        let mut a = dominant(draw, stack, n, 0).mapv(f64::abs);
        // Half of the samples are symmetric.
        if draw.coin() {
            let mut flipped = a.clone();
            flipped.swap_axes(stack.rank(), stack.rank() + 1);
            a = (&a + &flipped) / 2.0;
        }
        Sample::new(Self, [a])
    }
}

/// Writes the factor of `(a + aᵀ) / 2` to `l`; stops at the first pivot that is `refused`, and gives it with its place.
fn factor<T: Real>(n: usize, a: &[T], l: &mut [T], refused: impl Fn(usize, T) -> bool) -> Option<(usize, T)> {
    let half = T::from_f64(0.5);
    l.fill(T::ZERO);
    for k in 0..n {
        let before: T = (0..k).map(|j| l[k * n + j] * l[k * n + j]).sum();
        let pivot = a[k * n + k] - before;
        if refused(k, pivot) {
            return Some((k, pivot));
        }
        let root = pivot.sqrt();
        l[k * n + k] = root;
        for i in k + 1..n {
            let before: T = (0..k).map(|j| l[i * n + j] * l[k * n + j]).sum();
            l[i * n + k] = (half * (a[i * n + k] + a[k * n + i]) - before) / root;
        }
    }
    None
}

/// `s = L⁻ᵀ s`, in place.
fn solve_from_left<T: Real>(n: usize, l: &[T], s: &mut [T]) {
    for i in (0..n).rev() {
        (i + 1..n).for_each(|k| subtract_row(s, n, i, k, l[k * n + i]));
        s[i * n..][..n].iter_mut().for_each(|s| *s /= l[i * n + i]);
    }
}

/// `s = s L⁻¹`, in place.
fn solve_from_right<T: Real>(n: usize, l: &[T], s: &mut [T]) {
    for row in s.chunks_exact_mut(n.max(1)) {
        for j in (0..n).rev() {
            let after: T = (j + 1..n).map(|k| row[k] * l[k * n + j]).sum();
            row[j] = (row[j] - after) / l[j * n + j];
        }
    }
}
