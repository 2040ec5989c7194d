//! The smallest entry over one or more axes.
//!
//! `y = min_i a_i` is one of the entries, and that one receives the upstream gradient. **Ties**: if `n` entries are the
//! smallest, each receives `1/n`, so that the result does not depend on their order; with two entries this agrees with
//! [`minimum`](super::minimum()). How many tie is noted in forward.
//! The smallest of no entries does not exist: an error. A NaN makes its result a NaN.
//! **Shapes**: `a` → `a` without the axes. Cost: one comparison an entry. Source: the definition.

use super::reduction::{accumulate, count_ties, draw_nonempty, reduced_nonempty, share_among_ties};
use crate::op::prelude::*;

/// The smallest entry over a set of axes, which are removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Min {
    /// The axes that are reduced away.
    pub over: Axes,
}

impl<'t> Var<'t> {
    /// The smallest of all entries; a tie shares the gradient in equal parts.
    ///
    /// **Panics** if there are no entries.
    #[track_caller]
    pub fn min(self) -> Var<'t> {
        Var::record(Min { over: Axes::ALL }, &[self])
    }

    /// The smallest entry over these axes, which are removed; -1 is the last axis.
    ///
    /// ```
    /// use ndarray::array;
    /// use tapegrad_autograd::Tape;
    /// let tape = Tape::<f64>::new();
    /// let a = tape.input("a", array![[1.0, 7.0, 2.0], [5.0, 4.0, 5.0]]);
    /// let y = a.min_over(&[-1]);
    /// assert_eq!(tape.value(y), array![1.0, 4.0].into_dyn());
    /// let g_a = tape.backward(y.sum()).of(a);
    /// assert_eq!(g_a, array![[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]].into_dyn());
    /// ```
    ///
    /// **Panics** if there is nothing to reduce.
    #[track_caller]
    pub fn min_over(self, axes: &[isize]) -> Var<'t> {
        Var::record(Min { over: self.axes(axes) }, &[self])
    }
}

impl Op for Min {
    const NAME: &'static str = "min";
    const MEANING: &'static str = "The smallest entry over one or more axes.";
    const SHAPES: &'static str = "[..] -> [..] without the axes";
    const WORDS: &'static [Word] = &[Word::reduction("min")];
    const FORWARD: Equations = &[("y", "min(i: a[i])")];
    const BACKWARD: Equations = &[("g_a", "if a == y then g_y / sum(if a == y then 1 else 0, over i) else 0")];
    const OPERANDS: &'static [Operand] = &[Operand::real("a", "numbers")];
    const KEEPS: Keeps = Keeps::INPUTS.and_output();

    attributes! {
        over: Axes, "the axes that are removed";
    }

    fn shape(&self, x: &[Shape]) -> Result<Shape, ShapeError> {
        reduced_nonempty(self.over, x[0], "the smallest")
    }

    fn notes(&self, x: &[Shape]) -> usize {
        self.over.removed_from(x[0]).len()
    }

    fn forward<T: Real>(&self, x: Inputs<'_, T>, y: &mut [T], ties: &mut [T]) {
        y.fill(-T::minus_infinity());
        accumulate(self.over, x.shape(0), &x[0], y, T::minimum);
        count_ties(self.over, x.shape(0), &x[0], y, ties);
    }

    fn backward<T: Real>(&self, at: Saved<'_, T>, g_y: &[T], g_x: &mut InGradients<'_, T>) {
        let Some(g_a) = g_x.get(0) else { return };
        share_among_ties(self.over, &at, g_y, g_a);
    }

    fn flops(&self, x: &[Shape]) -> Flops {
        Flops::new(2 * x[0].len(), 2 * x[0].len())
    }

    fn sample(draw: &mut Draw) -> Sample<Self> {
        let (a, over) = draw_nonempty(draw);
        Sample::new(Self { over }, [draw.distinct(a)])
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, array};

    use crate::Tape;

    #[test]
    fn equal_entries_share_the_gradient_in_equal_parts() {
        let tape = Tape::<f64>::new();
        let a = tape.input("a", array![2.0, 2.0, 2.0, 2.0]);
        assert_eq!(tape.backward(3.0 * a.min()).of(a), array![0.75, 0.75, 0.75, 0.75].into_dyn());
    }

    #[test]
    fn a_nan_makes_the_result_a_nan() {
        let tape = Tape::<f64>::new();
        let a = tape.input("a", array![1.0, f64::NAN, 2.0]);
        assert!(tape.number(a.min()).is_nan());
    }

    #[test]
    fn an_empty_axis_may_stay_but_not_be_reduced() {
        let tape = Tape::<f64>::new();
        let a = tape.input("a", Array2::zeros((0, 3)));
        assert_eq!(a.min_over(&[1]).shape().to_vec(), [0]);
    }

    #[test]
    #[should_panic(expected = "the smallest of no entries does not exist")]
    fn the_smallest_of_nothing_is_an_error() {
        let tape = Tape::<f64>::new();
        tape.input("a", Array2::zeros((0, 3))).min_over(&[0]);
    }
}
