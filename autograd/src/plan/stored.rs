//! A step as the plan stores it: the simplest of three forms.

use super::numbers::{BackwardInstruction, ForwardInstruction};
use super::schedule::{BackwardStep, ForwardStep, NUMBERS};
use super::single::{SingleBackward, SingleForward};
use crate::numbers::Real;
use crate::op::ValueError;
use crate::params::Params;

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

/// Steps of the forward pass in the form in which they run.
pub(super) fn store_forward(steps: impl Iterator<Item = ForwardStep>) -> Vec<Forward> {
    steps.fold(Vec::new(), |mut stored, step| {
        if let Some(instruction) = ForwardInstruction::of(&step) {
            append(&mut stored, instruction);
        } else {
            let single = SingleForward::of(&step).map(Stored::Single);
            stored.push(single.unwrap_or_else(|| Stored::General(Box::new(step))));
        }
        stored
    })
}

/// Steps of the backward pass in the form in which they run.
pub(super) fn store_backward(steps: impl Iterator<Item = BackwardStep>) -> Vec<Backward> {
    steps.fold(Vec::new(), |mut stored, step| {
        if let Some(instruction) = BackwardInstruction::of(&step) {
            append(&mut stored, instruction);
        } else {
            let single = SingleBackward::of(&step).map(Stored::Single);
            stored.push(single.unwrap_or_else(|| Stored::General(Box::new(step))));
        }
        stored
    })
}

/// Puts an instruction behind those that came just before it.
fn append<I, S, G>(stored: &mut Vec<Stored<I, S, G>>, instruction: I) {
    match stored.last_mut() {
        Some(Stored::Numbers(instructions)) => instructions.push(instruction),
        _ => stored.push(Stored::Numbers(vec![instruction])),
    }
}

impl Forward {
    pub fn run<T: Real>(&self, arrays: &mut [Vec<T>], params: &Params<T>) -> Result<(), ValueError> {
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
