//! Matrix products, linear layers and small networks of them.

mod one;
mod two;

use ndarray::{Array1, Array2, Axis, s as cut};
use tapegrad_autograd::Shape;
use tapegrad_autograd::check::{Case, Draw};
use tapegrad_autograd::ops;

use crate::entry::{Entry, wrong};
use crate::hand::{A, Recipe, down, m, mat, pure, s, sigmoid, v, vct, zip};

/// `y = x wᵀ + b`, with these gradients of x, w and b from x, w and g.
pub fn linear(backward: fn(Array2<f64>, Array2<f64>, Array2<f64>) -> [A; 3]) -> Recipe {
    pure(
        |x| (mat(&x[0]).dot(&mat(&x[1]).t()) + &vct(&x[2])).into_dyn(),
        move |x, _, g| backward(mat(&x[0]), mat(&x[1]), mat(g)).to_vec(),
    )
}

/// x `[B, M]`, w `[D, M]` and b `[D]`; the last two are parameters.
pub fn linear_case(draw: &mut Draw) -> Case {
    let (b, d, k) = (draw.size_nonzero(), draw.size_nonzero(), draw.size_nonzero());
    of_sizes(draw, b, d, k)
}

/// The same with one size for all axes, where mistakes of shape do not show as shapes.
fn square_case(draw: &mut Draw) -> Case {
    let n = draw.size_nonzero() + 1;
    of_sizes(draw, n, n, n)
}

fn of_sizes(draw: &mut Draw, b: usize, d: usize, k: usize) -> Case {
    let x = draw.normal(Shape::new(&[b, k]));
    Case::of([("x", x)])
        .with_param("w", draw.normal(Shape::new(&[d, k])))
        .with_param("b", draw.normal(Shape::new(&[d])))
}

fn product(backward: fn(Array2<f64>, Array2<f64>, Array2<f64>) -> [A; 2]) -> Recipe {
    pure(
        |x| mat(&x[0]).dot(&mat(&x[1])).into_dyn(),
        move |x, _, g| backward(mat(&x[0]), mat(&x[1]), mat(g)).to_vec(),
    )
}

fn product_case(draw: &mut Draw) -> Case {
    let (i, j, k) = (draw.size_nonzero(), draw.size_nonzero(), draw.size_nonzero());
    Case::of([
        ("a", draw.normal(Shape::new(&[i, j]))),
        ("b", draw.normal(Shape::new(&[j, k]))),
    ])
}

fn square_product_case(draw: &mut Draw) -> Case {
    let n = draw.size_nonzero() + 1;
    Case::of([
        ("a", draw.normal(Shape::new(&[n, n]))),
        ("b", draw.normal(Shape::new(&[n, n]))),
    ])
}

/// `x [T, B, M]` times `w [M, D]` for each t.
fn batched(batches: fn(usize) -> Vec<usize>) -> Recipe {
    let part = |x: &A, t: usize| mat(&x.index_axis(Axis(0), t).to_owned());
    pure(
        move |x| {
            let w = mat(&x[1]);
            let mut y = A::zeros(vec![x[0].shape()[0], x[0].shape()[1], w.ncols()]);
            for t in 0..x[0].shape()[0] {
                y.index_axis_mut(Axis(0), t).assign(&part(&x[0], t).dot(&w).into_dyn());
            }
            y
        },
        move |x, _, g| {
            let w = mat(&x[1]);
            let mut g_x = crate::hand::zeros(&x[0]);
            for t in 0..x[0].shape()[0] {
                g_x.index_axis_mut(Axis(0), t)
                    .assign(&part(g, t).dot(&w.t()).into_dyn());
            }
            let mut g_w = Array2::zeros(w.dim());
            for t in batches(x[0].shape()[0]) {
                g_w += &part(&x[0], t).t().dot(&part(g, t));
            }
            vec![g_x, g_w.into_dyn()]
        },
    )
}

fn batched_case(draw: &mut Draw) -> Case {
    let (t, b, k, d) = (
        draw.size_nonzero(),
        draw.size_nonzero(),
        draw.size_nonzero(),
        draw.size_nonzero(),
    );
    Case::of([("x", draw.normal(Shape::new(&[t, b, k])))]).with_param("w", draw.normal(Shape::new(&[k, d])))
}

/// Slips of backward() of two layers, `sigmoid(x w1) w2`, and a sigmoid at the end.
#[derive(Clone, Copy, PartialEq)]
pub enum TwoSlip {
    None,
    OuterSigmoid,
    HiddenSigmoid,
    HiddenInput,
    Updated,
    SwappedWeights,
}

