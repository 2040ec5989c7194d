//! The sum over one or more axes.
//!
//! `y = Σ_i a_i` has `∂y/∂a_i = 1`, so every entry receives the upstream gradient of the sum it went into.
//! The sum of no numbers is 0. Source: the loss summed over time, deck S1, backpropagation through time.

use super::reduction::{reduced, sum_into, walk};
use crate::op::prelude::*;

/// The sum over a set of axes, which are removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sum {
    /// The axes that are summed away.
    pub over: Axes,
}

impl<'t> Var<'t> {
    /// The sum of all entries.
    #[track_caller]
    pub fn sum(self) -> Var<'t> {
        Var::record(Sum { over: Axes::ALL }, &[self])
    }

    /// The sum over these axes, which are removed; -1 is the last axis.
    #[track_caller]
    pub fn sum_over(self, axes: &[isize]) -> Var<'t> {
        Var::record(Sum { over: self.axes(axes) }, &[self])
    }
}

impl Op for Sum {
    const NAME: &'static str = "sum";
    const MEANING: &'static str = "The sum over one or more axes.";
    const SHAPES: &'static str = "[..] -> [..] without the axes";
    const WORDS: &'static [Word] = &[Word::reduction("sum")];
    const FORWARD: Equations = &[("y", "sum(a, over i)")];
    const BACKWARD: Equations = &[("g_a", "broadcast(g_y, over i)")];
    const OPERANDS: &'static [Operand] = &[Operand::real("a", "terms")];
    const KEEPS: Keeps = Keeps::NOTHING;

    attributes! {
        over: Axes, "the axes that are removed";
    }

    fn shape(&self, x: &[Shape]) -> Result<Shape, ShapeError> {
        reduced(self.over, x[0])
    }

    fn forward<T: Real>(&self, x: Inputs<'_, T>, y: &mut [T], _: &mut [T]) {
        sum_into(self.over, x.shape(0), &x[0], y);
    }

    fn backward<T: Real>(&self, at: Saved<'_, T>, g_y: &[T], g_x: &mut InGradients<'_, T>) {
        let Some(g_a) = g_x.get(0) else { return };
        walk(self.over, at.x.shape(0), |i, o| g_a[i] = g_y[o]);
    }

    fn flops(&self, x: &[Shape]) -> Flops {
        Flops::new(x[0].len(), 0)
    }

    fn sample(draw: &mut Draw) -> Sample<Self> {
        let a = draw.shape();
        Sample::new(Self { over: draw.axes(a) }, [draw.normal(a)])
    }
}
