//! Numbers of twice the precision of `f64`: an unevaluated sum of two, for differences that rounding does not reach.
//!
//! With `u = 2⁻⁵³`, `hi + lo` holds about 106 bits. A difference quotient in `f64` loses what cancels in `f(x+h) - f(x)`:
//! a row that a norm has already flattened has slopes of `10⁻⁶ |f|`, and no step makes them certain. In this type the
//! same quotient has 15 digits left. Source: Dekker, "A floating-point technique for extending the available
//! precision" (1971); Hida, Li & Bailey, "Algorithms for quad-double precision floating point arithmetic" (2001).

mod arithmetic;

use num_traits::{ConstOne, ConstZero};

use tapegrad_core::kernels::{Kernels, RowKernels};
use tapegrad_core::numbers::Scalar;

/// A number of about 32 decimal digits, `hi + lo` with `|lo| <= u |hi|`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct DoubleDouble {
    hi: f64,
    lo: f64,
}

const LN_2: DoubleDouble = DoubleDouble::of(std::f64::consts::LN_2, 2.319_046_813_846_299_6e-17);
const HALF_PI: DoubleDouble = DoubleDouble::of(std::f64::consts::FRAC_PI_2, 6.123_233_995_736_766e-17);
const TWO_OVER_ROOT_PI: DoubleDouble = DoubleDouble::of(std::f64::consts::FRAC_2_SQRT_PI, 1.533_545_961_316_588e-17);
/// A term this much smaller than its sum no longer changes it.
const NEGLIGIBLE: f64 = 1e-34;

impl DoubleDouble {
    const fn of(hi: f64, lo: f64) -> Self {
        Self { hi, lo }
    }

    /// `a + b` for `|a| >= |b|`, with the rounding error of the sum as `lo`.
    fn renormalised(a: f64, b: f64) -> Self {
        let sum = a + b;
        let lo = b - (sum - a);
        Self::of(sum, if lo.is_finite() { lo } else { 0.0 })
    }

    /// `a + b` exactly.
    fn two_sum(a: f64, b: f64) -> Self {
        let sum = a + b;
        let part = sum - a;
        let lo = (a - (sum - part)) + (b - part);
        Self::of(sum, if lo.is_finite() { lo } else { 0.0 })
    }

    fn times_power_of_two(self, power: i32) -> Self {
        // In two steps, because 2^power alone may overflow where the product does not.
        let (half, rest) = (2.0_f64.powi(power / 2), 2.0_f64.powi(power - power / 2));
        Self::of(self.hi * half * rest, self.lo * half * rest)
    }

    /// `a / n` for a number that is exact in `f64`: the rest of the first quotient is exact, so one more is enough.
    fn divided_by(self, n: f64) -> Self {
        let first = self.hi / n;
        if !first.is_finite() {
            return Self::from_f64(first);
        }
        let rest = (-first).mul_add(n, self.hi) + self.lo;
        Self::renormalised(first, rest / n)
    }

    /// `e^x - 1` for `|x| <= ln 2 / 2`, by Taylor's series of `x / 512` and nine doublings `s -> 2 s + s²`.
    fn exp_m1_small(self) -> Self {
        let r = self.times_power_of_two(-9);
        let (mut term, mut sum) = (r, r);
        for n in 2..14 {
            term = (term * r).divided_by(f64::from(n));
            sum += term;
            if term.hi.abs() <= NEGLIGIBLE * sum.hi.abs() {
                break;
            }
        }
        for _ in 0..9 {
            sum = sum + sum + sum * sum;
        }
        sum
    }

    /// `sin` and `cos` of an angle, by Taylor's series after taking out quarter turns.
    fn sin_cos(self) -> (Self, Self) {
        if !self.hi.is_finite() {
            return (Self::of(f64::NAN, 0.0), Self::of(f64::NAN, 0.0));
        }
        let turns = (self.hi / HALF_PI.hi).round();
        let r = self - HALF_PI * Self::from_f64(turns);
        let series = |mut term: Self, mut n: f64| {
            let mut sum = term;
            for _ in 0..20 {
                term = -(term * r * r).divided_by((n + 1.0) * (n + 2.0));
                n += 2.0;
                sum += term;
                if term.hi.abs() <= NEGLIGIBLE * sum.hi.abs() {
                    break;
                }
            }
            sum
        };
        let (sin, cos) = (series(r, 1.0), series(Self::ONE, 0.0));
        match turns.rem_euclid(4.0) as i32 {
            0 => (sin, cos),
            1 => (cos, -sin),
            2 => (-sin, -cos),
            _ => (-cos, sin),
        }
    }
}

impl Scalar for DoubleDouble {
    const NAME: &'static str = "doubled";

    fn from_f64(x: f64) -> Self {
        Self::of(x, 0.0)
    }

    fn to_f64(self) -> f64 {
        self.hi
    }

    fn exp(self) -> Self {
        if self.hi.is_nan() || self.hi > 709.7 {
            return Self::from_f64(self.hi.exp());
        }
        if self.hi < -745.0 {
            return Self::ZERO;
        }
        let power = (self.hi / LN_2.hi).round();
        let small = (self - LN_2 * Self::from_f64(power)).exp_m1_small();
        (small + Self::ONE).times_power_of_two(power as i32)
    }

