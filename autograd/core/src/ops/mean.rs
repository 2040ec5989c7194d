//! The mean over one or more axes.
//!
//! `y = (Σ_i a_i) / n` over `n` entries has `∂y/∂a_i = 1/n`, so every entry receives that part of the upstream
//! gradient. The mean of no entries does not exist: an error. **Shapes**: `a` → `a` without the axes. Cost: one
//! addition an entry.
//! Source: deck S4, layer norm, `μ = 1/K Σ_k a_k`.

use super::Sum;
use super::reduction::{draw_nonempty, reduced_nonempty, sum_into, walk};
use crate::op::prelude::*;

/// The mean over a set of axes, which are removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mean {
    /// The axes that are reduced away.
    pub over: Axes,
}

impl<'t> Var<'t> {
    /// The mean of all entries.
    ///
    /// **Panics** if there are no entries.
    #[track_caller]
    pub fn mean(self) -> Var<'t> {
        Var::record(Mean { over: Axes::ALL }, &[self])
    }

    /// The mean over these axes, which are removed; -1 is the last axis.
    ///
    /// ```
    /// use ndarray::array;
    /// use tapegrad_autograd::Tape;
    /// let tape = Tape::<f64>::new();
    /// let a = tape.input("a", array![[1.0, 3.0], [5.0, 9.0]]);
    /// let y = a.mean_over(&[-1]);
    /// assert_eq!(tape.value(y), array![2.0, 7.0].into_dyn());
    /// assert_eq!(tape.backward(y.sum()).of(a), array![[0.5, 0.5], [0.5, 0.5]].into_dyn());
    /// ```
    ///
    /// **Panics** if there is nothing to reduce.
    #[track_caller]
    pub fn mean_over(self, axes: &[isize]) -> Var<'t> {
        Var::record(Mean { over: self.axes(axes) }, &[self])
    }
}

impl Op for Mean {
    const NAME: &'static str = "mean";
    const MEANING: &'static str = "The mean over one or more axes.";
    const SHAPES: &'static str = "[..] -> [..] without the axes";
    const WORDS: &'static [Word] = &[Word::reduction("mean"), Word::own("var", "var(x, over k)", "the named axes are removed: the mean of the squared distances from the mean", "v = var(X, over D)")];
    const FORWARD: Equations = &[("y", "mean(a, over i)")];
    const BACKWARD: Equations = &[("g_a", "broadcast(g_y / n, over i)")];
    const OPERANDS: &'static [Operand] = &[Operand::real("a", "numbers")];
    const KEEPS: Keeps = Keeps::NOTHING;

    attributes! {
        over: Axes, "the axes that are removed";
    }

    fn expanded<'t>(&self, x: &[Var<'t>]) -> Option<Var<'t>> {
        let total = Var::record(Sum { over: self.over }, x);
        Some(total / self.over.count_in(x[0].shape()) as f64)
    }

    fn shape(&self, x: &[Shape]) -> Result<Shape, ShapeError> {
        reduced_nonempty(self.over, x[0], "the mean")
    }

    fn forward<T: Real>(&self, x: Inputs<'_, T>, y: &mut [T], _: &mut [T]) {
        let n = T::from_count(self.over.count_in(x.shape(0)));
        sum_into(self.over, x.shape(0), &x[0], y);
        for y in y {
            *y /= n;
        }
    }

    fn backward<T: Real>(&self, at: Saved<'_, T>, g_y: &[T], g_x: &mut InGradients<'_, T>) {
        let Some(g_a) = g_x.get(0) else { return };
        let n = T::from_count(self.over.count_in(at.x.shape(0)));
        walk(self.over, at.x.shape(0), |i, o| g_a[i] = g_y[o] / n);
    }

    fn flops(&self, x: &[Shape]) -> Flops {
        Flops::new(x[0].len() + self.over.removed_from(x[0]).len(), x[0].len())
    }

    fn sample(draw: &mut Draw) -> Sample<Self> {
        let (a, over) = draw_nonempty(draw);
        Sample::new(Self { over }, [draw.normal(a)])
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use crate::Tape;

    #[test]
    #[should_panic(expected = "the mean of no entries does not exist, and [0, 3] has an axis of size 0")]
    fn the_mean_of_nothing_is_an_error() {
        let tape = Tape::<f64>::new();
        tape.input("a", Array2::zeros((0, 3))).mean();
    }
}
