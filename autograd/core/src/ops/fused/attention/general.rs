//! Attention with a bias, a mask of pairs, a window, a cap or a sink: one query of one head at a time.
//!
//! `t = tanh(scale q·k / cap)`, `s = cap t + bias` over the keys that the query sees, `p = exp(s - Λ)` with
//! `Λ = log(Σ exp s + exp sink)`. Backward, for each query: `g_s = p (g_p - Σ p g_p)`, which is the bias's gradient;
//! `g_z = g_s (1 - t²)` goes on to query and keys; the sink had the weight `exp(sink - Λ)` and a value of 0, so
//! `g_sink = -exp(sink - Λ) Σ p g_p`.

use std::ops::Range;

use super::{Attention, Sees};
use crate::op::prelude::*;

/// The sizes of one attention, what restricts what a query sees, and where masks and biases lie.
#[derive(Clone, Copy, Debug)]
pub(super) struct General {
    pub batch: usize,
    pub queries: usize,
    pub keys: usize,
    pub heads: usize,
    pub kv_heads: usize,
    /// The width of a query and of a key of one head.
    pub head_dim: usize,
    /// The width of a value of one head.
    pub value_dim: usize,
    sees: Sees,
    window: Option<usize>,
    scale: f64,
    cap: Option<f64>,
    mask: [usize; 4],
    bias: [usize; 4],
    /// 1 for a number for each head, 0 for one for all.
    sink: usize,
}

/// One query of one head.
#[derive(Clone, Copy, Debug)]
struct Query {
    b: usize,
    h: usize,
    i: usize,
}

/// What one query of one head sees: its scores, and what they were computed from.
struct Row<'a, T> {
    /// The weights of the keys; 0 for those that it does not see.
    p: &'a mut [T],
    /// The `tanh` of each score, if there is a cap.
    bent: &'a mut [T],
}

impl General {
    pub fn new(op: &Attention, x: &[Shape]) -> Self {
        let (heads, kv_heads) = (op.heads, op.kv_heads);
        let [batch, queries, keys] = [x[0].size(0), x[0].size(1), x[1].size(1)];
        let head_dim = x[0].last() / heads;
        let full = Shape::new(&[batch, heads, queries, keys]);
        let strides = |shape: Option<Shape>| shape.map_or([0; 4], |shape| strides(shape, full));
        Self {
            batch,
            queries,
            keys,
            heads,
            kv_heads,
            head_dim,
            value_dim: x[2].last() / kv_heads,
            sees: op.sees,
            window: op.window,
            scale: op.scale.unwrap_or(1.0 / (head_dim as f64).sqrt()),
            cap: op.cap,
            mask: strides(x.get(3).map(|&mask| mask_of_pairs(mask))),
            bias: strides(x.get(4).copied()),
            sink: usize::from(x.get(5).is_some_and(|sink| sink.len() > 1)),
        }
    }

    /// The keys that query `i` may see by their places alone.
    pub fn places(&self, i: usize) -> Range<usize> {
        let beside = i as isize + self.keys as isize - self.queries as isize;
        let window = self.window.map_or(isize::MAX / 2, |window| window as isize);
        let end = match self.sees {
            Sees::Past => beside + 1,
            Sees::All => beside + window,
        };
        let within = |place: isize| place.clamp(0, self.keys as isize) as usize;
        let start = within(beside + 1 - window);
        start..within(end).max(start)
    }

    /// The first query that sees no key: its sequence, head and place.
    pub fn blind_query<T: Real>(&self, x: Inputs<'_, T>) -> Option<[usize; 3]> {
        let sees = |query: &Query| self.places(query.i).any(|j| self.bias_of(x, *query, j).is_some());
        self.all().find(|query| !sees(query)).map(|Query { b, h, i }| [b, h, i])
    }

    /// Numbers of room that both directions need.
    pub const fn room_len(&self) -> usize {
        3 * self.keys
    }

