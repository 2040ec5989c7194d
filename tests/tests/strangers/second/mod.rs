//! A second corpus, after public bug reports that the first one does not have.
//!
//! It was written from the reports alone, before its author had read how the checker names mistakes, and frozen before
//! the checker ran on it. The first figures are in `docs/checking.md`. A sentence is accepted if it has the words that
//! the author expected of one who names the mistake; these lists stay as they were.

mod entrywise;
mod layers;
mod right;
mod right_layers;
mod rows;
mod sequences;

use ndarray::Array2;
use tapegrad_autograd::Shape;
use tapegrad_autograd::check::{Case, Draw};

use crate::entry::Entry;
use crate::hand::{A, mat, v, vct};

/// A matrix with at least two columns.
fn wide_matrix(draw: &mut Draw) -> Case {
    let shape = Shape::new(&[draw.size_nonzero(), draw.size_nonzero() + 1]);
    Case::of([("x", draw.normal(shape))])
}

/// The mean of a row and the square root of its variance.
fn moments(row: &[f64], eps: f64) -> (f64, f64) {
    let n = row.len() as f64;
    let mean = row.iter().sum::<f64>() / n;
    let variance = row.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n;
    (mean, (variance + eps).sqrt())
}

/// The rows of a layer norm before scale and shift, and the gradient of x for a gradient of these rows.
fn normalised(x: &Array2<f64>) -> Array2<f64> {
    let mut out = x.clone();
    for mut row in out.rows_mut() {
        let (mean, s) = moments(&row.to_vec(), 1e-3);
        row.mapv_inplace(|x| (x - mean) / s);
    }
    out
}

/// The gradient of x for this gradient of the normalised rows.
fn through_norm(x: &Array2<f64>, g: &Array2<f64>) -> Array2<f64> {
    let hat = normalised(x);
    Array2::from_shape_fn(x.dim(), |(i, j)| {
        let n = x.ncols() as f64;
        let (_, s) = moments(&x.row(i).to_vec(), 1e-3);
        let along = (0..x.ncols()).map(|k| g[[i, k]] * hat[[i, k]]).sum::<f64>() / n;
        (g[[i, j]] - g.row(i).sum() / n - hat[[i, j]] * along) / s
    })
}

/// The weights of a linear interpolation of n values at m places, both ends at both ends.
fn interpolation(n: usize, m: usize) -> Array2<f64> {
    let step = (n - 1) as f64 / (m - 1) as f64;
    Array2::from_shape_fn((m, n), |(o, i)| (1.0 - (o as f64 * step - i as f64).abs()).max(0.0))
}

/// The product of a matrix and a vector.
fn times(a: &Array2<f64>, x: &A) -> A {
    a.dot(&vct(x)).into_dyn()
}

/// The inverse of a matrix of two rows and columns.
fn inverse(a: &A) -> Array2<f64> {
    let a = mat(a);
    let det = a[[0, 0]] * a[[1, 1]] - a[[0, 1]] * a[[1, 0]];
    ndarray::arr2(&[[a[[1, 1]] / det, -a[[0, 1]] / det], [-a[[1, 0]] / det, a[[0, 0]] / det]])
}

/// A matrix `[2, 2]` near twice the identity.
fn invertible(draw: &mut Draw) -> Case {
    let noise = draw.between(Shape::new(&[2, 2]), -0.7, 0.7);
    Case::of([("a", noise + (Array2::<f64>::eye(2) * 2.0).into_dyn())])
}

/// A vector of n numbers, at least this many.
fn at_least(n: usize) -> impl Fn(&mut Draw) -> Case + Send + Sync {
    move |draw| {
        let n = n + draw.size_nonzero() - 1;
        Case::of([("x", draw.normal(Shape::new(&[n])))])
    }
}

/// Rotates pairs that lie half a row apart: `(a, b)` becomes `(-b, a)`.
fn rotate_half(x: &Array2<f64>) -> Array2<f64> {
    let half = x.ncols() / 2;
    Array2::from_shape_fn(
        x.dim(),
        |(i, j)| if j < half { -x[[i, j + half]] } else { x[[i, j - half]] },
    )
}

/// The transposed rotation.
fn rotate_back(x: &Array2<f64>) -> Array2<f64> {
    -rotate_half(x)
}

/// Where position i of a vector of n padded by one reflected number on both sides comes from.
fn reflected(i: usize, n: usize) -> usize {
    let at = i as isize - 1;
    let last = n as isize - 1;
    (if at < 0 {
        -at
    } else if at > last {
        2 * last - at
    } else {
        at
    }) as usize
}

fn list(of: impl Iterator<Item = f64>) -> A {
    v(&of.collect::<Vec<_>>())
}

/// All entries of the second corpus.
pub fn entries() -> Vec<Entry> {
    [
        entrywise::entries(),
        rows::entries(),
        layers::entries(),
        sequences::entries(),
        right::entries(),
        right_layers::entries(),
    ]
    .concat()
}
