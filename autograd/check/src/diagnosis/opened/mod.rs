//! A function opened into the graph of its ops, so that the backward pass can be run with one thing wrong in it.
//!
//! This is where wrong gradients with a name come from: an edge whose contribution is left out, counted twice or turned
//! around, a variable whose uses overwrite each other, an op over another axis. An edge is named by the line of the
//! formula that recorded it, so that a loop over time has the same edges whatever the number of steps.

mod edits;
mod expand;

use std::collections::BTreeMap;

use ndarray::ArrayD;

use tapegrad_core::graph::Source;
use tapegrad_core::op::{InGradients, Inputs, OperandKind, Saved};
use tapegrad_core::ops::AnyOp;
use tapegrad_core::params::array;
use tapegrad_core::shape::Shape;
use tapegrad_core::tape::Tape;
use tapegrad_core::var::Var;

use expand::expand;

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
}
