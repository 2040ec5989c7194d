//! Arithmetic on one or two entries, and small losses of one entry.

use crate::entry::{Entry, between, halves, two, two_between, wrong};
use crate::hand::{A, Recipe, each, each2, pure, s, v, zip};
use tapegrad_autograd::Shape;
use tapegrad_autograd::check::{Case, Draw};
use tapegrad_autograd::ops;

fn huber(d: f64) -> f64 {
    if d.abs() <= 1.0 { 0.5 * d * d } else { d.abs() - 0.5 }
}

/// A loss of the difference of two operands, with this derivative of the difference.
fn of_difference(f: fn(f64) -> f64, slope: fn(f64, f64) -> f64) -> Recipe {
    each2(move |a, b| f(a - b), move |a, b, g| (slope(a - b, g), -slope(a - b, g)))
}

/// `c = a a + a`, where the gradient of `a` is made of these terms.
fn used_thrice(gather: fn(A, A, A) -> A) -> Recipe {
    pure(
        |x| x[0].mapv(|a| a * a + a),
        move |x, _, g| {
            let of_factor = zip(g, &x[0], |g, a| g * a);
            vec![gather(of_factor.clone(), of_factor, g.clone())]
        },
    )
}

fn often_equal(draw: &mut Draw) -> Case {
    let shape = Shape::new(&[draw.size_nonzero()]);
    let round = |a: A| a.mapv(f64::round);
    Case::of([("a", round(draw.normal(shape))), ("b", round(draw.normal(shape)))])
}

fn wide(draw: &mut Draw) -> Case {
    let shape = draw.shape_nonempty();
    Case::of([("a", 2.0 * draw.normal(shape)), ("b", draw.normal(shape))])
}

