//! Layer, batch and RMS norm, the standard deviation and unit vectors.

mod one;

use ndarray::{Array1, Array2, Axis};
use tapegrad_autograd::Shape;
use tapegrad_autograd::check::{Case, Draw};
use tapegrad_autograd::ops;

use crate::entry::{Entry, vector, wrong};
use crate::hand::{A, Recipe, down, m, mat, pure, s, v, vct};

/// What a student gets wrong in a norm.
#[derive(Clone, Copy, PartialEq)]
pub enum Slip {
    None,
    NoMeanTerm,
    NoVarianceTerm,
    NoEpsilon,
    EpsilonOutside,
    OneLess,
    GammaOfX,
    BetaMean,
    GammaForgotten,
    GammaFirstRow,
    Constants,
    MeanTermHalf,
    GammaZero,
    HalfVariance,
}

const EPSILON: f64 = 0.1;

/// `gamma (x - mean) / sqrt(variance + epsilon) + beta` of each row, or of each column if `columns`.
pub fn norm(columns: bool, slip: Slip) -> Recipe {
    let across = move |x: &A| if columns { mat(x).t().to_owned() } else { mat(x) };
    pure(
        move |x| {
            let y = statistics(&across(&x[0])).0;
            let y = if columns { y.t().to_owned() } else { y };
            (y * &vct(&x[1]) + &vct(&x[2])).into_dyn()
        },
        move |x, _, g| {
            let gamma = vct(&x[1]);
            let (hat, deviation) = statistics(&across(&x[0]));
            let scaled = match slip {
                Slip::GammaForgotten => mat(g),
                _ => mat(g) * &gamma,
            };
            let scaled = across(&scaled.into_dyn());
            let g_x = norm_slope(&hat, &deviation, &scaled, slip);
            let hat = if columns { hat.t().to_owned() } else { hat };
            let g_x = if columns { g_x.t().to_owned() } else { g_x };
            let weighted = if slip == Slip::GammaOfX {
                mat(g) * mat(&x[0])
            } else {
                mat(g) * &hat
            };
            let g_gamma = match slip {
                Slip::GammaFirstRow => weighted.row(0).to_owned(),
                Slip::GammaZero => Array1::zeros(gamma.len()),
                _ => down(&weighted),
            };
            let rows = hat.nrows() as f64;
            let g_beta = down(&mat(g)) / if slip == Slip::BetaMean { rows } else { 1.0 };
            vec![g_x.into_dyn(), g_gamma.into_dyn(), g_beta.into_dyn()]
        },
    )
}

/// Each row normalised, and its deviation.
fn statistics(x: &Array2<f64>) -> (Array2<f64>, Array1<f64>) {
    let mean = x.mean_axis(Axis(1)).expect("not empty").insert_axis(Axis(1));
    let centred = x - &mean;
    let variance = centred.mapv(|c| c * c).mean_axis(Axis(1)).expect("not empty");
    let deviation = variance.mapv(|v| (v + EPSILON).sqrt());
    (centred / &deviation.clone().insert_axis(Axis(1)), deviation)
}

fn norm_slope(hat: &Array2<f64>, deviation: &Array1<f64>, g: &Array2<f64>, slip: Slip) -> Array2<f64> {
    let n = hat.ncols() as f64;
    let divisor = if slip == Slip::OneLess { (n - 1.0).max(1.0) } else { n };
    let mut out = g.clone();
    for i in 0..hat.nrows() {
        let mean = g.row(i).sum() / divisor;
        let along = (&g.row(i) * &hat.row(i)).sum() / divisor;
        let deviation = match slip {
            Slip::NoEpsilon => (deviation[i] * deviation[i] - EPSILON).max(0.0).sqrt(),
            Slip::EpsilonOutside => (deviation[i] * deviation[i] - EPSILON).max(0.0).sqrt() + EPSILON,
            _ => deviation[i],
        };
        for j in 0..hat.ncols() {
            let mean = match slip {
                Slip::NoMeanTerm | Slip::Constants => 0.0,
                Slip::MeanTermHalf => mean / n,
                _ => mean,
            };
            let along = match slip {
                Slip::NoVarianceTerm | Slip::Constants => 0.0,
                Slip::HalfVariance => along / 2.0,
                _ => along,
            };
            out[[i, j]] = (g[[i, j]] - mean - hat[[i, j]] * along) / deviation;
        }
    }
    out
}

/// What a student gets wrong in an RMS norm.
#[derive(Clone, Copy, PartialEq)]
pub enum RmsSlip {
    None,
    ScaleConstant,
    GammaTwice,
    GammaForgotten,
    GammaUntouched,
    GammaOfInput,
    Residual,
}

