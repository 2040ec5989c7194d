//! Recording a trace: a program is run on the real tape, and every step is recorded.

use std::collections::BTreeMap;
use std::fmt;

use ndarray::ArrayD;
use tapegrad_autograd::graph::{Graph, NodeId, Source};
use tapegrad_autograd::language::ast::Direction;
use tapegrad_autograd::language::core::{Input, Program};
use tapegrad_autograd::language::elaborate::{self, Elaborated};
use tapegrad_autograd::language::flat::scope_path;
use tapegrad_autograd::language::size::Bound;
use tapegrad_autograd::language::types::Kind;
use tapegrad_autograd::{Params, Shape, Step as BackwardStep, Tape, Var};

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

/// Runs a program forward and backward and records every step.
///
/// **Errors** if a value is missing, has another shape than declared, or the program has no objective.
pub fn record(program: &Program, given: &RunInputs, differences: FiniteDifferences) -> Result<Trace, TraceError> {
    let wrong =
        |error: Box<tapegrad_autograd::language::diagnostic::Diagnostic>| TraceError(error.primary.text.clone());
    let mut sizes = given.sizes.clone();
    let shapes: Vec<(String, Vec<usize>)> = given
        .values
        .iter()
        .map(|(name, value)| (name.clone(), value.shape().to_vec()))
        .collect();
    elaborate::infer(program, &mut sizes, &shapes);
    let bound = elaborate::bind(program, &sizes).map_err(wrong)?;
    let mut params = elaborate::first_values::<f64>(program, &bound, given.seed).map_err(wrong)?;
    set_params(program, &mut params, given)?;
    let tape = Tape::with(&params);
    let elaborated = write(program, &bound, &params, &tape, given)?;
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
    let sizes = bound.iter().map(|(name, &size)| (name.to_string(), size)).collect();
    let maximises = matches!(program.objective, Some((Direction::Maximize, _)));
    let mut trace = trace(&tape, &elaborated, &backward, objective.index());
    (trace.sizes, trace.maximises) = (sizes, maximises);
    let work = trace.gradient_entries().saturating_mul(trace.nodes.len());
    if differences == FiniteDifferences::Taken && work <= DIFFERENCES_MAX {
        difference::take_all(&mut trace);
    }
    Ok(trace)
}

fn set_params(program: &Program, params: &mut Params<f64>, given: &RunInputs) -> Result<(), TraceError> {
    for (name, value) in &given.values {
        match params.list().find(name) {
            Some(param) => {
                fits(name, param.shape(), value)?;
                params.value_mut(param).assign(value);
            }
            None if program.inputs.iter().any(|input| input.name == *name) => {}
            None => {
                return Err(TraceError(format!(
                    "the program has no input or parameter called {name}"
                )));
            }
        }
    }
    Ok(())
}

fn fits(name: &str, shape: Shape, value: &ArrayD<f64>) -> Result<(), TraceError> {
    if shape.to_vec() == value.shape() {
        return Ok(());
    }
    let own = Shape::new(value.shape());
    Err(TraceError(format!(
        "{name} must have the shape {shape}; the value given has {own}"
    )))
}

fn write(
    program: &Program,
    bound: &Bound,
    params: &Params<f64>,
    tape: &Tape<'_, f64>,
    given: &RunInputs,
) -> Result<Elaborated, TraceError> {
    let mut wrong = None;
    let mut leaf = |input: &Input, shape: Shape| {
        let value = match given.values.get(&input.name) {
            Some(value) => fits(&input.name, shape, value).map(|()| value.clone()),
            None => Err(TraceError(format!("the input {} is not given", input.name))),
        };
        let value = value.unwrap_or_else(|error| {
            wrong.get_or_insert(error);
            ArrayD::zeros(shape.to_vec())
        });
        match input.ty.kind {
            Kind::Real => tape.input(&input.name, value).id(),
            _ => tape.data(&input.name, value).id(),
        }
    };
    let elaborated = elaborate::elaborate(program, bound, params.list(), tape, &mut leaf);
    match wrong {
        Some(error) => Err(error),
        None => elaborated.map_err(|error| TraceError(error.primary.text.clone())),
    }
}

/// The trace of a run that is over; sizes, direction and differences are still to be filled in.
fn trace(tape: &Tape<'_, f64>, elaborated: &Elaborated, backward: &[BackwardStep<f64>], objective: usize) -> Trace {
    let graph = tape.graph().clone();
    let names = names(&graph, elaborated);
    let labels = labels(&graph, &names);
    let mut nodes: Vec<NodeRecord> = graph.nodes().map(|node| node_record(tape, &labels, node.id)).collect();
    let steps = steps(&graph, backward);
    for (at, step) in steps.iter().enumerate() {
        match step.phase {
            Phase::Forward => nodes[step.node].forward = Some(at),
            Phase::Backward => nodes[step.node].backward = Some(at),
        }
    }
    nodes[objective].gradient = Some(ArrayD::ones(nodes[objective].value.shape()));
    backward.iter().for_each(|step| receive(&mut nodes, step));
    Trace {
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

/// A node with its value, before the backward pass.
fn node_record(tape: &Tape<'_, f64>, labels: &[String], node: NodeId) -> NodeRecord {
    NodeRecord {
        label: labels[node.index()].clone(),
        phrase: phrase::phrase(&tape.graph(), labels, node),
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
fn names(graph: &Graph, elaborated: &Elaborated) -> BTreeMap<String, usize> {
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
    found
        .into_iter()
        .filter_map(|(name, node)| Some((name, node?)))
        .collect()
}

/// The shortest name of each node, or `n` with its position.
fn labels(graph: &Graph, names: &BTreeMap<String, usize>) -> Vec<String> {
    let mut labels: Vec<Option<String>> = vec![None; graph.len()];
    for (name, &node) in names {
        if labels[node].as_ref().is_none_or(|known| name.len() < known.len()) {
            labels[node] = Some(name.clone());
        }
    }
    let label = |(node, label): (usize, Option<String>)| label.unwrap_or_else(|| format!("n{node}"));
    labels.into_iter().enumerate().map(label).collect()
}
