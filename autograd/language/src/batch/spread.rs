//! Which values differ from example to example: the inputs that do, and all that is computed from them.

use crate::meaning::program::{Instruction, Operation, Program};

/// For each value and each row of a program whether it differs from example to example.
pub(super) struct Spread {
    pub values: Vec<bool>,
    pub rows: Vec<bool>,
}

impl Spread {
    /// What depends on these inputs. A row differs as a whole; loops are read again until nothing changes.
    pub fn of(program: &Program, inputs: &[bool]) -> Self {
        let mut spread = Self {
            values: vec![false; program.values.len()],
            rows: vec![false; program.families.len()],
        };
        let mut changed = true;
        while changed {
            let new = Instruction::all(&program.instructions).filter(|one| spread.read(one, inputs));
            changed = new.count() > 0;
        }
        spread
    }

    /// Reads one instruction; true if something new is known.
    fn read(&mut self, instruction: &Instruction, inputs: &[bool]) -> bool {
        let (known, differs) = match instruction {
            Instruction::Compute {
                out,
                op: Operation::Input(number),
                ..
            } => (&mut self.values[*out], inputs[*number]),
            Instruction::Compute { out, args, .. } => {
                let differs = args.iter().any(|&arg| self.values[arg]);
                (&mut self.values[*out], differs)
            }
            Instruction::Load { out, family, .. } | Instruction::Collect { out, family } => {
                (&mut self.values[*out], self.rows[*family])
            }
            Instruction::Choice { out, yes, no, .. } => {
                let differs = self.values[yes.1] || self.values[no.1];
                (&mut self.values[*out], differs)
            }
            Instruction::Store { family, value, .. } => (&mut self.rows[*family], self.values[*value]),
            Instruction::Loop { .. } | Instruction::Scope { .. } => return false,
        };
        let is_new = differs && !*known;
        *known |= differs;
        is_new
    }
}
