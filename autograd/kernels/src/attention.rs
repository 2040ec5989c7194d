//! Scaled dot-product attention with several heads, causal or not, with fewer key/value heads than query heads allowed.
//!
//! For each head, `s_ij = q_i · k_j / √D`, `p_i = softmax_j(s_i)` over the keys that query `i` may see, `y_i = Σ_j p_ij v_j`.
//! Backward: `g_v_j = Σ_i p_ij g_y_i`, `g_p_ij = g_y_i · v_j`, `g_s = p (g_p - Σ_j p g_p)`,
//! `g_q_i = Σ_j g_s_ij k_j / √D`, `g_k_j = Σ_i g_s_ij q_i / √D`. Query head `h` reads key/value head `h / (H/KV)`.
//! Source: Vaswani et al., "Attention Is All You Need" (2017), equation 1.

use super::fast;
use crate::Kernels;

/// The sizes of an attention; every query head and every key/value head is `D` wide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttentionSizes {
    /// Sequences, `B`.
    pub batch: usize,
    /// Queries of each sequence, `Tq`.
    pub queries: usize,
    /// Keys of each sequence, `Tk`.
    pub keys: usize,
    /// Query heads, `H`.
    pub heads: usize,
    /// Key and value heads, `KV`; divides `H`.
    pub kv_heads: usize,
    /// Width of one head, `D`.
    pub head_dim: usize,
    /// Query `i` sees the keys `j ≤ i + Tk - Tq` only: the last query sees the last key.
    pub causal: bool,
}

impl AttentionSizes {
    /// The length of the notes: the logsumexp of each query's scores, `[B, H, Tq]`.
    pub const fn notes_len(&self) -> usize {
        self.batch * self.heads * self.queries
    }

    /// The length of the scratch of the forward pass.
    pub const fn scratch_len(&self) -> usize {
        fast::rooms(self) * fast::room_len(self) + self.keys
    }

    /// The length of the scratch of the backward pass.
    pub const fn backward_scratch_len(&self) -> usize {
        fast::rooms(self) * fast::backward_room_len(self) + 2 * self.keys
    }

    /// How many keys, counted from the first, query `i` may see before any mask.
    pub const fn keys_seen(&self, i: usize) -> usize {
        if self.causal {
            (i + 1 + self.keys).saturating_sub(self.queries)
        } else {
            self.keys
        }
    }

    /// The first (sequence, query) that sees no key at all, which has no softmax.
    ///
    /// The kernels give such a row the output 0 and no gradient; an op reports it as an error.
    pub fn blind_query<T: Kernels>(&self, mask: Option<&[T]>) -> Option<(usize, usize)> {
        let sees = |b: usize, i: usize| (0..self.keys_seen(i)).any(|j| visible(mask, b * self.keys + j));
        let mut queries = (0..self.batch).flat_map(|b| (0..self.queries).map(move |i| (b, i)));
        queries.find(|&(b, i)| !sees(b, i))
    }

    /// `1/√D`, the factor of the scores.
    pub fn scale(&self) -> f64 {
        1.0 / (self.head_dim as f64).sqrt()
    }

    /// Asserts that the slices match the sizes.
    pub(super) fn check<T>(&self, x: AttentionInputs<'_, T>, y: usize, notes: usize) {
        let (queries, keys) = (self.batch * self.queries, self.batch * self.keys);
        assert!(
            self.kv_heads > 0 && self.heads.is_multiple_of(self.kv_heads),
            "attention: the key/value heads must divide the query heads"
        );
        assert!(
            x.q.len() == queries * self.heads * self.head_dim
                && x.k.len() == keys * self.kv_heads * self.head_dim
                && x.v.len() == x.k.len()
                && x.mask.is_none_or(|mask| mask.len() == keys)
                && y == x.q.len()
                && notes == self.notes_len(),
            "attention: slices must match the sizes"
        );
    }
}

/// What an attention reads.
#[derive(Clone, Copy, Debug)]
pub struct AttentionInputs<'a, T> {
    /// `[B, Tq, H·D]`.
    pub q: &'a [T],
    /// `[B, Tk, KV·D]`.
    pub k: &'a [T],
    /// `[B, Tk, KV·D]`.
    pub v: &'a [T],
    /// `[B, Tk]`: 0 where a key may not be seen (padding), 1 where it may.
    pub mask: Option<&'a [T]>,
}

/// Where the gradients of an attention go; each wanted one is overwritten.
#[derive(Debug, Default)]
pub struct AttentionGradients<'a, T> {
    /// `[B, Tq, H·D]`.
    pub g_q: Option<&'a mut [T]>,
    /// `[B, Tk, KV·D]`.
    pub g_k: Option<&'a mut [T]>,
    /// `[B, Tk, KV·D]`.
    pub g_v: Option<&'a mut [T]>,
}

/// Whether the key at `index` of `[B, Tk]` may be seen.
fn visible<T: Kernels>(mask: Option<&[T]>, index: usize) -> bool {
    mask.is_none_or(|mask| mask[index] != T::ZERO)
}