/// A network of two layers with parameters `w1 [M, H]` and `w2 [H, D]`.
pub fn two_layers(slip: TwoSlip) -> Recipe {
    pure(
        |x| {
            mat(&x[0])
                .dot(&mat(&x[1]))
                .mapv(sigmoid)
                .dot(&mat(&x[2]))
                .mapv(sigmoid)
                .into_dyn()
        },
        move |x, y, g| {
            let (a, w1, w2, y) = (mat(&x[0]), mat(&x[1]), mat(&x[2]), mat(y));
            let inner = a.dot(&w1);
            let h = inner.mapv(sigmoid);
            let g_out = if slip == TwoSlip::OuterSigmoid {
                mat(g)
            } else {
                mat(g) * &y.mapv(|y| y * (1.0 - y))
            };
            let g_w2 = h.t().dot(&g_out);
            let seen = if slip == TwoSlip::Updated {
                &w2 - &(&g_w2 * 0.1)
            } else {
                w2
            };
            let of = if slip == TwoSlip::HiddenInput { inner } else { h };
            let mut g_h = g_out.dot(&seen.t());
            if slip != TwoSlip::HiddenSigmoid {
                g_h *= &of.mapv(|h| h * (1.0 - h));
            }
            let g_x = g_h.dot(&w1.t());
            let g_w1 = a.t().dot(&g_h);
            let (g_w1, g_w2) = if slip == TwoSlip::SwappedWeights {
                (g_w2, g_w1)
            } else {
                (g_w1, g_w2)
            };
            vec![g_x.into_dyn(), g_w1.into_dyn(), g_w2.into_dyn()]
        },
    )
}

/// x and the two matrices.
pub fn two_layers_case(draw: &mut Draw) -> Case {
    let (b, k, h, d) = (
        draw.size_nonzero(),
        draw.size_nonzero(),
        draw.size_nonzero(),
        draw.size_nonzero(),
    );
    Case::of([("x", draw.normal(Shape::new(&[b, k])))])
        .with_param("w1", draw.normal(Shape::new(&[k, h])))
        .with_param("w2", draw.normal(Shape::new(&[h, d])))
}

fn square_layers_case(draw: &mut Draw) -> Case {
    let n = draw.size_nonzero();
    let shape = Shape::new(&[n, n]);
    Case::of([("x", draw.normal(shape))])
        .with_param("w1", draw.normal(shape))
        .with_param("w2", draw.normal(shape))
}

/// `xᵀ A x`.
fn quadratic(slope: fn(Array2<f64>, Array1<f64>) -> Array1<f64>) -> Recipe {
    pure(
        |x| s(vct(&x[1]).dot(&mat(&x[0]).dot(&vct(&x[1])))),
        move |x, _, g| {
            let (a, b) = (mat(&x[0]), vct(&x[1]));
            let outer = Array2::from_shape_fn(a.dim(), |(i, j)| b[i] * b[j]);
            vec![(outer * g.sum()).into_dyn(), (slope(a, b) * g.sum()).into_dyn()]
        },
    )
}

fn quadratic_case(draw: &mut Draw) -> Case {
    let n = draw.size_nonzero() + 1;
    Case::of([
        ("a", draw.normal(Shape::new(&[n, n]))),
        ("x", draw.normal(Shape::new(&[n]))),
    ])
}

/// A matrix of two rows and columns and its inverse, by the rule of school.
fn inverse2(a: &Array2<f64>) -> Array2<f64> {
    let det = a[[0, 0]] * a[[1, 1]] - a[[0, 1]] * a[[1, 0]];
    ndarray::array![[a[[1, 1]] / det, -a[[0, 1]] / det], [-a[[1, 0]] / det, a[[0, 0]] / det]]
}

fn well_conditioned(draw: &mut Draw) -> Case {
    let mut x = draw.between(Shape::new(&[2, 2]), -0.5, 0.5);
    x[[0, 0]] += 2.0;
    x[[1, 1]] += 1.5;
    Case::of([("x", x)])
}

/// `f(x) + x` with `f(x) = x²`; the gradient takes these shares of both paths.
fn residual(through: f64, skip: f64) -> Recipe {
    pure(
        |x| x[0].mapv(|x| x * x + x),
        move |x, _, g| vec![zip(g, &x[0], |g, x| g * (2.0 * x * through + skip))],
    )
}

/// The entries of this topic.
pub fn entries() -> Vec<Entry> {
    [one::entries(), two::entries()].concat()
}
