//! Special values and sizes are tried without being asked for.

use ndarray::{ArrayD, Axis};
use tapegrad_autograd::Shape;
use tapegrad_autograd::check::{Case, Draw, TargetReport, Verdict};

use super::{Arrays, checked, d2, hand, linear, linear_formula, rows, text};

type Kept = Arrays;

fn keep(kept: &mut Kept, x: &[ArrayD<f64>]) {
    *kept = x.to_vec();
}

fn assert_wrong(report: &TargetReport, words: &str) {
    let text = text(report);
    assert_eq!(report.verdict, Verdict::Wrong, "{text}");
    assert!(text.contains(words), "`{words}` is not in\n{text}");
    assert!(report.example.as_ref().expect(&text).numbers <= 12, "{text}");
}

fn pair(draw: &mut Draw) -> Case {
    let shape = Shape::new(&[draw.size_nonzero()]);
    Case::of([("a", draw.normal(shape)), ("b", draw.normal(shape))])
}

fn largest(kept: &mut Kept, x: &[ArrayD<f64>]) -> ArrayD<f64> {
    keep(kept, x);
    let each = x[0].iter().zip(&x[1]).map(|(a, b)| a.max(*b)).collect();
    ArrayD::from_shape_vec(x[0].raw_dim(), each).unwrap()
}

#[test]
fn of_two_equals_each_gets_the_full_gradient() {
    let both = |kept: &mut Kept, g: &ArrayD<f64>| {
        let chosen = |own: usize| {
            let wins = kept[own]
                .iter()
                .zip(&kept[1 - own])
                .map(|(a, b)| f64::from(u8::from(a >= b)));
            g * &ArrayD::from_shape_vec(g.raw_dim(), wins.collect()).unwrap()
        };
        vec![chosen(0), chosen(1)]
    };
    let first = |kept: &mut Kept, g: &ArrayD<f64>| {
        let wins = kept[0].iter().zip(&kept[1]).map(|(a, b)| f64::from(u8::from(a >= b)));
        let wins = ArrayD::from_shape_vec(g.raw_dim(), wins.collect()).unwrap();
        vec![g * &wins, g * &(1.0 - &wins)]
    };
    assert_wrong(
        &checked(hand("maximum", pair, largest, both)),
        "each of the tied entries",
    );
    let right = checked(hand("maximum", pair, largest, first));
    assert_eq!(right.verdict, Verdict::Pass, "{}", text(&right));
}

#[test]
fn the_largest_of_a_row_with_ties() {
    let forward = |kept: &mut Kept, x: &[ArrayD<f64>]| {
        keep(kept, x);
        d2(&x[0])
            .map_axis(Axis(1), |row| row.fold(f64::NEG_INFINITY, |a, b| a.max(*b)))
            .into_dyn()
    };
    let backward = |kept: &mut Kept, g: &ArrayD<f64>| {
        let x = d2(&kept[0]);
        let mut g_x = &x * 0.0;
        for ((mut g_row, row), g) in g_x.rows_mut().into_iter().zip(x.rows()).zip(g) {
            let most = row.fold(f64::NEG_INFINITY, |a, b| a.max(*b));
            g_row
                .iter_mut()
                .zip(row)
                .for_each(|(g_x, x)| *g_x = if *x == most { *g } else { 0.0 });
        }
        vec![g_x.into_dyn()]
    };
    assert_wrong(
        &checked(hand("largest", rows, forward, backward)),
        "each of the tied entries",
    );
}

fn tanh(kept: &mut Kept, x: &[ArrayD<f64>]) -> ArrayD<f64> {
    keep(kept, x);
    x[0].mapv(f64::tanh)
}

#[test]
fn a_division_by_zero_at_zero() {
    // tanh(x) / x · (1 - tanh² x) x is right everywhere but at 0.
    let backward = |kept: &mut Kept, g: &ArrayD<f64>| {
        vec![g * &kept[0].mapv(|x| x.tanh() / x * (1.0 - x.tanh() * x.tanh()) * x / x.tanh())]
    };
    let report = checked(hand("tanh", rows, tanh, backward));
    assert_wrong(&report, "zeros");
    assert!(text(&report).contains("NaN"));
}

#[test]
fn a_gradient_that_is_lost_in_the_tails() {
    let backward = |kept: &mut Kept, g: &ArrayD<f64>| {
        vec![g * &kept[0].mapv(|x: f64| if x.abs() > 3.5 { 0.0 } else { 1.0 - x.tanh() * x.tanh() })]
    };
    assert_wrong(&checked(hand("tanh", rows, tanh, backward)), "numbers up to 8");
}

#[test]
fn a_loop_over_the_first_eight_entries() {
    let case = |draw: &mut Draw| {
        let shape = Shape::new(&[draw.size_nonzero()]);
        Case::of([("x", draw.normal(shape))])
    };
    let backward = |kept: &mut Kept, g: &ArrayD<f64>| {
        let mut g_x = g * &kept[0].mapv(|x: f64| 1.0 - x.tanh() * x.tanh());
        g_x.iter_mut().skip(8).for_each(|g| *g = 0.0);
        vec![g_x]
    };
    let report = checked(hand("tanh", case, tanh, backward));
    assert_wrong(&report, "it is off by");
}

#[test]
fn one_row_against_many() {
    let forward = |kept: &mut Kept, x: &[ArrayD<f64>]| {
        keep(kept, x);
        linear_forward(x)
    };
    fn linear_forward(x: &[ArrayD<f64>]) -> ArrayD<f64> {
        (d2(&x[0]).dot(&d2(&x[1]).t()) + x[2].clone().into_dimensionality::<ndarray::Ix1>().unwrap()).into_dyn()
    }
    let backward = |kept: &mut Kept, g: &ArrayD<f64>| {
        let g = d2(g);
        let g_w = g.t().dot(&d2(&kept[0])).into_dyn();
        let g_b = if g.nrows() > 8 {
            g.row(0).to_owned()
        } else {
            g.sum_axis(Axis(0))
        };
        vec![g.dot(&d2(&kept[1])).into_dyn(), g_w, g_b.into_dyn()]
    };
    assert_wrong(
        &checked(hand("linear", linear, forward, backward).defined_by(linear_formula)),
        "g_b",
    );
}

#[test]
fn right_modules_with_kinks_pass() {
    let relu = |kept: &mut Kept, x: &[ArrayD<f64>]| {
        keep(kept, x);
        x[0].mapv(|x| x.max(0.0))
    };
    let relu_backward = |kept: &mut Kept, g: &ArrayD<f64>| vec![g * &kept[0].mapv(|x| f64::from(u8::from(x > 0.0)))];
    let report = checked(hand("relu", rows, relu, relu_backward));
    assert_eq!(report.verdict, Verdict::Pass, "{}", text(&report));
    let absolute = |kept: &mut Kept, x: &[ArrayD<f64>]| {
        keep(kept, x);
        x[0].mapv(f64::abs)
    };
    let absolute_backward = |kept: &mut Kept, g: &ArrayD<f64>| {
        vec![
            g * &kept[0].mapv(|x| {
                if x > 0.0 {
                    1.0
                } else if x < 0.0 {
                    -1.0
                } else {
                    0.0
                }
            }),
        ]
    };
    let report = checked(hand("absolute value", rows, absolute, absolute_backward));
    assert_eq!(report.verdict, Verdict::Pass, "{}", text(&report));
}
