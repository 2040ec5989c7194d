//! The Gaussian error linear unit: each entry weighed by the chance that a standard normal number is below it.
//!
//! **Exact form**: `z = a Φ(a)` with `Φ(a) = (1 + erf(a/√2)) / 2`. Since `Φ' = φ`, the normal density
//! `φ(a) = e^(-a²/2) / √(2π)`: `∂z/∂a = Φ(a) + a φ(a)`.
//! **Tanh form**: `z = ½ a (1 + tanh u)` with `u = √(2/π) (a + 0.044715 a³)`. Because `½ (1 + tanh u) = σ(2u)`, it is
//! computed as `z = a σ(2u)`: the sum `1 + tanh u` would cancel for `a ≪ 0`, and no right digit be left at -6.
//! `∂z/∂a = s (1 + a (1 - s) 2u')` with `s = σ(2u)` and `u' = √(2/π) (1 + 3 · 0.044715 a²)`. The forms differ by less
//! than 5e-4. **Shapes**: `a` → the same. Cost: 5 or 10 operations an entry. At `-∞` both are 0 with slope 0.
//! Source: Hendrycks & Gimpel, "Gaussian error linear units" (2016), section 2; the tanh form is the one of GPT-2.

use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI};
use crate::op::prelude::*;

/// Beyond this on either side GELU is 0 or the identity in every number type; stopping here keeps `∞ · 0` away.
const SATURATED: f64 = 1.0e4;

/// Each entry weighed by the normal distribution function, `a Φ(a)`.
///
/// ```
/// use ndarray::array;
/// use tapegrad_autograd::{ops::gelu, Tape};
/// let tape = Tape::<f64>::new();
/// let a = tape.input("a", array![0.0, 1.0]);
/// let z = gelu(a);
/// // 84.13 % of standard normal numbers are below 1.
/// assert_eq!((tape.value(z)[1] * 1e4).round(), 8413.0);
/// assert_eq!(tape.backward(z.sum()).of(a)[0], 0.5);
/// ```
#[track_caller]
pub fn gelu(a: Var<'_>) -> Var<'_> {
    Var::record(Gelu { form: GeluForm::Exact }, &[a])
}

/// The same by the tanh form, which is faster and differs by less than 5e-4.
#[track_caller]
pub fn gelu_tanh(a: Var<'_>) -> Var<'_> {
    Var::record(Gelu { form: GeluForm::Tanh }, &[a])
}

/// The op of [`gelu`] and [`gelu_tanh`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gelu {
    /// How the normal distribution function is computed.
    pub form: GeluForm,
}

/// How [`Gelu`] computes the normal distribution function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GeluForm {
    /// By the error function.
    Exact,
    /// By the hyperbolic tangent of a cubic.
    Tanh,
}

choices!(GeluForm, "\"exact\" or \"tanh\"", "one of exact, tanh", "[0] or [1]": "exact" => Exact, "tanh" => Tanh);

impl Op for Gelu {
    const NAME: &'static str = "gelu";
    const MEANING: &'static str = "The Gaussian error linear unit: each entry weighed by the chance that a standard normal number is below it.";
    const SHAPES: &'static str = "[..] -> [..]";
    const WORDS: &'static [Word] = &[Word::unary("gelu").with(&[("form", 0.0)]), Word::unary("gelu_tanh").with(&[("form", 1.0)])];
    const FORWARD: Equations = &[("z", "if form == tanh then a * sigmoid(1.5957691216057308 * (a + 0.044715 * a^3)) else a * (1 + erf(a / sqrt(2))) / 2")];
    const BACKWARD: Equations = &[("g_a", "if form == tanh then g_z * s * (1 + a * (1 - s) * 1.5957691216057308 * (1 + 0.134145 * a^2)) else g_z * ((1 + erf(a / sqrt(2))) / 2 + a * 0.3989422804014327 * exp(-a^2 / 2))"), ("s", "sigmoid(1.5957691216057308 * (a + 0.044715 * a^3))")];
    const OPERANDS: &'static [Operand] = &[Operand::real("a", "the activation")];
    const KEEPS: Keeps = Keeps::INPUTS;

    attributes! {
        form: GeluForm, "how the normal distribution function is computed";
    }

