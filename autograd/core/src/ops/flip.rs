//! The entries along one axis in the opposite order.
//!
//! Flipping twice changes nothing, so each entry's gradient is found where the entry went: `g_x` is `g_y` flipped.
//! **Shapes**: `x` → the same. Cost: none. Source: a recurrent network read backwards, deck S1, bidirectional RNN.

use super::axis::existing;
use crate::op::prelude::*;

/// The op of [`Var::flip`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flip {
    /// The axis whose order is turned around.
    pub axis: usize,
}

impl<'t> Var<'t> {
    /// The entries along one axis in the opposite order; -1 is the last axis.
    ///
    /// ```
    /// use ndarray::array;
    /// use tapegrad_autograd::Tape;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.input("x", array![1.0, 2.0, 3.0]);
    /// assert_eq!(tape.value(x.flip(0)), array![3.0, 2.0, 1.0].into_dyn());
    /// ```
    #[track_caller]
    pub fn flip(self, axis: isize) -> Var<'t> {
        let axis = self.axis(axis);
        Var::record(Flip { axis }, &[self])
    }
}

impl Op for Flip {
    const NAME: &'static str = "flip";
    const MEANING: &'static str = "The entries along one axis in the opposite order.";
    const SHAPES: &'static str = "[..] -> [..]";
    const WORDS: &'static [Word] = &[Word::along("flip")];
    const FORWARD: Equations = &[("y", "flip(x, over i)")];
    const BACKWARD: Equations = &[("g_x", "flip(g_y, over i)")];
    const OPERANDS: &'static [Operand] = &[Operand::real("x", "what is turned around")];
    const KEEPS: Keeps = Keeps::NOTHING;

    attributes! {
        axis: usize, "the axis whose order is turned around, counted from 0";
    }

    fn shape(&self, x: &[Shape]) -> Result<Shape, ShapeError> {
        existing(self.axis, x[0])?;
        Ok(x[0])
    }

    fn forward<T: Real>(&self, x: Inputs<'_, T>, y: &mut [T], _: &mut [T]) {
        flip(self.axis, x.shape(0), &x[0], y);
    }

    fn backward<T: Real>(&self, at: Saved<'_, T>, g_y: &[T], g_x: &mut InGradients<'_, T>) {
        let Some(g_x) = g_x.get(0) else { return };
        flip(self.axis, at.y_shape, g_y, g_x);
    }

    fn flops(&self, _: &[Shape]) -> Flops {
        Flops::NONE
    }

    fn sample(draw: &mut Draw) -> Sample<Self> {
        let (x, axis) = draw.shape_with_axis();
        Sample::new(Self { axis }, [draw.normal(x)])
    }
}

fn flip<T: Real>(axis: usize, shape: Shape, x: &[T], y: &mut [T]) {
    let (_, size, inner) = shape.around(axis);
    let block = (size * inner).max(1);
    for (x, y) in x.chunks_exact(block).zip(y.chunks_exact_mut(block)) {
        for (i, row) in x.chunks_exact(inner.max(1)).enumerate() {
            y[(size - 1 - i) * inner..][..inner].copy_from_slice(row);
        }
    }
}
