//! The derivatives of reductions, and of functions along an axis.

use super::Builder;
use crate::meaning::program::Operation as Op;
use crate::meaning::size::Size;

pub(super) fn reduction(build: &mut Builder, name: &str, axes: &[usize], [y, a]: [usize; 2], g: usize) -> usize {
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

pub(super) fn along(build: &mut Builder, name: &str, axis: usize, y: usize, g: usize) -> usize {
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
