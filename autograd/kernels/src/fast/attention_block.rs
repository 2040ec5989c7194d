//! The scores of one block of queries of one head, and their softmax in place.

use pulp::Simd;

use super::float::Float;
use super::lanes::{LANES, exp_in_place, maximum};
use super::matrix::{Target, View};
use super::packed::Packed;
use super::product::{Product, multiply_packed};
use super::tile::Start;
use crate::attention::AttentionSizes;

/// Queries of one block.
pub const QUERIES: usize = 48;

/// The length of a row of scores, filled up to whole lanes; never empty, so that a block always has its rows.
pub const fn scores_len(keys: usize) -> usize {
    if keys == 0 { LANES } else { keys.next_multiple_of(LANES) }
}

/// A block of queries: the sizes of its scores.
#[derive(Clone, Copy)]
pub struct Rows {
    /// Queries.
    pub count: usize,
    /// The keys that the last of them may see, which is the most.
    pub seen: usize,
    /// The length of a row of scores, whole lanes.
    pub width: usize,
    /// The width of a head.
    pub d: usize,
}

impl Rows {
    /// The block of `count` queries that starts at query `first`.
    pub fn new(at: AttentionSizes, first: usize, count: usize) -> Self {
        let seen = at.keys_seen(first + count - 1);
        Self {
            count,
            seen,
            width: scores_len(seen),
            d: at.head_dim,
        }
    }

    /// `s = a bᵀ`: the scores of the queries against the keys, or the like of `g_y` against the values.
    #[inline(always)]
    pub fn scores<T: Float, S: Simd>(&self, simd: S, a: View<'_, T>, b: Packed<'_, T>, s: &mut [T]) {
        let product = Product {
            m: self.count,
            k: self.d,
            n: self.seen,
            a,
            start: Start::Zero,
        };
        multiply_packed(simd, product, b, &mut Target::rows(s, self.width));
    }

    /// The rows of scores.
    #[inline(always)]
    pub fn split<'a, T>(&self, s: &'a mut [T]) -> impl Iterator<Item = &'a mut [T]> + use<'a, T> {
        s.chunks_exact_mut(self.width).take(self.count)
    }
}

/// The softmax of a block of scores: its exponentials stand where the scores stood, not yet divided by their sums.
pub struct Weights<T> {
    scale: T,
    most: [T; QUERIES],
    total: [T; QUERIES],
}

impl<T: Float> Weights<T> {
    /// Turns the scores of `rows`, which start with query `first`, into exponentials.
    ///
    /// All maxima come first, so that the exponentials of one row need not wait for its maximum.
    #[inline(always)]
    pub fn new<S: Simd>(
        simd: S,
        at: AttentionSizes,
        (rows, first): (Rows, usize),
        mask: Option<&[T]>,
        scores: &mut [T],
    ) -> Self {
        let mut weights = Self {
            scale: T::from_f64(at.scale()),
            most: [T::ZERO; QUERIES],
            total: [T::ZERO; QUERIES],
        };
        for (i, s) in rows.split(scores).enumerate() {
            let s = hide(at, first + i, mask, s);
            let most = maximum(simd, s);
            // A query that sees nothing gets weights of exp(-∞ - 0).
            weights.most[i] = if most == T::minus_infinity() { T::ZERO } else { most };
        }
        for (i, s) in rows.split(scores).enumerate() {
            let (most, scale) = (weights.most[i], weights.scale);
            let lanes = lanes_seen(at, first + i, s.len());
            weights.total[i] = exp_in_place(simd, &mut s[..lanes], |s| (s - most) * scale);
        }
        weights
    }

    /// Divides the weighted values of query `i` by the sum of its weights; 0 where it sees nothing.
    #[inline(always)]
    pub fn scale(&self, i: usize, y: &mut [T]) {
        let total = self.total[i];
        let inverse = if total == T::ZERO { T::ZERO } else { T::ONE / total };
        for y in y {
            *y *= inverse;
        }
    }

    /// The logsumexp of the scores of query `i`; `+∞` where it sees nothing.
    #[inline(always)]
    pub fn logsumexp(&self, i: usize) -> T {
        if self.total[i] == T::ZERO {
            return -T::minus_infinity();
        }
        self.most[i] * self.scale + self.total[i].ln()
    }
}

/// The length of the whole lanes that hold what query `i` may see.
#[inline(always)]
fn lanes_seen(at: AttentionSizes, i: usize, width: usize) -> usize {
    at.keys_seen(i).next_multiple_of(LANES).min(width)
}

/// Writes `-∞` where query `i` may not look; gives the whole lanes that hold what it may see, with 0 after them.
#[inline(always)]
pub fn hide<'a, T: Float>(at: AttentionSizes, i: usize, mask: Option<&[T]>, s: &'a mut [T]) -> &'a mut [T] {
    let seen = at.keys_seen(i);
    let (s, hidden) = s.split_at_mut(lanes_seen(at, i, s.len()));
    hidden.fill(T::ZERO);
    if let Some(mask) = mask {
        for (s, &visible) in s.iter_mut().zip(&mask[..seen]) {
            *s = if visible == T::ZERO { T::minus_infinity() } else { *s };
        }
    }
    let visible = LANES + seen - s.len();
    if let Some(last) = s.last_chunk_mut::<LANES>() {
        let mut lanes = *last;
        for (j, s) in lanes.iter_mut().enumerate() {
            *s = if j < visible { *s } else { T::minus_infinity() };
        }
        *last = lanes;
    }
    s
}
