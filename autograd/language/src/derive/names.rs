//! Identifiers of a straight program: no two lines or parameters share one.

use std::collections::BTreeSet;

use crate::meaning::program::Program;

/// The identifiers in use.
pub(super) struct Names {
    taken: BTreeSet<String>,
}

impl Names {
    /// The names of the sizes and inputs of a program.
    pub fn of(program: &Program) -> Self {
        let dims = program.dims.iter().map(|dim| dim.name.to_string());
        let inputs = program.inputs.iter().map(|input| input.name.clone());
        Self {
            taken: dims.chain(inputs).collect(),
        }
    }

    /// This name, or this name with the first number from 2 on that makes it unique.
    pub fn fresh(&mut self, name: &str) -> String {
        let mut unique = name.to_string();
        let mut number = 2;
        while !self.taken.insert(unique.clone()) {
            unique = format!("{name}_{number}");
            number += 1;
        }
        unique
    }
}
