//! The running sum along one axis.
//!
//! `y_t = Σ_(s ≤ t) x_s`: an entry `x_s` takes part in every `y_t` from `t = s` on, so `g_x_s = Σ_(t ≥ s) g_y_t`, the
//! running sum of the upstream gradient from the other end.
//! **Shapes**: `x: [.., N, ..]` → `y: [.., N, ..]`. Cost: one addition an entry in each direction.
//! Source: the cumulative probabilities of top-p sampling, deck S3.

use super::axis::existing;
use crate::op::prelude::*;

/// The running sum along one axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cumsum {
    /// The axis that is summed along.
    pub axis: usize,
}

impl<'t> Var<'t> {
    /// The running sum along one axis; -1 is the last axis.
    ///
    /// ```
    /// use ndarray::array;
    /// use tapegrad_autograd::Tape;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.input("x", array![1.0, 2.0, 3.0]);
    /// assert_eq!(tape.value(x.cumsum(0)), array![1.0, 3.0, 6.0].into_dyn());
    /// ```
    #[track_caller]
    pub fn cumsum(self, axis: isize) -> Var<'t> {
        let axis = self.axis(axis);
        Var::record(Cumsum { axis }, &[self])
    }
}

impl Op for Cumsum {
    const NAME: &'static str = "cumsum";
    const MEANING: &'static str = "The running sum along one axis.";
    const SHAPES: &'static str = "[..] -> [..]";
    const WORDS: &'static [Word] = &[Word::along("cumsum").such_as("c = cumsum(x, over t)")];
    const FORWARD: Equations = &[("y[t]", "sum(s: if s <= t then x[s] else 0)")];
    const BACKWARD: Equations = &[("g_x[s]", "sum(t: if s <= t then g_y[t] else 0)")];
    const OPERANDS: &'static [Operand] = &[Operand::real("x", "terms")];
    const KEEPS: Keeps = Keeps::NOTHING;

    attributes! {
        axis: usize, "the axis that is summed along";
    }

    fn shape(&self, x: &[Shape]) -> Result<Shape, ShapeError> {
        existing(self.axis, x[0])?;
        Ok(x[0])
    }

    fn forward<T: Real>(&self, x: Inputs<'_, T>, y: &mut [T], _: &mut [T]) {
        let (_, size, inner) = x.shape(0).around(self.axis);
        y.copy_from_slice(&x[0]);
        for block in y.chunks_exact_mut((size * inner).max(1)) {
            for i in inner..block.len() {
                let before = block[i - inner];
                block[i] += before;
            }
        }
    }

    fn backward<T: Real>(&self, at: Saved<'_, T>, g_y: &[T], g_x: &mut InGradients<'_, T>) {
        let Some(g_x) = g_x.get(0) else { return };
        let (_, size, inner) = at.x.shape(0).around(self.axis);
        g_x.copy_from_slice(g_y);
        for block in g_x.chunks_exact_mut((size * inner).max(1)) {
            for i in (inner..block.len()).rev() {
                let behind = block[i];
                block[i - inner] += behind;
            }
        }
    }

    fn flops(&self, x: &[Shape]) -> Flops {
        Flops::new(x[0].len(), x[0].len())
    }

    fn sample(draw: &mut Draw) -> Sample<Self> {
        let (x, axis) = draw.shape_with_axis();
        Sample::new(Self { axis }, [draw.normal(x)])
    }
}
