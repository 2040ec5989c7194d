//! Right functions that look wrong.

use tapegrad_autograd::Shape;
use tapegrad_autograd::check::{Case, Draw};
use tapegrad_autograd::op::OperandKind;

use super::{inverse, invertible, list, moments, wide_matrix};
use crate::entry::{Entry, any, between, halves, matrix, right, two_between, vector};
use crate::hand::{each, each2, mat, pure, remembering, rows, s, sigmoid, vct, zeros, zip};

/// Real numbers and probabilities of which some are 0.
fn with_zeros(draw: &mut Draw) -> Case {
    let shape = draw.shape_nonempty();
    let x = draw.normal(shape);
    let t = draw.between(shape, -0.5, 1.0).mapv(|t| t.max(0.0));
    Case::of([("x", x)]).with_data("t", OperandKind::Data, t)
}

fn two_vectors(draw: &mut Draw) -> Case {
    let shape = Shape::new(&[draw.size_nonzero()]);
    Case::of([
        ("a", draw.between(shape, 0.3, 2.0)),
        ("b", draw.between(shape, -2.0, -0.3)),
    ])
}

/// The entries.
pub fn entries() -> Vec<Entry> {
    const SCALED: f64 = 1.050_700_987_355_480_5 * 1.673_263_242_354_377_2;
    vec![
        right(
            "second-right-swish-by-output",
            "pytorch/pytorch#110815",
            "the derivative y + sigmoid(x) (1 - y) was reported as wrong",
        )
        .by(each(|x| x * sigmoid(x), |x, y, g| g * (y + sigmoid(x) * (1.0 - y))))
        .on(any),
        right(
            "second-right-logsumexp-shift-constant",
            "tinygrad/tinygrad#17088",
            "the largest entry that is subtracted counts as a constant, because its share cancels",
        )
        .by(rows(
            |row| {
                let top = row.iter().fold(f64::NEG_INFINITY, |a, &b| a.max(b));
                vec![top + row.iter().map(|x| (x - top).exp()).sum::<f64>().ln()]
            },
            |row, _, g| {
                let top = row.iter().fold(f64::NEG_INFINITY, |a, &b| a.max(b));
                let sum: f64 = row.iter().map(|x| (x - top).exp()).sum();
                row.iter().map(|x| g[0] * (x - top).exp() / sum).collect()
            },
        ))
        .on(matrix),
        right(
            "second-right-sigmoid-tails",
            "jax-ml/jax#40342",
            "y (1 - y) loses the last digits of a derivative near 0",
        )
        .by(each(sigmoid, |_, y, g| g * y * (1.0 - y)))
        .on(between(-30.0, 30.0)),
        right(
            "second-right-length-by-hypot",
            "odlgroup/odl#1070",
            "the length by a library function, the gradient by a quotient",
        )
        .by(each2(f64::hypot, |a, b, g| {
            let length = a.hypot(b);
            (g * (a / length), g * (b / length))
        }))
        .on(two_between(0.2, 3.0)),
        right(
            "second-right-cosine-by-unit-vectors",
            "gnina/libmolgrid#38",
            "both vectors are divided by their lengths first, then projected",
        )
        .by(pure(
            |x| {
                let (a, b) = (vct(&x[0]), vct(&x[1]));
                s((&a / a.dot(&a).sqrt()).dot(&(&b / b.dot(&b).sqrt())))
            },
            |x, y, g| {
                let (a, b, g, y) = (vct(&x[0]), vct(&x[1]), g.sum(), y.sum());
                let (na, nb) = (a.dot(&a).sqrt(), b.dot(&b).sqrt());
                let (ua, ub) = (&a / na, &b / nb);
                vec![
                    ((&ub - &ua * y) * (g / na)).into_dyn(),
                    ((&ua - &ub * y) * (g / nb)).into_dyn(),
                ]
            },
        ))
        .on(two_vectors),
        right(
            "second-right-inverse",
            "pytorch/pytorch.github.io#2135",
            "the gradient as products of transposed inverses",
        )
        .by(pure(
            |x| inverse(&x[0]).into_dyn(),
            |_, y, g| {
                let y = mat(y);
                vec![(-y.t().dot(&mat(g).dot(&y.t()))).into_dyn()]
            },
        ))
        .on(invertible),
        right(
            "second-right-determinant",
            "PaddlePaddle/Paddle#36013",
            "the determinant times the transposed inverse",
        )
        .by(pure(
            |x| {
                s(1.0
                    / (inverse(&x[0])[[0, 0]] * inverse(&x[0])[[1, 1]]
                        - inverse(&x[0])[[0, 1]] * inverse(&x[0])[[1, 0]]))
            },
            |x, y, g| vec![(inverse(&x[0]).t().to_owned() * (y.sum() * g.sum())).into_dyn()],
        ))
        .on(invertible),
        right(
            "second-right-clamp-closed-bounds",
            "tenstorrent/tt-metal#48201",
            "entries at a bound get the whole gradient",
        )
        .by(each(
            |x| x.clamp(-1.0, 1.0),
            |x, _, g| g * f64::from(u8::from((-1.0..=1.0).contains(&x))),
        ))
        .on(halves),
        right(
            "second-right-l1-zero-at-zero",
            "bashardudin/Epita-SCIA-OCVX#1",
            "the gradient of an entry that is 0 is 0",
        )
        .by(pure(
            |x| s(x[0].iter().map(|x| x.abs()).sum()),
            |x, _, g| vec![x[0].mapv(|x| if x == 0.0 { 0.0 } else { x.signum() * g.sum() })],
        ))
        .on(halves),
        right(
            "second-right-largest-size-shared",
            "pytorch/pytorch#41779",
            "entries that tie for the largest size share the gradient",
        )
        .by(pure(
            |x| s(x[0].iter().fold(0.0, |a: f64, x| a.max(x.abs()))),
            |x, y, g| {
                let y = y.sum();
                let count = x[0].iter().filter(|x| x.abs() == y).count() as f64;
                vec![x[0].mapv(|x| {
                    if x.abs() == y {
                        x.signum() * g.sum() / count
                    } else {
                        0.0
                    }
                })]
            },
        ))
        .on(|draw| Case::of([("x", draw.normal(Shape::new(&[4])).mapv(|x| x.round() + 0.5))])),
        right(
            "second-right-kl-with-zeros",
            "torch/cunn#318",
            "terms whose probability is 0 count 0",
        )
        .by(pure(
            |x| s(zip(&x[0], &x[1], |x, t| if t > 0.0 { t * (t.ln() - x) } else { 0.0 }).sum()),
            |x, _, g| vec![x[1].mapv(|t| -t * g.sum()), zeros(&x[1])],
        ))
        .on(with_zeros),
        right(
            "second-right-selu-by-output",
            "RubixML/ML#427",
            "the negative branch as output plus constant",
        )
        .by(each(
            |x| {
                if x > 0.0 {
                    1.050_700_987_355_480_5 * x
                } else {
                    SCALED * (x.exp() - 1.0)
                }
            },
            |x, y, g| g * if x > 0.0 { 1.050_700_987_355_480_5 } else { y + SCALED },
        ))
        .on(any),
        right(
            "second-right-scratch-emptied",
            "karpathy/micrograd#102",
            "a buffer is kept between calls, and emptied before each use",
        )
        .by(remembering(
            |memory, x| {
                memory.x = x.to_vec();
                x[0].mapv(f64::exp)
            },
            |memory, g| {
                if memory.kept.is_empty() || memory.kept[0].shape() != g.shape() {
                    memory.kept = vec![zeros(g)];
                }
                memory.kept[0].fill(0.0);
                memory.kept[0] = &memory.kept[0] + &zip(g, &memory.x[0], |g, x| g * x.exp());
                vec![memory.kept[0].clone()]
            },
        ))
        .on(any),
        right(
            "second-right-variance-and-mean",
            "kakaobrain/trident#69",
            "two numbers for each row, and both paths are added",
        )
        .by(rows(
            |row| {
                let (mean, deviation) = moments(row, 0.0);
                vec![deviation * deviation, mean]
            },
            |row, _, g| {
                let (mean, n) = (moments(row, 0.0).0, row.len() as f64);
                row.iter().map(|x| (g[1] + 2.0 * (x - mean) * g[0]) / n).collect()
            },
        ))
        .on(wide_matrix),
        right(
            "second-right-log-cum-sum",
            "pytorch/pytorch#36308",
            "the gradient runs from the end, with weights exp(x - y)",
        )
        .by(pure(
            |x| {
                let mut sum = f64::NEG_INFINITY;
                list(x[0].iter().map(|&x| {
                    let top = sum.max(x);
                    sum = top + ((sum - top).exp() + (x - top).exp()).ln();
                    sum
                }))
            },
            |x, y, g| {
                let n = x[0].len();
                vec![list(
                    (0..n).map(|j| (j..n).map(|i| g[i] * (x[0][j] - y[i]).exp()).sum()),
                )]
            },
        ))
        .on(vector),
    ]
}
