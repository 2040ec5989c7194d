//! The derivative of each operation: what it contributes to the gradients of its operands.
//!
//! `g` is the gradient of the line, `y` the line, `a` and `b` its operands, as in the formulas of the ops.

mod entries;
mod places;
mod products;
mod reductions;

use super::build::Builder;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::meaning::program::Operation as Op;
use crate::meaning::size::Size;
use crate::meaning::types::{Axis, Kind, Type};
use crate::syntax::span::Span;
use entries::unary;
use places::{concat, embedding, padded, pick};
use products::{matmul_left, matmul_right, repeated_left, repeated_right};
use reductions::{along, reduction};

type Parts = Vec<(usize, usize)>;

/// The contributions of a line whose gradient is `g`: to which line, and the line of the contribution.
///
/// **Errors** for an op of the engine whose derivative is not known as a formula of the language.
pub(super) fn contributions(build: &mut Builder, y: usize, g: usize) -> Result<Parts, Box<Diagnostic>> {
    let line = build.lines[y].clone();
    let args = line.args.as_slice();
    let wants = |build: &Builder, arg: usize| build.ty(arg).kind == Kind::Real;
    let mut parts = Parts::new();
    match (&line.op, args) {
        (Op::Binary(name), &[a, b]) => {
            for (position, operand) in [a, b].into_iter().enumerate() {
                if wants(build, operand) {
                    let part = binary(build, name, position, [y, a, b], g);
                    parts.push(gathered(build, operand, part, &line.ty));
                }
            }
        }
        (Op::Where, &[mask, a, b]) => {
            for (position, operand) in [a, b].into_iter().enumerate() {
                if wants(build, operand) {
                    let zero = build.number(0.0);
                    let part = if position == 0 {
                        build.choose(mask, g, zero)
                    } else {
                        build.choose(mask, zero, g)
                    };
                    parts.push(gathered(build, operand, part, &line.ty));
                }
            }
        }
        (Op::Matmul, &[a, b]) => {
            if wants(build, a) {
                let part = matmul_left(build, [a, b], g);
                parts.push((a, part));
            }
            if wants(build, b) {
                let part = matmul_right(build, [a, b], g);
                parts.push((b, part));
            }
        }
        (Op::Concat(axis), parts_in) => concat(build, *axis, parts_in, g, &mut parts),
        (Op::Engine(name, attributes), parts_in) if name == "stack" => {
            let axis = Builder::stack_axis(attributes).unwrap_or(0);
            for (i, &part) in parts_in.iter().enumerate() {
                if wants(build, part) {
                    let ty = build.ty(part).clone();
                    let taken = build.push(Op::Select(axis, Size::number(i as i64 + 1)), vec![g], ty);
                    parts.push((part, taken));
                }
            }
        }
        (Op::Engine(name, _), &[a, b]) if name == "matmul" => {
            if wants(build, a) {
                let part = repeated_left(build, [a, b], g);
                parts.push((a, part));
            }
            if wants(build, b) {
                let part = repeated_right(build, [a, b], g);
                parts.push((b, part));
            }
        }
        (Op::Engine(name, _), _) => {
            let text =
                format!("the derivative of engine.{name} is not written in this language; write its formula out");
            return Err(Box::new(Diagnostic::new(Code::E09, Span::default(), text)));
        }
        (_, &[a, ..]) if wants(build, a) => {
            let part = with_one_real_operand(build, &line.op, [y, a], args, g);
            parts.push((a, part));
        }
        _ => {}
    }
    Ok(parts)
}

/// The contribution to an operand that was repeated: summed over the axes along which it was.
fn gathered(build: &mut Builder, operand: usize, part: usize, whole: &Type) -> (usize, usize) {
    let part = {
        let axes = whole.axes.clone();
        match build.ty(part).axes == axes {
            true => part,
            false => build.repeat(part, &[], &axes),
        }
    };
    let (target, kept) = source_of(build, operand, whole.rank());
    let axes = build.ty(target).axes.clone();
    (target, summed_to(build, part, &kept, axes))
}

/// The sum of an array over the axes along which one with these axes was repeated: those that it lacks, and those where
/// it has size 1; `kept` says where its axes are.
fn summed_to(build: &mut Builder, part: usize, kept: &[usize], axes: Vec<Axis>) -> usize {
    let one = Size::number(1);
    let whole = build.ty(part).axes.clone();
    let was_repeated = |place: &usize| match kept.iter().position(|own| own == place) {
        Some(own) => axes[own].size == one && whole[*place].size != one,
        None => true,
    };
    let over = (0..whole.len()).filter(was_repeated).collect();
    let sum = build.reduce("sum", part, over);
    if build.ty(sum).rank() == axes.len() {
        build.relabel(sum, axes)
    } else {
        build.reshape(sum, axes)
    }
}

