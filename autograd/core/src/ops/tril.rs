//! The lower triangle of a matrix: its entries on and below the diagonal, and 0 above it.
//!
//! Each entry of the result is one of `x` or 0, so its gradient goes back to the same place, and to no other.
//! With `below = d` the triangle begins `d` places below the diagonal: `d = 1` leaves the diagonal out as well.
//! **Shapes**: `x: [.., N, M]` → the same. Cost: no arithmetic.
//! Source: the factor of a covariance, `Σ = L Lᵀ`, whose parameters are a lower triangle; deck S1, the causal mask.

use crate::op::prelude::*;

/// The op of [`Var::tril`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tril {
    /// How many places below the diagonal the triangle begins.
    pub below: usize,
}

impl<'t> Var<'t> {
    /// The entries on and below the diagonal of a matrix, or of each matrix of a stack; 0 above it.
    ///
    /// ```
    /// use ndarray::array;
    /// use tapegrad_autograd::Tape;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.input("x", array![[1.0, 2.0], [3.0, 4.0]]);
    /// assert_eq!(tape.value(x.tril()), array![[1.0, 0.0], [3.0, 4.0]].into_dyn());
    /// ```
    #[track_caller]
    pub fn tril(self) -> Var<'t> {
        Var::record(Tril { below: 0 }, &[self])
    }
}

impl Op for Tril {
    const NAME: &'static str = "tril";
    const MEANING: &'static str = "The lower triangle of a matrix: its entries on and below the diagonal, 0 above.";
    const SHAPES: &'static str = "[.., N, M] -> [.., N, M]";
    const WORDS: &'static [Word] = &[Word::own(
        "tril",
        "tril(A)",
        "the result has the axes of A; the last two are rows and columns",
        "L = tril(A)",
    )
    .with(&[("below", 0.0)])];
    const FORWARD: Equations = &[("y[i, j]", "if j + below <= i then x[i, j] else 0")];
    const BACKWARD: Equations = &[("g_x", "engine.tril(g_y, below => [below])")];
    const OPERANDS: &'static [Operand] = &[Operand::real("x", "matrices")];
    const KEEPS: Keeps = Keeps::NOTHING;

    attributes! {
        below: usize, "how many places below the diagonal the triangle begins";
    }

    fn shape(&self, x: &[Shape]) -> Result<Shape, ShapeError> {
        if x[0].rank() < 2 {
            return Err(ShapeError::new(format!("x needs rows and columns; {} is no matrix", x[0])));
        }
        Ok(x[0])
    }

    fn forward<T: Real>(&self, x: Inputs<'_, T>, y: &mut [T], _: &mut [T]) {
        self.copy(x.shape(0), &x[0], y);
    }

    fn backward<T: Real>(&self, at: Saved<'_, T>, g_y: &[T], g_x: &mut InGradients<'_, T>) {
        if let Some(g_x) = g_x.get(0) {
            self.copy(at.y_shape, g_y, g_x);
        }
    }

    fn flops(&self, _: &[Shape]) -> Flops {
        Flops::NONE
    }

    fn sample(draw: &mut Draw) -> Sample<Self> {
        let stack = draw.broadcasts_to(Shape::new(&[2, 3]));
        let x: Shape = stack.iter().chain([draw.size(), draw.size()]).collect();
        Sample::new(Self { below: draw.below(3) }, [draw.normal(x)])
    }
}

impl Tril {
    fn copy<T: Real>(&self, shape: Shape, from: &[T], to: &mut [T]) {
        let (rows, columns) = (shape.size(shape.rank() - 2).max(1), shape.last().max(1));
        for (row, (from, to)) in from.chunks_exact(columns).zip(to.chunks_exact_mut(columns)).enumerate() {
            let kept = (row % rows + 1).saturating_sub(self.below).min(columns);
            to[..kept].copy_from_slice(&from[..kept]);
            to[kept..].fill(T::ZERO);
        }
    }
}
