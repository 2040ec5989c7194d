//! The derivative of each operation: what it contributes to the gradients of its operands.
//!
//! `g` is the gradient of the line, `y` the line, `a` and `b` its operands, as in the formulas of the ops.

use super::build::Builder;
use crate::language::code::Code;
use crate::language::core::Op;
use crate::language::diagnostic::Diagnostic;
use crate::language::size::Size;
use crate::language::span::Span;
use crate::language::types::{Axis, Kind, Type};

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
    let over = (0..whole.rank()).filter(|axis| !kept.contains(axis)).collect();
    let sum = build.reduce("sum", part, over);
    let axes = build.ty(target).axes.clone();
    (target, build.relabel(sum, axes))
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

pub(in crate::language) fn expanded_in(lines: &[super::straight::Line], line: usize) -> Option<(usize, Vec<usize>)> {
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
            let whole = build.ty(y).clone();
            let over = whole.rank() - a_ty.rank();
            let one = Size::number(1);
            let ones = (0..a_ty.rank()).filter(|&i| a_ty.axes[i].size == one && whole.axes[over + i].size != one);
            let axes: Vec<usize> = (0..over).chain(ones.map(|i| over + i)).collect();
            let sum = build.reduce("sum", g, axes);
            build.reshape(sum, a_ty.axes)
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

fn unary(build: &mut Builder, name: &str, y: usize, a: usize, g: usize) -> usize {
    let one = build.number(1.0);
    let slope = match name {
        "neg" => return build.neg(g),
        "exp" => y,
        "log" => return build.binary("div", g, a),
        "sqrt" => {
            let two = build.number(2.0);
            let twice = build.mul(two, y);
            return build.binary("div", g, twice);
        }
        "sigmoid" => {
            let rest = build.binary("sub", one, y);
            build.mul(y, rest)
        }
        "tanh" => {
            let ty = build.ty(y).clone();
            let square = build.push(Op::Power(2.0), vec![y], ty);
            build.binary("sub", one, square)
        }
        "abs" => {
            let mask = build.unary("relu", a);
            let minus = build.neg(g);
            return build.choose(mask, g, minus);
        }
        "relu" => {
            let mask = build.unary("relu", a);
            let zero = build.number(0.0);
            return build.choose(mask, g, zero);
        }
        "silu" => {
            let s = build.unary("sigmoid", a);
            let rest = build.binary("sub", one, s);
            let bend = build.mul(y, rest);
            build.binary("add", s, bend)
        }
        "gelu" => gelu(build, y, a),
        "gelu_tanh" => gelu_tanh(build, a),
        name => unreachable!("the checker gives only known functions, not {name}"),
    };
    build.mul(g, slope)
}

/// `Φ(a) + a φ(a)` with `Φ(a) = gelu(a) / a`, and 1/2 at 0; `φ` is the normal density.
fn gelu(build: &mut Builder, y: usize, a: usize) -> usize {
    let mask = build.unary("abs", a);
    let [half, one, two] = [0.5, 1.0, 2.0].map(|value| build.number(value));
    let safe = build.choose(mask, a, one);
    let quotient = build.binary("div", y, safe);
    let below = build.choose(mask, quotient, half);
    let ty = build.ty(a).clone();
    let square = build.push(Op::Power(2.0), vec![a], ty);
    let exponent = build.binary("div", square, two);
    let exponent = build.neg(exponent);
    let bell = build.unary("exp", exponent);
    let height = build.number(1.0 / (2.0 * std::f64::consts::PI).sqrt());
    let density = build.mul(bell, height);
    let bend = build.mul(a, density);
    build.binary("add", below, bend)
}

/// `s + a s (1 - s) c (1 + 3 · 0.044715 a²)` with `s = sigmoid(c (a + 0.044715 a³))` and `c = 2 √(2/π)`.
fn gelu_tanh(build: &mut Builder, a: usize) -> usize {
    let c = build.number(2.0 * (2.0 / std::f64::consts::PI).sqrt());
    let [one, cubic, slope] = [1.0, 0.044_715, 3.0 * 0.044_715].map(|value| build.number(value));
    let ty = build.ty(a).clone();
    let cube = build.push(Op::Power(3.0), vec![a], ty.clone());
    let square = build.push(Op::Power(2.0), vec![a], ty);
    let bend = build.mul(cubic, cube);
    let inner = build.binary("add", a, bend);
    let inner = build.mul(c, inner);
    let s = build.unary("sigmoid", inner);
    let rest = build.binary("sub", one, s);
    let s_slope = build.mul(s, rest);
    let steep = build.mul(slope, square);
    let steep = build.binary("add", one, steep);
    let steep = build.mul(c, steep);
    let chain = build.mul(s_slope, steep);
    let chain = build.mul(a, chain);
    build.binary("add", s, chain)
}

fn reduction(build: &mut Builder, name: &str, axes: &[usize], [y, a]: [usize; 2], g: usize) -> usize {
    let whole = build.ty(a).axes.clone();
    let places: Vec<usize> = (0..whole.len()).filter(|axis| !axes.contains(axis)).collect();
    match name {
        "sum" => build.repeat(g, &places, &whole),
        "mean" => {
            let count = axes
                .iter()
                .fold(Size::number(1), |count, &axis| count.times(&whole[axis].size));
            let count = build.size(count);
            let share = build.binary("div", g, count);
            build.repeat(share, &places, &whole)
        }
        "prod" => {
            let product = build.mul(g, y);
            let wide = build.expand(product, &places, &whole);
            build.binary("div", wide, a)
        }
        "logsumexp" => {
            let top = build.expand(y, &places, &whole);
            let difference = build.binary("sub", a, top);
            let share = build.unary("exp", difference);
            let wide = build.expand(g, &places, &whole);
            build.mul(wide, share)
        }
        _ => {
            let best = build.expand(y, &places, &whole);
            let difference = build.binary("sub", a, best);
            let mask = build.unary("abs", difference);
            let zero = build.number(0.0);
            let wide = build.repeat(g, &places, &whole);
            build.choose(mask, zero, wide)
        }
    }
}

fn along(build: &mut Builder, name: &str, axis: usize, y: usize, g: usize) -> usize {
    let whole = build.ty(y).axes.clone();
    let places: Vec<usize> = (0..whole.len()).filter(|&place| place != axis).collect();
    match name {
        "softmax" => {
            let product = build.mul(g, y);
            let sum = build.reduce("sum", product, vec![axis]);
            let wide = build.expand(sum, &places, &whole);
            let rest = build.binary("sub", g, wide);
            build.mul(y, rest)
        }
        "log_softmax" => {
            let sum = build.reduce("sum", g, vec![axis]);
            let wide = build.expand(sum, &places, &whole);
            let share = build.unary("exp", y);
            let product = build.mul(share, wide);
            build.binary("sub", g, product)
        }
        _ => {
            let ty = build.ty(g).clone();
            let before = build.push(Op::Along("cumsum", axis), vec![g], ty);
            let sum = build.reduce("sum", g, vec![axis]);
            let wide = build.expand(sum, &places, &whole);
            let rest = build.binary("sub", wide, before);
            build.binary("add", rest, g)
        }
    }
}

/// The array `[.., rows, columns]` with its last two axes swapped.
fn transposed(build: &mut Builder, a: usize) -> usize {
    let rank = build.ty(a).rank();
    let mut order: Vec<usize> = (0..rank).collect();
    order.swap(rank - 2, rank - 1);
    build.permute(a, &order)
}

/// `u[..] v[..]` for every pair: the axes of `u`, then those of `v`.
fn outer(build: &mut Builder, u: usize, v: usize) -> usize {
    let (u_axes, v_axes) = (build.ty(u).axes.clone(), build.ty(v).axes.clone());
    let places: Vec<usize> = (0..u_axes.len()).collect();
    let whole: Vec<Axis> = u_axes.into_iter().chain(v_axes).collect();
    let wide = build.expand(u, &places, &whole);
    build.mul(wide, v)
}

/// `g_a` of `c = a @ b`.
fn matmul_left(build: &mut Builder, [a, b]: [usize; 2], g: usize) -> usize {
    let axes = build.ty(a).axes.clone();
    let result = match (axes.len(), build.ty(b).rank()) {
        (1, 1) => build.mul(g, b),
        (_, 1) => outer(build, g, b),
        (1, _) => {
            let rest: Vec<Axis> = build.ty(b).axes[..1].to_vec();
            build.matmul(b, g, rest)
        }
        _ => {
            let flipped = transposed(build, b);
            build.matmul(g, flipped, axes.clone())
        }
    };
    build.relabel(result, axes)
}

/// `g_b` of `c = a @ b`.
fn matmul_right(build: &mut Builder, [a, b]: [usize; 2], g: usize) -> usize {
    let axes = build.ty(b).axes.clone();
    let rank = build.ty(a).rank();
    let result = match (rank, axes.len()) {
        (1, 1) => build.mul(g, a),
        (1, _) => outer(build, a, g),
        (_, 1) => {
            let (rows, flat_g) = (rows(build, a), flat(build, g));
            build.matmul(flat_g, rows, axes.clone())
        }
        (rank, 2) if rank > 2 => {
            let (rows, g_rows) = (rows(build, a), rows(build, g));
            let flipped = transposed(build, rows);
            build.matmul(flipped, g_rows, axes.clone())
        }
        _ => {
            let flipped = transposed(build, a);
            build.matmul(flipped, g, axes.clone())
        }
    };
    build.relabel(result, axes)
}

/// All axes but the last as one.
fn rows(build: &mut Builder, a: usize) -> usize {
    let axes = build.ty(a).axes.clone();
    let (last, others) = axes.split_last().expect("an operand of a product has an axis");
    if others.len() == 1 {
        return a;
    }
    let all = others.iter().fold(Size::number(1), |all, axis| all.times(&axis.size));
    build.reshape(a, vec![Axis::new("rows", all, Span::default()), last.clone()])
}

/// All axes as one.
fn flat(build: &mut Builder, a: usize) -> usize {
    let axes = build.ty(a).axes.clone();
    if axes.len() == 1 {
        return a;
    }
    let all = axes.iter().fold(Size::number(1), |all, axis| all.times(&axis.size));
    build.reshape(a, vec![Axis::new("rows", all, Span::default())])
}

fn concat(build: &mut Builder, axis: usize, operands: &[usize], g: usize, parts: &mut Parts) {
    let mut from = Size::number(1);
    for &operand in operands {
        let size = build.ty(operand).axes[axis].size.clone();
        let end = from.plus(&size).minus(&Size::number(1));
        if build.ty(operand).kind == Kind::Real {
            let part = build.slice(g, axis, from.clone(), end.clone());
            let axes = build.ty(operand).axes.clone();
            let part = build.relabel(part, axes);
            parts.push((operand, part));
        }
        from = end.plus(&Size::number(1));
    }
}

/// `g` at the positions `from` to `to` of an axis, and 0 at all others.
fn padded(build: &mut Builder, g: usize, whole: &Type, axis: usize, from: &Size, to: &Size) -> usize {
    let one = Size::number(1);
    let gap = |size: Size| {
        let mut axes = whole.axes.clone();
        axes[axis].size = size;
        axes
    };
    let before = from.minus(&one);
    let after = whole.axes[axis].size.minus(to);
    let mut parts = Vec::new();
    if before != Size::number(0) {
        parts.push(build.zeros(gap(before)));
    }
    parts.push(g);
    if after != Size::number(0) {
        parts.push(build.zeros(gap(after)));
    }
    if let [only] = parts.as_slice() {
        return *only;
    }
    let ty = Type {
        axes: whole.axes.clone(),
        kind: Kind::Real,
    };
    build.push(Op::Concat(axis), parts, ty)
}

/// 1 where an id names the position, else 0: one more axis, along the things that are named.
fn one_hot(build: &mut Builder, ids: usize, named: &Axis) -> usize {
    let mut whole = build.ty(ids).axes.clone();
    let places: Vec<usize> = (0..whole.len()).collect();
    whole.push(named.clone());
    let wide = build.expand(ids, &places, &whole);
    let positions_ty = Type {
        axes: vec![named.clone()],
        kind: Kind::Data,
    };
    let positions = build.push(Op::Positions, Vec::new(), positions_ty);
    let [one, zero] = [1.0, 0.0].map(|value| build.number(value));
    let from_zero = build.binary("sub", positions, one);
    let difference = build.binary("sub", wide, from_zero);
    let mask = build.unary("abs", difference);
    build.choose(mask, zero, one)
}

/// `g_table[v] = Σ g` over all places whose id is `v`.
fn embedding(build: &mut Builder, table: usize, ids: usize, g: usize) -> usize {
    let axes = build.ty(table).axes.clone();
    let hot = one_hot(build, ids, &axes[0]);
    if build.ty(ids).rank() == 0 {
        let product = outer(build, hot, g);
        return build.relabel(product, axes);
    }
    let (hot, g) = (rows(build, hot), rows(build, g));
    let flipped = transposed(build, hot);
    let sum = build.matmul(flipped, g, axes.clone());
    build.relabel(sum, axes)
}

/// `g` at the entry that was picked, and 0 at all others.
fn pick(build: &mut Builder, a: usize, ids: usize, g: usize) -> usize {
    let axes = build.ty(a).axes.clone();
    let last = axes[axes.len() - 1].clone();
    let hot = one_hot(build, ids, &last);
    let places: Vec<usize> = (0..axes.len() - 1).collect();
    let wide = build.expand(g, &places, &axes);
    let product = build.mul(wide, hot);
    build.relabel(product, axes)
}
