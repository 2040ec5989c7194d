//! A function opened into the graph of its ops, so that the backward pass can be run with one thing wrong in it.
//!
//! This is where wrong gradients with a name come from: an edge whose contribution is left out, counted twice or turned
//! around, a variable whose uses overwrite each other, an op over another axis. An edge is named by the line of the
//! formula that recorded it, so that a loop over time has the same edges whatever the number of steps.

use std::collections::BTreeMap;

use ndarray::ArrayD;

use super::definition;
use crate::graph::{NodeId, Source};
use crate::op::{InGradients, Inputs, OperandKind, Saved};
use crate::ops::AnyOp;
use crate::params::array;
use crate::shape::Shape;
use crate::tape::Tape;
use crate::var::Var;

/// A function at given operands, as a list of nodes with their values.
#[derive(Clone, Debug)]
pub struct Opened {
    nodes: Vec<Node>,
    result: usize,
}

/// Where the value of a node comes from.
#[derive(Clone, Debug)]
enum From {
    Operand(usize, OperandKind),
    Constant,
    Op(AnyOp),
}

#[derive(Clone, Debug)]
struct Node {
    from: From,
    operands: Vec<usize>,
    shape: Shape,
    value: Vec<f64>,
    notes: Vec<f64>,
    /// The line of the formula and the op; equal for all rounds of a loop.
    group: String,
    name: String,
}

/// One thing wrong in a backward pass.
#[derive(Clone, Debug, PartialEq)]
pub enum Edit {
    /// Nothing is wrong.
    None,
    /// The contributions along these edges are left out.
    Drop(Edge),
    /// They are counted twice.
    Double(Edge),
    /// They have the wrong sign.
    Negate(Edge),
    /// The incoming gradient is handed on along them without the local derivative.
    PassOn(Edge),
    /// The factor of the derivative is the operand itself instead of the other one.
    OwnFactor(Edge),
    /// Of the contributions to these nodes only the one from the last use counts.
    LastUse(String),
    /// Of the contributions to these nodes only the one from the first use counts.
    FirstUse(String),
}

/// All edges that one line of a formula records: which line, and which operand.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edge {
    /// The line and the op.
    pub group: String,
    /// The position of the operand.
    pub position: usize,
}

