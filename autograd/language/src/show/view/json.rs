//! The graph as JSON, for a browser and for other programs, and back.
//!
//! `{"version": 1, "nodes": [{"name", "op", "attributes", "operands", "shape", "scope", "needs_gradient"}, …]}`;
//! operands are positions in the list, counted from 0. Fields may be added, never renamed.

use std::panic::Location;

use serde_json::{Map, Value, json};

use crate::meaning::attributes;
use crate::run::source_name;
use crate::show::flat::scope_path;
use tapegrad_core::graph::{Graph, NodeId, Source};
use tapegrad_core::params::{Init, ParamList};
use tapegrad_core::shape::Shape;

/// The graph as JSON.
pub fn write(graph: &Graph) -> Value {
    let node = |id: NodeId| {
        let node = graph.node(id);
        let mut attributes = Map::new();
        match node.source {
            Source::Op(op) => {
                for (name, numbers) in attributes::encode(op) {
                    attributes.insert(name, numbers.into_iter().map(number).collect());
                }
            }
            Source::Constant(value) => {
                attributes.insert("value".into(), Value::Array(vec![number(*value)]));
            }
            _ => {}
        }
        json!({
            "name": graph.name(id),
            "op": source_name(node.source),
            "attributes": attributes,
            "operands": node.operands.iter().map(|operand| operand.index()).collect::<Vec<_>>(),
            "shape": node.shape.to_vec(),
            "scope": scope_path(graph, node.scope),
            "needs_gradient": node.needs_gradient,
        })
    };
    json!({ "version": 1, "nodes": graph.nodes().map(|one| node(one.id)).collect::<Vec<_>>() })
}

/// A picture as JSON: `{"version": 1, "boxes": [{"lines", "name", "op", "shape", "formula", "kind", "scope", "nodes"},
/// …], "arrows": [{"from", "to", "port", "gradient", "back"}, …]}`.
pub fn picture(picture: &super::Picture) -> Value {
    let boxes = picture.boxes.iter().map(|one| {
        json!({
            "lines": one.lines,
            "name": one.name,
            "op": one.op,
            "shape": one.shape,
            "formula": one.formula,
            "kind": format!("{:?}", one.kind).to_lowercase(),
            "scope": one.scope,
            "nodes": one.nodes,
        })
    });
    let arrows = picture.arrows.iter().map(|arrow| {
        json!({
            "from": arrow.from,
            "to": arrow.to,
            "port": arrow.port,
            "gradient": arrow.gradient,
            "back": arrow.back,
        })
    });
    json!({ "version": 1, "boxes": boxes.collect::<Vec<_>>(), "arrows": arrows.collect::<Vec<_>>() })
}

fn number(value: f64) -> Value {
    match value {
        value if value.is_nan() => "nan".into(),
        f64::INFINITY => "inf".into(),
        f64::NEG_INFINITY => "-inf".into(),
        value => value.into(),
    }
}

/// The graph of such a JSON, and its parameters.
///
/// **Errors** with a sentence that names the node that does not fit.
pub fn read(value: &Value) -> Result<(Graph, ParamList), String> {
    let nodes = value["nodes"].as_array().ok_or("there is no list `nodes`")?;
    if value["version"] != 1 {
        return Err(format!(
            "version {} is not known; this reads version 1",
            value["version"]
        ));
    }
    let (mut graph, mut params, mut open) = (Graph::new(), ParamList::new(), Vec::<String>::new());
    for (position, node) in nodes.iter().enumerate() {
        let wrong = |why: String| format!("node {position}: {why}");
        let scope: Vec<String> = texts(&node["scope"]).map_err(wrong)?;
        let common = open.iter().zip(&scope).take_while(|(open, own)| open == own).count();
        (common..open.len()).for_each(|_| graph.close_scope());
        open.truncate(common);
        for name in &scope[common..] {
            graph.open_scope(name.clone());
            open.push(name.clone());
        }
        let id = push(node, &mut graph, &mut params).map_err(wrong)?;
        if let Some(name) = node["name"].as_str() {
            graph.set_name(id, name);
        }
    }
    Ok((graph, params))
}

fn push(node: &Value, graph: &mut Graph, params: &mut ParamList) -> Result<NodeId, String> {
    let shape: Vec<usize> = numbers(&node["shape"])?.into_iter().map(|size| size as usize).collect();
    if shape.len() > tapegrad_core::shape::RANK_MAX {
        return Err("an array has at most 8 axes".into());
    }
    let shape = Shape::new(&shape);
    let mut attributes = attributes::Attributes::new();
    for (name, list) in node["attributes"].as_object().into_iter().flatten() {
        attributes.push((name.clone(), numbers(list)?));
    }
    let source = match node["op"].as_str().ok_or("there is no `op`")? {
        "input" => Source::Input,
        "data" => Source::Data,
        "param" => Source::Param(params.add(&params.specs().len().to_string(), shape, Init::Zeros)),
        "constant" => {
            let value = attributes
                .iter()
                .find(|(name, _)| name == "value")
                .and_then(|(_, list)| list.first());
            Source::Constant(*value.ok_or("a constant has a value")?)
        }
        name => Source::Op(attributes::decode(name, &attributes)?),
    };
    let mut operands = Vec::new();
    for operand in numbers(&node["operands"])? {
        if operand < 0.0 || operand >= graph.len() as f64 {
            return Err(format!("the operand {operand} does not come before it"));
        }
        operands.push(NodeId::new(operand as usize));
    }
    if let Source::Op(op) = &source {
        let shapes: Vec<Shape> = operands.iter().map(|&operand| graph.shape(operand)).collect();
        let own = op.shape(&shapes).map_err(|error| error.to_string())?;
        if own != shape {
            return Err(format!("its shape is {own}, not {shape}"));
        }
    }
    Ok(graph.push(source, &operands, shape, Location::caller()))
}

fn numbers(value: &Value) -> Result<Vec<f64>, String> {
    let read = |one: &Value| match one.as_str() {
        Some("inf") => Ok(f64::INFINITY),
        Some("-inf") => Ok(f64::NEG_INFINITY),
        Some("nan") => Ok(f64::NAN),
        _ => one.as_f64().ok_or_else(|| format!("{one} is not a number")),
    };
    value
        .as_array()
        .ok_or("a list of numbers is missing")?
        .iter()
        .map(read)
        .collect()
}

fn texts(value: &Value) -> Result<Vec<String>, String> {
    let read = |one: &Value| {
        one.as_str()
            .map(str::to_string)
            .ok_or_else(|| format!("{one} is not a name"))
    };
    value
        .as_array()
        .ok_or("the list `scope` is missing")?
        .iter()
        .map(read)
        .collect()
}
