//! The same numbers, in the same order, under another shape.
//!
//! Nothing moves, so the upstream gradient is the gradient, read under the old shape.
//! **Shapes**: `x: [B, T, H·D]` → `y: [B, T, H, D]`, or any other with as many entries. Cost: no arithmetic, one copy.
//! Source: the split of the channels into heads, deck S1, multi-head attention.

use crate::op::prelude::*;

/// The same numbers under another shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reshape {
    /// The shape of the result.
    pub to: Shape,
}

impl<'t> Var<'t> {
    /// The same numbers, in row-major order, under another shape with as many entries.
    ///
    /// **Panics** if the numbers of entries differ.
    #[track_caller]
    pub fn reshape(self, to: impl Into<Shape>) -> Var<'t> {
        Var::record(Reshape { to: to.into() }, &[self])
    }
}

impl Op for Reshape {
    const NAME: &'static str = "reshape";
    const MEANING: &'static str = "The same numbers, in the same order, under another shape.";
    const SHAPES: &'static str = "[..] -> [..] with as many entries";
    const WORDS: &'static [Word] = &[Word::own("split", "split(x, D => [h:H, dk])", "one axis becomes several whose product it is", "Q = split(x, D => [h:H, dk])"), Word::own("merge", "merge(x, [h, dk] => D)", "neighbouring axes become one", "C = merge(x, [h, dk] => D)")];
    const FORWARD: Equations = &[("y", "reshape(x, shape)")];
    const BACKWARD: Equations = &[("g_x", "reshape(g_y, shape_x)")];
    const OPERANDS: &'static [Operand] = &[Operand::real("x", "what gets other axes")];
    const KEEPS: Keeps = Keeps::NOTHING;

    attributes! {
        to: Shape, "the axes of the result";
    }

    fn shape(&self, x: &[Shape]) -> Result<Shape, ShapeError> {
        if x[0].len() != self.to.len() {
            return Err(ShapeError::new(format!(
                "{} has {} entries and {} has {}; they must be equal",
                x[0],
                x[0].len(),
                self.to,
                self.to.len()
            )));
        }
        Ok(self.to)
    }

    fn forward<T: Real>(&self, x: Inputs<'_, T>, y: &mut [T], _: &mut [T]) {
        y.copy_from_slice(&x[0]);
    }

    fn passes_gradient(&self, _: &[Shape], _: usize) -> bool {
        true
    }

    fn backward<T: Real>(&self, _: Saved<'_, T>, g_y: &[T], g_x: &mut InGradients<'_, T>) {
        if let Some(g_x) = g_x.get(0) {
            g_x.copy_from_slice(g_y);
        }
    }

    fn flops(&self, _: &[Shape]) -> Flops {
        Flops::NONE
    }

    fn sample(draw: &mut Draw) -> Sample<Self> {
        let x = draw.shape();
        let to = match draw.below(3) {
            0 => Shape::new(&[x.len()]),
            1 => x.iter().rev().collect(),
            _ => x.insert(draw.below(x.rank() + 1), 1),
        };
        Sample::new(Self { to }, [draw.normal(x)])
    }
}
