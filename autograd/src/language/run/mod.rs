//! Running a program on JSON: sizes and values in, values, gradients and objective out.
//!
//! In: `{"dims": {"T": 4}, "values": {"x": [[1, 2], …]}, "seed": 1, "cotangents": {"y": […]}}`, all parts optional.
//! Out: `{"values": {…}, "gradients": {…}, "objective": 0.5}`. Numbers have all digits they need to be read back the
//! same; infinite ones and those that are not a number travel as the texts `"inf"`, `"-inf"`, `"nan"`. A parameter
//! without a value begins as its declaration says. A gradient that does not exist is `null`, never 0.

mod arrays;

use std::collections::BTreeMap;

use ndarray::ArrayD;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::core::{Input, Program};
use super::diagnostic::{Diagnostic, Report};
use super::elaborate::{self, Elaborated};
use super::span::Sources;
use super::types::Kind;
use crate::graph::{Graph, NodeId, Source};
use crate::numbers::Real;
use crate::params::Params;
use crate::shape::Shape;
use crate::tape::Tape;
use crate::var::Var;

/// What a run is given.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Request {
    /// Numbers for the named sizes; those that the shapes of values tell may be left out.
    pub dims: BTreeMap<String, i64>,
    /// Values of inputs and parameters, as nested arrays.
    pub values: BTreeMap<String, Value>,
    /// Where parameters without a value begin.
    pub seed: u64,
    /// For gradients of something else than the objective: how much each entry of an output counts.
    pub cotangents: BTreeMap<String, Value>,
}

/// What is wanted of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// The gradients of all inputs and parameters.
    pub gradients: bool,
    /// The value of every node.
    pub trace: bool,
}

/// Why a run is refused.
#[derive(Clone, Debug)]
pub enum RunError {
    /// Something in the program, with its place.
    Program(Box<Diagnostic>),
    /// Something in the data.
    Data {
        /// Which part.
        place: String,
        /// What is wrong with it.
        message: String,
    },
}

/// A refusal as data: what `--json` prints under `error`.
#[derive(Clone, Debug, Serialize)]
pub struct ErrorReport {
    /// The code of a mistake of the program, or `data`.
    pub code: String,
    /// What is wrong.
    pub message: String,
    /// Where.
    #[serde(rename = "where")]
    pub place: String,
    /// What would be right.
    pub help: Option<String>,
}

impl From<Box<Diagnostic>> for RunError {
    fn from(diagnostic: Box<Diagnostic>) -> Self {
        Self::Program(diagnostic)
    }
}

impl RunError {
    fn data(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Data {
            place: place.into(),
            message: message.into(),
        }
    }

    /// The refusal as data.
    pub fn report(&self, sources: &Sources) -> ErrorReport {
        match self {
            Self::Program(diagnostic) => {
                let Report {
                    code, primary, help, ..
                } = diagnostic.report(sources);
                ErrorReport {
                    code: code.to_string(),
                    message: primary.text,
                    place: format!("{}:{}:{}", primary.file, primary.line, primary.column),
                    help,
                }
            }
            Self::Data { place, message } => ErrorReport {
                code: "data".to_string(),
                message: message.clone(),
                place: place.clone(),
                help: None,
            },
        }
    }
}

/// Runs a program in the number type `T`.
///
/// **Errors** if sizes, values or cotangents do not fit the program.
pub fn run<T: Real>(program: &Program, request: &Request, wanted: Wanted) -> Result<Value, RunError> {
    let given = read_values::<T>(program, request)?;
    let mut dims = request.dims.clone();
    let shapes: Vec<(String, Vec<usize>)> = given
        .iter()
        .map(|(name, value)| (name.clone(), value.shape().to_vec()))
        .collect();
    elaborate::infer(program, &mut dims, &shapes);
    let bound = elaborate::bind(program, &dims)?;
    let mut params = elaborate::first_values::<T>(program, &bound, request.seed)?;
    set_params(&mut params, &given)?;
    check_names(program, &params, &given)?;
    let tape = Tape::with(&params);
    let elaborated = record(program, &bound, &params, &tape, &given)?;
    let mut answer = Map::new();
    answer.insert("values".into(), values(program, &elaborated, &tape));
    if let Some(objective) = elaborated.objective {
        let number = tape.number(Var::new(&tape, objective)).to_f64();
        answer.insert("objective".into(), arrays::number(number));
    }
    if wanted.trace {
        answer.insert("trace".into(), trace(&tape));
    }
    if wanted.gradients {
        answer.insert("gradients".into(), gradients(program, request, &elaborated, &tape)?);
    }
    Ok(Value::Object(answer))
}

