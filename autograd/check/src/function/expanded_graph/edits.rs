//! All mistakes at one place of an expanded graph: at an edge, at a shared node, in an op.

use std::collections::{BTreeMap, BTreeSet};

use super::{ExpandedGraph, GraphEdge, GraphEdit, GraphVariable, Label, NodeSource};
use tapegrad_core::op::OperandKind;
use tapegrad_core::ops::AnyOp;

/// In a larger graph exchanges are too many to be tried.
const NODES_MAX: usize = 160;
/// More exchanges than this take longer than a reader waits.
const EXCHANGES_MAX: usize = 400;

/// A derivative that is easily taken for another: its formula in `x`, `y` and the right derivative `d`.
type Local = (&'static str, fn(f64, f64, f64) -> f64);

/// The derivatives that are easily taken for another.
pub(super) const LOCAL: &[Local] = &[
    ("y, without the factor 1 - y", |_, y, _| y),
    ("1 - y, without the factor y", |_, y, _| 1.0 - y),
    ("y (1 - y)", |_, y, _| y * (1.0 - y)),
    ("1 - y^2", |_, y, _| 1.0 - y * y),
    ("1 - y, where y is not squared", |_, y, _| 1.0 - y),
    ("x", |x, _, _| x),
    ("2 x", |x, _, _| 2.0 * x),
    ("x^2", |x, _, _| x * x),
    ("1 / x", |x, _, _| 1.0 / x),
    ("1 / y", |_, y, _| 1.0 / y),
    ("its own square", |_, _, d| d * d),
    ("its own reciprocal", |_, _, d| 1.0 / d),
    ("half of itself", |_, _, d| 0.5 * d),
];

impl ExpandedGraph {
    /// All edits of edges and shared nodes, with a sentence each; no two have the same text.
    pub fn edits(&self) -> Vec<(GraphEdit, String)> {
        let edges = (0..self.nodes.len()).flat_map(|id| self.edge_edits(id));
        let uses = (0..self.nodes.len()).flat_map(|id| self.use_edits(id));
        self.unique(edges.chain(uses).collect())
    }

    /// The edits that take another variable or another derivative for the right one; there are many.
    pub fn exchanges(&self) -> Vec<(GraphEdit, String)> {
        if self.nodes.len() > NODES_MAX {
            return Vec::new();
        }
        let mut found: Vec<(GraphEdit, String)> = Vec::new();
        let rounds = self.rounds();
        for id in 0..self.nodes.len() {
            found.extend(self.factor_edits(id, &rounds));
            found.extend(self.local_edits(id));
        }
        let mut found = self.unique(found);
        found.truncate(EXCHANGES_MAX);
        found
    }

    /// The first of equal edits each, with texts that differ.
    fn unique(&self, all: Vec<(GraphEdit, String)>) -> Vec<(GraphEdit, String)> {
        let mut known: BTreeSet<GraphEdit> = BTreeSet::new();
        let mut texts: BTreeMap<String, usize> = BTreeMap::new();
        let mut edits = Vec::new();
        for (mut edit, sentence) in all {
            if !known.insert(edit.clone()) {
                continue;
            }
            let count = texts.entry(edit.to_string()).or_default();
            *count += 1;
            if *count > 1 {
                let number = format!(" #{count}");
                edit.label_mut().push_str(&number);
            }
            edits.push((edit, sentence));
        }
        edits
    }

    fn edge(&self, id: usize, position: usize) -> GraphEdge {
        let node = &self.nodes[id];
        let from = self.text(node.operands[position], 2);
        GraphEdge {
            group: node.group.clone(),
            position,
            words: Label(format!("{from} -> {}", self.text(id, 3))),
        }
    }

    fn variable(&self, id: usize) -> GraphVariable {
        GraphVariable {
            group: self.nodes[id].group.clone(),
            words: Label(self.text(id, 2)),
        }
    }

    /// True if a gradient goes along this edge.
    fn carries_gradient(&self, id: usize, position: usize) -> bool {
        let node = &self.nodes[id];
        let NodeSource::Op(op) = &node.from else { return false };
        let of = &self.nodes[node.operands[position]].from;
        op.operand(position).kind == OperandKind::Real && !matches!(of, NodeSource::Constant)
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
            if !self.carries_gradient(id, position) {
                continue;
            }
            let mut add = |edit: fn(GraphEdge) -> GraphEdit, what: &str| {
                let (from, through) = (self.text(operand, 2), self.text(id, 3));
                let sentence = match op {
                    AnyOp::Mul(_) if self.nodes[node.operands[0]].value == self.nodes[node.operands[1]].value => {
                        format!(
                            "one of the two equal factors `{from}` of `{through}`, and with it the factor 2 of a square, {what}"
                        )
                    }
                    AnyOp::Add(_) | AnyOp::Sub(_) => {
                        format!("the path through the term `{from}` of `{through}` {what}")
                    }
                    _ => format!("the path from `{from}` through `{through}` {what}"),
                };
                edits.push((edit(self.edge(id, position)), sentence));
            };
            add(GraphEdit::Drop, "is left out");
            add(GraphEdit::Double, "is counted twice");
            add(GraphEdit::Negate, "has the wrong sign");
            if op.name() == "permute" {
                add(
                    GraphEdit::PassOn,
                    "is not transposed back: its numbers are read in the order of memory",
                );
            } else if of.value.len() == node.value.len() && node.operands.len() > 1 {
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
            (GraphEdit::LastUse(self.variable(id)), only("last")),
            (GraphEdit::FirstUse(self.variable(id)), only("first")),
        ]
    }

    /// The edits of a product's derivative in which another variable is the factor, now or a round earlier.
    fn factor_edits(&self, id: usize, rounds: &[(usize, usize)]) -> Vec<(GraphEdit, String)> {
        let node = &self.nodes[id];
        let NodeSource::Op(op) = &node.from else {
            return Vec::new();
        };
        if !matches!(op, AnyOp::Mul(_) | AnyOp::Matmul(_) | AnyOp::Div(_)) || node.operands.len() != 2 {
            return Vec::new();
        }
        let (0, own_rounds) = rounds[id] else {
            return Vec::new();
        };
        let mut edits = Vec::new();
        for position in (0..2).filter(|&position| self.carries_gradient(id, position)) {
            let factor = node.operands[1 - position];
            let (from, right) = (self.text(node.operands[position], 2), self.text(factor, 2));
            for (other, &(round, count)) in rounds.iter().enumerate() {
                let candidate = &self.nodes[other];
                let is_like = candidate.shape == self.nodes[factor].shape && round == 0;
                let fits = is_like && (count == own_rounds || count == 1);
                if !fits || matches!(candidate.from, NodeSource::Constant) {
                    continue;
                }
                let wrong = self.text(other, 2);
                let sentence = |which: &str| {
                    format!(
                        "the derivative by `{from}` in `{}` has the factor `{wrong}`{which} where `{right}` belongs",
                        self.text(id, 2)
                    )
                };
                let why = match () {
                    () if other == node.operands[position] => ": the operand itself stands for the other operand",
                    () if self.is_transposed(other, factor) => ": it is not transposed",
                    () if self.depends_on(other, id) => {
                        ": what is computed from the product stands for what goes into it, as where the state of the same \
                         step is taken for that of the step before"
                    }
                    () => "",
                };
                if candidate.group != self.nodes[factor].group {
                    edits.push((
                        GraphEdit::OtherFactor(self.edge(id, position), self.variable(other)),
                        sentence("") + why,
                    ));
                }
                if own_rounds > 1 && count == own_rounds {
                    edits.push((
                        GraphEdit::EarlierFactor(self.edge(id, position), self.variable(other)),
                        sentence(" of the step before"),
                    ));
                }
            }
        }
        edits
    }

    /// True if one of two nodes is the other with its axes reordered.
    fn is_transposed(&self, a: usize, b: usize) -> bool {
        let is_of = |turned: usize, of: usize| {
            let node = &self.nodes[turned];
            matches!(&node.from, NodeSource::Op(op) if op.name() == "permute") && node.operands.first() == Some(&of)
        };
        is_of(a, b) || is_of(b, a)
    }

    /// True if one node is computed from another.
    fn depends_on(&self, node: usize, from: usize) -> bool {
        let mut open = vec![node];
        let mut seen = BTreeSet::new();
        while let Some(id) = open.pop() {
            let operands = self.nodes[id].operands.iter().copied();
            for operand in operands.filter(|&operand| operand >= from && seen.insert(operand)) {
                if operand == from {
                    return true;
                }
                open.push(operand);
            }
        }
        false
    }

    /// The edits of the derivative of a function of one number, taken for another one.
    fn local_edits(&self, id: usize) -> Vec<(GraphEdit, String)> {
        let node = &self.nodes[id];
        let [operand] = node.operands[..] else {
            return Vec::new();
        };
        let is_elementwise = self.nodes[operand].value.len() == node.value.len();
        let keeps_entries = matches!(&node.from, NodeSource::Op(op) if matches!(op.name(), "reshape" | "permute" | "neg" | "broadcast"));
        if !is_elementwise || keeps_entries || !self.carries_gradient(id, 0) {
            return Vec::new();
        }
        let (from, own) = (self.text(operand, 2), self.text(id, 2));
        let edit = |(formula, _): &Local| {
            let sentence =
                format!("the derivative of `{own}` is taken as {formula}, where x is `{from}` and y is `{own}`");
            (GraphEdit::Local(self.edge(id, 0), formula), sentence)
        };
        LOCAL.iter().map(edit).collect()
    }

    /// For each node, which of the nodes of its line it is, and how many these are.
    fn rounds(&self) -> Vec<(usize, usize)> {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        let ranks: Vec<usize> = self
            .nodes
            .iter()
            .map(|node| {
                let count = counts.entry(&node.group).or_default();
                *count += 1;
                *count - 1
            })
            .collect();
        let count = |id: usize| counts.get(self.nodes[id].group.as_str()).copied().unwrap_or(1);
        ranks
            .into_iter()
            .enumerate()
            .map(|(id, rank)| (rank, count(id)))
            .collect()
    }

    /// The nodes of a line of the formula, in their order.
    pub(super) fn group(&self, name: &str) -> Vec<usize> {
        (0..self.nodes.len())
            .filter(|&id| self.nodes[id].group == name)
            .collect()
    }

    /// Which of the nodes of its line a node is.
    pub(super) fn rank_in_group(&self, id: usize) -> usize {
        self.nodes[..id]
            .iter()
            .filter(|node| node.group == self.nodes[id].group)
            .count()
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
