//! Attention of one query, as decoding asks for it token by token.
//!
//! Packing pays when many queries read the same keys. One query reads the rows of its keys and values where they are,
//! and of a cache that is not full only those that it may see. A row holds all heads side by side, and memory is fast
//! when it is read from end to end; so the heads take turns after some rows, not after all.

use std::ops::Range;

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::attention::heads_of_task;
use super::dispatch::run;
use super::float::Float;
use super::gemv::Gemv;
use super::lanes::{exp_and_sum, maximum};
use super::matrix::View;
use super::share_out::ShareOut;
use crate::attention::{AttentionInputs, AttentionSizes};

/// The rows of keys or values that one head reads before the next one takes its turn.
const TURN: usize = 16;

/// `y = softmax(q kᵀ / √D) v` for one query a sequence; the notes are the logsumexp of its scores.
///
/// Little work is done on this thread: to hand it over would take longer.
pub fn single_query<T: Float>(at: AttentionSizes, x: AttentionInputs<'_, T>, y: &mut [T], notes: &mut [T]) {
    let group = at.heads / at.kv_heads;
    let task = heads_of_task(&at).min(at.kv_heads) * group;
    let one = |b: usize, first: usize, y: &mut [T], notes: &mut [T]| {
        T::with_buffer(2 * notes.len() * at.keys, |room| {
            run(Task {
                at,
                x: Sequence::new(&at, x, b),
                first,
                y,
                notes,
                room,
            });
        });
    };
    if at.batch == 1 && task == at.heads {
        return one(0, 0, y, notes);
    }
    let sequences = y.par_chunks_exact_mut(at.heads * at.head_dim);
    let sequences = sequences.zip(notes.par_chunks_exact_mut(at.heads));
    sequences.enumerate().share_out(|(b, (y, notes))| {
        let tasks = y.par_chunks_mut(task * at.head_dim).zip(notes.par_chunks_mut(task));
        tasks
            .enumerate()
            .share_out(|(i, (y, notes))| one(b, i * task, y, notes));
    });
}

/// What one sequence reads; the views are of whole rows.
#[derive(Clone, Copy)]
struct Sequence<'a, T> {
    q: &'a [T],
    k: View<'a, T>,
    v: View<'a, T>,
    mask: Option<&'a [T]>,
}

impl<'a, T> Sequence<'a, T> {
    fn new(at: &AttentionSizes, x: AttentionInputs<'a, T>, b: usize) -> Self {
        let keys = |data| View::rows(data, at.kv_heads * at.head_dim).part(b * at.keys, 0);
        Self {
            q: &x.q[b * at.heads * at.head_dim..],
            k: keys(x.k),
            v: keys(x.v),
            mask: x.mask.map(|mask| &mask[b * at.keys..][..at.keys]),
        }
    }
}

/// Some query heads of one sequence, from `first` on: as many as there are notes.
struct Task<'a, T> {
    at: AttentionSizes,
    x: Sequence<'a, T>,
    first: usize,
    y: &'a mut [T],
    notes: &'a mut [T],
    room: &'a mut [T],
}

impl<T: Float> WithSimd for Task<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self {
            at,
            x,
            first,
            y,
            notes,
            room,
        } = self;
        let (d, group, scale) = (at.head_dim, at.heads / at.kv_heads, T::from_f64(at.scale()));
        let part = |h: usize| (first + h) / group * d;
        let (scores, weights) = room.split_at_mut(notes.len() * at.keys);
        // s = q kᵀ, without gaps: of the visible keys alone
        let mut seen = 0;
        for rows in turns(x.mask, at.keys_seen(0)) {
            for (h, s) in scores.chunks_exact_mut(at.keys).enumerate() {
                let s = &mut s[seen..][..rows.len()];
                s.fill(T::ZERO);
                let (a, b) = (&x.q[(first + h) * d..][..d], x.k.part(rows.start, part(h)).transposed());
                Gemv { a, b, c: s }.with_simd(simd);
            }
            seen += rows.len();
        }
        // p = softmax(s / √D)
        let rows = scores.chunks_exact_mut(at.keys).zip(weights.chunks_exact_mut(at.keys));
        for ((s, p), note) in rows.zip(&mut *notes) {
            let s = &mut s[..seen];
            s.iter_mut().for_each(|s| *s *= scale);
            let most = maximum(simd, s);
            // A query that sees nothing has weights of exp(-∞ - 0), of which the sum is 0.
            let most = if most == T::minus_infinity() { T::ZERO } else { most };
            let p = &mut p[..seen];
            let total = exp_and_sum(simd, s, most, p);
            let inverse = if total == T::ZERO { T::ZERO } else { T::ONE / total };
            p.iter_mut().for_each(|p| *p *= inverse);
            *note = if seen == 0 {
                -T::minus_infinity()
            } else {
                most + total.ln()
            };
        }
        // y = p v
        y.fill(T::ZERO);
        let mut done = 0;
        for rows in turns(x.mask, at.keys_seen(0)) {
            let heads = weights.chunks_exact(at.keys).zip(y.chunks_exact_mut(d)).enumerate();
            for (h, (p, c)) in heads {
                let (a, b) = (&p[done..][..rows.len()], x.v.part(rows.start, part(h)));
                Gemv { a, b, c }.with_simd(simd);
            }
            done += rows.len();
        }
    }
}

/// The rows of the visible ones of the first `seen` keys, at most [`TURN`] neighbours at a time.
fn turns<T: Float>(mask: Option<&[T]>, seen: usize) -> impl Iterator<Item = Range<usize>> {
    visible_runs(mask, seen).flat_map(|run| {
        let starts = run.clone().step_by(TURN);
        starts.map(move |start| start..run.end.min(start + TURN))
    })
}

/// The runs of neighbouring keys, of the first `seen`, that the mask shows.
fn visible_runs<T: Float>(mask: Option<&[T]>, seen: usize) -> impl Iterator<Item = Range<usize>> {
    let visible = move |j: usize| mask.is_none_or(|mask| mask[j] != T::ZERO);
    let mut next = 0;
    std::iter::from_fn(move || {
        let start = (next..seen).find(|&j| visible(j))?;
        next = (start..seen).find(|&j| !visible(j)).unwrap_or(seen);
        Some(start..next)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_is_read_as_runs() {
        let runs = |mask: &[f32]| visible_runs(Some(mask), mask.len()).collect::<Vec<_>>();
        assert_eq!(runs(&[1.0, 1.0, 0.0, 0.0, 1.0]), [0..2, 4..5]);
        assert_eq!(runs(&[0.0, 0.0]), []);
        assert!(visible_runs::<f32>(None, 3).eq(std::iter::once(0..3)));
    }
}
