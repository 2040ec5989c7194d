//! Recording a trace: a program is run on the real tape, and every step is recorded.

use std::collections::BTreeMap;
use std::fmt;

use ndarray::ArrayD;
use tapegrad_autograd::graph::{Graph, NodeId, Source};
use tapegrad_autograd::language::ast::Direction;
use tapegrad_autograd::language::elaborate::Elaborated;
use tapegrad_autograd::language::flat::scope_path;
use tapegrad_autograd::language::program::{Instruction, Program};
use tapegrad_autograd::language::run::{self, RunError, Session};
use tapegrad_autograd::{Step as BackwardStep, Tape, Var};

use super::difference;
use super::phrase;
use super::trace::{NodeRecord, Phase, Received, Trace, TraceStep};

/// The numbers that a run is given.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunInputs {
    /// Named sizes; those that follow from the shapes of values may be left out.
    pub sizes: BTreeMap<String, i64>,
    /// Inputs and parameters; a parameter that is not given begins as declared, from `seed`.
    pub values: BTreeMap<String, ArrayD<f64>>,
    /// The seed of parameters that are not given.
    pub seed: u64,
}

/// The most work that differences may take: entries of gradients times nodes to be run again.
const DIFFERENCES_MAX: usize = 1_000_000;

/// Whether finite differences are taken for every entry of every gradient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FiniteDifferences {
    /// They are taken, unless the run is so large that it would take minutes; then `is_checked` stays false.
    Taken,
    /// They are not taken.
    Skipped,
}

/// Why a program could not be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceError(pub String);

impl fmt::Display for TraceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<RunError> for TraceError {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Program(found) => Self(found.primary.text),
            RunError::Data { place, message } => Self(format!("{place}: {message}")),
        }
    }
}

/// Runs a program forward and backward and records every step.
///
/// **Errors** if a value is missing, has another shape than declared, or the program has no objective.
pub fn record(program: &Program, given: &RunInputs, differences: FiniteDifferences) -> Result<Trace, TraceError> {
    let given = run::Given {
        dims: given.sizes.clone(),
        values: given.values.clone(),
        seed: given.seed,
        ..run::Given::default()
    };
    let session = Session::new(program, &given)?;
    let tape = Tape::with(session.params());
    let elaborated = session.record(&tape)?;
    let objective = elaborated.objective.ok_or_else(|| {
        TraceError("the program says neither `minimize` nor `maximize`, so nothing has a gradient".into())
    })?;
    let entries = tape.graph().shape(objective).len();
    if entries != 1 {
        return Err(TraceError(format!(
            "the objective must be a single number; it has {entries} entries"
        )));
    }
    let backward: Vec<BackwardStep<f64>> = tape.steps(Var::new(&tape, objective)).collect();
    let sizes = session.instance().sizes();
    let sizes = sizes.iter().map(|(name, &size)| (name.to_string(), size)).collect();
    let maximises = matches!(program.objective, Some((Direction::Maximize, _)));
    let mut trace = trace(&tape, program, &elaborated, &backward, objective.index());
    (trace.sizes, trace.maximises) = (sizes, maximises);
    phrase::word(&mut trace, &[]);
    let work = trace.gradient_entries().saturating_mul(trace.nodes.len());
    if differences == FiniteDifferences::Taken && work <= DIFFERENCES_MAX {
        difference::take_all(&mut trace);
    }
    Ok(trace)
}

/// The trace of a run that is over; sizes, direction and differences are still to be filled in.
fn trace(
    tape: &Tape<'_, f64>,
    program: &Program,
    elaborated: &Elaborated,
    backward: &[BackwardStep<f64>],
    objective: usize,
) -> Trace {
    let graph = tape.graph().clone();
    let names = names(&graph, program, elaborated);
    let labels = labels(&graph, &names);
    let mut nodes: Vec<NodeRecord> = graph.nodes().map(|node| node_record(tape, &labels, node.id)).collect();
    for node in graph.nodes() {
        nodes[node.id.index()].is_constant = match node.source {
            Source::Constant(_) => true,
            Source::Op(_) => node.operands.iter().all(|operand| nodes[operand.index()].is_constant),
            _ => false,
        };
    }
    let steps = steps(&graph, backward);
    for (at, step) in steps.iter().enumerate() {
        match step.phase {
            Phase::Forward => nodes[step.node].forward = Some(at),
            Phase::Backward => nodes[step.node].backward = Some(at),
        }
    }
    nodes[objective].gradient = Some(ArrayD::ones(nodes[objective].value.shape()));
    backward.iter().for_each(|step| receive(&mut nodes, step));
    let inside = vec![Vec::new(); steps.len()];
    let axes = phrase::axis_names(&graph, program, elaborated);
    Trace {
        origins: elaborated.origins.clone(),
        inside,
        axes,
        graph,
        nodes,
        steps,
        objective,
        maximises: false,
        sizes: BTreeMap::new(),
        names,
        is_checked: false,
    }
}

