//! The entries at places that run with several indices: windows of a signal, every second entry, a diagonal.
//!
//! `y_i = x_(start + S i)`, where `i` has one index for each axis of `y`, and `S` one row for each axis of `x`: its row for
//! the axis says by how many places each index moves there. The window `y[s, k] = x[s + k]` has the steps `[1, 1]`, the
//! diagonal `y[i] = A[i, i]` the steps `[1]` and `[1]`. A place outside of `x` is the nearest one inside.
//! Every entry of `y` copies one of `x`, so an entry of `x` receives the sum over all of its copies, which is
//! [`fold`](Var::fold); and fold is linear with this op as its derivative.
//! **Shapes**: `x` → `to`. Cost: no arithmetic forwards, one addition an entry backwards.
//! Source: `im2col` of Caffe (Jia et al. 2014), `as_strided` of NumPy.

use crate::op::prelude::*;

/// The entries of an array at `start + steps · i`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfold {
    /// The shape of the result: how far each index runs.
    pub to: Shape,
    /// For each axis of the operand the place at which all indices are 0.
    pub start: Box<[i64]>,
    /// For each axis of the operand, and each index, by how many places the index moves.
    pub steps: Box<[i64]>,
}

impl<'t> Var<'t> {
    /// The entries at `start + steps · i` for all indices `i` of the shape `to`.
    ///
    /// `steps` has a row for each axis of the operand, one number for each axis of `to`, one row after another.
    ///
    /// ```
    /// use ndarray::array;
    /// use tapegrad_autograd::Tape;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.input("x", array![1.0, 2.0, 3.0, 4.0]);
    /// let windows = x.unfold([3, 2], &[0], &[1, 1]);
    /// assert_eq!(tape.value(windows), array![[1.0, 2.0], [2.0, 3.0], [3.0, 4.0]].into_dyn());
    /// assert_eq!(tape.backward(windows.sum()).of(x), array![1.0, 2.0, 2.0, 1.0].into_dyn());
    /// ```
    ///
    /// **Panics** if the numbers of starts and steps do not fit the axes.
    #[track_caller]
    pub fn unfold(self, to: impl Into<Shape>, start: &[i64], steps: &[i64]) -> Var<'t> {
        let unfold = Unfold {
            to: to.into(),
            start: start.into(),
            steps: steps.into(),
        };
        Var::record(unfold, &[self])
    }
}

impl Op for Unfold {
    const NAME: &'static str = "unfold";
    const MEANING: &'static str = "The entries at places that run with several indices.";
    const SHAPES: &'static str = "[..] -> to";
    const WORDS: &'static [Word] = &[Word::own("x[2 * i + k - 1]", "y[i:N, k:K] = x[2 * i + k - 1]", "each index of the place is an axis; each place lies inside of x", "y[s:S] = sum(k: w[k] * x[s + k - 1])")];
    const FORWARD: Equations = &[("y[i]", "x[start + steps * i]")];
    const BACKWARD: Equations = &[("g_x", "fold(g_y, shape_x, start, steps)")];
    const OPERANDS: &'static [Operand] = &[Operand::real("x", "where the entries stand")];
    const KEEPS: Keeps = Keeps::NOTHING;

    attributes! {
        to: Shape, "the shape of the result: how far each index runs";
        start: Box<[i64]>, "for each axis of x, counted from 0, the place of the first entry";
        steps: Box<[i64]>, "for each axis of x, and each axis of the result, by how many places the index moves";
    }

    fn shape(&self, x: &[Shape]) -> Result<Shape, ShapeError> {
        fits(x[0], self.to, &self.start, &self.steps)?;
        Ok(self.to)
    }

    fn forward<T: Real>(&self, x: Inputs<'_, T>, y: &mut [T], _: &mut [T]) {
        let mut y = y.iter_mut();
        each_place(x.shape(0), self.to, &self.start, &self.steps, |place| {
            *y.next().expect("invariant: y has an entry for each place") = x[0][place];
        });
    }

