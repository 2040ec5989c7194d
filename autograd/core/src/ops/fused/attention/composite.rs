//! Attention in primitives: its definition.

use super::general::{General, mask_of_pairs};
use super::{Attention, Blind, Sees};
use crate::op::prelude::*;
use crate::ops::fused::Fused;
use crate::ops::{Broadcast, Cumsum, abs, concat, relu, softmax, tanh, where_};

impl Fused for Attention {
    fn composite<'t>(&self, x: &[Var<'t>]) -> Var<'t> {
        let General {
            batch,
            queries,
            keys,
            heads,
            kv_heads,
            head_dim,
            value_dim,
            ..
        } = General::new(self, &shapes(x));
        let q = x[0].reshape([batch, queries, heads, head_dim]).permute(&[0, 2, 1, 3]);
        // Each key/value head is repeated for the query heads that read it.
        let group = heads / kv_heads;
        let [k, v] = [(x[1], head_dim), (x[2], value_dim)].map(|(x, width)| {
            let repeated = x.reshape([batch, keys, kv_heads, 1, width]);
            let repeated = repeated.broadcast_to([batch, keys, kv_heads, group, width]);
            repeated.reshape([batch, keys, heads, width]).permute(&[0, 2, 1, 3])
        });
        let z = match self.scale {
            None => q.matmul(k.t()) / (head_dim as f64).sqrt(),
            Some(scale) => q.matmul(k.t()) * scale,
        };
        let s = self.cap.map_or(z, |cap| tanh(z / cap) * cap);
        let s = x.get(4).map_or(s, |&bias| s + bias);
        let mask = x.get(3).map(|mask| mask.reshape(mask_of_pairs(mask.shape())));
        let (zero, hidden) = (s.constant(0.0), s.constant(f64::NEG_INFINITY));
        // Zeros for a blind query need all that hides keys; else the causal mask says what it hides by itself.
        let complete = self.blind == Blind::Zero && x.len() > 3;
        let by_place = self.by_place(s, [queries, keys], complete);
        let s = match by_place {
            Some(seen) => where_(seen, s, hidden),
            None if self.sees == Sees::Past => s + s.causal_mask(queries, keys),
            None => s,
        };
        let s = mask.map_or(s, |mask| where_(mask, s, hidden));
        let y = match x.get(5) {
            Some(&sink) => {
                let column = s.constant(0.0).broadcast_to([batch, heads, queries, 1]);
                let sink = column + sink.broadcast_to([heads]).reshape([heads, 1, 1]);
                softmax(concat(&[s, sink], -1), -1).slice(-1, 0..keys).matmul(v)
            }
            None if self.blind == Blind::Refused || x.len() + usize::from(by_place.is_some()) == 3 => {
                softmax(s, -1).matmul(v)
            }
            None => {
                // 1 for a query that sees a key: 1/bias is 0 where the bias is -∞, and nowhere else.
                let mut seen = zero.broadcast_to([batch, heads, queries, keys]) + 1.0;
                let conditions = [by_place, mask, x.get(4).map(|bias| 1.0 / bias.detach())];
                for condition in conditions.into_iter().flatten() {
                    seen = where_(condition, seen, zero);
                }
                let any = seen.max_over(&[-1]).reshape([batch, heads, queries, 1]);
                where_(any, softmax(where_(any, s, zero), -1).matmul(v), zero)
            }
        };
        y.permute(&[0, 2, 1, 3]).reshape([batch, queries, heads * value_dim])
    }
}

impl Attention {
    /// For each query and key 0 where their places hide the key; nothing where the causal mask says it, unless all is to
    /// be said here.
    fn by_place<'t>(&self, like: Var<'t>, [queries, keys]: [usize; 2], complete: bool) -> Option<Var<'t>> {
        let ahead = (complete || queries > keys) && self.sees == Sees::Past;
        if self.window.is_none() && !ahead {
            return None;
        }
        let positions = |n: usize| {
            let to = Shape::new(&[n]);
            let ones = Var::record(Broadcast { to }, &[like.constant(1.0)]);
            Var::record(Cumsum { axis: 0 }, &[ones])
        };
        // How far before the query the key stands; between whole numbers lies a half.
        let offset = keys as f64 - queries as f64;
        let before = positions(queries).reshape([queries, 1]) + offset - positions(keys);
        let window = self.window.map(|window| window as f64 - 0.5);
        Some(match (self.sees, window) {
            (Sees::Past, None) => relu(before + 0.5),
            (Sees::Past, Some(window)) => relu(before + 0.5) * relu(window - before),
            (Sees::All, window) => relu(window.unwrap_or(f64::INFINITY) - abs(before)),
        })
    }
}

fn shapes(x: &[Var<'_>]) -> Vec<Shape> {
    x.iter().map(|x| x.shape()).collect()
}
