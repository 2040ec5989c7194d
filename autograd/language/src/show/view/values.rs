//! A run on a picture: the answer of `graph run --grad --json`, checked against the program, as numbers of boxes.

use std::collections::BTreeMap;

use ndarray::ArrayD;
use serde_json::{Map, Value};

use super::{Picture, PictureBox};
use crate::meaning::program::Program;
use crate::run::elaborate::{Elaborated, infer};
use crate::run::{RunError, arrays, shown, source_name};
use tapegrad_core::graph::{Graph, NodeId, Source};

/// The value of a box in a run, and its gradient if it has one.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// The value.
    pub value: Option<Numbers>,
    /// The gradient of the objective.
    pub gradient: Option<Numbers>,
}

/// An array of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Numbers {
    /// Its sizes.
    pub shape: Vec<usize>,
    /// Its entries, row by row.
    pub entries: Vec<f64>,
}

/// The answer of a run.
#[derive(Clone, Debug)]
pub struct Trace {
    values: BTreeMap<String, ArrayD<f64>>,
    gradients: BTreeMap<String, Option<ArrayD<f64>>>,
    nodes: Option<Vec<Traced>>,
    dims: BTreeMap<String, i64>,
}

/// One node of the answer.
#[derive(Clone, Debug)]
struct Traced {
    name: Option<String>,
    op: String,
    operands: Vec<usize>,
    value: ArrayD<f64>,
    gradient: Option<ArrayD<f64>>,
}

/// How an answer is made that a picture can show.
const MEND: &str = "run the same program with the same sizes: `graph run FILE --bind data.json --grad --trace --json`";

fn refused(place: impl Into<String>, why: &str) -> RunError {
    RunError::data(place, format!("{why}; {MEND}"))
}

impl Trace {
    /// Reads the answer of a run.
    ///
    /// **Errors** with the place of what is no answer.
    pub fn read(document: &Value) -> Result<Self, RunError> {
        let object = document
            .as_object()
            .ok_or_else(|| refused("trace", "this is no answer of a run"))?;
        if let Some(error) = object.get("error") {
            return Err(refused("error", &format!("this run was refused: {}", error["message"])));
        }
        let part = |name: &str| object.get(name).and_then(Value::as_object);
        let values = part("values").ok_or_else(|| refused("values", "the answer of a run has `values`"))?;
        let gradients = part("gradients").cloned().unwrap_or_default();
        let nodes = match object.get("trace") {
            None => None,
            Some(list) => {
                let list = list
                    .as_array()
                    .ok_or_else(|| refused("trace", "this is no list of nodes"))?;
                Some(list.iter().enumerate().map(traced).collect::<Result<_, _>>()?)
            }
        };
        Ok(Self {
            values: arrays_of("values", values)?
                .into_iter()
                .filter_map(|(name, value)| Some((name, value?)))
                .collect(),
            gradients: arrays_of("gradients", &gradients)?,
            nodes,
            dims: part("dims")
                .into_iter()
                .flatten()
                .filter_map(|(name, size)| Some((name.clone(), size.as_i64()?)))
                .collect(),
        })
    }

    /// These numbers for sizes, those of the answer, and those that follow from its shapes.
    pub fn sizes(&self, program: &Program, given: &BTreeMap<String, i64>) -> BTreeMap<String, i64> {
        let gradients = self
            .gradients
            .iter()
            .filter_map(|(name, array)| Some((name.clone(), array.as_ref()?)));
        let nodes = self
            .nodes
            .iter()
            .flatten()
            .filter(|node| ["input", "data", "param"].contains(&node.op.as_str()));
        let nodes = nodes.filter_map(|node| Some((node.name.clone()?, &node.value)));
        let known: BTreeMap<String, &ArrayD<f64>> = gradients.chain(nodes).collect();
        let shapes: Vec<_> = known
            .into_iter()
            .map(|(name, array)| (name, array.shape().to_vec()))
            .collect();
        let free = program.dims.iter().filter(|dim| dim.value.is_none());
        let own = free.filter_map(|dim| Some((dim.name.to_string(), *self.dims.get(&*dim.name)?)));
        let mut sizes: BTreeMap<String, i64> = own.chain(given.clone()).collect();
        infer(program, &mut sizes, &shapes);
        sizes
    }

    /// Puts the numbers into the boxes of a graph's nodes.
    ///
    /// **Errors** at the first place where the answer is not one of this graph.
    pub(super) fn put_into(
        &self,
        picture: &mut Picture,
        program: &Program,
        graph: &Graph,
        elaborated: &Elaborated,
    ) -> Result<(), RunError> {
        let found = match &self.nodes {
            Some(nodes) => self.by_node(nodes, graph)?,
            None => self.by_name(program, graph, elaborated)?,
        };
        let mut found: Vec<Option<Shown>> = found;
        let node = |one: &PictureBox| one.node;
        for one in &mut picture.boxes {
            one.shown = node(one).and_then(|node| found[node].take());
        }
        Ok(())
    }

