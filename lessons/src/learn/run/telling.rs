//! How a run is told: what its values are called, and which ops have a step of their own.
//!
//! A step teaches something: an op that only puts entries into other places (`reshape`, `broadcast`, `permute`), or
//! that computes from constants alone, belongs to the step of the op that reads it. In detail [`StepDetail::Values`] so
//! does every op inside the equation of a value with a name. An op that a lesson stops at always has its step.

use std::collections::{BTreeMap, BTreeSet};

use ndarray::ArrayD;
use serde::Deserialize;
use tapegrad_autograd::graph::{NodeId, Source};
use tapegrad_autograd::language::view::rearranges;

use super::phrase;
use super::trace::{Phase, Trace, TraceStep};

/// What has a step of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StepDetail {
    /// Each operation.
    #[default]
    Operations,
    /// Each value with a name.
    Values,
}

/// How the run of a lesson is told.
#[derive(Clone, Debug, Default)]
pub struct Telling {
    /// What has a step of its own.
    pub detail: StepDetail,
    /// The text of the program's values, by their numbers in the program.
    pub written: BTreeMap<usize, String>,
    /// The nodes that the lesson stops at.
    pub stops: BTreeSet<usize>,
}

impl Telling {
    /// The same run with its values called as the program calls them.
    pub fn worded(&self, mut trace: Trace) -> Trace {
        let last: BTreeMap<usize, usize> = trace
            .origins
            .iter()
            .enumerate()
            .filter_map(|(node, origin)| Some(((*origin)?, node)))
            .collect();
        // A phrase is clearer than the program's text, which has `t` where the run has 1; but a condition such as
        // `k <= q` is computed by ops that nobody wrote, and of more than two axes `K.T` is an order of axes.
        let text = |node: usize| {
            let origin = trace.origins.get(node).copied().flatten()?;
            let is_turned = matches!(trace.source(node), Source::Op(op) if op.name() == "permute");
            let is_better = (trace.nodes[node].is_constant && trace.is_computed(node)) || is_turned;
            let is_its_own = is_better && last.get(&origin) == Some(&node);
            self.written.get(&origin).filter(|_| is_its_own).cloned()
        };
        let written: Vec<Option<String>> = (0..trace.nodes.len()).map(text).collect();
        phrase::word(&mut trace, &written);
        trace
    }

    /// The same run with fewer steps.
    pub fn folded(&self, mut trace: Trace) -> Trace {
        let folds = self.folds(&trace);
        let old = std::mem::take(&mut trace.steps);
        let own = old.iter().filter(|step| !folds[step.node]).copied();
        trace.steps = own.collect();
        trace.inside = vec![Vec::new(); trace.steps.len()];
        for (node, folds) in folds.iter().enumerate() {
            trace.nodes[node].is_folded = *folds;
        }
        for (at, TraceStep { phase, node }) in trace.steps.clone().into_iter().enumerate() {
            match phase {
                Phase::Forward => trace.nodes[node].forward = Some(at),
                Phase::Backward => trace.nodes[node].backward = Some(at),
            }
        }
        fold_forward(&mut trace, &folds);
        fold_backward(&mut trace, &old, &folds);
        trace
    }

    /// For each node whether its op belongs to the step of another.
    fn folds(&self, trace: &Trace) -> Vec<bool> {
        let readers = readers(trace);
        let folds = |node: usize| {
            let is_free = trace.is_computed(node)
                && !trace.nodes[node].is_named
                && !readers[node].is_empty()
                && node != trace.objective
                && !self.stops.contains(&node);
            let rearranges = matches!(trace.source(node), Source::Op(op) if rearranges(op.name()));
            let in_a_formula = self.detail == StepDetail::Values && readers[node].len() == 1;
            is_free && (rearranges || trace.nodes[node].is_constant || in_a_formula)
        };
        (0..trace.nodes.len()).map(folds).collect()
    }
}

/// The nodes that read each node, each once.
fn readers(trace: &Trace) -> Vec<Vec<usize>> {
    let mut readers = vec![Vec::new(); trace.nodes.len()];
    for node in 0..trace.nodes.len() {
        for operand in trace.operands(node) {
            if readers[operand].last() != Some(&node) {
                readers[operand].push(node);
            }
        }
    }
    readers
}

