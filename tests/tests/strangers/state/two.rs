//! Entries: from last-entry-skipped to data-leaks-in.

use super::*;

/// The entries.
pub fn entries() -> Vec<Entry> {
    let one = |x: f64| [s(x)];
    vec![
        wrong(
            "last-entry-skipped",
            "course: nn from scratch",
            "the loop ends one entry too early",
            "last|off by one|end|entry|missing|is 0|gets 0|loop",
        )
        .on(vector)
        .by(pure(
            |x| x[0].mapv(f64::tanh),
            |_, y, g| {
                let mut out = zip(g, y, |g, y| g * (1.0 - y * y));
                let n = out.len();
                out[n - 1] = 0.0;
                vec![out]
            },
        ))
        .shows_at([v(&[0.0])]),
        wrong(
            "first-row-skipped",
            "course: nn from scratch",
            "the loop over examples starts at 1",
            "first|off by one|row|missing|start|is 0|gets 0|loop",
        )
        .on(matrix)
        .by(pure(
            |x| x[0].mapv(f64::tanh),
            |_, y, g| {
                let mut out = mat(&zip(g, y, |g, y| g * (1.0 - y * y)));
                out.row_mut(0).fill(0.0);
                vec![out.into_dyn()]
            },
        ))
        .shows_at([m(&[[0.0]])]),
        wrong(
            "large-inputs-clipped",
            "course: numerics",
            "x is clipped to ±10 in backward and not in forward",
            "clip|clamp|large|bound|cut|limit|saturat|threshold",
        )
        .on(wide)
        .by(each(|x| x * x, |x, _, g| g * 2.0 * x.clamp(-10.0, 10.0)))
        .shows_at(one(11.0)),
        wrong(
            "gradient-clipped",
            "course: min-char-rnn",
            "each entry of the gradient is clipped to ±1",
            "clip|clamp|large|bound|cut|limit|saturat",
        )
        .on(any)
        .by(each(|x| 3.0 * x, |_, _, g| (3.0 * g).clamp(-1.0, 1.0)))
        .shows_at(one(0.0)),
        wrong(
            "gradient-normalised",
            "course: optimisation",
            "the gradient is scaled to length one",
            "length|norm|unit|scale|factor|linear",
        )
        .on(vector)
        .by(tanh_with(|_, g| {
            let n = (&g * &g).sum().sqrt().max(1e-12);
            g / n
        }))
        .shows_at([v(&[0.0])]),
        wrong(
            "rounded-to-three-digits",
            "tinygrad/tinygrad#12296",
            "the gradient passes through a type with few digits",
            "precision|round|digits|single|f32|half|quantis|rough|small error",
        )
        .on(any)
        .by(tanh_with(|_, g| g.mapv(|g| (g * 1000.0).round() / 1000.0)))
        .shows_at(one(0.3)),
        wrong(
            "single-precision-difference",
            "course: numerics",
            "x - 1000 in single precision loses the digits of x",
            "precision|round|digits|single|f32|cancel",
        )
        .on(any)
        .by(each(
            |x| x * x,
            |x, _, g| 2.0 * g * f64::from((x + 1000.0) as f32 - 1000.0_f32),
        ))
        .shows_at(one(0.3)),
        wrong(
            "whole-number-division",
            "course: nn from scratch",
            "1 / n is computed with whole numbers and is 0",
            "is 0|gets 0|zero|integer|whole|divid|no gradient|mean",
        )
        .on(vector)
        .by(pure(
            |x| s(x[0].sum() / x[0].len() as f64),
            |x, _, g| {
                let share = (1 / x[0].len()) as f64;
                vec![x[0].mapv(|_| g.sum() * share)]
            },
        ))
        .shows_at([v(&[0.0, 0.0])]),
        wrong(
            "assumes-upstream-one",
            "DiffSharp/DiffSharp#16",
            "the local derivative is returned without multiplying by g_y",
            "upstream|g_y|incoming|ignored|g y|as if|factor g",
        )
        .on(any)
        .by(each(|x| x * x * x, |x, _, _| 3.0 * x * x))
        .defined_by(|x| x[0].powi(3))
        .shows_at(one(1.0)),
        wrong(
            "assumes-upstream-equal",
            "course: nn from scratch",
            "the mean of g_y is used for all entries",
            "upstream|g_y|mean|incoming|average|same for all|each",
        )
        .on(vector)
        .by(pure(
            |x| x[0].mapv(|x| x * x),
            |x, _, g| {
                let mean = g.sum() / g.len() as f64;
                vec![x[0].mapv(|x| 2.0 * x * mean)]
            },
        ))
        .shows_at([v(&[1.0, 1.0])]),
        wrong(
            "upstream-squared",
            "course: nn from scratch",
            "the chain rule is applied twice: g_y is multiplied in two times",
            "upstream|g_y|twice|square|linear|incoming|g y",
        )
        .on(any)
        .by(each(|x| x * x, |x, _, g| 2.0 * x * g * g))
        .shows_at(one(1.0)),
        wrong(
            "upstream-sign-only",
            "course: optimisation",
            "only the sign of g_y is used",
            "upstream|g_y|sign|linear|magnitude|incoming",
        )
        .on(any)
        .by(each(|x| x * x, |x, _, g| 2.0 * x * g.signum()))
        .shows_at(one(1.0)),
        wrong(
            "small-upstream-dropped",
            "course: optimisation",
            "upstream gradients below 0.2 are treated as 0",
            "upstream|g_y|small|threshold|linear|drop|cut|is 0|gets 0",
        )
        .on(vector)
        .by(pure(
            |x| x[0].mapv(|x| x * x),
            |x, _, g| vec![zip(g, &x[0], |g, x| if g.abs() < 0.4 { 0.0 } else { 2.0 * g * x })],
        ))
        .shows_at([v(&[1.0])]),
        wrong(
            "operands-returned-reversed",
            "course: nn from scratch",
            "the gradients are returned in the opposite order",
            "order|swapped|exchang|revers|other operand",
        )
        .on(two)
        .by(pure(
            |x| zip(&x[0], &x[1], |a, b| a * a * b),
            |x, _, g| {
                let g_a = zip(&zip(&x[0], &x[1], |a, b| 2.0 * a * b), g, |d, g| d * g);
                vec![zip(&x[0], g, |a, g| a * a * g), g_a]
            },
        ))
        .defined_by(|x| x[0] * x[0] * x[1])
        .shows_at([s(1.0), s(1.0)]),
        wrong(
            "one-gradient-missing",
            "NVlabs/curobo#382",
            "backward returns a gradient for the first operand only",
            "number of gradients|gradient|missing|operand|count|returned|shape|expected",
        )
        .on(two)
        .by(pure(
            |x| zip(&x[0], &x[1], |a, b| a * b),
            |x, _, g| vec![zip(&x[1], g, |b, g| b * g)],
        ))
        .shows_at([s(1.0), s(1.0)]),
        wrong(
            "not-a-number-at-zero",
            "jax-ml/jax#21723",
            "the square is computed through the root, whose derivative is infinite at 0",
            "NaN|not a number|zero|finite|at 0|infinit",
        )
        .on(crate::entry::halves)
        .by(each(
            |x| x.abs().sqrt().powi(4),
            |x, _, g| g * 4.0 * x.abs().sqrt().powi(3) * 0.5 * x.signum() / x.abs().sqrt(),
        ))
        .shows_at(one(0.0)),
        wrong(
            "panics-on-one-column",
            "pytorch/pytorch#65244",
            "a matrix of one column makes backward() panic",
            "panic|one column|size 1|crash|index|bounds",
        )
        .on(matrix)
        .by(pure(
            |x| x[0].mapv(|x| x * x),
            |x, _, g| {
                let second = x[0][[0, 1]];
                vec![zip(g, &x[0], |g, x| 2.0 * g * x) + 0.0 * second]
            },
        ))
        .shows_at([m(&[[1.0]])]),
        wrong(
            "scalar-gets-a-vector",
            "ngxbac/GAIN#2",
            "the gradient has shape [1] where the operand is a scalar",
            "shape|scalar|axis|rank|rank 0",
        )
        .on(|draw| Case::of([("x", draw.normal(Shape::new(&[])))]))
        .by(pure(
            |x| x[0].mapv(|x| x * x),
            |x, _, g| vec![v(&[2.0 * x[0].sum() * g.sum()])],
        ))
        .shows_at(one(1.0)),
        wrong(
            "data-leaks-in",
            "course: nn from scratch",
            "the target is used in backward where the prediction belongs",
            "target|data|operand|prediction|swapped|other|value instead",
        )
        .on(|draw| {
            let shape = draw.shape_nonempty();
            let x = draw.normal(shape);
            Case::of([("x", x)]).with_data("t", OperandKind::Data, draw.normal(shape))
        })
        .by(pure(
            |x| zip(&x[0], &x[1], |x, t| x * x * t),
            |x, _, g| vec![x[1].mapv(|t| 2.0 * t * t) * g, zeros(&x[1])],
        ))
        .shows_at([s(1.0), s(2.0)]),
    ]
}
