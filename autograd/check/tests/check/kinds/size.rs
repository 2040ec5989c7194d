//! Whatever the size of the arrays and of the error: a sentence, the size of the error, an example.

use ndarray::{ArrayD, Axis};
use tapegrad_autograd::Shape;
use tapegrad_autograd::check::{Case, Draw, TargetReport, Verdict};

use super::{Arrays, checked, d1, d2, hand, linear_formula, means, text};

/// Asserts that the report says what is wrong and by how much, shows an example, and has no line that nobody reads.
fn assert_told(report: &TargetReport, words: &[&str]) {
    let text = text(report);
    assert_eq!(report.verdict, Verdict::Wrong, "{text}");
    assert!(text.contains("it is off by"), "{text}");
    assert!(report.example.is_some(), "{text}");
    for word in words {
        assert!(text.contains(word), "`{word}` is not in\n{text}");
    }
    let longest = text.lines().map(|line| line.chars().count()).max().unwrap_or(0);
    assert!(longest <= 400, "a line of {longest} characters:\n{text}");
}

type Kept = Arrays;

fn keep(kept: &mut Kept, x: &[ArrayD<f64>]) {
    *kept = x.to_vec();
}

#[test]
fn a_layer_norm_of_a_hundred_columns() {
    let case = |draw: &mut Draw| Case::of([("x", draw.normal(Shape::new(&[2, 100])))]);
    let forward = |kept: &mut Kept, x: &[ArrayD<f64>]| {
        keep(kept, x);
        let x = d2(&x[0]);
        let centred = &x - &means(&x);
        let sigma = (means(&(&centred * &centred)) + 1e-2).mapv(f64::sqrt);
        (&centred / &sigma).into_dyn()
    };
    let backward = |kept: &mut Kept, g: &ArrayD<f64>| {
        let (x, g) = (d2(&kept[0]), d2(g));
        let centred = &x - &means(&x);
        let sigma = (means(&(&centred * &centred)) + 1e-2).mapv(f64::sqrt);
        vec![((&g - &means(&g)) / &sigma).into_dyn()]
    };
    let report = checked(
        hand("layer norm", case, forward, backward)
            .defined_by(|x| tapegrad_autograd::ops::layer_norm(x[0], None, None, 1e-2)),
    );
    assert_told(&report, &[]);
    assert!(report.example.unwrap().numbers <= 6);
}

fn linear_forward(kept: &mut Kept, x: &[ArrayD<f64>]) -> ArrayD<f64> {
    keep(kept, x);
    (d2(&x[0]).dot(&d2(&x[1]).t()) + d1(&x[2])).into_dyn()
}

#[test]
fn a_linear_layer_of_32_by_64_by_64() {
    let case = |draw: &mut Draw| {
        Case::of([("x", draw.normal(Shape::new(&[32, 64])))])
            .with_param("W", draw.normal(Shape::new(&[64, 64])))
            .with_param("b", draw.normal(Shape::new(&[64])))
    };
    let backward = |kept: &mut Kept, g: &ArrayD<f64>| {
        let g = d2(g);
        let g_w = g.t().dot(&d2(&kept[0])).into_dyn();
        vec![
            g.dot(&d2(&kept[1])).into_dyn(),
            g_w,
            g.mean_axis(Axis(0)).unwrap().into_dyn(),
        ]
    };
    let report = checked(hand("linear", case, linear_forward, backward).defined_by(linear_formula));
    assert_told(&report, &["g_b is the mean over", "it must be the sum"]);
    assert!(report.example.unwrap().numbers <= 8);
}

#[test]
fn one_wrong_entry_of_a_thousand() {
    let case = |draw: &mut Draw| Case::of([("x", draw.normal(Shape::new(&[1000])))]);
    let forward = |kept: &mut Kept, x: &[ArrayD<f64>]| {
        keep(kept, x);
        &x[0] * &x[0]
    };
    let backward = |kept: &mut Kept, g: &ArrayD<f64>| {
        let mut g_x = g * &kept[0] * 2.0;
        if let Some(entry) = g_x.iter_mut().nth(637) {
            *entry *= 1.01;
        }
        vec![g_x]
    };
    let report = checked(hand("square", case, forward, backward));
    assert_told(&report, &["g_x[637]"]);
    assert!(
        report.example.unwrap().numbers >= 638,
        "the entry is wrong in large arrays only"
    );
}

#[test]
fn an_error_below_a_ten_millionth() {
    let backward = |kept: &mut Kept, g: &ArrayD<f64>| vec![g * &kept[0].mapv(|x| x.cos() * (1.0 + 3e-9))];
    let forward = |kept: &mut Kept, x: &[ArrayD<f64>]| {
        keep(kept, x);
        x[0].mapv(f64::sin)
    };
    let report =
        checked(hand("sine", super::rows, forward, backward).defined_by(|x| tapegrad_autograd::ops::sin(x[0])));
    assert_told(&report, &["3.0e-9 of the largest entry"]);
}

#[test]
fn sizes_that_a_caller_fixes_are_kept() {
    let case = |draw: &mut Draw| Case::of([("x", draw.normal(Shape::new(&[4, 3])))]);
    let forward = |kept: &mut Kept, x: &[ArrayD<f64>]| {
        keep(kept, x);
        x[0].mapv(f64::exp)
    };
    let backward = |kept: &mut Kept, g: &ArrayD<f64>| vec![g * &kept[0].mapv(f64::exp) * -1.0];
    let free = checked(hand("exp", case, forward, backward));
    assert_eq!(free.example.unwrap().numbers, 1);
    let fixed = checked(hand("exp", case, forward, backward).of_fixed_sizes());
    assert_eq!(fixed.example.unwrap().numbers, 12);
}

/// Two operands that always have one shape keep it in the example, though a cut of one alone would be smaller: forward()
/// would repeat it.
#[test]
fn operands_of_one_shape_have_one_shape_in_the_example() {
    let case = |draw: &mut Draw| {
        let shape = Shape::new(&[draw.size_nonzero() + 2, draw.size_nonzero() + 1]);
        Case::of([("a", draw.normal(shape)), ("b", draw.normal(shape))])
    };
    let forward = |kept: &mut Kept, x: &[ArrayD<f64>]| {
        keep(kept, x);
        &x[0] * &x[1]
    };
    let backward = |kept: &mut Kept, g: &ArrayD<f64>| {
        let shape = g.shape().to_vec();
        // Of a matrix with two columns and more, the first entry of b counts for its neighbour too.
        let mut g_a = g * &kept[1];
        if g_a.shape() == kept[0].shape() && shape[1] > 1 && shape[0] > 1 {
            g_a[[0, 1]] = g[[0, 1]] * kept[1][[0, 0]];
        }
        vec![g_a, g * &kept[0]]
    };
    let report = checked(hand("product", case, forward, backward));
    let example = report.example.as_ref().expect("it is wrong");
    assert_eq!(
        example.operands[0].shape,
        example.operands[1].shape,
        "{}",
        text(&report)
    );
}
