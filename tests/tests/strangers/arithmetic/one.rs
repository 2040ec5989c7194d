//! Entries: from square-without-two to abs-without-sign.

use super::*;

/// The entries.
pub fn entries() -> Vec<Entry> {
    let one = |x: f64| [s(x)];
    let pair = |a: f64, b: f64| [s(a), s(b)];
    vec![
        wrong(
            "square-without-two",
            "patrickloeber/MLfromscratch#18",
            "the factor 2 of the derivative of the square is missing",
            "2|half|factor|scaled|once|twice|path",
        )
        .by(each(|x| x * x, |x, _, g| g * x))
        .defined_by(|x| x[0] * x[0])
        .shows_at(one(1.0)),
        wrong(
            "sqrt-without-root",
            "course: nn from scratch",
            "1 / (2 x) instead of 1 / (2 sqrt(x))",
            "root|sqrt|input output|x y|power|exponent|derivative of",
        )
        .by(each(f64::sqrt, |x, _, g| g * 0.5 / x))
        .on(between(0.3, 3.0))
        .defined_by(|x| ops::sqrt(x[0]))
        .shows_at(one(2.0)),
        wrong(
            "reciprocal-sign",
            "course: micrograd",
            "1 / x² without the minus sign",
            "sign|negat|minus",
        )
        .by(each(|x| 1.0 / x, |x, _, g| g / (x * x)))
        .on(between(0.3, 3.0))
        .shows_at(one(1.0)),
        wrong(
            "log10-as-natural",
            "eggzec/ad#10",
            "the derivative of the logarithm to base 10 is off by ln 10",
            "ln|base|factor|2.3|scale|constant|log",
        )
        .by(each(f64::log10, |x, _, g| g / x))
        .on(between(0.3, 3.0))
        .defined_by(|x| ops::log(x[0]) / std::f64::consts::LN_10)
        .shows_at(one(1.0)),
        wrong(
            "log2-mistyped-constant",
            "shader-slang/slang#9176",
            "the constant ln 2 has one digit too many",
            "ln|base|factor|constant|scale|log",
        )
        .by(each(f64::log2, |x, _, g| g / (x * 50.693_147)))
        .on(between(0.3, 3.0))
        .shows_at(one(1.0)),
        wrong(
            "cube-of-negative-base",
            "tenstorrent/tt-metal#54440",
            "the power is computed as exp(2 log x), which does not exist for negative x",
            "NaN|not a number|negative|log|infinit|finite",
        )
        .by(each(|x| x * x * x, |x, _, g| g * 3.0 * (2.0 * x.ln()).exp()))
        .shows_at(one(-1.0)),
        wrong(
            "cube-zero-below-zero",
            "tensorflow/tfjs#346",
            "for negative bases the gradient is set to 0",
            "negative|below|base|branch|mask|sign|0 where",
        )
        .by(each(
            |x| x * x * x,
            |x, _, g| if x < 0.0 { 0.0 } else { g * 3.0 * x * x },
        ))
        .shows_at(one(-1.0)),
        wrong(
            "power-exponent-not-lowered",
            "course: micrograd",
            "n xⁿ instead of n xⁿ⁻¹",
            "exponent|power|n - 1|value|input",
        )
        .by(each(|x| x.powi(3), |_, y, g| g * 3.0 * y))
        .defined_by(|x| x[0].powi(3))
        .shows_at(one(2.0)),
        wrong(
            "power-one-at-zero",
            "stan-dev/math#3031",
            "at base 0 the gradient is skipped, though that of x^1 is 1",
            "at 0|zero|base|x = 0|exactly",
        )
        .by(each(|x| x.powi(1), |x, _, g| if x == 0.0 { 0.0 } else { g }))
        .on(halves)
        .shows_at(one(0.0)),
        wrong(
            "power-without-log",
            "tensorflow/tfjs-core#1446",
            "the gradient of the exponent lacks log(base)",
            "log|factor|exponent|missing",
        )
        .by(each2(f64::powf, |a, b, g| (g * b * a.powf(b - 1.0), g * a.powf(b))))
        .on(two_between(0.4, 3.0))
        .defined_by(|x| x[0].pow(x[1]))
        .shows_at(pair(2.0, 1.0)),
        wrong(
            "division-by-the-numerator",
            "apache/singa#484",
            "g / a for the numerator and g b for the denominator",
            "swapped|numerator|denominator|operand|other|reciprocal",
        )
        .by(each2(|a, b| a / b, |a, b, g| (g / a, g * b)))
        .on(two_between(0.4, 3.0))
        .defined_by(|x| x[0] / x[1])
        .shows_at(pair(2.0, 1.0)),
        wrong(
            "division-sign",
            "course: micrograd",
            "the gradient of the denominator has the wrong sign",
            "sign|negat|minus",
        )
        .by(each2(|a, b| a / b, |a, b, g| (g / b, g * a / (b * b))))
        .on(two_between(0.4, 3.0))
        .shows_at(pair(1.0, 1.0)),
        wrong(
            "subtraction-sign",
            "KhawajaAbaid/micrograd_c#1",
            "the second operand of a difference gets +g",
            "sign|negat|minus",
        )
        .by(each2(|a, b| a - b, |_, _, g| (g, g)))
        .on(two)
        .defined_by(|x| x[0] - x[1])
        .shows_at(pair(0.0, 0.0)),
        wrong(
            "product-own-factor",
            "course: micrograd",
            "each factor gets itself as derivative instead of the other",
            "swapped|other|own|operand|exchang|itself|a b",
        )
        .by(each2(|a, b| a * b, |a, b, g| (g * a, g * b)))
        .on(two)
        .defined_by(|x| x[0] * x[1])
        .shows_at(pair(1.0, 2.0)),
        wrong(
            "product-first-only",
            "course: micrograd",
            "only the first factor gets its gradient, the second is treated as a constant",
            "constant|is 0|gets 0|second|missing|no gradient|zero",
        )
        .by(each2(|a, b| a * b, |_, b, g| (g * b, 0.0)))
        .on(two)
        .shows_at(pair(1.0, 1.0)),
        wrong(
            "atan2-swapped",
            "course: automatic differentiation",
            "the derivatives of the two arguments are exchanged",
            "swapped|exchang|order|other operand",
        )
        .by(each2(f64::atan2, |y, x, g| {
            let r = x * x + y * y;
            (-g * y / r, g * x / r)
        }))
        .on(two_between(0.3, 2.0))
        .shows_at(pair(1.0, 2.0)),
        wrong(
            "hypot-not-divided",
            "course: automatic differentiation",
            "the outer derivative 1 / (2 sqrt) is missing",
            "outer|divid|root|sqrt|factor|chain",
        )
        .by(each2(f64::hypot, |a, b, g| (g * a, g * b)))
        .on(two_between(0.3, 2.0))
        .shows_at(pair(1.0, 1.0)),
        wrong(
            "cos-sign",
            "course: automatic differentiation",
            "the derivative of cos is -sin, the minus is missing",
            "sign|negat|minus",
        )
        .by(each(f64::cos, |x, _, g| g * x.sin()))
        .defined_by(|x| ops::cos(x[0]))
        .shows_at(one(1.0)),
        wrong(
            "sin-of-square-inner",
            "course: automatic differentiation",
            "sin(x²): the inner derivative 2 x is missing",
            "inner|chain|factor|2",
        )
        .by(each(|x| (x * x).sin(), |x, _, g| g * (x * x).cos()))
        .defined_by(|x| ops::sin(x[0] * x[0]))
        .shows_at(one(1.0)),
        wrong(
            "degrees-not-converted",
            "course: automatic differentiation",
            "sin of degrees: the factor pi/180 is missing",
            "factor|inner|scale|constant|chain|times",
        )
        .by(each(|x| x.to_radians().sin(), |x, _, g| g * x.to_radians().cos()))
        .on(between(-90.0, 90.0))
        .shows_at(one(0.0)),
        wrong(
            "clip-straight-through",
            "course: nn from scratch",
            "entries that were cut still get the gradient",
            "clip|cut|mask|outside|straight|identity|passed",
        )
        .by(each(|x| x.clamp(-0.5, 0.5), |_, _, g| g))
        .defined_by(|x| x[0].clip(-0.5, 0.5))
        .shows_at(one(1.0)),
        wrong(
            "abs-without-sign",
            "course: nn from scratch",
            "the sign of x is missing",
            "sign|negative|abs|factor",
        )
        .by(each(f64::abs, |_, _, g| g))
        .shows_at(one(-1.0)),
    ]
}