/// The forward of a folded op belongs to the first step that needs its value.
fn fold_forward(trace: &mut Trace, folds: &[bool]) {
    let readers = readers(trace);
    for node in (0..folds.len()).rev().filter(|&node| folds[node]) {
        let first = readers[node]
            .iter()
            .filter_map(|&reader| trace.nodes[reader].forward)
            .min();
        trace.nodes[node].forward = first;
        if let Some(first) = first {
            trace.inside[first].push(node);
        }
    }
}

/// The backward of a folded op belongs to the step that completes its gradient; what it contributes arrives there.
fn fold_backward(trace: &mut Trace, old: &[TraceStep], folds: &[bool]) {
    let folded = old
        .iter()
        .filter(|step| step.phase == Phase::Backward && folds[step.node]);
    for &TraceStep { node, .. } in folded {
        let last = trace.nodes[node]
            .received
            .iter()
            .filter_map(|one| trace.nodes[one.from].backward)
            .max();
        trace.nodes[node].backward = last;
        if let Some(last) = last {
            trace.inside[last].push(node);
        }
    }
    for node in 0..trace.nodes.len() {
        let steps: Vec<Option<usize>> = trace.nodes[node]
            .received
            .iter()
            .map(|one| trace.nodes[one.from].backward)
            .collect();
        let own = &mut trace.nodes[node];
        for (one, step) in own.received.iter_mut().zip(steps) {
            one.step = step.expect("what contributed has its step");
        }
        // Contributions that arrive in another order than on the tape have other sums on the way, and the same end.
        if own.received.is_sorted_by_key(|one| one.step) {
            continue;
        }
        own.received.sort_by_key(|one| one.step);
        let mut sum: Option<ArrayD<f64>> = None;
        for one in &mut own.received {
            let after = sum.take().map_or_else(|| one.value.clone(), |sum| sum + &one.value);
            one.after = after.clone();
            sum = Some(after);
        }
        if let (Some(last), Some(gradient)) = (own.received.last_mut(), &own.gradient) {
            last.after = gradient.clone();
        }
    }
}

impl Trace {
    /// What the step of a node reads: its operands, and for one that is folded into the step its own.
    ///
    /// A row or an entry that is read, `x[1]`, is a name by itself.
    pub fn read_in_step(&self, node: usize) -> Vec<usize> {
        let step = self.nodes[node].forward;
        let mut found = Vec::new();
        let mut open: Vec<usize> = self.operands(node).into_iter().rev().collect();
        while let Some(one) = open.pop() {
            let own = &self.nodes[one];
            let is_place =
                matches!(self.source(one), Source::Op(op) if ["slice", "embedding", "pick"].contains(&op.name()));
            let is_open = own.is_folded && !is_place && (own.forward == step || self.is_rearranged(one));
            if is_open {
                open.extend(self.operands(one).into_iter().rev());
            } else if !found.contains(&one) {
                found.push(one);
            }
        }
        found
    }

    /// The value that a node shows: for one that only has its entries in another shape the value itself.
    pub fn shown_as(&self, mut node: usize) -> usize {
        while self.nodes[node].is_folded
            && matches!(self.source(node), Source::Op(op) if ["reshape", "broadcast"].contains(&op.name()))
        {
            node = self.operands(node)[0];
        }
        node
    }

    /// True if a node only has the entries of another in other places.
    pub fn is_rearranged(&self, node: usize) -> bool {
        matches!(self.source(node), Source::Op(op) if rearranges(op.name()))
    }

    /// The nodes that receive a contribution in a step of the backward pass, each with the place in what it received.
    pub fn contributions_of(&self, step: usize) -> Vec<(usize, usize)> {
        let node = self.steps[step].node;
        let mut found = Vec::new();
        let mut seen = BTreeSet::new();
        let mut open = vec![node];
        while let Some(from) = open.pop() {
            if !seen.insert(from) {
                continue;
            }
            let mut further = Vec::new();
            for (position, operand) in self.graph.node(NodeId::new(from)).operands.iter().enumerate() {
                let to = &self.nodes[operand.index()];
                let is_inside = to.is_folded && to.backward == Some(step);
                let place = to
                    .received
                    .iter()
                    .position(|one| one.from == from && one.position == position && one.step == step);
                match place {
                    Some(_) if is_inside => further.push(operand.index()),
                    Some(place) => found.push((operand.index(), place)),
                    None => {}
                }
            }
            further.reverse();
            open.extend(further);
        }
        found
    }
}
