//! The derivatives of functions of each entry by itself.

use super::Builder;
use crate::meaning::program::Operation as Op;

pub(super) fn unary(build: &mut Builder, name: &str, y: usize, a: usize, g: usize) -> usize {
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
pub(super) fn gelu(build: &mut Builder, y: usize, a: usize) -> usize {
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
pub(super) fn gelu_tanh(build: &mut Builder, a: usize) -> usize {
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
