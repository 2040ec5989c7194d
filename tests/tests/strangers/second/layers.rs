//! Layers: norms, products, attention, convolution.

use ndarray::{Array2, Array3, Ix3};
use tapegrad_autograd::Shape;
use tapegrad_autograd::check::{Case, Draw};
use tapegrad_autograd::op::OperandKind;

use super::{inverse, invertible, list, normalised, rotate_half, through_norm, times};
use crate::entry::{Entry, with_mask, wrong};
use crate::hand::{A, Recipe, down, m, mat, pure, softmax, v, vct, zeros};

/// A layer norm with scale and shift; `slip` makes the scale that backward() sees, and `order` the order of the last two.
fn norm(shifted: f64, slip: impl Fn(&A, usize, usize) -> f64 + Send + Sync + 'static, swapped: bool) -> Recipe {
    pure(
        move |x| (normalised(&mat(&x[0])) * &vct(&x[1]).mapv(|gamma| gamma + shifted) + &vct(&x[2])).into_dyn(),
        move |x, _, g| {
            let (a, g) = (mat(&x[0]), mat(g));
            let scaled = Array2::from_shape_fn(g.dim(), |(i, j)| g[[i, j]] * slip(&x[1], i, j));
            let g_gamma = down(&(&g * &normalised(&a))).into_dyn();
            let g_beta = down(&g).into_dyn();
            let g_x = through_norm(&a, &scaled).into_dyn();
            if swapped {
                vec![g_x, g_beta, g_gamma]
            } else {
                vec![g_x, g_gamma, g_beta]
            }
        },
    )
}

fn norm_case(draw: &mut Draw) -> Case {
    let (b, c) = (draw.size_nonzero(), draw.size_nonzero() + 1);
    let x = draw.normal(Shape::new(&[b, c]));
    let gamma = draw.normal(Shape::new(&[c]));
    Case::of([("x", x)])
        .with_param("gamma", gamma)
        .with_param("beta", draw.normal(Shape::new(&[c])))
}

fn cube(a: &A) -> Array3<f64> {
    a.clone().into_dimensionality::<Ix3>().expect("three axes are needed")
}

fn batched(draw: &mut Draw) -> Case {
    let (b, n, k, p) = (
        draw.size_nonzero(),
        draw.size_nonzero(),
        draw.size_nonzero(),
        draw.size_nonzero(),
    );
    let x = draw.normal(Shape::new(&[b, n, k]));
    Case::of([("x", x), ("w", draw.normal(Shape::new(&[k, p])))])
}

fn square_and_vector(draw: &mut Draw) -> Case {
    let n = draw.size_nonzero();
    let a = draw.normal(Shape::new(&[n, n]));
    Case::of([("a", a), ("b", draw.normal(Shape::new(&[n])))])
}

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

fn signal_and_kernel(draw: &mut Draw) -> Case {
    let k = 1 + draw.below(3);
    let n = 2 * k + 1 + draw.size_nonzero();
    let x = draw.normal(Shape::new(&[n]));
    Case::of([("x", x)]).with_param("w", draw.normal(Shape::new(&[k])))
}

/// A convolution with this step of the output and of the kernel; the gradients see these in place of them.
fn conv(right: (usize, usize), for_x: (usize, usize), for_w: (usize, usize)) -> Recipe {
    let length = move |n: usize, k: usize| (n - right.1 * (k - 1) - 1) / right.0 + 1;
    pure(
        move |x| {
            let (n, k) = (x[0].len(), x[1].len());
            list((0..length(n, k)).map(|o| (0..k).map(|i| x[1][i] * x[0][right.0 * o + right.1 * i]).sum()))
        },
        move |x, _, g| {
            let (mut g_x, mut g_w) = (zeros(&x[0]), zeros(&x[1]));
            for o in 0..g.len() {
                for i in 0..x[1].len() {
                    if let Some(g_x) = g_x.get_mut([for_x.0 * o + for_x.1 * i].as_slice()) {
                        *g_x += g[o] * x[1][i];
                    }
                    g_w[i] += g[o] * x[0].get([for_w.0 * o + for_w.1 * i].as_slice()).unwrap_or(&0.0);
                }
            }
            vec![g_x, g_w]
        },
    )
}

