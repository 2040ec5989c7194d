//! A run on arrays: a [`Session`] checks the inputs, then a tape computes values and gradients.

use std::collections::BTreeMap;

use ndarray::ArrayD;

use super::elaborate::Elaborated;
use super::{Given, Instance, RunError, Session, Wanted, undefined};
use crate::limits::Budget;
use crate::meaning::program::Program;
use crate::meaning::size::{Size, Symbol};
use crate::meaning::types::Kind;
use tapegrad_core::graph::{Graph, NodeId, Source};
use tapegrad_core::numbers::Real;
use tapegrad_core::shape::Shape;
use tapegrad_core::steps::Gradients;
use tapegrad_core::tape::Tape;
use tapegrad_core::var::Var;

/// The results of a run, as arrays.
#[derive(Clone, Debug)]
pub struct Evaluated<T> {
    /// The declared outputs, or every computed value with a name at the top level.
    pub values: Vec<(String, ArrayD<T>)>,
    /// The number that is minimised or maximised.
    pub objective: Option<T>,
    /// For each real input and parameter its gradient, if it has one; empty unless gradients are requested.
    pub gradients: Vec<(String, Option<ArrayD<T>>)>,
    /// The graph with the value of every node, if a trace is requested.
    pub trace: Option<(Graph, Vec<ArrayD<T>>)>,
    /// For each node of the trace its gradient, if it has one; if trace and gradients are requested.
    pub traced_gradients: Option<Vec<Option<ArrayD<T>>>>,
    /// The numbers of all named sizes.
    pub dims: BTreeMap<String, i64>,
    /// What is left of the memory that the program may take.
    pub(super) budget: Budget,
}

/// Runs a program on arrays.
///
/// **Errors** if sizes, values or cotangents do not fit the program.
pub fn evaluate<T: Real>(program: &Program, given: &Given<T>, wanted: Wanted) -> Result<Evaluated<T>, RunError> {
    let session = Session::new(program, given)?;
    let tape = Tape::with(session.params());
    let elaborated = session.record(&tape)?;
    undefined::in_values(program, &elaborated, &tape)?;
    let value = |id: NodeId| tape.value(Var::new(&tape, id));
    let shown = shown(program, &elaborated, &tape.graph());
    take_copies(&elaborated.budget, &tape.graph(), shown.iter().map(|(_, id)| *id))?;
    let mut evaluated = Evaluated {
        values: shown.into_iter().map(|(name, id)| (name, value(id))).collect(),
        objective: elaborated
            .objective
            .map(|objective| tape.number(Var::new(&tape, objective))),
        gradients: Vec::new(),
        trace: None,
        traced_gradients: None,
        dims: sizes(session.instance()),
        budget: elaborated.budget.clone(),
    };
    if wanted.trace {
        let graph = tape.graph().clone();
        take_copies(&evaluated.budget, &graph, graph.nodes().map(|node| node.id))?;
        let values = graph.nodes().map(|node| value(node.id)).collect();
        evaluated.trace = Some((graph, values));
    }
    if wanted.gradients {
        let found = tape.backward(derived_from(given, &elaborated, &tape)?);
        evaluated.gradients = gradients(program, &elaborated, &tape, &found);
        if let Some((graph, _)) = &evaluated.trace {
            take_copies(&evaluated.budget, graph, graph.nodes().map(|node| node.id))?;
            let gradient = |id: NodeId| found.get_of(Var::new(&tape, id));
            evaluated.traced_gradients = Some(graph.nodes().map(|node| gradient(node.id)).collect());
        }
        let mut all = evaluated.gradients.iter().filter_map(|(_, gradient)| gradient.as_ref());
        if all.any(undefined::has_nan) {
            // Step by step this time, which says where it came from.
            let tape = Tape::with(session.params());
            let elaborated = session.record(&tape)?;
            undefined::in_gradients(program, &elaborated, &tape, derived_from(given, &elaborated, &tape)?)?;
        }
    }
    Ok(evaluated)
}

