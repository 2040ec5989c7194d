//! Attention in blocks of queries: the scores of one block and one head at a time, never of all.
//!
//! Keys and values of a head are packed once. For each block of queries the scores against the keys that the last of
//! them may see are one product, their softmax is taken in place, and the weighted values are a second product that
//! writes straight into the head's columns of `y`. Packing pays for a single query too: a row of products with packed
//! keys is several times as fast as as many dot products.
//!
//! A task is some key/value heads with the query heads that read them; what is computed for one does not depend on the
//! others, so they are shared out among the threads in any way.
//! Source of working in blocks: Dao et al., "FlashAttention" (2022); here a row of scores is short enough to be kept.

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::attention_block::{QUERIES, Rows, Weights, scores_len};
use super::dispatch::run;
use super::float::Float;
use super::matrix::{Target, View};
use super::packed::{Packed, packed_len};
use super::product::{Product, multiply_packed};
use super::share_out::ShareOut;
use super::single_query::single_query;
use super::tile::Start;
use crate::attention::{AttentionInputs, AttentionSizes};

/// The most tasks at a time; each has a room of its own in the scratch.
const ROOMS: usize = 16;

/// The rooms of one pass.
pub const fn rooms(at: &AttentionSizes) -> usize {
    let heads = at.batch * at.kv_heads;
    if heads < ROOMS { heads } else { ROOMS }
}

/// The length of the room of one task of the forward pass.
pub const fn room_len(at: &AttentionSizes) -> usize {
    packed_len(at.head_dim, at.keys) + packed_len(at.keys, at.head_dim) + QUERIES * scores_len(at.keys)
}

/// `y = softmax(q kᵀ / √D) v`; the notes are the logsumexp of each query's scores.
pub fn attention<T: Float>(
    at: AttentionSizes,
    x: AttentionInputs<'_, T>,
    y: &mut [T],
    notes: &mut [T],
    scratch: &mut [T],
) {
    at.check(x, y.len(), notes.len());
    let group = at.heads / at.kv_heads;
    if notes.is_empty() {
        return;
    }
    if at.queries == 1 && at.keys > 0 && at.head_dim > 0 {
        return single_query(at, x, y, notes);
    }
    let task = heads_of_task(&at);
    let y = Target::rows(y, at.heads * at.head_dim);
    let rooms = scratch[..rooms(&at) * room_len(&at)].par_chunks_mut(room_len(&at));
    let tasks = rooms.zip(notes.par_chunks_mut(task * group * at.queries));
    tasks.enumerate().share_out(|(i, (room, notes))| {
        for (head, notes) in notes.chunks_exact_mut(group * at.queries).enumerate() {
            let place = Place::new(&at, i * task + head);
            run(Forward {
                at,
                x: place.inputs(&at, x),
                // SAFETY: each key/value head has its own query heads, and so its own columns of y.
                y: unsafe { y.part(place.b * at.queries, place.kv * group * at.head_dim) },
                notes,
                room: &mut *room,
            });
        }
    });
}

/// How many key/value heads of all sequences one task takes.
pub fn heads_of_task(at: &AttentionSizes) -> usize {
    const WORTH_A_THREAD: usize = 1 << 17;
    let heads = at.batch * at.kv_heads;
    let work = at.batch * at.heads * at.queries * at.keys * at.head_dim;
    let threads = rayon::current_num_threads();
    let tasks = if threads == 1 {
        1
    } else {
        (4 * threads).min(work / WORTH_A_THREAD)
    };
    heads.div_ceil(tasks.clamp(1, rooms(at)))
}

/// One key/value head of one sequence.
pub struct Place {
    pub b: usize,
    pub kv: usize,
}

impl Place {
    /// Head number `index` of all heads of all sequences.
    pub fn new(at: &AttentionSizes, index: usize) -> Self {
        Self {
            b: index / at.kv_heads,
            kv: index % at.kv_heads,
        }
    }

    /// What this head and the query heads that read it see: views that start at their first numbers.
    pub fn inputs<'a, T>(&self, at: &AttentionSizes, x: AttentionInputs<'a, T>) -> Inputs<'a, T> {
        let (d, group) = (at.head_dim, at.heads / at.kv_heads);
        let q = View::rows(x.q, at.heads * d).part(self.b * at.queries, self.kv * group * d);
        let keys = |data| View::rows(data, at.kv_heads * d).part(self.b * at.keys, self.kv * d);
        Inputs {
            q,
            k: keys(x.k),
            v: keys(x.v),
            mask: x.mask.map(|mask| &mask[self.b * at.keys..][..at.keys]),
        }
    }
}

/// The inputs of one key/value head.
#[derive(Clone, Copy)]
pub struct Inputs<'a, T> {
    pub q: View<'a, T>,
    pub k: View<'a, T>,
    pub v: View<'a, T>,
    pub mask: Option<&'a [T]>,
}

struct Forward<'a, T> {
    at: AttentionSizes,
    x: Inputs<'a, T>,
    y: Target<'a, T>,
    notes: &'a mut [T],
    room: &'a mut [T],
}

impl<T: Float> WithSimd for Forward<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let AttentionSizes {
            queries,
            keys,
            head_dim: d,
            ..
        } = self.at;
        let (k_room, rest) = self.room.split_at_mut(packed_len(d, keys));
        let (v_room, scores) = rest.split_at_mut(packed_len(keys, d));
        let k = Packed::at(simd, (d, keys), self.x.k.transposed(), k_room);
        let v = Packed::at(simd, (keys, d), self.x.v, v_room);
        for (h, notes) in self.notes.chunks_exact_mut(queries).enumerate() {
            for (block, notes) in notes.chunks_mut(QUERIES).enumerate() {
                let first = block * QUERIES;
                let rows = Rows::new(self.at, first, notes.len());
                // s = q kᵀ
                rows.scores(simd, self.x.q.part(first, h * d), k, scores);
                let weights = Weights::new(simd, self.at, (rows, first), self.x.mask, scores);
                // y = p v
                let product = Product {
                    m: rows.count,
                    k: rows.seen,
                    n: d,
                    a: View::rows(scores, rows.width),
                    start: Start::Zero,
                };
                // SAFETY: a part of this head's own columns, used by this thread alone.
                let mut y = unsafe { self.y.part(first, h * d) };
                multiply_packed(simd, product, v, &mut y);
                for (i, note) in notes.iter_mut().enumerate() {
                    weights.scale(i, y.row_mut(i, d));
                    *note = weights.logsumexp(i);
                }
            }
        }
    }
}
