//! The logistic sigmoid: squashes any number into (0, 1).
//!
//! With `z = 1 / (1 + e^-a)`: `∂z/∂a = e^-a / (1 + e^-a)² = z · (1 - z)`, so the result is all that backward needs.
//! For `a` far below 0, `e^-a` overflows to infinity and `z` is 0, as it should be.
//! Source: deck S0, backpropagation, rows "Sigmoid".

use crate::op::prelude::*;

/// The logistic sigmoid of each entry.
#[track_caller]
pub fn sigmoid(a: Var<'_>) -> Var<'_> {
    Var::record(Sigmoid, &[a])
}

/// The op of [`sigmoid`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sigmoid;

impl Function for Sigmoid {
    /// `1 / (1 + e^-a)`; [`sigmoids`](Scalar::sigmoids) keeps its digits far from 0 as well.
    #[inline(always)]
    fn at<T: Scalar>(a: T) -> T {
        a.sigmoids().0
    }
}

impl Op for Sigmoid {
    const NAME: &'static str = "sigmoid";
    const MEANING: &'static str = "The logistic sigmoid: squashes any number into (0, 1).";
    const SHAPES: &'static str = "[..] -> [..]";
    const WORDS: &'static [Word] = &[Word::unary("sigmoid")];
    const FORWARD: Equations = &[("z", "1 / (1 + exp(-a))")];
    const BACKWARD: Equations = &[("g_a", "g_z * z * (1 - z)")];
    const OPERANDS: &'static [Operand] = &[Operand::real("a", "the activation")];
    const KEEPS: Keeps = Keeps::OUTPUT;

    attributes! {}

    fn forward<T: Real>(&self, x: Inputs<'_, T>, z: &mut [T], _: &mut [T]) {
        T::map::<Self>(&x[0], z);
    }

    fn backward<T: Real>(&self, at: Saved<'_, T>, g_z: &[T], g_x: &mut InGradients<'_, T>) {
        let Some(g_a) = g_x.get(0) else { return };
        for ((g_a, &g_z), &z) in g_a.iter_mut().zip(g_z).zip(at.y) {
            *g_a = g_z * z * (T::ONE - z);
        }
    }

    fn flops(&self, x: &[Shape]) -> Flops {
        Flops::new(3 * x[0].len(), 3 * x[0].len())
    }

    fn sample(draw: &mut Draw) -> Sample<Self> {
        let a = draw.shape();
        Sample::new(Self, [draw.normal(a)])
    }
}