    /// One step of Newton's method on `exp(y) = x` doubles the digits that `f64` gives.
    fn ln(self) -> Self {
        let y = self.hi.ln();
        if !y.is_finite() {
            return Self::from_f64(y);
        }
        let y = Self::from_f64(y);
        y + (self * (-y).exp() - Self::ONE)
    }

    fn sqrt(self) -> Self {
        let y = self.hi.sqrt();
        if y == 0.0 || !y.is_finite() {
            return Self::from_f64(y);
        }
        let y = Self::from_f64(y);
        y + (self - y * y) / (y + y)
    }

    fn tanh(self) -> Self {
        if self.hi.abs() > 300.0 {
            return Self::from_f64(self.hi.signum());
        }
        let twice = self + self;
        let e = if twice.hi.abs() < 0.34 {
            twice.exp_m1_small()
        } else {
            twice.exp() - Self::ONE
        };
        e / (e + Self::ONE + Self::ONE)
    }

    fn sin(self) -> Self {
        self.sin_cos().0
    }

    fn cos(self) -> Self {
        self.sin_cos().1
    }

    /// Kummer's series `2/√π e^(-x²) Σ 2ⁿ x^(2n+1) / (2n+1)!!`, whose terms all have one sign.
    fn erf(self) -> Self {
        if self.hi.is_nan() || self.hi.abs() > 9.0 {
            return Self::from_f64(libm::erf(self.hi));
        }
        let twice_square = (self + self) * self;
        let (mut term, mut sum) = (self, self);
        for n in 1..600 {
            term = (term * twice_square).divided_by(f64::from(2 * n + 1));
            sum += term;
            if term.hi.abs() <= NEGLIGIBLE * sum.hi.abs() {
                break;
            }
        }
        TWO_OVER_ROOT_PI * (-(self * self)).exp() * sum
    }

    fn powf(self, exponent: Self) -> Self {
        let is_count = exponent.lo == 0.0 && exponent.hi.fract() == 0.0 && exponent.hi.abs() <= 64.0;
        if is_count {
            let power = (0..exponent.hi.abs() as u32).fold(Self::ONE, |power, _| power * self);
            return if exponent.hi < 0.0 { Self::ONE / power } else { power };
        }
        if self.hi <= 0.0 {
            return Self::from_f64(self.hi.powf(exponent.hi));
        }
        (exponent * self.ln()).exp()
    }

    fn abs(self) -> Self {
        if self.hi < 0.0 { -self } else { self }
    }

    fn is_nan(self) -> bool {
        self.hi.is_nan()
    }
}

impl RowKernels for DoubleDouble {}

impl Kernels for DoubleDouble {}

tapegrad_core::real! { DoubleDouble }

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_tiny(difference: DoubleDouble, scale: f64) {
        assert!(difference.hi.abs() <= 1e-29 * scale, "{difference:?} beside {scale}");
    }

    #[test]
    fn functions_keep_their_equations_to_thirty_digits() {
        for x in [-30.0, -2.5, -0.3, -1e-9, 1e-7, 0.2, 0.7, 1.9, 5.5, 40.0].map(DoubleDouble::from_f64) {
            let third = x / DoubleDouble::from_f64(3.0);
            assert_tiny(third * DoubleDouble::from_f64(3.0) - x, x.hi.abs());
            assert_tiny(third.exp() * (-third).exp() - DoubleDouble::ONE, 1.0);
            assert_tiny(x.abs().sqrt() * x.abs().sqrt() - x.abs(), x.hi.abs());
            assert_tiny(x.abs().ln().exp() - x.abs(), 50.0 * x.hi.abs());
            let (sin, cos) = (third.sin(), third.cos());
            assert_tiny(sin * sin + cos * cos - DoubleDouble::ONE, 1.0);
            assert_tiny((third + third).sin() - (sin * cos + sin * cos), 10.0);
            let t = third.tanh();
            assert_tiny((third + third).tanh() * (DoubleDouble::ONE + t * t) - (t + t), 1.0);
            assert!((third.erf().hi - libm::erf(third.hi)).abs() <= 2e-16, "{third}");
        }
    }

    #[test]
    fn a_division_by_a_count_is_the_division() {
        for n in [1.0, 3.0, 7.0, 13.0, 156.0, 1201.0] {
            for x in [-30.0, -2.5, 1e-9, 0.2, 5.5].map(|x| DoubleDouble::from_f64(x).exp()) {
                assert_tiny(x.divided_by(n) - x / DoubleDouble::from_f64(n), x.hi.abs());
            }
        }
        assert_eq!(DoubleDouble::from_f64(f64::INFINITY).divided_by(3.0).hi, f64::INFINITY);
    }

    #[test]
    fn infinities_stay_what_they_are() {
        let infinity = DoubleDouble::from_f64(f64::INFINITY);
        assert_eq!((-infinity).exp().hi, 0.0);
        assert_eq!((infinity + DoubleDouble::ONE).hi, f64::INFINITY);
        assert!((infinity - infinity).is_nan());
        assert_eq!((DoubleDouble::ONE / infinity).hi, 0.0);
        assert_eq!(DoubleDouble::ZERO.ln().hi, f64::NEG_INFINITY);
    }
}
