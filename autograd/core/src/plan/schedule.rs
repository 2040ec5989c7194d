//! The fixed order in which a plan runs, with the place of every array written into each step.

use smallvec::SmallVec;

use super::liveness::{Holds, Liveness, differentiated};
use super::numbers::{BackwardInstruction, ForwardInstruction};
use super::single::{SingleBackward, SingleForward};
use super::slots::Slots;
use super::step::{At, BackwardStep, ForwardStep, NUMBERS, Target};
use super::stored::{Backward, Forward, store};
use crate::graph::{Graph, NodeId, Source};
use crate::params::ParamList;
use crate::shape::Shape;

impl At {
    /// Where an array of a node lies.
    pub fn of(graph: &Graph, list: &ParamList, slots: &Slots, holds: Holds, id: NodeId, len: usize) -> Self {
        if let (Source::Param(param), Holds::Value(_) | Holds::Gradient(_)) = (graph.node(id).source, holds) {
            return Self::Param {
                begin: list.spec(*param).offset,
                len,
            };
        }
        if let Some(position) = slots.number(holds) {
            return Self::Number(position);
        }
        let behind_numbers = |slot| Self::Array {
            array: NUMBERS + 1 + slot,
            len,
        };
        slots.get(holds).map_or(Self::Nothing, behind_numbers)
    }
}

/// The steps of the forward pass.
pub(super) fn forward(graph: &Graph, list: &ParamList, liveness: &Liveness<'_>, slots: &Slots) -> Vec<Forward> {
    let needed = graph.nodes().filter(|node| liveness.needed[node.id.index()]);
    let steps = needed.filter_map(|node| forward_step(graph, list, liveness, slots, node.id));
    store(steps, ForwardInstruction::of, SingleForward::of)
}

fn forward_step(
    graph: &Graph,
    list: &ParamList,
    liveness: &Liveness<'_>,
    slots: &Slots,
    id: NodeId,
) -> Option<ForwardStep> {
    let node = graph.node(id);
    let op = match node.source {
        Source::Op(op) => op.clone(),
        Source::Module(_) => panic!("a plan cannot run a module's own forward(): run the graph on a tape"),
        _ => return None,
    };
    let shapes: SmallVec<[Shape; 4]> = graph.operand_shapes(id).collect();
    let value = |id: NodeId| At::of(graph, list, slots, Holds::Value(id), id, graph.shape(id).len());
    let notes = At::of(graph, list, slots, Holds::Notes(id), id, op.notes(&shapes));
    let rewritten = liveness.rewritten(id);
    let operand = |(position, &x): (usize, &NodeId)| {
        if rewritten == Some(position) {
            At::Nothing
        } else {
            value(x)
        }
    };
    Some(ForwardStep {
        x: node.operands.iter().enumerate().map(operand).collect(),
        y: value(id),
        notes,
        op,
        shapes,
        rewrites: rewritten.is_some(),
    })
}

/// The steps of the backward pass.
pub(super) fn backward(graph: &Graph, list: &ParamList, liveness: &Liveness<'_>, slots: &Slots) -> Vec<Backward> {
    let reached = graph.nodes().rev().filter(|node| liveness.reached[node.id.index()]);
    let step = |id: NodeId| {
        let forward = forward_step(graph, list, liveness, slots, id)?.kept();
        let gradient = |id: NodeId| At::of(graph, list, slots, Holds::Gradient(id), id, graph.shape(id).len());
        let mut g_x: SmallVec<[Target; 4]> = forward.x.iter().map(|_| Target::Unwanted).collect();
        let mut later_len = 0;
        let contributes = |&(position, _): &(usize, NodeId)| !liveness.is_passed_on(id, position);
        for (position, operand) in differentiated(graph, id).filter(contributes) {
            let at = gradient(operand);
            g_x[position] = if liveness.is_first(id, position) {
                Target::First(at)
            } else {
                later_len += at.len();
                Target::Later(at)
            };
        }
        let later = At::of(graph, list, slots, Holds::Contributions(id), id, later_len);
        let does_something = g_x.iter().any(|target| !matches!(target, Target::Unwanted));
        does_something.then(|| BackwardStep {
            forward,
            y_shape: graph.shape(id),
            g_y: gradient(id),
            g_x,
            later,
        })
    };
    let steps = reached.filter_map(|node| step(node.id));
    store(steps, BackwardInstruction::of, SingleBackward::of)
}
