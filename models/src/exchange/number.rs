//! The types of numbers in files of weights, and what becomes of each as `f32`.
//!
//! A 16-bit number is an `f32` exactly. `bf16` is the upper half of an `f32`; `f16` (IEEE 754 binary16) has 1 bit of sign,
//! 5 of exponent and 10 of fraction. The other way round the nearest number is taken, of two the even one.

/// The type of the entries of an array in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberType {
    /// 64 bits.
    F64,
    /// 32 bits, as models here compute.
    F32,
    /// 16 bits with a short exponent.
    F16,
    /// 16 bits with a short fraction.
    Bf16,
    /// Whole numbers, truth values or another format, in so many bytes: no weights.
    Other(usize),
}

impl NumberType {
    /// The type of this name in a safetensors file.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "F64" => Self::F64,
            "F32" => Self::F32,
            "F16" => Self::F16,
            "BF16" => Self::Bf16,
            "I64" | "U64" | "C64" => Self::Other(8),
            "I32" | "U32" => Self::Other(4),
            "I16" | "U16" => Self::Other(2),
            "I8" | "U8" | "BOOL" | "F8_E4M3" | "F8_E5M2" | "F8_E8M0" => Self::Other(1),
            _ => return None,
        })
    }

    /// The bytes of one entry.
    pub fn bytes(self) -> usize {
        match self {
            Self::F64 => 8,
            Self::F32 => 4,
            Self::F16 | Self::Bf16 => 2,
            Self::Other(bytes) => bytes,
        }
    }

    /// The numbers that some bytes are, the nearest ones of `f64`; `None` if they are no weights.
    pub fn decode(self, bytes: &[u8]) -> Option<Vec<f32>> {
        let halves = |decode: fn(u16) -> f32| -> Vec<f32> {
            let pairs = bytes.chunks_exact(2);
            pairs.map(|b| decode(u16::from_le_bytes([b[0], b[1]]))).collect()
        };
        Some(match self {
            Self::F64 => {
                let words = bytes.chunks_exact(8);
                let number = |b: &[u8]| f64::from_le_bytes(b.try_into().expect("chunks are of 8 bytes"));
                words.map(|b| number(b) as f32).collect()
            }
            Self::F32 => {
                let words = bytes.chunks_exact(4);
                words.map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect()
            }
            Self::F16 => halves(f32_of_f16),
            Self::Bf16 => halves(|bits| f32::from_bits(u32::from(bits) << 16)),
            Self::Other(_) => return None,
        })
    }
}

fn f32_of_f16(bits: u16) -> f32 {
    let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
    let (exponent, fraction) = (i32::from((bits >> 10) & 0x1f), f32::from(bits & 0x3ff));
    sign * match exponent {
        // Below 2^-14 the numbers are evenly spaced: `fraction 2^-24`.
        0 => fraction * 2.0_f32.powi(-24),
        31 if fraction == 0.0 => f32::INFINITY,
        31 => f32::NAN,
        _ => (1.0 + fraction / 1024.0) * 2.0_f32.powi(exponent - 15),
    }
}

/// The type that weights are written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Written {
    /// As they are.
    #[default]
    F32,
    /// Rounded to 11 bits of fraction, none above 65504.
    F16,
    /// Rounded to 8 bits of fraction.
    Bf16,
}

impl Written {
    /// The name in a safetensors file, and in `config.json`.
    pub fn names(self) -> (safetensors::Dtype, &'static str) {
        match self {
            Self::F32 => (safetensors::Dtype::F32, "float32"),
            Self::F16 => (safetensors::Dtype::F16, "float16"),
            Self::Bf16 => (safetensors::Dtype::BF16, "bfloat16"),
        }
    }

    /// The bytes of some numbers; `None` if one is too large for the type.
    pub fn encode(self, numbers: &[f32]) -> Option<Vec<u8>> {
        let halves = |encode: fn(f32) -> Option<u16>| -> Option<Vec<u8>> {
            let mut bytes = Vec::with_capacity(2 * numbers.len());
            for &x in numbers {
                bytes.extend(encode(x)?.to_le_bytes());
            }
            Some(bytes)
        };
        match self {
            Self::F32 => Some(numbers.iter().flat_map(|x| x.to_le_bytes()).collect()),
            Self::F16 => halves(f16_of_f32),
            Self::Bf16 => halves(bf16_of_f32),
        }
    }
}

fn bf16_of_f32(x: f32) -> Option<u16> {
    let bits = x.to_bits();
    // Half of the last place that stays, rounded down where that place is even.
    let rounded = bits.wrapping_add(0x7fff + ((bits >> 16) & 1)) >> 16;
    let rounded = rounded as u16;
    f32::from_bits(u32::from(rounded) << 16).is_finite().then_some(rounded)
}

fn f16_of_f32(x: f32) -> Option<u16> {
    let sign = if x.is_sign_negative() { 0x8000 } else { 0 };
    let size = f64::from(x.abs());
    if !size.is_finite() {
        return None;
    }
    // The distance of neighbours: `2^(e - 10)` for numbers from `2^e`, never below `2^-24`.
    let exponent = (size.log2().floor() as i32).clamp(-14, 15);
    let places = (size / 2.0_f64.powi(exponent - 10)).round_ties_even() as u32;
    // `places` has 11 bits where the number is normal; a carry into a twelfth raises the exponent by itself.
    let bits = match exponent {
        -14 => places,
        _ => places + ((exponent as u32).wrapping_add(14) << 10),
    };
    let is_finite = bits < 0x7c00;
    is_finite.then_some(bits as u16 | sign)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_16_bit_number_comes_back_from_f32() {
        for bits in 0..=u16::MAX {
            let x = f32_of_f16(bits);
            let expected = x.is_finite().then_some(bits);
            assert_eq!(f16_of_f32(x), expected, "f16 {bits:#06x} is {x}");
            let x = f32::from_bits(u32::from(bits) << 16);
            assert_eq!(bf16_of_f32(x).is_some(), x.is_finite(), "bf16 {bits:#06x}");
            if x.is_finite() {
                assert_eq!(bf16_of_f32(x), Some(bits));
            }
        }
    }

    #[test]
    fn a_number_between_two_becomes_the_nearer_one_and_in_the_middle_the_even_one() {
        // Between 1 and 2 neighbours are 2^-10 and 2^-7 apart.
        let (half, brain) = (2.0_f32.powi(-10), 2.0_f32.powi(-7));
        for (x, expected) in [
            (1.0 + 0.49 * half, 1.0),
            (1.0 + 0.5 * half, 1.0),
            (1.0 + 1.5 * half, 1.0 + 2.0 * half),
        ] {
            assert_eq!(f16_of_f32(x).map(f32_of_f16), Some(expected), "{x}");
        }
        let of_bf16 = |x| bf16_of_f32(x).map(|bits| f32::from_bits(u32::from(bits) << 16));
        assert_eq!(of_bf16(1.0 + 0.5 * brain), Some(1.0));
        assert_eq!(of_bf16(1.0 + 1.5 * brain), Some(1.0 + 2.0 * brain));
        assert_eq!(f16_of_f32(65504.0).map(f32_of_f16), Some(65504.0));
        assert_eq!(f16_of_f32(65520.0), None, "it would be infinite");
        assert_eq!(f16_of_f32(2.0_f32.powi(-26)), Some(0));
        assert_eq!(bf16_of_f32(f32::MAX), None);
    }
}
