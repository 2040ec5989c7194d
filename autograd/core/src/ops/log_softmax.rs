//! The logarithm of the softmax along one axis: logarithms of weights that sum to 1.
//!
//! With `y_i = a_i - log Σ_k e^(a_k)`: `∂y_i/∂a_j = δ_ij - e^(y_j)`, and so `g_a_j = g_y_j - e^(y_j) Σ_i g_y_i`; the
//! result is all that backward needs. It is not computed as `log(softmax(a))`: a weight below the smallest number would
//! be rounded to 0 and its logarithm be `-∞`, where `a_i - log Σ_k e^(a_k)` is an ordinary number.
//! An entry of `-∞` stays `-∞`. A row of `-∞` alone has no softmax: an error that names the row.
//! **Shapes**: `a` → the same. **Units**: nats. Cost: 5 operations an entry.
//! Source: deck S1, cross-entropy on `y_t = softmax(W_hy h_t + b_y)`; Bridle, "Probabilistic interpretation of
//! feedforward classification network outputs" (1990).

use super::softmax::{total, admit_rows, along, rows};
use crate::kernels::{least_log, log_of_total, slope_of_largest};
use crate::op::prelude::*;

/// The logarithm of the softmax along one axis; -1 is the last one.
///
/// ```
/// use ndarray::array;
/// use tapegrad_autograd::{ops::log_softmax, Tape};
/// let tape = Tape::<f64>::new();
/// let a = tape.input("a", array![0.0, 3.0_f64.ln()]);
/// let y = log_softmax(a, -1);
/// let expected = array![0.25_f64.ln(), 0.75_f64.ln()];
/// assert!((&tape.value(y) - &expected).iter().all(|error| error.abs() < 1e-15));
/// let g_y = array![-1.0, 0.0].into_dyn();
/// let g_a = tape.backward_from(y, g_y.view()).of(a);
/// assert!((&g_a - &array![-0.75, 0.75]).iter().all(|error| error.abs() < 1e-15));
/// ```
///
/// **Panics** if all entries along the axis are `-∞` somewhere.
#[track_caller]
pub fn log_softmax(a: Var<'_>, axis: isize) -> Var<'_> {
    Var::record(LogSoftmax { axis: a.axis(axis) }, &[a])
}

/// The op of [`log_softmax`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogSoftmax {
    /// The axis along which the weights sum to 1.
    pub axis: usize,
}

impl Op for LogSoftmax {
    const NAME: &'static str = "log_softmax";
    const MEANING: &'static str = "The logarithm of the softmax along one axis: logarithms of weights that sum to 1.";
    const SHAPES: &'static str = "[..] -> [..]";
    const WORDS: &'static [Word] = &[Word::along("log_softmax").such_as("L = log_softmax(S, over k)")];
    const FORWARD: Equations = &[("y", "a - log(sum(exp(a), over i))")];
    const BACKWARD: Equations = &[("g_a", "g_y - exp(y) * sum(g_y, over i)")];
    const OPERANDS: &'static [Operand] = &[Operand::real("a", "logits")];
    const KEEPS: Keeps = Keeps::OUTPUT;

    attributes! {
        axis: usize, "the axis along which the weights sum to 1, counted from 0";
    }

    fn expanded<'t>(&self, x: &[Var<'t>]) -> Option<Var<'t>> {
        let a = x[0];
        Some(a - super::log(total(super::exp(a), self.axis)))
    }

    fn shape(&self, x: &[Shape]) -> Result<Shape, ShapeError> {
        along(self.axis, x[0])
    }

    fn admits<T: Real>(&self, x: Inputs<'_, T>) -> Result<(), ValueError> {
        admit_rows(self.axis, x)
    }

    fn forward<T: Real>(&self, x: Inputs<'_, T>, y: &mut [T], _: &mut [T]) {
        let (a, shape) = (&x[0], x.shape(0));
        if self.axis + 1 == shape.rank() {
            return T::log_softmax_rows(shape.last(), a, y);
        }
        for row in rows(self.axis, shape) {
            let m = row.clone().map(|i| a[i]).fold(T::minus_infinity(), T::maximum);
            let log_total = log_of_total(row.clone().map(|i| a[i]), m);
            row.for_each(|i| y[i] = a[i] - m - log_total);
        }
    }

    fn backward<T: Real>(&self, at: Saved<'_, T>, g_y: &[T], g_x: &mut InGradients<'_, T>) {
        let Some(g_a) = g_x.get(0) else { return };
        let (y, shape) = (at.y, at.y_shape);
        if self.axis + 1 == shape.rank() {
            return T::log_softmax_rows_backward(shape.last(), y, g_y, g_a);
        }
        for row in rows(self.axis, shape) {
            let total: T = row.clone().map(|i| g_y[i]).sum();
            row.clone().for_each(|i| g_a[i] = g_y[i] - y[i].exp() * total);
            if let Some(largest) = row.clone().find(|&i| y[i] > least_log()) {
                let others = || row.clone().filter(|&i| i != largest);
                let weight = others().map(|i| y[i].exp()).sum();
                g_a[largest] = slope_of_largest(total, weight, others().map(|i| g_y[i]).sum());
            }
        }
    }

    fn flops(&self, x: &[Shape]) -> Flops {
        Flops::new(5 * x[0].len(), 4 * x[0].len())
    }

    fn sample(draw: &mut Draw) -> Sample<Self> {
        let (a, axis) = draw.shape_with_axis();
        Sample::new(Self { axis }, [draw.normal(a)])
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, array};

    use super::super::{log, softmax};
    use super::log_softmax;
    use crate::Tape;

    #[test]
    fn a_weight_too_small_for_a_number_still_has_a_logarithm() {
        let tape = Tape::<f64>::new();
        let a = tape.input("a", array![0.0, -1000.0]);
        assert_eq!(tape.value(log(softmax(a, 0)))[1], f64::NEG_INFINITY);
        assert_eq!(tape.value(log_softmax(a, 0))[1], -1000.0);
    }

    #[test]
    fn along_any_axis_it_is_the_logarithm_of_the_softmax() {
        let tape = Tape::<f64>::new();
        let a = tape.input("a", array![[0.3, -1.0, 2.0], [1.5, 0.2, -0.4]]);
        for axis in [0, 1] {
            let difference = tape.value(log_softmax(a, axis) - log(softmax(a, axis)));
            assert!(difference.iter().all(|d| d.abs() < 1e-15), "{difference}");
        }
    }

    #[test]
    fn an_axis_of_size_zero_gives_an_empty_result() {
        let tape = Tape::<f64>::new();
        let a = tape.input("a", Array2::zeros((3, 0)));
        assert_eq!(log_softmax(a, 1).shape().to_vec(), [3, 0]);
    }

    #[test]
    #[should_panic(expected = "log_softmax: y = a - log(sum(exp(a), over i)): every entry of the row a[:] is -inf")]
    fn a_masked_row_is_an_error_that_names_it() {
        let tape = Tape::<f64>::new();
        log_softmax(tape.input("a", array![f64::NEG_INFINITY, f64::NEG_INFINITY]), 0);
    }
}
