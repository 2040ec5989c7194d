//! A range of one axis.
//!
//! `y_i = x_(start + i)`: an entry inside the range receives the upstream gradient of its place; one outside took no
//! part in `y` and receives 0.
//! **Shapes**: `x: [.., N, ..]` → `y: [.., end - start, ..]`. Cost: no arithmetic, one copy.
//! Source: the time step `x_t` of a sequence, deck S1, recurrent networks.

use std::ops::Range;

use super::axis::existing;
use crate::op::prelude::*;

/// The entries `start..end` of one axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slice {
    /// The axis that is cut.
    pub axis: usize,
    /// The first entry that stays, counted from 0.
    pub start: usize,
    /// The first entry after those that stay.
    pub end: usize,
}

impl<'t> Var<'t> {
    /// The entries of `range` along one axis; -1 is the last axis.
    ///
    /// ```
    /// use ndarray::array;
    /// use tapegrad_autograd::Tape;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.input("x", array![1.0, 2.0, 3.0]);
    /// let gradients = tape.backward(x.slice(0, 1..3).sum());
    /// assert_eq!(gradients.of(x), array![0.0, 1.0, 1.0].into_dyn());
    /// ```
    ///
    /// **Panics** if the range is not inside the axis.
    #[track_caller]
    pub fn slice(self, axis: isize, range: Range<usize>) -> Var<'t> {
        let slice = Slice {
            axis: self.axis(axis),
            start: range.start,
            end: range.end,
        };
        Var::record(slice, &[self])
    }

    /// The entry at `index` of one axis, which is removed; -1 is the last axis.
    ///
    /// **Panics** if there is no such entry.
    #[track_caller]
    pub fn at(self, axis: isize, index: usize) -> Var<'t> {
        let entry = self.slice(axis, index..index + 1);
        entry.reshape(self.shape().remove(self.axis(axis)))
    }
}

impl Op for Slice {
    const NAME: &'static str = "slice";
    const MEANING: &'static str = "A range of one axis.";
    const SHAPES: &'static str = "[.., N, ..] -> [.., end - start, ..]";
    const WORDS: &'static [Word] = &[Word::own("x[i]", "x[t]", "the first axes are removed, one for each position", "y = x[1]")];
    const FORWARD: Equations = &[("y[i]", "x[start + i]")];
    const BACKWARD: Equations = &[("g_x[i]", "if start <= i and i < end then g_y[i - start] else 0")];
    const OPERANDS: &'static [Operand] = &[Operand::real("x", "what is cut")];
    const KEEPS: Keeps = Keeps::NOTHING;

    attributes! {
        axis: usize, "the axis that is cut, counted from 0";
        start: usize, "the first entry that stays, counted from 0";
        end: usize, "the first entry after those that stay";
    }

    fn shape(&self, x: &[Shape]) -> Result<Shape, ShapeError> {
        let Self { axis, start, end } = *self;
        let size = existing(axis, x[0])?;
        if start > end || end > size {
            return Err(ShapeError::new(format!(
                "the range {start}..{end} must lie inside axis {axis}, which has {size} entries"
            )));
        }
        Ok(x[0].with_size(axis, end - start))
    }

    fn forward<T: Real>(&self, x: Inputs<'_, T>, y: &mut [T], _: &mut [T]) {
        let (outer, size, inner) = x.shape(0).around(self.axis);
        let count = (self.end - self.start) * inner;
        for o in 0..outer {
            let from = (o * size + self.start) * inner;
            y[o * count..][..count].copy_from_slice(&x[0][from..][..count]);
        }
    }

    fn backward<T: Real>(&self, at: Saved<'_, T>, g_y: &[T], g_x: &mut InGradients<'_, T>) {
        let Some(g_x) = g_x.get(0) else { return };
        let (outer, size, inner) = at.x.shape(0).around(self.axis);
        let count = (self.end - self.start) * inner;
        g_x.fill(T::ZERO);
        for o in 0..outer {
            let from = (o * size + self.start) * inner;
            g_x[from..][..count].copy_from_slice(&g_y[o * count..][..count]);
        }
    }

    fn flops(&self, _: &[Shape]) -> Flops {
        Flops::NONE
    }

    fn sample(draw: &mut Draw) -> Sample<Self> {
        let (x, axis) = draw.shape_with_axis();
        let end = draw.below(x.size(axis) + 1);
        let start = draw.below(end + 1);
        Sample::new(Self { axis, start, end }, [draw.normal(x)])
    }
}
