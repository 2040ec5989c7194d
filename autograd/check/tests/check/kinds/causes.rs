//! Causes that the right Jacobian tells apart where the wrong gradient alone does not, each on modules of two domains.

use ndarray::{ArrayD, Axis};
use tapegrad_autograd::Shape;
use tapegrad_autograd::check::{Case, Draw, ModuleSubject, Verdict};
use tapegrad_autograd::op::OperandKind;

use super::{Arrays, checked, d1, d2, hand, rows, text};

type Kept = Arrays;

fn keep(kept: &mut Kept, x: &[ArrayD<f64>]) {
    *kept = x.to_vec();
}

/// Asserts that a wrong module's first cause has these words.
fn assert_cause(subject: ModuleSubject, words: &[&str]) {
    let report = checked(subject);
    let text = text(&report);
    assert_eq!(report.verdict, Verdict::Wrong, "{text}");
    let finding = report.findings.first().map_or("", |finding| finding.sentence.as_str());
    let sentence = report.diagnosis.as_ref().map_or(finding, |d| d.sentence.as_str());
    for word in words {
        assert!(sentence.contains(word), "`{word}` is not in `{sentence}`\n{text}");
    }
}

/// A module that is applied to each entry: its value, and its derivative from the operand and the value.
macro_rules! each {
    ($name:literal, $value:expr, $slope:expr) => {
        hand(
            $name,
            rows,
            |kept: &mut Kept, x: &[ArrayD<f64>]| {
                let value: fn(f64) -> f64 = $value;
                let y = x[0].mapv(value);
                *kept = vec![x[0].clone(), y.clone()];
                y
            },
            |kept: &mut Kept, g: &ArrayD<f64>| {
                let slope: fn(f64, f64) -> f64 = $slope;
                let mut g_x = g.clone();
                for ((g, x), y) in g_x.iter_mut().zip(&kept[0]).zip(&kept[1]) {
                    *g *= slope(*x, *y);
                }
                vec![g_x]
            },
        )
    };
}

#[test]
fn an_order_that_is_not_undone() {
    let mirrored = |kept: &mut Kept, x: &[ArrayD<f64>]| {
        keep(kept, x);
        let mut y = x[0].clone();
        y.invert_axis(Axis(0));
        y.invert_axis(Axis(1));
        y.as_standard_layout().into_owned()
    };
    let handed_on = |_: &mut Kept, g: &ArrayD<f64>| vec![g.clone()];
    assert_cause(
        hand("picture turned by 180 degrees", rows, mirrored, handed_on),
        &["in reversed order"],
    );
    let square = |draw: &mut Draw| {
        let n = 2 + draw.size_nonzero();
        Case::of([("x", draw.normal(Shape::new(&[n, n])))])
    };
    let turned = |_: &mut Kept, x: &[ArrayD<f64>]| x[0].t().as_standard_layout().into_owned();
    assert_cause(
        hand("distances from and to", square, turned, handed_on),
        &["transposed"],
    );
}

#[test]
fn a_place_that_is_not_the_one_copied_from() {
    let case = |draw: &mut Draw| {
        let n = 2 + draw.size_nonzero();
        let ids = draw.ids(Shape::new(&[n]), n);
        Case::of([("notes", draw.normal(Shape::new(&[n])))]).with_data("melody", OperandKind::Id, ids)
    };
    let forward = |kept: &mut Kept, x: &[ArrayD<f64>]| {
        keep(kept, x);
        x[1].mapv(|id| x[0][[id as usize]])
    };
    let backward = |kept: &mut Kept, g: &ArrayD<f64>| vec![g.clone(), &kept[1] * 0.0];
    assert_cause(hand("melody", case, forward, backward), &["copied from"]);
}

#[test]
fn a_limit_that_backward_forgets() {
    let subject = each!("water in a tank", |x| x.clamp(0.0, 0.8), |_, _| 1.0);
    assert_cause(subject, &["should be 0", "clip"]);
    let subject = each!("brake", |x| if x > 0.0 { x * x } else { 0.0 }, |x, _| 2.0 * x);
    assert_cause(subject, &["clip"]);
}

