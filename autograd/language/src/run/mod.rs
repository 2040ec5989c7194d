//! Running a program: from JSON to JSON, on arrays, or on a tape of the caller.
//!
//! Reading order: `elaborate/` (sizes, parameters, nodes), [`Instance`], [`Session`], [`evaluate`], [`run`].
//!
//! [`run`] reads and writes JSON: sizes and values in, values, gradients and objective out.
//!
//! In: `{"dims": {"T": 4}, "values": {"x": [[1, 2], …]}, "seed": 1, "cotangents": {"y": […]}}`, all parts optional.
//! Out: `{"values": {…}, "gradients": {…}, "objective": 0.5}`. Numbers have all digits they need to be read back the
//! same; infinite numbers and NaN are written as the texts `"inf"`, `"-inf"`, `"nan"`. A parameter
//! without a value begins as its declaration says. A gradient that does not exist is `null`, never 0.

pub mod arrays;
pub mod elaborate;
mod error;
mod evaluate;
mod instance;
mod session;

use std::collections::BTreeMap;

use ndarray::ArrayD;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::meaning::program::Program;
use crate::show::flat::source_name;
use tapegrad_core::graph::{Graph, NodeId};
use tapegrad_core::numbers::Real;

pub use error::{ErrorReport, RunError};
pub use evaluate::{Evaluated, evaluate};
pub use instance::Instance;
pub use session::{Given, Session};

/// The sizes and values of a run, as JSON.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Request {
    /// Numbers for the named sizes; a size that follows from the shape of a value may be left out.
    pub dims: BTreeMap<String, i64>,
    /// Values of inputs and parameters, as nested arrays.
    pub values: BTreeMap<String, Value>,
    /// The seed for parameters without a value.
    pub seed: u64,
    /// For gradients of outputs instead of the objective: the upstream gradient of each output.
    pub cotangents: BTreeMap<String, Value>,
}

/// The optional results of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// The gradients of all inputs and parameters.
    pub gradients: bool,
    /// The value of every node.
    pub trace: bool,
}

/// Runs a program in the number type `T`.
///
/// **Errors** if sizes, values or cotangents do not fit the program.
pub fn run<T: Real>(program: &Program, request: &Request, wanted: Wanted) -> Result<Value, RunError> {
    let given = Given {
        dims: request.dims.clone(),
        values: read::<T>("values", &request.values)?,
        seed: request.seed,
        cotangents: read::<T>("cotangents", &request.cotangents)?,
    };
    let evaluated = evaluate(program, &given, wanted)?;
    let mut answer = Map::new();
    let values = evaluated.values.into_iter();
    let values = values.map(|(name, value)| (name, arrays::write(value.view())));
    answer.insert("values".into(), Value::Object(values.collect()));
    if let Some(objective) = evaluated.objective {
        answer.insert("objective".into(), arrays::number(objective.to_f64()));
    }
    if let Some((graph, values)) = &evaluated.trace {
        answer.insert("trace".into(), trace(graph, values));
    }
    if wanted.gradients {
        let gradient = |value: ArrayD<T>| arrays::write(value.view());
        let gradients = evaluated.gradients.into_iter();
        let gradients = gradients.map(|(name, value)| (name, value.map_or(Value::Null, gradient)));
        answer.insert("gradients".into(), Value::Object(gradients.collect()));
    }
    Ok(Value::Object(answer))
}

fn read<T: Real>(part: &str, given: &BTreeMap<String, Value>) -> Result<BTreeMap<String, ArrayD<T>>, RunError> {
    let read = |(name, value): (&String, &Value)| {
        let array = arrays::read(value).map_err(|why| RunError::data(format!("{part}.{name}"), why))?;
        Ok((name.clone(), array.mapv(T::from_f64)))
    };
    given.iter().map(read).collect()
}

fn trace<T: Real>(graph: &Graph, values: &[ArrayD<T>]) -> Value {
    let node = |id: NodeId| {
        let node = graph.node(id);
        json!({
            "id": id.index(),
            "name": graph.name(id),
            "op": source_name(node.source),
            "operands": node.operands.iter().map(|operand| operand.index()).collect::<Vec<_>>(),
            "shape": node.shape.to_vec(),
            "value": arrays::write(values[id.index()].view()),
        })
    };
    Value::Array(graph.nodes().map(|one| node(one.id)).collect())
}