    fn backward<T: Real>(&self, at: Saved<'_, T>, g_y: &[T], g_x: &mut InGradients<'_, T>) {
        let Some(g_x) = g_x.get(0) else { return };
        g_x.fill(T::ZERO);
        let mut g_y = g_y.iter();
        each_place(at.x.shape(0), self.to, &self.start, &self.steps, |place| {
            g_x[place] += *g_y.next().expect("invariant: g_y has an entry for each place");
        });
    }

    fn flops(&self, _: &[Shape]) -> Flops {
        Flops::new(0, self.to.len())
    }

    fn sample(draw: &mut Draw) -> Sample<Self> {
        let (x, to) = (draw.shape_nonempty(), draw.shape());
        let (start, steps) = sampled(draw, x, to);
        Sample::new(Self { to, start, steps }, [draw.normal(x)])
    }
}

/// An error unless there is a start for each axis of `whole`, and a step for each of its axes and of those of `index`.
pub(super) fn fits(whole: Shape, index: Shape, start: &[i64], steps: &[i64]) -> Result<(), ShapeError> {
    let (axes, indices) = (whole.rank(), index.rank());
    if start.len() != axes || steps.len() != axes * indices {
        return Err(ShapeError::new(format!(
            "{whole} with the indices {index} needs {axes} starts and {} steps; there are {} and {}",
            axes * indices,
            start.len(),
            steps.len()
        )));
    }
    if whole.is_empty() && !index.is_empty() {
        return Err(ShapeError::new(format!("{whole} has no entry for the indices {index}")));
    }
    Ok(())
}

/// Calls `visit` with the place in memory of `start + steps · i`, for all indices `i` in row-major order.
pub(super) fn each_place(whole: Shape, index: Shape, start: &[i64], steps: &[i64], mut visit: impl FnMut(usize)) {
    let (axes, indices) = (whole.rank(), index.rank());
    let strides = whole.strides();
    let mut at = [0i64; RANK_MAX];
    at[..axes].copy_from_slice(start);
    let mut counter = [0usize; RANK_MAX];
    for _ in 0..index.len() {
        let inside = |axis: usize| at[axis].clamp(0, whole.size(axis) as i64 - 1) as usize;
        visit((0..axes).map(|axis| inside(axis) * strides[axis]).sum());
        for turned in (0..indices).rev() {
            counter[turned] += 1;
            let is_round = counter[turned] == index.size(turned);
            let by = if is_round { 1 - index.size(turned) as i64 } else { 1 };
            (0..axes).for_each(|axis| at[axis] += by * steps[axis * indices + turned]);
            if !is_round {
                break;
            }
            counter[turned] = 0;
        }
    }
}

/// Starts and steps, mostly small, some of them backwards.
pub(super) fn sampled(draw: &mut Draw, whole: Shape, index: Shape) -> (Box<[i64]>, Box<[i64]>) {
    let mut start: Vec<i64> = whole.iter().map(|size| draw.below(size) as i64).collect();
    let steps: Vec<i64> = (0..whole.rank() * index.rank()).map(|_| draw.below(4) as i64 - 1).collect();
    start.iter_mut().for_each(|start| *start -= i64::from(draw.below(8) == 0));
    (start.into(), steps.into())
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use crate::Tape;

    #[test]
    fn a_diagonal_and_every_second_entry_backwards() {
        let tape = Tape::<f64>::new();
        let a = tape.input("a", array![[1.0, 2.0], [3.0, 4.0]]);
        assert_eq!(tape.value(a.unfold([2], &[0, 0], &[1, 1])), array![1.0, 4.0].into_dyn());
        let x = tape.input("x", array![1.0, 2.0, 3.0, 4.0, 5.0]);
        assert_eq!(tape.value(x.unfold([3], &[4], &[-2])), array![5.0, 3.0, 1.0].into_dyn());
    }

    #[test]
    fn a_place_outside_is_the_nearest_inside_and_receives_all_of_it() {
        let tape = Tape::<f64>::new();
        let x = tape.input("x", array![1.0, 2.0]);
        let y = x.unfold([4], &[-1], &[1]);
        assert_eq!(tape.value(y), array![1.0, 1.0, 2.0, 2.0].into_dyn());
        assert_eq!(tape.backward(y.sum()).of(x), array![2.0, 2.0].into_dyn());
    }
}