/// The numbers of all named sizes.
fn sizes(instance: &Instance<'_>) -> BTreeMap<String, i64> {
    let named = instance.program().dims.iter().map(|dim| &dim.name);
    let number = |name: &Symbol| {
        Some((
            name.to_string(),
            Size::symbol(Symbol::clone(name)).value(instance.sizes()).ok()?,
        ))
    };
    named.filter_map(number).collect()
}

/// Takes the memory for copies of these nodes' values.
fn take_copies(budget: &Budget, graph: &Graph, nodes: impl Iterator<Item = NodeId>) -> Result<(), RunError> {
    let numbers: u64 = nodes.map(|id| graph.shape(id).len() as u64).sum();
    budget.take(numbers, 8).map_err(RunError::too_much)
}

/// The declared outputs, or every computed value that has a name at the top level.
pub(crate) fn shown(program: &Program, elaborated: &Elaborated, graph: &Graph) -> Vec<(String, NodeId)> {
    if !program.outputs.is_empty() {
        return elaborated.outputs.clone();
    }
    let is_computed = |id: NodeId| matches!(graph.node(id).source, Source::Op(_) | Source::Constant(_));
    elaborated
        .names
        .iter()
        .filter(|(_, id)| is_computed(*id))
        .cloned()
        .collect()
}

/// What is derived: the objective, or the sum of the outputs with their weights.
fn derived_from<'t, T: Real>(
    given: &Given<T>,
    elaborated: &Elaborated,
    tape: &'t Tape<'_, T>,
) -> Result<Var<'t>, RunError> {
    match (elaborated.objective, given.cotangents.is_empty()) {
        (Some(objective), true) => Ok(Var::new(tape, objective)),
        _ => weighted_outputs(given, elaborated, tape),
    }
}

fn gradients<T: Real>(
    program: &Program,
    elaborated: &Elaborated,
    tape: &Tape<'_, T>,
    found: &Gradients<T>,
) -> Vec<(String, Option<ArrayD<T>>)> {
    let names: Vec<(String, NodeId)> = {
        let graph = tape.graph();
        let inputs = program.inputs.iter().zip(&elaborated.inputs);
        let inputs = inputs.filter(|(input, _)| input.ty.kind == Kind::Real);
        let inputs = inputs.map(|(input, &id)| (input.name.clone(), id));
        let params = graph.nodes().filter(|node| matches!(node.source, Source::Param(_)));
        let params = params.map(|node| (graph.label(node.id), node.id));
        inputs.chain(params).collect()
    };
    let gradient = |id: NodeId| found.get_of(Var::new(tape, id));
    names.into_iter().map(|(name, id)| (name, gradient(id))).collect()
}

/// `J = Σ cotangent · output`; its gradients are the vector-Jacobian products of the outputs.
fn weighted_outputs<'t, T: Real>(
    given: &Given<T>,
    elaborated: &Elaborated,
    tape: &'t Tape<'_, T>,
) -> Result<Var<'t>, RunError> {
    let mut sum: Option<Var<'t>> = None;
    for (name, weights) in &given.cotangents {
        let place = format!("cotangents.{name}");
        let mut known = elaborated.outputs.iter().chain(&elaborated.names);
        let Some(&(_, id)) = known.find(|(own, _)| own == name) else {
            return Err(RunError::data(place, "the program has no value of this name"));
        };
        let y = Var::new(tape, id);
        if weights.shape() != y.shape().to_vec() {
            let message = format!(
                "the value is {}, the cotangent {}",
                y.shape(),
                Shape::new(weights.shape())
            );
            return Err(RunError::data(place, message));
        }
        let part = (y * tape.data("cotangent", weights.view())).sum();
        sum = Some(sum.map_or(part, |sum| sum + part));
    }
    sum.ok_or_else(|| {
        let why = "the program has no objective, so say which outputs count how much";
        RunError::data("cotangents", why)
    })
}
