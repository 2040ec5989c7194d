//! The largest errors of the elementwise functions in `f32`, against `f64`.

use super::functions;
use crate::RowKernels;

/// Every `STEP`-th number of `f32`, of both signs and all exponents, infinities among them.
fn samples() -> Vec<f32> {
    const STEP: usize = 4001;
    let finite = (0..=f32::INFINITY.to_bits()).step_by(STEP).flat_map(|bits| {
        let x = f32::from_bits(bits);
        [x, -x]
    });
    finite
        .chain([f32::INFINITY, f32::NEG_INFINITY, f32::MAX, f32::MIN])
        .collect()
}

/// The distance in units in the last place of `f32` at the true value, subnormal places included.
fn ulps(y: f32, truth: f64) -> f64 {
    if f64::from(y) == truth || (y.is_infinite() && truth.abs() > f64::from(f32::MAX)) {
        return 0.0;
    }
    let exponent = truth.abs().log2().floor().max(-126.0);
    (f64::from(y) - truth).abs() / (exponent - 23.0).exp2()
}

/// The largest error for inputs of moderate size, as a part of `size(x)`.
fn worst_relative(
    name: &str,
    kernel: impl Fn(&[f32], &mut [f32]),
    truth: impl Fn(f64) -> f64,
    size: impl Fn(f64) -> f64,
) -> f64 {
    let x: Vec<f32> = (-60_000..60_000).map(|i| i as f32 * 1.9e-4).collect();
    let mut y = vec![f32::NAN; x.len()];
    kernel(&x, &mut y);
    let errors = x.iter().zip(&y).map(|(&x, &y)| {
        let (x, y) = (f64::from(x), f64::from(y));
        if y == truth(x) {
            0.0
        } else {
            (y - truth(x)).abs() / size(x)
        }
    });
    let worst = errors.fold(0.0, f64::max) / f64::from(f32::EPSILON);
    eprintln!("{name}: {worst:.2} epsilon");
    worst
}

fn worst(name: &str, kernel: impl Fn(&[f32], &mut [f32]), truth: impl Fn(f64) -> f64, bound: f64) {
    let x = samples();
    let mut y = vec![f32::NAN; x.len()];
    kernel(&x, &mut y);
    let errors = x.iter().zip(&y).map(|(&x, &y)| (ulps(y, truth(f64::from(x))), x));
    let (error, at) = errors.fold((0.0, 0.0), |worst, here| {
        if here.0 > worst.0 || here.0.is_nan() {
            here
        } else {
            worst
        }
    });
    assert!(error <= bound, "{name}: {error} ulp at {at:e}, more than {bound}");
    eprintln!("{name}: {error:.3} ulp at {at:e}");
}

#[test]
fn exp_is_within_one_unit_in_the_last_place() {
    worst("exp", f32::map::<functions::Exp>, f64::exp, 1.1);
}

#[test]
fn tanh_is_within_three_units_in_the_last_place() {
    worst("tanh", f32::map::<functions::Tanh>, f64::tanh, 3.0);
}

#[test]
fn sigmoid_is_within_three_units_in_the_last_place() {
    worst(
        "sigmoid",
        f32::map::<functions::Sigmoid>,
        |x| 1.0 / (1.0 + (-x).exp()),
        3.0,
    );
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

fn gelu(x: f64) -> f64 {
    x * sigmoid(2.0 * u(x))
}

fn u(x: f64) -> f64 {
    (2.0 / std::f64::consts::PI).sqrt() * (x + 0.044_715 * x * x * x)
}

/// The error of `x σ(z)` grows with `|z|`, whose last place counts in the exponent, and stops at subnormal numbers:
/// hence the size `|x| (σ(z) + 2⁻¹²⁶) (1 + |z|)`.
#[test]
fn gelu_and_silu_are_exact_up_to_the_rounding_of_their_exponent() {
    let size = |x: f64, z: f64| x.abs() * (sigmoid(z) + f64::from(f32::MIN_POSITIVE)) * (1.0 + z.abs());
    let error = worst_relative("silu", f32::map::<functions::Silu>, |x| x * sigmoid(x), |x| size(x, x));
    assert!(error <= 3.0, "silu: {error}");
    let error = worst_relative("gelu", f32::map::<functions::GeluTanh>, gelu, |x| size(x, 2.0 * u(x)));
    assert!(error <= 3.0, "gelu: {error}");
}

#[test]
fn the_slopes_of_gelu_and_silu_are_exact_to_a_few_parts_of_one() {
    let ones = vec![1.0f32; 120_000];
    let silu_slope = |x: f64| sigmoid(x) * (1.0 + x * sigmoid(-x));
    let error = worst_relative(
        "silu slope",
        |x, y| f32::map_backward::<functions::SiluSlope>(x, &ones, y),
        silu_slope,
        |_| 1.0,
    );
    assert!(error <= 2.0, "silu slope: {error}");
    let inner = |x: f64| 2.0 * (2.0 / std::f64::consts::PI).sqrt() * (1.0 + 3.0 * 0.044_715 * x * x);
    let gelu_slope = |x: f64| sigmoid(2.0 * u(x)) * (1.0 + x * sigmoid(-2.0 * u(x)) * inner(x));
    let error = worst_relative(
        "gelu slope",
        |x, y| f32::map_backward::<functions::GeluTanhSlope>(x, &ones, y),
        gelu_slope,
        |_| 1.0,
    );
    assert!(error <= 2.0, "gelu slope: {error}");
}
