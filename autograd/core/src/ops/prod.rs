//! The product over one or more axes.
//!
//! `y = Π_j a_j` has `∂y/∂a_i = Π_{j≠i} a_j`, the product of the others. Writing it as `y / a_i` would be `0 / 0` as
//! soon as an entry is 0, so backward multiplies what stands before `a_i` by what stands after it: one pass in each
//! direction. With one 0 among the entries only that entry has a gradient, with two nobody has. The product of no
//! entries is 1. **Shapes**: `a` → `a` without the axes. Cost: one multiplication an entry. Source: the product rule.

use super::reduction::{accumulate, group, reduced};
use crate::op::prelude::*;

/// The product over a set of axes, which are removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prod {
    /// The axes that are reduced away.
    pub over: Axes,
}

impl<'t> Var<'t> {
    /// The product of all entries.
    #[track_caller]
    pub fn prod(self) -> Var<'t> {
        Var::record(Prod { over: Axes::ALL }, &[self])
    }

    /// The product over these axes, which are removed; -1 is the last axis.
    ///
    /// ```
    /// use ndarray::array;
    /// use tapegrad_autograd::Tape;
    /// let tape = Tape::<f64>::new();
    /// let a = tape.input("a", array![[2.0, 3.0, 4.0], [5.0, 0.0, 6.0]]);
    /// let y = a.prod_over(&[-1]);
    /// assert_eq!(tape.value(y), array![24.0, 0.0].into_dyn());
    /// let g_a = tape.backward(y.sum()).of(a);
    /// assert_eq!(g_a, array![[12.0, 8.0, 6.0], [0.0, 30.0, 0.0]].into_dyn());
    /// ```
    #[track_caller]
    pub fn prod_over(self, axes: &[isize]) -> Var<'t> {
        Var::record(Prod { over: self.axes(axes) }, &[self])
    }
}

impl Op for Prod {
    const NAME: &'static str = "prod";
    const MEANING: &'static str = "The product over one or more axes.";
    const SHAPES: &'static str = "[..] -> [..] without the axes";
    const WORDS: &'static [Word] = &[Word::reduction("prod")];
    const FORWARD: Equations = &[("y", "prod(i: a[i])")];
    const BACKWARD: Equations = &[("g_a[i]", "g_y * prod(j: if j == i then 1 else a[j])")];
    const OPERANDS: &'static [Operand] = &[Operand::real("a", "factors")];
    const KEEPS: Keeps = Keeps::INPUTS;

    attributes! {
        over: Axes, "the axes that are removed";
    }

    fn shape(&self, x: &[Shape]) -> Result<Shape, ShapeError> {
        reduced(self.over, x[0])
    }

    fn forward<T: Real>(&self, x: Inputs<'_, T>, y: &mut [T], _: &mut [T]) {
        y.fill(T::ONE);
        accumulate(self.over, x.shape(0), &x[0], y, |y, a| y * a);
    }

    fn backward<T: Real>(&self, at: Saved<'_, T>, g_y: &[T], g_x: &mut InGradients<'_, T>) {
        let Some(g_a) = g_x.get(0) else { return };
        let a = &at.x[0];
        for (i_y, &g_y) in g_y.iter().enumerate() {
            let entries = group(self.over, at.x.shape(0), i_y);
            let mut before = T::ONE;
            for i in entries.clone() {
                g_a[i] = g_y * before;
                before *= a[i];
            }
            let mut after = T::ONE;
            for i in entries.rev() {
                g_a[i] *= after;
                after *= a[i];
            }
        }
    }

    fn flops(&self, x: &[Shape]) -> Flops {
        Flops::new(x[0].len(), 4 * x[0].len())
    }

    fn sample(draw: &mut Draw) -> Sample<Self> {
        let a = draw.shape();
        let over = draw.axes(a);
        // About one entry in eight is 0; the others are of size 0.5 to 1.5, so that long products stay moderate.
        let zero = draw.ids(a, 8).mapv(|k| if k == 0.0 { 0.0 } else { 1.0 });
        let sign = draw.mask(a).mapv(|m| 2.0 * m - 1.0);
        Sample::new(Self { over }, [draw.between(a, 0.5, 1.5) * sign * zero])
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{Array1, array};

    use crate::Tape;

    #[test]
    fn one_zero_has_all_the_gradient_and_of_two_zeros_none() {
        let tape = Tape::<f64>::new();
        let a = tape.input("a", array![[0.0, 2.0, 3.0], [0.0, 0.0, 3.0]]);
        let g_a = tape.backward(a.prod_over(&[1]).sum()).of(a);
        assert_eq!(g_a, array![[6.0, 0.0, 0.0], [0.0, 0.0, 0.0]].into_dyn());
    }

    #[test]
    fn the_product_of_no_entries_is_one() {
        let tape = Tape::<f64>::new();
        let a = tape.input("a", Array1::zeros(0));
        assert_eq!(tape.number(a.prod()), 1.0);
    }
}
