//! Entries: from hinge-own-class-once to triplet-negative-sign.

use super::*;

/// The entries.
pub fn entries() -> Vec<Entry> {
    let at = |x: f64, t: f64| [s(x), s(t)];
    vec![
        wrong(
            "hinge-own-class-once",
            "course: CS231n",
            "the right class gets -1 and not minus the number of classes that violate the margin",
            "count|number|class|sum|own|once|ids|accumulat|label",
        )
        .on(classes)
        .by(hinge(|d| d + 1.0 > 0.0, |n| if n > 0.0 { -1.0 } else { 0.0 }))
        .shows_at([m(&[[0.0, 0.0, 0.0]]), v(&[0.0])]),
        wrong(
            "hinge-own-class-forgotten",
            "course: CS231n",
            "the right class gets no gradient",
            "class|own|label|ids|missing|is 0|gets 0|path|term|pick",
        )
        .on(classes)
        .by(hinge(|d| d + 1.0 > 0.0, |_| 0.0))
        .shows_at([m(&[[0.0, 0.0]]), v(&[0.0])]),
        wrong(
            "hinge-margin-forgotten",
            "course: CS231n",
            "a class counts only if its score is larger, the margin of 1 is forgotten",
            "margin|threshold|mask|condition|constant",
        )
        .on(classes)
        .by(hinge(|d| d > 0.0, |n| -n))
        .shows_at([m(&[[0.5, 0.0]]), v(&[0.0])]),
        wrong(
            "focal-weight-constant",
            "GuoxiaWang/DOOBNet#6",
            "the factor (1 - p)² is taken as a constant",
            "constant|factor|term|product rule|detach|path|missing",
        )
        .on(two_between(0.1, 0.9))
        .by(pure(
            |x| s((x[0].mapv(|p| -(1.0 - p).powi(2) * p.ln()) * &x[1]).sum()),
            |x, y, g| {
                let _ = y;
                vec![
                    zip(&x[0], &x[1], |p, w| -w * (1.0 - p).powi(2) / p) * g.sum(),
                    x[0].mapv(|p| -(1.0 - p).powi(2) * p.ln()) * g.sum(),
                ]
            },
        ))
        .shows_at(at(0.5, 1.0)),
        wrong(
            "focal-first-term-sign",
            "zimenglan-sysu-512/Focal-Loss#2",
            "the term from the factor has the wrong sign",
            "sign|term|minus|plus|negat",
        )
        .on(unit)
        .by(each(
            |p| -(1.0 - p).powi(2) * p.ln(),
            |p, _, g| g * (-2.0 * (1.0 - p) * p.ln() - (1.0 - p).powi(2) / p),
        ))
        .shows_at([s(0.5)]),
        wrong(
            "focal-power-not-lowered",
            "unsky/focal-loss#1",
            "the exponent of (1 - p) is not lowered by one",
            "exponent|power|term|factor|1 - p",
        )
        .on(unit)
        .by(each(
            |p| -(1.0 - p).powi(2) * p.ln(),
            |p, _, g| g * (2.0 * (1.0 - p).powi(2) * p.ln() - (1.0 - p).powi(2) / p),
        ))
        .shows_at([s(0.5)]),
        wrong(
            "cosine-without-projection",
            "course: embeddings",
            "b / (|a| |b|) without the part that comes from the norm of a",
            "term|norm|projection|constant|missing|path|detach",
        )
        .on(two_vectors)
        .by(cosine(1e-12, |a, b, _| {
            let n = (a * a).sum().sqrt() * (b * b).sum().sqrt();
            b / n
        }))
        .shows_at([v(&[1.0, 0.0]), v(&[1.0, 1.0])]),
        wrong(
            "cosine-norm-not-squared",
            "course: embeddings",
            "the second term is divided by |a| instead of |a|²",
            "norm|square|divid|power|term|root|sqrt",
        )
        .on(two_vectors)
        .by(cosine(1e-12, |a, b, y| {
            let (na, nb) = ((a * a).sum().sqrt(), (b * b).sum().sqrt());
            b / (na * nb) - a * (y / na)
        }))
        .shows_at([v(&[2.0, 1.0]), v(&[1.0, 0.0])]),
        wrong(
            "cosine-floor-forgotten",
            "google-deepmind/optax#1703",
            "short vectors are divided by a floor in forward, backward divides by the norm",
            "floor|epsilon|clip|small|bound|max|short",
        )
        .on(small_vectors)
        .by(cosine(0.1, |a, b, y| {
            let (na, nb) = ((a * a).sum().sqrt(), (b * b).sum().sqrt());
            b / (na * nb) - a * (y / (na * na))
        }))
        .shows_at([v(&[0.1, 0.0]), v(&[1.0, 1.0])]),
        wrong(
            "logsumexp-zero-weight",
            "jax-ml/jax#22398",
            "weights that are exactly 0 get no gradient",
            "at 0|zero|weight|mask|exactly",
        )
        .on(some_zero_weights)
        .by(weighted_logsumexp(false))
        .shows_at([v(&[0.0, 0.0]), v(&[1.0, 0.0])]),
        wrong(
            "dice-denominator-forgotten",
            "course: segmentation",
            "the sum in the denominator is taken as a constant",
            "denominator|constant|term|quotient|path|missing|sum",
        )
        .on(unit_and_data)
        .by(dice(|t, _, all| 2.0 * t / all))
        .shows_at(at(0.5, 0.5)),
        wrong(
            "dice-not-squared",
            "course: segmentation",
            "the quotient rule divides by the sum and not by its square",
            "square|divid|quotient|power|denominator",
        )
        .on(unit_and_data)
        .by(dice(|t, both, all| 2.0 * (t * all - both) / all))
        .shows_at(at(0.5, 0.25)),
        wrong(
            "perplexity-without-outer",
            "course: language models",
            "exp of the mean loss: the outer derivative, the perplexity itself, is missing",
            "outer|exp|factor|chain",
        )
        .on(vector)
        .by(pure(
            |x| s((x[0].sum() / x[0].len() as f64).exp()),
            |x, _, g| vec![x[0].mapv(|_| g.sum() / x[0].len() as f64)],
        ))
        .defined_by(|x| ops::exp(x[0].mean()))
        .shows_at([v(&[1.0])]),
        wrong(
            "entropy-of-p-without-one",
            "course: information theory",
            "-p log p: the 1 of the product rule is missing",
            "one|constant|term|product rule|missing|dropped",
        )
        .on(two_between(0.1, 0.9))
        .by(pure(
            |x| s(-(x[0].mapv(|p| p * p.ln()) * &x[1]).sum()),
            |x, _, g| {
                vec![
                    zip(&x[0], &x[1], |p, w| -w * p.ln()) * g.sum(),
                    x[0].mapv(|p| -p * p.ln()) * g.sum(),
                ]
            },
        ))
        .shows_at(at(0.5, 1.0)),
        wrong(
            "triplet-negative-sign",
            "course: metric learning",
            "the distance to the negative pulls instead of pushes",
            "sign|negat|minus|second|term",
        )
        .on(matrix)
        .by(pure(
            |x| {
                s(mat(&x[0])
                    .rows()
                    .into_iter()
                    .map(|r| {
                        r.iter()
                            .enumerate()
                            .map(|(j, x)| if j % 2 == 0 { x * x } else { -x * x })
                            .sum::<f64>()
                    })
                    .sum())
            },
            |x, _, g| vec![&x[0] * (2.0 * g.sum())],
        ))
        .shows_at([m(&[[0.0, 1.0]])]),
    ]
}
