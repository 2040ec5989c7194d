//! The softmax along one axis: positive weights that sum to 1.
//!
//! With `y_i = e^(a_i) / Σ_k e^(a_k)`: `∂y_i/∂a_j = y_i (δ_ij - y_j)`, and so
//! `g_a_j = Σ_i g_y_i y_i (δ_ij - y_j) = y_j (g_y_j - Σ_i g_y_i y_i)`; the result is all that backward needs.
//! Forward takes the largest entry of each row out, which changes nothing and keeps the exponentials from overflowing.
//! An entry of `-∞` gets the weight 0, exactly, and no gradient. A row of `-∞` alone has no softmax (`0 / 0`): an error
//! that names the row. **Shapes**: `a` → the same. Cost: 5 operations an entry.
//! Source: deck S1, `y_t = softmax(W_hy h_t + b_y)` and `A = softmax(S)`, row by row; deck S4, `exp(-∞) = 0`.

use super::Sum;
use super::elementwise::place;
use super::reduction::group;
use crate::op::prelude::*;

/// The softmax along one axis; -1 is the last one.
///
/// ```
/// use ndarray::array;
/// use tapegrad_autograd::{ops::softmax, Tape};
/// let tape = Tape::<f64>::new();
/// let a = tape.input("a", array![0.0, 3.0_f64.ln(), f64::NEG_INFINITY]);
/// let y = softmax(a, -1);
/// assert!((&tape.value(y) - &array![0.25, 0.75, 0.0]).iter().all(|error| error.abs() < 1e-15));
/// let g_y = array![1.0, 0.0, 0.0].into_dyn();
/// let g_a = tape.backward_from(y, g_y.view()).of(a);
/// assert!((&g_a - &array![0.1875, -0.1875, 0.0]).iter().all(|error| error.abs() < 1e-15));
/// ```
///
/// **Panics** if all entries along the axis are `-∞` somewhere.
#[track_caller]
pub fn softmax(a: Var<'_>, axis: isize) -> Var<'_> {
    Var::record(Softmax { axis: a.axis(axis) }, &[a])
}

/// The op of [`softmax`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Softmax {
    /// The axis along which the weights sum to 1.
    pub axis: usize,
}

impl Op for Softmax {
    const NAME: &'static str = "softmax";
    const MEANING: &'static str = "The softmax along one axis: positive weights that sum to 1.";
    const SHAPES: &'static str = "[..] -> [..]";
    const WORDS: &'static [Word] = &[Word::along("softmax").such_as("A = softmax(S, over k)")];
    const FORWARD: Equations = &[("y", "exp(a) / sum(exp(a), over i)")];
    const BACKWARD: Equations = &[("g_a", "y * (g_y - sum(g_y * y, over i))")];
    const OPERANDS: &'static [Operand] = &[Operand::real("a", "logits")];
    const KEEPS: Keeps = Keeps::OUTPUT;

    attributes! {
        axis: usize, "the axis along which the weights sum to 1, counted from 0";
    }

    fn expanded<'t>(&self, x: &[Var<'t>]) -> Option<Var<'t>> {
        let e = super::exp(x[0]);
        Some(e / total(e, self.axis))
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
            return T::softmax_rows(shape.last(), a, y);
        }
        for row in rows(self.axis, shape) {
            let m = row.clone().map(|i| a[i]).fold(T::minus_infinity(), T::maximum);
            let mut total = T::ZERO;
            for i in row.clone() {
                y[i] = (a[i] - m).exp();
                total += y[i];
            }
            row.for_each(|i| y[i] /= total);
        }
    }

    fn backward<T: Real>(&self, at: Saved<'_, T>, g_y: &[T], g_x: &mut InGradients<'_, T>) {
        let Some(g_a) = g_x.get(0) else { return };
        let (y, shape) = (at.y, at.y_shape);
        if self.axis + 1 == shape.rank() {
            return T::softmax_rows_backward(shape.last(), y, g_y, g_a);
        }
        for row in rows(self.axis, shape) {
            let mean: T = row.clone().map(|i| g_y[i] * y[i]).sum();
            row.for_each(|i| g_a[i] = y[i] * (g_y[i] - mean));
        }
    }

    fn flops(&self, x: &[Shape]) -> Flops {
        Flops::new(5 * x[0].len(), 4 * x[0].len())
    }

    fn sample(draw: &mut Draw) -> Sample<Self> {
        let (shape, axis) = draw.shape_with_axis();
        let mut a = draw.normal(shape);
        // In every other sample about half of the entries are masked, but never the one called `open` of a row.
        if draw.coin() {
            let mask = draw.mask(shape);
            let open = draw.below(shape.size(axis).max(1));
            for ((index, a), &masked) in a.indexed_iter_mut().zip(&mask) {
                if masked == 1.0 && index[axis] != open {
                    *a = f64::NEG_INFINITY;
                }
            }
        }
        Sample::new(Self { axis }, [a])
    }
}

