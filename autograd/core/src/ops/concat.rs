//! Arrays one after another along an axis they all have.
//!
//! Every entry of every operand stands in `y` exactly once, so each operand receives its own part of the upstream
//! gradient. **Shapes**: `a_1: [.., N_1, ..]`, `a_2: [.., N_2, ..]` → `y: [.., N_1 + N_2, ..]`; all other axes are
//! equal. Cost: no arithmetic, one copy. Source: the heads side by side, deck S1, multi-head attention.

use super::axis::existing;
use crate::op::prelude::*;

/// Arrays one after another along one axis; -1 is the last axis.
///
/// ```
/// use ndarray::array;
/// use tapegrad_autograd::{ops::concat, Tape};
/// let tape = Tape::<f64>::new();
/// let (a, b) = (tape.input("a", array![1.0, 2.0]), tape.input("b", array![3.0]));
/// assert_eq!(tape.value(concat(&[a, b], 0)), array![1.0, 2.0, 3.0].into_dyn());
/// ```
///
/// **Panics** if there is no array, or another axis differs in size.
#[track_caller]
pub fn concat<'t>(parts: &[Var<'t>], axis: isize) -> Var<'t> {
    let first = parts.first().expect("there is at least one array to put in a row");
    let axis = first.axis(axis);
    Var::record(Concat { axis }, parts)
}

/// The op of [`concat()`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Concat {
    /// The axis along which the operands follow each other.
    pub axis: usize,
}

impl Op for Concat {
    const NAME: &'static str = "concat";
    const MEANING: &'static str = "Arrays one after another along an axis they all have.";
    const SHAPES: &'static str = "[.., N1, ..], [.., N2, ..], .. -> [.., N1 + N2 + .., ..]";
    const WORDS: &'static [Word] = &[Word::own("concat", "concat(a, b, over k)", "the named axis is as long as all together", "y = concat(a, b, over k)"), Word::own("with_one", "with_one(x)", "a 1 is put before the first entry", "x1 = with_one(x)")];
    const FORWARD: Equations = &[("y", "concat(a, over i)")];
    const BACKWARD: Equations = &[("g_a", "slice(g_y, over i)")];
    const OPERANDS: &'static [Operand] = &[Operand::real("a", "one of the arrays, in order").many()];
    const KEEPS: Keeps = Keeps::NOTHING;

    attributes! {
        axis: usize, "the axis along which they follow each other";
    }

    fn shape(&self, x: &[Shape]) -> Result<Shape, ShapeError> {
        let mut total = existing(self.axis, x[0])?;
        for &a in &x[1..] {
            let size = existing(self.axis, a)?;
            if a.with_size(self.axis, 0) != x[0].with_size(self.axis, 0) {
                return Err(ShapeError::new(format!(
                    "{} and {a} must be equal but for axis {}",
                    x[0], self.axis
                )));
            }
            total += size;
        }
        Ok(x[0].with_size(self.axis, total))
    }

    fn forward<T: Real>(&self, x: Inputs<'_, T>, y: &mut [T], _: &mut [T]) {
        let row = row_len(self.axis, x.shapes());
        let mut start = 0;
        for operand in 0..x.len() {
            let (outer, size, inner) = x.shape(operand).around(self.axis);
            let count = size * inner;
            for o in 0..outer {
                y[o * row + start..][..count].copy_from_slice(&x[operand][o * count..][..count]);
            }
            start += count;
        }
    }

    fn backward<T: Real>(&self, at: Saved<'_, T>, g_y: &[T], g_x: &mut InGradients<'_, T>) {
        let row = row_len(self.axis, at.x.shapes());
        let mut start = 0;
        for (operand, g_a) in g_x.iter_mut().enumerate() {
            let (outer, size, inner) = at.x.shape(operand).around(self.axis);
            let count = size * inner;
            if let Some(g_a) = g_a {
                for o in 0..outer {
                    g_a[o * count..][..count].copy_from_slice(&g_y[o * row + start..][..count]);
                }
            }
            start += count;
        }
    }

    fn flops(&self, _: &[Shape]) -> Flops {
        Flops::NONE
    }

    fn sample(draw: &mut Draw) -> Sample<Self> {
        let (common, axis) = draw.shape_with_axis();
        let parts: Vec<_> = (0..1 + draw.below(3))
            .map(|_| {
                let size = draw.size();
                draw.normal(common.with_size(axis, size))
            })
            .collect();
        Sample::new(Self { axis }, parts)
    }
}

/// The entries of the result for one index of the axes before `axis`.
fn row_len(axis: usize, x: &[Shape]) -> usize {
    x.iter()
        .map(|a| {
            let (_, size, inner) = a.around(axis);
            size * inner
        })
        .sum()
}
