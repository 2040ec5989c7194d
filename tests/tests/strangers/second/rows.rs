//! Rows, reductions and losses.

use ndarray::Array2;
use tapegrad_autograd::Shape;
use tapegrad_autograd::check::{Case, Draw};
use tapegrad_autograd::op::OperandKind;

use super::{list, moments, reflected, wide_matrix};
use crate::entry::{Entry, matrix, two, vector, with_data, with_mask, wrong};
use crate::hand::{m, mat, pure, rows, s, softmax, stack, v, vct, zeros, zip};

fn two_vectors(draw: &mut Draw) -> Case {
    let shape = Shape::new(&[draw.size_nonzero()]);
    Case::of([
        ("a", draw.between(shape, 0.3, 2.0)),
        ("b", draw.between(shape, 0.3, 2.0)),
    ])
}

fn large_scores(draw: &mut Draw) -> Case {
    let shape = Shape::new(&[draw.size_nonzero(), draw.size_nonzero()]);
    Case::of([("x", draw.between(shape, 600.0, 900.0))])
}

/// Scores `[B, K]` and a mask of the rows that count.
fn masked_rows(draw: &mut Draw) -> Case {
    let (b, k) = (draw.size_nonzero(), draw.size_nonzero() + 1);
    let x = draw.normal(Shape::new(&[b, k]));
    Case::of([("x", x)]).with_data("mask", OperandKind::Mask, draw.mask(Shape::new(&[b])))
}

fn table_and_ids(draw: &mut Draw) -> Case {
    let (rows, c, n) = (draw.size_nonzero() + 1, draw.size_nonzero(), draw.size_nonzero() + 1);
    let table = draw.normal(Shape::new(&[rows, c]));
    Case::of([("table", table)]).with_data("ids", OperandKind::Id, draw.ids(Shape::new(&[n]), rows))
}

fn square_and_row(draw: &mut Draw) -> Case {
    let n = draw.size_nonzero();
    let a = draw.normal(Shape::new(&[n, n]));
    Case::of([("a", a), ("b", draw.normal(Shape::new(&[1, n])))])
}

fn log_sum(row: &[f64]) -> f64 {
    let top = row.iter().fold(f64::NEG_INFINITY, |a, &b| a.max(b));
    top + row.iter().map(|x| (x - top).exp()).sum::<f64>().ln()
}

