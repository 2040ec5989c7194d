//! Softmax and cross-entropy.

mod one;

use ndarray::{Array2, Axis};
use tapegrad_autograd::Shape;
use tapegrad_autograd::check::{Case, Draw};
use tapegrad_autograd::op::OperandKind;
use tapegrad_autograd::ops;

use crate::entry::{Entry, classes, matrix, sizes, wrong};
use crate::hand::{A, Recipe, m, mat, pure, rows, s, softmax, stack, v, zeros};

fn soft(x: &[f64]) -> Vec<f64> {
    let top = x.iter().fold(f64::NEG_INFINITY, |a, &b| a.max(b));
    let e: Vec<f64> = x.iter().map(|x| (x - top).exp()).collect();
    let sum: f64 = e.iter().sum();
    e.iter().map(|e| e / sum).collect()
}

fn log_soft(x: &[f64]) -> Vec<f64> {
    soft(x).iter().map(|y| y.ln()).collect()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn from(n: usize, f: impl Fn(usize) -> f64) -> Vec<f64> {
    (0..n).map(f).collect()
}

/// What a cross-entropy can be told, and how its backward() slips.
#[derive(Clone, Copy, Default)]
pub struct Entropy {
    /// The share of the label that is spread over all classes.
    pub smoothing: f64,
    /// What the scores are divided by.
    pub temperature: f64,
    /// Rows whose class is 0 do not count.
    pub ignoring: bool,
    /// The slip of backward().
    pub slip: Slip,
}

/// What a student gets wrong in backward() of cross-entropy.
#[derive(Clone, Copy, Default, PartialEq)]
pub enum Slip {
    #[default]
    None,
    NotAveraged,
    AveragedOverAll,
    AveragedTwice,
    LabelMinusP,
    NoUpstream,
    HardLabel,
    SmoothingWhole,
    NoTemperature,
    TemperatureTwice,
    IgnoredInMean,
    IgnoredRows,
    OneHotForgotten,
    NextClass,
    Logarithm,
}

/// The mean cross-entropy of rows of scores `[B, K]` against ids `[B]`.
pub fn cross_entropy(with: Entropy) -> Recipe {
    let target = move |k: usize, id: usize, smoothing: f64, whole: bool| {
        from(k, |j| {
            let spread = if whole { 1.0 } else { smoothing } / k as f64;
            (if j == id { 1.0 - smoothing } else { 0.0 }) + if smoothing > 0.0 { spread } else { 0.0 }
        })
    };
    let counts = move |id: f64| !with.ignoring || id != 0.0;
    pure(
        move |x| {
            let (b, k) = (x[0].shape()[0], x[0].shape()[1]);
            let p = softmax(&(mat(&x[0]) / with.temperature));
            let rows = (0..b).filter(|&i| counts(x[1][i]));
            let counted = rows.clone().count().max(1) as f64;
            let loss = |i: usize| {
                let t = target(k, x[1][i] as usize, with.smoothing, false);
                (0..k).map(|j| -t[j] * p[[i, j]].max(1e-300).ln()).sum::<f64>()
            };
            s(rows.map(loss).sum::<f64>() / counted)
        },
        move |x, _, g| {
            let (b, k) = (x[0].shape()[0], x[0].shape()[1]);
            let p = softmax(&(mat(&x[0]) / with.temperature));
            let counted = (0..b).filter(|&i| counts(x[1][i])).count().max(1) as f64;
            let by = match with.slip {
                Slip::NotAveraged => 1.0,
                Slip::AveragedOverAll => counted * k as f64,
                Slip::AveragedTwice => counted * counted,
                Slip::IgnoredInMean => b as f64,
                _ => counted,
            };
            let g = if with.slip == Slip::NoUpstream { 1.0 } else { g.sum() };
            let scale = g
                / by
                / match with.slip {
                    Slip::NoTemperature => 1.0,
                    Slip::TemperatureTwice => with.temperature * with.temperature,
                    _ => with.temperature,
                };
            let mut out = Array2::zeros((b, k));
            for i in (0..b).filter(|&i| counts(x[1][i]) || with.slip == Slip::IgnoredRows) {
                let id = (x[1][i] as usize + usize::from(with.slip == Slip::NextClass)) % k;
                let smoothing = if with.slip == Slip::HardLabel {
                    0.0
                } else {
                    with.smoothing
                };
                let mut t = target(k, id, smoothing, with.slip == Slip::SmoothingWhole);
                if with.slip == Slip::OneHotForgotten {
                    t.fill(0.0);
                }
                for j in 0..k {
                    let p = if with.slip == Slip::Logarithm {
                        p[[i, j]].ln()
                    } else {
                        p[[i, j]]
                    };
                    let d = if with.slip == Slip::LabelMinusP {
                        t[j] - p
                    } else {
                        p - t[j]
                    };
                    out[[i, j]] = scale * d;
                }
            }
            vec![out.into_dyn(), zeros(&x[1])]
        },
    )
}

/// Classes of which at least one is not class 0.
fn one_counts(draw: &mut Draw) -> Case {
    let (b, k) = (draw.size_nonzero(), draw.size_nonzero() + 1);
    let x = draw.normal(Shape::new(&[b, k]));
    let mut ids = draw.ids(Shape::new(&[b]), k);
    ids[0] = 1.0;
    Case::of([("x", x)]).with_data("ids", OperandKind::Id, ids)
}

fn far_rows(draw: &mut Draw) -> Case {
    let shape = sizes(draw);
    Case::of([("x", 900.0 * draw.normal(shape))])
}

fn square(draw: &mut Draw) -> Case {
    let n = draw.size_nonzero();
    Case::of([("x", draw.normal(Shape::new(&[n, n])))])
}

/// The softmax of rows, where backward() sums over the columns.
fn other_axis() -> Recipe {
    pure(
        |x| softmax(&mat(&x[0])).into_dyn(),
        |_, y, g| {
            let (y, g) = (mat(y), mat(g));
            let mean = (&y * &g).sum_axis(Axis(0));
            vec![(&y * &(&g - &mean)).into_dyn()]
        },
    )
}

/// A softmax whose shift is the largest entry of the whole array.
fn shifted_by_all() -> Recipe {
    let whole = |x: &A| {
        let top = x.iter().fold(f64::NEG_INFINITY, |a, &b| a.max(b));
        let e = mat(x).mapv(|x| (x - top).exp());
        &e / &e.sum_axis(Axis(1)).insert_axis(Axis(1))
    };
    pure(
        move |x| whole(&x[0]).into_dyn(),
        |_, y, g| {
            let (y, g) = (mat(y), mat(g));
            let mean = (&y * &g).sum_axis(Axis(1)).insert_axis(Axis(1));
            vec![(&y * &(&g - &mean)).into_dyn()]
        },
    )
}

fn weighted(draw: &mut Draw) -> Case {
    let mut case = classes(draw);
    let k = case.operands[0].value.shape()[1];
    case = case.with_data("w", OperandKind::Data, draw.between(Shape::new(&[k]), 0.5, 2.0));
    case
}

/// The sum of weighted cross-entropies; backward() uses the weight not at all or twice.
fn weighted_entropy(twice: bool) -> Recipe {
    pure(
        |x| {
            let p = softmax(&mat(&x[0]));
            let loss = |i: usize| -x[2][x[1][i] as usize] * p[[i, x[1][i] as usize]].ln();
            s((0..p.nrows()).map(loss).sum())
        },
        move |x, _, g| {
            let p = softmax(&mat(&x[0]));
            let row = |i: usize| {
                let id = x[1][i] as usize;
                let w = if twice { x[2][id] * x[2][id] } else { 1.0 };
                from(p.ncols(), |j| g.sum() * w * (p[[i, j]] - f64::from(j == id)))
            };
            vec![
                stack(&(0..p.nrows()).map(row).collect::<Vec<_>>()),
                zeros(&x[1]),
                zeros(&x[2]),
            ]
        },
    )
}

/// The entries of this topic.
pub fn entries() -> Vec<Entry> {
    [one::entries()].concat()
}
