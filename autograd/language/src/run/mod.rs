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
mod undefined;

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use ndarray::ArrayD;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value, json};

use crate::limits;
use crate::meaning::program::Program;
use tapegrad_core::graph::{Graph, NodeId, Source};
use tapegrad_core::numbers::Real;

pub use error::{ErrorReport, RunError};
pub(crate) use evaluate::shown;
pub use evaluate::{Evaluated, evaluate};
pub use instance::Instance;
pub use session::{Given, Session};

/// The sizes and values of a run, as JSON.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Request {
    /// Numbers for the named sizes; a size that follows from the shape of a value may be left out.
    #[serde(deserialize_with = "each_once")]
    pub dims: BTreeMap<String, i64>,
    /// Values of inputs and parameters, as nested arrays.
    #[serde(deserialize_with = "each_once")]
    pub values: BTreeMap<String, Value>,
    /// The seed for parameters without a value.
    pub seed: u64,
    /// For gradients of outputs instead of the objective: the upstream gradient of each output.
    #[serde(deserialize_with = "each_once")]
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
    take_answer(&evaluated)?;
    let mut answer = Map::new();
    let values = evaluated.values.into_iter();
    let values = values.map(|(name, value)| (name, arrays::write(value.view())));
    answer.insert("values".into(), Value::Object(values.collect()));
    if let Some(objective) = evaluated.objective {
        answer.insert("objective".into(), arrays::number(objective.to_f64()));
    }
    if let Some((graph, values)) = &evaluated.trace {
        answer.insert(
            "trace".into(),
            trace(graph, values, evaluated.traced_gradients.as_deref()),
        );
        answer.insert("dims".into(), json!(evaluated.dims));
    }
    if wanted.gradients {
        let gradient = |value: ArrayD<T>| arrays::write(value.view());
        let gradients = evaluated.gradients.into_iter();
        let gradients = gradients.map(|(name, value)| (name, value.map_or(Value::Null, gradient)));
        answer.insert("gradients".into(), Value::Object(gradients.collect()));
    }
    Ok(Value::Object(answer))
}

/// Takes the memory for the answer as JSON.
fn take_answer<T>(evaluated: &Evaluated<T>) -> Result<(), RunError> {
    let values = evaluated.values.iter().map(|(_, value)| value.len());
    let gradients = evaluated.gradients.iter().flat_map(|(_, value)| value).map(ArrayD::len);
    let traced = evaluated.trace.iter().flat_map(|(_, values)| values).map(ArrayD::len);
    let traced_gradients = evaluated.traced_gradients.iter().flatten().flatten().map(ArrayD::len);
    let numbers: usize = values.chain(gradients).chain(traced).chain(traced_gradients).sum();
    evaluated
        .budget
        .take(numbers as u64, limits::ANSWER)
        .map_err(RunError::too_much)
}

fn read<T: Real>(part: &str, given: &BTreeMap<String, Value>) -> Result<BTreeMap<String, ArrayD<T>>, RunError> {
    let read = |(name, value): (&String, &Value)| {
        let wrong = |why: String| RunError::data(format!("{part}.{name}"), why);
        let array = arrays::read(value).map_err(wrong)?;
        let own = array.mapv(T::from_f64);
        let beyond = array
            .iter()
            .zip(&own)
            .find(|(given, own)| given.is_finite() && !own.to_f64().is_finite());
        match beyond {
            Some((given, _)) => Err(wrong(format!("{given} is beyond the largest number of this type"))),
            None => Ok((name.clone(), own)),
        }
    };
    given.iter().map(read).collect()
}

/// A map in which each name stands once.
fn each_once<'de, D: Deserializer<'de>, V: Deserialize<'de>>(from: D) -> Result<BTreeMap<String, V>, D::Error> {
    struct EachOnce<V>(PhantomData<V>);

    impl<'de, V: Deserialize<'de>> Visitor<'de> for EachOnce<V> {
        type Value = BTreeMap<String, V>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
            let mut all = BTreeMap::new();
            while let Some(name) = map.next_key::<String>()? {
                if all.contains_key(&name) {
                    return Err(M::Error::custom(format!("`{name}` is given twice")));
                }
                all.insert(name, map.next_value()?);
            }
            Ok(all)
        }
    }

    from.deserialize_map(EachOnce(PhantomData))
}

/// Every node, with its gradient if gradients are wanted: `null` where there is none, never 0.
fn trace<T: Real>(graph: &Graph, values: &[ArrayD<T>], gradients: Option<&[Option<ArrayD<T>>]>) -> Value {
    let node = |id: NodeId| {
        let node = graph.node(id);
        let mut traced = json!({
            "id": id.index(),
            "name": graph.name(id),
            "op": source_name(node.source),
            "operands": node.operands.iter().map(|operand| operand.index()).collect::<Vec<_>>(),
            "shape": node.shape.to_vec(),
            "value": arrays::write(values[id.index()].view()),
        });
        if let Some(gradients) = gradients {
            let gradient = gradients[id.index()].as_ref();
            traced["gradient"] = gradient.map_or(Value::Null, |gradient| arrays::write(gradient.view()));
        }
        traced
    };
    Value::Array(graph.nodes().map(|one| node(one.id)).collect())
}

/// The name of a node's source: its op, or `input`, `data`, `param`, `constant`.
pub(crate) fn source_name(source: &Source) -> &'static str {
    match source {
        Source::Input => "input",
        Source::Data => "data",
        Source::Param(_) => "param",
        Source::Constant(_) => "constant",
        Source::Op(op) => op.name(),
        Source::Module(_) => "module",
    }
}