/// `gamma x / sqrt(mean(x²) + epsilon)` of each row; with `residual`, plus x.
pub fn rms(slip: RmsSlip) -> Recipe {
    let scales = |x: &Array2<f64>| x.map_axis(Axis(1), |row| (row.dot(&row) / row.len() as f64 + EPSILON).sqrt());
    let residual = slip == RmsSlip::Residual;
    pure(
        move |x| {
            let (a, gamma) = (mat(&x[0]), vct(&x[1]));
            let y = &a / &scales(&a).insert_axis(Axis(1)) * &gamma;
            if residual { y + a } else { y }.into_dyn()
        },
        move |x, _, g| {
            let (a, gamma, g) = (mat(&x[0]), vct(&x[1]), mat(g));
            let scale = scales(&a);
            let mut g_x = g.clone();
            let mut g_gamma = Array1::zeros(gamma.len());
            for i in 0..a.nrows() {
                let r = 1.0 / scale[i];
                // Normalising the sum of both gradients is the mistake that `Residual` stands for.
                let g_i = if residual { &g.row(i) * 2.0 } else { g.row(i).to_owned() };
                let weighted = if slip == RmsSlip::GammaForgotten {
                    g_i.clone()
                } else {
                    &g_i * &gamma
                };
                let along = (&weighted * &a.row(i)).sum() / gamma.len() as f64;
                for j in 0..gamma.len() {
                    let twice = if slip == RmsSlip::GammaTwice { gamma[j] } else { 1.0 };
                    let along = if slip == RmsSlip::ScaleConstant { 0.0 } else { along };
                    g_x[[i, j]] = weighted[j] * r - twice * r.powi(3) * a[[i, j]] * along;
                    let hat = if slip == RmsSlip::GammaOfInput {
                        a[[i, j]]
                    } else {
                        a[[i, j]] * r
                    };
                    g_gamma[j] += if slip == RmsSlip::GammaUntouched {
                        0.0
                    } else {
                        g[[i, j]] * hat
                    };
                }
            }
            vec![g_x.into_dyn(), g_gamma.into_dyn()]
        },
    )
}

/// A matrix of at least two columns with a gain and an offset for each.
pub fn norm_case(draw: &mut Draw) -> Case {
    let (n, k) = (draw.size_nonzero() + 1, draw.size_nonzero() + 1);
    let x = draw.normal(Shape::new(&[n, k]));
    let column = Shape::new(&[k]);
    Case::of([("x", x)])
        .with_param("gamma", draw.between(column, 0.5, 2.0))
        .with_param("beta", draw.normal(column))
}

/// A matrix with a gain for each column.
pub fn rms_case(draw: &mut Draw) -> Case {
    let (n, k) = (draw.size_nonzero(), draw.size_nonzero());
    let x = draw.normal(Shape::new(&[n, k]));
    Case::of([("x", x)]).with_param("gamma", draw.between(Shape::new(&[k]), 0.5, 2.0))
}

/// The deviation of a vector, with this divisor, and a multiple of the derivative.
fn deviation(divisor: fn(f64) -> f64, slope: fn(f64, f64, f64) -> f64) -> Recipe {
    pure(
        move |x| {
            let n = x[0].len() as f64;
            let mean = x[0].sum() / n;
            s((x[0].mapv(|x| (x - mean).powi(2)).sum() / divisor(n)).sqrt())
        },
        move |x, y, g| {
            let n = x[0].len() as f64;
            let mean = x[0].sum() / n;
            vec![x[0].mapv(|x| slope(x - mean, n, y.sum())) * g.sum()]
        },
    )
}

fn long(draw: &mut Draw) -> Case {
    let n = draw.size_nonzero() + 1;
    Case::of([("x", draw.normal(Shape::new(&[n])))])
}

fn maybe_zero(draw: &mut Draw) -> Case {
    let mut case = vector(draw);
    if draw.below(3) == 0 {
        case.operands[0].value.fill(0.0);
    }
    case
}

fn some_zeros(draw: &mut Draw) -> Case {
    let n = draw.size_nonzero();
    Case::of([(
        "x",
        draw.normal(Shape::new(&[n]))
            .mapv(|x| if x.abs() < 0.4 { 0.0 } else { x }),
    )])
}

fn length(a: &A) -> f64 {
    (a * a).sum().sqrt()
}

/// Batch norm forward, layer norm backward.
fn over_rows() -> Recipe {
    let (columns, rows) = (norm(true, Slip::None), norm(false, Slip::None));
    crate::hand::both(columns, rows)
}

/// The entries of this topic.
pub fn entries() -> Vec<Entry> {
    [one::entries()].concat()
}
