//! The product of one row with a packed matrix: each block of codes becomes numbers in registers, and is never stored.
//!
//! `y_o = Σ_i w_oi x_i` in 32 running sums. With 4 bits `w = offset + scale code`, so
//! `Σ w x = Σ over groups (offset Σ x + Σ (scale code) x)`, and the sums `Σ x` of the groups are the same for all rows.

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::dispatch::run;
use super::float::Float;
use super::share_out::ShareOut;
use super::tasks::TASK;
use crate::packed_matrix::{Codes, GROUP, PackedMatrix, from_half};

/// `y = x Wᵀ + b` for one row `x`; the rows of a large `W` are cut into tasks.
pub fn packed_linear<T: Float>(x: &[T], w: &PackedMatrix, b: Option<&[T]>, y: &mut [T]) {
    let [rows, cols] = w.sizes();
    assert!(x.len() == cols && y.len() == rows, "x fits the columns and y the rows");
    let groups = cols.div_ceil(GROUP);
    T::with_buffer(groups * (GROUP + 1), |buffer| {
        let (blocks, sums) = buffer.split_at_mut(groups * GROUP);
        blocks[cols..].fill(T::ZERO);
        blocks[..cols].copy_from_slice(x);
        let blocks = blocks.as_chunks::<GROUP>().0;
        for (sum, block) in sums.iter_mut().zip(blocks) {
            *sum = block.iter().fold(T::ZERO, |sum, &x| sum + x);
        }
        let sums = &*sums;
        let one = |first: usize, y: &mut [T]| {
            run(Rows {
                blocks,
                sums,
                w,
                b,
                first,
                y,
            });
        };
        if rows * cols <= TASK {
            return one(0, y);
        }
        let task = (TASK / cols.max(1)).max(1);
        y.par_chunks_mut(task).enumerate().share_out(|(i, y)| one(i * task, y));
    });
}

/// Some rows of the product, from `first` on.
struct Rows<'a, T> {
    blocks: &'a [[T; GROUP]],
    sums: &'a [T],
    w: &'a PackedMatrix,
    b: Option<&'a [T]>,
    first: usize,
    y: &'a mut [T],
}

impl<T: Float> WithSimd for Rows<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let [_, cols] = self.w.sizes();
        let groups = self.blocks.len();
        for (o, y) in self.y.iter_mut().enumerate() {
            let row = self.first + o;
            let dot = match &self.w.codes {
                Codes::Eight { codes, scales } => {
                    number::<T>(scales[row]) * dot_eight::<T, S>(self.blocks, &codes[row * cols..][..cols])
                }
                Codes::Four { codes, scales } => {
                    let of_row = row * groups..(row + 1) * groups;
                    dot_four::<T, S>(self.blocks, self.sums, &codes[of_row.clone()], &scales[of_row])
                }
            };
            *y = self.b.map_or(dot, |b| b[row] + dot);
        }
    }
}

#[inline(always)]
fn dot_eight<T: Float, S: Simd>(blocks: &[[T; GROUP]], codes: &[i8]) -> T {
    let mut sums = [T::ZERO; GROUP];
    let (whole, rest) = codes.as_chunks::<GROUP>();
    for (x, codes) in blocks.iter().zip(whole) {
        for ((sum, &x), &code) in sums.iter_mut().zip(x).zip(codes) {
            *sum = number::<T>(f32::from(code)).mul_add_at::<S>(x, *sum);
        }
    }
    for (i, &code) in rest.iter().enumerate() {
        sums[i] = number::<T>(f32::from(code)).mul_add_at::<S>(blocks[whole.len()][i], sums[i]);
    }
    total(sums)
}

#[inline(always)]
fn dot_four<T: Float, S: Simd>(
    blocks: &[[T; GROUP]],
    of_blocks: &[T],
    codes: &[[u8; GROUP / 2]],
    scales: &[[u16; 2]],
) -> T {
    let (mut sums, mut offsets) = ([T::ZERO; GROUP], T::ZERO);
    for (((x, &sum), codes), scales) in blocks.iter().zip(of_blocks).zip(codes).zip(scales) {
        let [scale, offset] = [number::<T>(from_half(scales[0])), number::<T>(from_half(scales[1]))];
        offsets = offset.mul_add_at::<S>(sum, offsets);
        let (low, high) = sums.split_at_mut(GROUP / 2);
        let (x_low, x_high) = x.split_at(GROUP / 2);
        for ((sum, &x), byte) in low.iter_mut().zip(x_low).zip(codes) {
            let code = number::<T>(f32::from(byte & 15));
            *sum = (scale * code).mul_add_at::<S>(x, *sum);
        }
        for ((sum, &x), byte) in high.iter_mut().zip(x_high).zip(codes) {
            let code = number::<T>(f32::from(byte >> 4));
            *sum = (scale * code).mul_add_at::<S>(x, *sum);
        }
    }
    total(sums) + offsets
}

/// The same number in another type; to `f32` it costs nothing.
#[inline(always)]
fn number<T: Float>(x: f32) -> T {
    T::from_f64(f64::from(x))
}

/// The sum of the running sums, halving their number at each step.
#[inline(always)]
fn total<T: Float>(mut sums: [T; GROUP]) -> T {
    let mut half = GROUP / 2;
    while half > 0 {
        for i in 0..half {
            sums[i] += sums[i + half];
        }
        half /= 2;
    }
    sums[0]
}
