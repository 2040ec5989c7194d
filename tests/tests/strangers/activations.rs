//! Activations, each a function of one entry.

use crate::entry::{Entry, any, between, halves, two, vector, wrong};
use crate::hand::{Recipe, each, erf, pure, s, sigmoid, v};
use tapegrad_autograd::Shape;
use tapegrad_autograd::check::{Case, Draw};
use tapegrad_autograd::ops;

fn gelu(x: f64) -> f64 {
    0.5 * x * (1.0 + erf(x / 2.0_f64.sqrt()))
}

fn bell(x: f64) -> f64 {
    (-0.5 * x * x).exp() / (2.0 * std::f64::consts::PI).sqrt()
}

fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

fn elu(alpha: f64) -> impl Fn(f64) -> f64 + Send + Sync {
    move |x| if x > 0.0 { x } else { alpha * x.exp_m1() }
}

/// The derivative of GELU's approximation by tanh.
fn gelu_tanh_slope(x: f64) -> f64 {
    let c = (2.0 / std::f64::consts::PI).sqrt();
    let t = (c * (x + 0.044715 * x.powi(3))).tanh();
    0.5 * (1.0 + t) + 0.5 * x * (1.0 - t * t) * c * (1.0 + 3.0 * 0.044715 * x * x)
}

fn sinc(x: f64) -> f64 {
    if x == 0.0 { 1.0 } else { x.sin() / x }
}

fn scaled(scale: f64) -> impl Fn(&mut Draw) -> Case + Send + Sync {
    move |draw| {
        let shape = draw.shape_nonempty();
        Case::of([("x", draw.normal(shape).mapv(|x| scale * x))])
    }
}

/// A slope for negative entries that is one parameter, with `reduce` for its gradient.
fn prelu(reduce: fn(&[f64]) -> f64) -> Recipe {
    pure(
        |x| x[0].mapv(|a| if a > 0.0 { a } else { x[1][0] * a }),
        move |x, _, g| {
            let mut g_x = g.clone();
            g_x.zip_mut_with(&x[0], |g, &a| *g *= if a > 0.0 { 1.0 } else { x[1][0] });
            let terms: Vec<f64> = x[0].iter().zip(g).map(|(&a, &g)| g * a.min(0.0)).collect();
            vec![g_x, v(&[reduce(&terms)])]
        },
    )
}

fn prelu_case(draw: &mut Draw) -> Case {
    vector(draw).with_param("alpha", draw.between(Shape::new(&[1]), 0.1, 0.5))
}

