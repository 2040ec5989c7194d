//! Matrices of few bits: whole numbers of 8 or 4 bits, and what they stand for.
//!
//! - 8 bits, per row: `w = scale code` with `code` from -127 to 127 and `scale = max |w| / 127` over the row.
//! - 4 bits, in groups of 32 neighbours of a row: `w = offset + scale code` with `code` from 0 to 15, `offset = min w` and
//!   `scale = (max w - min w) / 15` over the group, both kept in 16 bits. That is 20 bytes for 32 weights, 5 bits each.
//!
//! Source: deck S3, quantisation to 4 bits; LECTURES row G9.

use crate::numbers::Scalar;

/// The neighbours that share scale and offset.
pub const GROUP: usize = 32;
/// The bytes of their codes.
const CODES: usize = GROUP / 2;

/// The bits of a weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bits {
    /// Eight, with a scale for each row.
    Eight,
    /// Four, with a scale and an offset for each group of 32.
    Four,
}

/// A matrix of few bits, `[rows, cols]`.
#[derive(Clone, Debug, PartialEq)]
pub struct PackedMatrix {
    rows: usize,
    cols: usize,
    pub(crate) codes: Codes,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Codes {
    /// The codes row by row, and the scale of each row.
    Eight { codes: Vec<i8>, scales: Vec<f32> },
    /// For each group 16 bytes: the code of weight `i` is the low half of byte `i`, that of `i + 16` the high half. And for
    /// each group scale and offset as numbers of 16 bits.
    Four {
        codes: Vec<[u8; CODES]>,
        scales: Vec<[u16; 2]>,
    },
}

impl PackedMatrix {
    /// The nearest matrix of so many bits to these weights, row by row.
    ///
    /// `None` if a weight is not finite or, for 4 bits, too large for a number of 16 bits.
    ///
    /// **Panics** if there are not `rows cols` weights.
    pub fn pack(bits: Bits, [rows, cols]: [usize; 2], w: &[f32]) -> Option<Self> {
        assert_eq!(w.len(), rows * cols, "as many weights as the matrix has entries");
        let largest = w.iter().fold(0.0, |largest: f32, w| largest.max(w.abs()));
        let bound = if bits == Bits::Four { HALF_MAX } else { f32::MAX };
        if largest > bound || w.iter().any(|w| w.is_nan()) {
            return None;
        }
        let each_row = w.chunks(cols.max(1));
        let codes = match bits {
            Bits::Eight => {
                let rows = each_row.map(eight);
                let (scales, codes): (Vec<f32>, Vec<Vec<i8>>) = rows.unzip();
                Codes::Eight {
                    codes: codes.concat(),
                    scales,
                }
            }
            Bits::Four => {
                let groups = each_row.flat_map(|row| row.chunks(GROUP).map(four));
                let (scales, codes) = groups.unzip();
                Codes::Four { codes, scales }
            }
        };
        Some(Self { rows, cols, codes })
    }

    /// Rows and columns.
    pub fn sizes(&self) -> [usize; 2] {
        [self.rows, self.cols]
    }

    /// The bits of a weight.
    pub fn bits(&self) -> Bits {
        match self.codes {
            Codes::Eight { .. } => Bits::Eight,
            Codes::Four { .. } => Bits::Four,
        }
    }

    /// The memory of codes and scales. **Units**: bytes.
    pub fn bytes(&self) -> usize {
        match &self.codes {
            Codes::Eight { codes, scales } => codes.len() + size_of_val(&scales[..]),
            Codes::Four { codes, scales } => size_of_val(&codes[..]) + size_of_val(&scales[..]),
        }
    }

    /// Codes and scales as bytes, to be written to a file.
    pub fn to_bytes(&self) -> [Vec<u8>; 2] {
        match &self.codes {
            Codes::Eight { codes, scales } => [
                codes.iter().map(|code| code.cast_unsigned()).collect(),
                scales.iter().flat_map(|scale| scale.to_le_bytes()).collect(),
            ],
            Codes::Four { codes, scales } => [
                codes.concat(),
                scales.iter().flatten().flat_map(|half| half.to_le_bytes()).collect(),
            ],
        }
    }

