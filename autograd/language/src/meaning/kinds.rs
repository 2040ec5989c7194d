//! Which values have a gradient, once every row is known.
//!
//! A recurrence reads a row before all of its values are written: `h[0] = 0` has no gradient, `h[t] = h[t-1] + w` has.
//! So a row has a gradient if any of its values has one, and what is computed from it follows, until nothing changes.

use super::program::{Instruction, Operation, Program};
use super::types::Kind;
use super::words;
use tapegrad_core::op::{OperandKind, operand_at};
use tapegrad_core::ops;

/// Gives the rows of a program, and what is computed from them, their kinds.
pub(super) fn settle(program: &mut Program) {
    let instructions = std::mem::take(&mut program.instructions);
    let mut changed = true;
    while changed {
        changed = false;
        for instruction in Instruction::all(&instructions) {
            changed |= follow(program, instruction);
        }
    }
    program.instructions = instructions;
}

/// Makes real what an instruction computes or writes from something real; true if that is news.
fn follow(program: &mut Program, instruction: &Instruction) -> bool {
    let is_real = |kind: &Kind| *kind == Kind::Real;
    let kind = |value: &usize| &program.values[*value].ty.kind;
    let (real, target) = match instruction {
        Instruction::Compute { out, op, args } => {
            let real = args
                .iter()
                .enumerate()
                .any(|(position, arg)| is_real(kind(arg)) && passes_gradient(op, position));
            (real, &mut program.values[*out].ty.kind)
        }
        Instruction::Store { family, value, .. } => (is_real(kind(value)), &mut program.families[*family].ty.kind),
        Instruction::Load { out, family, .. } | Instruction::Collect { out, family } => {
            let real = is_real(&program.families[*family].ty.kind);
            (real, &mut program.values[*out].ty.kind)
        }
        Instruction::Choice { out, yes, no, .. } => {
            let real = [yes.1, no.1].iter().any(|value| is_real(kind(value)));
            (real, &mut program.values[*out].ty.kind)
        }
        Instruction::Loop { .. } | Instruction::Scope { .. } => return false,
    };
    let news = real && matches!(target, Kind::Data | Kind::Bool | Kind::Int);
    if news {
        *target = Kind::Real;
    }
    news
}

/// True if the operand at this position gets a gradient from the result.
pub(crate) fn passes_gradient(op: &Operation, position: usize) -> bool {
    match op {
        Operation::Where => position > 0,
        Operation::Embedding | Operation::Pick => position == 0,
        Operation::Unary(name) => words::called(name, &[]).operand(0).kind == OperandKind::Real,
        Operation::Engine(name, _) => {
            ops::find(name).is_none_or(|op| operand_at(op.operands, position).kind == OperandKind::Real)
        }
        _ => true,
    }
}
