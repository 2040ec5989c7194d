//! A run on arrays: what is given is checked against the program, then everything is computed on a tape.

use std::collections::BTreeMap;

use ndarray::ArrayD;

use super::{RunError, Wanted};
use crate::meaning::program::{Input, Program};
use crate::meaning::size::Bound;
use crate::meaning::types::Kind;
use crate::run::elaborate::{self, Elaborated};
use tapegrad_core::graph::{Graph, NodeId, Source};
use tapegrad_core::numbers::Real;
use tapegrad_core::params::Params;
use tapegrad_core::shape::Shape;
use tapegrad_core::tape::Tape;
use tapegrad_core::var::Var;

/// What a run is given, as arrays.
#[derive(Clone, Debug)]
pub struct Given<T> {
    /// Numbers for the named sizes; those that the shapes of values tell may be left out.
    pub dims: BTreeMap<String, i64>,
    /// Values of inputs and parameters.
    pub values: BTreeMap<String, ArrayD<T>>,
    /// Where parameters without a value begin.
    pub seed: u64,
    /// For gradients of something else than the objective: how much each entry of an output counts.
    pub cotangents: BTreeMap<String, ArrayD<T>>,
}

/// What a run gives, as arrays.
#[derive(Clone, Debug)]
pub struct Evaluated<T> {
    /// The declared outputs, or every computed value with a name at the top level.
    pub values: Vec<(String, ArrayD<T>)>,
    /// The number that is minimised or maximised.
    pub objective: Option<T>,
    /// For each real input and parameter its gradient, if it has one; empty if gradients are not wanted.
    pub gradients: Vec<(String, Option<ArrayD<T>>)>,
    /// The graph with the value of every node, if it is wanted.
    pub trace: Option<(Graph, Vec<ArrayD<T>>)>,
}

impl<T> Default for Given<T> {
    fn default() -> Self {
        Self {
            dims: BTreeMap::new(),
            values: BTreeMap::new(),
            seed: 0,
            cotangents: BTreeMap::new(),
        }
    }
}

/// Runs a program on arrays.
///
/// **Errors** if sizes, values or cotangents do not fit the program.
pub fn evaluate<T: Real>(program: &Program, given: &Given<T>, wanted: Wanted) -> Result<Evaluated<T>, RunError> {
    let mut dims = given.dims.clone();
    let shapes: Vec<(String, Vec<usize>)> = given
        .values
        .iter()
        .map(|(name, value)| (name.clone(), value.shape().to_vec()))
        .collect();
    elaborate::infer(program, &mut dims, &shapes);
    let bound = elaborate::bind(program, &dims)?;
    let mut params = elaborate::first_values::<T>(program, &bound, given.seed)?;
    set_params(&mut params, &given.values)?;
    check_names(program, &params, &given.values)?;
    let tape = Tape::with(&params);
    let elaborated = record(program, &bound, &params, &tape, &given.values)?;
    let value = |id: NodeId| tape.value(Var::new(&tape, id));
    let mut evaluated = Evaluated {
        values: shown(program, &elaborated, &tape.graph())
            .into_iter()
            .map(|(name, id)| (name, value(id)))
            .collect(),
        objective: elaborated
            .objective
            .map(|objective| tape.number(Var::new(&tape, objective))),
        gradients: Vec::new(),
        trace: None,
    };
    if wanted.trace {
        let graph = tape.graph().clone();
        let values = graph.nodes().map(|node| value(node.id)).collect();
        evaluated.trace = Some((graph, values));
    }
    if wanted.gradients {
        evaluated.gradients = gradients(program, given, &elaborated, &tape)?;
    }
    Ok(evaluated)
}

fn set_params<T: Real>(params: &mut Params<T>, given: &BTreeMap<String, ArrayD<T>>) -> Result<(), RunError> {
    for param in params.list().clone().params() {
        let name = params.list().spec(param).name.clone();
        let Some(value) = given.get(&name) else { continue };
        check_shape(&name, param.shape(), value)?;
        params.value_mut(param).assign(value);
    }
    Ok(())
}

fn check_shape<T: Real>(name: &str, shape: Shape, value: &ArrayD<T>) -> Result<(), RunError> {
    if value.shape() == shape.to_vec() {
        return Ok(());
    }
    let message = format!("the program wants {shape}, the value is {}", Shape::new(value.shape()));
    Err(RunError::data(format!("values.{name}"), message))
}

