//! Entries: from bce-divides-by-variance to vae-sample-without-noise.

use super::*;

/// The entries.
pub fn entries() -> Vec<Entry> {
    let at = |x: f64, t: f64| [s(x), s(t)];
    vec![
        wrong(
            "bce-divides-by-variance",
            "TuSimple/mx-maskrcnn#65",
            "(p - t) / (p (1 - p)) for scores: the sigmoid's derivative is divided out though it was never in",
            "divid|sigmoid|p (1 - p)|factor|derivative|term",
        )
        .on(with_data)
        .by(with_target(bce, |x, t| {
            let p = sigmoid(x);
            (p - t) / (p * (1.0 - p))
        }))
        .shows_at(at(0.0, 0.25)),
        wrong(
            "bce-sigmoid-twice",
            "deeplearning4j/deeplearning4j#366",
            "(p - t) is multiplied by the sigmoid's derivative once too often",
            "twice|sigmoid|factor|derivative|again|p (1 - p)",
        )
        .on(with_data)
        .by(with_target(bce, |x, t| {
            let p = sigmoid(x);
            (p - t) * p * (1.0 - p)
        }))
        .defined_by(|x| ops::sigmoid_cross_entropy(x[0], x[1]).sum())
        .shows_at(at(0.0, 0.25)),
        wrong("bce-sign", "course: deeplearning.ai", "t - p", "sign|negat|minus")
            .on(with_data)
            .by(with_target(bce, |x, t| t - sigmoid(x)))
            .shows_at(at(0.0, 0.25)),
        wrong(
            "bce-only-positive",
            "course: nn from scratch",
            "the term of the negative class is forgotten",
            "term|1 - t|negative|missing|path|dropped|left out",
        )
        .on(with_data)
        .by(with_target(bce, |x, t| -t * (1.0 - sigmoid(x))))
        .defined_by(|x| ops::sigmoid_cross_entropy(x[0], x[1]).sum())
        .shows_at(at(0.0, 0.25)),
        wrong(
            "bce-of-score",
            "course: nn from scratch",
            "the score itself instead of its sigmoid",
            "sigmoid|score|input|value instead",
        )
        .on(with_data)
        .by(with_target(bce, |x, t| x - t))
        .shows_at(at(0.0, 0.25)),
        wrong(
            "positive-weight-everywhere",
            "open-mmlab/mmpretrain#434",
            "the weight of positives is put on both terms",
            "weight|3|both|term|factor|negative",
        )
        .on(far_data)
        .by(with_target(
            |x, t| 3.0 * t * bce(x, 1.0) + (1.0 - t) * bce(x, 0.0),
            |x, t| 3.0 * (sigmoid(x) - t),
        ))
        .shows_at(at(0.0, 0.0)),
        wrong(
            "log-epsilon-forgotten",
            "course: nn from scratch",
            "log(p + 0.05) in forward, -t / p in backward",
            "epsilon|0.05|constant|eps",
        )
        .on(positive_and_data)
        .by(with_target(|p, t| -t * (p + 0.05).ln(), |p, t| -t / p))
        .shows_at(at(0.5, 0.5)),
        wrong(
            "mse-without-two",
            "course: nn from scratch",
            "the factor 2 is missing",
            "2|half|factor|scale|twice",
        )
        .on(two_of_any)
        .by(mse(|n| (1.0 / n, -1.0 / n)))
        .defined_by(|x| ((x[0] - x[1]) * (x[0] - x[1])).mean())
        .shows_at(at(1.0, 0.0)),
        wrong(
            "mse-target-sign",
            "course: nn from scratch",
            "the second operand gets the sign of the first",
            "sign|negat|minus",
        )
        .on(two_of_any)
        .by(mse(|n| (2.0 / n, 2.0 / n)))
        .defined_by(|x| ((x[0] - x[1]) * (x[0] - x[1])).mean())
        .shows_at(at(1.0, 0.0)),
        wrong(
            "mse-not-averaged",
            "jxgu1016/MNIST_center_loss_pytorch#9",
            "the loss is a mean, its gradient that of a sum",
            "mean|divid|average|count|sum",
        )
        .on(two_of_any)
        .by(mse(|_| (2.0, -2.0)))
        .defined_by(|x| ((x[0] - x[1]) * (x[0] - x[1])).mean())
        .shows_at([v(&[1.0, 0.0]), v(&[0.0, 0.0])]),
        wrong(
            "mse-both-swapped",
            "course: nn from scratch",
            "target minus prediction: both signs are wrong",
            "sign|negat|minus",
        )
        .on(two_of_any)
        .by(mse(|n| (-2.0 / n, 2.0 / n)))
        .shows_at(at(1.0, 0.0)),
        wrong(
            "mae-uses-difference",
            "course: nn from scratch",
            "the difference itself instead of its sign",
            "sign|difference|square|other function|magnitude",
        )
        .on(with_data)
        .by(with_target(|x, t| (x - t).abs(), |x, t| x - t))
        .shows_at(at(1.0, 0.5)),
        wrong(
            "rmse-outer-forgotten",
            "course: nn from scratch",
            "the square root around the mean is forgotten in backward",
            "root|sqrt|outer|divid|factor",
        )
        .on(two_of_any)
        .by(pure(
            |x| s(((&x[0] - &x[1]).mapv(|d| d * d).sum() / x[0].len() as f64).sqrt()),
            |x, _, g| {
                let d = (&x[0] - &x[1]) * (g.sum() / x[0].len() as f64);
                vec![d.clone(), -d]
            },
        ))
        .defined_by(|x| ops::sqrt(((x[0] - x[1]) * (x[0] - x[1])).mean()))
        .shows_at(at(2.0, 0.0)),
        wrong(
            "kl-target-without-one",
            "pytorch/pytorch#65469",
            "the derivative of q log q is log q + 1; the 1 is missing",
            "one|constant|term|product rule|missing|dropped|log",
        )
        .on(two_between(0.2, 2.0))
        .by(kl(|p, q| (-q / p, (q / p).ln())))
        .shows_at(at(1.0, 1.0)),
        wrong(
            "kl-one-too-many",
            "mlpack/mlpack#1365",
            "log p - log q + 1 for p, which is the derivative of another direction of the divergence",
            "swapped|direction|other|exchang|log|operand|p q",
        )
        .on(two_between(0.2, 2.0))
        .by(kl(|p, q| ((p / q).ln() + 1.0, (q / p).ln() + 1.0)))
        .shows_at(at(1.0, 1.0)),
        wrong(
            "kl-without-q",
            "course: VAE",
            "-1 / p without the weight q",
            "weight|factor|missing",
        )
        .on(two_between(0.2, 2.0))
        .by(kl(|p, q| (-1.0 / p, (q / p).ln() + 1.0)))
        .shows_at(at(1.0, 2.0)),
        wrong(
            "vae-kl-sign-of-log",
            "course: VAE",
            "-(1 + l - m² - e^l) / 2: the gradient of l is (e^l + 1) / 2 instead of (e^l - 1) / 2",
            "sign|term|minus|plus|constant",
        )
        .on(two_of_any)
        .by(pure(
            |x| s(-0.5 * zip(&x[0], &x[1], |m, l| 1.0 + l - m * m - l.exp()).sum()),
            |x, _, g| vec![&x[0] * g.sum(), x[1].mapv(|l| 0.5 * (l.exp() + 1.0)) * g.sum()],
        ))
        .shows_at(at(0.0, 0.0)),
        wrong(
            "vae-sample-without-noise",
            "course: VAE",
            "m + e^(l / 2) n: the inner factor one half is missing",
            "half|0.5|2|factor|inner|scale|twice",
        )
        .on(sampled)
        .by(pure(
            |x| zip(&(x[1].mapv(|l| (0.5 * l).exp()) * &x[2]), &x[0], |a, m| a + m),
            |x, _, g| vec![g.clone(), g * &x[1].mapv(|l| (0.5 * l).exp()) * &x[2], zeros(&x[2])],
        ))
        .shows_at([s(0.0), s(0.0), s(1.0)]),
    ]
}
