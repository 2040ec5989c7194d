//! The logarithm of the size of the determinant, `log |det a|`.
//!
//! The determinant is linear in each entry: `∂ det a / ∂ a_ij` is the cofactor, which is `det a · (a⁻¹)_ji`. So
//! `∂ log|det a| / ∂ a_ij = (a⁻¹)_ji`, and `g_a = g_y a⁻ᵀ`.
//! **Shapes**: `a: [.., N, N]` → `y: [..]`. Cost: `2/3 N³` a matrix forward, `2 N³` backward.
//! The notes are the factors of each matrix.
//! Subtle: the determinant itself of some hundred rows leaves the range of the numbers, its logarithm does not; and its
//! sign is not in the result: of a covariance it is positive, in a change of variables only the size counts.
//! Source: Giles, "Collected matrix derivative results for forward and reverse mode algorithmic differentiation"
//! (2008), section 2.2.4; Petersen & Pedersen, "The Matrix Cookbook" (2012), equation 57.

use super::factors::{Factors, factors_len, identity, matrices, refuse_singular, square, well_conditioned};
use crate::op::prelude::*;
use crate::ops::scratch::with_scratch;

/// The op of [`Var::logdet`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Logdet;

impl<'t> Var<'t> {
    /// `log |det|` of a square matrix, or of each matrix of a stack.
    ///
    /// ```
    /// use ndarray::array;
    /// use tapegrad_autograd::Tape;
    /// let tape = Tape::<f64>::new();
    /// let a = tape.input("a", array![[2.0, 1.0], [0.0, 4.0]]);
    /// let y = a.logdet();
    /// assert_eq!(tape.number(y), 2.0_f64.ln() + 4.0_f64.ln());
    /// assert_eq!(tape.backward(y).of(a), array![[0.5, 0.0], [-0.125, 0.25]].into_dyn());
    /// ```
    ///
    /// **Panics** if a matrix is not square, or singular.
    #[track_caller]
    pub fn logdet(self) -> Var<'t> {
        Var::record(Logdet, &[self])
    }
}

impl Op for Logdet {
    const NAME: &'static str = "logdet";
    const MEANING: &'static str = "The logarithm of the size of the determinant, log |det a|.";
    const SHAPES: &'static str = "[.., N, N] -> [..]";
    const WORDS: &'static [Word] = &[Word::own(
        "logdet",
        "logdet(A)",
        "the last two axes of A have one size, and are removed",
        "l = logdet(A)",
    )];
    const FORWARD: Equations = &[("y", "logdet(a)")];
    const BACKWARD: Equations = &[("g_a", "g_y * inverse(a).T")];
    const OPERANDS: &'static [Operand] = &[Operand::real("a", "square matrices, none of them singular")];
    const KEEPS: Keeps = Keeps::NOTHING;

    attributes! {}

    fn shape(&self, x: &[Shape]) -> Result<Shape, ShapeError> {
        square(x[0])?;
        Ok(x[0].iter().take(x[0].rank() - 2).collect())
    }

    fn notes(&self, x: &[Shape]) -> usize {
        let (count, n) = matrices(x[0]);
        count * factors_len(n)
    }

    fn admits<T: Real>(&self, x: Inputs<'_, T>) -> Result<(), ValueError> {
        refuse_singular(Self::NAME, x)
    }

    fn forward<T: Real>(&self, x: Inputs<'_, T>, y: &mut [T], notes: &mut [T]) {
        let n = x.shape(0).last();
        for (matrix, y) in y.iter_mut().enumerate() {
            let room = &mut notes[matrix * factors_len(n)..][..factors_len(n)];
            let factors = Factors::of(n, &x[0][matrix * n * n..][..n * n], room);
            *y = factors.pivots().map(|pivot| pivot.abs().ln()).sum();
        }
    }

    fn backward<T: Real>(&self, at: Saved<'_, T>, g_y: &[T], g_x: &mut InGradients<'_, T>) {
        let Some(g_a) = g_x.get(0) else { return };
        let n = at.x.shape(0).last();
        with_scratch(2 * n * n, |scratch| {
            let (ones, room) = scratch.split_at_mut(n * n);
            identity(n, ones);
            for (matrix, &g_y) in g_y.iter().enumerate() {
                let g_a = &mut g_a[matrix * n * n..][..n * n];
                let factors = Factors::in_room(n, &at.notes[matrix * factors_len(n)..]);
                factors.solve_transposed(n, ones, g_a, room);
                g_a.iter_mut().for_each(|g_a| *g_a *= g_y);
            }
        });
    }

    fn flops(&self, x: &[Shape]) -> Flops {
        let (count, n) = matrices(x[0]);
        Flops::new(2 * count * n * n * n / 3, 2 * count * n * n * n)
    }

    fn sample(draw: &mut Draw) -> Sample<Self> {
        let (stack, n) = (draw.broadcasts_to(Shape::new(&[2, 3])), draw.size());
        Sample::new(Self, [well_conditioned(draw, stack, n)])
    }
}
