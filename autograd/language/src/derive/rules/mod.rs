//! The derivative of each operation: what it contributes to the gradients of its operands.
//!
//! `g` is the gradient of the line, `y` the line, `a` and `b` its operands, as in the formulas of the ops.

mod matrices;
mod places;
mod products;
mod reductions;
mod stated;

use super::build::Builder;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::meaning::program::Operation;
use crate::meaning::size::Size;
use crate::meaning::types::{Axis, Kind, Type};
use crate::meaning::words::called;
use crate::span::Span;
pub(in crate::derive) use places::padded;
use places::{concat, embedding, pick};
use products::{matmul_left, matmul_right, repeated_left, repeated_right};
use reductions::{cumsum, prod};
use stated::Stated;
use tapegrad_core::ops::{self, AnyOp};

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
        (Operation::Binary(name), &[a, b]) => {
            for (position, operand) in [a, b].into_iter().enumerate() {
                if wants(build, operand) {
                    let part = Stated::new(&called(name, &[]), args, [y, g]).contribution(build, position);
                    let part = part.expect("an op of two values states its derivative entry by entry");
                    parts.push(gathered(build, operand, part, &line.ty));
                }
            }
        }
        (Operation::Where, &[mask, a, b]) => {
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
        (Operation::Matmul, &[a, b]) => {
            if wants(build, a) {
                let part = matmul_left(build, [a, b], g);
                parts.push((a, part));
            }
            if wants(build, b) {
                let part = matmul_right(build, [a, b], g);
                parts.push((b, part));
            }
        }
        (Operation::Concat(axis), parts_in) => concat(build, *axis, parts_in, g, &mut parts),
        (Operation::Engine(name, attributes), parts_in) if name == "stack" => {
            let axis = Builder::stack_axis(attributes).unwrap_or(0);
            for (i, &part) in parts_in.iter().enumerate() {
                if wants(build, part) {
                    let mut ty = build.ty(g).clone();
                    ty.axes.remove(axis);
                    let taken = build.push(Operation::Select(axis, Size::number(i as i64 + 1)), vec![g], ty);
                    let axes = build.ty(part).axes.clone();
                    let taken = build.relabel(taken, axes);
                    parts.push((part, taken));
                }
            }
        }
        (Operation::Engine(name, _), &[a, b]) if name == "matmul" => {
            if wants(build, a) {
                let part = repeated_left(build, [a, b], g);
                parts.push((a, part));
            }
            if wants(build, b) {
                let part = repeated_right(build, [a, b], g);
                parts.push((b, part));
            }
        }
        (Operation::Engine(name, _), _) => {
            if let Some(found) = matrices::contributions(build, y, g) {
                return Ok(found);
            }
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
    if own.op != Operation::Reshape {
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

fn with_one_real_operand(build: &mut Builder, op: &Operation, [y, a]: [usize; 2], args: &[usize], g: usize) -> usize {
    let a_ty = build.ty(a).clone();
    match op {
        Operation::Reduce("prod", axes) => prod(build, axes, a, g),
        Operation::Along("cumsum", axis) => cumsum(build, *axis, y, g),
        Operation::Unary(_)
        | Operation::Power(_)
        | Operation::Clip(..)
        | Operation::Reduce(..)
        | Operation::Along(..) => {
            let (op, over) = stated_op(op);
            let part = Stated::new(&op, args, [y, g]).over(&over).contribution(build, 0);
            let part =
                part.unwrap_or_else(|| panic!("invariant: {} states its derivative over whole arrays", op.name()));
            let places: Vec<usize> = (0..a_ty.rank()).filter(|axis| !over.contains(axis)).collect();
            if build.ty(part).rank() < a_ty.rank() {
                build.repeat(part, &places, &a_ty.axes)
            } else {
                part
            }
        }
        Operation::Permute(order) => {
            let mut back = vec![0; order.len()];
            order.iter().enumerate().for_each(|(to, &from)| back[from] = to);
            build.permute(g, &back)
        }
        Operation::Reshape => build.reshape(g, a_ty.axes),
        Operation::Relabel => build.relabel(g, a_ty.axes),
        Operation::Broadcast => {
            let rank = build.ty(y).rank();
            let kept: Vec<usize> = (rank - a_ty.rank()..rank).collect();
            summed_to(build, g, &kept, a_ty.axes)
        }
        Operation::Select(axis, at) => {
            let mut axes = a_ty.axes.clone();
            axes[*axis].size = Size::number(1);
            let wide = build.reshape(g, axes);
            padded(build, wide, &a_ty, *axis, at, at)
        }
        Operation::Slice(axis, from, to) => padded(build, g, &a_ty, *axis, from, to),
        Operation::Unfold(places) => build.push(Operation::Fold(places.clone()), vec![g], a_ty),
        Operation::Fold(places) => build.push(Operation::Unfold(places.clone()), vec![g], a_ty),
        Operation::Embedding => embedding(build, a, args[1], g),
        Operation::Pick => pick(build, a, args[1], g),
        _ => g,
    }
}

/// The op of the engine for an operation on one array, and the axes that it works over.
fn stated_op(op: &Operation) -> (AnyOp, Vec<usize>) {
    match op {
        Operation::Power(n) => (ops::Power { n: *n }.into(), Vec::new()),
        Operation::Clip(lo, hi) => (ops::Clip { lo: *lo, hi: *hi }.into(), Vec::new()),
        Operation::Reduce(name, axes) => (called(name, axes), axes.clone()),
        Operation::Along(name, axis) => (called(name, &[*axis]), vec![*axis]),
        op => (called(op.name(), &[]), Vec::new()),
    }
}
