//! Gradients that are passed on as they are, and so need no array of their own.
//!
//! Of `z = a + b` both gradients are `∂J/∂z`. Where one of them begins with this contribution it may lie in the same
//! array, and nothing is copied: the gradient of a residual stream goes through all blocks in one place. What is added
//! to it later must come when nobody reads the others of that array any more.

use smallvec::SmallVec;

use super::{Liveness, differentiated};
use crate::graph::{NodeId, Source};
use crate::shape::Shape;

impl Liveness<'_> {
    /// True if the gradient of this operand begins as that of the node, in the same array.
    pub fn is_passed_on(&self, user: NodeId, position: usize) -> bool {
        let operand = self.graph.node(user).operands[position];
        let array = |id: NodeId| self.gradient_array_of[id.index()];
        self.is_first(user, position) && array(operand) == array(user)
    }

    /// The nodes whose gradient lies in the array of another's, each with the one where the array began.
    pub fn passed_on(&self) -> impl Iterator<Item = (NodeId, NodeId)> + '_ {
        let each = self.gradient_array_of.iter().enumerate();
        each.map(|(index, &array)| (NodeId::new(index), array))
            .filter(|(id, array)| id != array)
    }

    /// Finds out which gradients share an array, in the order of the backward pass.
    pub(super) fn pass_on_gradients(&mut self) {
        // The nodes of each array whose gradients may still be read.
        let mut readers: Vec<SmallVec<[NodeId; 4]>> = vec![SmallVec::new(); self.graph.len()];
        for user in (0..self.graph.len()).rev().map(NodeId::new) {
            if !self.reached[user.index()] {
                continue;
            }
            for (position, operand) in differentiated(self.graph, user) {
                if !self.may_pass_on(user, position) {
                    continue;
                }
                let now = self.time_backward(user);
                let array = self.gradient_array_of[user.index()];
                let mut of_array = std::mem::take(&mut readers[array.index()]);
                if of_array.is_empty() {
                    of_array.push(user);
                }
                of_array.retain(|other| self.gradient_end(*other) >= now);
                if of_array.iter().all(|&other| self.live_together(operand, other, now)) {
                    self.gradient_array_of[operand.index()] = array;
                    of_array.push(operand);
                }
                readers[array.index()] = of_array;
            }
        }
    }

    /// True if the op passes the gradient on, as the first contribution, and both gradients are arrays of the plan.
    fn may_pass_on(&self, user: NodeId, position: usize) -> bool {
        let node = self.graph.node(user);
        let Source::Op(op) = node.source else { return false };
        let operand = node.operands[position];
        let shapes: SmallVec<[Shape; 4]> = self.graph.operand_shapes(user).collect();
        let in_plan = |id: NodeId| !matches!(self.graph.node(id).source, Source::Param(_)) && !self.is_number(id);
        op.passes_gradient(&shapes, position)
            && self.is_first(user, position)
            && in_plan(operand)
            && in_plan(user)
            && !node.shape.is_empty()
    }

    /// True if the operand's gradient, which begins now, and that of another node can lie in one array.
    fn live_together(&self, operand: NodeId, other: NodeId, now: usize) -> bool {
        let [end, other_end] = [operand, other].map(|id| self.gradient_end(id));
        self.later_contributions(operand).all(|time| time > other_end)
            && self.later_contributions(other).all(|time| time < now || time > end)
    }

    /// When something is added to the gradient of a node.
    fn later_contributions(&self, id: NodeId) -> impl Iterator<Item = usize> + '_ {
        let uses = self.uses[id.index()]
            .iter()
            .filter(|(user, _)| self.reached[user.index()]);
        uses.filter(move |&&(user, position)| {
            let is_real = differentiated(self.graph, user).any(|(real, _)| real == position);
            is_real && !self.is_first(user, position)
        })
        .map(|&(user, _)| self.time_backward(user))
    }
}
