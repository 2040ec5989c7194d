//! A power with a known exponent `n`, whole or not.
//!
//! With `z = a^n`: `∂z/∂a = n a^(n-1)`. The exponent is no operand and gets no gradient, so bases of any sign have one.
//! A whole exponent is computed by repeated squaring: `(-2)^3 = -8`, and the slope of `a²` at 0 is 0, not a NaN.
//! `a^0 = 1` has the slope 0 everywhere, also at 0. An exponent that is not whole needs `a ≥ 0`; below 1 its slope at 0
//! is infinite, as of the square root. A negative exponent divides: at 0 it gives an infinity.
//! **Shapes**: `a` → the same. Cost: a multiplication for each squaring, or one power, counted as one operation.
//! Source: the power rule; deck S4, layer norm, `(a_k - μ)²`.

use super::elementwise::admit_each;
use crate::op::prelude::*;

/// Whole exponents up to this size are computed by repeated squaring.
const WHOLE_MAX: f64 = i32::MAX as f64;

/// The power `a^n` of each entry with a known exponent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Power {
    /// The exponent.
    pub n: f64,
}

impl<'t> Var<'t> {
    /// The power `self^n` of each entry with a known exponent.
    ///
    /// ```
    /// use ndarray::array;
    /// use tapegrad_autograd::Tape;
    /// let tape = Tape::<f64>::new();
    /// let a = tape.input("a", array![-2.0, 0.0, 3.0]);
    /// let z = a.powf(2.0);
    /// assert_eq!(tape.value(z), array![4.0, 0.0, 9.0].into_dyn());
    /// assert_eq!(tape.backward(z.sum()).of(a), array![-4.0, 0.0, 6.0].into_dyn());
    /// ```
    ///
    /// **Panics** if the exponent is not whole and an entry is below 0.
    #[track_caller]
    pub fn powf(self, n: f64) -> Var<'t> {
        Var::record(Power { n }, &[self])
    }

    /// The power `self^n` of each entry with a whole exponent.
    #[track_caller]
    pub fn powi(self, n: i32) -> Var<'t> {
        self.powf(f64::from(n))
    }
}

impl Op for Power {
    const NAME: &'static str = "power";
    const MEANING: &'static str = "A power with a known exponent `n`, whole or not.";
    const SHAPES: &'static str = "[..] -> [..]";
    const FORWARD: Equations = &[("z", "a^n")];
    const BACKWARD: Equations = &[("g_a", "if n == 0 then 0 * g_z else g_z * n * a^(n - 1)")];
    const OPERANDS: &'static [Operand] = &[Operand::real("a", "the base")];
    const KEEPS: Keeps = Keeps::INPUTS;

    attributes! {
        n: f64, "the exponent";
    }

    fn admits<T: Real>(&self, x: Inputs<'_, T>) -> Result<(), ValueError> {
        if is_whole(self.n) {
            return Ok(());
        }
        let rule = format!("the exponent {} is not whole, so the base must not be below 0", self.n);
        admit_each(x, |a| a >= T::ZERO, &rule)
    }

    fn forward<T: Real>(&self, x: Inputs<'_, T>, z: &mut [T], _: &mut [T]) {
        for (z, &a) in z.iter_mut().zip(&x[0]) {
            *z = power(a, self.n);
        }
    }

    fn backward<T: Real>(&self, at: Saved<'_, T>, g_z: &[T], g_x: &mut InGradients<'_, T>) {
        let Some(g_a) = g_x.get(0) else { return };
        if self.n == 0.0 {
            return g_a.fill(T::ZERO);
        }
        let n = T::from_f64(self.n);
        for ((g_a, &g_z), &a) in g_a.iter_mut().zip(g_z).zip(&at.x[0]) {
            *g_a = g_z * n * power(a, self.n - 1.0);
        }
    }

    fn flops(&self, x: &[Shape]) -> Flops {
        let of = |n: f64| if is_whole(n) { squarings(n) + 1 } else { 1 };
        Flops::new(of(self.n) * x[0].len(), (of(self.n - 1.0) + 2) * x[0].len())
    }

    fn sample(draw: &mut Draw) -> Sample<Self> {
        let a = draw.shape();
        let n = draw.one_of(&[-2.0, -1.0, 0.0, 1.0, 2.0, 3.0, 6.0, -0.5, 0.5, 2.7]);
        let a = if is_whole(n) { draw.away_from_zero(a) } else { draw.between(a, 0.3, 2.0) };
        Sample::new(Self { n }, [a])
    }
}

fn is_whole(n: f64) -> bool {
    n.fract() == 0.0 && n.abs() <= WHOLE_MAX
}

/// How often the base is squared on the way to a whole exponent.
fn squarings(n: f64) -> usize {
    (n.abs() as u32).checked_ilog2().unwrap_or(0) as usize
}

/// `a^n`; for a whole `n` the product of the `a^(2^k)` over the binary digits of `n` that are 1.
fn power<T: Real>(a: T, n: f64) -> T {
    if !is_whole(n) {
        return a.powf(T::from_f64(n));
    }
    let mut digits = n.abs() as u32;
    let (mut z, mut square) = (T::ONE, a);
    while digits > 0 {
        if digits % 2 == 1 {
            z *= square;
        }
        digits /= 2;
        if digits > 0 {
            square *= square;
        }
    }
    if n < 0.0 { T::ONE / z } else { z }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;
    use crate::Tape;

    fn value_and_slope(a: f64, n: f64) -> (f64, f64) {
        let tape = Tape::<f64>::new();
        let a = tape.scalar("a", a);
        let z = a.powf(n);
        (tape.number(z), tape.backward(z).of(a)[[]])
    }

    #[test]
    fn a_whole_exponent_takes_bases_of_any_sign() {
        assert_eq!(value_and_slope(-2.0, 3.0), (-8.0, 12.0));
        assert_eq!(value_and_slope(-2.0, -1.0), (-0.5, -0.25));
        assert_eq!(value_and_slope(-2.0, 10.0), (1024.0, -5120.0));
    }

    #[test]
    fn at_zero_the_slope_of_a_whole_power_is_never_a_nan() {
        assert_eq!(value_and_slope(0.0, 0.0), (1.0, 0.0));
        assert_eq!(value_and_slope(0.0, 1.0), (0.0, 1.0));
        assert_eq!(value_and_slope(0.0, 2.0), (0.0, 0.0));
    }

    #[test]
    fn repeated_squaring_agrees_with_repeated_multiplication() {
        for n in 0..20 {
            assert_eq!(power(3.0, f64::from(n)), (0..n).map(|_| 3.0).product::<f64>());
        }
    }

    #[test]
    #[should_panic(expected = "the exponent 0.5 is not whole, so the base must not be below 0; entry [0] of a is -1")]
    fn a_root_of_a_negative_number_is_an_error_that_names_the_entry() {
        let tape = Tape::<f64>::new();
        tape.input("a", array![-1.0]).powf(0.5);
    }
}
