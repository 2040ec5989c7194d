//! The logarithm of a sum of exponentials, over one or more axes: a sum of probabilities that stays in logarithms.
//!
//! With `y = log Σ_j e^(a_j)`: `∂y/∂a_i = e^(a_i) / Σ_j e^(a_j) = e^(a_i - y)`, the softmax of `a`.
//! Forward takes the largest entry `m` out, `y = m + log Σ_j e^(a_j - m)`, so that no exponential overflows and one of
//! them is 1. An entry of `-∞` counts for nothing and has the slope 0. If all entries are `-∞`, or there are none,
//! `y = log 0 = -∞`, a probability of 0, with all slopes 0.
//! **Shapes**: `a` → `a` without the axes. Cost: 4 operations an entry.
//! Source: deck S1, the softmax of the output layer.

use super::Sum;
use crate::kernels::log_of_total;
use super::reduction::{group, reduced, walk};
use crate::op::prelude::*;

/// The logarithm of the sum of exponentials over a set of axes, which are removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Logsumexp {
    /// The axes that are reduced away.
    pub over: Axes,
}

impl<'t> Var<'t> {
    /// The logarithm of the sum of the exponentials of all entries.
    #[track_caller]
    pub fn logsumexp(self) -> Var<'t> {
        Var::record(Logsumexp { over: Axes::ALL }, &[self])
    }

    /// The same over these axes, which are removed; -1 is the last axis.
    ///
    /// ```
    /// use ndarray::array;
    /// use tapegrad_autograd::Tape;
    /// let tape = Tape::<f64>::new();
    /// let a = tape.input("a", array![[1000.0, 1000.0], [0.0, f64::NEG_INFINITY]]);
    /// let y = a.logsumexp_over(&[-1]);
    /// assert_eq!(tape.value(y), array![1000.0 + 2.0_f64.ln(), 0.0].into_dyn());
    /// let g_a = tape.backward(y.sum()).of(a);
    /// assert!((&g_a - &array![[0.5, 0.5], [1.0, 0.0]]).iter().all(|error| error.abs() < 1e-12));
    /// ```
    #[track_caller]
    pub fn logsumexp_over(self, axes: &[isize]) -> Var<'t> {
        Var::record(Logsumexp { over: self.axes(axes) }, &[self])
    }
}

impl Op for Logsumexp {
    const NAME: &'static str = "logsumexp";
    const MEANING: &'static str = "The logarithm of a sum of exponentials, over one or more axes: a sum of probabilities that stays in logarithms.";
    const SHAPES: &'static str = "[..] -> [..] without the axes";
    const WORDS: &'static [Word] = &[Word::reduction("logsumexp")];
    const FORWARD: Equations = &[("y", "log(sum(exp(a), over i))")];
    const BACKWARD: Equations = &[("g_a", "g_y * exp(a - y)")];
    const OPERANDS: &'static [Operand] = &[Operand::real("a", "logits")];
    const KEEPS: Keeps = Keeps::INPUTS.and_output();

    attributes! {
        over: Axes, "the axes that are removed";
    }

    fn expanded<'t>(&self, x: &[Var<'t>]) -> Option<Var<'t>> {
        let total = Var::record(Sum { over: self.over }, &[super::exp(x[0])]);
        Some(super::log(total))
    }

    fn shape(&self, x: &[Shape]) -> Result<Shape, ShapeError> {
        reduced(self.over, x[0])
    }

    fn forward<T: Real>(&self, x: Inputs<'_, T>, y: &mut [T], _: &mut [T]) {
        let a = &x[0];
        for (i_y, y) in y.iter_mut().enumerate() {
            let entries = group(self.over, x.shape(0), i_y).map(|i| a[i]);
            let largest = entries.clone().fold(T::minus_infinity(), T::maximum);
            // An infinity is not taken out: ∞ - ∞ is a NaN, and e^-∞ = 0 needs no help.
            let m = if largest.to_f64().is_infinite() { T::ZERO } else { largest };
            *y = m + log_of_total(entries, m);
        }
    }

    fn backward<T: Real>(&self, at: Saved<'_, T>, g_y: &[T], g_x: &mut InGradients<'_, T>) {
        let Some(g_a) = g_x.get(0) else { return };
        let a = &at.x[0];
        walk(self.over, at.x.shape(0), |i, o| {
            let counts = a[i] != T::minus_infinity();
            g_a[i] = if counts { g_y[o] * (a[i] - at.y[o]).exp() } else { T::ZERO };
        });
    }

    fn flops(&self, x: &[Shape]) -> Flops {
        Flops::new(4 * x[0].len(), 3 * x[0].len())
    }

    fn sample(draw: &mut Draw) -> Sample<Self> {
        let a = draw.shape();
        Sample::new(Self { over: draw.axes(a) }, [draw.normal(a)])
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{Array1, array};

    use crate::Tape;

    #[test]
    fn a_large_common_offset_only_moves_the_result() {
        for offset in [-1e4, 0.0, 1e4] {
            let tape = Tape::<f64>::new();
            let a = tape.input("a", array![1.0, 3.0, 2.0] + offset);
            let y = tape.number(a.logsumexp());
            let expected = offset + (1.0_f64.exp() + 3.0_f64.exp() + 2.0_f64.exp()).ln();
            assert!((y - expected).abs() < 1e-11, "{y} {expected}");
        }
    }

    #[test]
    fn a_sum_of_nothing_or_of_zero_probabilities_is_minus_infinity_with_slopes_zero() {
        let tape = Tape::<f64>::new();
        let a = tape.input("a", array![f64::NEG_INFINITY, f64::NEG_INFINITY]);
        let y = a.logsumexp();
        assert_eq!(tape.number(y), f64::NEG_INFINITY);
        assert_eq!(tape.backward(y).of(a), array![0.0, 0.0].into_dyn());
        let tape = Tape::<f64>::new();
        let y = tape.input("a", Array1::zeros(0)).logsumexp();
        assert_eq!(tape.number(y), f64::NEG_INFINITY);
    }

    #[test]
    fn an_infinite_entry_gives_infinity() {
        let tape = Tape::<f64>::new();
        let a = tape.input("a", array![f64::INFINITY, 0.0]);
        assert_eq!(tape.number(a.logsumexp()), f64::INFINITY);
    }
}