pub fn entries() -> Vec<Entry> {
    let one = |x: f64| [s(x)];
    let pair = |a: f64, b: f64| [s(a), s(b)];
    vec![
        wrong("square-without-two", "patrickloeber/MLfromscratch#18", "the factor 2 of the derivative of the square is missing",
            "2|half|factor|scaled|once|twice|path")
            .by(each(|x| x * x, |x, _, g| g * x)).defined_by(|x| x[0] * x[0]).shows_at(one(1.0)),
        wrong("sqrt-without-root", "course: nn from scratch", "1 / (2 x) instead of 1 / (2 sqrt(x))",
            "root|sqrt|input output|x y|power|exponent|derivative of")
            .by(each(f64::sqrt, |x, _, g| g * 0.5 / x)).on(between(0.3, 3.0)).defined_by(|x| ops::sqrt(x[0])).shows_at(one(2.0)),
        wrong("reciprocal-sign", "course: micrograd", "1 / x² without the minus sign", "sign|negat|minus")
            .by(each(|x| 1.0 / x, |x, _, g| g / (x * x))).on(between(0.3, 3.0)).shows_at(one(1.0)),
        wrong("log10-as-natural", "eggzec/ad#10", "the derivative of the logarithm to base 10 is off by ln 10", "ln|base|factor|2.3|scale|constant|log")
            .by(each(f64::log10, |x, _, g| g / x)).on(between(0.3, 3.0)).defined_by(|x| ops::log(x[0]) / std::f64::consts::LN_10).shows_at(one(1.0)),
        wrong("log2-mistyped-constant", "shader-slang/slang#9176", "the constant ln 2 has one digit too many", "ln|base|factor|constant|scale|log")
            .by(each(f64::log2, |x, _, g| g / (x * 50.693147180559945))).on(between(0.3, 3.0)).shows_at(one(1.0)),
        wrong("cube-of-negative-base", "tenstorrent/tt-metal#54440", "the power is computed as exp(2 log x), which does not exist for negative x",
            "NaN|not a number|negative|log|infinit|finite")
            .by(each(|x| x * x * x, |x, _, g| g * 3.0 * (2.0 * x.ln()).exp())).shows_at(one(-1.0)),
        wrong("cube-zero-below-zero", "tensorflow/tfjs#346", "for negative bases the gradient is set to 0", "negative|below|base|branch|mask|sign|0 where")
            .by(each(|x| x * x * x, |x, _, g| if x < 0.0 { 0.0 } else { g * 3.0 * x * x })).shows_at(one(-1.0)),
        wrong("power-exponent-not-lowered", "course: micrograd", "n xⁿ instead of n xⁿ⁻¹", "exponent|power|n - 1|value|input")
            .by(each(|x| x.powi(3), |_, y, g| g * 3.0 * y)).defined_by(|x| x[0].powi(3)).shows_at(one(2.0)),
        wrong("power-one-at-zero", "stan-dev/math#3031", "at base 0 the gradient is skipped, though that of x^1 is 1", "at 0|zero|base|x = 0|exactly")
            .by(each(|x| x.powi(1), |x, _, g| if x == 0.0 { 0.0 } else { g })).on(halves).shows_at(one(0.0)),
        wrong("power-without-log", "tensorflow/tfjs-core#1446", "the gradient of the exponent lacks log(base)", "log|factor|exponent|missing")
            .by(each2(f64::powf, |a, b, g| (g * b * a.powf(b - 1.0), g * a.powf(b)))).on(two_between(0.4, 3.0)).defined_by(|x| x[0].pow(x[1])).shows_at(pair(2.0, 1.0)),
        wrong("division-by-the-numerator", "apache/singa#484", "g / a for the numerator and g b for the denominator", "swapped|numerator|denominator|operand|other|reciprocal")
            .by(each2(|a, b| a / b, |a, b, g| (g / a, g * b))).on(two_between(0.4, 3.0)).defined_by(|x| x[0] / x[1]).shows_at(pair(2.0, 1.0)),
        wrong("division-sign", "course: micrograd", "the gradient of the denominator has the wrong sign", "sign|negat|minus")
            .by(each2(|a, b| a / b, |a, b, g| (g / b, g * a / (b * b)))).on(two_between(0.4, 3.0)).shows_at(pair(1.0, 1.0)),
        wrong("subtraction-sign", "KhawajaAbaid/micrograd_c#1", "the second operand of a difference gets +g", "sign|negat|minus")
            .by(each2(|a, b| a - b, |_, _, g| (g, g))).on(two).defined_by(|x| x[0] - x[1]).shows_at(pair(0.0, 0.0)),
        wrong("product-own-factor", "course: micrograd", "each factor gets itself as derivative instead of the other", "swapped|other|own|operand|exchang|itself|a b")
            .by(each2(|a, b| a * b, |a, b, g| (g * a, g * b))).on(two).defined_by(|x| x[0] * x[1]).shows_at(pair(1.0, 2.0)),
        wrong("product-first-only", "course: micrograd", "only the first factor gets its gradient, the second is treated as a constant", "constant|is 0|gets 0|second|missing|no gradient|zero")
            .by(each2(|a, b| a * b, |_, b, g| (g * b, 0.0))).on(two).shows_at(pair(1.0, 1.0)),
        wrong("atan2-swapped", "course: automatic differentiation", "the derivatives of the two arguments are exchanged", "swapped|exchang|order|other operand")
            .by(each2(f64::atan2, |y, x, g| { let r = x * x + y * y; (-g * y / r, g * x / r) })).on(two_between(0.3, 2.0)).shows_at(pair(1.0, 2.0)),
        wrong("hypot-not-divided", "course: automatic differentiation", "the outer derivative 1 / (2 sqrt) is missing", "outer|divid|root|sqrt|factor|chain")
            .by(each2(f64::hypot, |a, b, g| (g * a, g * b))).on(two_between(0.3, 2.0)).shows_at(pair(1.0, 1.0)),
        wrong("cos-sign", "course: automatic differentiation", "the derivative of cos is -sin, the minus is missing", "sign|negat|minus")
            .by(each(f64::cos, |x, _, g| g * x.sin())).defined_by(|x| ops::cos(x[0])).shows_at(one(1.0)),
        wrong("sin-of-square-inner", "course: automatic differentiation", "sin(x²): the inner derivative 2 x is missing", "inner|chain|factor|2")
            .by(each(|x| (x * x).sin(), |x, _, g| g * (x * x).cos())).defined_by(|x| ops::sin(x[0] * x[0])).shows_at(one(1.0)),
        wrong("degrees-not-converted", "course: automatic differentiation", "sin of degrees: the factor pi/180 is missing", "factor|inner|scale|constant|chain|times")
            .by(each(|x| x.to_radians().sin(), |x, _, g| g * x.to_radians().cos())).on(between(-90.0, 90.0)).shows_at(one(0.0)),
        wrong("clip-straight-through", "course: nn from scratch", "entries that were cut still get the gradient", "clip|cut|mask|outside|straight|identity|passed")
            .by(each(|x| x.clamp(-0.5, 0.5), |_, _, g| g)).defined_by(|x| x[0].clip(-0.5, 0.5)).shows_at(one(1.0)),
        wrong("abs-without-sign", "course: nn from scratch", "the sign of x is missing", "sign|negative|abs|factor")
            .by(each(f64::abs, |_, _, g| g)).shows_at(one(-1.0)),
        wrong("huber-ignores-upstream", "chainer/chainer#1178", "the gradient of the loss is returned as if g_y were 1", "upstream|g_y|incoming|ignored|g y|as if")
            .by(of_difference(huber, |d, _| d.clamp(-1.0, 1.0))).on(wide).shows_at(pair(0.5, 0.0)),
        wrong("huber-signed-threshold", "BobMcDear/attorch#13", "the threshold is compared with the signed difference, so large negative ones count as small", "sign|abs|threshold|branch|negative|condition|below")
            .by(of_difference(huber, |d, g| g * if d < 1.0 { d } else { 1.0 })).on(wide).shows_at(pair(-2.0, 0.0)),
        wrong("huber-without-delta", "chainer/chainer#940", "the linear part lacks the factor delta", "delta|factor|linear|slope|0.5|scale|large")
            .by(of_difference(|d| if d.abs() <= 0.5 { 0.5 * d * d } else { 0.5 * (d.abs() - 0.25) }, |d, g| g * if d.abs() <= 0.5 { d } else { d.signum() }))
            .on(wide).shows_at(pair(2.0, 0.0)),
        wrong("smooth-l1-doubled", "course: losses", "near 0 the derivative of 0.5 d² is taken as 2 d", "2|twice|doubl|half|0.5|factor|quadratic|small")
            .by(of_difference(huber, |d, g| g * if d.abs() <= 1.0 { 2.0 * d } else { d.signum() })).on(wide).shows_at(pair(0.5, 0.0)),
        wrong("huber-loss-one-sided", "marlbenchmark/on-policy#47", "forward forgets the absolute value in the condition of the linear part, so large negative errors cost nothing", "forward|definition|value|negative|abs")
            .by(of_difference(|d| if d.abs() <= 1.0 { 0.5 * d * d } else if d > 1.0 { d - 0.5 } else { 0.0 }, |d, g| g * if d.abs() <= 1.0 { d } else if d > 1.0 { 1.0 } else { 0.0 }))
            .on(wide).defined_by(|x| { let c = (x[0] - x[1]).clip(-1.0, 1.0); c * (x[0] - x[1]) - 0.5 * (c * c) }).shows_at(pair(-2.0, 0.0)),
        wrong("log-cosh-unstable", "course: losses", "sinh / cosh overflows for large differences", "NaN|overflow|not a number|large|infinit|finite")
            .by(each(|x| x.abs() + (-2.0 * x.abs()).exp().ln_1p() - 2.0_f64.ln(), |x, _, g| g * x.sinh() / x.cosh()))
            .on(between(-2000.0, 2000.0)).shows_at(one(1000.0)),
        wrong("shared-operand-overwritten", "callummcdougall/ARENA_2.0#18", "a is used three times and only the last use counts", "last|overwritten|accumulat|use|path|edge|sum|missing|left out")
            .by(used_thrice(|_, _, sum| sum)).defined_by(|x| x[0] * x[0] + x[0]).shows_at(one(1.0)),
        wrong("shared-operand-counted-again", "sebgao/cTensor#5", "one of the uses is passed on twice", "twice|doubl|again|path|edge|counted")
            .by(used_thrice(|a, b, sum| a + b + &sum + &sum)).defined_by(|x| x[0] * x[0] + x[0]).shows_at(one(1.0)),
        wrong("shared-factor-once", "karpathy/micrograd#2", "a a: only one of the two factors hands its gradient back", "once|path|edge|factor|half|missing|left out|use|2")
            .by(used_thrice(|a, _, sum| a + sum)).defined_by(|x| x[0] * x[0] + x[0]).shows_at(one(1.0)),
        wrong("equal-constants-are-one", "tinygrad/tinygrad#9597", "operands with equal values are taken for the same variable and get both gradients", "equal|same|identical|tie|twice|coincide")
            .by(each2(|a, b| a + b, |a, b, g| if a == b { (2.0 * g, 2.0 * g) } else { (g, g) })).on(often_equal).shows_at(pair(1.0, 1.0)),
        wrong("max-of-two-both-at-distance", "mni-ml/framework#22", "the mask of the maximum uses a tolerance of 0.01, so a smaller entry close by gets gradient too", "close|toleranc|near|tie|equal|mask|both")
            .by(each2(f64::max, |a, b, g| (if a > b - 0.01 { g } else { 0.0 }, if b > a - 0.01 { g } else { 0.0 })))
            .on(close_by).shows_at(pair(1.0, 1.005)),
        wrong("maximum-to-the-smaller", "course: nn from scratch", "the gradient goes to the smaller operand", "smaller|min|swapped|other|wrong operand|exchang|mask|condition")
            .by(each2(f64::max, |a, b, g| if a > b { (0.0, g) } else { (g, 0.0) })).on(two).defined_by(|x| ops::maximum(x[0], x[1])).shows_at(pair(1.0, 0.0)),
        wrong("lerp-weight-sign", "course: automatic differentiation", "a + t (b - a) with t = 0.3: the two weights are exchanged", "swapped|exchang|weight|0.3|0.7|other operand|order")
            .by(each2(|a, b| a + 0.3 * (b - a), |_, _, g| (0.3 * g, 0.7 * g))).on(two).shows_at(pair(0.0, 0.0)),
        wrong("softmin-temperature", "course: automatic differentiation", "exp(-x / 4): the factor 1/4 is missing", "4|factor|inner|temperature|scale|chain")
            .by(each(|x| (-x / 4.0).exp(), |_, y, g| -g * y)).defined_by(|x| ops::exp(x[0] * -0.25)).shows_at(one(0.0)),
        wrong("polynomial-term-lost", "course: automatic differentiation", "the linear term of x³ + 2 x is lost in the derivative", "term|missing|lost|dropped|left out|path|2")
            .by(each(|x| x.powi(3) + 2.0 * x, |x, _, g| g * 3.0 * x * x)).defined_by(|x| x[0].powi(3) + x[0] * 2.0).shows_at(one(0.0)),
        wrong("quotient-rule-plus", "course: automatic differentiation", "x / (1 + x²): the quotient rule with a plus", "sign|minus|negat|term|plus")
            .by(each(|x| x / (1.0 + x * x), |x, _, g| g * (1.0 + x * x + 2.0 * x * x) / (1.0 + x * x).powi(2)))
            .defined_by(|x| x[0] / (x[0] * x[0] + 1.0)).shows_at(one(1.0)),
        wrong("vector-alone", "pytorch/pytorch#1813", "the mean of a vector: the gradient is not divided by its length", "divid|mean|count|length|sum")
            .by(pure(|x| s(x[0].sum() / x[0].len() as f64), |x, _, g| vec![x[0].mapv(|_| g.sum())])).defined_by(|x| x[0].mean()).shows_at([v(&[1.0, 2.0])]),
    ]
}

fn close_by(draw: &mut Draw) -> Case {
    let shape = draw.shape_nonempty();
    let a = draw.normal(shape);
    let b = zip(&a, &draw.between(shape, -0.03, 0.03), |a, d| a + d);
    Case::of([("a", a), ("b", b)])
}
