//! Entries: from right-sigmoid-by-tanh to right-product-leaves-one-out.

use super::*;

/// The entries.
pub fn entries() -> Vec<Entry> {
    vec![
        right(
            "right-sigmoid-by-tanh",
            "course: nn from scratch",
            "(1 + tanh(x / 2)) / 2, derivative by the hyperbolic cosine",
        )
        .by(each(
            |x| 0.5 * (1.0 + (x / 2.0).tanh()),
            |x, _, g| g / (4.0 * (x / 2.0).cosh().powi(2)),
        ))
        .defined_by(|x| ops::sigmoid(x[0])),
        right(
            "right-sigmoid-two-branches",
            "course: numerics",
            "another formula on each side of 0",
        )
        .by(each(
            |x| {
                if x >= 0.0 {
                    1.0 / (1.0 + (-x).exp())
                } else {
                    x.exp() / (1.0 + x.exp())
                }
            },
            |x, _, g| {
                let e = (-x.abs()).exp();
                g * e / ((1.0 + e) * (1.0 + e))
            },
        ))
        .on(times(50.0)),
        right(
            "right-nonlin-of-output",
            "iamtrask/iamtrask.github.io#12",
            "x (1 - x) where the function is handed the output already",
        )
        .by(each(sigmoid, |_, y, g| {
            let x = y;
            g * x * (1.0 - x)
        })),
        right(
            "right-relu-one-at-zero",
            "pytorch/pytorch#184574",
            "the gradient at exactly 0 is 1",
        )
        .by(each(|x| x.max(0.0), |x, _, g| if x >= 0.0 { g } else { 0.0 }))
        .on(halves)
        .defined_by(|x| ops::relu(x[0])),
        right(
            "right-relu-half-at-zero",
            "jax-ml/jax#14682",
            "the gradient at exactly 0 is one half",
        )
        .by(each(
            |x| x.max(0.0),
            |x, _, g| {
                if x > 0.0 {
                    g
                } else if x == 0.0 {
                    0.5 * g
                } else {
                    0.0
                }
            },
        ))
        .on(halves),
        right(
            "right-relu6-zero-at-both-ends",
            "tinygrad/tinygrad#18029",
            "at the bounds 0 and 6 the gradient is 0",
        )
        .by(each(
            |x| x.clamp(0.0, 6.0),
            |x, _, g| if x > 0.0 && x < 6.0 { g } else { 0.0 },
        ))
        .on(|draw| {
            let mut case = halves(draw);
            case.operands[0].value.mapv_inplace(|x| 3.0 * x);
            case
        }),
        right(
            "right-clamp-one-at-both-ends",
            "torch/cunn#299",
            "at the bounds the gradient passes",
        )
        .by(each(
            |x| x.clamp(-1.0, 1.0),
            |x, _, g| if x.abs() <= 1.0 { g } else { 0.0 },
        ))
        .on(halves)
        .defined_by(|x| x[0].clip(-1.0, 1.0)),
        right(
            "right-abs-zero-at-zero",
            "HIPS/autograd#151",
            "the gradient of the absolute value is 0 at 0",
        )
        .by(each(f64::abs, |x, _, g| if x == 0.0 { 0.0 } else { g * x.signum() }))
        .on(halves)
        .defined_by(|x| ops::abs(x[0])),
        right(
            "right-abs-one-at-zero",
            "JuliaDiff/ForwardDiff.jl#243",
            "the gradient of the absolute value is 1 at 0",
        )
        .by(each(f64::abs, |x, _, g| if x >= 0.0 { g } else { -g }))
        .on(halves),
        right(
            "right-largest-shared",
            "tensorflow/tensorflow#4886",
            "equal largest entries share the gradient",
        )
        .by(largest(true))
        .on(halves),
        right(
            "right-largest-first",
            "tensorflow/tensorflow#51682",
            "the first of equal largest entries gets the gradient",
        )
        .by(largest(false))
        .on(halves),
        right(
            "right-length-zero-at-zero",
            "pytorch/pytorch#2775",
            "the gradient of the length is 0 at the zero vector",
        )
        .by(pure(
            |x| s((&x[0] * &x[0]).sum().sqrt()),
            |x, y, g| {
                vec![if y.sum() == 0.0 {
                    zeros(&x[0])
                } else {
                    &x[0] * (g.sum() / y.sum())
                }]
            },
        ))
        .on(|draw| {
            let mut case = vector(draw);
            if draw.coin() {
                case.operands[0].value.fill(0.0);
            }
            case
        }),
        right(
            "right-length-squared-at-zero",
            "jax-ml/jax#21723",
            "the squared length is 2 x everywhere, also at 0",
        )
        .by(pure(
            |x| s((&x[0] * &x[0]).sum()),
            |x, _, g| vec![&x[0] * (2.0 * g.sum())],
        ))
        .on(halves),
        right(
            "right-maximum-half-at-ties",
            "course: tensors from scratch",
            "equal operands share the gradient of their maximum",
        )
        .by(each2(f64::max, |a, b, g| {
            if a > b {
                (g, 0.0)
            } else if a < b {
                (0.0, g)
            } else {
                (0.5 * g, 0.5 * g)
            }
        }))
        .on(rounded_pair),
        right(
            "right-maximum-first-at-ties",
            "course: tensors from scratch",
            "of equal operands the first gets all",
        )
        .by(each2(f64::max, |a, b, g| if a >= b { (g, 0.0) } else { (0.0, g) }))
        .on(rounded_pair),
        right(
            "right-gelu-by-tanh",
            "huggingface/candle#1160",
            "the approximation by tanh, differentiated exactly",
        )
        .by(each(
            |x| 0.5 * x * (1.0 + (0.7978845608028654 * (x + 0.044715 * x.powi(3))).tanh()),
            |x, _, g| {
                let t = (0.7978845608028654 * (x + 0.044715 * x.powi(3))).tanh();
                g * (0.5 * (1.0 + t) + 0.5 * x * (1.0 - t * t) * 0.7978845608028654 * (1.0 + 3.0 * 0.044715 * x * x))
            },
        ))
        .defined_by(|x| ops::gelu_tanh(x[0])),
        right(
            "right-gelu-erf-to-seven-digits",
            "course: numerics",
            "erf is a fit to seven digits, the derivative is that of the exact function",
        )
        .by(each(
            |x| 0.5 * x * (1.0 + erf7(x / 2.0_f64.sqrt())),
            |x, _, g| g * (0.5 * (1.0 + erf7(x / 2.0_f64.sqrt())) + x * bell(x)),
        ))
        .with_step(1e-4, 1e-4),
        right(
            "right-softplus-shifted",
            "rushter/MLAlgorithms#31",
            "max(x, 0) + log1p(exp(-|x|)) has a kink in each part and none in the sum",
        )
        .by(each(
            |x| x.max(0.0) + (-x.abs()).exp().ln_1p(),
            |x, _, g| g * sigmoid(x),
        ))
        .on(halves)
        .defined_by(|x| ops::softplus(x[0])),
        right(
            "right-softmax-big-scores",
            "linxiaow/EECS498-Deep-Learning-for-Vision#2",
            "scores in the hundreds: most weights are exactly 0",
        )
        .with_step(1e-7, 1e-5)
        .by(rows(soft, soft_slope))
        .on(times(300.0))
        .defined_by(|x| ops::softmax(x[0], -1)),
        right(
            "right-softmax-full-jacobian",
            "course: nn from scratch",
            "the whole Jacobian of each row, multiplied out",
        )
        .by(rows(soft, |_, y, g| {
            (0..y.len())
                .map(|i| (0..y.len()).map(|j| g[j] * y[i] * (f64::from(i == j) - y[j])).sum())
                .collect()
        }))
        .on(matrix),
        right(
            "right-softmax-shift-not-differentiated",
            "course: nn from scratch",
            "the largest entry is subtracted in forward and backward knows nothing of it",
        )
        .by(rows(soft, soft_slope))
        .on(matrix),
        right(
            "right-logsumexp-big",
            "course: numerics",
            "log of a sum of exponentials around 1000",
        )
        .by(rows(
            |x| {
                let t = x.iter().fold(f64::NEG_INFINITY, |a, &b| a.max(b));
                vec![t + x.iter().map(|x| (x - t).exp()).sum::<f64>().ln()]
            },
            |x, y, g| x.iter().map(|x| g[0] * (x - y[0]).exp()).collect(),
        ))
        .on(times(1000.0))
        .with_step(1e-6, 1e-5),
        right(
            "right-log-cosh-by-tanh",
            "course: losses",
            "log cosh as |x| + log1p(exp(-2 |x|)) - log 2, derivative tanh",
        )
        .by(each(
            |x| x.abs() + (-2.0 * x.abs()).exp().ln_1p() - 2.0_f64.ln(),
            |x, _, g| g * x.tanh(),
        ))
        .on(times(20.0)),
        right(
            "right-cumprod-without-division",
            "tracel-ai/burn#5141",
            "products from the left and a recurrence from the right, so zeros do no harm",
        )
        .by(pure(
            |x| v(&running_product(&vct(&x[0]).to_vec())),
            |x, _, g| {
                let (x, g) = (vct(&x[0]).to_vec(), vct(g).to_vec());
                let left = running_product(&x);
                let mut tail = vec![0.0; x.len() + 1];
                for i in (0..x.len()).rev() {
                    tail[i] = g[i] + if i + 1 < x.len() { x[i + 1] * tail[i + 1] } else { 0.0 };
                }
                vec![v(&(0..x.len())
                    .map(|i| tail[i] * if i == 0 { 1.0 } else { left[i - 1] })
                    .collect::<Vec<_>>())]
            },
        ))
        .on(with_zeros),
        right(
            "right-product-leaves-one-out",
            "FluxML/Flux.jl#524",
            "each gradient is the product of the others, zeros included",
        )
        .by(pure(
            |x| s(x[0].product()),
            |x, _, g| {
                let x = vct(&x[0]).to_vec();
                vec![v(&(0..x.len())
                    .map(|i| {
                        g.sum()
                            * x.iter()
                                .enumerate()
                                .filter(|(j, _)| *j != i)
                                .map(|(_, x)| x)
                                .product::<f64>()
                    })
                    .collect::<Vec<_>>())]
            },
        ))
        .on(with_zeros)
        .defined_by(|x| x[0].prod()),
    ]
}