    /// The matrix of such bytes; `None` if they are not of a matrix of these sizes, or a scale is not finite.
    pub fn from_bytes(bits: Bits, [rows, cols]: [usize; 2], codes: &[u8], scales: &[u8]) -> Option<Self> {
        let groups = rows.checked_mul(cols.div_ceil(GROUP))?;
        let codes = match bits {
            Bits::Eight => {
                let scales: Vec<f32> = scales
                    .as_chunks::<4>()
                    .0
                    .iter()
                    .map(|&four| f32::from_le_bytes(four))
                    .collect();
                let fits = codes.len() == rows.checked_mul(cols)? && scales.len() == rows;
                (fits && scales.iter().all(|scale| scale.is_finite())).then(|| Codes::Eight {
                    codes: codes.iter().map(|code| code.cast_signed()).collect(),
                    scales,
                })
            }
            Bits::Four => {
                let halves = scales.as_chunks::<4>().0.iter();
                let scales: Vec<[u16; 2]> = halves
                    .map(|&[a, b, c, d]| [u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d])])
                    .collect();
                let is_finite = |half: &u16| half & 0x7c00 != 0x7c00;
                let fits = codes.len() == groups.checked_mul(CODES)? && scales.len() == groups;
                (fits && scales.iter().flatten().all(is_finite)).then(|| Codes::Four {
                    codes: codes.as_chunks::<CODES>().0.to_vec(),
                    scales,
                })
            }
        };
        codes.map(|codes| Self { rows, cols, codes })
    }

    /// Writes what the weights of a row stand for.
    ///
    /// **Panics** if there is no such row, or it has another length.
    pub fn unpack_row<T: Scalar>(&self, row: usize, w: &mut [T]) {
        assert!(row < self.rows && w.len() == self.cols, "a row of the matrix");
        match &self.codes {
            Codes::Eight { codes, scales } => {
                let codes = &codes[row * self.cols..][..self.cols];
                for (w, &code) in w.iter_mut().zip(codes) {
                    *w = T::from_f64(f64::from(scales[row] * f32::from(code)));
                }
            }
            Codes::Four { codes, scales } => {
                let first = row * self.cols.div_ceil(GROUP);
                for (group, w) in w.chunks_mut(GROUP).enumerate() {
                    let [scale, offset] = scales[first + group].map(from_half);
                    for (w, code) in w.iter_mut().zip(each_code(&codes[first + group])) {
                        *w = T::from_f64(f64::from(offset + scale * f32::from(code)));
                    }
                }
            }
        }
    }

    /// What all weights stand for, row by row.
    pub fn unpack<T: Scalar>(&self) -> Vec<T> {
        let mut w = vec![T::ZERO; self.rows * self.cols];
        for (row, w) in w.chunks_mut(self.cols.max(1)).enumerate() {
            self.unpack_row(row, w);
        }
        w
    }
}

fn each_code(codes: &[u8; CODES]) -> impl Iterator<Item = u8> + '_ {
    codes
        .iter()
        .map(|byte| byte & 15)
        .chain(codes.iter().map(|byte| byte >> 4))
}

fn eight(w: &[f32]) -> (f32, Vec<i8>) {
    let scale = w.iter().fold(0.0, |largest: f32, w| largest.max(w.abs())) / 127.0;
    let code = |w: &f32| {
        if scale > 0.0 {
            (w / scale).round().clamp(-127.0, 127.0) as i8
        } else {
            0
        }
    };
    (scale, w.iter().map(code).collect())
}

fn four(w: &[f32]) -> ([u16; 2], [u8; CODES]) {
    let least = w.iter().copied().fold(f32::INFINITY, f32::min);
    let largest = w.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let stored = [(largest - least).min(HALF_MAX) / 15.0, least].map(to_half);
    // The codes are chosen for scale and offset as they are kept.
    let [scale, offset] = stored.map(from_half);
    let mut codes = [0; CODES];
    for (i, &w) in w.iter().enumerate() {
        let code = if scale > 0.0 {
            ((w - offset) / scale).round().clamp(0.0, 15.0) as u8
        } else {
            0
        };
        codes[i % CODES] |= code << (4 * (i / CODES));
    }
    (stored, codes)
}

/// The largest number of 16 bits.
const HALF_MAX: f32 = 65_504.0;
/// `2^112`: what the exponents of 32 and of 16 bits differ by.
const REBIAS: f32 = f32::from_bits(0x7780_0000);

/// The number of 16 bits (IEEE 754 binary16) nearest to `x`, which must not exceed [`HALF_MAX`].
pub(crate) fn to_half(x: f32) -> u16 {
    let bits = (x.abs() / REBIAS).to_bits();
    // Rounded to the nearest; of two, to the even one.
    let rounded = (bits + 0xfff + ((bits >> 13) & 1)) >> 13;
    rounded as u16 | if x.is_sign_negative() { 0x8000 } else { 0 }
}

/// What a finite number of 16 bits stands for, exactly.
#[inline(always)]
pub(crate) fn from_half(half: u16) -> f32 {
    let positive = f32::from_bits((u32::from(half) & 0x7fff) << 13) * REBIAS;
    f32::from_bits(positive.to_bits() | ((u32::from(half) & 0x8000) << 16))
}

