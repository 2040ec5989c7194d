//! The inverse of a square matrix, or of each matrix of a stack.
//!
//! `a y = I`. A small step `da` changes `y` so that `da y + a dy = 0`, hence `dy = -y da y`; in the loss this is
//! `Σ g_y ∘ dy = -tr(g_yᵀ y da y) = Σ (-yᵀ g_y yᵀ) ∘ da`, so `g_a = -yᵀ g_y yᵀ`, from the result alone.
//! **Shapes**: `a: [.., N, N]` → the same. Cost: about `2 N³` a matrix forward, `4 N³` backward.
//! Subtle: `inverse(a) @ b` costs more and is less accurate than `solve(a, b)`.
//! Source: Giles, "Collected matrix derivative results for forward and reverse mode algorithmic differentiation"
//! (2008), section 2.2.3.

use super::factors::{Factors, factors_len, identity, matrices, refuse_singular, square, well_conditioned};
use crate::kernels::Gemm;
use crate::op::prelude::*;
use crate::ops::scratch::with_scratch;

/// The op of [`Var::inverse`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inverse;

impl<'t> Var<'t> {
    /// The inverse of a square matrix, or of each matrix of a stack.
    ///
    /// ```
    /// use ndarray::array;
    /// use tapegrad_autograd::Tape;
    /// let tape = Tape::<f64>::new();
    /// let a = tape.input("a", array![[2.0, 0.0], [0.0, 4.0]]);
    /// assert_eq!(tape.value(a.inverse()), array![[0.5, 0.0], [0.0, 0.25]].into_dyn());
    /// ```
    ///
    /// **Panics** if a matrix is not square, or singular.
    #[track_caller]
    pub fn inverse(self) -> Var<'t> {
        Var::record(Inverse, &[self])
    }
}

impl Op for Inverse {
    const NAME: &'static str = "inverse";
    const MEANING: &'static str = "The inverse of a square matrix, or of each matrix of a stack.";
    const SHAPES: &'static str = "[.., N, N] -> [.., N, N]";
    const WORDS: &'static [Word] = &[Word::own(
        "inverse",
        "inverse(A)",
        "the last two axes of A have one size; the result has them in the other order, so that A @ inverse(A) exists",
        "W = inverse(A)",
    )];
    const FORWARD: Equations = &[("y", "inverse(a)")];
    const BACKWARD: Equations = &[("g_a", "-(y.T @ g_y @ y.T)")];
    const OPERANDS: &'static [Operand] = &[Operand::real("a", "square matrices, none of them singular")];
    const KEEPS: Keeps = Keeps::OUTPUT;

    attributes! {}

    fn shape(&self, x: &[Shape]) -> Result<Shape, ShapeError> {
        square(x[0])?;
        Ok(x[0])
    }

    fn admits<T: Real>(&self, x: Inputs<'_, T>) -> Result<(), ValueError> {
        refuse_singular(Self::NAME, x)
    }

    fn forward<T: Real>(&self, x: Inputs<'_, T>, y: &mut [T], _: &mut [T]) {
        let (count, n) = matrices(x.shape(0));
        with_scratch(n * n + factors_len(n), |scratch| {
            let (ones, room) = scratch.split_at_mut(n * n);
            identity(n, ones);
            for at in (0..count).map(|matrix| matrix * n * n) {
                Factors::of(n, &x[0][at..][..n * n], room).solve(n, ones, &mut y[at..][..n * n]);
            }
        });
    }

    fn backward<T: Real>(&self, at: Saved<'_, T>, g_y: &[T], g_x: &mut InGradients<'_, T>) {
        let Some(g_a) = g_x.get(0) else { return };
        let (count, n) = matrices(at.y_shape);
        with_scratch(n * n, |left| {
            for i in (0..count).map(|matrix| matrix * n * n) {
                let (y, g_y, g_a) = (&at.y[i..][..n * n], &g_y[i..][..n * n], &mut g_a[i..][..n * n]);
                T::gemm(Gemm::new(n, n, n).a_transposed(), y, g_y, left);
                T::gemm(Gemm::new(n, n, n).b_transposed(), left, y, g_a);
                g_a.iter_mut().for_each(|g_a| *g_a = -*g_a);
            }
        });
    }

    fn flops(&self, x: &[Shape]) -> Flops {
        let (count, n) = matrices(x[0]);
        Flops::new(2 * count * n * n * n, 4 * count * n * n * n)
    }

    fn sample(draw: &mut Draw) -> Sample<Self> {
        let (stack, n) = (draw.broadcasts_to(Shape::new(&[2, 3])), draw.size());
        Sample::new(Self, [well_conditioned(draw, stack, n)])
    }
}