/// The entries.
pub fn entries() -> Vec<Entry> {
    vec![
        wrong(
            "second-log-cum-sum-divided-twice",
            "pytorch/pytorch#32876",
            "the upstream gradient is divided by the running sum of exponentials twice",
            "twice|again|two times|divid|square",
        )
        .by(pure(
            |x| list((0..x[0].len()).map(|i| log_sum(&vct(&x[0]).to_vec()[..=i]))),
            |x, y, g| {
                let n = x[0].len();
                let scaled: Vec<f64> = (0..n).map(|i| g[i] * (-2.0 * y[i]).exp()).collect();
                vec![list((0..n).map(|j| x[0][j].exp() * scaled[j..].iter().sum::<f64>()))]
            },
        ))
        .on(vector)
        .shows_at([v(&[1.0])]),
        wrong(
            "second-std-not-centred",
            "xunhuang1995/AdaIN-style#24",
            "the standard deviation's gradient takes x where x less its mean belongs",
            "mean|centred|subtract",
        )
        .by(rows(
            |row| vec![moments(row, 1e-3).1],
            |row, y, g| row.iter().map(|x| g[0] * x / (row.len() as f64 * y[0])).collect(),
        ))
        .on(wide_matrix)
        .shows_at([m(&[[1.0, 3.0]])]),
        wrong(
            "second-var-mean-one-path",
            "kakaobrain/trident#69",
            "the row gives its variance and its mean, and the gradient of the mean is lost",
            "mean|missing|left out|lost|path|only column|second column|last column|column 1",
        )
        .by(rows(
            |row| {
                let (mean, deviation) = moments(row, 0.0);
                vec![deviation * deviation, mean]
            },
            |row, _, g| {
                let (mean, _) = moments(row, 0.0);
                row.iter().map(|x| g[0] * 2.0 * (x - mean) / row.len() as f64).collect()
            },
        ))
        .on(wide_matrix)
        .shows_at([m(&[[1.0, 3.0]])]),
        wrong(
            "second-cosine-norm-of-a-twice",
            "incanter/incanter#73",
            "the product of both norms is taken as the square of that of a",
            "norm|in the place|other operand|square",
        )
        .by(pure(
            |x| {
                let (a, b) = (vct(&x[0]), vct(&x[1]));
                s(a.dot(&b) / (a.dot(&a).sqrt() * b.dot(&b).sqrt()))
            },
            |x, y, g| {
                let (a, b, g, y) = (vct(&x[0]), vct(&x[1]), g.sum(), y.sum());
                let (aa, bb) = (a.dot(&a), b.dot(&b));
                let g_a = (&b / aa - &a * (y / aa)) * g;
                let g_b = (&a / aa - &b * (y / bb)) * g;
                vec![g_a.into_dyn(), g_b.into_dyn()]
            },
        ))
        .on(two_vectors)
        .shows_at([v(&[1.0, 0.5]), v(&[2.0, 2.0])]),
        wrong(
            "second-kl-doubled",
            "torch/cunn#318",
            "the gradient of the divergence is off by a factor of two",
            "twice|doubl|factor 2|2 times|factor of 2|multiplied by 2",
        )
        .by(pure(
            |x| s(x[0].iter().zip(&x[1]).map(|(x, t)| t * (t.ln() - x)).sum()),
            |x, _, g| vec![x[1].mapv(|t| -2.0 * t * g.sum()), zeros(&x[1])],
        ))
        .on(with_data)
        .shows_at([s(0.5), s(0.5)]),
        wrong(
            "second-log-sum-exp-without-shift",
            "stan-dev/math#1679",
            "the derivative is a quotient of exponentials that are not shifted by the largest",
            "NaN|not a number|overflow|infinit|finite",
        )
        .by(rows(
            |row| vec![log_sum(row)],
            |row, _, g| {
                let sum: f64 = row.iter().map(|x| x.exp()).sum();
                row.iter().map(|x| g[0] * x.exp() / sum).collect()
            },
        ))
        .on(large_scores)
        .shows_at([m(&[[800.0]])]),
        wrong(
            "second-softmax-for-rows-without-loss",
            "rwth-i6/returnn#1835",
            "rows whose loss is set to 0 still get the softmax as their gradient",
            "mask|should be 0|ignored|must be 0",
        )
        .by(pure(
            |x| {
                let p = softmax(&mat(&x[0]));
                list((0..p.nrows()).map(|i| -x[1][i] * p[[i, 0]].ln()))
            },
            |x, _, g| {
                let p = softmax(&mat(&x[0]));
                let g_x = Array2::from_shape_fn(p.dim(), |(i, j)| {
                    g[i] * (p[[i, j]] - if j == 0 { x[1][i] } else { 0.0 })
                });
                vec![g_x.into_dyn(), zeros(&x[1])]
            },
        ))
        .on(masked_rows)
        .shows_at([m(&[[1.0, 2.0]]), v(&[0.0])]),
        wrong(
            "second-gather-gathers-back",
            "ooples/AiDotNet.Tensors#894",
            "backward() picks rows of the upstream gradient by the ids, where it must add them to the rows they name",
            "scatter|accumulat|ids|index|more than once|repeat",
        )
        .by(pure(
            |x| {
                let table = mat(&x[0]);
                stack(
                    &x[1]
                        .iter()
                        .map(|&id| table.row(id as usize).to_vec())
                        .collect::<Vec<_>>(),
                )
            },
            |x, _, g| {
                let (g, n) = (mat(g), x[1].len());
                let g_table = Array2::from_shape_fn(mat(&x[0]).dim(), |(r, c)| g[[x[1][r % n] as usize % n, c]]);
                vec![g_table.into_dyn(), zeros(&x[1])]
            },
        ))
        .on(table_and_ids)
        .shows_at([m(&[[1.0], [2.0]]), v(&[1.0, 1.0])]),
        wrong(
            "second-mean-square-of-padding",
            "tensorflow/tensorflow#41280",
            "steps after the end of the text get a gradient",
            "mask|padd|should be 0|must be 0|ignored",
        )
        .by(pure(
            |x| s(x[0].iter().zip(&x[1]).map(|(x, m)| m * x * x).sum()),
            |x, _, g| vec![x[0].mapv(|x| 2.0 * x * g.sum()), zeros(&x[1])],
        ))
        .on(with_mask)
        .shows_at([s(1.0), s(0.0)]),
        wrong(
            "second-unbiased-std-divides-by-n",
            "tinygrad/tinygrad#779",
            "forward divides by n - 1, backward by n",
            "n - 1|n-1|n/(n-1)|n / (n - 1)|unbiased|(n-1)/n|(n - 1)/n",
        )
        .by(rows(
            |row| {
                let (n, deviation) = (row.len() as f64, moments(row, 0.0).1);
                vec![deviation * (n / (n - 1.0)).sqrt()]
            },
            |row, y, g| {
                let mean = moments(row, 0.0).0;
                row.iter()
                    .map(|x| g[0] * (x - mean) / (row.len() as f64 * y[0]))
                    .collect()
            },
        ))
        .on(wide_matrix)
        .shows_at([m(&[[1.0, 3.0]])]),
        wrong(
            "second-broadcast-row-wrong-axis",
            "HomericIntelligence/Odyssey#2080",
            "the gradient of a broadcast row is summed along the other axis, which fits square matrices only",
            "axis",
        )
        .by(pure(
            |x| (mat(&x[0]) + &mat(&x[1])).into_dyn(),
            |x, _, g| {
                let sums = mat(g).sum_axis(ndarray::Axis(1));
                vec![
                    g.clone(),
                    stack(&[sums.to_vec()])
                        .into_shape_with_order(x[1].raw_dim())
                        .expect("one row"),
                ]
            },
        ))
        .on(square_and_row)
        .shows_at([m(&[[1.0, 2.0], [3.0, 4.0]]), m(&[[1.0, 2.0]])]),
        wrong(
            "second-reflection-counts-one-side",
            "intel/torch-xpu-ops#2901",
            "an entry that is reflected at both ends gets the gradient of one of them",
            "missing|left out|only one|lost|drop|path|counted once",
        )
        .by(pure(
            |x| {
                let n = x[0].len();
                list((0..n + 2).map(|i| x[0][reflected(i, n)]))
            },
            |x, _, g| {
                let n = x[0].len();
                vec![list((0..n).map(|i| {
                    let mirrored = if i == 1 {
                        g[0]
                    } else if i + 2 == n {
                        g[n + 1]
                    } else {
                        0.0
                    };
                    g[i + 1] + mirrored
                }))]
            },
        ))
        .on(super::at_least(2))
        .shows_at([v(&[1.0, 2.0, 3.0])]),
        wrong(
            "second-product-of-sums-wrong-factor",
            "course: autodiff by hand",
            "y = a times the sum of b: the gradient of b takes the sum of b where a belongs",
            "in the place|sum of b|instead of a|factor|multipl",
        )
        .by(pure(
            |x| &x[0] * x[1].sum(),
            |x, _, g| {
                let sum = x[1].sum();
                vec![g * sum, zeros(&x[1]) + zip(g, &x[0], |g, _| g * sum).sum()]
            },
        ))
        .on(two)
        .shows_at([s(1.0), s(2.0)]),
        wrong(
            "second-centring-forgets-mean",
            "pytorch/pytorch#107007",
            "y is x less the mean of its row, and the gradient is handed on as if the mean were a constant",
            "mean|handed on|constant|subtract",
        )
        .by(rows(
            |row| {
                let mean = moments(row, 0.0).0;
                row.iter().map(|x| x - mean).collect()
            },
            |_, _, g| g.to_vec(),
        ))
        .on(matrix)
        .shows_at([m(&[[1.0, 3.0]])]),
    ]
}
