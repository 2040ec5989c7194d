//! What is said of a wrong gradient that no mistake explains: which shares of the upstream gradient are wrong, or what
//! form the error has.

use ndarray::{Array1, ArrayD};
use tapegrad_autograd::Shape;
use tapegrad_autograd::check::{Case, Draw, ModuleSubject, Verdict};

use super::{Arrays, checked, d1, d2, hand, means, text};

type Kept = Arrays;

fn keep(kept: &mut Kept, x: &[ArrayD<f64>]) {
    *kept = x.to_vec();
}

/// Asserts that nothing is named, and that the report says these words of the wrong shares or of the error.
fn assert_described(subject: ModuleSubject, words: &str) {
    let report = checked(subject);
    let text = text(&report);
    assert_eq!(report.verdict, Verdict::Wrong, "{text}");
    assert!(text.contains(words), "`{words}` is not in\n{text}");
}

fn numbers(draw: &mut Draw) -> Case {
    let n = 3 + draw.size_nonzero();
    Case::of([("x", draw.normal(Shape::new(&[n])))])
}

/// Differences of entries two apart: `y[i] = x[i + 2] - x[i]²`.
fn differences(kept: &mut Kept, x: &[ArrayD<f64>]) -> ArrayD<f64> {
    keep(kept, x);
    let x = d1(&x[0]);
    (0..x.len() - 2)
        .map(|i| x[i + 2] - x[i] * x[i])
        .collect::<Array1<f64>>()
        .into_dyn()
}

#[test]
fn a_path_that_is_left_out_in_the_middle_of_a_vector() {
    let backward = |kept: &mut Kept, g: &ArrayD<f64>| {
        let (x, g) = (d1(&kept[0]), d1(g));
        let mut g_x = Array1::zeros(x.len());
        for i in 0..g.len() {
            // The last window forgets the entry it begins with, unless it is the only one.
            let is_forgotten = i + 1 == g.len() && i > 0;
            g_x[i] -= if is_forgotten { 0.0 } else { 2.0 * x[i] * g[i] };
            g_x[i + 2] += g[i];
        }
        vec![g_x.into_dyn()]
    };
    assert_described(
        hand("differences", numbers, differences, backward),
        "g_x leaves out some paths, and the others are right: x[",
    );
}

#[test]
fn shares_from_wrong_places() {
    let backward = |kept: &mut Kept, g: &ArrayD<f64>| {
        let (x, g) = (d1(&kept[0]), d1(g));
        let mut g_x = Array1::zeros(x.len());
        for i in 0..g.len() {
            g_x[i] -= 2.0 * x[i] * g[i];
            g_x[i + 1] += g[i];
        }
        vec![g_x.into_dyn()]
    };
    assert_described(
        hand("differences", numbers, differences, backward),
        "g_x takes entries of the upstream gradient from wrong places (an index, a shift, a stride)",
    );
}

#[test]
fn a_gradient_that_is_too_short_on_some_draws() {
    let backward = |kept: &mut Kept, g: &ArrayD<f64>| {
        let (x, g) = (d1(&kept[0]), d1(g));
        let mut g_x = Array1::zeros(x.len());
        for i in 0..g.len() {
            g_x[i] -= x[i] * g[i];
            g_x[i + 2] += g[i];
        }
        let cut = x.len() - usize::from(x.len() > 4);
        vec![g_x.slice(ndarray::s![..cut]).to_owned().into_dyn()]
    };
    assert_described(hand("differences", numbers, differences, backward), "g_x");
}

#[test]
fn factors_from_wrong_places() {
    let case = |draw: &mut Draw| {
        let n = 4 + draw.size_nonzero();
        Case::of([("x", draw.normal(Shape::new(&[n])))]).with_param("w", draw.normal(Shape::new(&[2])))
    };
    let forward = |kept: &mut Kept, x: &[ArrayD<f64>]| {
        keep(kept, x);
        let (x, w) = (d1(&x[0]), d1(&x[1]));
        let y = (0..x.len() - 2).map(|i| w[0] * x[i] + w[1] * x[i + 2]);
        y.collect::<Array1<f64>>().into_dyn()
    };
    let backward = |kept: &mut Kept, g: &ArrayD<f64>| {
        let (x, w, g) = (d1(&kept[0]), d1(&kept[1]), d1(g));
        let (mut g_x, mut g_w) = (Array1::zeros(x.len()), Array1::zeros(2));
        for i in 0..g.len() {
            for k in 0..2 {
                g_x[i + 2 * k] += g[i] * w[k];
                // The step of the kernel is forgotten here.
                g_w[k] += g[i] * x[i + k];
            }
        }
        vec![g_x.into_dyn(), g_w.into_dyn()]
    };
    assert_described(
        hand("convolution", case, forward, backward),
        "the factors in g_w are right ones at wrong places",
    );
}

/// The mean of the squares of each row, to the power of three halves.
fn cubed_length(kept: &mut Kept, x: &[ArrayD<f64>]) -> ArrayD<f64> {
    keep(kept, x);
    let x = d2(&x[0]);
    let centred = &x - &means(&x);
    means(&(&centred * &centred)).mapv(|v| (v + 0.1).powf(1.5)).into_dyn()
}

#[test]
fn the_error_of_a_row_is_the_same_everywhere() {
    let case = |draw: &mut Draw| {
        let shape = Shape::new(&[draw.size_nonzero(), draw.size_nonzero() + 2]);
        Case::of([("x", draw.normal(shape))])
    };
    let backward = |kept: &mut Kept, g: &ArrayD<f64>| {
        let x = d2(&kept[0]);
        let centred = &x - &means(&x);
        let v = means(&(&centred * &centred)) + 0.1;
        let factor = v.mapv(|v| 3.0 * v.sqrt() / x.ncols() as f64) * &d2(g);
        // x stands where x less its mean belongs.
        vec![(&x * &factor).into_dyn()]
    };
    assert_described(
        hand("cubed length", case, cubed_length, backward),
        "the error of g_x is the same for all entries along the last axis: a term with a sum or a mean over the last axis is missing",
    );
}
