//! The numbers that ops compute with: `f32` to train, `f64` to check, [`Dual`](super::Dual) to differentiate forwards.

use std::fmt::{Debug, Display};

use num_traits::{ConstOne, ConstZero, NumAssignOps, NumOps};

/// The arithmetic of a single real number.
///
/// The list is deliberately short: what the formulas of the ops use, and no more.
pub trait Scalar:
    Copy
    + Debug
    + Display
    + Default
    + Send
    + Sync
    + 'static
    + PartialEq
    + PartialOrd
    + ConstZero
    + ConstOne
    + NumOps
    + NumAssignOps
    + std::ops::Neg<Output = Self>
    + std::iter::Sum
{
    /// The name of the number type in messages and files: `f32`, `f64` or `dual`.
    const NAME: &'static str;

    /// The nearest number of this type; a constant has no tangent.
    fn from_f64(x: f64) -> Self;

    /// The value as `f64`, without its tangent.
    fn to_f64(self) -> f64;

    /// `e` to the power of `self`.
    fn exp(self) -> Self;

    /// The natural logarithm.
    fn ln(self) -> Self;

    /// The square root.
    fn sqrt(self) -> Self;

    /// The hyperbolic tangent.
    fn tanh(self) -> Self;

    /// `(σ(x), σ(-x))` with `σ(x) = 1 / (1 + exp(-x))`; the two sum to 1, and neither is computed from the other.
    fn sigmoids(self) -> (Self, Self) {
        let sigmoid = |x: Self| Self::ONE / (Self::ONE + (-x).exp());
        (sigmoid(self), sigmoid(-self))
    }

    /// The sine of an angle in radians.
    fn sin(self) -> Self;

    /// The cosine of an angle in radians.
    fn cos(self) -> Self;

    /// The error function, `2/√π ∫₀ˣ exp(-t²) dt`.
    fn erf(self) -> Self;

    /// What is missing from the error function to 1, which keeps its digits where that is little.
    fn erfc(self) -> Self {
        Self::ONE - self.erf()
    }

    /// `ln(1 + self)`, with all digits also near 0.
    ///
    /// With `u = 1 + self` as it was rounded, `(self - (u - 1)) / u` is what the rounding took away, times the slope.
    fn ln_1p(self) -> Self {
        let u = Self::ONE + self;
        match u.to_f64() {
            0.0 | f64::INFINITY => u.ln(),
            _ => u.ln() + (self - (u - Self::ONE)) / u,
        }
    }

    /// `self` to the power of `exponent`.
    fn powf(self, exponent: Self) -> Self;

    /// The absolute value; its derivative is the sign, and 0 at 0.
    fn abs(self) -> Self;

    /// True for the number "not a number".
    fn is_nan(self) -> bool;

    /// The larger of two numbers; a NaN on either side stays a NaN.
    fn maximum(self, other: Self) -> Self {
        if self > other || self.is_nan() { self } else { other }
    }

    /// The smaller of two numbers; a NaN on either side stays a NaN.
    fn minimum(self, other: Self) -> Self {
        if self < other || self.is_nan() { self } else { other }
    }

    /// The count `n` as a number of this type.
    fn from_count(n: usize) -> Self {
        Self::from_f64(n as f64)
    }

    /// Negative infinity: what a mask writes where nothing may be seen.
    fn minus_infinity() -> Self {
        Self::from_f64(f64::NEG_INFINITY)
    }
}

macro_rules! scalar_for_float {
    ($($float:ident, $erf:path, $erfc:path);+) => { $(
        impl Scalar for $float {
            const NAME: &'static str = stringify!($float);

            fn from_f64(x: f64) -> Self { x as $float }
            fn to_f64(self) -> f64 { f64::from(self) }
            fn exp(self) -> Self { self.exp() }
            fn ln(self) -> Self { self.ln() }
            fn sqrt(self) -> Self { self.sqrt() }
            fn tanh(self) -> Self { self.tanh() }
            fn sin(self) -> Self { self.sin() }
            fn cos(self) -> Self { self.cos() }
            fn erf(self) -> Self { $erf(self) }
            fn erfc(self) -> Self { $erfc(self) }
            fn powf(self, exponent: Self) -> Self { self.powf(exponent) }
            fn abs(self) -> Self { self.abs() }
            fn is_nan(self) -> bool { self.is_nan() }
        }
    )+ };
}

scalar_for_float!(f32, libm::erff, libm::erfcf; f64, libm::erf, libm::erfc);