/// A node with its value, before the backward pass; how it is computed is told later.
fn node_record(tape: &Tape<'_, f64>, labels: &[Option<String>], node: NodeId) -> NodeRecord {
    let name = labels[node.index()].clone();
    NodeRecord {
        is_named: name.is_some(),
        is_folded: false,
        is_constant: false,
        label: name.unwrap_or_default(),
        phrase: String::new(),
        value: tape.value(Var::new(tape, node)),
        gradient: None,
        received: Vec::new(),
        differences: Vec::new(),
        forward: None,
        backward: None,
    }
}

/// The steps in order: the forward of each op, then the backward pass as the tape made it.
fn steps(graph: &Graph, backward: &[BackwardStep<f64>]) -> Vec<TraceStep> {
    let step = |phase| {
        move |node: NodeId| TraceStep {
            phase,
            node: node.index(),
        }
    };
    let is_computed = |source: &Source| matches!(source, Source::Op(_) | Source::Module(_));
    let forward = graph
        .nodes()
        .filter(|node| is_computed(node.source))
        .map(|node| node.id);
    let backward = backward.iter().map(|step| step.node);
    forward
        .map(step(Phase::Forward))
        .chain(backward.map(step(Phase::Backward)))
        .collect()
}

/// Adds the contributions of one backward step to the nodes that receive them.
fn receive(nodes: &mut [NodeRecord], from: &BackwardStep<f64>) {
    let step = nodes[from.node.index()]
        .backward
        .expect("each backward step has its number");
    for contribution in &from.contributions {
        let to = &mut nodes[contribution.operand.index()];
        to.gradient = Some(contribution.after.clone());
        to.received.push(Received {
            from: from.node.index(),
            position: contribution.position,
            value: contribution.value.clone(),
            after: contribution.after.clone(),
            step,
        });
    }
}

/// Every name under which a node can be asked for; a name that two nodes have stands for neither.
fn names(graph: &Graph, program: &Program, elaborated: &Elaborated) -> BTreeMap<String, usize> {
    let mut found: BTreeMap<String, Option<usize>> = BTreeMap::new();
    let mut add = |name: String, node: usize| {
        let known = found.entry(name).or_insert(Some(node));
        if *known != Some(node) {
            *known = None;
        }
    };
    for node in graph.nodes() {
        let Some(name) = graph.name(node.id) else { continue };
        add(name.to_string(), node.id.index());
        let scope = scope_path(graph, node.scope);
        let is_param = matches!(node.source, Source::Param(_));
        if !scope.is_empty() && !is_param {
            add(format!("{}.{name}", scope.join(".")), node.id.index());
        }
    }
    for (name, node) in &elaborated.names {
        found.insert(name.clone(), Some(node.index()));
    }
    // `h[0]` is another name of what a row begins with.
    for instruction in &program.instructions {
        let Instruction::Store { family, at, value } = instruction else {
            continue;
        };
        let places: Option<Vec<String>> = at.iter().map(|at| Some(at.as_number()?.to_string())).collect();
        let named = program.names.iter().position(|(_, own)| own == value);
        if let (Some(places), Some(named)) = (places, named) {
            let name = format!("{}[{}]", program.families[*family].name, places.join(", "));
            found.entry(name).or_insert(Some(elaborated.names[named].1.index()));
        }
    }
    found
        .into_iter()
        .filter_map(|(name, node)| Some((name, node?)))
        .collect()
}

/// The shortest name of each node that has one.
fn labels(graph: &Graph, names: &BTreeMap<String, usize>) -> Vec<Option<String>> {
    let mut labels: Vec<Option<String>> = vec![None; graph.len()];
    for (name, &node) in names {
        if labels[node].as_ref().is_none_or(|known| name.len() < known.len()) {
            labels[node] = Some(name.clone());
        }
    }
    labels
}
