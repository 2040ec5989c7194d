//! Entries: from huber-ignores-upstream to vector-alone.

use super::*;

/// The entries.
pub fn entries() -> Vec<Entry> {
    let one = |x: f64| [s(x)];
    let pair = |a: f64, b: f64| [s(a), s(b)];
    vec![
        wrong(
            "huber-ignores-upstream",
            "chainer/chainer#1178",
            "the gradient of the loss is returned as if g_y were 1",
            "upstream|g_y|incoming|ignored|g y|as if",
        )
        .by(of_difference(huber, |d, _| d.clamp(-1.0, 1.0)))
        .on(wide)
        .shows_at(pair(0.5, 0.0)),
        wrong(
            "huber-signed-threshold",
            "BobMcDear/attorch#13",
            "the threshold is compared with the signed difference, so large negative ones count as small",
            "sign|abs|threshold|branch|negative|condition|below",
        )
        .by(of_difference(huber, |d, g| g * if d < 1.0 { d } else { 1.0 }))
        .on(wide)
        .shows_at(pair(-2.0, 0.0)),
        wrong(
            "huber-without-delta",
            "chainer/chainer#940",
            "the linear part lacks the factor delta",
            "delta|factor|linear|slope|0.5|scale|large",
        )
        .by(of_difference(
            |d| {
                if d.abs() <= 0.5 {
                    0.5 * d * d
                } else {
                    0.5 * (d.abs() - 0.25)
                }
            },
            |d, g| g * if d.abs() <= 0.5 { d } else { d.signum() },
        ))
        .on(wide)
        .shows_at(pair(2.0, 0.0)),
        wrong(
            "smooth-l1-doubled",
            "course: losses",
            "near 0 the derivative of 0.5 d² is taken as 2 d",
            "2|twice|doubl|half|0.5|factor|quadratic|small",
        )
        .by(of_difference(huber, |d, g| {
            g * if d.abs() <= 1.0 { 2.0 * d } else { d.signum() }
        }))
        .on(wide)
        .shows_at(pair(0.5, 0.0)),
        wrong(
            "huber-loss-one-sided",
            "marlbenchmark/on-policy#47",
            "forward forgets the absolute value in the condition of the linear part, so large \
             negative errors cost nothing",
            "forward|definition|value|negative|abs",
        )
        .by(of_difference(
            |d| {
                if d.abs() <= 1.0 {
                    0.5 * d * d
                } else if d > 1.0 {
                    d - 0.5
                } else {
                    0.0
                }
            },
            |d, g| {
                g * if d.abs() <= 1.0 {
                    d
                } else if d > 1.0 {
                    1.0
                } else {
                    0.0
                }
            },
        ))
        .on(wide)
        .defined_by(|x| {
            let c = (x[0] - x[1]).clip(-1.0, 1.0);
            c * (x[0] - x[1]) - 0.5 * (c * c)
        })
        .shows_at(pair(-2.0, 0.0)),
        wrong(
            "log-cosh-unstable",
            "course: losses",
            "sinh / cosh overflows for large differences",
            "NaN|overflow|not a number|large|infinit|finite",
        )
        .by(each(
            |x| x.abs() + (-2.0 * x.abs()).exp().ln_1p() - 2.0_f64.ln(),
            |x, _, g| g * x.sinh() / x.cosh(),
        ))
        .on(between(-2000.0, 2000.0))
        .shows_at(one(1000.0)),
        wrong(
            "shared-operand-overwritten",
            "callummcdougall/ARENA_2.0#18",
            "a is used three times and only the last use counts",
            "last|overwritten|accumulat|use|path|edge|sum|missing|left out",
        )
        .by(used_thrice(|_, _, sum| sum))
        .defined_by(|x| x[0] * x[0] + x[0])
        .shows_at(one(1.0)),
        wrong(
            "shared-operand-counted-again",
            "sebgao/cTensor#5",
            "one of the uses is passed on twice",
            "twice|doubl|again|path|edge|counted",
        )
        .by(used_thrice(|a, b, sum| a + b + &sum + &sum))
        .defined_by(|x| x[0] * x[0] + x[0])
        .shows_at(one(1.0)),
        wrong(
            "shared-factor-once",
            "karpathy/micrograd#2",
            "a a: only one of the two factors hands its gradient back",
            "once|path|edge|factor|half|missing|left out|use|2",
        )
        .by(used_thrice(|a, _, sum| a + sum))
        .defined_by(|x| x[0] * x[0] + x[0])
        .shows_at(one(1.0)),
        wrong(
            "equal-constants-are-one",
            "tinygrad/tinygrad#9597",
            "operands with equal values are taken for the same variable and get both gradients",
            "equal|same|identical|tie|twice|coincide",
        )
        .by(each2(
            |a, b| a + b,
            |a, b, g| if a == b { (2.0 * g, 2.0 * g) } else { (g, g) },
        ))
        .on(often_equal)
        .shows_at(pair(1.0, 1.0)),
        wrong(
            "max-of-two-both-at-distance",
            "mni-ml/framework#22",
            "the mask of the maximum uses a tolerance of 0.01, so a smaller entry close by gets gradient too",
            "close|toleranc|near|tie|equal|mask|both",
        )
        .by(each2(f64::max, |a, b, g| {
            (if a > b - 0.01 { g } else { 0.0 }, if b > a - 0.01 { g } else { 0.0 })
        }))
        .on(close_by)
        .shows_at(pair(1.0, 1.005)),
        wrong(
            "maximum-to-the-smaller",
            "course: nn from scratch",
            "the gradient goes to the smaller operand",
            "smaller|min|swapped|other|wrong operand|exchang|mask|condition",
        )
        .by(each2(f64::max, |a, b, g| if a > b { (0.0, g) } else { (g, 0.0) }))
        .on(two)
        .defined_by(|x| ops::maximum(x[0], x[1]))
        .shows_at(pair(1.0, 0.0)),
        wrong(
            "lerp-weight-sign",
            "course: automatic differentiation",
            "a + t (b - a) with t = 0.3: the two weights are exchanged",
            "swapped|exchang|weight|0.3|0.7|other operand|order",
        )
        .by(each2(|a, b| a + 0.3 * (b - a), |_, _, g| (0.3 * g, 0.7 * g)))
        .on(two)
        .shows_at(pair(0.0, 0.0)),
        wrong(
            "softmin-temperature",
            "course: automatic differentiation",
            "exp(-x / 4): the factor 1/4 is missing",
            "4|factor|inner|temperature|scale|chain",
        )
        .by(each(|x| (-x / 4.0).exp(), |_, y, g| -g * y))
        .defined_by(|x| ops::exp(x[0] * -0.25))
        .shows_at(one(0.0)),
        wrong(
            "polynomial-term-lost",
            "course: automatic differentiation",
            "the linear term of x³ + 2 x is lost in the derivative",
            "term|missing|lost|dropped|left out|path|2",
        )
        .by(each(|x| x.powi(3) + 2.0 * x, |x, _, g| g * 3.0 * x * x))
        .defined_by(|x| x[0].powi(3) + x[0] * 2.0)
        .shows_at(one(0.0)),
        wrong(
            "quotient-rule-plus",
            "course: automatic differentiation",
            "x / (1 + x²): the quotient rule with a plus",
            "sign|minus|negat|term|plus",
        )
        .by(each(
            |x| x / (1.0 + x * x),
            |x, _, g| g * (1.0 + x * x + 2.0 * x * x) / (1.0 + x * x).powi(2),
        ))
        .defined_by(|x| x[0] / (x[0] * x[0] + 1.0))
        .shows_at(one(1.0)),
        wrong(
            "vector-alone",
            "pytorch/pytorch#1813",
            "the mean of a vector: the gradient is not divided by its length",
            "divid|mean|count|length|sum",
        )
        .by(pure(
            |x| s(x[0].sum() / x[0].len() as f64),
            |x, _, g| vec![x[0].mapv(|_| g.sum())],
        ))
        .defined_by(|x| x[0].mean())
        .shows_at([v(&[1.0, 2.0])]),
    ]
}
