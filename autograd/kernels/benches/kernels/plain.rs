//! `f32` without fast kernels: what runs in it are the plain loops.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Rem, RemAssign, Sub, SubAssign};

use num_traits::{ConstOne, ConstZero, One, Zero};
use tapegrad_kernels::numbers::Scalar;
use tapegrad_kernels::{Kernels, RowKernels};

/// A number of `f32` for which every kernel is the plain loop.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct Plain(pub f32);

impl RowKernels for Plain {}

impl Kernels for Plain {}

macro_rules! arithmetic {
    ($($operator:ident $method:ident $assign:ident $assign_method:ident;)*) => { $(
        impl $operator for Plain {
            type Output = Self;
            fn $method(self, other: Self) -> Self {
                Self(self.0.$method(other.0))
            }
        }
        impl $assign for Plain {
            fn $assign_method(&mut self, other: Self) {
                self.0.$assign_method(other.0);
            }
        }
    )* };
}

arithmetic! {
    Add add AddAssign add_assign;
    Sub sub SubAssign sub_assign;
    Mul mul MulAssign mul_assign;
    Div div DivAssign div_assign;
    Rem rem RemAssign rem_assign;
}

impl Neg for Plain {
    type Output = Self;
    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl Sum for Plain {
    fn sum<I: Iterator<Item = Self>>(numbers: I) -> Self {
        numbers.fold(Self::ZERO, |sum, x| sum + x)
    }
}

impl Zero for Plain {
    fn zero() -> Self {
        Self::ZERO
    }
    fn is_zero(&self) -> bool {
        self.0 == 0.0
    }
}

impl One for Plain {
    fn one() -> Self {
        Self::ONE
    }
}

impl ConstZero for Plain {
    const ZERO: Self = Self(0.0);
}

impl ConstOne for Plain {
    const ONE: Self = Self(1.0);
}

impl fmt::Display for Plain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Scalar for Plain {
    const NAME: &'static str = "plain";

    fn from_f64(x: f64) -> Self {
        Self(x as f32)
    }
    fn to_f64(self) -> f64 {
        f64::from(self.0)
    }
    fn exp(self) -> Self {
        Self(self.0.exp())
    }
    fn ln(self) -> Self {
        Self(self.0.ln())
    }
    fn sqrt(self) -> Self {
        Self(self.0.sqrt())
    }
    fn tanh(self) -> Self {
        Self(self.0.tanh())
    }
    fn sin(self) -> Self {
        Self(self.0.sin())
    }
    fn cos(self) -> Self {
        Self(self.0.cos())
    }
    fn erf(self) -> Self {
        Self(Scalar::erf(self.0))
    }
    fn powf(self, exponent: Self) -> Self {
        Self(self.0.powf(exponent.0))
    }
    fn abs(self) -> Self {
        Self(self.0.abs())
    }
    fn is_nan(self) -> bool {
        self.0.is_nan()
    }
}
