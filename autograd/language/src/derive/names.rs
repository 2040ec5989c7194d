//! Identifiers of a straight program: no two lines or parameters share one.

use std::collections::{BTreeMap, BTreeSet};

use crate::meaning::program::Program;

/// The identifiers in use.
pub(super) struct Names {
    taken: BTreeSet<String>,
    /// For a name that is taken, the number from which on to look for a free one.
    next: BTreeMap<String, usize>,
}

impl Names {
    /// The names of the sizes and inputs of a program.
    pub fn of(program: &Program) -> Self {
        let dims = program.dims.iter().map(|dim| dim.name.to_string());
        let inputs = program.inputs.iter().map(|input| input.name.clone());
        Self {
            taken: dims.chain(inputs).collect(),
            next: BTreeMap::new(),
        }
    }

    /// This name, or this name with the first number from 2 on that makes it unique.
    pub fn fresh(&mut self, name: &str) -> String {
        let mut unique = name.to_string();
        while !self.taken.insert(unique.clone()) {
            let number = self.next.entry(name.to_string()).or_insert(2);
            unique = format!("{name}_{number}");
            *number += 1;
        }
        unique
    }
}