    pub fn forward<T: Real>(&self, x: Inputs<'_, T>, y: &mut [T], notes: &mut [T], room: &mut [T]) {
        let (p, bent) = room[..2 * self.keys].split_at_mut(self.keys);
        for (query, note) in self.all().zip(notes) {
            let row = Row {
                p: &mut *p,
                bent: &mut *bent,
            };
            *note = self.weights(x, query, row);
            let y = &mut y[self.result_at(query)..][..self.value_dim];
            y.fill(T::ZERO);
            for j in self.places(query.i) {
                let v = &x[2][self.value_at(query, j)..][..self.value_dim];
                y.iter_mut().zip(v).for_each(|(y, &v)| *y += p[j] * v);
            }
        }
    }

    pub fn backward<T: Real>(&self, at: Saved<'_, T>, g_y: &[T], gradients: [Option<&mut [T]>; 6], room: &mut [T]) {
        let [mut g_q, mut g_k, mut g_v, _, mut g_bias, mut g_sink] = gradients;
        for gradient in [&mut g_q, &mut g_k, &mut g_v, &mut g_bias, &mut g_sink]
            .into_iter()
            .flatten()
        {
            gradient.fill(T::ZERO);
        }
        let (x, scale, d) = (at.x, T::from_f64(self.scale), self.head_dim);
        let (p, rest) = room[..self.room_len()].split_at_mut(self.keys);
        let (bent, g_p) = rest.split_at_mut(self.keys);
        for (query, &note) in self.all().zip(at.notes) {
            let row = Row {
                p: &mut *p,
                bent: &mut *bent,
            };
            self.weights(x, query, row);
            let g_y = &g_y[self.result_at(query)..][..self.value_dim];
            // y = Σ_j p_j v_j
            for j in self.places(query.i) {
                let v = &x[2][self.value_at(query, j)..][..self.value_dim];
                g_p[j] = g_y.iter().zip(v).map(|(&g_y, &v)| g_y * v).sum();
                if let Some(g_v) = &mut g_v {
                    let g_v = &mut g_v[self.value_at(query, j)..][..self.value_dim];
                    g_v.iter_mut().zip(g_y).for_each(|(g_v, &g_y)| *g_v += p[j] * g_y);
                }
            }
            let mean: T = self.places(query.i).map(|j| p[j] * g_p[j]).sum();
            // p = exp(s - Λ)
            if let (Some(g_sink), Some(sink)) = (&mut g_sink, self.sink_of(x, query)) {
                g_sink[self.sink * query.h] -= (sink - note).exp() * mean;
            }
            let at_q = self.query_at(query);
            for j in self.places(query.i) {
                let g_s = p[j] * (g_p[j] - mean);
                if let Some(g_bias) = &mut g_bias {
                    g_bias[place(self.bias, query, j)] += g_s;
                }
                // s = cap tanh(z / cap) + bias, z = scale q·k
                let slope = self.cap.map_or(T::ONE, |_| T::ONE - bent[j] * bent[j]);
                let (g_z, at_k) = (g_s * slope * scale, self.key_at(query, j));
                for c in 0..d {
                    if let Some(g_q) = &mut g_q {
                        g_q[at_q + c] += g_z * x[1][at_k + c];
                    }
                    if let Some(g_k) = &mut g_k {
                        g_k[at_k + c] += g_z * x[0][at_q + c];
                    }
                }
            }
        }
    }

