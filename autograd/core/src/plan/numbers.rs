//! Steps of arithmetic between single numbers, as instructions over one flat array.
//!
//! A scalar formula has steps by the hundred thousand, and each does less than it takes to find out what to do. So
//! numbers that only such steps use lie side by side in one array, and a step is an op and the positions it reads and
//! writes: twenty bytes, or thirty on the way back. [`Arithmetic`] says what is computed.

use super::step::{At, BackwardStep, ForwardStep, Target};
use crate::numbers::Real;
use crate::ops::arithmetic::Arithmetic;

/// The forward step of an op between numbers.
#[derive(Clone, Copy, Debug)]
pub(super) struct ForwardInstruction {
    op: Arithmetic,
    x: [u32; 2],
    y: u32,
}

impl ForwardInstruction {
    /// `None` unless the op is arithmetic and all its operands lie among the numbers.
    pub fn of(step: &ForwardStep) -> Option<Self> {
        let op = Arithmetic::of(&step.op)?;
        let a = position(*step.x.first()?)?;
        let b = step.x.get(1).map_or(Some(a), |&b| position(b))?;
        Some(Self {
            op,
            x: [a, b],
            y: position(step.y)?,
        })
    }

    #[inline]
    pub fn run<T: Real>(self, numbers: &mut [T]) {
        let [a, b] = self.x.map(|x| numbers[x as usize]);
        numbers[self.y as usize] = self.op.entry(a, b);
    }
}

/// What becomes of a contribution.
#[derive(Clone, Copy, Debug)]
enum Goal {
    Unwanted,
    First,
    Later,
}

/// The backward step of an op between numbers.
#[derive(Clone, Copy, Debug)]
pub(super) struct BackwardInstruction {
    op: Arithmetic,
    goals: [Goal; 2],
    x: [u32; 2],
    y: u32,
    g_y: u32,
    g_x: [u32; 2],
}

impl BackwardInstruction {
    /// `None` unless the op is arithmetic and everything it reads and writes lies among the numbers.
    pub fn of(step: &BackwardStep) -> Option<Self> {
        let op = Arithmetic::of(&step.forward.op)?;
        let g_y = position(step.g_y)?;
        // The upstream gradient stands in for what is gone: nobody looks at it in that place.
        let kept = |at: At| {
            if matches!(at, At::Nothing) {
                Some(g_y)
            } else {
                position(at)
            }
        };
        let a = kept(*step.forward.x.first()?)?;
        let b = step.forward.x.get(1).map_or(Some(a), |&b| kept(b))?;
        let (mut goals, mut g_x) = ([Goal::Unwanted; 2], [g_y; 2]);
        for (i, target) in step.g_x.iter().enumerate() {
            let (goal, at) = match *target {
                Target::Unwanted => continue,
                Target::First(at) => (Goal::First, at),
                Target::Later(at) => (Goal::Later, at),
            };
            (goals[i], g_x[i]) = (goal, position(at)?);
        }
        Some(Self {
            op,
            goals,
            x: [a, b],
            y: kept(step.forward.y)?,
            g_y,
            g_x,
        })
    }

    #[inline]
    pub fn run<T: Real>(self, numbers: &mut [T]) {
        let [a, b, z, g_z] = [self.x[0], self.x[1], self.y, self.g_y].map(|x| numbers[x as usize]);
        let contributions = self.op.contribution(a, b, z, g_z);
        for ((goal, g_x), contribution) in self.goals.into_iter().zip(self.g_x).zip(contributions) {
            match goal {
                Goal::Unwanted => {}
                Goal::First => numbers[g_x as usize] = contribution,
                Goal::Later => numbers[g_x as usize] += contribution,
            }
        }
    }
}

/// The position of a place among the numbers.
fn position(at: At) -> Option<u32> {
    match at {
        At::Number(position) => Some(position),
        _ => None,
    }
}
