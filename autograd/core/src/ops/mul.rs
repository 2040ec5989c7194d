//! Multiplication, entry by entry.
//!
//! `∂z/∂a = b` and `∂z/∂b = a`: each factor receives the upstream gradient times the other factor.
//! Source: the product rule; deck S0, `∂b/∂β_j = z_j` and `∂b/∂z_j = β_j`.

use super::elementwise::{Entrywise, contributions, zip};
use crate::op::prelude::*;

/// Multiplication `a * b` of entries, with broadcasting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mul;

impl<'t> std::ops::Mul for Var<'t> {
    type Output = Var<'t>;
    #[track_caller]
    fn mul(self, b: Self) -> Var<'t> {
        Var::record(Mul, &[self, b])
    }
}

impl<'t> std::ops::Mul<f64> for Var<'t> {
    type Output = Var<'t>;
    #[track_caller]
    fn mul(self, b: f64) -> Var<'t> {
        self * self.constant(b)
    }
}

impl<'t> std::ops::Mul<Var<'t>> for f64 {
    type Output = Var<'t>;
    #[track_caller]
    fn mul(self, b: Var<'t>) -> Var<'t> {
        b.constant(self) * b
    }
}

impl Op for Mul {
    const NAME: &'static str = "mul";
    const MEANING: &'static str = "Multiplication, entry by entry.";
    const SHAPES: &'static str = "[..], [..] -> [..]; lined up at the last axis";
    const WORDS: &'static [Word] = &[Word::own("*", "a * b", "the axes of one side are among those of the other, in the same order", "z = a * b")];
    const BROADCASTS: bool = true;
    const FORWARD: Equations = &[("z", "a * b")];
    const BACKWARD: Equations = &[("g_a", "g_z * b"), ("g_b", "g_z * a")];
    const OPERANDS: &'static [Operand] = &[Operand::real("a", "one factor"), Operand::real("b", "the other")];
    const KEEPS: Keeps = Keeps::INPUTS;

    attributes! {}

    fn forward<T: Real>(&self, x: Inputs<'_, T>, z: &mut [T], _: &mut [T]) {
        zip(x, z, Self::entry);
    }

    fn backward<T: Real>(&self, at: Saved<'_, T>, g_z: &[T], g_x: &mut InGradients<'_, T>) {
        if let Some(g_a) = g_x.get(0) {
            contributions(0, &at, g_z, g_a, |a, b, z, g_z| Self::contribution(a, b, z, g_z)[0]);
        }
        if let Some(g_b) = g_x.get(1) {
            contributions(1, &at, g_z, g_b, |a, b, z, g_z| Self::contribution(a, b, z, g_z)[1]);
        }
    }

    fn flops(&self, x: &[Shape]) -> Flops {
        let entries = broadcast(x).map_or(0, |z| z.len());
        Flops::new(entries, 2 * entries)
    }

    fn sample(draw: &mut Draw) -> Sample<Self> {
        let (a, b) = draw.broadcast_pair();
        Sample::new(Self, [draw.normal(a), draw.normal(b)])
    }
}

impl Entrywise for Mul {
    fn entry<T: Real>(a: T, b: T) -> T {
        a * b
    }

    fn contribution<T: Real>(a: T, b: T, _: T, g_z: T) -> [T; 2] {
        [g_z * b, g_z * a]
    }
}
