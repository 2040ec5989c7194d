//! Values that are written over an operand's, and so need no array of their own.

use super::{Liveness, State};
use crate::graph::{NodeId, Source};
use crate::shape::Shape;

impl Liveness<'_> {
    /// The position of the operand that the value of a node is written over.
    ///
    /// It must be the operand's last use: in this run, and for a state in the next one too.
    pub fn rewritten(&self, id: NodeId) -> Option<usize> {
        let node = self.graph.node(id);
        let Source::Op(op) = node.source else { return None };
        let shapes: Vec<Shape> = self.graph.operand_shapes(id).collect();
        let position = op.rewrites(&shapes)?;
        let operand = node.operands[position];
        let passed_on = match self.graph.node(operand).source {
            Source::Op(_) => !self.is_asked_for(operand),
            _ => self.states.contains(&State {
                before: operand,
                after: id,
            }),
        };
        let used_once = node.operands.iter().filter(|&&other| other == operand).count() == 1;
        (passed_on && used_once && self.last_use(operand) == id.index()).then_some(position)
    }

    /// The nodes whose value is written over that of another, each with the one where the array began.
    pub fn rewrites(&self) -> impl Iterator<Item = (NodeId, NodeId)> + '_ {
        let each = self
            .array_of
            .iter()
            .enumerate()
            .map(|(index, &array)| (NodeId::new(index), array));
        each.filter(|(id, array)| id != array)
    }
}