/// `y = softmax(q kᵀ / √D) v`; the notes are the logsumexp of each query's scores.
pub(super) fn plain<T: Kernels>(
    at: AttentionSizes,
    x: AttentionInputs<'_, T>,
    y: &mut [T],
    notes: &mut [T],
    scratch: &mut [T],
) {
    at.check(x, y.len(), notes.len());
    let p = &mut scratch[..at.keys];
    y.fill(T::ZERO);
    for_each_query(at, |query| {
        notes[query.note] = scores(at, x, &query, p);
        weights(notes[query.note], p);
        let y = &mut y[query.at..][..at.head_dim];
        for (&p, row) in p[..query.seen].iter().zip(query.key_rows(at)) {
            for (y, &v) in y.iter_mut().zip(&x.v[row..]) {
                *y += p * v;
            }
        }
    });
}

/// The gradients of an attention, recomputing the weights from the notes.
pub(super) fn plain_backward<T: Kernels>(
    at: AttentionSizes,
    x: AttentionInputs<'_, T>,
    notes: &[T],
    g_y: &[T],
    mut gradients: AttentionGradients<'_, T>,
    scratch: &mut [T],
) {
    at.check(x, g_y.len(), notes.len());
    let wanted = [&mut gradients.g_q, &mut gradients.g_k, &mut gradients.g_v];
    for gradient in wanted.into_iter().flatten() {
        gradient.fill(T::ZERO);
    }
    let scale = T::from_f64(at.scale());
    let (p, g_s) = scratch[..2 * at.keys].split_at_mut(at.keys);
    for_each_query(at, |query| {
        scores(at, x, &query, p);
        weights(notes[query.note], p);
        let (q, g_y) = (&x.q[query.at..][..at.head_dim], &g_y[query.at..][..at.head_dim]);
        // y = Σ_j p_j v_j, p = softmax(s)
        for (g_s, row) in g_s[..query.seen].iter_mut().zip(query.key_rows(at)) {
            *g_s = g_y.iter().zip(&x.v[row..]).map(|(&g_y, &v)| g_y * v).sum();
        }
        let mean: T = p[..query.seen].iter().zip(&*g_s).map(|(&p, &g_p)| p * g_p).sum();
        for (j, row) in query.key_rows(at).enumerate() {
            let p = p[j];
            // s_j = q · k_j / √D
            let g_s = p * (g_s[j] - mean) * scale;
            for d in 0..at.head_dim {
                if let Some(g_v) = &mut gradients.g_v {
                    g_v[row + d] += p * g_y[d];
                }
                if let Some(g_q) = &mut gradients.g_q {
                    g_q[query.at + d] += g_s * x.k[row + d];
                }
                if let Some(g_k) = &mut gradients.g_k {
                    g_k[row + d] += g_s * q[d];
                }
            }
        }
    });
}

/// One query of one head: where it, its note and its keys are.
struct Query {
    /// The offset of its row in `q`, `y` and `g_y`.
    at: usize,
    /// The index of its note.
    note: usize,
    /// How many keys it sees before any mask.
    seen: usize,
    /// The offset of its first key's row in `k` and `v`.
    key: usize,
    /// The offset of its sequence in the mask.
    mask: usize,
}

impl Query {
    /// The offsets of the rows of the keys that it sees.
    fn key_rows(&self, at: AttentionSizes) -> impl Iterator<Item = usize> + use<> {
        let first = self.key;
        (0..self.seen).map(move |j| first + j * at.kv_heads * at.head_dim)
    }
}

/// Every query of every head of every sequence.
fn for_each_query(at: AttentionSizes, mut visit: impl FnMut(Query)) {
    let group = at.heads / at.kv_heads;
    for b in 0..at.batch {
        for h in 0..at.heads {
            for i in 0..at.queries {
                visit(Query {
                    at: ((b * at.queries + i) * at.heads + h) * at.head_dim,
                    note: (b * at.heads + h) * at.queries + i,
                    seen: at.keys_seen(i),
                    key: (b * at.keys * at.kv_heads + h / group) * at.head_dim,
                    mask: b * at.keys,
                });
            }
        }
    }
}

/// Writes the scores of one query, `-∞` where it may not look, and gives their logsumexp (`+∞` where it sees nothing).
fn scores<T: Kernels>(at: AttentionSizes, x: AttentionInputs<'_, T>, query: &Query, s: &mut [T]) -> T {
    let q = &x.q[query.at..][..at.head_dim];
    s.fill(T::minus_infinity());
    for (j, row) in query.key_rows(at).enumerate() {
        if visible(x.mask, query.mask + j) {
            s[j] = q.iter().zip(&x.k[row..]).map(|(&q, &k)| q * k).sum::<T>() * T::from_f64(at.scale());
        }
    }
    let most = super::softmax::maximum(s);
    if most == T::minus_infinity() {
        return -most;
    }
    most + s.iter().map(|&s| (s - most).exp()).sum::<T>().ln()
}

/// `p = exp(s - logsumexp)`, in place.
fn weights<T: Kernels>(logsumexp: T, s: &mut [T]) {
    for s in s {
        *s = (*s - logsumexp).exp();
    }
}