#[test]
fn a_side_that_is_forgotten() {
    let subject = each!("distance from the middle", |x| x.abs() * 3.0, |_, _| 3.0);
    assert_cause(subject, &["negative"]);
    let subject = each!("gain and loss", |x| if x > 0.0 { x } else { 2.5 * x }, |_, _| 1.0);
    assert_cause(subject, &["negative"]);
}

#[test]
fn a_factor_that_is_missing_is_named_with_its_letters() {
    let subject = each!("share of voters", |x| 1.0 / (1.0 + (-x).exp()), |_, y| 1.0 - y);
    assert_cause(subject, &["without the factor y", "y is the output"]);
    let subject = each!("hanging chain", |x| (1.0 + x * x).sqrt(), |x, _| x);
    assert_cause(subject, &["without the factor 1 / y"]);
}

#[test]
fn the_input_in_the_place_of_the_output() {
    let subject = each!("compound interest", f64::exp, |x, _| x);
    assert_cause(subject, &["the input x stands for the output y"]);
    let subject = each!("saturation", f64::tanh, |x, _| 1.0 - x * x);
    assert_cause(subject, &["the input x stands for the output y"]);
}

#[test]
fn a_term_of_a_product_that_is_missing() {
    let subject = each!("damped swing", |x| x * (-x * x).exp(), |x, y| y / x);
    assert_cause(subject, &["one term is missing"]);
    let subject = each!("energy of a spring under load", |x| x * x.cos(), |x, _| x.cos());
    assert_cause(subject, &["term"]);
}

#[test]
fn a_constant_of_the_inner_function() {
    let subject = each!("angle in degrees", |x| x.to_radians().cos(), |x, _| -x
        .to_radians()
        .sin());
    assert_cause(subject, &["constant factor", "180/π"]);
    let subject = each!("decades", |x| (2.0 + x * x).log10(), |x, _| 2.0 * x / (2.0 + x * x));
    assert_cause(subject, &["constant factor", "ln 10"]);
}

#[test]
fn a_part_with_the_wrong_sign() {
    let forward = |kept: &mut Kept, x: &[ArrayD<f64>]| {
        keep(kept, x);
        let x = d2(&x[0]);
        let sign = |i: usize| if i.is_multiple_of(2) { 1.0 } else { -1.0 };
        x.map_axis(Axis(1), |row| {
            row.iter().enumerate().map(|(i, x)| sign(i) * x * x).sum::<f64>()
        })
        .into_dyn()
    };
    let backward = |kept: &mut Kept, g: &ArrayD<f64>| {
        let x = d2(&kept[0]);
        vec![(&x * 2.0 * &d1(g).insert_axis(Axis(1))).into_dyn()]
    };
    assert_cause(hand("even minus odd", rows, forward, backward), &["wrong sign"]);
}

#[test]
fn only_the_last_step_is_filled_in() {
    let forward = |kept: &mut Kept, x: &[ArrayD<f64>]| {
        keep(kept, x);
        d2(&x[0]).mapv(f64::sin).sum_axis(Axis(0)).into_dyn()
    };
    let backward = |kept: &mut Kept, g: &ArrayD<f64>| {
        let x = d2(&kept[0]);
        let mut g_x = &x * 0.0;
        let last = x.nrows() - 1;
        g_x.row_mut(last).assign(&(&x.row(last).mapv(f64::cos) * &d1(g)));
        vec![g_x.into_dyn()]
    };
    assert_cause(
        hand("waves added up", rows, forward, backward),
        &["only the last slice of g_x"],
    );
}

#[test]
fn a_mean_that_counts_along_another_axis() {
    let forward = |kept: &mut Kept, x: &[ArrayD<f64>]| {
        keep(kept, x);
        d2(&x[0]).mapv(|x| x * x).mean_axis(Axis(0)).unwrap().into_dyn()
    };
    let backward = |kept: &mut Kept, g: &ArrayD<f64>| {
        let x = d2(&kept[0]);
        vec![(&x * 2.0 * &d1(g) / x.ncols() as f64).into_dyn()]
    };
    assert_cause(hand("mean energy", rows, forward, backward), &["where the size of"]);
}

#[test]
fn the_same_upstream_gradient_for_all() {
    let forward = |kept: &mut Kept, x: &[ArrayD<f64>]| {
        keep(kept, x);
        x[0].mapv(f64::exp)
    };
    let backward = |kept: &mut Kept, g: &ArrayD<f64>| vec![kept[0].mapv(f64::exp) * g.mean().unwrap()];
    assert_cause(hand("growth of many", rows, forward, backward), &["its mean counts"]);
}

