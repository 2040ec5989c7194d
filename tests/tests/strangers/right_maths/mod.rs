//! Right modules that look wrong: unusual formulas, conventions at kinks, odd sizes, big numbers.

mod one;
mod two;

use tapegrad_autograd::Shape;
use tapegrad_autograd::check::{Case, Draw};
use tapegrad_autograd::op::OperandKind;
use tapegrad_autograd::ops;

use crate::entry::{Entry, any, between, classes, halves, matrix, right, two, two_between, vector, with_mask};
use crate::hand::{A, Recipe, each, each2, m, mat, pure, rows, s, sigmoid, stack, v, vct, zeros, zip};
use crate::proof::empty;

fn soft(x: &[f64]) -> Vec<f64> {
    let top = x.iter().fold(f64::NEG_INFINITY, |a, &b| a.max(b));
    let sum: f64 = x.iter().map(|x| (x - top).exp()).sum();
    x.iter().map(|x| (x - top).exp() / sum).collect()
}

fn soft_slope(_: &[f64], y: &[f64], g: &[f64]) -> Vec<f64> {
    let mean: f64 = y.iter().zip(g).map(|(y, g)| y * g).sum();
    y.iter().zip(g).map(|(y, g)| y * (g - mean)).collect()
}

/// A case of one array times a constant.
fn times(scale: f64) -> impl Fn(&mut Draw) -> Case + Send + Sync {
    move |draw| {
        let shape = Shape::new(&[draw.size_nonzero(), draw.size_nonzero()]);
        Case::of([("x", draw.normal(shape).mapv(|x| x * scale))])
    }
}

/// The error function to seven digits, by a rational fit of Chebyshev.
fn erf7(x: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.5 * x.abs());
    let p = [
        0.17087277,
        -0.82215223,
        1.48851587,
        -1.13520398,
        0.27886807,
        -0.18628806,
        0.09678418,
        0.37409196,
        1.00002368,
        -1.26551223,
    ];
    let fit = p.iter().fold(0.0, |sum, c| sum * t + c);
    let tail = t * (fit - x * x).exp();
    if x >= 0.0 { 1.0 - tail } else { tail - 1.0 }
}

fn bell(x: f64) -> f64 {
    (-0.5 * x * x).exp() / (2.0 * std::f64::consts::PI).sqrt()
}

/// Largest entry; the gradient is shared by all that are equal to it, or goes to the first.
fn largest(share: bool) -> Recipe {
    pure(
        |x| s(x[0].iter().fold(f64::NEG_INFINITY, |a, &b| a.max(b))),
        move |x, y, g| {
            let top = y.sum();
            let ties = x[0].iter().filter(|&&x| x == top).count() as f64;
            let mut out = x[0].mapv(|x| if x == top { g.sum() / ties } else { 0.0 });
            if !share {
                out.fill(0.0);
                let first = x[0].iter().position(|&x| x == top).expect("not empty");
                *out.iter_mut().nth(first).expect("exists") = g.sum();
            }
            vec![out]
        },
    )
}

fn running_product(x: &[f64]) -> Vec<f64> {
    let mut all = 1.0;
    x.iter()
        .map(|x| {
            all *= x;
            all
        })
        .collect()
}

fn with_zeros(draw: &mut Draw) -> Case {
    let n = draw.size_nonzero();
    Case::of([(
        "x",
        draw.normal(Shape::new(&[n]))
            .mapv(|x| if x.abs() < 0.5 { 0.0 } else { x }),
    )])
}

fn rounded_pair(draw: &mut Draw) -> Case {
    let shape = draw.shape_nonempty();
    Case::of([
        ("a", draw.normal(shape).mapv(f64::round)),
        ("b", draw.normal(shape).mapv(f64::round)),
    ])
}

fn maybe_empty(draw: &mut Draw) -> Case {
    let n = draw.size_nonzero();
    Case::of([(
        "x",
        if draw.coin() {
            empty()
        } else {
            draw.normal(Shape::new(&[n]))
        },
    )])
}

fn shares(draw: &mut Draw) -> Case {
    let shape = Shape::new(&[draw.size_nonzero()]);
    let mut q = draw.between(shape, 0.2, 1.0);
    if draw.coin() {
        q[0] = 0.0;
    }
    Case::of([("p", draw.between(shape, 0.2, 1.0))]).with_data("q", OperandKind::Data, q)
}

/// The places of the two middle entries, which are one place if their number is odd.
fn middle(x: &A) -> [usize; 2] {
    let mut by: Vec<usize> = (0..x.len()).collect();
    by.sort_by(|&a, &b| x[a].total_cmp(&x[b]));
    [by[(x.len() - 1) / 2], by[x.len() / 2]]
}

/// The entries of this topic.
pub fn entries() -> Vec<Entry> {
    [one::entries(), two::entries()].concat()
}
