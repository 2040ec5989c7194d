//! One entry of each row: the one that an id names.
//!
//! `y_i = x_(i, id_i)`: the picked entry receives the upstream gradient of its row, the others took no part and receive
//! 0. **Shapes**: `x: [.., V]`, `ids: [..]` → `y: [..]`. Cost: one copy.
//! Ids are whole numbers from 0 to `V - 1`; they travel as numbers of the tape, which is why `V` may not exceed 2²⁴.
//! Source: deck S1, "use y* to index into the desired element of y".

use super::ids;
use crate::op::prelude::*;

/// The entry of each row that an id names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pick;

impl<'t> Var<'t> {
    /// The entry along the last axis that each id names: one axis fewer.
    ///
    /// ```
    /// use ndarray::array;
    /// use tapegrad_autograd::Tape;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.input("x", array![[1.0, 2.0], [3.0, 4.0]]);
    /// assert_eq!(tape.value(x.pick(tape.ids("ids", [2], &[1, 0]))), array![2.0, 3.0].into_dyn());
    /// ```
    ///
    /// **Panics** if an id is not a whole number below the size of the last axis.
    #[track_caller]
    pub fn pick(self, ids: Var<'t>) -> Var<'t> {
        Var::record(Pick, &[self, ids])
    }
}

impl Op for Pick {
    const NAME: &'static str = "pick";
    const MEANING: &'static str = "One entry of each row: the one that an id names.";
    const SHAPES: &'static str = "[.., V], [..] -> [..]";
    const FORWARD: Equations = &[("y[i]", "x[i, ids[i]]")];
    const BACKWARD: Equations = &[("g_x[i, v]", "if ids[i] == v then g_y[i] else 0")];
    const OPERANDS: &'static [Operand] = &[Operand::real("x", "one entry for each id"), Operand::id("ids", "whole numbers from 0 to V - 1, one a row")];
    const KEEPS: Keeps = Keeps::inputs(&[1]);

    attributes! {}

    fn shape(&self, x: &[Shape]) -> Result<Shape, ShapeError> {
        ids::one_per_row(x[0], x[1])
    }

    fn admits<T: Real>(&self, x: Inputs<'_, T>) -> Result<(), ValueError> {
        ids::check(&x[1], x.shape(1), x.shape(0).last(), None)
    }

    fn forward<T: Real>(&self, x: Inputs<'_, T>, y: &mut [T], _: &mut [T]) {
        let width = x.shape(0).last();
        for ((i, y), &id) in y.iter_mut().enumerate().zip(&x[1]) {
            *y = x[0][i * width + ids::row(id)];
        }
    }

    fn backward<T: Real>(&self, at: Saved<'_, T>, g_y: &[T], g_x: &mut InGradients<'_, T>) {
        let Some(g_x) = g_x.get(0) else { return };
        let width = at.x.shape(0).last();
        g_x.fill(T::ZERO);
        for ((i, &g_y), &id) in g_y.iter().enumerate().zip(&at.x[1]) {
            g_x[i * width + ids::row(id)] = g_y;
        }
    }

    fn flops(&self, _: &[Shape]) -> Flops {
        Flops::NONE
    }

    fn sample(draw: &mut Draw) -> Sample<Self> {
        let rows = draw.shape();
        let width = draw.size_nonzero();
        let x = draw.normal(rows.insert(rows.rank(), width));
        Sample::new(Self, [x, draw.ids(rows, width)])
    }
}
