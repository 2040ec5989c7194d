//! Functions of single entries.

use tapegrad_autograd::Shape;
use tapegrad_autograd::check::{Case, Draw};
use tapegrad_autograd::op::OperandKind;

use crate::entry::{Entry, any, between, two, two_between, wrong};
use crate::hand::{Recipe, each, each2, pure, remembering, s, sigmoid, v, zeros, zip};

const SCALE: f64 = 1.050_700_987_355_480_5;
const ALPHA: f64 = 1.673_263_242_354_377_2;

fn small_powers(draw: &mut Draw) -> Case {
    let shape = draw.shape_nonempty();
    let x = draw.normal(shape).mapv(|x| (2.0 * x).round() / 2.0);
    let n = draw.ids(shape, 3);
    Case::of([("x", x)]).with_data("n", OperandKind::Data, n)
}

fn vector(draw: &mut Draw) -> Case {
    let n = draw.size_nonzero();
    Case::of([("x", draw.normal(Shape::new(&[n])))])
}

/// Every call of backward() adds to the gradient that is kept.
fn adding_up() -> Recipe {
    remembering(
        |memory, x| {
            memory.x = x.to_vec();
            if memory.kept.is_empty() || memory.kept[0].shape() != x[0].shape() {
                memory.kept = vec![zeros(&x[0])];
            }
            x[0].mapv(f64::exp)
        },
        |memory, g| {
            let g_x = zip(g, &memory.x[0].mapv(f64::exp), |g, y| g * y);
            memory.kept[0] = &memory.kept[0] + &g_x;
            vec![memory.kept[0].clone()]
        },
    )
}

