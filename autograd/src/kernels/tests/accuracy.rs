//! The largest errors of the elementwise functions in `f32`, against `f64`.

use crate::kernels::Kernels;

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
    worst("exp", f32::exp_slice, f64::exp, 1.1);
}

#[test]
fn tanh_is_within_three_units_in_the_last_place() {
    worst("tanh", f32::tanh_slice, f64::tanh, 3.0);
}

#[test]
fn sigmoid_is_within_three_units_in_the_last_place() {
    worst("sigmoid", f32::sigmoid_slice, |x| 1.0 / (1.0 + (-x).exp()), 3.0);
}
