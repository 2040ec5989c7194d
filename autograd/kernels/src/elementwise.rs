//! Functions applied to each number of a slice: exp, tanh, sigmoid, GELU (tanh form), SiLU.
//!
//! GELU is written as `x · σ(2u)`, `u = √(2/π) (x + 0.044715 x³)`, which equals `½ x (1 + tanh u)` without its
//! cancellation for `x ≪ 0`. Source: Hendrycks & Gimpel, "Gaussian Error Linear Units" (2016), section 2.

use crate::numbers::Scalar;

/// `√(2/π)`, the inner factor of the tanh form of GELU.
pub(super) const GELU_INNER: f64 = 0.797_884_560_802_865_4;
/// The factor of the cube in the tanh form of GELU.
pub(super) const GELU_CUBE: f64 = 0.044_715;
/// Below this both GELU and SiLU are 0 in every number type; stopping here keeps `-∞ · 0` away.
pub(super) const GATE_FLOOR: f64 = -1.0e4;
/// Above this both slopes are 1; stopping here keeps `∞ · 0` away.
pub(super) const GATE_CEILING: f64 = 1.0e4;

/// `y = f(x)` for each number.
pub(super) fn each<T: Scalar>(x: &[T], y: &mut [T], f: impl Fn(T) -> T) {
    assert!(x.len() == y.len(), "elementwise: x and y must be of one length");
    for (y, &x) in y.iter_mut().zip(x) {
        *y = f(x);
    }
}

/// `g_x = g_y · slope(x)` for each number.
pub(super) fn each_backward<T: Scalar>(x: &[T], g_y: &[T], g_x: &mut [T], slope: impl Fn(T) -> T) {
    assert!(
        x.len() == g_y.len() && x.len() == g_x.len(),
        "elementwise: x, g_y and g_x must be of one length"
    );
    for ((g_x, &x), &g_y) in g_x.iter_mut().zip(x).zip(g_y) {
        *g_x = g_y * slope(x);
    }
}

/// `σ(x) = 1 / (1 + exp(-x))`.
pub(super) fn sigmoid<T: Scalar>(x: T) -> T {
    T::ONE / (T::ONE + (-x).exp())
}

/// `x σ(x)`.
pub(super) fn silu<T: Scalar>(x: T) -> T {
    let x = x.maximum(T::from_f64(GATE_FLOOR));
    x * sigmoid(x)
}

/// `σ(x) (1 + x (1 - σ(x)))`.
pub(super) fn silu_slope<T: Scalar>(x: T) -> T {
    let x = x.maximum(T::from_f64(GATE_FLOOR)).minimum(T::from_f64(GATE_CEILING));
    let s = sigmoid(x);
    s * (T::ONE + x * sigmoid(-x))
}

/// `x σ(2u)` with `u = √(2/π) (x + 0.044715 x³)`.
pub(super) fn gelu_tanh<T: Scalar>(x: T) -> T {
    let x = x.maximum(T::from_f64(GATE_FLOOR));
    x * sigmoid(twice_u(x))
}

/// `σ(2u) (1 + x (1 - σ(2u)) 2u')` with `u' = √(2/π) (1 + 3 · 0.044715 x²)`.
pub(super) fn gelu_tanh_slope<T: Scalar>(x: T) -> T {
    let x = x.maximum(T::from_f64(GATE_FLOOR)).minimum(T::from_f64(GATE_CEILING));
    let two_u = twice_u(x);
    let slope = T::from_f64(2.0 * GELU_INNER) * (T::ONE + T::from_f64(3.0 * GELU_CUBE) * x * x);
    sigmoid(two_u) * (T::ONE + x * sigmoid(-two_u) * slope)
}

fn twice_u<T: Scalar>(x: T) -> T {
    T::from_f64(2.0 * GELU_INNER) * (x + T::from_f64(GELU_CUBE) * x * x * x)
}
