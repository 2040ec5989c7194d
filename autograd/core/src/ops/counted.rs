//! Which ids count: 1 for each, 0 for the ignored one, such as padding.
//!
//! Ids are no real numbers, so there is no backward. The result serves as a mask for attention and for a loss over a
//! padded batch, and its sum is the number of ids that count.
//! **Shapes**: `ids: [..]` → `y: [..]`. Cost: none.
//! Source: deck S1, the table of padded sentences; the positions of PAD take no part in the loss.

use super::ids::is_ignored;
use crate::op::prelude::*;

/// 1 for each id that counts, 0 for the ignored one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// The id that does not count.
    pub ignore: usize,
}

impl<'t> Var<'t> {
    /// 1 for each id, 0 for the ignored one: the mask of a padded batch.
    ///
    /// ```
    /// use ndarray::array;
    /// use tapegrad_autograd::Tape;
    /// let tape = Tape::<f64>::new();
    /// let ids = tape.ids("ids", [4], &[3, 1, 0, 0]);
    /// assert_eq!(tape.value(ids.counted(0)), array![1.0, 1.0, 0.0, 0.0].into_dyn());
    /// ```
    #[track_caller]
    pub fn counted(self, ignore: usize) -> Var<'t> {
        Var::record(Counted { ignore }, &[self])
    }
}

impl Op for Counted {
    const NAME: &'static str = "counted";
    const MEANING: &'static str = "Which ids count: 1 for each, 0 for the ignored one, such as padding.";
    const SHAPES: &'static str = "[..] -> [..]";
    const FORWARD: Equations = &[("y[i]", "if ids[i] == ignore then 0 else 1")];
    const BACKWARD: Equations = &[];
    const OPERANDS: &'static [Operand] = &[Operand::id("ids", "whole numbers from 0 on")];
    const KEEPS: Keeps = Keeps::NOTHING;

    attributes! {
        ignore: usize, "the id that does not count";
    }

    fn forward<T: Real>(&self, x: Inputs<'_, T>, y: &mut [T], _: &mut [T]) {
        for (y, &id) in y.iter_mut().zip(&x[0]) {
            *y = if is_ignored(id.to_f64(), Some(self.ignore)) {
                T::ZERO
            } else {
                T::ONE
            };
        }
    }

    fn backward<T: Real>(&self, _: Saved<'_, T>, _: &[T], _: &mut InGradients<'_, T>) {}

    fn flops(&self, _: &[Shape]) -> Flops {
        Flops::NONE
    }

    fn sample(draw: &mut Draw) -> Sample<Self> {
        let ids = draw.shape();
        let ignore = draw.below(4);
        Sample::new(Self { ignore }, [draw.ids(ids, 4)])
    }
}
