//! An array repeated along axes of size 1 and along new axes in front.
//!
//! An entry that is repeated `n` times takes part in `n` entries of `y`, so it receives the sum of their upstream
//! gradients. **Shapes**: `x: [T, 1]` → `y: [B, T, C]`; axes are aligned at the end. Cost: one addition an entry in
//! backward. Source: the bias that is added to every row of a batch, deck S1.

use super::elementwise::walk;
use crate::op::prelude::*;

/// The operand repeated until it has the given shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broadcast {
    /// The shape of the result.
    pub to: Shape,
}

impl<'t> Var<'t> {
    /// The value repeated to this shape: axes of size 1 and missing leading axes are repeated.
    ///
    /// ```
    /// use ndarray::array;
    /// use tapegrad_autograd::Tape;
    /// let tape = Tape::<f64>::new();
    /// let b = tape.input("b", array![1.0, 2.0]);
    /// let gradients = tape.backward(b.broadcast_to([3, 2]).sum());
    /// assert_eq!(gradients.of(b), array![3.0, 3.0].into_dyn());
    /// ```
    ///
    /// **Panics** if the shapes do not fit, aligned at the last axis.
    #[track_caller]
    pub fn broadcast_to(self, to: impl Into<Shape>) -> Var<'t> {
        Var::record(Broadcast { to: to.into() }, &[self])
    }
}

impl Op for Broadcast {
    const NAME: &'static str = "broadcast";
    const MEANING: &'static str = "An array repeated along axes of size 1 and along new axes in front.";
    const SHAPES: &'static str = "[..] -> [..], lined up at the last axis";
    const WORDS: &'static [Word] = &[Word::own("broadcast", "broadcast(x, to => [T, D])", "repeated along the axes that x lacks", "y = broadcast(b, to => [T, D])"), Word::own("zeros", "zeros[M, D]", "the named axes", "h[0] = zeros[D]"), Word::own("ones", "ones[M, D]", "the named axes", "e = ones[T]")];
    const FORWARD: Equations = &[("y", "broadcast(x, over i)")];
    const BACKWARD: Equations = &[("g_x", "sum(g_y, over i)")];
    const OPERANDS: &'static [Operand] = &[Operand::real("x", "what is repeated")];
    const KEEPS: Keeps = Keeps::NOTHING;

    attributes! {
        to: Shape, "the axes of the result";
    }

    fn shape(&self, x: &[Shape]) -> Result<Shape, ShapeError> {
        if Shape::broadcast(x[0], self.to) != Some(self.to) {
            return Err(ShapeError::new(format!(
                "{} does not broadcast to {}: aligned at the last axis, each size must be equal or 1",
                x[0], self.to
            )));
        }
        Ok(self.to)
    }

    fn forward<T: Real>(&self, x: Inputs<'_, T>, y: &mut [T], _: &mut [T]) {
        walk([x.shape(0)], self.to, |[i_x], i_y| y[i_y] = x[0][i_x]);
    }

    fn backward<T: Real>(&self, at: Saved<'_, T>, g_y: &[T], g_x: &mut InGradients<'_, T>) {
        let Some(g_x) = g_x.get(0) else { return };
        g_x.fill(T::ZERO);
        walk([at.x.shape(0)], self.to, |[i_x], i_y| g_x[i_x] += g_y[i_y]);
    }

    fn flops(&self, _: &[Shape]) -> Flops {
        Flops::new(0, self.to.len())
    }

    fn sample(draw: &mut Draw) -> Sample<Self> {
        let to = draw.shape();
        let x = draw.broadcasts_to(to);
        Sample::new(Self { to }, [draw.normal(x)])
    }
}
