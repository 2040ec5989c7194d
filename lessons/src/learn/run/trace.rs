//! What one run of a graph computed: every value, every gradient, and the steps in their order.
//!
//! A trace is made by [`record`](super::record()) from a run of the real framework and never changes; going back
//! and forth in time is a change of an index into [`Trace::steps`].

use std::collections::BTreeMap;

use ndarray::ArrayD;
use tapegrad_autograd::check::finite_difference::Slope;
use tapegrad_autograd::graph::{Graph, NodeId, Source};

use super::phrase::AxisNames;

/// One recorded run of a graph, forward and backward.
#[derive(Clone, Debug)]
pub struct Trace {
    /// The recorded graph.
    pub graph: Graph,
    /// What is known of each node, in the order of the graph.
    pub nodes: Vec<NodeRecord>,
    /// What happened, in order: the ops forward, then those that a gradient reaches, backward.
    pub steps: Vec<TraceStep>,
    /// The number that is minimised or maximised.
    pub objective: usize,
    /// True if the objective is maximised.
    pub maximises: bool,
    /// The numbers of the named sizes.
    pub sizes: BTreeMap<String, i64>,
    /// The nodes by the names that the program gives them.
    pub names: BTreeMap<String, usize>,
    /// Whether differences were taken of every gradient.
    pub is_checked: bool,
    /// The value of the program that each node was written as, by its number there.
    pub origins: Vec<Option<usize>>,
    /// The names of the axes of each node.
    pub axes: AxisNames,
    /// For each step the ops that belong to it without a step of their own.
    pub inside: Vec<Vec<usize>>,
}

/// What is known of one node.
#[derive(Clone, Debug)]
pub struct NodeRecord {
    /// Its name in the program, or how it is computed if it has none.
    pub label: String,
    /// True if the program gives it a name.
    pub is_named: bool,
    /// True if its op has no step of its own.
    pub is_folded: bool,
    /// True if it depends on nothing that is given.
    pub is_constant: bool,
    /// How it is computed, in the names of its operands.
    pub phrase: String,
    /// The result of its forward.
    pub value: ArrayD<f64>,
    /// The complete gradient of the objective with respect to it; `None` if there is none, which is not 0.
    pub gradient: Option<ArrayD<f64>>,
    /// What the uses of the node contributed to its gradient, in the order of the backward pass.
    pub received: Vec<Received>,
    /// The derivative of the objective by differences, entry by entry; empty if none were taken.
    pub differences: Vec<Slope>,
    /// The step of its forward; `None` for what is given.
    pub forward: Option<usize>,
    /// The step of its backward; `None` if it has none.
    pub backward: Option<usize>,
}

/// What one use of a node contributed to its gradient.
#[derive(Clone, Debug)]
pub struct Received {
    /// The node whose backward contributed it.
    pub from: usize,
    /// The position of this node among that node's operands.
    pub position: usize,
    /// The contribution.
    pub value: ArrayD<f64>,
    /// The gradient with it added.
    pub after: ArrayD<f64>,
    /// The step in which it was added.
    pub step: usize,
}

/// The two directions of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Values are computed.
    Forward,
    /// Gradients are computed.
    Backward,
}

impl Phase {
    /// `forward` or `backward`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Forward => "forward",
            Self::Backward => "backward",
        }
    }
}

/// One step of a run: the forward or the backward of one node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceStep {
    /// The direction.
    pub phase: Phase,
    pub node: usize,
}

impl Trace {
    /// The node of this name: a name of the program, or `n7`.
    pub fn find(&self, name: &str) -> Option<usize> {
        let by_position = || {
            name.strip_prefix('n')?
                .parse()
                .ok()
                .filter(|&node| node < self.nodes.len())
        };
        self.names.get(name).copied().or_else(by_position)
    }

    /// The positions of a node's operands, in the order of its formula.
    pub fn operands(&self, node: usize) -> Vec<usize> {
        let node = self.graph.node(NodeId::new(node));
        node.operands.iter().map(|operand| operand.index()).collect()
    }

    /// Where the value of a node comes from.
    pub fn source(&self, node: usize) -> &Source {
        self.graph.node(NodeId::new(node)).source
    }

    /// True if a node's value is the result of an op.
    pub fn is_computed(&self, node: usize) -> bool {
        matches!(self.source(node), Source::Op(_) | Source::Module(_))
    }

    /// The step after which a node's value is known; `None` if it is given.
    pub fn known_after(&self, node: usize) -> Option<usize> {
        self.nodes[node].forward
    }

    /// The step after which a node's gradient is complete; `None` if it has none.
    pub fn gradient_after(&self, node: usize) -> Option<usize> {
        if node == self.objective {
            // The first step of the backward pass begins with dJ/dJ = 1.
            return self.steps.iter().position(|step| step.phase == Phase::Backward);
        }
        self.nodes[node].received.last().map(|last| last.step)
    }

    /// The step that an anchor such as `forward z` or `backward beta` names; `start` is before the first step.
    ///
    /// A value without a name is called by what computes it, `log(y)`; `backward` of a value that is given is the step
    /// that completes its gradient.
    ///
    /// **Errors** with a sentence if there is no such step.
    pub fn anchor(&self, anchor: &str) -> Result<usize, String> {
        let (phase, name) = match anchor.trim().split_once(' ') {
            None if anchor.trim() == "start" => return Ok(0),
            None if anchor.trim() == "end" => return Ok(self.steps.len() + 1),
            Some(("forward", name)) => (Phase::Forward, name.trim()),
            Some(("backward", name)) => (Phase::Backward, name.trim()),
            _ => {
                return Err(format!(
                    "`{anchor}` is not `start`, `end`, `forward NAME` or `backward NAME`"
                ));
            }
        };
        let node = self
            .called(name)
            .ok_or_else(|| format!("the graph has no value called {name}"))?;
        let step = match phase {
            Phase::Forward => self.nodes[node].forward,
            Phase::Backward => self.nodes[node].backward.or_else(|| self.gradient_after(node)),
        };
        let step = step.ok_or_else(|| format!("{name} has no {} step", phase.name()))?;
        Ok(step + 1)
    }

    /// The anchor of a step, counted as [`Trace::anchor`] does: `backward b`.
    pub fn step_anchor(&self, step: usize) -> String {
        match step.checked_sub(1).map(|at| self.steps.get(at)) {
            None => "start".into(),
            Some(None) => "end".into(),
            Some(Some(now)) => format!("{} {}", now.phase.name(), self.nodes[now.node].label),
        }
    }

    /// The node of this name; a value without a name is called by what computes it.
    fn called(&self, name: &str) -> Option<usize> {
        let by_phrase = || self.nodes.iter().position(|node| node.phrase == name);
        self.find(name).or_else(by_phrase)
    }

    /// The node of an anchor, if it names one.
    pub fn anchored(&self, anchor: &str) -> Option<usize> {
        let (_, name) = anchor.trim().split_once(' ')?;
        self.called(name.trim())
    }

    /// The number of entries of all gradients.
    pub fn gradient_entries(&self) -> usize {
        let gradients = self.nodes.iter().filter_map(|node| node.gradient.as_ref());
        gradients.map(ArrayD::len).sum()
    }
}