fn masked_scores(draw: &mut Draw) -> Case {
    let shape = Shape::new(&[draw.size_nonzero(), draw.size_nonzero() + 1]);
    let x = draw.normal(shape);
    Case::of([("x", x)]).with_data("mask", OperandKind::Mask, draw.mask(shape))
}

/// The entries.
pub fn entries() -> Vec<Entry> {
    let three = || [m(&[[1.0, 2.0], [0.5, -1.0]]), v(&[1.0, 2.0]), v(&[0.0, 0.5])];
    vec![
        wrong(
            "second-norm-gamma-by-row",
            "deepspeedai/DeepSpeed#692",
            "gamma is indexed by the row where the column belongs",
            "axis|index|column|other order|order",
        )
        .by(norm(0.0, |gamma, i, _| gamma[i % gamma.len()], false))
        .on(norm_case)
        .shows_at(three()),
        wrong(
            "second-norm-gamma-and-beta-exchanged",
            "Oneflow-Inc/oneflow#6149",
            "the gradients of gamma and beta are returned in each other's place",
            "exchang|swap|each other|gradient of beta|gradient of gamma",
        )
        .by(norm(0.0, |gamma, _, j| gamma[j], true))
        .on(norm_case)
        .shows_at(three()),
        wrong(
            "second-norm-zero-centred-gamma",
            "NVIDIA/TransformerEngine#67",
            "forward multiplies by 1 + gamma, backward by gamma",
            "+ 1 gamma|constant|lacks term|term missing|term left out|dropped",
        )
        .by(norm(1.0, |gamma, _, j| gamma[j], false))
        .on(norm_case)
        .shows_at(three()),
        wrong(
            "second-batched-product-not-summed",
            "tensorflow/tfjs#8721",
            "the gradient of the shared matrix keeps the axis of the batch",
            "shape|batch",
        )
        .by(pure(
            |x| {
                let (x, w) = (cube(&x[0]), mat(&x[1]));
                let (b, n, _) = x.dim();
                Array3::from_shape_fn((b, n, w.ncols()), |(b, i, j)| {
                    (0..w.nrows()).map(|k| x[[b, i, k]] * w[[k, j]]).sum()
                })
                .into_dyn()
            },
            |x, _, g| {
                let (x, w, g) = (cube(&x[0]), mat(&x[1]), cube(g));
                let g_x = Array3::from_shape_fn(x.dim(), |(b, i, k)| {
                    (0..w.ncols()).map(|j| g[[b, i, j]] * w[[k, j]]).sum()
                });
                let (b, n, _) = x.dim();
                let g_w = Array3::from_shape_fn((b, w.nrows(), w.ncols()), |(b, k, j)| {
                    (0..n).map(|i| g[[b, i, j]] * x[[b, i, k]]).sum()
                });
                vec![g_x.into_dyn(), g_w.into_dyn()]
            },
        ))
        .on(batched)
        .shows_at([A::ones(vec![1, 1, 1]), m(&[[1.0]])]),
        wrong(
            "second-matrix-gets-dot-product",
            "harvard-edge/cs249r_book#1781",
            "a transposed vector is still a vector, so the outer product becomes one dot product for all entries",
            "outer|dot|sum|every entry|same number|each entry",
        )
        .by(pure(
            |x| times(&mat(&x[0]), &x[1]),
            |x, _, g| {
                let (a, b, g) = (mat(&x[0]), vct(&x[1]), vct(g));
                vec![zeros(&x[0]) + g.dot(&b), a.t().dot(&g).into_dyn()]
            },
        ))
        .on(square_and_vector)
        .shows_at([m(&[[1.0, 2.0], [3.0, 4.0]]), v(&[1.0, 2.0])]),
        wrong(
            "second-rotary-sin-after-rotation",
            "PaddlePaddle/Paddle#74716",
            "the upstream gradient is rotated before it is multiplied by the sines, which stand in other halves then",
            "sin|order|half|other place|index|shift",
        )
        .by(pure(
            |x| {
                let (a, cos, sin) = (mat(&x[0]), vct(&x[1]), vct(&x[2]));
                (&a * &cos + rotate_half(&a) * &sin).into_dyn()
            },
            |x, _, g| {
                let (g, cos, sin) = (mat(g), vct(&x[1]), vct(&x[2]));
                let g_x = (&g * &cos - rotate_half(&g) * &sin).into_dyn();
                vec![g_x, zeros(&x[1]), zeros(&x[2])]
            },
        ))
        .on(rotated)
        .shows_at([m(&[[1.0, 2.0]]), v(&[0.5, 0.5]), v(&[0.5, 0.25])]),
        wrong(
            "second-inverse-not-transposed",
            "pytorch/pytorch.github.io#2135",
            "both factors of the inverse's gradient lack their transposition",
            "transpos",
        )
        .by(pure(
            |x| inverse(&x[0]).into_dyn(),
            |_, y, g| {
                let y = mat(y);
                vec![(-y.dot(&mat(g)).dot(&y)).into_dyn()]
            },
        ))
        .on(invertible)
        .shows_at([m(&[[2.0, 0.5], [-0.25, 1.5]])]),
        wrong(
            "second-conv-stride-missing",
            "Kulbear/deep-learning-coursera#34",
            "the gradient of the signal is added as if the window moved by one",
            "stride|position|place|index|shift|step",
        )
        .by(conv((2, 1), (1, 1), (2, 1)))
        .on(signal_and_kernel)
        .shows_at([v(&[1.0, 2.0, 3.0]), v(&[1.0])]),
        wrong(
            "second-conv-stride-for-dilation",
            "huggingface/candle#2337",
            "stride and dilation are exchanged in the gradient of the kernel",
            "stride|dilation|position|place|index|shift|step",
        )
        .by(conv((1, 2), (1, 2), (2, 1)))
        .on(signal_and_kernel)
        .shows_at([v(&[1.0, 2.0, 3.0, 4.0]), v(&[1.0, 2.0])]),
        wrong(
            "second-dropout-scaled-by-p",
            "NVIDIA/apex#816",
            "backward() multiplies by p where 1 / (1 - p) belongs",
            "factor|multipl|scale|times",
        )
        .by(pure(
            |x| &x[0] * &x[1] / 0.75,
            |x, _, g| vec![g * &x[1] * 0.25, zeros(&x[1])],
        ))
        .on(with_mask)
        .shows_at([A::from_elem(vec![], 1.0), A::from_elem(vec![], 1.0)]),
        wrong(
            "second-softmax-after-dropout",
            "aws-neuron/nki-samples#81",
            "the softmax's derivative takes the probabilities after the dropout",
            "dropout|mask|probabilit|y in the place|output in the place|in place",
        )
        .by(pure(
            |x| (softmax(&mat(&x[0])) * &mat(&x[1]) * 2.0).into_dyn(),
            |x, y, g| {
                let (y, g) = (mat(y), mat(g) * &mat(&x[1]) * 2.0);
                let along = (&y * &g).sum_axis(ndarray::Axis(1));
                let g_x = Array2::from_shape_fn(y.dim(), |(i, j)| y[[i, j]] * (g[[i, j]] - along[i]));
                vec![g_x.into_dyn(), zeros(&x[1])]
            },
        ))
        .on(masked_scores)
        .shows_at([m(&[[1.0, 2.0]]), m(&[[1.0, 0.0]])]),
    ]
}
