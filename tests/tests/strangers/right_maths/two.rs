//! Entries: from right-cube-by-products to right-determinant.

use super::*;

/// The entries.
pub fn entries() -> Vec<Entry> {
    vec![
        right(
            "right-cube-by-products",
            "course: micrograd",
            "x x x instead of a power, negative bases included",
        )
        .by(each(|x| x * x * x, |x, _, g| g * (x * x + x * x + x * x)))
        .on(halves),
        right(
            "right-power-of-one-at-zero",
            "stan-dev/math#3031",
            "the gradient of x^1 is 1 at 0 too",
        )
        .by(each(|x| x, |_, _, g| g))
        .on(halves),
        right(
            "right-huber-at-the-joint",
            "chainer/chainer#940",
            "both pieces meet with the same slope",
        )
        .with_step(1e-6, 1e-5)
        .by(each(
            |d| if d.abs() <= 1.0 { 0.5 * d * d } else { d.abs() - 0.5 },
            |d, _, g| g * d.clamp(-1.0, 1.0),
        ))
        .on(halves),
        right(
            "right-hinge-at-the-margin",
            "course: CS231n",
            "max(0, 1 - x) with gradient 0 exactly at the margin",
        )
        .by(each(|x| (1.0 - x).max(0.0), |x, _, g| if x < 1.0 { -g } else { 0.0 }))
        .on(halves),
        right(
            "right-staircase",
            "course: quantisation",
            "rounding has slope 0 and so the gradient is 0",
        )
        .by(each(|x| (4.0 * x).round(), |_, _, _| 0.0))
        .on(between(0.13, 0.36)),
        right(
            "right-constant",
            "apache/singa#488",
            "a function that does not depend on x",
        )
        .by(each(|_| 1.5, |_, _, _| 0.0)),
        right(
            "right-piecewise-cubic",
            "course: splines",
            "a spline of three pieces with continuous slope",
        )
        .with_step(1e-6, 1e-5)
        .by(each(
            |x| {
                if x < 0.0 {
                    x * x
                } else if x < 1.0 {
                    x * x + x.powi(3)
                } else {
                    2.0 + 5.0 * (x - 1.0)
                }
            },
            |x, _, g| {
                g * if x < 0.0 {
                    2.0 * x
                } else if x < 1.0 {
                    2.0 * x + 3.0 * x * x
                } else {
                    5.0
                }
            },
        ))
        .on(halves),
        right(
            "right-triangle-wave",
            "course: signal processing",
            "a function with kinks at all whole numbers",
        )
        .by(each(|x| (x - x.round()).abs(), |x, _, g| g * (x - x.round()).signum()))
        .on(between(0.05, 0.45)),
        right(
            "right-leaky-with-big-slope",
            "pytorch/pytorch#43389",
            "a slope above 1 for negative inputs",
        )
        .by(each(
            |x| if x > 0.0 { x } else { 3.0 * x },
            |x, _, g| if x > 0.0 { g } else { 3.0 * g },
        )),
        right(
            "right-elu-negative-alpha",
            "PaddlePaddle/Paddle#26543",
            "a negative alpha, branch by the input",
        )
        .by(each(
            |x| if x > 0.0 { x } else { -2.0 * x.exp_m1() },
            |x, _, g| if x > 0.0 { g } else { g * -2.0 * x.exp() },
        )),
        right(
            "right-kl-with-zero-target",
            "pytorch/pytorch#7006",
            "0 log 0 counts as 0",
        )
        .by(pure(
            |x| s(zip(&x[0], &x[1], |p, q| if q == 0.0 { 0.0 } else { q * (q / p).ln() }).sum()),
            |x, _, g| vec![zip(&x[0], &x[1], |p, q| -q / p) * g.sum(), zeros(&x[1])],
        ))
        .on(shares),
        right(
            "right-entropy-from-scores",
            "TuSimple/mx-maskrcnn#65",
            "p - t, sigmoid and loss in one",
        )
        .by(pure(
            |x| zip(&x[0], &x[1], |x, t| x.max(0.0) - x * t + (-x.abs()).exp().ln_1p()),
            |x, _, g| {
                vec![
                    zip(&zip(&x[0], &x[1], |x, t| sigmoid(x) - t), g, |d, g| d * g),
                    zeros(&x[1]),
                ]
            },
        ))
        .on(crate::entry::with_data)
        .defined_by(|x| ops::sigmoid_cross_entropy(x[0], x[1])),
        right(
            "right-empty-and-not",
            "course: tensors from scratch",
            "empty arrays give empty gradients",
        )
        .by(each(|x| x * x, |x, _, g| 2.0 * g * x))
        .on(maybe_empty),
        right("right-scalar", "course: micrograd", "arrays without axes")
            .by(each(f64::sin, |x, _, g| g * x.cos()))
            .on(|draw| Case::of([("x", draw.normal(Shape::new(&[])))])),
        right(
            "right-one-column",
            "course: CS231n",
            "the softmax of rows of one entry is 1 and its gradient 0",
        )
        .by(rows(soft, soft_slope))
        .on(|draw| {
            let n = draw.size_nonzero();
            Case::of([("x", draw.normal(Shape::new(&[n, 1])))])
        }),
        right(
            "right-one-hot-of-ids",
            "course: nn from scratch",
            "ids become rows of zeros and ones, which are multiplied",
        )
        .by(pure(
            |x| {
                v(&(0..x[1].len())
                    .map(|i| {
                        (0..mat(&x[0]).ncols())
                            .map(|j| x[0][[i, j]] * f64::from(x[1][i] == j as f64))
                            .sum()
                    })
                    .collect::<Vec<_>>())
            },
            |x, _, g| {
                let (n, k) = mat(&x[0]).dim();
                vec![
                    stack(
                        &(0..n)
                            .map(|i| (0..k).map(|j| if x[1][i] == j as f64 { g[i] } else { 0.0 }).collect())
                            .collect::<Vec<_>>(),
                    ),
                    zeros(&x[1]),
                ]
            },
        ))
        .on(classes),
        right(
            "right-mask-multiplied",
            "iamtrask/Grokking-Deep-Learning#68",
            "the gradient is multiplied by the mask as the value was",
        )
        .by(pure(
            |x| &x[0] * &x[1] * 2.0,
            |x, _, g| vec![g * &x[1] * 2.0, zeros(&x[1])],
        ))
        .on(with_mask),
        right(
            "right-two-angles",
            "course: automatic differentiation",
            "atan2 over all quadrants, away from the jump",
        )
        .by(each2(f64::atan2, |y, x, g| {
            let r = x * x + y * y;
            (g * x / r, -g * y / r)
        }))
        .on(two_between(0.2, 2.0)),
        right(
            "right-sum-from-the-end",
            "course: numerics",
            "summed in another order and with a correction for rounding",
        )
        .by(pure(
            |x| {
                let (mut sum, mut lost) = (0.0, 0.0);
                for x in x[0].iter().copied().collect::<Vec<f64>>().into_iter().rev() {
                    let y: f64 = x - lost;
                    let t: f64 = sum + y;
                    lost = (t - sum) - y;
                    sum = t;
                }
                s(sum)
            },
            |x, _, g| vec![x[0].mapv(|_| g.sum())],
        ))
        .on(any)
        .defined_by(|x| x[0].sum()),
        right(
            "right-single-precision-inside",
            "course: GPU",
            "forward and backward compute in single precision",
        )
        .by(each(
            |x| f64::from((x as f32).tanh()),
            |_, y, g| {
                let y = y as f32;
                g * f64::from(1.0 - y * y)
            },
        ))
        .with_step(1e-2, 1e-3),
        right("right-tiny-numbers", "course: numerics", "values of 1e-9 squared")
            .by(each(|x| x * x, |x, _, g| 2.0 * g * x))
            .on(times(1e-9))
            .with_step(1e-10, 1e-3),
        right("right-huge-numbers", "course: numerics", "values of a million squared")
            .by(each(|x| x * x, |x, _, g| 2.0 * g * x))
            .on(times(1e6)),
        right(
            "right-difference-of-squares",
            "course: algebra",
            "(a - b)(a + b) differentiated as a² - b²",
        )
        .by(each2(|a, b| (a - b) * (a + b), |a, b, g| (2.0 * a * g, -2.0 * b * g)))
        .on(two),
        right(
            "right-subtraction-by-negation",
            "karpathy/micrograd#57",
            "a + (-b): the minus is in the negation",
        )
        .by(each2(|a, b| a + (-b), |_, _, g| (g, -g)))
        .on(two)
        .defined_by(|x| x[0] - x[1]),
        right(
            "right-median-of-even",
            "course: statistics",
            "the two middle entries get half each",
        )
        .by(pure(
            |x| s(middle(&x[0]).iter().map(|&i| 0.5 * x[0][i]).sum()),
            |x, _, g| {
                let mut out = zeros(&x[0]);
                middle(&x[0]).iter().for_each(|&i| out[i] += 0.5 * g.sum());
                vec![out]
            },
        ))
        .on(|draw| {
            let n = draw.size_nonzero();
            Case::of([("x", draw.distinct(Shape::new(&[n])))])
        }),
        right(
            "right-matrix-identity",
            "course: matrix calculus",
            "x xᵀ: both places of x are counted",
        )
        .by(pure(
            |x| {
                let a = mat(&x[0]);
                a.dot(&a.t()).into_dyn()
            },
            |x, _, g| {
                let (a, g) = (mat(&x[0]), mat(g));
                vec![(g.dot(&a) + g.t().dot(&a)).into_dyn()]
            },
        ))
        .on(matrix)
        .defined_by(|x| x[0].matmul(x[0].t())),
        right(
            "right-determinant",
            "course: matrix calculus",
            "of two rows and columns, by cofactors",
        )
        .by(pure(
            |x| s(x[0][[0, 0]] * x[0][[1, 1]] - x[0][[0, 1]] * x[0][[1, 0]]),
            |x, _, g| vec![m(&[[x[0][[1, 1]], -x[0][[1, 0]]], [-x[0][[0, 1]], x[0][[0, 0]]]]) * g.sum()],
        ))
        .on(|draw| Case::of([("x", draw.normal(Shape::new(&[2, 2])))])),
    ]
}
