//! When each array of a graph is written, and when it is read for the last time.
//!
//! Time runs once up the list (forward of node `i` at time `i`) and once down (backward of node `i` at time
//! `2 N - i`), so that an array's life is one interval, and two arrays may share memory if their intervals do not meet.
//! What is given from outside is there before the first node. A result that is written over an operand, which dies at
//! that moment, continues the operand's life: the two are one array (`rewriting`). So are gradients of which one is
//! passed on as the other (`passing`).

mod passing;
mod rewriting;

use smallvec::SmallVec;

use super::single::OPERANDS_MAX;
use crate::graph::{Graph, NodeId, Source};
use crate::op::OperandKind;
use crate::op::operand_at;
use crate::shape::Shape;

/// What an array of the plan holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Holds {
    /// The value of a node.
    Value(NodeId),
    /// What a node's forward() noted for its backward().
    Notes(NodeId),
    /// ∂J/∂y of a node.
    Gradient(NodeId),
    /// The later contributions of a node to its operands, until they are added.
    Contributions(NodeId),
}

/// An array of the plan: what it holds, how long it is, and from when to when it must be kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct Life {
    pub holds: Holds,
    pub len: usize,
    pub begin: usize,
    pub end: usize,
}

/// An array that one run of a plan leaves for the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    /// The input where a run reads it.
    pub before: NodeId,
    /// The node at which the run leaves it.
    pub after: NodeId,
}

/// One place where a node is used: by which node, and as which operand.
pub(super) type Use = (NodeId, usize);

/// What follows from a graph and its goal: who is needed, who gets a gradient, who uses whom.
#[derive(Debug)]
pub(super) struct Liveness<'g> {
    graph: &'g Graph,
    outputs: &'g [NodeId],
    objective: Option<NodeId>,
    states: &'g [State],
    /// The node whose array each node's value is written over; its own for most.
    array_of: Vec<NodeId>,
    /// The node in whose gradient's array each node's gradient lies; its own for most.
    gradient_array_of: Vec<NodeId>,
    /// Nodes that an output or the objective depends on.
    pub needed: Vec<bool>,
    /// Nodes that a gradient reaches.
    pub reached: Vec<bool>,
    uses: Vec<SmallVec<[Use; 2]>>,
    /// The use of each node that contributes to its gradient first, in the order of the backward pass.
    first_contributions: Vec<Option<Use>>,
}

impl<'g> Liveness<'g> {
    pub fn new(graph: &'g Graph, outputs: &'g [NodeId], objective: Option<NodeId>, states: &'g [State]) -> Self {
        let none = vec![false; graph.len()];
        let each: Vec<NodeId> = (0..graph.len()).map(NodeId::new).collect();
        let uses = vec![SmallVec::new(); graph.len()];
        let mut this = Self {
            graph,
            outputs,
            objective,
            states,
            array_of: each.clone(),
            gradient_array_of: each,
            needed: none.clone(),
            reached: none,
            uses,
            first_contributions: vec![None; graph.len()],
        };
        this.mark_needed();
        this.mark_reached();
        for node in graph.nodes().filter(|node| this.needed[node.id.index()]) {
            for (position, operand) in node.operands.iter().enumerate() {
                this.uses[operand.index()].push((node.id, position));
            }
        }
        for node in graph.nodes().rev().filter(|node| this.reached[node.id.index()]) {
            for (position, operand) in differentiated(graph, node.id) {
                this.first_contributions[operand.index()].get_or_insert((node.id, position));
            }
        }
        for node in graph.nodes().filter(|node| this.needed[node.id.index()]) {
            if let Some(position) = this.rewritten(node.id) {
                this.array_of[node.id.index()] = this.array_of[node.operands[position].index()];
            }
        }
        this.pass_on_gradients();
        this
    }

    fn mark_needed(&mut self) {
        let states = self.states.iter().flat_map(|state| [&state.before, &state.after]);
        for &output in self.outputs.iter().chain(&self.objective).chain(states) {
            self.needed[output.index()] = true;
        }
        for node in self.graph.nodes().rev() {
            if self.needed[node.id.index()] {
                node.operands
                    .iter()
                    .for_each(|operand| self.needed[operand.index()] = true);
            }
        }
    }

    fn mark_reached(&mut self) {
        let Some(objective) = self.objective else { return };
        self.reached[objective.index()] = self.graph.needs_gradient(objective);
        for id in (0..=objective.index()).rev().map(NodeId::new) {
            if self.reached[id.index()] {
                differentiated(self.graph, id).for_each(|(_, operand)| self.reached[operand.index()] = true);
            }
        }
    }

    /// The lives of all arrays, parameters excepted: those have memory of their own.
    pub fn lives(&self) -> Vec<Life> {
        let mut lives = Vec::new();
        let (ends, gradient_ends) = (self.ends(), self.gradient_ends());
        for node in self.graph.nodes().filter(|node| self.needed[node.id.index()]) {
            let (forward, backward) = (node.id.index(), self.time_backward(node.id));
            let reached = self.reached[node.id.index()];
            let in_params = matches!(node.source, Source::Param(_));
            let mut live = |holds, len, begin, end| lives.push(Life { holds, len, begin, end });
            if !in_params && self.array_of[forward] == node.id {
                let begin = if self.is_given(node.id) { 0 } else { forward };
                live(Holds::Value(node.id), node.shape.len(), begin, ends[forward]);
            }
            if reached && !in_params && self.gradient_array_of[forward] == node.id {
                live(
                    Holds::Gradient(node.id),
                    node.shape.len(),
                    self.first_contribution(node.id),
                    gradient_ends[forward],
                );
            }
            if let Source::Op(op) = node.source {
                let shapes: Vec<Shape> = self.graph.operand_shapes(node.id).collect();
                live(
                    Holds::Notes(node.id),
                    op.notes(&shapes),
                    forward,
                    if reached { backward } else { forward },
                );
                if reached {
                    live(
                        Holds::Contributions(node.id),
                        self.later_contributions_len(node.id),
                        backward,
                        backward,
                    );
                }
            }
        }
        lives
    }

