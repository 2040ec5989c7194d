//! Attention of one query, as decoding asks for it token by token.
//!
//! Packing pays when many queries read the same keys. One query reads the rows of its keys and values where they are,
//! and of a cache that is not full only those that it may see.

use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::attention::Inputs;
use super::float::Float;
use super::gemv::Gemv;
use super::lanes::{exp_and_sum, maximum};
use super::matrix::{Target, View};
use crate::kernels::attention::AttentionSizes;

/// The output and the notes of the heads that share one key/value head.
#[inline(always)]
pub fn single_query<T: Float, S: Simd>(
    simd: S,
    at: AttentionSizes,
    x: Inputs<'_, T>,
    (mut y, notes): (Target<'_, T>, &mut [T]),
    room: &mut [T],
) {
    let (d, scale) = (at.head_dim, T::from_f64(at.scale()));
    let (scores, weights) = room[..2 * at.keys].split_at_mut(at.keys);
    for (h, note) in notes.iter_mut().enumerate() {
        let q = &x.q.part(0, h * d).data[..d];
        // s = q kᵀ / √D, without gaps: of the visible keys alone
        let mut seen = 0;
        for run in visible_runs(x.mask, at.keys_seen(0)) {
            let s = &mut scores[seen..][..run.len()];
            s.fill(T::ZERO);
            let keys = View::transposed(x.k.part(run.start, 0));
            let product = Gemv { a: q, b: keys, c: s };
            product.with_simd(simd);
            seen += run.len();
        }
        scores[..seen].iter_mut().for_each(|s| *s *= scale);
        let most = maximum(simd, &scores[..seen]);
        // A query that sees nothing has weights of exp(-∞ - 0), of which the sum is 0.
        let most = if most == T::minus_infinity() { T::ZERO } else { most };
        let total = exp_and_sum(simd, &scores[..seen], most, &mut weights[..seen]);
        // y = p v
        let y = y.row_mut(0, (h + 1) * d);
        let y = &mut y[h * d..];
        y.fill(T::ZERO);
        let mut done = 0;
        for run in visible_runs(x.mask, at.keys_seen(0)) {
            let p = &weights[done..][..run.len()];
            let product = Gemv {
                a: p,
                b: x.v.part(run.start, 0),
                c: y,
            };
            product.with_simd(simd);
            done += run.len();
        }
        let inverse = if total == T::ZERO { T::ZERO } else { T::ONE / total };
        y.iter_mut().for_each(|y| *y *= inverse);
        *note = if seen == 0 {
            -T::minus_infinity()
        } else {
            most + total.ln()
        };
    }
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
