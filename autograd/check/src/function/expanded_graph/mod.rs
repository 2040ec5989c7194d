//! A function as the graph of its simple ops, on which backward() can be run with one mistake.
//!
//! Mistakes at one place of a graph are made here: an edge whose contribution is left out, counted twice or negated,
//! a variable whose uses overwrite each other, an op over another axis. An edge is named by the line of the
//! formula that recorded it, so that a loop over time has the same edges whatever the number of steps.

mod edits;
mod expand;
mod graph_edit;

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
pub use graph_edit::{GraphEdge, GraphEdit, GraphVariable, Label};

/// A function at given operands, as a list of nodes with their values.
#[derive(Clone, Debug)]
pub struct ExpandedGraph {
    nodes: Vec<ExpandedNode>,
    result: usize,
}

/// Where the value of a node comes from.
#[derive(Clone, Debug)]
enum NodeSource {
    Operand(usize, OperandKind),
    Constant,
    Op(AnyOp),
}

#[derive(Clone, Debug)]
struct ExpandedNode {
    from: NodeSource,
    operands: Vec<usize>,
    shape: Shape,
    value: Vec<f64>,
    notes: Vec<f64>,
    /// The line of the formula and the op; equal for all rounds of a loop.
    group: String,
    name: String,
}

impl ExpandedGraph {
    /// Records a formula; fused ops and ops over rows inside it are expanded too.
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
                Source::Op(op) => (NodeSource::Op(op.clone()), String::new()),
                Source::Constant(value) => (NodeSource::Constant, format!("{value}")),
                Source::Input | Source::Data if leaves < operands => {
                    leaves += 1;
                    (NodeSource::Operand(leaves - 1, kinds[leaves - 1]), graph.label(node.id))
                }
                _ => return None,
            };
            let group = match &from {
                NodeSource::Op(op) => format!("{line}:{}:{}:{}", node.caller.line(), node.caller.column(), op.name()),
                NodeSource::Operand(i, _) => format!("operand{i}"),
                NodeSource::Constant => "constant".to_string(),
            };
            let value = tape.with_value(Var::new(tape, node.id), |value| value.iter().copied().collect());
            let operands = node.operands.iter().map(|id| id.index()).collect();
            let notes = Vec::new();
            nodes.push(ExpandedNode {
                from,
                operands,
                shape: node.shape,
                value,
                notes,
                group,
                name,
            });
        }
        let mut expanded = Self { nodes, result: y };
        expanded.evaluate().then_some(expanded)
    }

    /// Computes all values anew; false if an op has no result.
    fn evaluate(&mut self) -> bool {
        for id in 0..self.nodes.len() {
            let (before, rest) = self.nodes.split_at_mut(id);
            let node = &mut rest[0];
            let NodeSource::Op(op) = &node.from else { continue };
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

    /// The gradient of one operand with at most one mistake; 0 if no path leads to the operand.
    pub fn gradient(&self, operand: usize, g_y: &ArrayD<f64>, edit: Option<&GraphEdit>) -> Option<ArrayD<f64>> {
        if g_y.len() != self.nodes[self.result].value.len() {
            return None;
        }
        let mut g: Vec<Option<Vec<f64>>> = vec![None; self.nodes.len()];
        g[self.result] = Some(g_y.iter().copied().collect());
        for id in (0..=self.result).rev() {
            let Some(g_node) = g[id].clone() else { continue };
            let node = &self.nodes[id];
            let NodeSource::Op(op) = &node.from else { continue };
            for (position, contribution) in self.contributions(id, op, &g_node, edit).into_iter().enumerate() {
                let Some(contribution) = contribution else { continue };
                let target = node.operands[position];
                let group = &self.nodes[target].group;
                match (&mut g[target], edit) {
                    (Some(_), Some(GraphEdit::LastUse(of))) if of.group == *group => {}
                    (slot @ Some(_), Some(GraphEdit::FirstUse(of))) if of.group == *group => *slot = Some(contribution),
                    (Some(sum), _) => sum.iter_mut().zip(&contribution).for_each(|(sum, c)| *sum += c),
                    (slot, _) => *slot = Some(contribution),
                }
            }
        }
        let leaf = self
            .nodes
            .iter()
            .position(|node| matches!(node.from, NodeSource::Operand(i, _) if i == operand))?;
        let shape = self.nodes[leaf].shape;
        Some(array(shape, g[leaf].take().unwrap_or_else(|| vec![0.0; shape.len()])))
    }

    /// What one node contributes to each operand, with the edit.
    fn contributions(&self, id: usize, op: &AnyOp, g_y: &[f64], edit: Option<&GraphEdit>) -> Vec<Option<Vec<f64>>> {
        let node = &self.nodes[id];
        let edge = edit.and_then(GraphEdit::edge).filter(|edge| edge.group == node.group);
        let mut all = self.backward(id, op, g_y, &node.operands);
        let Some(position) = edge.map(|edge| edge.position).filter(|&position| position < all.len()) else {
            return all;
        };
        let own = node.operands[position];
        match edit {
            Some(GraphEdit::Drop(_)) => all[position] = None,
            Some(GraphEdit::Double(_)) => all[position].iter_mut().flatten().for_each(|c| *c *= 2.0),
            Some(GraphEdit::Negate(_)) => all[position].iter_mut().flatten().for_each(|c| *c = -*c),
            Some(GraphEdit::PassOn(_)) if self.nodes[own].value.len() == g_y.len() => {
                all[position] = Some(g_y.to_vec())
            }
            Some(GraphEdit::OwnFactor(_)) => {
                let other = vec![own; node.operands.len()];
                all[position] = self.backward(id, op, g_y, &other)[position].clone();
            }
            Some(GraphEdit::OtherFactor(_, of)) => {
                let group = self.group(&of.group);
                let at = if group.len() == 1 { 0 } else { self.rank_in_group(id) };
                all[position] = group
                    .get(at)
                    .and_then(|&other| self.with_factor(id, op, g_y, other, position));
            }
            Some(GraphEdit::EarlierFactor(_, of)) => {
                let group = self.group(&of.group);
                let before = self.rank_in_group(id).checked_sub(1).and_then(|at| group.get(at));
                all[position] = before.and_then(|&other| self.with_factor(id, op, g_y, other, position));
            }
            Some(GraphEdit::Local(_, formula)) => {
                let of = edits::LOCAL.iter().find(|(known, _)| known == formula);
                let d = self
                    .backward(id, op, &vec![1.0; g_y.len()], &node.operands)
                    .swap_remove(0);
                if let (Some((_, f)), Some(d)) = (of, d) {
                    let x = &self.nodes[own].value;
                    let each = x.iter().zip(&node.value).zip(&d).zip(g_y);
                    all[0] = Some(each.map(|(((x, y), d), g)| f(*x, *y, *d) * g).collect());
                }
            }
            _ => {}
        }
        all
    }

    /// What a node contributes to one operand if the other operand has the value of another node.
    fn with_factor(&self, id: usize, op: &AnyOp, g_y: &[f64], other: usize, position: usize) -> Option<Vec<f64>> {
        let mut operands = self.nodes[id].operands.clone();
        *operands.get_mut(1 - position.min(1))? = other;
        self.backward(id, op, g_y, &operands).get(position)?.clone()
    }

    fn backward(&self, id: usize, op: &AnyOp, g_y: &[f64], operands: &[usize]) -> Vec<Option<Vec<f64>>> {
        let node = &self.nodes[id];
        let shapes: Vec<Shape> = operands.iter().map(|&i| self.nodes[i].shape).collect();
        let values: Vec<&[f64]> = operands.iter().map(|&i| self.nodes[i].value.as_slice()).collect();
        let real = |position: usize| {
            let given = matches!(self.nodes[node.operands[position]].from, NodeSource::Constant)
                || matches!(self.nodes[node.operands[position]].from, NodeSource::Operand(_, kind) if kind != OperandKind::Real);
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
}