    fn time_backward(&self, id: NodeId) -> usize {
        2 * self.graph.len() - id.index()
    }

    /// True if a node is a single number that only steps between single numbers write and read.
    pub fn is_number(&self, id: NodeId) -> bool {
        let node = self.graph.node(id);
        let written = match node.source {
            Source::Param(_) | Source::Module(_) => false,
            Source::Op(_) => self.is_single(id),
            _ => node.shape == Shape::SCALAR,
        };
        let is_state = self.states.iter().any(|state| state.before == id || state.after == id);
        written && !is_state && self.uses[id.index()].iter().all(|&(user, _)| self.is_single(user))
    }

    /// True if a node is the result of an op between few single numbers.
    fn is_single(&self, id: NodeId) -> bool {
        let node = self.graph.node(id);
        let Source::Op(op) = node.source else { return false };
        let operands = node.operands.len();
        operands <= OPERANDS_MAX
            && node.shape == Shape::SCALAR
            && self.graph.operand_shapes(id).all(|shape| shape == Shape::SCALAR)
            && op.notes(&[Shape::SCALAR; OPERANDS_MAX][..operands]) == 0
            && op.rewrites(&[Shape::SCALAR; OPERANDS_MAX][..operands]).is_none()
    }

    /// When each node's array is read for the last time, whatever was written over it meanwhile.
    fn ends(&self) -> Vec<usize> {
        let mut ends = vec![0; self.graph.len()];
        for (index, &array) in self.array_of.iter().enumerate() {
            let id = NodeId::new(index);
            let kept = self.is_given(id) || self.is_asked_for(id);
            let end = if kept { usize::MAX } else { self.last_use(id) };
            ends[array.index()] = end.max(ends[array.index()]);
        }
        ends
    }

    /// When each gradient's array is read for the last time, whichever gradients lie in it.
    fn gradient_ends(&self) -> Vec<usize> {
        let mut ends = vec![0; self.graph.len()];
        for (index, &array) in self.gradient_array_of.iter().enumerate() {
            ends[array.index()] = self.gradient_end(NodeId::new(index)).max(ends[array.index()]);
        }
        ends
    }

    /// When the gradient of a node is read for the last time; what is given from outside keeps it.
    fn gradient_end(&self, id: NodeId) -> usize {
        if self.graph.node(id).operands.is_empty() {
            usize::MAX
        } else {
            self.time_backward(id)
        }
    }

    fn is_given(&self, id: NodeId) -> bool {
        !matches!(self.graph.node(id).source, Source::Op(_))
    }

    /// True if the value of a node is read after a run.
    fn is_asked_for(&self, id: NodeId) -> bool {
        let is_state = self.states.iter().any(|state| state.after == id);
        is_state || self.outputs.contains(&id) || self.objective == Some(id)
    }

    /// When the value of a node is read for the last time by nodes.
    fn last_use(&self, id: NodeId) -> usize {
        let keeps = |user: NodeId, keeps: &dyn Fn(crate::op::Keeps) -> bool| match self.graph.node(user).source {
            Source::Op(op) => self.reached[user.index()] && keeps(op.keeps()),
            _ => false,
        };
        let own = if keeps(id, &|k| k.reads_output()) {
            self.time_backward(id)
        } else {
            id.index()
        };
        let by_users = self.uses[id.index()].iter().map(|&(user, position)| {
            if keeps(user, &|k| k.reads_input(position)) {
                self.time_backward(user)
            } else {
                user.index()
            }
        });
        by_users.fold(own, usize::max)
    }

    fn first_contribution(&self, id: NodeId) -> usize {
        self.first_contributions[id.index()].map_or(self.graph.len(), |(user, _)| self.time_backward(user))
    }

    /// True if this use is the first, in the order of the backward pass, that contributes to its operand.
    ///
    /// The first contribution is the gradient so far; only later ones are added.
    pub fn is_first(&self, user: NodeId, position: usize) -> bool {
        let operand = self.graph.node(user).operands[position];
        self.objective != Some(operand) && self.first_contributions[operand.index()] == Some((user, position))
    }

    fn later_contributions_len(&self, id: NodeId) -> usize {
        differentiated(self.graph, id)
            .filter(|&(position, _)| !self.is_first(id, position))
            .map(|(_, operand)| self.graph.shape(operand).len())
            .sum()
    }
}

/// The operands of a node that get a gradient, with their positions.
pub(super) fn differentiated(graph: &Graph, id: NodeId) -> impl Iterator<Item = (usize, NodeId)> + '_ {
    let node = graph.node(id);
    node.operands
        .iter()
        .copied()
        .enumerate()
        .filter(move |&(position, operand)| {
            let real = match node.source {
                Source::Op(op) => operand_at(op.operands(), position).kind == OperandKind::Real,
                _ => false,
            };
            real && graph.needs_gradient(operand)
        })
}
