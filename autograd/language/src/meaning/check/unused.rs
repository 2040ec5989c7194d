//! What the objective of a graph, and its outputs, do not use: parameters, inputs and sizes.

use std::cell::RefCell;
use std::collections::BTreeSet;

use super::Checker;
use super::warnings::operations;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::meaning::program::{DimValue, Instruction, Operation, ValueId};
use crate::meaning::size::{Size, Symbol};
use crate::meaning::types::Kind;
use crate::span::Span;

impl Checker<'_> {
    /// W01: a parameter that the objective does not depend on.
    pub(super) fn unused_params(&mut self, instructions: &[Instruction]) {
        let Some((_, objective)) = self.program.objective else {
            return;
        };
        let reached = self.reached(instructions, vec![objective]);
        let used: BTreeSet<usize> = operations(instructions)
            .filter_map(|(out, op, _)| match op {
                Operation::Param(param, _) if reached.contains(&out) => Some(*param),
                _ => None,
            })
            .collect();
        for number in 0..self.program.params.len() {
            let param = &self.program.params[number];
            if !used.contains(&number) {
                let text = format!("the objective does not depend on {}", param.path);
                let warning = Diagnostic::new(Code::W01, param.span, text);
                self.report(warning.help("use it, or remove its declaration"));
            }
        }
    }

    /// Everything that values depend on; of a row, all of it.
    fn reached(&self, instructions: &[Instruction], from: Vec<ValueId>) -> BTreeSet<ValueId> {
        let mut rows: Vec<Vec<ValueId>> = vec![Vec::new(); self.program.families.len()];
        for instruction in Instruction::all(instructions) {
            if let Instruction::Store { family, value, .. } = instruction {
                rows[*family].push(*value);
            }
        }
        let mut choices: Vec<(ValueId, [ValueId; 2])> = Vec::new();
        let mut of: Vec<&[ValueId]> = vec![&[]; self.program.values.len()];
        for instruction in Instruction::all(instructions) {
            match instruction {
                Instruction::Compute { out, args, .. } => of[*out] = args,
                Instruction::Load { out, family, .. } | Instruction::Collect { out, family } => {
                    of[*out] = &rows[*family];
                }
                Instruction::Choice { out, yes, no, .. } => choices.push((*out, [yes.1, no.1])),
                Instruction::Store { .. } | Instruction::Loop { .. } | Instruction::Scope { .. } => {}
            }
        }
        for (out, ways) in &choices {
            of[*out] = ways;
        }
        let mut reached = BTreeSet::new();
        let mut open = from;
        while let Some(value) = open.pop() {
            if reached.insert(value) {
                open.extend(of[value]);
            }
        }
        reached
    }

    /// W08: an input or a size of the graph that nothing uses; a graph without an objective is not looked at.
    ///
    /// An equation that nothing reads is right: a lecture's program often has one more value to look at.
    pub(super) fn unused_names(&mut self, instructions: &[Instruction]) {
        let Some((_, objective)) = self.program.objective else {
            return;
        };
        let outputs = self.program.outputs.iter().map(|(_, value)| *value);
        let reached = self.reached(instructions, outputs.chain([objective]).collect());
        let used: BTreeSet<usize> = operations(instructions)
            .filter_map(|(out, op, _)| match op {
                Operation::Input(input) if reached.contains(&out) => Some(*input),
                _ => None,
            })
            .collect();
        let mut found: Vec<(Span, String)> = Vec::new();
        for (number, input) in self.program.inputs.iter().enumerate() {
            if !used.contains(&number) {
                let text = format!("neither the objective nor an output uses {}", input.name);
                found.push((input.span, text));
            }
        }
        let sizes = self.sizes_in_use(instructions);
        for dim in self.program.dims.iter().filter(|dim| !sizes.contains(&dim.name)) {
            found.push((dim.span, format!("nothing has the size {}", dim.name)));
        }
        for (place, text) in found {
            let warning = Diagnostic::new(Code::W08, place, text);
            self.report(warning.help("use it, or remove its declaration"));
        }
    }

    /// The names of the sizes that the graph speaks of.
    fn sizes_in_use(&self, instructions: &[Instruction]) -> BTreeSet<Symbol> {
        let mut sizes: BTreeSet<Symbol> = BTreeSet::new();
        let mut note = |size: &Size| sizes.extend(size.symbols());
        let program = &self.program;
        let types = program.values.iter().map(|value| &value.ty);
        let types = types.chain(program.inputs.iter().map(|input| &input.ty));
        for ty in types.chain(program.params.iter().map(|param| &param.ty)) {
            ty.axes.iter().for_each(|axis| note(&axis.size));
            if let Kind::Id(of) = &ty.kind {
                note(of);
            }
        }
        program
            .params
            .iter()
            .flat_map(|param| &param.counts)
            .for_each(&mut note);
        for requirement in &program.requirements {
            note(&requirement.left);
            note(&requirement.right);
        }
        for dim in &program.dims {
            match &dim.value {
                Some(DimValue::Equal(size)) => note(size),
                Some(DimValue::Quotient(over, under)) => {
                    note(over);
                    note(under);
                }
                None => {}
            }
        }
        let of_operations = RefCell::new(Vec::new());
        for (_, op, _) in operations(instructions) {
            op.with_sizes(&|size| {
                of_operations.borrow_mut().push(size.clone());
                size.clone()
            });
        }
        of_operations.take().iter().for_each(&mut note);
        for instruction in Instruction::all(instructions) {
            match instruction {
                Instruction::Loop { from, to, .. } => {
                    note(from);
                    note(to);
                }
                Instruction::Store { at, .. } | Instruction::Load { at, .. } => at.iter().for_each(&mut note),
                Instruction::Choice { condition, .. } => {
                    for (left, _, right) in condition.comparisons() {
                        note(left);
                        note(right);
                    }
                }
                Instruction::Scope { at, .. } => at.iter().for_each(&mut note),
                Instruction::Compute { .. } | Instruction::Collect { .. } => {}
            }
        }
        sizes
    }
}
