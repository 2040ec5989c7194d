//! Addition, entry by entry.
//!
//! `∂z/∂a = ∂z/∂b = 1`, so both operands receive the upstream gradient as it is; an entry that was broadcast receives
//! the sum over its uses. Source: the bias of a linear module, deck S0 (the sum that starts at index 0).

use super::elementwise::{Entrywise, contributions, zip};
use crate::op::prelude::*;

/// Addition `a + b` with broadcasting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Add;

impl<'t> std::ops::Add for Var<'t> {
    type Output = Var<'t>;
    #[track_caller]
    fn add(self, b: Self) -> Var<'t> {
        Var::record(Add, &[self, b])
    }
}

impl<'t> std::ops::Add<f64> for Var<'t> {
    type Output = Var<'t>;
    #[track_caller]
    fn add(self, b: f64) -> Var<'t> {
        self + self.constant(b)
    }
}

impl<'t> std::ops::Add<Var<'t>> for f64 {
    type Output = Var<'t>;
    #[track_caller]
    fn add(self, b: Var<'t>) -> Var<'t> {
        b.constant(self) + b
    }
}

impl Op for Add {
    const NAME: &'static str = "add";
    const MEANING: &'static str = "Addition, entry by entry.";
    const SHAPES: &'static str = "[..], [..] -> [..]; lined up at the last axis, size 1 and missing axes repeat";
    const WORDS: &'static [Word] = &[Word::own("+", "a + b", "the axes of one side are among those of the other, in the same order", "z = a + b")];
    const BROADCASTS: bool = true;
    const FORWARD: Equations = &[("z", "a + b")];
    const BACKWARD: Equations = &[("g_a", "g_z"), ("g_b", "g_z")];
    const OPERANDS: &'static [Operand] = &[Operand::real("a", "one term"), Operand::real("b", "the other")];
    const KEEPS: Keeps = Keeps::NOTHING;

    attributes! {}

    fn forward<T: Real>(&self, x: Inputs<'_, T>, z: &mut [T], _: &mut [T]) {
        zip(x, z, Self::entry);
    }

    fn passes_gradient(&self, x: &[Shape], _: usize) -> bool {
        x[0] == x[1]
    }

    fn backward<T: Real>(&self, at: Saved<'_, T>, g_z: &[T], g_x: &mut InGradients<'_, T>) {
        for operand in [0, 1] {
            if let Some(g) = g_x.get(operand) {
                contributions(operand, &at, g_z, g, |a, b, z, g_z| Self::contribution(a, b, z, g_z)[operand]);
            }
        }
    }

    fn flops(&self, x: &[Shape]) -> Flops {
        let entries = broadcast(x).map_or(0, |z| z.len());
        Flops::new(entries, 0)
    }

    fn sample(draw: &mut Draw) -> Sample<Self> {
        let (a, b) = draw.broadcast_pair();
        Sample::new(Self, [draw.normal(a), draw.normal(b)])
    }
}

impl Entrywise for Add {
    fn entry<T: Real>(a: T, b: T) -> T {
        a + b
    }

    fn contribution<T: Real>(_: T, _: T, _: T, g_z: T) -> [T; 2] {
        [g_z, g_z]
    }
}