    /// Writes the weights of the keys, and gives `Λ`; `+∞` where the query sees nothing.
    fn weights<T: Real>(&self, x: Inputs<'_, T>, query: Query, row: Row<'_, T>) -> T {
        let Row { p, bent } = row;
        let q = &x[0][self.query_at(query)..][..self.head_dim];
        let sink = self.sink_of(x, query);
        let mut most = sink.unwrap_or(T::minus_infinity());
        for j in self.places(query.i) {
            (p[j], bent[j]) = (T::minus_infinity(), T::ZERO);
            let Some(bias) = self.bias_of(x, query, j) else {
                continue;
            };
            let k = &x[1][self.key_at(query, j)..][..self.head_dim];
            let z = q.iter().zip(k).map(|(&q, &k)| q * k).sum::<T>() * T::from_f64(self.scale);
            p[j] = bias
                + self.cap.map_or(z, |cap| {
                    bent[j] = (z / T::from_f64(cap)).tanh();
                    T::from_f64(cap) * bent[j]
                });
            most = most.maximum(p[j]);
        }
        if most == T::minus_infinity() {
            p[self.places(query.i)].fill(T::ZERO);
            return -most;
        }
        let of_keys: T = self.places(query.i).map(|j| (p[j] - most).exp()).sum();
        let total = sink.map_or(of_keys, |sink| of_keys + (sink - most).exp());
        let all = most + total.ln();
        self.places(query.i).for_each(|j| p[j] = (p[j] - all).exp());
        all
    }

    /// What is added to the score of a key; `None` for one that the query does not see.
    fn bias_of<T: Real>(&self, x: Inputs<'_, T>, query: Query, j: usize) -> Option<T> {
        let is_masked = x.get(3).is_some_and(|mask| mask[place(self.mask, query, j)] == T::ZERO);
        let bias = x.get(4).map_or(T::ZERO, |bias| bias[place(self.bias, query, j)]);
        (!is_masked && bias != T::minus_infinity()).then_some(bias)
    }

    fn sink_of<T: Real>(&self, x: Inputs<'_, T>, query: Query) -> Option<T> {
        x.get(5).map(|sink| sink[self.sink * query.h])
    }

    fn all(&self) -> impl Iterator<Item = Query> + use<> {
        let Self {
            batch, heads, queries, ..
        } = *self;
        let of_head = move |b, h| (0..queries).map(move |i| Query { b, h, i });
        (0..batch).flat_map(move |b| (0..heads).flat_map(move |h| of_head(b, h)))
    }

    fn query_at(&self, Query { b, h, i }: Query) -> usize {
        ((b * self.queries + i) * self.heads + h) * self.head_dim
    }

    fn result_at(&self, Query { b, h, i }: Query) -> usize {
        ((b * self.queries + i) * self.heads + h) * self.value_dim
    }

    fn key_at(&self, query: Query, j: usize) -> usize {
        self.kv_row(query, j) * self.head_dim
    }

    fn value_at(&self, query: Query, j: usize) -> usize {
        self.kv_row(query, j) * self.value_dim
    }

    fn kv_row(&self, Query { b, h, .. }: Query, j: usize) -> usize {
        (b * self.keys + j) * self.kv_heads + h / (self.heads / self.kv_heads)
    }
}

/// The place of what belongs to one query and one key.
fn place([of_b, of_h, of_i, of_j]: [usize; 4], Query { b, h, i }: Query, j: usize) -> usize {
    of_b * b + of_h * h + of_i * i + of_j * j
}

/// A mask with the axes of pairs, `[B, 1, Tq, Tk]`: one of keys has one row of queries, one of pairs no heads.
pub(super) fn mask_of_pairs(mask: Shape) -> Shape {
    match mask.rank() {
        2 => mask.insert(1, 1).insert(1, 1),
        3 => mask.insert(1, 1),
        _ => mask,
    }
}

/// How far apart the entries along each axis of `full` are in an array that broadcasts to it.
fn strides(shape: Shape, full: Shape) -> [usize; 4] {
    let missing = full.rank() - shape.rank();
    let mut apart = 1;
    let mut strides = [0; 4];
    for axis in (missing..full.rank()).rev() {
        let size = shape.size(axis - missing);
        strides[axis] = if size == 1 { 0 } else { apart };
        apart *= size;
    }
    strides
}
