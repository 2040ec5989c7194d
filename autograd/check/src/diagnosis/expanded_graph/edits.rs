//! What can be done wrong in an opened graph: at every edge and every shared node, and in every op.

use super::{ExpandedGraph, GraphEdge, GraphEdit, NodeSource};
use tapegrad_core::op::OperandKind;
use tapegrad_core::ops::AnyOp;

impl ExpandedGraph {
    /// Everything that can be done wrong at one place, with a sentence and whether it is an unusual mistake.
    pub fn edits(&self) -> Vec<(GraphEdit, String)> {
        let mut edits: Vec<(GraphEdit, String)> = Vec::new();
        let mut add = |edit: GraphEdit, sentence: String| {
            if !edits.iter().any(|(known, _)| *known == edit) {
                edits.push((edit, sentence));
            }
        };
        for (id, node) in self.nodes.iter().enumerate() {
            let NodeSource::Op(op) = &node.from else { continue };
            for (position, &operand) in node.operands.iter().enumerate() {
                if op.operand(position).kind != OperandKind::Real
                    || matches!(self.nodes[operand].from, NodeSource::Constant)
                {
                    continue;
                }
                let edge = || GraphEdge {
                    group: node.group.clone(),
                    position,
                };
                let path = format!(
                    "the path from `{}` through `{}`",
                    self.text(operand, 2),
                    self.text(id, 3)
                );
                add(GraphEdit::Drop(edge()), format!("{path} is left out"));
                add(GraphEdit::Double(edge()), format!("{path} is counted twice"));
                add(GraphEdit::Negate(edge()), format!("{path} has the wrong sign"));
                if self.nodes[operand].value.len() == node.value.len() && node.operands.len() > 1 {
                    add(
                        GraphEdit::PassOn(edge()),
                        format!("{path} lacks its local derivative: the other factor is missing"),
                    );
                } else if self.nodes[operand].value.len() == node.value.len() {
                    add(GraphEdit::PassOn(edge()), format!("{path} lacks its local derivative"));
                }
                if matches!(op, AnyOp::Mul(_))
                    && self.nodes[node.operands[0]].shape == self.nodes[node.operands[1]].shape
                {
                    add(
                        GraphEdit::OwnFactor(edge()),
                        format!("{path} multiplies by the wrong factor: by the operand itself"),
                    );
                }
            }
            let _ = id;
        }
        for (id, node) in self.nodes.iter().enumerate() {
            let uses = self
                .nodes
                .iter()
                .flat_map(|user| &user.operands)
                .filter(|&&operand| operand == id)
                .count();
            if uses > 1 && !matches!(node.from, NodeSource::Constant) {
                let text = self.text(id, 2);
                let of = node.group.clone();
                add(
                    GraphEdit::LastUse(of.clone()),
                    format!("of the {uses} uses of `{text}` only the last counts: `=` where `+=` is needed"),
                );
                add(
                    GraphEdit::FirstUse(of),
                    format!("of the {uses} uses of `{text}` only the first counts: `=` where `+=` is needed"),
                );
            }
        }
        edits
    }

    /// The same function with one op exchanged for a similar one, with a key and a sentence.
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
            for (key, sentence, twin) in crate::subject::variant::of(op, rank) {
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
