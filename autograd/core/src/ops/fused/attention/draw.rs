//! Random attentions for the laws: half of them plain, the others with options.

use super::{Attention, Blind, Sees};
use crate::op::prelude::*;

/// A random attention with operands of which no query is blind, unless a sink or 0 is there for it.
pub(super) fn sample(draw: &mut Draw) -> Sample<Attention> {
    let (kv_heads, group) = (1 + draw.below(2), 1 + draw.below(2));
    let sees = draw.one_of(&[Sees::All, Sees::Past]);
    let op = Attention {
        sees,
        ..Attention::full(kv_heads * group).with_kv_heads(kv_heads)
    };
    let [batch, queries, dim] = [draw.size(), draw.size(), 1 + draw.below(3)];
    let keys = if sees == Sees::Past {
        queries + draw.below(3)
    } else {
        draw.size_nonzero()
    };
    let q = draw.normal(Shape::new(&[batch, queries, op.heads * dim]));
    let [k, v] = [(); 2].map(|()| draw.normal(Shape::new(&[batch, keys, kv_heads * dim])));
    if draw.coin() {
        return with_options(draw, op, [q, k]);
    }
    // Each sequence keeps one key that every query may see.
    let always = if sees == Sees::Past { keys - queries } else { keys - 1 };
    let mask = draw.coin().then(|| {
        let mut mask = draw.mask(Shape::new(&[batch, keys]));
        for mut keys in mask.rows_mut() {
            if let Some(key) = keys.get_mut(draw.below(always + 1)) {
                *key = 1.0;
            }
        }
        mask
    });
    Sample::new(op, [q, k, v].into_iter().chain(mask).collect::<Vec<_>>())
}

/// A sample with some of the options, where a query may be blind if a sink or 0 is there for it.
fn with_options(draw: &mut Draw, mut op: Attention, [q, k]: [ndarray::ArrayD<f64>; 2]) -> Sample<Attention> {
    let [b, queries, keys] = [q.shape()[0], q.shape()[1], k.shape()[1]];
    let width = 1 + draw.below(3);
    let v = draw.normal(Shape::new(&[b, keys, op.kv_heads * width]));
    op.scale = draw.one_of(&[None, Some(0.5), Some(-0.25)]);
    op.cap = draw.one_of(&[None, Some(0.75)]);
    let (with_sink, may_be_blind) = (draw.coin(), draw.coin());
    if may_be_blind {
        op.blind = Blind::Zero;
    }
    if with_sink || may_be_blind || op.sees == Sees::Past {
        op.window = draw.one_of(&[None, Some(1), Some(2)]);
    }
    let full = Shape::new(&[b, op.heads, queries, keys]);
    let of_bias = draw.broadcasts_to(full);
    let mut x = vec![q, k, v];
    if with_sink || may_be_blind {
        let repeated = |draw: &mut Draw, size: usize| if draw.coin() { 1 } else { size };
        let mask = match draw.below(3) {
            0 => Shape::SCALAR,
            1 => Shape::new(&[repeated(draw, b), keys]),
            _ => Shape::new(&[repeated(draw, b), repeated(draw, queries), keys]),
        };
        x.push(draw.mask(mask));
        // Every other bias hides no key, as the language's derivative is not tried on infinite numbers.
        let hidden = if draw.coin() {
            draw.ids(of_bias, 4)
        } else {
            draw.between(of_bias, 1.0, 2.0)
        };
        let mut bias = draw.normal(of_bias);
        bias.zip_mut_with(&hidden, |bias, &hidden| {
            if hidden == 0.0 {
                *bias = f64::NEG_INFINITY;
            }
        });
        x.push(bias);
    } else {
        x.extend([draw.between(Shape::SCALAR, 1.0, 2.0), draw.normal(of_bias)]);
    }
    if with_sink {
        let of_sink = draw.broadcasts_to(Shape::new(&[op.heads]));
        x.push(draw.normal(of_sink));
    }
    Sample::new(op, x)
}
