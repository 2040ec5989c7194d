//! Smaller cases from a large one: every axis of one size is cut to its first entries, in all operands at once.
//!
//! A caller who always draws `[2, 100]` gives a place to begin, not a law. A cut that the definition or the module does
//! not take is left out by whoever tries it.

use std::collections::BTreeMap;

use ndarray::{ArrayD, Axis, Slice};

use crate::Draw;
use crate::guard::caught;
use crate::subject::{Case, Kind, Subject};
use tapegrad_core::op::OperandKind;

/// True if the cases of a subject may be cut: the sizes of a program or an op belong to what it is made of.
pub(crate) fn may_be_cut(subject: &dyn Subject, case: &Case) -> bool {
    subject.kind() == Kind::Module && case.op.is_none() && !subject.sizes_are_fixed()
}

/// The axes that have one size in every draw of a subject, in groups: a smaller case that breaks a group is none that the
/// subject would be given, such as operands of different shapes where they always have the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Links {
    groups: Vec<Vec<(usize, usize)>>,
}

/// How many draws tell which sizes go together.
const LINK_DRAWS: u64 = 12;

impl Links {
    /// The groups of a subject whose cases have the ranks of this one; axes that never change are in none, because
    /// nothing tells which of them go together.
    pub(crate) fn of(subject: &dyn Subject, like: &Case) -> Self {
        let ranks = |case: &Case| case.operands.iter().map(|x| x.value.ndim()).collect::<Vec<_>>();
        let drawn = |seed: u64| {
            let mut draw = Draw::of_sizes(seed, [2, 3, 5, 7]);
            caught(|| subject.case(&mut draw))
                .ok()
                .filter(|case| ranks(case) == ranks(like))
        };
        let draws: Vec<Case> = (1..=LINK_DRAWS).filter_map(drawn).collect();
        let mut groups: BTreeMap<Vec<usize>, Vec<(usize, usize)>> = BTreeMap::new();
        for (operand, rank) in ranks(like).into_iter().enumerate() {
            for axis in 0..rank {
                let sizes = draws.iter().map(|case| case.operands[operand].value.shape()[axis]);
                groups.entry(sizes.collect()).or_default().push((operand, axis));
            }
        }
        groups.retain(|sizes, axes| axes.len() > 1 && sizes.iter().any(|size| *size != sizes[0]));
        Self {
            groups: groups.into_values().collect(),
        }
    }

    /// True if the axes of each group have one size.
    pub(crate) fn are_kept(&self, case: &Case) -> bool {
        let size = |(operand, axis): &(usize, usize)| case.operands[*operand].value.shape()[*axis];
        self.groups
            .iter()
            .all(|group| group.iter().all(|axis| size(axis) == size(&group[0])))
    }
}

/// The sizes of all axes of a case, each once, the largest first.
pub(crate) fn sizes(case: &Case) -> Vec<usize> {
    let mut sizes: Vec<usize> = case
        .operands
        .iter()
        .flat_map(|x| x.value.shape().iter().copied())
        .filter(|size| *size > 1)
        .collect();
    sizes.sort_unstable_by(|a, b| b.cmp(a));
    sizes.dedup();
    sizes
}

/// The operands and axes of one size.
pub(crate) fn axes_of(case: &Case, size: usize) -> Vec<(usize, usize)> {
    let operands = case.operands.iter().enumerate();
    let axes = operands.flat_map(|(i, x)| {
        x.value
            .shape()
            .iter()
            .enumerate()
            .map(move |(axis, own)| (i, axis, *own))
    });
    axes.filter(|(_, _, own)| *own == size)
        .map(|(i, axis, _)| (i, axis))
        .collect()
}

/// The case with every axis of size `from` cut to its first `to` entries; ids stay below `to` where they named such an
/// axis.
pub(crate) fn cut(case: &Case, from: usize, to: usize) -> Case {
    let mut cut = case.clone();
    for operand in &mut cut.operands {
        for axis in 0..operand.value.ndim() {
            if operand.value.shape()[axis] == from {
                operand.value = first(&operand.value, axis, to);
            }
        }
        let names_the_axis = operand.kind == OperandKind::Id && operand.value.iter().all(|id| *id < from as f64);
        if names_the_axis && operand.value.iter().any(|id| *id >= to as f64) {
            operand.value.mapv_inplace(|id| id.rem_euclid(to as f64));
        }
    }
    cut
}

/// The case with one axis of one operand cut.
pub(crate) fn cut_one(case: &Case, operand: usize, axis: usize, to: usize) -> Case {
    let mut cut = case.clone();
    cut.operands[operand].value = first(&case.operands[operand].value, axis, to);
    cut
}

/// The case with each of its sizes cut to a random small one, and its real values drawn anew from its own.
pub(crate) fn cut_at_random(case: &Case, draw: &mut Draw) -> Case {
    let mut cut_case = case.clone();
    for size in sizes(case) {
        let to = [1, 2, 3, 4, 5][draw.below(5)].min(size);
        cut_case = cut(&cut_case, size, to);
    }
    cut_case
}

fn first(x: &ArrayD<f64>, axis: usize, count: usize) -> ArrayD<f64> {
    x.slice_axis(Axis(axis), Slice::from(0..count.min(x.shape()[axis])))
        .as_standard_layout()
        .into_owned()
}