/// The sums along one axis, which stays with the size 1.
pub(super) fn total(a: Var<'_>, axis: usize) -> Var<'_> {
    let over = Axes::of(&[axis]);
    Var::record(Sum { over }, &[a]).reshape(a.shape().with_size(axis, 1))
}

/// The shape of an op that works along one axis and keeps the shape.
pub(super) fn along(axis: usize, a: Shape) -> Result<Shape, ShapeError> {
    if axis < a.rank() {
        return Ok(a);
    }
    Err(ShapeError::new(format!("there is no axis {axis} in {a}")))
}

/// The rows along `axis`, each as the positions of its entries, which differ in the index of that axis only.
pub(super) fn rows(axis: usize, a: Shape) -> impl Iterator<Item = impl Iterator<Item = usize> + Clone> {
    let over = Axes::of(&[axis]);
    (0..over.removed_from(a).len()).map(move |row| group(over, a, row))
}

/// An error that names the first row of `-∞` alone.
pub(super) fn admit_rows<T: Real>(axis: usize, x: Inputs<'_, T>) -> Result<(), ValueError> {
    let (a, shape) = (&x[0], x.shape(0));
    if shape.is_empty() {
        return Ok(());
    }
    let Some(row) = rows(axis, shape).position(|mut row| row.all(|i| a[i] == T::minus_infinity())) else {
        return Ok(());
    };
    let first = place(Axes::of(&[axis]).kept_in(shape), row);
    let index: Vec<String> = (0..)
        .zip(first.iter())
        .map(|(own, i)| if own == axis { ":".to_string() } else { i.to_string() })
        .collect();
    Err(ValueError::new(format!(
        "every entry of the row a[{}] is -inf: all of it is masked, and no weights sum to 1; leave one entry open",
        index.join(", ")
    )))
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, array};

    use super::softmax;
    use crate::Tape;

    const MASKED: f64 = f64::NEG_INFINITY;

    #[test]
    fn the_axis_decides_what_sums_to_one() {
        let tape = Tape::<f64>::new();
        let a = tape.input("a", array![[0.0, 1.0, 5.0], [2.0, -1.0, 5.0]]);
        let columns = tape.value(softmax(a, 0).sum_over(&[0]));
        let rows = tape.value(softmax(a, 1).sum_over(&[1]));
        assert!(columns.iter().chain(&rows).all(|sum| (sum - 1.0).abs() < 1e-15));
        assert_eq!(tape.value(softmax(a, 0))[[0, 2]], 0.5);
    }

    #[test]
    fn large_entries_do_not_overflow() {
        let tape = Tape::<f32>::new();
        let a = tape.input("a", array![[1e30_f32, 1e30], [-1e30, -1e30]]);
        assert_eq!(tape.value(softmax(a, 1)), array![[0.5, 0.5], [0.5, 0.5]].into_dyn());
    }

    #[test]
    fn an_axis_of_size_one_has_the_weight_one_and_no_gradient() {
        let tape = Tape::<f64>::new();
        let a = tape.input("a", array![[3.0], [-7.0]]);
        let y = softmax(a, -1);
        assert_eq!(tape.value(y), array![[1.0], [1.0]].into_dyn());
        assert_eq!(tape.backward((y * 5.0).sum()).of(a), array![[0.0], [0.0]].into_dyn());
    }

    #[test]
    fn an_axis_of_size_zero_gives_an_empty_result() {
        let tape = Tape::<f64>::new();
        let a = tape.input("a", Array2::zeros((3, 0)));
        assert_eq!(softmax(a, 1).shape().to_vec(), [3, 0]);
    }

    #[test]
    #[should_panic(expected = "every entry of the row a[1, :] is -inf")]
    fn a_masked_row_is_an_error_that_names_it() {
        let tape = Tape::<f64>::new();
        softmax(tape.input("a", array![[MASKED, 0.0], [MASKED, MASKED]]), -1);
    }

    #[test]
    #[should_panic(expected = "every entry of the row a[:, 0] is -inf")]
    fn a_masked_column_is_an_error_if_the_softmax_is_down_the_columns() {
        let tape = Tape::<f64>::new();
        softmax(tape.input("a", array![[MASKED, 0.0], [MASKED, MASKED]]), 0);
    }

    #[test]
    #[should_panic(expected = "there is no axis 2 in [2, 2]")]
    fn an_axis_that_is_not_there_is_an_error() {
        let tape = Tape::<f64>::new();
        softmax(tape.input("a", Array2::zeros((2, 2))), 2);
    }
}