/// The operand before axes of size 1 were put in, and the places of its axes in the result.
pub(super) fn source_of(build: &Builder, operand: usize, rank: usize) -> (usize, Vec<usize>) {
    let own = build.ty(operand).rank();
    let offset = rank - own;
    match expanded(build, operand) {
        Some((source, places)) => (source, places.into_iter().map(|place| place + offset).collect()),
        None => (operand, (offset..rank).collect()),
    }
}

/// If a line only puts in axes of size 1: what it does that to, and where that one's axes are.
pub(super) fn expanded(build: &Builder, line: usize) -> Option<(usize, Vec<usize>)> {
    expanded_in(&build.lines, line)
}

pub(crate) fn expanded_in(lines: &[super::straight::Line], line: usize) -> Option<(usize, Vec<usize>)> {
    let own = &lines[line];
    if own.op != Op::Reshape {
        return None;
    }
    let source = own.args[0];
    let one = Size::number(1);
    let mut places = Vec::new();
    let mut wanted = lines[source].ty.axes.iter().peekable();
    for (place, axis) in own.ty.axes.iter().enumerate() {
        match wanted.peek() {
            Some(next) if **next == *axis => {
                wanted.next();
                places.push(place);
            }
            _ if axis.size == one => {}
            _ => return None,
        }
    }
    wanted.peek().is_none().then_some((source, places))
}

fn binary(build: &mut Builder, name: &str, position: usize, [y, a, b]: [usize; 3], g: usize) -> usize {
    match (name, position) {
        ("add", _) | ("sub", 0) => g,
        ("sub", _) => build.neg(g),
        ("mul", 0) => build.mul(g, b),
        ("mul", _) => build.mul(g, a),
        ("div", 0) => build.binary("div", g, b),
        ("div", _) => {
            let product = build.mul(g, y);
            let quotient = build.binary("div", product, b);
            build.neg(quotient)
        }
        ("pow", 0) => {
            let one = build.number(1.0);
            let less = build.binary("sub", b, one);
            let power = build.binary("pow", a, less);
            let slope = build.mul(b, power);
            build.mul(g, slope)
        }
        ("pow", _) => {
            let log = build.unary("log", a);
            let slope = build.mul(y, log);
            build.mul(g, slope)
        }
        (name, position) => {
            let larger = if (name == "maximum") == (position == 0) {
                [a, b]
            } else {
                [b, a]
            };
            let difference = build.binary("sub", larger[0], larger[1]);
            let mask = build.unary("relu", difference);
            let zero = build.number(0.0);
            build.choose(mask, g, zero)
        }
    }
}

fn with_one_real_operand(build: &mut Builder, op: &Op, [y, a]: [usize; 2], args: &[usize], g: usize) -> usize {
    let a_ty = build.ty(a).clone();
    match op {
        Op::Unary(name) => unary(build, name, y, a, g),
        Op::Power(n) => {
            let factor = build.number(*n);
            let power = match *n {
                2.0 => a,
                n => build.push(Op::Power(n - 1.0), vec![a], a_ty),
            };
            let slope = build.mul(factor, power);
            build.mul(g, slope)
        }
        Op::Clip(low, high) => {
            let [low, high, zero] = [*low, *high, 0.0].map(|value| build.number(value));
            let below = build.binary("sub", low, a);
            let below = build.unary("relu", below);
            let above = build.binary("sub", a, high);
            let above = build.unary("relu", above);
            let kept = build.choose(above, zero, g);
            build.choose(below, zero, kept)
        }
        Op::Reduce(name, axes) => reduction(build, name, axes, [y, a], g),
        Op::Along(name, axis) => along(build, name, *axis, y, g),
        Op::Permute(order) => {
            let mut back = vec![0; order.len()];
            order.iter().enumerate().for_each(|(to, &from)| back[from] = to);
            build.permute(g, &back)
        }
        Op::Reshape => build.reshape(g, a_ty.axes),
        Op::Relabel => build.relabel(g, a_ty.axes),
        Op::Broadcast => {
            let rank = build.ty(y).rank();
            let kept: Vec<usize> = (rank - a_ty.rank()..rank).collect();
            summed_to(build, g, &kept, a_ty.axes)
        }
        Op::Select(axis, at) => {
            let mut axes = a_ty.axes.clone();
            axes[*axis].size = Size::number(1);
            let wide = build.reshape(g, axes);
            padded(build, wide, &a_ty, *axis, at, at)
        }
        Op::Slice(axis, from, to) => padded(build, g, &a_ty, *axis, from, to),
        Op::Embedding => embedding(build, a, args[1], g),
        Op::Pick => pick(build, a, args[1], g),
        _ => g,
    }
}
