//! The recorded graph: a list of nodes in the order of recording, and no numbers.
//!
//! Operands come before the node that uses them, so the ids are a topological order: forward is a walk up the list,
//! backward a walk down. Such a list is called a Wengert list (Wengert 1964). A tape is this list with values beside
//! it; a plan replays it; pictures and tables are read off it.

mod scopes;
mod shapes;

use std::collections::BTreeMap;
use std::fmt;
use std::panic::Location;

use crate::op::{Flops, Operand, OperandKind, operand_at};
use crate::ops::AnyOp;
use crate::params::Param;
use crate::shape::Shape;

use scopes::Scopes;
pub use scopes::{Scope, ScopeId};
use shapes::{ShapeId, Shapes};

/// The position of a node in its graph.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(u32);

impl NodeId {
    /// The node at this position.
    #[inline]
    pub fn new(index: usize) -> Self {
        Self(u32::try_from(index).expect("a graph has fewer than 2^32 nodes"))
    }

    /// The position, counted from 0.
    #[inline]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl fmt::Debug for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "n{}", self.0)
    }
}

/// Where the number of a node come from.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// Given from outside, with a gradient.
    Input,
    /// Given from outside, without a gradient: ids, masks, targets.
    Data,
    /// A parameter of the model.
    Param(Param),
    /// A literal constant of a formula.
    Constant(f64),
    /// The result of an op.
    Op(AnyOp),
    /// The result of a module with its own forward() and backward(); the number says which of the tape's.
    Module(usize),
}

/// One entry of the list: where its value comes from, from which operands, and of what shape.
#[derive(Clone, Copy, Debug)]
pub struct Node<'g> {
    /// The position in the list.
    pub id: NodeId,
    /// Where the value comes from.
    pub source: &'g Source,
    /// The nodes it is computed from, in the order of the formula; one may stand twice.
    pub operands: &'g [NodeId],
    /// The shape of the value.
    pub shape: Shape,
    /// The scope it was recorded in.
    pub scope: ScopeId,
    /// True if the value depends on something that gets a gradient.
    pub needs_gradient: bool,
    /// The line of code that recorded it.
    pub caller: &'static Location<'static>,
}

/// What is stored of a node; operands lie in one list for all nodes.
#[derive(Clone, Debug)]
struct Record {
    source: Source,
    shape: ShapeId,
    operands_end: u32,
    scope: ScopeId,
    needs_gradient: bool,
    caller: &'static Location<'static>,
}

/// A computation graph as the list of its nodes in the order of recording.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    nodes: Vec<Record>,
    operands: Vec<NodeId>,
    shapes: Shapes,
    scopes: Scopes,
    names: BTreeMap<NodeId, String>,
}

impl Graph {
    /// A graph without nodes.
    pub fn new() -> Self {
        Self::default()
    }