fn read_values<T: Real>(program: &Program, request: &Request) -> Result<BTreeMap<String, ArrayD<T>>, RunError> {
    let _ = program;
    let read = |(name, value): (&String, &Value)| {
        let array = arrays::read(value).map_err(|why| RunError::data(format!("values.{name}"), why))?;
        Ok((name.clone(), array.mapv(T::from_f64)))
    };
    request.values.iter().map(read).collect()
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
    bound: &super::size::Bound,
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
fn check_kind<T: Real>(input: &Input, bound: &super::size::Bound, value: &ArrayD<T>) -> Result<(), RunError> {
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
fn values<T: Real>(program: &Program, elaborated: &Elaborated, tape: &Tape<'_, T>) -> Value {
    let is_computed = |id: NodeId| matches!(tape.graph().node(id).source, Source::Op(_) | Source::Constant(_));
    let shown: Vec<&(String, NodeId)> = if program.outputs.is_empty() {
        elaborated.names.iter().filter(|(_, id)| is_computed(*id)).collect()
    } else {
        elaborated.outputs.iter().collect()
    };
    let value = |id: NodeId| tape.with_value(Var::new(tape, id), |value| arrays::write(value));
    Value::Object(shown.into_iter().map(|(name, id)| (name.clone(), value(*id))).collect())
}

fn trace<T: Real>(tape: &Tape<'_, T>) -> Value {
    let graph: Graph = tape.graph().clone();
    let node = |id: NodeId| {
        let node = graph.node(id);
        json!({
            "id": id.index(),
            "name": graph.name(id),
            "op": super::flat::source_name(node.source),
            "operands": node.operands.iter().map(|operand| operand.index()).collect::<Vec<_>>(),
            "shape": node.shape.to_vec(),
            "value": tape.with_value(Var::new(tape, id), |value| arrays::write(value)),
        })
    };
    Value::Array(graph.nodes().map(|one| node(one.id)).collect())
}

fn gradients<T: Real>(
    program: &Program,
    request: &Request,
    elaborated: &Elaborated,
    tape: &Tape<'_, T>,
) -> Result<Value, RunError> {
    let from = match (elaborated.objective, request.cotangents.is_empty()) {
        (Some(objective), true) => Var::new(tape, objective),
        _ => weighted_outputs(request, elaborated, tape)?,
    };
    let names: Vec<(String, NodeId)> = {
        let graph = tape.graph();
        let inputs = program
            .inputs
            .iter()
            .zip(&elaborated.inputs)
            .filter(|(input, _)| input.ty.kind == Kind::Real);
        let inputs = inputs.map(|(input, &id)| (input.name.clone(), id));
        let params = graph.nodes().filter(|node| matches!(node.source, Source::Param(_)));
        inputs
            .chain(params.map(|node| (graph.label(node.id), node.id)))
            .collect()
    };
    let found = tape.backward(from);
    let gradient = |id: NodeId| match found.get_of(Var::new(tape, id)) {
        Some(gradient) => arrays::write(gradient.view()),
        None => Value::Null,
    };
    Ok(Value::Object(
        names.into_iter().map(|(name, id)| (name, gradient(id))).collect(),
    ))
}

/// `J = Σ cotangent · output`, whose gradients are the wanted ones.
fn weighted_outputs<'t, T: Real>(
    request: &Request,
    elaborated: &Elaborated,
    tape: &'t Tape<'_, T>,
) -> Result<Var<'t>, RunError> {
    let mut sum: Option<Var<'t>> = None;
    for (name, cotangent) in &request.cotangents {
        let place = format!("cotangents.{name}");
        let known = elaborated
            .outputs
            .iter()
            .chain(&elaborated.names)
            .find(|(own, _)| own == name);
        let Some(&(_, id)) = known else {
            return Err(RunError::data(place, "the program has no value of this name"));
        };
        let weights = arrays::read(cotangent)
            .map_err(|why| RunError::data(place.clone(), why))?
            .mapv(T::from_f64);
        let y = Var::new(tape, id);
        if weights.shape() != y.shape().to_vec() {
            let message = format!(
                "the value is {}, the cotangent {}",
                y.shape(),
                Shape::new(weights.shape())
            );
            return Err(RunError::data(place, message));
        }
        let part = (y * tape.data("cotangent", weights)).sum();
        sum = Some(sum.map_or(part, |sum| sum + part));
    }
    sum.ok_or_else(|| {
        RunError::data(
            "cotangents",
            "the program has no objective, so say which outputs count how much",
        )
    })
}