impl Opened {
    /// Records a formula; ops over rows inside it are opened too.
    pub fn record(
        x: &[ArrayD<f64>],
        kinds: &[OperandKind],
        names: &[String],
        formula: impl for<'t> Fn(&[Var<'t>]) -> Var<'t>,
    ) -> Option<Self> {
        if x.is_empty() {
            return None;
        }
        let tape = Tape::<f64>::new();
        let leaves: Vec<Var<'_>> = (0..x.len()).map(|i| tape.input(&names[i], x[i].view())).collect();
        let y = formula(&leaves);
        let mut groups = BTreeMap::new();
        let (first, y) = expand(&tape, y.id().index(), &mut groups);
        let (second, y) = expand(&first, y, &mut groups);
        Self::read(&second, y, x.len(), kinds, &groups)
    }

    fn read(
        tape: &Tape<'_, f64>,
        y: usize,
        operands: usize,
        kinds: &[OperandKind],
        groups: &BTreeMap<usize, String>,
    ) -> Option<Self> {
        let graph = tape.graph().clone();
        let mut leaves = 0;
        let mut nodes = Vec::with_capacity(graph.len());
        for node in graph.nodes() {
            let line = groups.get(&node.id.index()).cloned().unwrap_or_default();
            let (from, name) = match node.source {
                Source::Op(op) => (From::Op(op.clone()), String::new()),
                Source::Constant(value) => (From::Constant, format!("{value}")),
                Source::Input | Source::Data if leaves < operands => {
                    leaves += 1;
                    (From::Operand(leaves - 1, kinds[leaves - 1]), graph.label(node.id))
                }
                _ => return None,
            };
            let group = match &from {
                From::Op(op) => format!("{line}:{}:{}:{}", node.caller.line(), node.caller.column(), op.name()),
                From::Operand(i, _) => format!("operand{i}"),
                From::Constant => "constant".to_string(),
            };
            let value = tape.with_value(Var::new(tape, node.id), |value| value.iter().copied().collect());
            let operands = node.operands.iter().map(|id| id.index()).collect();
            let notes = Vec::new();
            nodes.push(Node {
                from,
                operands,
                shape: node.shape,
                value,
                notes,
                group,
                name,
            });
        }
        let mut opened = Self { nodes, result: y };
        opened.evaluate().then_some(opened)
    }

    /// Computes all values anew; false if an op has no result.
    fn evaluate(&mut self) -> bool {
        for id in 0..self.nodes.len() {
            let (before, rest) = self.nodes.split_at_mut(id);
            let node = &mut rest[0];
            let From::Op(op) = &node.from else { continue };
            let shapes: Vec<Shape> = node.operands.iter().map(|&i| before[i].shape).collect();
            let values: Vec<&[f64]> = node.operands.iter().map(|&i| before[i].value.as_slice()).collect();
            let inputs = Inputs::new(&values, &shapes);
            let Ok(shape) = op.shape(&shapes) else { return false };
            if op.admits(inputs).is_err() {
                return false;
            }
            let (mut y, mut notes) = (vec![0.0; shape.len()], vec![0.0; op.notes(&shapes)]);
            op.forward(inputs, &mut y, &mut notes);
            (node.shape, node.value, node.notes) = (shape, y, notes);
        }
        true
    }

    /// The value of the function.
    pub fn value(&self) -> ArrayD<f64> {
        array(self.nodes[self.result].shape, self.nodes[self.result].value.clone())
    }

    /// The gradient of one operand with one thing wrong on the way; 0 where nothing arrives.
    pub fn gradient(&self, operand: usize, g_y: &ArrayD<f64>, edit: &Edit) -> Option<ArrayD<f64>> {
        if g_y.len() != self.nodes[self.result].value.len() {
            return None;
        }
        let mut g: Vec<Option<Vec<f64>>> = vec![None; self.nodes.len()];
        g[self.result] = Some(g_y.iter().copied().collect());
        for id in (0..=self.result).rev() {
            let Some(g_node) = g[id].clone() else { continue };
            let node = &self.nodes[id];
            let From::Op(op) = &node.from else { continue };
            for (position, contribution) in self.contributions(id, op, &g_node, edit).into_iter().enumerate() {
                let Some(contribution) = contribution else { continue };
                let target = node.operands[position];
                let group = &self.nodes[target].group;
                match (&mut g[target], edit) {
                    (Some(_), Edit::LastUse(of)) if of == group => {}
                    (slot @ Some(_), Edit::FirstUse(of)) if of == group => *slot = Some(contribution),
                    (Some(sum), _) => sum.iter_mut().zip(&contribution).for_each(|(sum, c)| *sum += c),
                    (slot, _) => *slot = Some(contribution),
                }
            }
        }
        let leaf = self
            .nodes
            .iter()
            .position(|node| matches!(node.from, From::Operand(i, _) if i == operand))?;
        let shape = self.nodes[leaf].shape;
        Some(array(shape, g[leaf].take().unwrap_or_else(|| vec![0.0; shape.len()])))
    }

    /// What one node contributes to each operand, with the edit.
    fn contributions(&self, id: usize, op: &AnyOp, g_y: &[f64], edit: &Edit) -> Vec<Option<Vec<f64>>> {
        let node = &self.nodes[id];
        let edge = match edit {
            Edit::Drop(edge) | Edit::Double(edge) | Edit::Negate(edge) | Edit::PassOn(edge) | Edit::OwnFactor(edge) => {
                (edge.group == node.group).then_some(edge.position)
            }
            _ => None,
        };
        let mut all = self.backward(id, op, g_y, &node.operands);
        let Some(position) = edge.filter(|&position| position < all.len()) else {
            return all;
        };
        let own = node.operands[position];
        match edit {
            Edit::Drop(_) => all[position] = None,
            Edit::Double(_) => all[position].iter_mut().flatten().for_each(|c| *c *= 2.0),
            Edit::Negate(_) => all[position].iter_mut().flatten().for_each(|c| *c = -*c),
            Edit::PassOn(_) if self.nodes[own].value.len() == g_y.len() => all[position] = Some(g_y.to_vec()),
            Edit::OwnFactor(_) => {
                let other = vec![own; node.operands.len()];
                all[position] = self.backward(id, op, g_y, &other)[position].clone();
            }
            _ => {}
        }
        all
    }

    fn backward(&self, id: usize, op: &AnyOp, g_y: &[f64], operands: &[usize]) -> Vec<Option<Vec<f64>>> {
        let node = &self.nodes[id];
        let shapes: Vec<Shape> = operands.iter().map(|&i| self.nodes[i].shape).collect();
        let values: Vec<&[f64]> = operands.iter().map(|&i| self.nodes[i].value.as_slice()).collect();
        let real = |position: usize| {
            let given = matches!(self.nodes[node.operands[position]].from, From::Constant)
                || matches!(self.nodes[node.operands[position]].from, From::Operand(_, kind) if kind != OperandKind::Real);
            op.operand(position).kind == OperandKind::Real && !given
        };
        let mut g_x: Vec<Option<Vec<f64>>> = (0..operands.len())
            .map(|i| real(i).then(|| vec![0.0; shapes[i].len()]))
            .collect();
        let at = Saved {
            x: Inputs::new(&values, &shapes),
            y: &node.value,
            y_shape: node.shape,
            notes: &node.notes,
        };
        op.backward(at, g_y, &mut InGradients::new(g_x.iter_mut().map(|g| g.as_deref_mut())));
        g_x
    }

    /// Everything that can be done wrong at one place, with a sentence and whether it is an unusual mistake.
    pub fn edits(&self) -> Vec<(Edit, String)> {
        let mut edits: Vec<(Edit, String)> = Vec::new();
        let mut add = |edit: Edit, sentence: String| {
            if !edits.iter().any(|(known, _)| *known == edit) {
                edits.push((edit, sentence));
            }
        };
        for (id, node) in self.nodes.iter().enumerate() {
            let From::Op(op) = &node.from else { continue };
            for (position, &operand) in node.operands.iter().enumerate() {
                if op.operand(position).kind != OperandKind::Real || matches!(self.nodes[operand].from, From::Constant)
                {
                    continue;
                }
                let edge = || Edge {
                    group: node.group.clone(),
                    position,
                };
                let path = format!(
                    "the path from `{}` through `{}`",
                    self.text(operand, 2),
                    self.text(id, 3)
                );
                add(Edit::Drop(edge()), format!("{path} is left out"));
                add(Edit::Double(edge()), format!("{path} is counted twice"));
                add(Edit::Negate(edge()), format!("{path} has the wrong sign"));
                if self.nodes[operand].value.len() == node.value.len() && node.operands.len() > 1 {
                    add(
                        Edit::PassOn(edge()),
                        format!("{path} lacks its local derivative: the other factor is missing"),
                    );
                } else if self.nodes[operand].value.len() == node.value.len() {
                    add(Edit::PassOn(edge()), format!("{path} lacks its local derivative"));
                }
                if matches!(op, AnyOp::Mul(_))
                    && self.nodes[node.operands[0]].shape == self.nodes[node.operands[1]].shape
                {
                    add(
                        Edit::OwnFactor(edge()),
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
            if uses > 1 && !matches!(node.from, From::Constant) {
                let text = self.text(id, 2);
                let of = node.group.clone();
                add(
                    Edit::LastUse(of.clone()),
                    format!("of the {uses} uses of `{text}` only the last counts: `=` where `+=` is needed"),
                );
                add(
                    Edit::FirstUse(of),
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
            let From::Op(op) = &node.from else { continue };
            if groups.contains(&node.group.as_str()) {
                continue;
            }
            groups.push(&node.group);
            let rank = node.operands.first().map_or(0, |&i| self.nodes[i].shape.rank());
            for (key, sentence, twin) in super::variant::of(op, rank) {
                let mut other = self.clone();
                other
                    .nodes
                    .iter_mut()
                    .filter(|n| n.group == node.group)
                    .for_each(|n| n.from = From::Op(twin.clone()));
                if other.evaluate() && other.nodes[other.result].shape == self.nodes[self.result].shape {
                    variants.push((format!("{}/{key}", node.group), sentence, other));
                }
            }
        }
        variants
    }

    /// The same function at other operands; `None` if it has no value there.
    pub fn at(&self, x: &[ArrayD<f64>]) -> Option<Self> {
        let mut other = self.clone();
        for node in &mut other.nodes {
            if let From::Operand(i, _) = node.from {
                node.value = x[i].iter().copied().collect();
            }
        }
        other.evaluate().then_some(other)
    }

    /// A node as a formula, `depth` ops deep.
    fn text(&self, id: usize, depth: usize) -> String {
        let node = &self.nodes[id];
        let From::Op(op) = &node.from else {
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

/// The same graph with every fused op and every op over rows replaced by the formula that it is, and which line of the
/// original each node belongs to.
fn expand(tape: &Tape<'_, f64>, y: usize, groups: &mut BTreeMap<usize, String>) -> (Tape<'static, f64>, usize) {
    let inner = tape.graph().clone();
    let fresh = Tape::<f64>::new();
    let mut twins: Vec<NodeId> = Vec::with_capacity(inner.len());
    let mut lines = BTreeMap::new();
    for node in inner.nodes() {
        let operands: Vec<Var<'_>> = node
            .operands
            .iter()
            .map(|id| Var::new(&fresh, twins[id.index()]))
            .collect();
        let before = fresh.graph().len();
        let twin = match node.source {
            Source::Op(op) => {
                let opened = op.composite(&operands).or_else(|| definition::row_op(op, &operands));
                opened.unwrap_or_else(|| record_like(&fresh, op, &operands))
            }
            Source::Constant(value) => fresh.constant(*value),
            _ => fresh.input(inner.name(node.id).unwrap_or("x"), tape.value(Var::new(tape, node.id))),
        };
        twins.push(twin.id());
        let outer = groups.get(&node.id.index()).map(String::as_str).unwrap_or_default();
        let line = format!("{outer}/{}:{}", node.caller.line(), node.caller.column());
        for id in before..fresh.graph().len() {
            lines.insert(id, line.clone());
        }
    }
    *groups = lines;
    let y = twins[y].index();
    (fresh, y)
}

fn record_like<'t>(tape: &'t Tape<'_, f64>, op: &AnyOp, operands: &[Var<'t>]) -> Var<'t> {
    if operands.is_empty() {
        return tape.constant(0.0).record_here(op.clone(), &[]);
    }
    Var::record(op.clone(), operands)
}
