//! Turning columns into rows while packing, eight by eight in registers where the processor has AVX.

use std::any::TypeId;

use pulp::Simd;

use super::dispatch::fuses;

/// Writes `out[l · width + j] = columns[j · step + l]` for `l < k`, `j < cols`.
#[inline(always)]
pub fn transpose<T: Copy + 'static, S: Simd>(
    columns: &[T],
    step: usize,
    (k, cols): (usize, usize),
    out: &mut [T],
    width: usize,
) {
    if k == 0 || cols == 0 {
        return;
    }
    assert!((cols - 1) * step + k <= columns.len() && (k - 1) * width + cols <= out.len());
    let (mut k_done, mut cols_done) = (0, 0);
    #[cfg(target_arch = "x86_64")]
    if fuses::<S>() && TypeId::of::<T>() == TypeId::of::<f32>() {
        (k_done, cols_done) = (k / 8 * 8, cols / 8 * 8);
        for l in (0..k_done).step_by(8) {
            for j in (0..cols_done).step_by(8) {
                // SAFETY: T is f32, the level has AVX, and the block lies within the asserted ranges.
                unsafe {
                    let from = columns.as_ptr().add(j * step + l).cast::<f32>();
                    let to = out.as_mut_ptr().add(l * width + j).cast::<f32>();
                    x86::transpose_8x8(from, step, to, width);
                }
            }
        }
    }
    for j in 0..cols {
        let first = if j < cols_done { k_done } else { 0 };
        for l in first..k {
            out[l * width + j] = columns[j * step + l];
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    /// `to[l · width + j] = from[j · step + l]` for `j, l < 8`.
    ///
    /// # Safety
    /// The processor has AVX; all of `from` is readable and all of `to` writable.
    #[inline]
    #[target_feature(enable = "avx")]
    pub unsafe fn transpose_8x8(from: *const f32, step: usize, to: *mut f32, width: usize) {
        for half in 0..2 {
            // Columns j and j + 4 share a register, so that what is left are four transposes of 4 by 4.
            let pair = |j: usize| {
                // SAFETY: four numbers of column j and of column j + 4, as the caller vouches.
                unsafe {
                    let low = _mm_loadu_ps(from.add(j * step + 4 * half));
                    let high = _mm_loadu_ps(from.add((j + 4) * step + 4 * half));
                    _mm256_insertf128_ps::<1>(_mm256_castps128_ps256(low), high)
                }
            };
            let (r0, r1, r2, r3) = (pair(0), pair(1), pair(2), pair(3));
            let (t0, t1) = (_mm256_unpacklo_ps(r0, r1), _mm256_unpackhi_ps(r0, r1));
            let (t2, t3) = (_mm256_unpacklo_ps(r2, r3), _mm256_unpackhi_ps(r2, r3));
            let rows = [
                _mm256_shuffle_ps::<0x44>(t0, t2),
                _mm256_shuffle_ps::<0xee>(t0, t2),
                _mm256_shuffle_ps::<0x44>(t1, t3),
                _mm256_shuffle_ps::<0xee>(t1, t3),
            ];
            for (l, row) in rows.into_iter().enumerate() {
                // SAFETY: row 4 · half + l of the block, as the caller vouches.
                unsafe { _mm256_storeu_ps(to.add((4 * half + l) * width), row) };
            }
        }
    }
}
