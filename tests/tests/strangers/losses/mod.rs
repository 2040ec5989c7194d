//! Losses other than cross-entropy of classes.

mod one;
mod two;

use ndarray::Array2;
use tapegrad_autograd::Shape;
use tapegrad_autograd::check::{Case, Draw};
use tapegrad_autograd::op::OperandKind;
use tapegrad_autograd::ops;

use crate::entry::{Entry, classes, matrix, two_between, vector, with_data, wrong};
use crate::hand::{A, Recipe, each, m, mat, pure, s, sigmoid, v, zeros, zip};

/// The sum over entries of a loss of x and of data t, with this derivative.
fn with_target(f: fn(f64, f64) -> f64, slope: fn(f64, f64) -> f64) -> Recipe {
    pure(
        move |x| s(zip(&x[0], &x[1], f).sum()),
        move |x, _, g| vec![zip(&x[0], &x[1], slope) * g.sum(), zeros(&x[1])],
    )
}

/// Binary cross-entropy of a score x against t.
fn bce(x: f64, t: f64) -> f64 {
    x.max(0.0) - x * t + (-x.abs()).exp().ln_1p()
}

/// The mean squared error of two operands; backward() gives these multiples of the difference.
fn mse(scales: fn(f64) -> (f64, f64)) -> Recipe {
    pure(
        |x| s((&x[0] - &x[1]).mapv(|d| d * d).sum() / x[0].len() as f64),
        move |x, _, g| {
            let (for_a, for_b) = scales(x[0].len() as f64);
            let d = (&x[0] - &x[1]) * g.sum();
            vec![&d * for_a, &d * for_b]
        },
    )
}

/// Multi-class hinge loss of CS231n; `own` gives the entry of the right class from the number of violations.
fn hinge(violates: fn(f64) -> bool, own: fn(f64) -> f64) -> Recipe {
    pure(
        |x| {
            let scores = mat(&x[0]);
            let mut loss = 0.0;
            for i in 0..scores.nrows() {
                let id = x[1][i] as usize;
                for j in (0..scores.ncols()).filter(|&j| j != id) {
                    loss += (scores[[i, j]] - scores[[i, id]] + 1.0).max(0.0);
                }
            }
            s(loss)
        },
        move |x, _, g| {
            let scores = mat(&x[0]);
            let mut out = Array2::zeros(scores.dim());
            for i in 0..scores.nrows() {
                let id = x[1][i] as usize;
                let mut count = 0.0;
                for j in (0..scores.ncols()).filter(|&j| j != id) {
                    if violates(scores[[i, j]] - scores[[i, id]]) {
                        out[[i, j]] = g.sum();
                        count += 1.0;
                    }
                }
                out[[i, id]] = own(count) * g.sum();
            }
            vec![out.into_dyn(), zeros(&x[1])]
        },
    )
}

/// `Σ q (log q - log p)`, with these derivatives of one term for p and for q.
fn kl(slopes: fn(f64, f64) -> (f64, f64)) -> Recipe {
    pure(
        |x| s(zip(&x[0], &x[1], |p, q| q * (q / p).ln()).sum()),
        move |x, _, g| {
            let for_p = zip(&x[0], &x[1], |p, q| slopes(p, q).0);
            let for_q = zip(&x[0], &x[1], |p, q| slopes(p, q).1);
            vec![for_p * g.sum(), for_q * g.sum()]
        },
    )
}

/// The cosine of two vectors; backward() for the first, and for the second by symmetry.
fn cosine(floor: f64, slope: fn(&A, &A, f64) -> A) -> Recipe {
    pure(
        move |x| {
            let norm = |a: &A| (a * a).sum().max(floor).sqrt();
            s((&x[0] * &x[1]).sum() / (norm(&x[0]) * norm(&x[1])))
        },
        move |x, y, g| {
            vec![
                slope(&x[0], &x[1], y.sum()) * g.sum(),
                slope(&x[1], &x[0], y.sum()) * g.sum(),
            ]
        },
    )
}

fn two_vectors(draw: &mut Draw) -> Case {
    let shape = Shape::new(&[draw.size_nonzero() + 1]);
    Case::of([("a", draw.normal(shape)), ("b", draw.normal(shape))])
}

fn small_vectors(draw: &mut Draw) -> Case {
    let shape = Shape::new(&[draw.size_nonzero() + 1]);
    Case::of([("a", draw.normal(shape) * 0.1), ("b", draw.normal(shape))])
}

fn far_data(draw: &mut Draw) -> Case {
    let shape = draw.shape_nonempty();
    let x = 2.0 * draw.normal(shape);
    Case::of([("x", x)]).with_data("t", OperandKind::Mask, draw.mask(shape))
}

/// `log Σ b exp(a)`, where backward() drops weights that are 0 or slips in the shift.
fn weighted_logsumexp(zero_stays: bool) -> Recipe {
    pure(
        |x| s(zip(&x[0], &x[1], |a, b| b * a.exp()).sum().ln()),
        move |x, y, g| {
            let e = x[0].mapv(|a| (a - y.sum()).exp()) * g.sum();
            let for_b = zip(&e, &x[1], |e, b| if b == 0.0 && !zero_stays { 0.0 } else { e });
            vec![&e * &x[1], for_b]
        },
    )
}

fn some_zero_weights(draw: &mut Draw) -> Case {
    let shape = Shape::new(&[draw.size_nonzero()]);
    let mut b = draw.between(shape, 0.5, 2.0);
    if b.len() > 1 && draw.coin() {
        b[0] = 0.0;
    }
    Case::of([("a", draw.normal(shape)), ("b", b)])
}

/// Dice of probabilities x and data t.
fn dice(slope: fn(f64, f64, f64) -> f64) -> Recipe {
    pure(
        |x| s(2.0 * (&x[0] * &x[1]).sum() / (x[0].sum() + x[1].sum())),
        move |x, _, g| {
            let (both, all) = ((&x[0] * &x[1]).sum(), x[0].sum() + x[1].sum());
            vec![x[1].mapv(|t| slope(t, both, all)) * g.sum(), zeros(&x[1])]
        },
    )
}

fn two_of_any(draw: &mut Draw) -> Case {
    let shape = draw.shape_nonempty();
    Case::of([("a", draw.normal(shape)), ("b", draw.normal(shape))])
}

fn unit(draw: &mut Draw) -> Case {
    let shape = draw.shape_nonempty();
    Case::of([("p", draw.between(shape, 0.1, 0.9))])
}

fn unit_and_data(draw: &mut Draw) -> Case {
    let shape = draw.shape_nonempty();
    Case::of([("p", draw.between(shape, 0.1, 0.9))]).with_data("t", OperandKind::Data, draw.between(shape, 0.1, 0.9))
}

fn positive_and_data(draw: &mut Draw) -> Case {
    unit_and_data(draw)
}

fn sampled(draw: &mut Draw) -> Case {
    let shape = draw.shape_nonempty();
    Case::of([("m", draw.normal(shape)), ("l", draw.normal(shape))]).with_data(
        "n",
        OperandKind::Data,
        draw.normal(shape),
    )
}

/// The entries of this topic.
pub fn entries() -> Vec<Entry> {
    [one::entries(), two::entries()].concat()
}
