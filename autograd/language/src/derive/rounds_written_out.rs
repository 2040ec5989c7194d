//! Why a program can only be derived with its loops written out, and which sizes that takes.

use std::collections::BTreeSet;

use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::meaning::program::{DimValue, Instruction, Program};
use crate::meaning::size::{Size, Symbol};
use crate::span::Span;

/// The sizes on which loops, rows and `if`s depend, sorted: with numbers for them, all loops can be written out.
///
/// A size that is declared as equal to others is known with those.
pub(super) fn sizes_of_rounds(program: &Program) -> Vec<Symbol> {
    let mut sizes: BTreeSet<Symbol> = BTreeSet::new();
    let mut indices: BTreeSet<Symbol> = BTreeSet::new();
    let mut note = |size: &Size| sizes.extend(size.symbols());
    for instruction in Instruction::all(&program.instructions) {
        match instruction {
            Instruction::Loop { index, from, to, .. } => {
                indices.insert(index.clone());
                note(from);
                note(to);
            }
            Instruction::Store { at, .. } | Instruction::Load { at, .. } => at.iter().for_each(&mut note),
            Instruction::Collect { family, .. } => {
                for (low, high) in &program.families[*family].ranges {
                    note(low);
                    note(high);
                }
            }
            Instruction::Choice { condition, .. } => {
                for (left, _, right) in condition.comparisons() {
                    note(left);
                    note(right);
                }
            }
            Instruction::Scope { at, .. } => at.iter().for_each(&mut note),
            Instruction::Compute { .. } => {}
        }
    }
    program
        .params
        .iter()
        .flat_map(|param| &param.counts)
        .for_each(&mut note);
    for dim in program.dims.iter().rev() {
        if let Some(DimValue::Equal(size)) = &dim.value
            && sizes.remove(&dim.name)
        {
            sizes.extend(size.symbols());
        }
    }
    sizes.difference(&indices).cloned().collect()
}

/// The message that a loop, or an `if` on sizes, can only be derived when it is written out.
pub(super) fn cannot_be_kept(why: &str, place: Span, sizes: &[Symbol]) -> Box<Diagnostic> {
    let text = format!("this cannot be kept in the derivative as it is: {why}");
    let (noun, option) = (
        if sizes.len() == 1 { "its size" } else { "all sizes" },
        at_option(sizes),
    );
    Box::new(Diagnostic::new(Code::E14, place, text).help(format!("unroll it: give {noun}, as in `{option}`")))
}

/// The option of the command that gives these sizes.
pub(super) fn at_option(sizes: &[Symbol]) -> String {
    let given: Vec<String> = sizes.iter().map(|name| format!("{name}=3")).collect();
    format!("--at {}", given.join(","))
}
