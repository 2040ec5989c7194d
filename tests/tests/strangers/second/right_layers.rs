//! Right layers that look wrong.

use ndarray::Array2;
use tapegrad_autograd::Shape;
use tapegrad_autograd::check::{Case, Draw};
use tapegrad_autograd::op::OperandKind;

use super::{at_least, interpolation, list, reflected, rotate_back, rotate_half, times};
use crate::entry::{Entry, right};
use crate::hand::{mat, pure, softmax, stack, vct, zeros, zip};

fn rotated(draw: &mut Draw) -> Case {
    let (n, d) = (draw.size_nonzero(), 2 * draw.size_nonzero());
    let x = draw.normal(Shape::new(&[n, d]));
    let cos = draw.between(Shape::new(&[d]), -1.0, 1.0);
    Case::of([("x", x)]).with_data("cos", OperandKind::Data, cos).with_data(
        "sin",
        OperandKind::Data,
        draw.between(Shape::new(&[d]), -1.0, 1.0),
    )
}

fn masked_scores(draw: &mut Draw) -> Case {
    let shape = Shape::new(&[draw.size_nonzero(), draw.size_nonzero() + 1]);
    let x = draw.normal(shape);
    Case::of([("x", x)]).with_data("mask", OperandKind::Mask, draw.mask(shape))
}

fn table_and_ids(draw: &mut Draw) -> Case {
    let (rows, c, n) = (draw.size_nonzero() + 1, draw.size_nonzero(), draw.size_nonzero() + 1);
    let table = draw.normal(Shape::new(&[rows, c]));
    Case::of([("table", table)]).with_data("ids", OperandKind::Id, draw.ids(Shape::new(&[n]), rows))
}

fn reset_case(draw: &mut Draw) -> Case {
    let n = draw.size_nonzero();
    let vector = Shape::new(&[n]);
    let (r, h) = (draw.between(vector, 0.1, 0.9), draw.normal(vector));
    Case::of([("r", r), ("h", h)]).with_param("u", draw.normal(Shape::new(&[n, n])))
}

fn two_steps(draw: &mut Draw) -> Case {
    let vector = Shape::new(&[draw.size_nonzero()]);
    let (x1, x2) = (draw.normal(vector), draw.normal(vector));
    Case::of([("x1", x1), ("x2", x2)]).with_param("w", draw.normal(vector))
}

/// The entries.
pub fn entries() -> Vec<Entry> {
    vec![
        right(
            "second-right-rotary",
            "huggingface/candle#3612",
            "the products with the sines come first, then the rotation back",
        )
        .by(pure(
            |x| {
                let (a, cos, sin) = (mat(&x[0]), vct(&x[1]), vct(&x[2]));
                (&a * &cos + rotate_half(&a) * &sin).into_dyn()
            },
            |x, _, g| {
                let (g, cos, sin) = (mat(g), vct(&x[1]), vct(&x[2]));
                let g_x = (&g * &cos + rotate_back(&(&g * &sin))).into_dyn();
                vec![g_x, zeros(&x[1]), zeros(&x[2])]
            },
        ))
        .on(rotated),
        right(
            "second-right-softmax-before-dropout",
            "aws-neuron/nki-samples#81",
            "probabilities are kept from before the dropout",
        )
        .by(pure(
            |x| (softmax(&mat(&x[0])) * &mat(&x[1]) * 2.0).into_dyn(),
            |x, _, g| {
                let (p, g) = (softmax(&mat(&x[0])), mat(g) * &mat(&x[1]) * 2.0);
                let along = (&p * &g).sum_axis(ndarray::Axis(1));
                let g_x = Array2::from_shape_fn(p.dim(), |(i, j)| p[[i, j]] * (g[[i, j]] - along[i]));
                vec![g_x.into_dyn(), zeros(&x[1])]
            },
        ))
        .on(masked_scores),
        right(
            "second-right-gather-by-product",
            "ooples/AiDotNet.Tensors#894",
            "rows are added by a product with a matrix of ones and zeros",
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
                let rows = x[0].shape()[0];
                let ones = Array2::from_shape_fn((rows, x[1].len()), |(r, i)| f64::from(u8::from(x[1][i] == r as f64)));
                vec![ones.dot(&mat(g)).into_dyn(), zeros(&x[1])]
            },
        ))
        .on(table_and_ids),
        right(
            "second-right-reset-gate",
            "ooples/AiDotNet#722",
            "the gate is applied after the product with the transposed matrix",
        )
        .by(pure(
            |x| times(&mat(&x[2]), &(&x[0] * &x[1])),
            |x, _, g| {
                let (r, h, u, g) = (vct(&x[0]), vct(&x[1]), mat(&x[2]), vct(g));
                let back = u.t().dot(&g);
                let g_u = Array2::from_shape_fn(u.dim(), |(i, j)| g[i] * r[j] * h[j]);
                vec![(&back * &h).into_dyn(), (&back * &r).into_dyn(), g_u.into_dyn()]
            },
        ))
        .on(reset_case),
        right(
            "second-right-both-steps",
            "mratsim/Arraymancer#237",
            "the gradients of both uses of the weight are added",
        )
        .by(pure(
            |x| zip(&zip(&x[0], &x[2], |x, w| (w * x).tanh()), &x[2], |h, w| w * h) + &x[1],
            |x, _, g| {
                let h = zip(&x[0], &x[2], |x, w| (w * x).tanh());
                let g_a = zip(g, &x[2], |g, w| g * w) * h.mapv(|h| 1.0 - h * h);
                vec![&g_a * &x[2], g.clone(), g * &h + &g_a * &x[0]]
            },
        ))
        .on(two_steps),
        right(
            "second-right-reflection",
            "intel/torch-xpu-ops#2901",
            "every place of the padded vector is added to the entry it shows",
        )
        .by(pure(
            |x| {
                let n = x[0].len();
                list((0..n + 2).map(|i| x[0][reflected(i, n)]))
            },
            |x, _, g| {
                let mut g_x = zeros(&x[0]);
                (0..g.len()).for_each(|i| g_x[reflected(i, x[0].len())] += g[i]);
                vec![g_x]
            },
        ))
        .on(at_least(2)),
        right(
            "second-right-resize",
            "flagos-ai/FlagGems#5219",
            "the transposed weights of the interpolation",
        )
        .by(pure(
            |x| times(&interpolation(x[0].len(), 5 * x[0].len()), &x[0]),
            |x, _, g| vec![times(&interpolation(x[0].len(), g.len()).reversed_axes(), g)],
        ))
        .on(at_least(2)),
    ]
}