    fn by_node(&self, nodes: &[Traced], graph: &Graph) -> Result<Vec<Option<Shown>>, RunError> {
        let differs = |place: String, what: &str, own: &str, other: &str| {
            Err(refused(
                place,
                &format!("the trace has {what} {other} here, the program {own}"),
            ))
        };
        for (number, (node, traced)) in graph.nodes().zip(nodes).enumerate() {
            let place = |part: &str| format!("trace[{number}].{part}");
            let name = |name: Option<&str>| name.unwrap_or("null").to_string();
            let operands: Vec<usize> = node.operands.iter().map(|operand| operand.index()).collect();
            let (op, shape) = (source_name(node.source), node.shape.to_vec());
            if traced.op != op {
                return differs(place("op"), "the op", op, &traced.op);
            }
            let (own, other) = (name(graph.name(node.id)), name(traced.name.as_deref()));
            if own != other {
                return differs(place("name"), "the name", &own, &other);
            }
            if traced.operands != operands {
                return differs(
                    place("operands"),
                    "the operands",
                    &format!("{operands:?}"),
                    &format!("{:?}", traced.operands),
                );
            }
            for (part, array) in [("value", Some(&traced.value)), ("gradient", traced.gradient.as_ref())] {
                let Some(array) = array else { continue };
                if array.shape() != shape {
                    return differs(
                        place(part),
                        "the shape",
                        &format!("{shape:?}"),
                        &format!("{:?}", array.shape()),
                    );
                }
            }
            if let (Source::Constant(own), Some(&other)) = (node.source, traced.value.first()) {
                let is_same = other.to_bits() == own.to_bits() || other == f64::from(*own as f32) || own.is_nan();
                if !is_same {
                    return differs(place("value"), "the number", &own.to_string(), &other.to_string());
                }
            }
        }
        if nodes.len() != graph.len() {
            let (own, other) = (graph.len(), nodes.len());
            return Err(refused(
                "trace",
                &format!("the trace has {other} nodes, the program {own}"),
            ));
        }
        let shown = |node: &Traced| {
            let gradient = node.gradient.as_ref().map(Numbers::of);
            Some(Shown {
                value: Some(Numbers::of(&node.value)),
                gradient,
            })
        };
        Ok(nodes.iter().map(shown).collect())
    }

    fn by_name(
        &self,
        program: &Program,
        graph: &Graph,
        elaborated: &Elaborated,
    ) -> Result<Vec<Option<Shown>>, RunError> {
        let values = shown(program, elaborated, graph);
        let inputs = program
            .inputs
            .iter()
            .map(|input| input.name.clone())
            .zip(elaborated.inputs.iter().copied());
        let params = graph.nodes().filter(|node| matches!(node.source, Source::Param(_)));
        let leaves: Vec<(String, NodeId)> = inputs
            .chain(params.map(|node| (graph.label(node.id), node.id)))
            .collect();
        let mut found: Vec<Option<Shown>> = vec![None; graph.len()];
        let mut put = |part: &str, name: &str, array: &ArrayD<f64>, of: &[(String, NodeId)]| {
            let place = format!("{part}.{name}");
            let Some((_, id)) = of.iter().find(|(own, _)| own == name) else {
                return Err(refused(place, "the program has no value of this name"));
            };
            let (own, other) = (graph.shape(*id).to_vec(), array.shape());
            if own != other {
                return Err(refused(
                    place,
                    &format!("the trace has the shape {other:?} here, the program {own:?}"),
                ));
            }
            let empty = Shown {
                value: None,
                gradient: None,
            };
            let shown = found[id.index()].get_or_insert(empty);
            match part {
                "values" => shown.value = Some(Numbers::of(array)),
                _ => shown.gradient = Some(Numbers::of(array)),
            }
            Ok(())
        };
        for (name, value) in &self.values {
            put("values", name, value, &values)?;
        }
        if let Some((missing, _)) = values.iter().find(|(name, _)| !self.values.contains_key(name)) {
            return Err(refused(
                format!("values.{missing}"),
                "the program has this value, and the trace has not",
            ));
        }
        for (name, gradient) in &self.gradients {
            if let Some(gradient) = gradient {
                put("gradients", name, gradient, &leaves)?;
            }
        }
        Ok(found)
    }
}

impl Numbers {
    fn of(array: &ArrayD<f64>) -> Self {
        Self {
            shape: array.shape().to_vec(),
            entries: array.iter().copied().collect(),
        }
    }
}

/// The arrays of an object; nothing for `null`.
fn arrays_of(part: &str, object: &Map<String, Value>) -> Result<BTreeMap<String, Option<ArrayD<f64>>>, RunError> {
    let read = |(name, value): (&String, &Value)| Ok((name.clone(), array(&format!("{part}.{name}"), value)?));
    object.iter().map(read).collect()
}

fn array(place: &str, value: &Value) -> Result<Option<ArrayD<f64>>, RunError> {
    if value.is_null() {
        return Ok(None);
    }
    arrays::read(value).map(Some).map_err(|why| refused(place, &why))
}

fn traced((number, node): (usize, &Value)) -> Result<Traced, RunError> {
    let place = |part: &str| format!("trace[{number}].{part}");
    let wrong = |part: &str| refused(place(part), "this is not what a run writes here");
    let operands = node["operands"].as_array().ok_or_else(|| wrong("operands"))?;
    let operands = operands
        .iter()
        .map(|one| one.as_u64().map(|one| one as usize).ok_or_else(|| wrong("operands")));
    Ok(Traced {
        name: node["name"].as_str().map(str::to_string),
        op: node["op"].as_str().ok_or_else(|| wrong("op"))?.to_string(),
        operands: operands.collect::<Result<_, _>>()?,
        value: array(&place("value"), &node["value"])?.ok_or_else(|| wrong("value"))?,
        gradient: array(&place("gradient"), &node["gradient"])?,
    })
}
