//! The arithmetic of doubled numbers, with what rounding takes off each operation kept.

use std::cmp::Ordering;
use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Rem, RemAssign, Sub, SubAssign};

use num_traits::{ConstOne, ConstZero, One, Zero};

use super::DoubleDouble;
use tapegrad_core::numbers::Scalar;

impl Add for DoubleDouble {
    type Output = Self;
    fn add(self, b: Self) -> Self {
        let high = Self::two_sum(self.hi, b.hi);
        let low = Self::two_sum(self.lo, b.lo);
        let once = Self::renormalised(high.hi, high.lo + low.hi);
        Self::renormalised(once.hi, once.lo + low.lo)
    }
}

impl Neg for DoubleDouble {
    type Output = Self;
    fn neg(self) -> Self {
        Self::of(-self.hi, -self.lo)
    }
}

impl Sub for DoubleDouble {
    type Output = Self;
    fn sub(self, b: Self) -> Self {
        self + -b
    }
}

impl Mul for DoubleDouble {
    type Output = Self;
    fn mul(self, b: Self) -> Self {
        let product = self.hi * b.hi;
        if !product.is_finite() {
            return Self::from_f64(product);
        }
        let rounding = self.hi.mul_add(b.hi, -product);
        Self::renormalised(product, rounding + (self.hi * b.lo + self.lo * b.hi))
    }
}

impl Div for DoubleDouble {
    type Output = Self;
    fn div(self, b: Self) -> Self {
        let first = self.hi / b.hi;
        if !first.is_finite() || !b.hi.is_finite() {
            return Self::from_f64(first);
        }
        let rest = self - b * Self::from_f64(first);
        let second = rest.hi / b.hi;
        let rest = rest - b * Self::from_f64(second);
        Self::renormalised(first, second) + Self::from_f64(rest.hi / b.hi)
    }
}

/// `a % b = a - trunc(a/b) b`.
impl Rem for DoubleDouble {
    type Output = Self;
    fn rem(self, b: Self) -> Self {
        self - b * Self::from_f64((self.hi / b.hi).trunc())
    }
}

macro_rules! assign {
    ($($trait:ident $method:ident $op:tt);+) => { $(
        impl $trait for DoubleDouble {
            fn $method(&mut self, b: Self) {
                *self = *self $op b;
            }
        }
    )+ };
}

assign!(AddAssign add_assign +; SubAssign sub_assign -; MulAssign mul_assign *; DivAssign div_assign /; RemAssign rem_assign %);

impl Sum for DoubleDouble {
    fn sum<I: Iterator<Item = Self>>(items: I) -> Self {
        items.fold(Self::ZERO, |total, item| total + item)
    }
}

impl PartialOrd for DoubleDouble {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        match self.hi.partial_cmp(&other.hi)? {
            Ordering::Equal => self.lo.partial_cmp(&other.lo),
            order => Some(order),
        }
    }
}

impl fmt::Display for DoubleDouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.hi, f)
    }
}

impl Zero for DoubleDouble {
    fn zero() -> Self {
        Self::ZERO
    }
    fn is_zero(&self) -> bool {
        self.hi == 0.0
    }
}

impl One for DoubleDouble {
    fn one() -> Self {
        Self::ONE
    }
}

impl ConstZero for DoubleDouble {
    const ZERO: Self = Self::of(0.0, 0.0);
}

impl ConstOne for DoubleDouble {
    const ONE: Self = Self::of(1.0, 0.0);
}
