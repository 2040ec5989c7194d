//! Identifiers of a straight program: no two lines, rows, parameters or positions share one.

use std::collections::{BTreeMap, BTreeSet};

use crate::meaning::program::{Instruction, Program};

/// The identifiers in use.
#[derive(Clone, Debug, Default)]
pub struct Names {
    taken: BTreeSet<String>,
    /// Names of the program that stand further down: they are kept for their owners.
    reserved: BTreeSet<String>,
    /// For a name that is taken, the number from which on to look for a free one.
    next: BTreeMap<String, usize>,
}

impl Names {
    /// The names of the sizes, inputs and loop positions of a program; those of its values and parameters are reserved.
    pub(super) fn of(program: &Program) -> Self {
        let dims = program.dims.iter().map(|dim| dim.name.to_string());
        let inputs = program.inputs.iter().map(|input| input.name.clone());
        let positions = Instruction::all(&program.instructions).filter_map(|one| match one {
            Instruction::Loop { index, .. } => Some(index.to_string()),
            _ => None,
        });
        let taken: BTreeSet<String> = dims.chain(inputs).chain(positions).collect();
        let values = program.values.iter().filter_map(|value| value.name.clone());
        let params = program.params.iter().map(|param| identifier(&param.path));
        let rows = program.families.iter().map(|family| family.name.clone());
        let reserved = values
            .chain(params)
            .chain(rows)
            .filter(|name| !taken.contains(name))
            .collect();
        Self {
            taken,
            reserved,
            next: BTreeMap::new(),
        }
    }

    /// A name of the program itself: as it is for the first that asks for it.
    pub(super) fn own(&mut self, name: &str) -> String {
        if self.reserved.remove(name) && self.taken.insert(name.to_string()) {
            return name.to_string();
        }
        self.fresh(name)
    }

    /// True if `own` would give this name as it is.
    pub(super) fn gives(&self, name: &str) -> bool {
        !self.taken.contains(name)
    }

    /// This name, or this name with the first number from 2 on that makes it unique.
    pub(super) fn fresh(&mut self, name: &str) -> String {
        let mut unique = name.to_string();
        while !self.take(&unique) {
            let number = self.next.entry(name.to_string()).or_insert(2);
            // `g_2` would be the name of a gradient.
            unique = match name {
                "g" => format!("g{number}"),
                _ => format!("{name}_{number}"),
            };
            *number += 1;
        }
        unique
    }

    /// True if this name is in use.
    pub(super) fn has(&self, name: &str) -> bool {
        self.taken.contains(name) || self.reserved.contains(name)
    }

    /// Takes this name, if it is free.
    pub(super) fn take(&mut self, name: &str) -> bool {
        !self.has(name) && self.taken.insert(name.to_string())
    }
}

/// The path of a parameter, such as `block[2].att.W`, as an identifier.
pub(super) fn identifier(path: &str) -> String {
    joined(path.replace('.', "_"))
}

/// The name of a value with those of the layers around in front: `att_Q`.
pub(super) fn in_scope(prefix: &str, name: &str) -> String {
    match prefix {
        "" => name.to_string(),
        prefix => joined(format!("{prefix}{name}")),
    }
}

/// A name that was put together. What begins with `g_` are gradients, so of `g` and `W` becomes `gW`.
pub(super) fn joined(name: String) -> String {
    match name.strip_prefix("g_") {
        Some(rest) => format!("g{rest}"),
        None => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_g_is_not_called_like_a_gradient() {
        let mut names = Names::default();
        let all: Vec<String> = ["g", "g", "g", "h", "h"].map(|name| names.fresh(name)).into();
        assert_eq!(all, ["g", "g2", "g3", "h", "h_2"]);
    }

    #[test]
    fn a_name_that_was_put_together_is_not_that_of_a_gradient() {
        assert_eq!(identifier("g.W"), "gW");
        assert_eq!(identifier("g_2.att.W"), "g2_att_W");
        assert_eq!(identifier("g"), "g");
        assert_eq!(identifier("gate.W"), "gate_W");
        assert_eq!(in_scope("g_", "h"), "gh");
        assert_eq!(in_scope("", "g_h"), "g_h");
    }
}
