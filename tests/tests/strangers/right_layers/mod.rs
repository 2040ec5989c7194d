//! Right layers that look wrong: other routes to the same gradient, and unusual ways to remember.

mod one;

use ndarray::{Array2, Axis, ShapeBuilder};
use tapegrad_autograd::Shape;
use tapegrad_autograd::check::{Case, Draw};
use tapegrad_autograd::ops;

use crate::attention::{self, attention, attention_case, masked_case};
use crate::convolution::{self, convolution, convolution_case};
use crate::embedding::{embedding, embedding_case};
use crate::entry::{Entry, any, classes, matrix, right, two};
use crate::hand::{A, Recipe, down, mat, pure, remembering, s, vct, zeros, zip};
use crate::linear::{TwoSlip, linear, linear_case, two_layers, two_layers_case};
use crate::norms::{self, RmsSlip, norm, norm_case, rms, rms_case};
use crate::recurrent::{self, Gate, Gru, gru_case, gru_step, lstm_case, lstm_step, rnn, rnn_case};
use crate::softmax::{self, Entropy, cross_entropy};

/// A layer norm without gain by one pass over the row: the mean of squares minus the square of the mean.
fn one_pass_norm() -> Recipe {
    let scale = |row: &[f64]| {
        let n = row.len() as f64;
        let (sum, squares) = row.iter().fold((0.0, 0.0), |(a, b), x| (a + x, b + x * x));
        (sum / n, 1.0 / (squares / n - (sum / n) * (sum / n) + 0.1).sqrt())
    };
    crate::hand::rows(
        move |x| {
            let (mean, r) = scale(x);
            x.iter().map(|x| (x - mean) * r).collect()
        },
        move |x, y, g| {
            let (n, r) = (x.len() as f64, scale(x).1);
            let (mean, along) = y.iter().zip(g).fold((0.0, 0.0), |(a, b), (y, g)| (a + g, b + g * y));
            y.iter()
                .zip(g)
                .map(|(y, g)| (g - mean / n - y * along / n) * r)
                .collect()
        },
    )
}

/// Batch norm in steps as in the paper; `zero_term` adds the derivative of the variance by the mean, a sum that is 0.
fn stepwise_norm(zero_term: bool) -> Recipe {
    pure(
        |x| {
            let a = mat(&x[0]);
            let c = &a - &a.mean_axis(Axis(0)).expect("not empty");
            let var = c.mapv(|c| c * c).mean_axis(Axis(0)).expect("not empty");
            (c / var.mapv(|v| (v + 0.1).sqrt())).into_dyn()
        },
        move |x, _, g| {
            let (a, g) = (mat(&x[0]), mat(g));
            let n = a.nrows() as f64;
            let c = &a - &a.mean_axis(Axis(0)).expect("not empty");
            let r = c
                .mapv(|c| c * c)
                .mean_axis(Axis(0))
                .expect("not empty")
                .mapv(|v| 1.0 / (v + 0.1).sqrt());
            let g_var = down(&(&g * &c)) * &r.mapv(|r| -0.5 * r.powi(3));
            let mut g_mean = -down(&g) * &r;
            if zero_term {
                g_mean = g_mean + &g_var * &(down(&c) * (-2.0 / n));
            }
            vec![(&g * &r + &c * &(g_var * (2.0 / n)) + g_mean / n).into_dyn()]
        },
    )
}

/// tanh whose backward() takes the stored value away, so that it is not kept longer than needed.
fn taken(panics: bool) -> Recipe {
    remembering(
        |memory, x| {
            let y = x[0].mapv(f64::tanh);
            memory.x = x.to_vec();
            memory.kept = vec![y.clone()];
            y
        },
        move |memory, g| {
            let y = match memory.kept.pop() {
                Some(y) => y,
                None if panics => panic!("backward() runs once after each forward()"),
                None => memory.x[0].mapv(f64::tanh),
            };
            vec![zip(g, &y, |g, y| g * (1.0 - y * y))]
        },
    )
}

/// The same matrix in two places: `tanh(x w) wᵀ`.
fn tied() -> Recipe {
    pure(
        |x| {
            mat(&x[0])
                .dot(&mat(&x[1]))
                .mapv(f64::tanh)
                .dot(&mat(&x[1]).t())
                .into_dyn()
        },
        |x, _, g| {
            let (a, w, g) = (mat(&x[0]), mat(&x[1]), mat(g));
            let h = a.dot(&w).mapv(f64::tanh);
            let inner = g.dot(&w) * h.mapv(|h| 1.0 - h * h);
            vec![
                inner.dot(&w.t()).into_dyn(),
                (a.t().dot(&inner) + g.t().dot(&h)).into_dyn(),
            ]
        },
    )
}

