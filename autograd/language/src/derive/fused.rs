//! Fused ops written out: each is replaced by its definition over primitive ops, which has a derivative as text.
//!
//! The definition is a formula over arrays of known shapes, so the sizes of its operands must be numbers.

use super::known::known;
use super::straight::{Line, Straight};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::meaning::attributes;
use crate::meaning::program::{AttributeNumber, DimValue, Operation};
use crate::meaning::size::{Bound, Size};
use crate::meaning::types::{Axis, Kind, Type};
use crate::span::Span;
use tapegrad_core::graph::{Graph, Source};
use tapegrad_core::ops::AnyOp;
use tapegrad_core::record::{Record, Sketch};
use tapegrad_core::shape::Shape;
use tapegrad_core::var::Var;

/// The program with every fused op written out.
///
/// **Errors** if a size of an operand of one has no number.
pub(super) fn written_out(straight: Straight) -> Result<Straight, Box<Diagnostic>> {
    let is_fused = |line: &Line| matches!(&line.op, Operation::Engine(name, _) if is_fused_name(name));
    if !straight.rounds.loops.is_empty() && straight.lines.iter().any(is_fused) {
        return Err(unknown("NAME", "it stands in a program whose loops are kept"));
    }
    let mut straight = straight;
    while straight.lines.iter().any(is_fused) {
        straight = once(straight)?;
    }
    Ok(straight)
}

fn is_fused_name(name: &str) -> bool {
    let sample = AnyOp::sample(name, &mut tapegrad_core::op::Draw::new(1, 2));
    sample.is_some_and(|sample| sample.op.file().contains("/fused/"))
}

/// The numbers of all sizes that have one.
fn numbers(straight: &Straight) -> Bound {
    let mut bound = Bound::new();
    for dim in &straight.dims {
        if let Some(DimValue::Equal(size)) = &dim.value
            && let Ok(value) = size.value(&bound)
        {
            bound.insert(dim.name.clone(), value);
        }
        if let Some(DimValue::Quotient(over, under)) = &dim.value
            && let (Ok(over), Ok(under)) = (over.value(&bound), under.value(&bound))
        {
            bound.insert(dim.name.clone(), over / under.max(1));
        }
    }
    bound
}

fn once(mut straight: Straight) -> Result<Straight, Box<Diagnostic>> {
    let bound = numbers(&straight);
    let old = std::mem::take(&mut straight.lines);
    let mut lines: Vec<Line> = Vec::with_capacity(old.len());
    let mut place = Vec::with_capacity(old.len());
    for line in old {
        let args: Vec<usize> = line.args.iter().map(|&arg| place[arg]).collect();
        let line = Line { args, ..line };
        match &line.op {
            Operation::Engine(name, attributes) if is_fused_name(name) => {
                let op = decoded(name, attributes, &bound)?;
                let result = definition(&op, &line, &bound, &mut lines)?;
                lines.push(Line {
                    op: Operation::Relabel,
                    args: vec![result],
                    ..line
                });
            }
            _ => lines.push(line),
        }
        place.push(lines.len() - 1);
    }
    straight.lines = lines;
    straight.objective = straight.objective.map(|(direction, line)| (direction, place[line]));
    straight.outputs.iter_mut().for_each(|(_, line)| *line = place[*line]);
    Ok(straight)
}

fn decoded(name: &str, attributes: &[(String, Vec<AttributeNumber>)], bound: &Bound) -> Result<AnyOp, Box<Diagnostic>> {
    let numbers = |list: &[AttributeNumber]| {
        list.iter()
            .map(|one| one.value(bound))
            .collect::<Result<Vec<f64>, String>>()
    };
    let attributes: Result<attributes::Attributes, String> = attributes
        .iter()
        .map(|(field, list)| Ok((field.clone(), numbers(list)?)))
        .collect();
    attributes
        .and_then(|attributes| attributes::decode(name, &attributes))
        .map_err(|why| unknown(name, &why))
}

fn unknown(name: &str, why: &str) -> Box<Diagnostic> {
    let text = format!("engine.{name} is derived from its definition, for which sizes must be numbers: {why}");
    Box::new(Diagnostic::new(Code::E14, Span::default(), text).help("give the sizes, as in `--at T=3,D=4`"))
}

/// Adds the lines of an op's definition, and gives the last of them.
fn definition(op: &AnyOp, line: &Line, bound: &Bound, lines: &mut Vec<Line>) -> Result<usize, Box<Diagnostic>> {
    let sketch = Sketch::new();
    let mut operands: Vec<Var<'_>> = Vec::new();
    let mut place = Vec::new();
    for &arg in &line.args {
        let ty = &lines[arg].ty;
        let sizes: Result<Vec<i64>, _> = ty.axes.iter().map(|axis| axis.size.value(bound)).collect();
        let sizes = sizes.map_err(|size| unknown(op.name(), &format!("{size} has none")))?;
        let shape: Shape = sizes.into_iter().map(|size| size.max(0) as usize).collect();
        operands.push(match ty.kind {
            Kind::Real => sketch.input("x", shape),
            _ => sketch.data("x", shape),
        });
        let ty = type_of(shape, ty.kind.clone());
        lines.push(Line {
            op: Operation::Relabel,
            args: vec![arg],
            ty,
            name: None,
        });
        place.push(lines.len() - 1);
    }
    let result = op.composite(&operands).expect("the caller asks only for fused ops");
    let graph: Graph = sketch.graph().clone();
    for node in graph.nodes().skip(operands.len()) {
        let args: Vec<usize> = node.operands.iter().map(|operand| place[operand.index()]).collect();
        let own = match node.source {
            Source::Constant(value) => Operation::Number(*value),
            Source::Op(op) => primitive(op, &args, lines),
            Source::Input | Source::Data | Source::Param(_) | Source::Module(_) => {
                return Err(unknown(
                    op.name(),
                    "its definition has an input or a parameter of its own",
                ));
            }
        };
        let kind = if graph.needs_gradient(node.id) {
            Kind::Real
        } else {
            Kind::Data
        };
        lines.push(Line {
            op: own,
            args,
            ty: type_of(node.shape, kind),
            name: None,
        });
        place.push(lines.len() - 1);
    }
    Ok(place[result.id().index()])
}

fn primitive(op: &AnyOp, args: &[usize], lines: &[Line]) -> Operation {
    let attributes = attributes::encode(op).into_iter();
    let attributes: Vec<(String, Vec<AttributeNumber>)> = attributes
        .map(|(field, numbers)| (field, numbers.into_iter().map(AttributeNumber::Number).collect()))
        .collect();
    let op = Operation::Engine(op.name().to_string(), attributes);
    known(&op, args.iter().map(|&arg| &lines[arg].ty))
}

/// Axes that are nothing but numbers.
fn type_of(shape: Shape, kind: Kind) -> Type {
    let axis = |size: usize| Axis::new(&size.to_string(), Size::number(size as i64), Span::default());
    Type {
        axes: shape.iter().map(axis).collect(),
        kind,
    }
}
