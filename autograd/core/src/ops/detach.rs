//! The same numbers without a gradient: what comes after takes them as given.
//!
//! `y = x` forwards; backwards nothing passes, as if `x` were data. It says that a value is to be used and not trained:
//! a target, a baseline, a statistic. A gradient that is not computed is not there, which is something else than 0.
//! **Shapes**: `x` → the same. Cost: none. Source: `stop_gradient` of JAX, `detach` of PyTorch.

use crate::op::prelude::*;

/// The op of [`Var::detach`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Detach;

impl<'t> Var<'t> {
    /// The same numbers without a gradient.
    ///
    /// ```
    /// use ndarray::array;
    /// use tapegrad_autograd::Tape;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.input("x", array![3.0]);
    /// let y = (x * x.detach()).sum();
    /// assert_eq!(tape.backward(y).of(x)[0], 3.0);
    /// ```
    #[track_caller]
    pub fn detach(self) -> Var<'t> {
        Var::record(Detach, &[self])
    }
}

impl Op for Detach {
    const NAME: &'static str = "detach";
    const MEANING: &'static str = "The same numbers without a gradient.";
    const SHAPES: &'static str = "[..] -> [..]";
    const WORDS: &'static [Word] = &[Word::unary("stop"), Word::unary("detach")];
    const FORWARD: Equations = &[("y", "x")];
    const BACKWARD: Equations = &[];
    const OPERANDS: &'static [Operand] = &[Operand::data("x", "what is taken as given")];
    const KEEPS: Keeps = Keeps::NOTHING;

    attributes! {}

    fn forward<T: Real>(&self, x: Inputs<'_, T>, y: &mut [T], _: &mut [T]) {
        // In forward mode nothing passes either: a tangent stays behind.
        y.iter_mut().zip(&x[0]).for_each(|(y, &x)| *y = T::from_f64(x.to_f64()));
    }

    fn backward<T: Real>(&self, _: Saved<'_, T>, _: &[T], _: &mut InGradients<'_, T>) {}

    fn flops(&self, _: &[Shape]) -> Flops {
        Flops::NONE
    }

    fn sample(draw: &mut Draw) -> Sample<Self> {
        let x = draw.shape();
        Sample::new(Self, [draw.normal(x)])
    }
}