#[test]
fn weights_of_samples_counted_twice() {
    let case = |draw: &mut Draw| {
        let shape = draw.shape_nonempty();
        Case::of([("x", draw.normal(shape))]).with_data("w", OperandKind::Data, draw.between(shape, 0.1, 0.9))
    };
    let forward = |kept: &mut Kept, x: &[ArrayD<f64>]| {
        keep(kept, x);
        &x[1] * &x[0].mapv(f64::sin)
    };
    let twice =
        |kept: &mut Kept, g: &ArrayD<f64>| vec![&kept[1] * &kept[1] * &kept[0].mapv(f64::cos) * g, &kept[1] * 0.0];
    assert_cause(hand("weighted waves", case, forward, twice), &["w"]);
    let never = |kept: &mut Kept, g: &ArrayD<f64>| vec![&kept[0].mapv(f64::cos) * g, &kept[1] * 0.0];
    assert_cause(hand("weighted waves", case, forward, never), &["w"]);
}

#[test]
fn a_weight_decay_that_forward_does_not_have() {
    let forward = |kept: &mut Kept, x: &[ArrayD<f64>]| {
        keep(kept, x);
        x[0].mapv(f64::sin)
    };
    let backward = |kept: &mut Kept, g: &ArrayD<f64>| vec![kept[0].mapv(f64::cos) * g + &kept[0] * 0.01];
    let report = checked(hand("sine", rows, forward, backward));
    let text = text(&report);
    assert_eq!(report.verdict, Verdict::Wrong, "{text}");
    assert!(text.contains("0.01 times x added"), "{text}");
}

#[test]
fn an_entry_that_is_lost_only_at_zero() {
    let case = |draw: &mut Draw| {
        let shape = draw.shape_nonempty();
        Case::of([("x", draw.normal(shape).mapv(|x| (2.0 * x).round() / 2.0))])
    };
    let forward = |kept: &mut Kept, x: &[ArrayD<f64>]| {
        keep(kept, x);
        x[0].mapv(|x| 3.0 * x)
    };
    let backward = |kept: &mut Kept, g: &ArrayD<f64>| vec![kept[0].mapv(|x| if x == 0.0 { 1.0 } else { 3.0 }) * g];
    assert_cause(hand("threefold", case, forward, backward), &["only where x is 0"]);
}

#[test]
fn a_mask_that_is_off_by_one() {
    let forward = |kept: &mut Kept, x: &[ArrayD<f64>]| {
        keep(kept, x);
        &x[0].mapv(f64::sin) * &x[1]
    };
    // The mask of the entry before; the first keeps its own.
    let backward = |kept: &mut Kept, g: &ArrayD<f64>| {
        let mask = d2(&kept[1]);
        let before: Vec<usize> = (0..mask.ncols()).map(|i| i.saturating_sub(1)).collect();
        let moved = mask.select(Axis(1), &before).into_dyn();
        vec![kept[0].mapv(f64::cos) * g * moved, g * 0.0]
    };
    let subject =
        hand("masked waves", super::masked, forward, backward).defined_by(|x| tapegrad_autograd::ops::sin(x[0]) * x[1]);
    assert_cause(subject, &["mask stood one place later", "off by one"]);
}

#[test]
fn no_line_of_a_report_is_too_long_to_read() {
    let wide = |draw: &mut Draw| Case::of([("x", draw.normal(Shape::new(&[20, 60])))]);
    let forward = |kept: &mut Kept, x: &[ArrayD<f64>]| {
        keep(kept, x);
        let x = d2(&x[0]);
        (&x * &super::sums(&x)).into_dyn()
    };
    let backward = |kept: &mut Kept, g: &ArrayD<f64>| vec![(&d2(g) * &super::sums(&d2(&kept[0]))).into_dyn()];
    let report = checked(hand("row times its sum", wide, forward, backward).of_fixed_sizes());
    assert_eq!(report.verdict, Verdict::Wrong);
    let text = text(&report);
    let longest = text.lines().max_by_key(|line| line.chars().count()).unwrap_or_default();
    assert!(
        longest.chars().count() <= 400,
        "{} characters: {longest}",
        longest.chars().count()
    );
}
