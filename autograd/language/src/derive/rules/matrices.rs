//! The derivatives of functions of matrices, as their ops state them.

use super::stated::Stated;
use super::{Builder, Parts};
use crate::meaning::attributes;
use crate::meaning::matrices::result_axes;
use crate::meaning::program::{AttributeNumber, Operation};
use crate::meaning::size::Size;
use crate::meaning::types::{Axis, Kind, Type};
use crate::span::Span;

/// The contributions of a line that calls an op of the engine on whole arrays; `None` if its op does not state them so.
pub(super) fn contributions(build: &mut Builder, y: usize, g: usize) -> Option<Parts> {
    let line = build.lines[y].clone();
    let Operation::Engine(name, given) = &line.op else {
        return None;
    };
    let op = attributes::decode(name, &numbers(given)?).ok()?;
    let one_vector = name == "solve" && build.ty(line.args[1]).rank() < build.ty(line.args[0]).rank();
    let mut operands = line.args.clone();
    let mut ends = [y, g];
    if one_vector {
        // One right side is a column of its own.
        operands[1] = column(build, operands[1]);
        ends = ends.map(|end| column(build, end));
    }
    let rank = build.ty(operands[0]).rank();
    let over: Vec<usize> = match name.as_str() {
        "logdet" => vec![rank - 2, rank - 1],
        _ => Vec::new(),
    };
    let stated = Stated::new(&op, &operands, ends).over(&over);
    let mut parts = Parts::new();
    for (position, &arg) in line.args.iter().enumerate() {
        if build.ty(arg).kind == Kind::Real {
            let part = stated.contribution(build, position)?;
            let axes = build.ty(arg).axes.clone();
            let part = match build.ty(part).rank() == axes.len() {
                true => build.relabel(part, axes),
                false => build.reshape(part, axes),
            };
            parts.push((arg, part));
        }
    }
    Some(parts)
}

/// The line of a function of matrices.
pub(super) fn call(
    build: &mut Builder,
    name: &str,
    operands: Vec<usize>,
    given: Vec<(String, Vec<AttributeNumber>)>,
) -> Option<usize> {
    let axes: Vec<&[Axis]> = operands.iter().map(|&line| build.ty(line).axes.as_slice()).collect();
    let axes = result_axes(name, &axes)?;
    let is_real = operands.iter().any(|&line| build.ty(line).kind == Kind::Real);
    let kind = if is_real { Kind::Real } else { Kind::Data };
    Some(build.push(
        Operation::Engine(name.to_string(), given),
        operands,
        Type { axes, kind },
    ))
}

/// A vector, or one for each matrix of a stack, as a matrix of one column.
fn column(build: &mut Builder, line: usize) -> usize {
    let mut axes = build.ty(line).axes.clone();
    axes.push(Axis::new("1", Size::number(1), Span::default()));
    build.reshape(line, axes)
}

fn numbers(given: &[(String, Vec<AttributeNumber>)]) -> Option<attributes::Attributes> {
    let number = |one: &AttributeNumber| match one {
        AttributeNumber::Number(value) => Some(*value),
        AttributeNumber::Size(size) => size.as_number().map(|value| value as f64),
    };
    let list = |(field, list): &(String, Vec<AttributeNumber>)| {
        Some((field.clone(), list.iter().map(number).collect::<Option<Vec<f64>>>()?))
    };
    given.iter().map(list).collect()
}