pub fn entries() -> Vec<Entry> {
    let one = |x: f64| [s(x)];
    vec![
        wrong(
            "sigmoid-of-the-input",
            "BoltzmannEntropy/interviews.ai#15",
            "x (1 - x) with the input where the output belongs",
            "input output|x y|input instead|input for|at input",
        )
        .by(each(sigmoid, |x, _, g| g * x * (1.0 - x)))
        .defined_by(|x| ops::sigmoid(x[0]))
        .shows_at(one(0.0)),
        wrong(
            "sigmoid-without-one-minus-y",
            "course: nn from scratch",
            "the factor 1 - y is forgotten",
            "1 y|factor|derivative of exp",
        )
        .by(each(sigmoid, |_, y, g| g * y))
        .shows_at(one(0.0)),
        wrong(
            "sigmoid-twice",
            "kyle8998/Sudo-Productivity#3",
            "sigmoid is applied once more to the output before the derivative is taken",
            "twice|sigmoid y|at y|other value|output input|y x",
        )
        .by(each(sigmoid, |_, y, g| g * sigmoid(y) * (1.0 - sigmoid(y))))
        .shows_at(one(0.0)),
        wrong(
            "tanh-without-square",
            "course: RNN from scratch",
            "1 - y instead of 1 - y squared",
            "square|power|1 y|exponent|derivative of another",
        )
        .by(each(f64::tanh, |_, y, g| g * (1.0 - y)))
        .defined_by(|x| ops::tanh(x[0]))
        .shows_at(one(0.5)),
        wrong(
            "tanh-square-of-the-input",
            "apache/mxnet#4316",
            "1 - x² where 1 - y² belongs",
            "input output|x y|input instead|input for|at input",
        )
        .by(each(f64::tanh, |x, _, g| g * (1.0 - x * x)))
        .shows_at(one(1.0)),
        wrong(
            "relu-of-the-gradient",
            "course: nn from scratch",
            "the gradient is masked by its own sign, not by the sign of x",
            "sign of g|upstream|mask|relu of the gradient|own sign",
        )
        .by(each(|x| x.max(0.0), |_, _, g| g.max(0.0)))
        .shows_at(one(-1.0))
        .on(two_signs),
        wrong(
            "relu-mask-forgotten",
            "course: CS231n",
            "negative inputs let the gradient through",
            "mask|identity|straight|negative|passed|local derivative|factor",
        )
        .by(each(|x| x.max(0.0), |_, _, g| g))
        .defined_by(|x| ops::relu(x[0]))
        .shows_at(one(-1.0)),
        wrong(
            "relu-derivative-is-relu",
            "course: nn from scratch",
            "multiplied by relu(x) and not by 0 or 1",
            "value instead|relu|forward|output|result",
        )
        .by(each(|x| x.max(0.0), |_, y, g| g * y))
        .shows_at(one(2.0)),
        wrong(
            "leaky-slope-forgotten",
            "course: nn from scratch",
            "negative inputs get no gradient, the slope alpha is missing",
            "negative|slope|alpha|leak|branch|mask|0 where",
        )
        .by(each(
            |x| if x > 0.0 { x } else { 0.1 * x },
            |x, _, g| if x > 0.0 { g } else { 0.0 },
        ))
        .shows_at(one(-1.0)),
        wrong(
            "leaky-slope-on-both-sides",
            "course: nn from scratch",
            "alpha is used for positive inputs too",
            "positive|slope|alpha|branch|factor 0.1|scaled 0.1|side|both",
        )
        .by(each(|x| if x > 0.0 { x } else { 0.1 * x }, |_, _, g| 0.1 * g))
        .shows_at(one(1.0)),
        wrong(
            "elu-without-plus-alpha",
            "course: deep learning from scratch",
            "below 0 the derivative is y + alpha; alpha is forgotten",
            "alpha|plus|constant|term|negative",
        )
        .by(each(elu(0.7), |x, y, g| if x > 0.0 { g } else { g * y }))
        .shows_at(one(-1.0)),
        wrong(
            "elu-negative-alpha",
            "pytorch/pytorch#47671",
            "the branch is chosen by the sign of the output, which is wrong for a negative alpha",
            "sign|branch|output|alpha|negative|condition",
        )
        .by(each(elu(-2.0), |_, y, g| if y > 0.0 { g } else { g * (y - 2.0) }))
        .shows_at(one(-1.0)),
        wrong(
            "selu-scaled-twice",
            "RubixML/ML#427",
            "the scale is multiplied in once more on the negative side",
            "twice|scale|factor|negative|alpha",
        )
        .by(each(
            |x| 1.0507 * if x > 0.0 { x } else { 1.67326 * x.exp_m1() },
            |x, y, g| g * 1.0507 * if x > 0.0 { 1.0 } else { y + 1.67326 },
        ))
        .shows_at(one(-1.0)),
        wrong(
            "gelu-other-formula",
            "apache/mxnet#21034",
            "forward is the exact GELU, backward the derivative of the tanh approximation",
            "tanh|approximat|other function|another function|derivative of",
        )
        .by(each(gelu, |x, _, g| g * gelu_tanh_slope(x)))
        .defined_by(|x| ops::gelu(x[0]))
        .shows_at(one(2.0)),
        wrong(
            "gelu-without-density",
            "course: transformers from scratch",
            "the second term of the product rule, x times the density, is missing",
            "term|product rule|missing|path|dropped|left out",
        )
        .by(each(gelu, |x, _, g| g * 0.5 * (1.0 + erf(x / 2.0_f64.sqrt()))))
        .defined_by(|x| ops::gelu(x[0]))
        .shows_at(one(1.0)),
        wrong(
            "silu-without-second-term",
            "course: nn from scratch",
            "x sigmoid(x): only the derivative of the first factor",
            "term|product rule|missing|path|dropped|left out|constant",
        )
        .by(each(|x| x * sigmoid(x), |x, _, g| g * sigmoid(x)))
        .defined_by(|x| x[0] * ops::sigmoid(x[0]))
        .shows_at(one(1.0)),
        wrong(
            "softplus-zero-at-zero",
            "jax-ml/jax#2107",
            "at exactly 0 the gradient is 0 instead of one half",
            "at 0|zero|x = 0|exactly",
        )
        .by(each(softplus, |x, _, g| if x == 0.0 { 0.0 } else { g * sigmoid(x) }))
        .on(halves)
        .shows_at(one(0.0)),
        wrong(
            "log-sigmoid-other-side",
            "jax-ml/jax#2140",
            "sigmoid(x) where sigmoid(-x) belongs",
            "sign|negated|minus x|-x|1 -|complement|other function|another function",
        )
        .by(each(|x| -softplus(-x), |x, _, g| g * sigmoid(x)))
        .defined_by(|x| ops::log_sigmoid(x[0]))
        .shows_at(one(1.0)),
        wrong(
            "softplus-overflow",
            "tracel-ai/burn#5373",
            "exp overflows for large inputs and inf / inf is not a number",
            "NaN|overflow|not a number|large|infinit|finite",
        )
        .by(each(softplus, |x, _, g| g * x.exp() / (1.0 + x.exp())))
        .on(scaled(1000.0))
        .shows_at(one(1000.0)),
        wrong(
            "softplus-zero-in-the-tail",
            "tenstorrent/tt-metal#56397",
            "above 88 the gradient is 0 instead of g",
            "large|above|overflow|saturat|threshold|0 where",
        )
        .by(each(softplus, |x, _, g| if x > 88.0 { 0.0 } else { g * sigmoid(x) }))
        .on(scaled(100.0))
        .shows_at(one(100.0)),
        wrong(
            "gelu-tail-cut",
            "tenstorrent/tt-metal#56517",
            "below -2 the gradient is cut to 0",
            "tail|below|negative|cut|0 where|threshold|large",
        )
        .by(each(gelu, |x, _, g| {
            if x < -2.0 {
                0.0
            } else {
                g * (0.5 * (1.0 + erf(x / 2.0_f64.sqrt())) + x * bell(x))
            }
        }))
        .on(scaled(2.0))
        .shows_at(one(-2.5)),
        wrong(
            "hardtanh-window-too-wide",
            "course: activations zoo",
            "the gradient passes up to 2 though the value is cut at 1",
            "window|bound|limit|clip|cut|threshold|mask|range|between",
        )
        .by(each(
            |x| x.clamp(-1.0, 1.0),
            |x, _, g| if x.abs() < 2.0 { g } else { 0.0 },
        ))
        .on(scaled(2.0))
        .defined_by(|x| x[0].clip(-1.0, 1.0))
        .shows_at(one(1.5)),
        wrong(
            "hard-sigmoid-slope-forgotten",
            "course: activations zoo",
            "inside the window the slope is 1/6, and 1 is used",
            "6|factor|slope|scale|constant|times",
        )
        .by(each(
            |x| (x / 6.0 + 0.5).clamp(0.0, 1.0),
            |x, _, g| if x.abs() < 3.0 { g } else { 0.0 },
        ))
        .on(scaled(2.0))
        .shows_at(one(1.0)),
        wrong(
            "sinc-cancels-near-zero",
            "jax-ml/jax#40629",
            "cos(x)/x - sin(x)/x² loses all digits when x is tiny",
            "cancel|precision|rounding|tiny|small|digits|near 0",
        )
        .by(each(sinc, |x, _, g| {
            if x == 0.0 {
                0.0
            } else {
                g * (x.cos() / x - x.sin() / (x * x))
            }
        }))
        .on(scaled(1e-13))
        .shows_at(one(3e-14)),
        wrong(
            "double-one-at-zero",
            "jax-ml/jax#37992",
            "2 x has gradient 1 at exactly 0, because 0 is a special case in forward",
            "at 0|zero|x = 0|exactly|special",
        )
        .by(each(|x| 2.0 * x, |x, _, g| if x == 0.0 { g } else { 2.0 * g }))
        .on(halves)
        .shows_at(one(0.0)),
        wrong(
            "mish-outer-only",
            "course: activations zoo",
            "x tanh(softplus(x)): the inner derivative is missing",
            "term|inner|product rule|chain|missing|path|dropped|left out|constant",
        )
        .by(each(|x| x * softplus(x).tanh(), |x, _, g| g * softplus(x).tanh()))
        .shows_at(one(1.0)),
        wrong(
            "prelu-slope-averaged",
            "course: nn from scratch",
            "the gradient of the slope is the mean over the entries and not the sum",
            "mean|average|divided|sum|count",
        )
        .by(prelu(|terms| terms.iter().sum::<f64>() / terms.len() as f64))
        .on(prelu_case)
        .shows_at([v(&[-1.0, -2.0]), v(&[0.2])]),
        wrong(
            "prelu-slope-last-only",
            "course: nn from scratch",
            "the gradient of the slope is overwritten, only the last entry counts",
            "last|overwritten|sum|accumulat|only",
        )
        .by(prelu(|terms| *terms.last().expect("not empty")))
        .on(prelu_case)
        .shows_at([v(&[-1.0, 2.0]), v(&[0.2])]),
        wrong(
            "swish-beta-inner-derivative",
            "course: activations zoo",
            "sigmoid(3 x): the inner factor 3 is forgotten",
            "inner|factor|3|chain|scale",
        )
        .by(each(|x| sigmoid(3.0 * x), |_, y, g| g * y * (1.0 - y)))
        .defined_by(|x| ops::sigmoid(x[0] * 3.0))
        .shows_at(one(0.0)),
        wrong(
            "glu-gate-through-value",
            "linkedin/Liger-Kernel#254",
            "a sigmoid(b): the saved gate is overwritten by its gradient before the gradient of a is taken",
            "overwritten|gate|first|operand|in place",
        )
        .by(pure(
            |x| crate::hand::zip(&x[0], &x[1], |a, b| a * sigmoid(b)),
            |x, _, g| {
                let g_b = crate::hand::zip(&crate::hand::zip(&x[0], g, |a, g| a * g), &x[1], |ag, b| {
                    ag * sigmoid(b) * (1.0 - sigmoid(b))
                });
                vec![crate::hand::zip(&g_b, g, |s, g| s * g), g_b]
            },
        ))
        .on(two)
        .shows_at([s(1.0), s(1.0)]),
        wrong(
            "exp-of-the-input",
            "karpathy/nn-zero-to-hero#52",
            "the derivative of exp is the output, the input was used",
            "input output|x y|input instead|input for|at input",
        )
        .by(each(f64::exp, |x, _, g| g * x))
        .on(any)
        .defined_by(|x| ops::exp(x[0]))
        .shows_at(one(1.0)),
        wrong(
            "logit-clamp-forgotten",
            "DrBigMau/LSTM-from-Scratch-in-Python#1",
            "the output is clipped to [0.1, 0.9], the gradient flows as if it were not",
            "clip|clamp|cut|bound|mask|saturat",
        )
        .by(each(|x| sigmoid(x).clamp(0.1, 0.9), |_, y, g| g * y * (1.0 - y)))
        .on(between(-6.0, 6.0))
        .shows_at(one(4.0)),
    ]
}

fn two_signs(draw: &mut Draw) -> Case {
    vector(draw)
}
