//! Arithmetic on one or two entries, and small losses of one entry.

mod one;
mod two;

use crate::entry::{Entry, between, halves, two, two_between, wrong};
use crate::hand::{A, Recipe, each, each2, pure, s, v, zip};
use tapegrad_autograd::Shape;
use tapegrad_autograd::check::{Case, Draw};
use tapegrad_autograd::ops;

fn huber(d: f64) -> f64 {
    if d.abs() <= 1.0 { 0.5 * d * d } else { d.abs() - 0.5 }
}

/// A loss of the difference of two operands, with this derivative of the difference.
fn of_difference(f: fn(f64) -> f64, slope: fn(f64, f64) -> f64) -> Recipe {
    each2(move |a, b| f(a - b), move |a, b, g| (slope(a - b, g), -slope(a - b, g)))
}

/// `c = a a + a`, where the gradient of `a` is made of these terms.
fn used_thrice(gather: fn(A, A, A) -> A) -> Recipe {
    pure(
        |x| x[0].mapv(|a| a * a + a),
        move |x, _, g| {
            let of_factor = zip(g, &x[0], |g, a| g * a);
            vec![gather(of_factor.clone(), of_factor, g.clone())]
        },
    )
}

fn often_equal(draw: &mut Draw) -> Case {
    let shape = Shape::new(&[draw.size_nonzero()]);
    let round = |a: A| a.mapv(f64::round);
    Case::of([("a", round(draw.normal(shape))), ("b", round(draw.normal(shape)))])
}

fn wide(draw: &mut Draw) -> Case {
    let shape = draw.shape_nonempty();
    Case::of([("a", 2.0 * draw.normal(shape)), ("b", draw.normal(shape))])
}

fn close_by(draw: &mut Draw) -> Case {
    let shape = draw.shape_nonempty();
    let a = draw.normal(shape);
    let b = zip(&a, &draw.between(shape, -0.03, 0.03), |a, d| a + d);
    Case::of([("a", a), ("b", b)])
}

/// The entries of this topic.
pub fn entries() -> Vec<Entry> {
    [one::entries(), two::entries()].concat()
}
