//! The solution of a system of linear equations, `a x = b`.
//!
//! `x = a⁻¹ b`, without the inverse. A small step changes it so that `da x + a dx = db`, hence
//! `dx = a⁻¹ (db - da x)`; in the loss this is `Σ g_x ∘ dx = Σ (a⁻ᵀ g_x) ∘ (db - da x)`, so
//! 1. `g_b = a⁻ᵀ g_x`, one more system, with the transposed matrix and the same factors;
//! 2. `g_a = -g_b xᵀ`.
//!
//! **Shapes**: `a: [.., N, N]`, `b: [.., N, M]` for `M` right sides, or `[.., N]` for one → `x` as `b`.
//! Cost: `2/3 N³ + 2 N² M` a matrix forward, `4 N² M` backward. The notes are the factors of each matrix.
//! Source: Giles, "Collected matrix derivative results for forward and reverse mode algorithmic differentiation"
//! (2008), section 2.3.1.

use super::factors::{Factors, factors_len, matrices, refuse_singular, square, well_conditioned};
use crate::kernels::Gemm;
use crate::op::prelude::*;
use crate::ops::scratch::with_scratch;

/// The op of [`Var::solve`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Solve;

impl<'t> Var<'t> {
    /// The `x` with `self · x = b`; `b` has a column for each system, or is one vector.
    ///
    /// ```
    /// use ndarray::array;
    /// use tapegrad_autograd::Tape;
    /// let tape = Tape::<f64>::new();
    /// let a = tape.input("a", array![[2.0, 0.0], [0.0, 4.0]]);
    /// let b = tape.input("b", array![2.0, 2.0]);
    /// assert_eq!(tape.value(a.solve(b)), array![1.0, 0.5].into_dyn());
    /// ```
    ///
    /// **Panics** if the shapes do not fit, or a matrix is singular.
    #[track_caller]
    pub fn solve(self, b: Var<'t>) -> Var<'t> {
        Var::record(Solve, &[self, b])
    }
}

impl Op for Solve {
    const NAME: &'static str = "solve";
    const MEANING: &'static str = "The solution x of a system of linear equations, a x = b.";
    const SHAPES: &'static str = "[.., N, N], [.., N, M] or [.., N] -> [.., N, M] or [.., N]";
    const WORDS: &'static [Word] = &[Word::own(
        "solve",
        "solve(A, b)",
        "A @ solve(A, b) is b: the first axis of A is that of b, and the result has the last axis of A instead",
        "x = solve(A, b)",
    )];
    const FORWARD: Equations = &[("x", "solve(a, b)")];
    const BACKWARD: Equations = &[("g_b", "solve(a.T, g_x)"), ("g_a", "-(g_b @ x.T)")];
    const OPERANDS: &'static [Operand] = &[
        Operand::real("a", "square matrices, none of them singular"),
        Operand::real("b", "right sides: a column for each, or one vector"),
    ];
    const KEEPS: Keeps = Keeps::OUTPUT;

    attributes! {}

    fn shape(&self, x: &[Shape]) -> Result<Shape, ShapeError> {
        let [a, b] = [x[0], x[1]];
        square(a)?;
        let rows: Shape = a.iter().take(a.rank() - 1).collect();
        let of_b: Shape = b.iter().take(rows.rank()).collect();
        if b.rank() < rows.rank() || b.rank() > a.rank() || rows != of_b {
            return Err(ShapeError::new(format!(
                "a is {a}, so b needs the axes {rows} for one right side, or one more at the end for several; b is {b}"
            )));
        }
        Ok(b)
    }

    fn notes(&self, x: &[Shape]) -> usize {
        let (count, n) = matrices(x[0]);
        count * factors_len(n)
    }

    fn admits<T: Real>(&self, x: Inputs<'_, T>) -> Result<(), ValueError> {
        refuse_singular(Self::NAME, x)
    }

    fn forward<T: Real>(&self, x: Inputs<'_, T>, y: &mut [T], notes: &mut [T]) {
        let ((count, n), m) = (matrices(x.shape(0)), right_sides(x.shapes()));
        for matrix in 0..count {
            let (at, here) = (matrix * n * n, matrix * n * m);
            let room = &mut notes[matrix * factors_len(n)..][..factors_len(n)];
            let factors = Factors::of(n, &x[0][at..][..n * n], room);
            factors.solve(m, &x[1][here..][..n * m], &mut y[here..][..n * m]);
        }
    }

    fn backward<T: Real>(&self, at: Saved<'_, T>, g_y: &[T], g_x: &mut InGradients<'_, T>) {
        let ((count, n), m) = (matrices(at.x.shape(0)), right_sides(at.x.shapes()));
        let [mut g_a, mut g_b] = g_x.each();
        with_scratch(2 * n * m, |scratch| {
            let (own, room) = scratch.split_at_mut(n * m);
            for matrix in 0..count {
                let here = matrix * n * m;
                let factors = Factors::in_room(n, &at.notes[matrix * factors_len(n)..]);
                factors.solve_transposed(m, &g_y[here..][..n * m], own, room);
                if let Some(g_b) = &mut g_b {
                    g_b[here..][..n * m].copy_from_slice(own);
                }
                if let Some(g_a) = &mut g_a {
                    let g_a = &mut g_a[matrix * n * n..][..n * n];
                    T::gemm(Gemm::new(n, m, n).b_transposed(), own, &at.y[here..][..n * m], g_a);
                    g_a.iter_mut().for_each(|g_a| *g_a = -*g_a);
                }
            }
        });
    }

    fn flops(&self, x: &[Shape]) -> Flops {
        let ((count, n), m) = (matrices(x[0]), right_sides(x));
        Flops::new(count * (2 * n * n * n / 3 + 2 * n * n * m), 4 * count * n * n * m)
    }

    fn sample(draw: &mut Draw) -> Sample<Self> {
        let (stack, n) = (draw.broadcasts_to(Shape::new(&[2, 3])), draw.size());
        let columns = draw.coin().then(|| draw.size());
        let b: Shape = stack.iter().chain([n]).chain(columns).collect();
        Sample::new(Self, [well_conditioned(draw, stack, n), draw.normal(b)])
    }
}

/// How many right sides each matrix has.
fn right_sides(x: &[Shape]) -> usize {
    if x[1].rank() < x[0].rank() { 1 } else { x[1].last() }
}
