//! A step as the plan stores it: the simplest of three forms.

use super::numbers::{BackwardInstruction, ForwardInstruction};
use super::single::{SingleBackward, SingleForward};
use super::step::{BackwardStep, ForwardStep, NUMBERS};
use crate::numbers::Real;
use crate::op::ValueError;
use crate::params::{Params, Weights};

/// One step, or several instructions in a row.
#[derive(Clone, Debug)]
pub(super) enum Stored<Instruction, Single, General> {
    Numbers(Vec<Instruction>),
    Single(Single),
    General(Box<General>),
}

/// Steps of the forward pass.
pub(super) type Forward = Stored<ForwardInstruction, SingleForward, ForwardStep>;

/// Steps of the backward pass.
pub(super) type Backward = Stored<BackwardInstruction, SingleBackward, BackwardStep>;

/// Steps in the form in which they run; instructions that follow each other stand together.
pub(super) fn store<I, S, G>(
    steps: impl Iterator<Item = G>,
    instruction: impl Fn(&G) -> Option<I>,
    single: impl Fn(&G) -> Option<S>,
) -> Vec<Stored<I, S, G>> {
    let mut stored = Vec::new();
    for step in steps {
        match (instruction(&step), stored.last_mut()) {
            (Some(instruction), Some(Stored::Numbers(before))) => before.push(instruction),
            (Some(instruction), _) => stored.push(Stored::Numbers(vec![instruction])),
            (None, _) => stored.push(match single(&step) {
                Some(single) => Stored::Single(single),
                None => Stored::General(Box::new(step)),
            }),
        }
    }
    stored
}

impl Forward {
    pub fn run<T: Real>(&self, arrays: &mut [Vec<T>], params: &impl Weights<T>) -> Result<(), ValueError> {
        match self {
            Self::Numbers(instructions) => {
                let numbers = &mut arrays[NUMBERS][..];
                instructions.iter().for_each(|instruction| instruction.run(numbers));
                Ok(())
            }
            Self::Single(step) => step.run(arrays, params),
            Self::General(step) => step.run(arrays, params),
        }
    }
}

impl Backward {
    pub fn run<T: Real>(&self, arrays: &mut [Vec<T>], params: &mut Params<T>) {
        match self {
            Self::Numbers(instructions) => {
                let numbers = &mut arrays[NUMBERS][..];
                instructions.iter().for_each(|instruction| instruction.run(numbers));
            }
            Self::Single(step) => step.run(arrays, params),
            Self::General(step) => step.run(arrays, params),
        }
    }
}
