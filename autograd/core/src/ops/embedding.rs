//! The rows of a table that ids name.
//!
//! `y_i = table_(id_i)`: row `v` of the table stands in `y` wherever an id is `v`, so
//! `g_table_v = Σ_(i: id_i = v) g_y_i`; repeated ids add up, and a row that nobody named receives 0.
//! It is the product of one-hot rows with the table, without the multiplications by 0.
//! **Shapes**: `table: [V, C]`, `ids: [..]` → `y: [.., C]`. Cost: one copy; in backward one addition an entry.
//! Ids are whole numbers from 0 to `V - 1`; they travel as numbers of the tape, which is why `V` may not exceed 2²⁴.
//! Source: deck S0, embeddings, the table `V × d_e`.

use super::ids;
use crate::op::prelude::*;

/// The rows of `table` that `ids` name: one more axis than the ids have.
///
/// ```
/// use ndarray::array;
/// use tapegrad_autograd::{ops::embedding, Tape};
/// let tape = Tape::<f64>::new();
/// let table = tape.input("table", array![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]);
/// let y = embedding(table, tape.ids("ids", [3], &[2, 0, 2]));
/// assert_eq!(tape.value(y), array![[5.0, 6.0], [1.0, 2.0], [5.0, 6.0]].into_dyn());
/// assert_eq!(tape.backward(y.sum()).of(table), array![[1.0, 1.0], [0.0, 0.0], [2.0, 2.0]].into_dyn());
/// ```
///
/// **Panics** if an id is not a whole number below the number of rows.
#[track_caller]
pub fn embedding<'t>(table: Var<'t>, ids: Var<'t>) -> Var<'t> {
    Var::record(Embedding, &[table, ids])
}

/// The op of [`embedding`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Embedding;

impl Op for Embedding {
    const NAME: &'static str = "embedding";
    const MEANING: &'static str = "The rows of a table that ids name.";
    const SHAPES: &'static str = "[V, C], [..] -> [.., C]";
    const WORDS: &'static [Word] = &[Word::own("E[w]", "E[w]", "w holds ids of E's first axis: the axes of w, then the rest of E", "r = emb[w]")];
    const FORWARD: Equations = &[("y[i]", "table[ids[i]]")];
    const BACKWARD: Equations = &[("g_table[v]", "sum(i: if ids[i] == v then g_y[i] else 0)")];
    const OPERANDS: &'static [Operand] = &[Operand::real("table", "one row for each id"), Operand::id("ids", "whole numbers from 0 to V - 1")];
    const KEEPS: Keeps = Keeps::inputs(&[1]);

    attributes! {}

    fn shape(&self, x: &[Shape]) -> Result<Shape, ShapeError> {
        let [table, ids] = [x[0], x[1]];
        if table.rank() != 2 {
            return Err(ShapeError::new("the table needs the two axes [V, C]"));
        }
        ids::nameable(table.size(0))?;
        Ok(ids.insert(ids.rank(), table.size(1)))
    }

    fn admits<T: Real>(&self, x: Inputs<'_, T>) -> Result<(), ValueError> {
        ids::check(&x[1], x.shape(1), x.shape(0).size(0), None)
    }

    fn forward<T: Real>(&self, x: Inputs<'_, T>, y: &mut [T], _: &mut [T]) {
        let width = x.shape(0).size(1);
        for (i, &id) in x[1].iter().enumerate() {
            y[i * width..][..width].copy_from_slice(&x[0][ids::row(id) * width..][..width]);
        }
    }

    fn backward<T: Real>(&self, at: Saved<'_, T>, g_y: &[T], g_x: &mut InGradients<'_, T>) {
        let Some(g_table) = g_x.get(0) else { return };
        let width = at.x.shape(0).size(1);
        g_table.fill(T::ZERO);
        for (i, &id) in at.x[1].iter().enumerate() {
            let row = &mut g_table[ids::row(id) * width..][..width];
            for (g_table, &g_y) in row.iter_mut().zip(&g_y[i * width..]) {
                *g_table += g_y;
            }
        }
    }

    fn flops(&self, x: &[Shape]) -> Flops {
        Flops::new(0, x[1].len() * x[0].size(1))
    }

    fn sample(draw: &mut Draw) -> Sample<Self> {
        let [rows, width] = [draw.size_nonzero(), draw.size()];
        let ids = draw.shape();
        let table = draw.normal(Shape::new(&[rows, width]));
        Sample::new(Self, [table, draw.ids(ids, rows)])
    }
}