/// `y = x Wᵀ + b` for one row `x`, weight by weight.
pub(super) fn plain<T: Scalar>(x: &[T], w: &PackedMatrix, b: Option<&[T]>, y: &mut [T]) {
    let mut row = vec![T::ZERO; w.cols];
    for (o, y) in y.iter_mut().enumerate() {
        w.unpack_row(o, &mut row);
        *y = b.map_or(T::ZERO, |b| b[o]);
        for (&w, &x) in row.iter().zip(x) {
            *y += w * x;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Kernels;

    /// Numbers between -1 and 1, of many sizes, without a pattern of 32.
    fn weights(len: usize) -> Vec<f32> {
        let number = |i: usize| ((i * 7919 + 13) % 1009) as f32 / 504.5 - 1.0;
        (0..len)
            .map(|i| number(i) * if i % 5 == 0 { 0.05 } else { 1.0 })
            .collect()
    }

    #[test]
    fn every_finite_number_of_16_bits_survives_and_others_go_to_the_nearest() {
        let finite = (0..=u16::MAX).filter(|half| half & 0x7c00 != 0x7c00);
        finite.for_each(|half| assert_eq!(to_half(from_half(half)), half, "{half:#x}"));
        assert_eq!([1.0, -2.0, HALF_MAX, 0.0].map(to_half), [0x3c00, 0xc000, 0x7bff, 0]);
        // Half-way between two numbers: the even one; a little more: the next.
        assert_eq!([1.0 + 1.0 / 2048.0, 1.0 + 1.1 / 2048.0].map(to_half), [0x3c00, 0x3c01]);
    }

    #[test]
    fn weights_are_at_most_half_a_step_off() {
        for cols in [1, 31, 32, 33, 100] {
            let w = weights(3 * cols);
            let eight = PackedMatrix::pack(Bits::Eight, [3, cols], &w).unwrap();
            let four = PackedMatrix::pack(Bits::Four, [3, cols], &w).unwrap();
            for (packed, steps) in [(eight, 254.0), (four, 15.0)] {
                let off = packed
                    .unpack::<f32>()
                    .iter()
                    .zip(&w)
                    .map(|(a, b)| (a - b).abs())
                    .fold(0.0, f32::max);
                // Weights span at most 2; scale and offset are rounded to 11 bits, the offset once and the scale 15 times.
                let bound = 2.0 / steps / 2.0 + if steps < 16.0 { 3.0 / 2048.0 } else { 1e-6 };
                assert!(off <= bound, "{cols} columns: {off} off, {bound} allowed");
                let [codes, scales] = packed.to_bytes();
                assert_eq!(packed.bytes(), codes.len() + scales.len());
                assert_eq!(
                    PackedMatrix::from_bytes(packed.bits(), [3, cols], &codes, &scales).as_ref(),
                    Some(&packed)
                );
                assert_eq!(
                    PackedMatrix::from_bytes(packed.bits(), [4, cols], &codes, &scales),
                    None
                );
            }
        }
        assert_eq!(
            PackedMatrix::pack(Bits::Four, [4, 128], &weights(512)).unwrap().bytes(),
            4 * 128 * 5 / 8
        );
        assert_eq!(PackedMatrix::pack(Bits::Eight, [1, 2], &[1.0, f32::NAN]), None);
        assert_eq!(PackedMatrix::pack(Bits::Four, [1, 2], &[1.0, 1e6]), None);
        let same = PackedMatrix::pack(Bits::Four, [1, 2], &[0.25, 0.25]).unwrap();
        assert_eq!(same.unpack::<f64>(), [0.25, 0.25]);
    }

    #[test]
    fn the_product_with_a_packed_matrix_is_that_with_its_unpacked_weights() {
        for [rows, cols] in [[1, 1], [3, 32], [5, 33], [17, 96], [8, 127], [130, 512]] {
            let x: Vec<f32> = weights(cols).iter().map(|x| x * 0.7 + 0.1).collect();
            let b = weights(rows);
            for bits in [Bits::Eight, Bits::Four] {
                let packed = PackedMatrix::pack(bits, [rows, cols], &weights(rows * cols)).unwrap();
                let mut y = vec![f32::NAN; rows];
                f32::packed_linear(&x, &packed, Some(&b), &mut y);
                let (x, b): (Vec<f64>, Vec<f64>) = (
                    x.iter().map(|&x| x.into()).collect(),
                    b.iter().map(|&b| b.into()).collect(),
                );
                let mut exact = vec![0.0; rows];
                plain(&x, &packed, Some(&b), &mut exact);
                for (y, exact) in y.iter().zip(exact) {
                    // Some roundings for each of the products, all below 2.
                    let bound = 4.0 * f64::from(f32::EPSILON) * cols as f64;
                    assert!(
                        (f64::from(*y) - exact).abs() < bound,
                        "{rows} x {cols}: {y} and {exact}"
                    );
                }
            }
        }
    }
}
