//! The sum of all entries that go to the same place: what [`unfold`](Var::unfold) copies, added up again.
//!
//! `y_p = Σ_(i: start + S i = p) x_i`, with the starts and steps of unfold; a place outside of `y` is the nearest one
//! inside, and a place to which no entry goes is 0. Each entry of `x` is added to one of `y`, so its gradient is the one of
//! that place: the derivative of fold is unfold.
//! **Shapes**: `x` → `to`. Cost: one addition an entry forwards, none backwards.
//! Source: `col2im` of Caffe (Jia et al. 2014), `fold` of PyTorch.

use super::unfold::{each_place, fits, sampled};
use crate::op::prelude::*;

/// The entries of an array added up at `start + steps · i`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fold {
    /// The shape of the result.
    pub to: Shape,
    /// For each axis of the result the place at which all indices are 0.
    pub start: Box<[i64]>,
    /// For each axis of the result, and each axis of the operand, by how many places the index moves.
    pub steps: Box<[i64]>,
}

impl<'t> Var<'t> {
    /// The entries added up at `start + steps · i`, in an array of the shape `to`.
    ///
    /// `steps` has a row for each axis of `to`, one number for each axis of the operand, one row after another.
    ///
    /// ```
    /// use ndarray::array;
    /// use tapegrad_autograd::Tape;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.input("x", array![[1.0, 2.0], [3.0, 4.0]]);
    /// let y = x.fold([3], &[0], &[1, 1]);
    /// assert_eq!(tape.value(y), array![1.0, 5.0, 4.0].into_dyn());
    /// ```
    ///
    /// **Panics** if the numbers of starts and steps do not fit the axes.
    #[track_caller]
    pub fn fold(self, to: impl Into<Shape>, start: &[i64], steps: &[i64]) -> Var<'t> {
        let fold = Fold {
            to: to.into(),
            start: start.into(),
            steps: steps.into(),
        };
        Var::record(fold, &[self])
    }
}

impl Op for Fold {
    const NAME: &'static str = "fold";
    const MEANING: &'static str = "The sum of all entries that go to the same place.";
    const SHAPES: &'static str = "[..] -> to";
    const FORWARD: Equations = &[("y", "fold(x, to, start, steps)")];
    const BACKWARD: Equations = &[("g_x[i]", "g_y[start + steps * i]")];
    const OPERANDS: &'static [Operand] = &[Operand::real("x", "what is added up")];
    const KEEPS: Keeps = Keeps::NOTHING;

    attributes! {
        to: Shape, "the shape of the result";
        start: Box<[i64]>, "for each axis of the result, counted from 0, the place of the first entry";
        steps: Box<[i64]>, "for each axis of the result, and each axis of x, by how many places the index moves";
    }

    fn shape(&self, x: &[Shape]) -> Result<Shape, ShapeError> {
        fits(self.to, x[0], &self.start, &self.steps)?;
        Ok(self.to)
    }

    fn forward<T: Real>(&self, x: Inputs<'_, T>, y: &mut [T], _: &mut [T]) {
        y.fill(T::ZERO);
        let mut entries = x[0].iter();
        each_place(self.to, x.shape(0), &self.start, &self.steps, |place| {
            y[place] += *entries.next().expect("invariant: x has an entry for each place");
        });
    }

    fn backward<T: Real>(&self, at: Saved<'_, T>, g_y: &[T], g_x: &mut InGradients<'_, T>) {
        let Some(g_x) = g_x.get(0) else { return };
        let mut g_x = g_x.iter_mut();
        each_place(self.to, at.x.shape(0), &self.start, &self.steps, |place| {
            *g_x.next().expect("invariant: g_x has an entry for each place") = g_y[place];
        });
    }

    fn flops(&self, x: &[Shape]) -> Flops {
        Flops::new(x[0].len(), 0)
    }

    fn sample(draw: &mut Draw) -> Sample<Self> {
        let (to, x) = (draw.shape_nonempty(), draw.shape());
        let (start, steps) = sampled(draw, to, x);
        Sample::new(Self { to, start, steps }, [draw.normal(x)])
    }
}