/// Dropout whose mask depends on the place alone, so that forward and backward draw the same.
fn hashed_mask() -> Recipe {
    let mask = |x: &A| {
        let mut out = zeros(x);
        out.iter_mut()
            .enumerate()
            .for_each(|(i, out)| *out = if (i * 2654435761) % 7 < 3 { 0.0 } else { 1.75 });
        out
    };
    pure(move |x| &x[0] * &mask(&x[0]), move |_, _, g| vec![g * &mask(g)])
}

/// The gradient of `x w` in the other memory order and as a view that was turned.
fn column_order() -> Recipe {
    pure(
        |x| mat(&x[0]).dot(&mat(&x[1])).into_dyn(),
        |x, _, g| {
            let (a, b, g) = (mat(&x[0]), mat(&x[1]), mat(g));
            let mut g_a = Array2::zeros(a.dim().f());
            g_a.assign(&g.dot(&b.t()));
            vec![g_a.into_dyn(), g.t().dot(&a).reversed_axes().into_dyn()]
        },
    )
}

fn product_case(draw: &mut Draw) -> Case {
    let (i, j, k) = (draw.size_nonzero(), draw.size_nonzero(), draw.size_nonzero());
    Case::of([
        ("a", draw.normal(Shape::new(&[i, j]))),
        ("b", draw.normal(Shape::new(&[j, k]))),
    ])
}

fn tied_case(draw: &mut Draw) -> Case {
    let (b, k, h) = (draw.size_nonzero(), draw.size_nonzero(), draw.size_nonzero());
    Case::of([("x", draw.normal(Shape::new(&[b, k])))]).with_param("w", draw.normal(Shape::new(&[k, h])))
}

/// Attention of causal order computed in blocks with a running largest score, weights recomputed in backward.
fn flash() -> Recipe {
    let weights = |q: &Array2<f64>, k: &Array2<f64>, i: usize, log_sum: f64| -> Vec<f64> {
        (0..=i).map(|j| (q.row(i).dot(&k.row(j)) - log_sum).exp()).collect()
    };
    let log_sum = |q: &Array2<f64>, k: &Array2<f64>, i: usize| {
        let (mut top, mut sum) = (f64::NEG_INFINITY, 0.0);
        for j in 0..=i {
            let score = q.row(i).dot(&k.row(j));
            let higher = score.max(top);
            sum = sum * (top - higher).exp() + (score - higher).exp();
            top = higher;
        }
        top + f64::ln(sum)
    };
    pure(
        move |x| {
            let (q, k, v) = (mat(&x[0]), mat(&x[1]), mat(&x[2]));
            let mut y = Array2::zeros((q.nrows(), v.ncols()));
            for i in 0..q.nrows() {
                for (j, p) in weights(&q, &k, i, log_sum(&q, &k, i)).into_iter().enumerate() {
                    y.row_mut(i).scaled_add(p, &v.row(j));
                }
            }
            y.into_dyn()
        },
        move |x, y, g| {
            let (q, k, v, y, g) = (mat(&x[0]), mat(&x[1]), mat(&x[2]), mat(y), mat(g));
            let (mut g_q, mut g_k, mut g_v) = (Array2::zeros(q.dim()), Array2::zeros(k.dim()), Array2::zeros(v.dim()));
            for i in 0..q.nrows() {
                let delta = g.row(i).dot(&y.row(i));
                for (j, p) in weights(&q, &k, i, log_sum(&q, &k, i)).into_iter().enumerate() {
                    g_v.row_mut(j).scaled_add(p, &g.row(i));
                    let g_score = p * (g.row(i).dot(&v.row(j)) - delta);
                    g_q.row_mut(i).scaled_add(g_score, &k.row(j));
                    g_k.row_mut(j).scaled_add(g_score, &q.row(i));
                }
            }
            vec![g_q.into_dyn(), g_k.into_dyn(), g_v.into_dyn()]
        },
    )
}

fn sequence_case(draw: &mut Draw) -> Case {
    let (t, d, e) = (draw.size_nonzero(), draw.size_nonzero(), draw.size_nonzero());
    Case::of([
        ("q", draw.normal(Shape::new(&[t, d]))),
        ("k", draw.normal(Shape::new(&[t, d]))),
        ("v", draw.normal(Shape::new(&[t, e]))),
    ])
}

/// The entries of this topic.
pub fn entries() -> Vec<Entry> {
    [one::entries()].concat()
}
