//! Sums, means, products, extremes and broadcasting.

mod one;
mod two;

use ndarray::{Array2, Axis};
use tapegrad_autograd::check::{Case, Draw};
use tapegrad_autograd::{Shape, Var};

use crate::entry::{Entry, matrix, vector, wrong};
use crate::hand::{A, Recipe, down, m, mat, pure, rows, s, v, vct};

/// A matrix and a row that broadcast; `f` of two entries, and the gradients from the matrices a, b (spread) and g.
fn with_row(f: fn(f64, f64) -> f64, backward: fn(Array2<f64>, Array2<f64>, Array2<f64>) -> [A; 2]) -> Recipe {
    let spread = |x: &[A]| {
        let a = mat(&x[0]);
        let b = vct(&x[1]).broadcast(a.dim()).expect("a row fits").to_owned();
        (a, b)
    };
    pure(
        move |x| {
            let (a, b) = spread(x);
            crate::hand::zip(&a.into_dyn(), &b.into_dyn(), f)
        },
        move |x, _, g| {
            let (a, b) = spread(x);
            backward(a, b, mat(g)).to_vec()
        },
    )
}

fn row_case(draw: &mut Draw) -> Case {
    let (n, k) = (draw.size_nonzero(), draw.size_nonzero());
    Case::of([
        ("a", draw.normal(Shape::new(&[n, k]))),
        ("b", draw.normal(Shape::new(&[k]))),
    ])
}

fn square_row_case(draw: &mut Draw) -> Case {
    let n = draw.size_nonzero() + 1;
    Case::of([
        ("a", draw.normal(Shape::new(&[n, n]))),
        ("b", draw.normal(Shape::new(&[n]))),
    ])
}

/// A column times a row, with gradients of both.
fn column_times_row(backward: fn(Array2<f64>, Array2<f64>, Array2<f64>) -> [A; 2]) -> Recipe {
    pure(
        |x| (mat(&x[0]) * mat(&x[1])).into_dyn(),
        move |x, _, g| {
            let (a, b) = (mat(&x[0]), mat(&x[1]));
            let dim = (a.nrows(), b.ncols());
            let spread = |a: Array2<f64>| a.broadcast(dim).expect("it fits").to_owned();
            backward(spread(a), spread(b), mat(g)).to_vec()
        },
    )
}

fn column_row_case(draw: &mut Draw) -> Case {
    let (n, k) = (draw.size_nonzero(), draw.size_nonzero());
    Case::of([
        ("a", draw.normal(Shape::new(&[n, 1]))),
        ("b", draw.normal(Shape::new(&[1, k]))),
    ])
}

/// The mean over an axis of a matrix, with a divisor for backward().
fn mean_over(axis: usize, divisor: fn(usize, usize) -> f64, spread: usize) -> Recipe {
    pure(
        move |x| mat(&x[0]).mean_axis(Axis(axis)).expect("not empty").into_dyn(),
        move |x, _, g| {
            let dim = mat(&x[0]).dim();
            let g = vct(g).insert_axis(Axis(spread));
            vec![(g.broadcast(dim).expect("it fits").to_owned() / divisor(dim.0, dim.1)).into_dyn()]
        },
    )
}

fn square(draw: &mut Draw) -> Case {
    let n = draw.size_nonzero() + 1;
    Case::of([("x", draw.normal(Shape::new(&[n, n])))])
}

/// A function of a row that gives one number, and its gradient from the row, the number and g.
fn each_row(f: fn(&[f64]) -> f64, slope: fn(&[f64], f64, f64) -> Vec<f64>) -> Recipe {
    rows(move |x| vec![f(x)], move |x, y, g| slope(x, y[0], g[0]))
}

fn top(x: &[f64]) -> f64 {
    x.iter().fold(f64::NEG_INFINITY, |a, &b| a.max(b))
}

fn place_of_top(x: &[f64]) -> usize {
    x.iter().position(|&a| a == top(x)).expect("not empty")
}

fn distinct_matrix(draw: &mut Draw) -> Case {
    let (n, k) = (draw.size_nonzero(), draw.size_nonzero());
    Case::of([("x", draw.distinct(Shape::new(&[n, k])))])
}

fn with_zeros(draw: &mut Draw) -> Case {
    let n = draw.size_nonzero();
    Case::of([(
        "x",
        draw.normal(Shape::new(&[n]))
            .mapv(|x| if x.abs() < 0.5 { 0.0 } else { x }),
    )])
}

fn running(x: &[f64], f: fn(f64, f64) -> f64) -> Vec<f64> {
    x.iter()
        .enumerate()
        .scan(None, |before: &mut Option<f64>, (_, &x)| {
            *before = Some(before.map_or(x, |b| f(b, x)));
            *before
        })
        .collect()
}

/// A function of a vector that gives a vector.
fn of_vector(f: fn(&[f64]) -> Vec<f64>, slope: fn(&[f64], &[f64], &[f64]) -> Vec<f64>) -> Recipe {
    pure(
        move |x| v(&f(&vct(&x[0]).to_vec())),
        move |x, y, g| vec![v(&slope(&vct(&x[0]).to_vec(), &vct(y).to_vec(), &vct(g).to_vec()))],
    )
}

fn reversed(x: &[f64]) -> Vec<f64> {
    x.iter().rev().copied().collect()
}

fn sum(x: &[f64]) -> Vec<f64> {
    running(x, |a, b| a + b)
}

/// A vector as a matrix of one column.
fn column(y: Var<'_>) -> Var<'_> {
    y.reshape([y.shape().len(), 1])
}

fn median(x: &[f64]) -> f64 {
    let mut x = x.to_vec();
    x.sort_by(f64::total_cmp);
    (x[(x.len() - 1) / 2] + x[x.len() / 2]) / 2.0
}

fn distinct_vector(draw: &mut Draw) -> Case {
    let n = draw.size_nonzero();
    Case::of([("x", draw.distinct(Shape::new(&[n])))])
}

/// The largest of each row, whose gradient goes to the place of the first row's largest.
fn place_from_first_row() -> Recipe {
    pure(
        |x| {
            v(&mat(&x[0])
                .rows()
                .into_iter()
                .map(|row| top(&row.to_vec()))
                .collect::<Vec<_>>())
        },
        |x, _, g| {
            let (a, g) = (mat(&x[0]), vct(g));
            let place = place_of_top(&a.row(0).to_vec());
            vec![Array2::from_shape_fn(a.dim(), |(i, j)| if j == place { g[i] } else { 0.0 }).into_dyn()]
        },
    )
}

/// The entries of this topic.
pub fn entries() -> Vec<Entry> {
    [one::entries(), two::entries()].concat()
}
