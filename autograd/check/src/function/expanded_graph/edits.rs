//! All mistakes at one place of an expanded graph: at an edge, at a shared node, in an op.

use super::{ExpandedGraph, GraphEdge, GraphEdit, NodeSource};
use tapegrad_core::op::OperandKind;
use tapegrad_core::ops::AnyOp;

impl ExpandedGraph {
    /// All edits of edges and shared nodes, with a sentence each.
    pub fn edits(&self) -> Vec<(GraphEdit, String)> {
        let edges = (0..self.nodes.len()).flat_map(|id| self.edge_edits(id));
        let uses = (0..self.nodes.len()).flat_map(|id| self.use_edits(id));
        let mut edits: Vec<(GraphEdit, String)> = Vec::new();
        for (edit, sentence) in edges.chain(uses) {
            if !edits.iter().any(|(known, _)| *known == edit) {
                edits.push((edit, sentence));
            }
        }
        edits
    }

    /// The edits of the edges from one node to its operands.
    fn edge_edits(&self, id: usize) -> Vec<(GraphEdit, String)> {
        let node = &self.nodes[id];
        let NodeSource::Op(op) = &node.from else {
            return Vec::new();
        };
        let mut edits = Vec::new();
        for (position, &operand) in node.operands.iter().enumerate() {
            let of = &self.nodes[operand];
            if op.operand(position).kind != OperandKind::Real || matches!(of.from, NodeSource::Constant) {
                continue;
            }
            let mut add = |edit: fn(GraphEdge) -> GraphEdit, what: &str| {
                let group = node.group.clone();
                let (from, through) = (self.text(operand, 2), self.text(id, 3));
                let sentence = format!("the path from `{from}` through `{through}` {what}");
                edits.push((edit(GraphEdge { group, position }), sentence));
            };
            add(GraphEdit::Drop, "is left out");
            add(GraphEdit::Double, "is counted twice");
            add(GraphEdit::Negate, "has the wrong sign");
            if of.value.len() == node.value.len() && node.operands.len() > 1 {
                add(
                    GraphEdit::PassOn,
                    "lacks its local derivative: the other factor is missing",
                );
            } else if of.value.len() == node.value.len() {
                add(GraphEdit::PassOn, "lacks its local derivative");
            }
            let shape = |position: usize| self.nodes[node.operands[position]].shape;
            if matches!(op, AnyOp::Mul(_)) && shape(0) == shape(1) {
                add(
                    GraphEdit::OwnFactor,
                    "multiplies by the wrong factor: by the operand itself",
                );
            }
        }
        edits
    }

    /// The edits of how a node that is used more than once adds up its contributions.
    fn use_edits(&self, id: usize) -> Vec<(GraphEdit, String)> {
        let users = self.nodes.iter().flat_map(|user| &user.operands);
        let uses = users.filter(|&&operand| operand == id).count();
        let node = &self.nodes[id];
        if uses < 2 || matches!(node.from, NodeSource::Constant) {
            return Vec::new();
        }
        let text = self.text(id, 2);
        let only =
            |end: &str| format!("of the {uses} uses of `{text}` only the {end} counts: `=` where `+=` is needed");
        vec![
            (GraphEdit::LastUse(node.group.clone()), only("last")),
            (GraphEdit::FirstUse(node.group.clone()), only("first")),
        ]
    }

    /// The same function with one op exchanged for a similar one, with its name and a sentence.
    pub fn variants(&self) -> Vec<(String, String, Self)> {
        let mut variants = Vec::new();
        let mut groups: Vec<&str> = Vec::new();
        for node in &self.nodes {
            let NodeSource::Op(op) = &node.from else { continue };
            if groups.contains(&node.group.as_str()) {
                continue;
            }
            groups.push(&node.group);
            let rank = node.operands.first().map_or(0, |&i| self.nodes[i].shape.rank());
            for (key, sentence, twin) in crate::function::variant::of(op, rank) {
                let mut other = self.clone();
                other
                    .nodes
                    .iter_mut()
                    .filter(|n| n.group == node.group)
                    .for_each(|n| n.from = NodeSource::Op(twin.clone()));
                if other.evaluate() && other.nodes[other.result].shape == self.nodes[self.result].shape {
                    variants.push((format!("{}/{key}", node.group), sentence, other));
                }
            }
        }
        variants
    }

    /// A node as a formula, `depth` ops deep.
    pub(super) fn text(&self, id: usize, depth: usize) -> String {
        let node = &self.nodes[id];
        let NodeSource::Op(op) = &node.from else {
            return node.name.clone();
        };
        if depth == 0 {
            return "..".to_string();
        }
        let operands: Vec<String> = node
            .operands
            .iter()
            .map(|&operand| self.text(operand, depth - 1))
            .collect();
        let wrapped = |i: usize| {
            let compound = operands[i].contains(' ') && !operands[i].ends_with(')');
            if compound {
                format!("({})", operands[i])
            } else {
                operands[i].clone()
            }
        };
        match (op.name(), operands.len()) {
            ("add", 2) => format!("{} + {}", operands[0], operands[1]),
            ("sub", 2) => format!("{} - {}", operands[0], wrapped(1)),
            ("mul", 2) => format!("{} * {}", wrapped(0), wrapped(1)),
            ("div", 2) => format!("{} / {}", wrapped(0), wrapped(1)),
            ("matmul", 2) => format!("{} @ {}", wrapped(0), wrapped(1)),
            ("neg", 1) => format!("-{}", wrapped(0)),
            ("reshape" | "broadcast", 1) => self.text(node.operands[0], depth),
            ("permute", 1) => format!("{}.T", wrapped(0)),
            (name, _) => format!("{name}({})", operands.join(", ")),
        }
    }
}
