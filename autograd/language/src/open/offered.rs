//! Which changes are offered: those with which the program has fewer mistakes.
//!
//! A mistake may suggest several changes. Each is applied, and the program is checked again; a change is offered only
//! if it is the only one that mends something, because a program that checks need not be the one that was meant.

use std::collections::BTreeSet;

use crate::diagnostic::{Diagnostic, Edit};
use crate::meaning::program::{Dim, DimValue, Instruction, Operation, Program};
use crate::meaning::size::{Size, Symbol};
use crate::meaning::types::Kind;
use crate::span::Sources;

/// For how many mistakes changes are tried; a text with more has other troubles.
const TRIED_MAX: usize = 20;

/// How wrong a text is; the less, the better.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Faults {
    /// Mistakes of the grammar. While there are some, no others are looked for.
    pub grammar: usize,
    /// How many lines from the first of them to the end of its file: reading on after a mistake may hide another.
    pub unread: usize,
    /// All other mistakes.
    pub mistakes: usize,
    /// Warnings.
    pub warnings: usize,
    /// Sizes that nothing uses: one more says that another one was meant.
    pub idle: usize,
}

impl Faults {
    /// True if this text is the mended form of one with other faults; warnings count only if the change is about one.
    fn mends(self, of: Self, is_error: bool) -> bool {
        let (own, other) = ((self.grammar, self.mistakes), (of.grammar, of.mistakes));
        let reads_on = of.grammar > 0 && self.unread < of.unread;
        let fewer = own < other || reads_on || !is_error && own == other && self.warnings < of.warnings;
        fewer && self.idle <= of.idle
    }
}

/// Keeps of each mistake's changes those that are offered; `faults` counts what is wrong with the sources when the text
/// of one file is replaced.
pub(crate) fn settle(
    diagnostics: &mut [Diagnostic],
    sources: &Sources,
    now: Faults,
    faults: &mut dyn FnMut(usize, &str) -> Faults,
) {
    let mut tried = 0;
    for found in diagnostics {
        let choices: Vec<Vec<Edit>> = std::mem::take(&mut found.choices);
        if choices.is_empty() {
            continue;
        }
        tried += 1;
        if tried > TRIED_MAX {
            continue;
        }
        let mends = |edits: &Vec<Edit>| {
            let (file, text) = sources.changed(edits)?;
            faults(file, &text).mends(now, found.is_error()).then(|| edits.clone())
        };
        let mut right: Vec<Vec<Edit>> = choices.iter().filter_map(mends).collect();
        if right.len() == 1 {
            found.edits = right.remove(0);
        }
    }
}

/// How many sizes that have to be given nothing in the program uses.
pub(crate) fn idle_sizes(program: &Program) -> usize {
    let mut used: BTreeSet<Symbol> = BTreeSet::new();
    let mut add = |size: &Size| used.extend(size.symbols());
    for value in &program.values {
        value.ty.axes.iter().for_each(|axis| add(&axis.size));
        if let Kind::Id(size) = &value.ty.kind {
            add(size);
        }
    }
    for dim in &program.dims {
        match &dim.value {
            Some(DimValue::Equal(size)) => add(size),
            Some(DimValue::Quotient(over, under)) => [over, under].into_iter().for_each(&mut add),
            None => {}
        }
    }
    for requirement in &program.requirements {
        [&requirement.left, &requirement.right].into_iter().for_each(&mut add);
    }
    program.params.iter().flat_map(|param| &param.counts).for_each(&mut add);
    for instruction in Instruction::all(&program.instructions) {
        match instruction {
            Instruction::Loop { from, to, .. } => [from, to].into_iter().for_each(&mut add),
            Instruction::Compute {
                op: Operation::Size(size) | Operation::Select(_, size),
                ..
            } => add(size),
            _ => {}
        }
    }
    let is_idle = |dim: &&Dim| dim.value.is_none() && !used.contains(&dim.name);
    program.dims.iter().filter(is_idle).count()
}