    fn expanded<'t>(&self, x: &[Var<'t>]) -> Option<Var<'t>> {
        let a = x[0];
        let inner = (a + a * a * a * CUBE) * INNER;
        (self.form == GeluForm::Tanh).then(|| a * (super::tanh(inner) + 1.0) * 0.5)
    }

    fn forward<T: Real>(&self, x: Inputs<'_, T>, z: &mut [T], _: &mut [T]) {
        if self.form == GeluForm::Tanh {
            return T::map::<TanhForm>(&x[0], z);
        }
        for (z, &a) in z.iter_mut().zip(&x[0]) {
            *z = a.maximum(T::from_f64(-SATURATED)) * normal_cdf(a);
        }
    }

    fn backward<T: Real>(&self, at: Saved<'_, T>, g_z: &[T], g_x: &mut InGradients<'_, T>) {
        let Some(g_a) = g_x.get(0) else { return };
        if self.form == GeluForm::Tanh {
            return T::map_backward::<TanhFormSlope>(&at.x[0], g_z, g_a);
        }
        for ((g_a, &g_z), &a) in g_a.iter_mut().zip(g_z).zip(&at.x[0]) {
            let a = a.maximum(T::from_f64(-SATURATED)).minimum(T::from_f64(SATURATED));
            *g_a = g_z * (normal_cdf(a) + a * normal_density(a));
        }
    }

    fn flops(&self, x: &[Shape]) -> Flops {
        match self.form {
            GeluForm::Exact => Flops::new(5 * x[0].len(), 10 * x[0].len()),
            GeluForm::Tanh => Flops::new(10 * x[0].len(), 20 * x[0].len()),
        }
    }

    fn sample(draw: &mut Draw) -> Sample<Self> {
        let a = draw.shape();
        let form = draw.one_of(&[GeluForm::Exact, GeluForm::Tanh]);
        Sample::new(Self { form }, [draw.normal(a)])
    }
}

/// `√(2/π)`, the inner factor of the tanh form.
const INNER: f64 = 0.797_884_560_802_865_4;
/// The factor of the cube in the tanh form.
const CUBE: f64 = 0.044_715;

/// The tanh form, `a σ(2u)` with `u = √(2/π) (a + 0.044715 a³)`.
struct TanhForm;

impl Function for TanhForm {
    #[inline(always)]
    fn at<T: Scalar>(a: T) -> T {
        let a = a.maximum(T::from_f64(-SATURATED));
        a * twice_u(a).sigmoids().0
    }
}

/// Its derivative, `s (1 + a (1 - s) 2u')` with `s = σ(2u)`.
struct TanhFormSlope;

impl Function for TanhFormSlope {
    #[inline(always)]
    fn at<T: Scalar>(a: T) -> T {
        let a = a.maximum(T::from_f64(-SATURATED)).minimum(T::from_f64(SATURATED));
        let (s, rest) = twice_u(a).sigmoids();
        let slope = T::from_f64(2.0 * INNER) + T::from_f64(6.0 * INNER * CUBE) * (a * a);
        s * (T::ONE + a * rest * slope)
    }
}

#[inline(always)]
fn twice_u<T: Scalar>(a: T) -> T {
    a * (T::from_f64(2.0 * INNER) + T::from_f64(2.0 * INNER * CUBE) * (a * a))
}

/// `Φ(a) = (1 + erf(a/√2)) / 2`.
fn normal_cdf<T: Real>(a: T) -> T {
    let x = a * T::from_f64(FRAC_1_SQRT_2);
    // Below 0 the error function takes nearly all of the 1 away.
    T::from_f64(0.5) * if a < T::ZERO { (-x).erfc() } else { T::ONE + x.erf() }
}

/// `φ(a) = e^(-a²/2) / √(2π)`.
fn normal_density<T: Real>(a: T) -> T {
    T::from_f64(0.5 * FRAC_2_SQRT_PI * FRAC_1_SQRT_2) * (-T::from_f64(0.5) * a * a).exp()
}

#[cfg(test)]
mod tests {
    use ndarray::{Array1, array};

    use super::*;
    use crate::Tape;

    #[test]
    fn the_two_forms_differ_by_less_than_five_ten_thousandths() {
        let tape = Tape::<f64>::new();
        let a = tape.input("a", Array1::linspace(-6.0, 6.0, 241));
        let difference = tape.value(gelu(a) - gelu_tanh(a));
        let largest = difference.iter().fold(0.0, |largest: f64, d| largest.max(d.abs()));
        assert!((1e-4..5e-4).contains(&largest), "{largest}");
    }

    #[test]
    fn the_tanh_form_keeps_its_digits_far_below_zero() {
        let tape = Tape::<f64>::new();
        let z = gelu_tanh(tape.input("a", array![-6.0]));
        // a · σ(2u) with 2u = 2√(2/π) (-6 - 0.044715 · 216), and σ(2u) = e^2u up to 1e-11.
        let two_u = -2.0 * (2.0 / std::f64::consts::PI).sqrt() * (6.0 + 0.044715 * 216.0);
        let expected = -6.0 * two_u.exp();
        assert!((tape.number(z) / expected - 1.0).abs() < 1e-10);
    }

    #[test]
    fn both_forms_are_zero_at_minus_infinity_with_the_slope_zero() {
        for form in [gelu, gelu_tanh] {
            let tape = Tape::<f64>::new();
            let a = tape.input("a", array![f64::NEG_INFINITY]);
            let z = form(a);
            assert_eq!(tape.number(z), 0.0);
            assert_eq!(tape.backward(z).of(a)[0], 0.0);
        }
    }

    #[test]
    fn the_exact_form_is_the_identity_far_above_zero() {
        let tape = Tape::<f32>::new();
        let a = tape.input("a", array![1e6_f32, f32::INFINITY]);
        let z = gelu(a);
        assert_eq!(tape.value(z), array![1e6, f32::INFINITY].into_dyn());
        assert_eq!(tape.backward(z.sum()).of(a), array![1.0, 1.0].into_dyn());
    }
}