/// The entries.
// The comparisons of the clamp are the mistake.
#[allow(clippy::impossible_comparisons)]
pub fn entries() -> Vec<Entry> {
    let one = |x: f64| [s(x)];
    let pair = |a: f64, b: f64| [s(a), s(b)];
    vec![
        wrong(
            "second-atan2-terms-flipped",
            "getkeops/keops#155",
            "the gradients of the two operands of atan2 stand in each other's place",
            "swap|exchang|each other|other operand|in the place of a|in the place of b",
        )
        .by(each2(f64::atan2, |a, b, g| {
            let square = a * a + b * b;
            (-g * a / square, g * b / square)
        }))
        .on(two_between(0.5, 2.0))
        .shows_at(pair(1.0, 2.0)),
        wrong(
            "second-atan2-one-gradient",
            "ml-explore/mlx#2453",
            "only the gradient of the first operand is returned",
            "number of gradients|missing|one gradient|1 gradient|returns 1|operands",
        )
        .by(pure(
            |x| zip(&x[0], &x[1], f64::atan2),
            |x, _, g| {
                let square = zip(&x[0], &x[1], |a, b| a * a + b * b);
                vec![g * &x[1] / &square]
            },
        ))
        .on(two_between(0.5, 2.0))
        .shows_at(pair(1.0, 2.0)),
        wrong(
            "second-selu-negative-branch",
            "RubixML/ML#427",
            "the negative branch is scaled a second time and adds alpha without its scale",
            "negative|scale|branch|below 0",
        )
        .by(each(
            |x| {
                if x > 0.0 {
                    SCALE * x
                } else {
                    SCALE * ALPHA * (x.exp() - 1.0)
                }
            },
            |x, y, g| g * if x > 0.0 { SCALE } else { SCALE * (y + ALPHA) },
        ))
        .shows_at(one(-0.5)),
        wrong(
            "second-clamp-comparisons-inverted",
            "tenstorrent/tt-metal#48201",
            "the mask of what lies within the bounds has both comparisons the wrong way, so it is empty",
            "zero|always 0|is 0|never|lost|no gradient",
        )
        .by(each(
            |x| x.clamp(-1.0, 1.0),
            |x, _, g| g * f64::from(u8::from(x <= -1.0 && x >= 1.0)),
        ))
        .on(between(-2.0, 2.0))
        .shows_at(one(0.5)),
        wrong(
            "second-hard-swish-of-upstream",
            "tensorflow/swift-apis#743",
            "the upstream gradient stands where the operand should",
            "not linear|linear|upstream gradient|place of x|g_y",
        )
        .by(each(
            |x| x * (x + 3.0).clamp(0.0, 6.0) / 6.0,
            |x, _, g| {
                let inside = if x > -3.0 && x < 3.0 { g } else { 0.0 };
                ((g + 3.0).clamp(0.0, 6.0) + inside * g) / 6.0
            },
        ))
        .shows_at(one(1.0)),
        wrong(
            "second-div-operands-exchanged",
            "apache/singa#484",
            "the gradient of a is divided by a, and that of b is a product with b",
            "exchang|swap|in the place|divid|multipl",
        )
        .by(each2(|a, b| a / b, |a, b, g| (g / a, g * b)))
        .on(two_between(0.5, 2.0))
        .shows_at(pair(1.0, 2.0)),
        wrong(
            "second-div-without-upstream",
            "karpathy/karpathy.github.io#10",
            "the gradient of the divisor lacks the upstream gradient",
            "upstream|g_y",
        )
        .by(each2(|a, b| a / b, |a, b, g| (g / b, -a / (b * b))))
        .on(two_between(0.5, 2.0))
        .shows_at(pair(1.0, 2.0)),
        wrong(
            "second-div-square-forgotten",
            "tqchen/tinyflow#20",
            "the divisor's gradient is divided by b where b² belongs",
            "square|divid|power|factor",
        )
        .by(each2(|a, b| a / b, |a, b, g| (g / b, -g * a / b)))
        .on(two_between(0.5, 2.0))
        .shows_at(pair(1.0, 2.0)),
        wrong(
            "second-sum-shares-gradient",
            "tag1consulting/feste#6",
            "token and position get half of the gradient each, as the sum has two operands",
            "half|0.5|1/2|halv|divided by 2",
        )
        .by(each2(|a, b| a + b, |_, _, g| (0.5 * g, 0.5 * g)))
        .on(two)
        .shows_at(pair(1.0, 2.0)),
        wrong(
            "second-l1-without-sign",
            "bashardudin/Epita-SCIA-OCVX#1",
            "the gradient of the sum of absolute values is 1 for negative entries too",
            "sign|negative|abs",
        )
        .by(pure(
            |x| s(x[0].iter().map(|x| x.abs()).sum()),
            |x, _, g| vec![zeros(&x[0]) + g.sum()],
        ))
        .on(vector)
        .shows_at([v(&[-1.0])]),
        wrong(
            "second-length-without-root",
            "odlgroup/odl#1070",
            "the length's gradient is divided by the square of the length",
            "root|square|divid|length|norm|factor 1 / y|factor y",
        )
        .by(each2(
            |a, b| (a * a + b * b).sqrt(),
            |a, b, g| {
                let square = a * a + b * b;
                (g * a / square, g * b / square)
            },
        ))
        .on(two)
        .shows_at(pair(1.0, 2.0)),
        wrong(
            "second-elu-nan-on-large",
            "tinygrad/tinygrad#17852",
            "exp is taken of large positive operands too and multiplied by 0",
            "NaN|not a number|overflow|infinit|finite",
        )
        .by(each(
            |x| if x > 0.0 { x } else { x.exp_m1() },
            |x, _, g| {
                let positive = f64::from(u8::from(x > 0.0));
                g * (positive + (1.0 - positive) * x.exp())
            },
        ))
        .on(between(-3.0, 1500.0))
        .shows_at(one(1000.0)),
        wrong(
            "second-pow-exponent-zero",
            "tenstorrent/tt-metal#5082",
            "n x^(n-1) is 0 times infinity where x and n are 0",
            "NaN|not a number|infinit|finite",
        )
        .by(pure(
            |x| zip(&x[0], &x[1], f64::powf),
            |x, _, g| {
                let slope = zip(&x[0], &x[1], |x, n| n * x.powf(n - 1.0));
                vec![g * &slope, zeros(&x[1])]
            },
        ))
        .on(small_powers)
        .shows_at(pair(0.0, 0.0)),
        wrong(
            "second-softplus-beta-forgotten",
            "tenstorrent/tt-metal#6493",
            "the sigmoid of the derivative is taken at x, where it belongs at 2 x",
            "beta|2 x|inner|argument|twice",
        )
        .by(each(|x| (2.0 * x).exp().ln_1p() / 2.0, |x, _, g| g * sigmoid(x)))
        .on(any)
        .shows_at(one(1.0)),
        wrong(
            "second-gradient-kept-between-calls",
            "karpathy/micrograd#102",
            "each call of backward() adds to the gradient of the calls before",
            "call|earlier|again|accumulat|previous|before|kept|keeps",
        )
        .by(adding_up())
        .shows_at(one(1.0)),
    ]
}