    /// The number of nodes.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// True if nothing was recorded.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The node at this position.
    #[inline]
    pub fn node(&self, id: NodeId) -> Node<'_> {
        let record = &self.nodes[id.index()];
        let begin = if id.0 == 0 {
            0
        } else {
            self.nodes[id.index() - 1].operands_end
        };
        Node {
            id,
            source: &record.source,
            operands: &self.operands[begin as usize..record.operands_end as usize],
            shape: self.shapes.get(record.shape),
            scope: record.scope,
            needs_gradient: record.needs_gradient,
            caller: record.caller,
        }
    }

    /// The shape of the node at this position.
    #[inline]
    pub fn shape(&self, id: NodeId) -> Shape {
        self.shapes.get(self.nodes[id.index()].shape)
    }

    /// True if the value of the node is a single number.
    #[inline]
    pub fn is_number(&self, id: NodeId) -> bool {
        self.nodes[id.index()].shape == ShapeId::NUMBER
    }

    /// Where the value of the node at this position comes from.
    #[inline]
    pub fn source(&self, id: NodeId) -> &Source {
        &self.nodes[id.index()].source
    }

    /// True if the node's value depends on something that gets a gradient.
    #[inline]
    pub fn needs_gradient(&self, id: NodeId) -> bool {
        self.nodes[id.index()].needs_gradient
    }

    /// All nodes in the order of recording.
    pub fn nodes(&self) -> impl DoubleEndedIterator<Item = Node<'_>> + ExactSizeIterator {
        (0..self.nodes.len()).map(|index| self.node(NodeId::new(index)))
    }

    /// The shapes of the operands of a node, in order.
    pub fn operand_shapes(&self, id: NodeId) -> impl Iterator<Item = Shape> + '_ {
        self.node(id).operands.iter().map(|&operand| self.shape(operand))
    }

    /// The scope at this position.
    pub fn scope(&self, id: ScopeId) -> &Scope {
        self.scopes.get(id)
    }

    /// The name given to a node, if it has one.
    pub fn name(&self, id: NodeId) -> Option<&str> {
        self.names.get(&id).map(String::as_str)
    }

    /// The name of a node, or `n` with its position.
    pub fn label(&self, id: NodeId) -> String {
        self.name(id).map_or_else(|| format!("{id:?}"), str::to_string)
    }

    /// The cost of all ops together.
    pub fn flops(&self) -> Flops {
        self.nodes()
            .filter_map(|node| match node.source {
                Source::Op(op) => Some(op.flops(&self.operand_shapes(node.id).collect::<Vec<_>>())),
                _ => None,
            })
            .sum()
    }

    /// Appends a node and gives its position.
    ///
    /// **Panics** if an operand does not come before it: the order of the list is an invariant.
    #[inline]
    pub fn push(
        &mut self,
        source: Source,
        operands: &[NodeId],
        shape: Shape,
        caller: &'static Location<'static>,
    ) -> NodeId {
        let id = NodeId::new(self.nodes.len());
        assert!(
            operands.iter().all(|&operand| operand < id),
            "invariant: operands come before their node"
        );
        let needs_gradient = match &source {
            Source::Input | Source::Param(_) => true,
            Source::Data | Source::Constant(_) => false,
            Source::Op(op) => differentiable(op.operands(), operands, |operand| self.needs_gradient(operand)),
            Source::Module(_) => operands.iter().any(|&operand| self.needs_gradient(operand)),
        };
        self.operands.extend_from_slice(operands);
        let operands_end = u32::try_from(self.operands.len()).expect("a graph has fewer than 2^32 edges");
        self.nodes.push(Record {
            source,
            shape: self.shapes.id(shape),
            operands_end,
            scope: self.scopes.open,
            needs_gradient,
            caller,
        });
        id
    }

    /// Gives a node a name; the last name given counts.
    pub fn set_name(&mut self, id: NodeId, name: impl Into<String>) {
        self.names.insert(id, name.into());
    }

    /// Opens a scope inside the open one; nodes recorded from now on belong to it.
    pub fn open_scope(&mut self, name: impl Into<String>) {
        self.scopes.open(name.into());
    }

    /// Closes the innermost open scope.
    ///
    /// **Panics** if none is open.
    pub fn close_scope(&mut self) {
        self.scopes.close();
    }
}

/// True if some operand of real kind needs a gradient.
#[inline]
fn differentiable(described: &'static [Operand], operands: &[NodeId], needs: impl Fn(NodeId) -> bool) -> bool {
    operands
        .iter()
        .enumerate()
        .any(|(position, &operand)| operand_at(described, position).kind == OperandKind::Real && needs(operand))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "operands come before their node")]
    fn a_node_cannot_use_a_later_one() {
        Graph::new().push(Source::Module(0), &[NodeId::new(0)], Shape::SCALAR, Location::caller());
    }

    #[test]
    fn scopes_nest_and_close() {
        let mut graph = Graph::new();
        graph.open_scope("block");
        graph.open_scope("attention");
        let inner = graph.push(Source::Input, &[], Shape::SCALAR, Location::caller());
        graph.close_scope();
        graph.close_scope();
        let outer = graph.push(Source::Data, &[], Shape::SCALAR, Location::caller());
        let scope = graph.scope(graph.node(inner).scope);
        assert_eq!(scope.name, "attention");
        assert_eq!(graph.scope(scope.parent.unwrap()).name, "block");
        assert_eq!(graph.node(outer).scope, ScopeId::default());
        assert!(graph.needs_gradient(inner) && !graph.needs_gradient(outer));
    }
}
