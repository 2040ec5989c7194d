//! Dual numbers: forward-mode differentiation, the exact and independent witness of every backward().
//!
//! `(a + a'ε)(b + b'ε) = ab + (a'b + ab')ε` with `ε² = 0`: computing with `x + vε` gives `f(x)` and, beside it, the
//! derivative of `f` at `x` along `v`. Source: Wengert, "A simple automatic derivative evaluation program" (1964).

use std::cmp::Ordering;
use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Rem, RemAssign, Sub, SubAssign};

use num_traits::{ConstOne, ConstZero, One, Zero};

use super::Scalar;
use crate::{Kernels, RowKernels};

/// A value together with its derivative along one direction.
///
/// ```
/// use tapegrad_kernels::numbers::{Dual, Scalar};
/// let x = Dual::new(3.0, 1.0);
/// let y = x * x + x.exp();
/// assert_eq!(y.tangent, 2.0 * 3.0 + 3.0_f64.exp());
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Dual {
    /// The number itself.
    pub value: f64,
    /// The derivative of the number along the chosen direction.
    pub tangent: f64,
}

impl Dual {
    /// A value that moves with speed `tangent`.
    pub const fn new(value: f64, tangent: f64) -> Self {
        Self { value, tangent }
    }

    /// The chain rule in one place: value `f(x)`, tangent `f'(x) · x'`.
    ///
    /// A constant (tangent 0) keeps tangent 0 even where `slope` is infinite.
    fn chain(self, value: f64, slope: f64) -> Self {
        let tangent = if self.tangent == 0.0 { 0.0 } else { slope * self.tangent };
        Self { value, tangent }
    }
}

impl Scalar for Dual {
    const NAME: &'static str = "dual";

    fn from_f64(x: f64) -> Self {
        Self::new(x, 0.0)
    }
    fn to_f64(self) -> f64 {
        self.value
    }
    fn exp(self) -> Self {
        let y = self.value.exp();
        self.chain(y, y)
    }
    fn ln(self) -> Self {
        self.chain(self.value.ln(), 1.0 / self.value)
    }
    fn sqrt(self) -> Self {
        let y = self.value.sqrt();
        self.chain(y, 0.5 / y)
    }
    fn tanh(self) -> Self {
        let y = self.value.tanh();
        self.chain(y, 1.0 - y * y)
    }
    /// By `σ' = σ (1 - σ)`: the quotient `1 / (1 + e^(-x))` would differentiate to `0 · ∞` where the exponential overflows.
    fn sigmoids(self) -> (Self, Self) {
        let (up, down) = self.value.sigmoids();
        (self.chain(up, up * down), self.chain(down, -up * down))
    }
    fn sin(self) -> Self {
        self.chain(self.value.sin(), self.value.cos())
    }
    fn cos(self) -> Self {
        self.chain(self.value.cos(), -self.value.sin())
    }
    fn erf(self) -> Self {
        let slope = std::f64::consts::FRAC_2_SQRT_PI * (-self.value * self.value).exp();
        self.chain(libm::erf(self.value), slope)
    }
    fn erfc(self) -> Self {
        let slope = -std::f64::consts::FRAC_2_SQRT_PI * (-self.value * self.value).exp();
        self.chain(libm::erfc(self.value), slope)
    }
    fn powf(self, exponent: Self) -> Self {
        let value = self.value.powf(exponent.value);
        let along_base = self.chain(value, exponent.value * self.value.powf(exponent.value - 1.0));
        let along_exponent = exponent.chain(value, value * self.value.ln());
        Self::new(value, along_base.tangent + along_exponent.tangent)
    }
    fn abs(self) -> Self {
        let slope = if self.value == 0.0 { 0.0 } else { self.value.signum() };
        self.chain(self.value.abs(), slope)
    }
    fn is_nan(self) -> bool {
        self.value.is_nan()
    }
}

impl RowKernels for Dual {}

impl Kernels for Dual {}

impl Add for Dual {
    type Output = Self;
    fn add(self, b: Self) -> Self {
        Self::new(self.value + b.value, self.tangent + b.tangent)
    }
}

impl Sub for Dual {
    type Output = Self;
    fn sub(self, b: Self) -> Self {
        Self::new(self.value - b.value, self.tangent - b.tangent)
    }
}

impl Mul for Dual {
    type Output = Self;
    fn mul(self, b: Self) -> Self {
        let value = self.value * b.value;
        Self::new(
            value,
            self.chain(value, b.value).tangent + b.chain(value, self.value).tangent,
        )
    }
}

impl Div for Dual {
    type Output = Self;
    fn div(self, b: Self) -> Self {
        let value = self.value / b.value;
        Self::new(
            value,
            self.chain(value, 1.0 / b.value).tangent + b.chain(value, -value / b.value).tangent,
        )
    }
}

/// The remainder moves with the numerator and, in steps, with the denominator: `a % b = a - trunc(a/b) b`.
impl Rem for Dual {
    type Output = Self;
    fn rem(self, b: Self) -> Self {
        let steps = (self.value / b.value).trunc();
        Self::new(self.value % b.value, self.tangent - steps * b.tangent)
    }
}

impl Neg for Dual {
    type Output = Self;
    fn neg(self) -> Self {
        Self::new(-self.value, -self.tangent)
    }
}

macro_rules! assign {
    ($($trait:ident $method:ident $op:tt);+) => { $(
        impl $trait for Dual {
            fn $method(&mut self, b: Self) {
                *self = *self $op b;
            }
        }
    )+ };
}

assign!(AddAssign add_assign +; SubAssign sub_assign -; MulAssign mul_assign *; DivAssign div_assign /; RemAssign rem_assign %);

impl Sum for Dual {
    fn sum<I: Iterator<Item = Self>>(items: I) -> Self {
        items.fold(Self::ZERO, |total, item| total + item)
    }
}

/// Two dual numbers are equal when their values are; a tangent does not take part in comparisons.
impl PartialEq for Dual {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl PartialOrd for Dual {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        self.value.partial_cmp(&other.value)
    }
}

impl fmt::Display for Dual {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.value, f)?;
        f.write_str(" + ")?;
        fmt::Display::fmt(&self.tangent, f)?;
        f.write_str("ε")
    }
}

impl Zero for Dual {
    fn zero() -> Self {
        Self::ZERO
    }
    fn is_zero(&self) -> bool {
        self.value == 0.0 && self.tangent == 0.0
    }
}

impl One for Dual {
    fn one() -> Self {
        Self::ONE
    }
}

impl ConstZero for Dual {
    const ZERO: Self = Self::new(0.0, 0.0);
}

impl ConstOne for Dual {
    const ONE: Self = Self::new(1.0, 0.0);
}
