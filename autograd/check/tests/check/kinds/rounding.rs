//! Rounding is judged by what a right algorithm may do, and the report says how many digits are left.

use ndarray::ArrayD;
use tapegrad_autograd::Shape;
use tapegrad_autograd::check::{Case, Draw, Options, TargetReport, Verdict};
use tapegrad_autograd::ops::{gelu, layer_norm, softmax};

use super::{Arrays, checked, checked_with, d2, hand, means, rows, sums, text};

type Kept = Arrays;

fn keep(kept: &mut Kept, x: &[ArrayD<f64>]) {
    *kept = x.to_vec();
}

fn assert_passes(report: &TargetReport, words: &str) {
    let text = text(report);
    assert_eq!(report.verdict, Verdict::Pass, "{text}");
    assert!(text.contains(words), "`{words}` is not in\n{text}");
    assert!(!text.contains("multiplied by 1"), "{text}");
}

const EPSILON: f64 = 1e-5;

fn one_pass(kept: &mut Kept, x: &[ArrayD<f64>]) -> ArrayD<f64> {
    keep(kept, x);
    let x = d2(&x[0]);
    let sigma = (means(&(&x * &x)) - means(&x).mapv(|m| m * m) + EPSILON).mapv(f64::sqrt);
    ((&x - &means(&x)) / &sigma).into_dyn()
}

fn one_pass_backward(kept: &mut Kept, g: &ArrayD<f64>) -> Arrays {
    let (x, g) = (d2(&kept[0]), d2(g));
    let sigma = (means(&(&x * &x)) - means(&x).mapv(|m| m * m) + EPSILON).mapv(f64::sqrt);
    let n = (&x - &means(&x)) / &sigma;
    vec![((&g - &means(&g) - &n * &means(&(&g * &n))) / &sigma).into_dyn()]
}

#[test]
fn a_variance_in_one_pass() {
    let report = checked(
        hand("layer norm", rows, one_pass, one_pass_backward).defined_by(|x| layer_norm(x[0], None, None, EPSILON)),
    );
    assert_passes(&report, "");
    let case = |draw: &mut Draw| {
        let shape = Shape::new(&[draw.size_nonzero(), 1 + draw.size_nonzero()]);
        Case::of([("x", draw.normal(shape) + 300.0)])
    };
    let report = checked(
        hand("layer norm", case, one_pass, one_pass_backward).defined_by(|x| layer_norm(x[0], None, None, EPSILON)),
    );
    assert_passes(&report, "of 16 digits to rounding here");
}

#[test]
fn logits_up_to_a_thousand() {
    let case = |draw: &mut Draw| {
        let shape = Shape::new(&[draw.size_nonzero(), draw.size_nonzero()]);
        Case::of([("x", draw.normal(shape) * 400.0)])
    };
    let forward = |kept: &mut Kept, x: &[ArrayD<f64>]| {
        let x = d2(&x[0]);
        let most = x.map_axis(ndarray::Axis(1), |row| row.fold(f64::NEG_INFINITY, |a, b| a.max(*b)));
        let shifted = &x - &most.insert_axis(ndarray::Axis(1));
        let log = &shifted - &sums(&shifted.mapv(f64::exp)).mapv(f64::ln);
        *kept = vec![log.mapv(f64::exp).into_dyn()];
        kept[0].clone()
    };
    let backward = |kept: &mut Kept, g: &ArrayD<f64>| {
        let (y, g) = (d2(&kept[0]), d2(g));
        vec![(&y * &(&g - &sums(&(&g * &y)))).into_dyn()]
    };
    assert_passes(
        &checked(hand("softmax", case, forward, backward).defined_by(|x| softmax(x[0], -1))),
        "",
    );
    assert_passes(&checked(hand("softmax", case, forward, backward)), "");
}

/// The error function of Abramowitz and Stegun, 7.1.26, which is right to seven digits.
fn erf(x: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.327_591_1 * x.abs());
    let sum =
        t * (0.254_829_592 + t * (-0.284_496_736 + t * (1.421_413_741 + t * (-1.453_152_027 + t * 1.061_405_429))));
    (1.0 - sum * (-x * x).exp()).copysign(x)
}

