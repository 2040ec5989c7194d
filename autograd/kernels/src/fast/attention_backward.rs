//! The gradients of attention, block by block like the forward pass.
//!
//! The weights of a block are computed again from the notes: keeping them would take `B·H·Tq·Tk` numbers. The last block
//! comes first, because it sees every key and so starts the gradients of all keys and values; the others add to them.

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::attention::{Inputs, Place, heads_of_task, rooms};
use super::attention_block::{QUERIES, Rows, hide, scores_len};
use super::dispatch::run;
use super::float::Float;
use super::lanes::{exp_in_place, sum_of_pairs};
use super::matrix::{Target, View};
use super::packed::{Packed, packed_len};
use super::product::{Product, multiply_packed};
use super::share_out::ShareOut;
use super::tile::Start;
use crate::attention::{AttentionGradients, AttentionInputs, AttentionSizes};

/// The length of the room of one task of the backward pass.
pub const fn backward_room_len(at: &AttentionSizes) -> usize {
    let packed = 2 * packed_len(at.head_dim, at.keys) + packed_len(at.keys, at.head_dim);
    packed + 2 * QUERIES * scores_len(at.keys) + packed_len(QUERIES, at.head_dim)
}

/// The gradients of an attention from its inputs, its notes and the gradient `g_y`.
pub fn attention_backward<T: Float>(
    at: AttentionSizes,
    x: AttentionInputs<'_, T>,
    notes: &[T],
    g_y: &[T],
    gradients: AttentionGradients<'_, T>,
    scratch: &mut [T],
) {
    at.check(x, g_y.len(), notes.len());
    let (d, group) = (at.head_dim, at.heads / at.kv_heads);
    let AttentionGradients { g_q, mut g_k, mut g_v } = gradients;
    if notes.is_empty() || at.keys == 0 {
        let wanted = [g_q, g_k, g_v];
        return wanted.into_iter().flatten().for_each(|gradient| gradient.fill(T::ZERO));
    }
    let g_q = g_q.map(|g_q| Target::rows(g_q, at.heads * d));
    let [g_k, g_v] = [&mut g_k, &mut g_v].map(|g| g.as_deref_mut().map(|g| Target::rows(g, at.kv_heads * d)));
    let task = heads_of_task(&at);
    let rooms = scratch[..rooms(&at) * backward_room_len(&at)].par_chunks_mut(backward_room_len(&at));
    let tasks = rooms.zip(notes.par_chunks(task * group * at.queries));
    tasks.enumerate().share_out(|(i, (room, notes))| {
        for (head, notes) in notes.chunks_exact(group * at.queries).enumerate() {
            let place = Place::new(&at, i * task + head);
            let (query, key) = (place.b * at.queries, place.b * at.keys);
            // SAFETY: each key/value head has its own columns of g_k and g_v and, with its query heads, of g_q.
            let [g_q, g_k, g_v] = unsafe {
                [
                    g_q.as_ref().map(|g_q| g_q.part(query, place.kv * group * d)),
                    g_k.as_ref().map(|g_k| g_k.part(key, place.kv * d)),
                    g_v.as_ref().map(|g_v| g_v.part(key, place.kv * d)),
                ]
            };
            run(Backward {
                at,
                x: place.inputs(&at, x),
                notes,
                g_y: View::rows(g_y, at.heads * d).part(query, place.kv * group * d),
                g_q,
                g_k,
                g_v,
                room: &mut *room,
            });
        }
    });
}

struct Backward<'a, T> {
    at: AttentionSizes,
    x: Inputs<'a, T>,
    notes: &'a [T],
    g_y: View<'a, T>,
    g_q: Option<Target<'a, T>>,
    g_k: Option<Target<'a, T>>,
    g_v: Option<Target<'a, T>>,
    room: &'a mut [T],
}

impl<T: Float> WithSimd for Backward<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let AttentionSizes {
            queries,
            keys,
            head_dim: d,
            ..
        } = self.at;
        let (room_1, rest) = self.room.split_at_mut(packed_len(d, keys));
        let (room_2, rest) = rest.split_at_mut(packed_len(d, keys));
        let (room_3, rest) = rest.split_at_mut(packed_len(keys, d));
        let (p, rest) = rest.split_at_mut(QUERIES * scores_len(keys));
        let (g_s, room_4) = rest.split_at_mut(QUERIES * scores_len(keys));
        let k_transposed = Packed::at(simd, (d, keys), self.x.k.transposed(), room_1);
        let v_transposed = Packed::at(simd, (d, keys), self.x.v.transposed(), room_2);
        let k = Packed::at(simd, (keys, d), self.x.k, room_3);
        let (scale, mut start) = (T::from_f64(self.at.scale()), Start::Zero);
        for (h, notes) in self.notes.chunks_exact(queries).enumerate() {
            for (block, notes) in notes.chunks(QUERIES).enumerate().rev() {
                let first = block * QUERIES;
                let rows = Rows::new(self.at, first, notes.len());
                let (q, g_y) = (self.x.q.part(first, h * d), self.g_y.part(first, h * d));
                // y = p v
                rows.scores(simd, q, k_transposed, p);
                rows.scores(simd, g_y, v_transposed, g_s);
                for (i, (p, &note)) in rows.split(p).zip(notes).enumerate() {
                    let p = hide(self.at, first + i, self.x.mask, p);
                    exp_in_place(simd, p, |s| s * scale - note);
                }
                for (p, g_s) in rows.split(p).zip(rows.split(g_s)) {
                    g_s[rows.seen..].fill(T::ZERO);
                    through_softmax(simd, scale, p, g_s);
                }
                if let Some(g_v) = &mut self.g_v {
                    rows.add_transposed(simd, (p, g_y), start, g_v, room_4);
                }
                // s = q kᵀ / √D
                if let Some(g_q) = &self.g_q {
                    let product = Product {
                        m: rows.count,
                        k: rows.seen,
                        n: d,
                        a: View::rows(g_s, rows.width),
                        start: Start::Zero,
                    };
                    // SAFETY: a part of this head's own columns, used by this thread alone.
                    multiply_packed(simd, product, k, &mut unsafe { g_q.part(first, h * d) });
                }
                if let Some(g_k) = &mut self.g_k {
                    rows.add_transposed(simd, (g_s, q), start, g_k, room_4);
                }
                start = Start::Target;
            }
        }
    }
}

/// From `g_p = g_y vᵀ` of one query to `g_s = p (g_p - Σ p g_p) / √D`, in place.
#[inline(always)]
fn through_softmax<T: Float, S: Simd>(simd: S, scale: T, p: &[T], g_s: &mut [T]) {
    let mean = sum_of_pairs(simd, p, g_s, |p, g_p| p * g_p);
    for (g_s, &p) in g_s.iter_mut().zip(p) {
        *g_s = p * (*g_s - mean) * scale;
    }
}

impl Rows {
    /// `g [seen, D] += sᵀ [seen, rows] · x [rows, D]`, or `=` where it starts.
    #[inline(always)]
    fn add_transposed<T: Float, S: Simd>(
        &self,
        simd: S,
        (s, x): (&[T], View<'_, T>),
        start: Start<'_, T>,
        g: &mut Target<'_, T>,
        room: &mut [T],
    ) {
        let x = Packed::at(simd, (self.count, self.d), x, room);
        let product = Product {
            m: self.seen,
            k: self.count,
            n: self.d,
            a: View::rows(s, self.width).transposed(),
            start,
        };
        multiply_packed(simd, product, x, g);
    }
}
