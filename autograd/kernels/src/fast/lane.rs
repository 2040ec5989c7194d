//! One number in a loop that becomes vector instructions: the same arithmetic, with elementary functions without branches.

use std::fmt;
use std::iter::Sum;
use std::marker::PhantomData;
use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Rem, RemAssign, Sub, SubAssign};

use num_traits::{ConstOne, ConstZero, One, Zero};
use pulp::Simd;

use super::float::Float;
use crate::numbers::Scalar;
use crate::{Kernels, RowKernels};

/// A number of a loop at the level `S`.
pub struct Lane<T, S> {
    /// The number.
    pub x: T,
    level: PhantomData<S>,
}

impl<T, S> Lane<T, S> {
    /// This number.
    #[inline(always)]
    pub const fn new(x: T) -> Self {
        Self { x, level: PhantomData }
    }
}

impl<T: Float, S: Simd> Scalar for Lane<T, S> {
    const NAME: &'static str = T::NAME;

    #[inline(always)]
    fn from_f64(x: f64) -> Self {
        Self::new(T::from_f64(x))
    }
    #[inline(always)]
    fn to_f64(self) -> f64 {
        self.x.to_f64()
    }
    #[inline(always)]
    fn exp(self) -> Self {
        Self::new(self.x.exp_at::<S>())
    }
    #[inline(always)]
    fn ln(self) -> Self {
        Self::new(self.x.ln())
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        Self::new(self.x.sqrt_at())
    }
    #[inline(always)]
    fn tanh(self) -> Self {
        Self::new(self.x.tanh_at::<S>())
    }
    #[inline(always)]
    fn sigmoids(self) -> (Self, Self) {
        let (this, other) = self.x.sigmoids_at::<S>();
        (Self::new(this), Self::new(other))
    }
    #[inline(always)]
    fn sin(self) -> Self {
        Self::new(self.x.sin())
    }
    #[inline(always)]
    fn cos(self) -> Self {
        Self::new(self.x.cos())
    }
    #[inline(always)]
    fn erf(self) -> Self {
        Self::new(self.x.erf())
    }
    #[inline(always)]
    fn erfc(self) -> Self {
        Self::new(self.x.erfc())
    }
    #[inline(always)]
    fn powf(self, exponent: Self) -> Self {
        Self::new(self.x.powf(exponent.x))
    }
    #[inline(always)]
    fn abs(self) -> Self {
        Self::new(self.x.abs())
    }
    #[inline(always)]
    fn is_nan(self) -> bool {
        self.x.is_nan()
    }
    /// The larger number; a NaN on the left stays.
    #[inline(always)]
    fn maximum(self, other: Self) -> Self {
        if self.x < other.x { other } else { self }
    }
    /// The smaller number; a NaN on the left stays.
    #[inline(always)]
    fn minimum(self, other: Self) -> Self {
        if self.x > other.x { other } else { self }
    }
}

impl<T: Float, S: Simd> RowKernels for Lane<T, S> {}
impl<T: Float, S: Simd> Kernels for Lane<T, S> {}

impl<T: Copy, S> Clone for Lane<T, S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Copy, S> Copy for Lane<T, S> {}

impl<T: Default, S> Default for Lane<T, S> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T: fmt::Debug, S> fmt::Debug for Lane<T, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.x.fmt(f)
    }
}

impl<T: fmt::Display, S> fmt::Display for Lane<T, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.x.fmt(f)
    }
}

impl<T: PartialEq, S> PartialEq for Lane<T, S> {
    #[inline(always)]
    fn eq(&self, other: &Self) -> bool {
        self.x == other.x
    }
}

impl<T: PartialOrd, S> PartialOrd for Lane<T, S> {
    #[inline(always)]
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        self.x.partial_cmp(&other.x)
    }
}

macro_rules! arithmetic {
    ($($op:ident $method:ident $assign:ident $method_assign:ident)*) => { $(
        impl<T: Float, S> $op for Lane<T, S> {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                Self::new(self.x.$method(other.x))
            }
        }
        impl<T: Float, S> $assign for Lane<T, S> {
            #[inline(always)]
            fn $method_assign(&mut self, other: Self) {
                self.x.$method_assign(other.x);
            }
        }
    )* };
}

arithmetic! {
    Add add AddAssign add_assign
    Sub sub SubAssign sub_assign
    Mul mul MulAssign mul_assign
    Div div DivAssign div_assign
    Rem rem RemAssign rem_assign
}

impl<T: Float, S> Neg for Lane<T, S> {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        Self::new(-self.x)
    }
}

impl<T: Float, S> Sum for Lane<T, S> {
    fn sum<I: Iterator<Item = Self>>(items: I) -> Self {
        Self::new(items.map(|item| item.x).sum())
    }
}

impl<T: Float, S> Zero for Lane<T, S> {
    fn zero() -> Self {
        Self::ZERO
    }
    fn is_zero(&self) -> bool {
        self.x == T::ZERO
    }
}

impl<T: Float, S> ConstZero for Lane<T, S> {
    const ZERO: Self = Self::new(T::ZERO);
}

impl<T: Float, S> One for Lane<T, S> {
    fn one() -> Self {
        Self::ONE
    }
}

impl<T: Float, S> ConstOne for Lane<T, S> {
    const ONE: Self = Self::new(T::ONE);
}