#[test]
fn an_approximate_error_function() {
    let forward = |kept: &mut Kept, x: &[ArrayD<f64>]| {
        keep(kept, x);
        x[0].mapv(|x| 0.5 * x * (1.0 + erf(x / 2.0_f64.sqrt())))
    };
    let backward = |kept: &mut Kept, g: &ArrayD<f64>| {
        let slope = |x: f64| {
            let density = (-0.5 * x * x).exp() / (2.0 * std::f64::consts::PI).sqrt();
            0.5 * (1.0 + erf(x / 2.0_f64.sqrt())) + x * density
        };
        vec![g * &kept[0].mapv(slope)]
    };
    let report = checked(hand("gelu", rows, forward, backward).defined_by(|x| gelu(x[0])));
    assert_passes(&report, "it is an approximation of it");
}

#[test]
fn single_precision_inside() {
    let forward = |kept: &mut Kept, x: &[ArrayD<f64>]| {
        *kept = vec![x[0].mapv(|x| f64::from((x as f32).tanh()))];
        kept[0].clone()
    };
    let backward = |kept: &mut Kept, g: &ArrayD<f64>| vec![g * &kept[0].mapv(|y| 1.0 - y * y)];
    let report = checked(hand("tanh", rows, forward, backward).defined_by(|x| tapegrad_autograd::ops::tanh(x[0])));
    assert_passes(&report, "single precision (f32)");
    let exact = |kept: &mut Kept, x: &[ArrayD<f64>]| {
        *kept = vec![x[0].mapv(|x| f64::from(x.tanh() as f32))];
        x[0].mapv(f64::tanh)
    };
    let report = checked(hand("tanh", rows, exact, backward).defined_by(|x| tapegrad_autograd::ops::tanh(x[0])));
    assert_passes(&report, "single precision (f32)");
    let report = checked(hand("tanh", rows, forward, backward));
    assert_ne!(report.verdict, Verdict::Wrong, "{}", text(&report));
}

#[test]
fn a_softmax_without_a_shift() {
    let forward = |kept: &mut Kept, x: &[ArrayD<f64>]| {
        let e = d2(&x[0]).mapv(f64::exp);
        *kept = vec![(&e / &sums(&e)).into_dyn()];
        kept[0].clone()
    };
    let backward = |kept: &mut Kept, g: &ArrayD<f64>| {
        let (y, g) = (d2(&kept[0]), d2(g));
        vec![(&y * &(&g - &sums(&(&g * &y)))).into_dyn()]
    };
    assert_passes(
        &checked(hand("softmax", rows, forward, backward).defined_by(|x| softmax(x[0], -1))),
        "",
    );
}

#[test]
fn an_approximation_without_a_definition() {
    // A sine from a table, which is right to eight digits, and its derivative exactly.
    let forward = |kept: &mut Kept, x: &[ArrayD<f64>]| {
        keep(kept, x);
        x[0].mapv(|x| x.sin() + 3e-9 * (50.0 * x).sin())
    };
    let backward = |kept: &mut Kept, g: &ArrayD<f64>| vec![g * &kept[0].mapv(f64::cos)];
    assert_passes(&checked(hand("sine", rows, forward, backward)), "approximate");
    // A wrong constant is no approximation, however close it is.
    let wrong = |kept: &mut Kept, g: &ArrayD<f64>| vec![g * &kept[0].mapv(|x| x.cos() * 1.000_000_2)];
    let sine = |kept: &mut Kept, x: &[ArrayD<f64>]| {
        keep(kept, x);
        x[0].mapv(f64::sin)
    };
    let report = checked(hand("sine", rows, sine, wrong));
    assert_eq!(report.verdict, Verdict::Wrong, "{}", text(&report));
}

#[test]
fn single_precision_inside_without_a_definition() {
    let forward = |kept: &mut Kept, x: &[ArrayD<f64>]| {
        *kept = vec![x[0].mapv(|x| f64::from((x as f32).tanh()))];
        kept[0].clone()
    };
    let backward = |kept: &mut Kept, g: &ArrayD<f64>| {
        vec![
            g * &kept[0].mapv(|y| {
                let y = y as f32;
                f64::from(1.0 - y * y)
            }),
        ]
    };
    let any = |draw: &mut Draw| {
        let shape = draw.shape_nonempty();
        Case::of([("x", draw.normal(shape))])
    };
    for seed in 1..=20 {
        let options = Options {
            seed,
            ..Options::default()
        };
        let report = checked_with(hand("tanh", any, forward, backward), &options);
        // Slopes of rounded values may be too uncertain to certify an entry: that is unchecked, with the reason.
        let text = text(&report);
        assert_ne!(report.verdict, Verdict::Wrong, "{text}");
        assert!(text.contains("single precision (f32)"), "{text}");
    }
}