/// Every given name must mean something, and every input must be given.
fn check_names<T: Real>(
    program: &Program,
    params: &Params<T>,
    given: &BTreeMap<String, ArrayD<T>>,
) -> Result<(), RunError> {
    let is_input = |name: &str| program.inputs.iter().any(|input| input.name == name);
    if let Some(name) = given
        .keys()
        .find(|name| !is_input(name) && params.list().find(name).is_none())
    {
        let place = format!("values.{name}");
        return Err(RunError::data(
            place,
            "the program has no input or parameter of this name",
        ));
    }
    match program.inputs.iter().find(|input| !given.contains_key(&input.name)) {
        Some(input) => Err(RunError::data(
            format!("values.{}", input.name),
            "this input is not given",
        )),
        None => Ok(()),
    }
}

fn record<T: Real>(
    program: &Program,
    bound: &Bound,
    params: &Params<T>,
    tape: &Tape<'_, T>,
    given: &BTreeMap<String, ArrayD<T>>,
) -> Result<Elaborated, RunError> {
    let mut wrong = None;
    let elaborated = elaborate::elaborate(program, bound, params.list(), tape, &mut |input: &Input, shape| {
        let value = &given[&input.name];
        let checked = check_shape(&input.name, shape, value).and_then(|()| check_kind(input, bound, value));
        let fitting = match checked {
            Ok(()) => value.clone(),
            Err(error) => {
                wrong.get_or_insert(error);
                ArrayD::from_elem(shape.to_vec(), T::ZERO)
            }
        };
        let var = match input.ty.kind {
            Kind::Real => tape.input(&input.name, fitting),
            _ => tape.data(&input.name, fitting),
        };
        var.id()
    });
    match wrong {
        Some(error) => Err(error),
        None => Ok(elaborated?),
    }
}

/// Ids are whole numbers below their end, truth values 0 or 1, whole numbers whole.
fn check_kind<T: Real>(input: &Input, bound: &Bound, value: &ArrayD<T>) -> Result<(), RunError> {
    let (end, what) = match &input.ty.kind {
        Kind::Real | Kind::Data | Kind::Unknown => return Ok(()),
        Kind::Int => (f64::INFINITY, "whole numbers".to_string()),
        Kind::Bool => (2.0, "0 or 1".to_string()),
        Kind::Id(size) => {
            let end = size.value(bound).unwrap_or(0);
            (end as f64, format!("whole numbers from 0 to {}", end - 1))
        }
    };
    let low = if input.ty.kind == Kind::Int {
        f64::NEG_INFINITY
    } else {
        0.0
    };
    for (place, entry) in value.indexed_iter() {
        let entry = entry.to_f64();
        if entry.fract() != 0.0 || entry < low || entry >= end {
            let message = format!(
                "the entry at {:?} is {entry}; these must be {what}",
                ndarray::Dimension::slice(&place)
            );
            return Err(RunError::data(format!("values.{}", input.name), message));
        }
    }
    Ok(())
}

/// The declared outputs, or every computed value that has a name at the top level.
fn shown(program: &Program, elaborated: &Elaborated, graph: &Graph) -> Vec<(String, NodeId)> {
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

fn gradients<T: Real>(
    program: &Program,
    given: &Given<T>,
    elaborated: &Elaborated,
    tape: &Tape<'_, T>,
) -> Result<Vec<(String, Option<ArrayD<T>>)>, RunError> {
    let from = match (elaborated.objective, given.cotangents.is_empty()) {
        (Some(objective), true) => Var::new(tape, objective),
        _ => weighted_outputs(given, elaborated, tape)?,
    };
    let names: Vec<(String, NodeId)> = {
        let graph = tape.graph();
        let inputs = program.inputs.iter().zip(&elaborated.inputs);
        let inputs = inputs.filter(|(input, _)| input.ty.kind == Kind::Real);
        let inputs = inputs.map(|(input, &id)| (input.name.clone(), id));
        let params = graph.nodes().filter(|node| matches!(node.source, Source::Param(_)));
        let params = params.map(|node| (graph.label(node.id), node.id));
        inputs.chain(params).collect()
    };
    let found = tape.backward(from);
    let gradient = |id: NodeId| found.get_of(Var::new(tape, id));
    Ok(names.into_iter().map(|(name, id)| (name, gradient(id))).collect())
}

/// `J = Σ cotangent · output`, whose gradients are the wanted ones.
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
