//! Steps in time, windows and resizing.

use ndarray::Array2;
use tapegrad_autograd::Shape;
use tapegrad_autograd::check::{Case, Draw};

use super::{at_least, interpolation, list, times};
use crate::entry::{Entry, matrix, wrong};
use crate::hand::{m, mat, pure, v, vct, zip};

fn reset_case(draw: &mut Draw) -> Case {
    let n = draw.size_nonzero();
    let vector = Shape::new(&[n]);
    let (r, h) = (draw.between(vector, 0.1, 0.9), draw.normal(vector));
    Case::of([("r", r), ("h", h)]).with_param("u", draw.normal(Shape::new(&[n, n])))
}

fn two_steps(draw: &mut Draw) -> Case {
    let vector = Shape::new(&[draw.size_nonzero()]);
    let (x1, x2) = (draw.normal(vector), draw.normal(vector));
    Case::of([("x1", x1), ("x2", x2)]).with_param("w", draw.normal(vector))
}

/// The gradient of a linear resize that looks only at outputs within this many steps of an entry's own.
fn within(n: usize, window: f64, g: &crate::hand::A) -> crate::hand::A {
    let weights = interpolation(n, g.len());
    list((0..n).map(|i| {
        let centre = i as f64 * g.len() as f64 / n as f64;
        (0..g.len())
            .filter(|&o| (o as f64 - centre).abs() <= window)
            .map(|o| weights[[o, i]] * g[o])
            .sum()
    }))
}

/// The entries.
pub fn entries() -> Vec<Entry> {
    vec![
        wrong(
            "second-reset-gate-by-output",
            "ooples/AiDotNet#722",
            "the reset gate of the unit that is computed stands where that of the unit which is read belongs",
            "order|index|place|before|transpos|axis",
        )
        .by(pure(
            |x| times(&mat(&x[2]), &(&x[0] * &x[1])),
            |x, _, g| {
                let (r, h, u, g) = (vct(&x[0]), vct(&x[1]), mat(&x[2]), vct(g));
                let back = u.t().dot(&g);
                let g_h = u.t().dot(&(&g * &r));
                let g_u = Array2::from_shape_fn(u.dim(), |(i, j)| g[i] * r[j] * h[j]);
                vec![(&back * &h).into_dyn(), g_h.into_dyn(), g_u.into_dyn()]
            },
        ))
        .on(reset_case)
        .shows_at([v(&[0.25, 0.75]), v(&[1.0, 2.0]), m(&[[1.0, 2.0], [3.0, 4.0]])]),
        wrong(
            "second-last-step-only",
            "mratsim/Arraymancer#237",
            "the weight is used at two steps and the gradient of one replaces that of the other",
            "use|step|accumulat|overwrit|replace|path|left out|missing",
        )
        .by(pure(
            |x| zip(&zip(&x[0], &x[2], |x, w| (w * x).tanh()), &x[2], |h, w| w * h) + &x[1],
            |x, _, g| {
                let h = zip(&x[0], &x[2], |x, w| (w * x).tanh());
                let g_a = zip(g, &x[2], |g, w| g * w) * h.mapv(|h| 1.0 - h * h);
                vec![&g_a * &x[2], g.clone(), g * &h]
            },
        ))
        .on(two_steps)
        .defined_by(|x| x[2] * tapegrad_autograd::ops::tanh(x[2] * x[0]) + x[1])
        .shows_at([v(&[1.0]), v(&[1.0]), v(&[0.5])]),
        wrong(
            "second-overlapping-windows-last-winner",
            "ahrefs/ocannl#512",
            "one mark for each entry says whether the last window that reads it took it, and all windows believe it",
            "window|overlap|winner|maximum|larger|last",
        )
        .by(pure(
            |x| list((1..x[0].len()).map(|i| x[0][i - 1].max(x[0][i]))),
            |x, y, g| {
                let n = x[0].len();
                let won = |i: usize| x[0][i] == y[i.min(n - 2)];
                vec![list((0..n).map(|i| {
                    let of = [i.checked_sub(1), (i < n - 1).then_some(i)];
                    if won(i) {
                        of.into_iter().flatten().map(|w| g[w]).sum()
                    } else {
                        0.0
                    }
                }))]
            },
        ))
        .on(at_least(3))
        .shows_at([v(&[5.0, 3.0, 1.0])]),
        wrong(
            "second-resize-window-too-short",
            "flagos-ai/FlagGems#5218",
            "outputs at the far end of what an entry reaches are not added",
            "missing|left out|drop|lost|only|path|not counted",
        )
        .by(pure(
            |x| times(&interpolation(x[0].len(), 5 * x[0].len()), &x[0]),
            |x, _, g| vec![within(x[0].len(), 5.0, g)],
        ))
        .on(at_least(2))
        .shows_at([v(&[1.0, 2.0])]),
        wrong(
            "second-resize-column-by-height",
            "intel/torch-xpu-ops#4380",
            "the output's column is computed with the number of rows, which is right for square pictures",
            "column|axis|index|place|shift|order",
        )
        .by(pure(
            |x| {
                let x = mat(&x[0]);
                Array2::from_shape_fn((2 * x.nrows(), 2 * x.ncols()), |(i, j)| x[[i / 2, j / 2]]).into_dyn()
            },
            |x, _, g| {
                let (x, g) = (mat(&x[0]), mat(g));
                let (rows, columns) = x.dim();
                let g_x = Array2::from_shape_fn(x.dim(), |(i, j)| {
                    let column = |b: usize| (2 * j + b + columns + rows * (columns - 1)) % (2 * columns);
                    let column = |b: usize| if rows == columns { 2 * j + b } else { column(b) };
                    (0..4).map(|k| g[[2 * i + k / 2, column(k % 2)]]).sum()
                });
                vec![g_x.into_dyn()]
            },
        ))
        .on(matrix)
        .shows_at([m(&[[1.0, 2.0]])]),
    ]
}
