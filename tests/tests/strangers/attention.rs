//! Attention of one head.

use ndarray::{Array2, Axis};
use tapegrad_autograd::check::{Case, Draw};
use tapegrad_autograd::op::OperandKind;
use tapegrad_autograd::ops;
use tapegrad_autograd::{Shape, Var};

use crate::entry::{Entry, wrong};
use crate::hand::{A, Recipe, m, mat, pure, softmax, zeros};

/// What a student gets wrong in attention.
#[derive(Clone, Copy, PartialEq)]
pub enum Slip {
    None,
    NoScale,
    ScaleTwice,
    KeysUntransposed,
    ValuesUntransposed,
    OverQueries,
    NoMean,
    KeysValuesExchanged,
    QueryOwn,
    MaskShifted,
    MaskForgotten,
    KeysScaleOnly,
}

/// `softmax(q kᵀ / sqrt(D)) v`; with `masked`, the last operand says for each key whether it is seen.
pub fn attention(masked: bool, slip: Slip) -> Recipe {
    let probabilities = move |x: &[A], shift: usize, masked: bool| {
        let (q, k) = (mat(&x[0]), mat(&x[1]));
        let mut scores = q.dot(&k.t()) / (q.ncols() as f64).sqrt();
        if masked {
            let keys = k.nrows();
            for ((_, j), score) in scores.indexed_iter_mut() {
                if x[3][(j + shift) % keys] == 0.0 {
                    *score -= 1e9;
                }
            }
        }
        softmax(&scores)
    };
    pure(
        move |x| probabilities(x, 0, masked).dot(&mat(&x[2])).into_dyn(),
        move |x, _, g| {
            let (q, k, v, g) = (mat(&x[0]), mat(&x[1]), mat(&x[2]), mat(g));
            let p = probabilities(
                x,
                usize::from(slip == Slip::MaskShifted),
                masked && slip != Slip::MaskForgotten,
            );
            let g_v = if slip == Slip::ValuesUntransposed {
                p.dot(&g)
            } else {
                p.t().dot(&g)
            };
            let g_p = g.dot(&v.t());
            let axis = if slip == Slip::OverQueries { Axis(0) } else { Axis(1) };
            let mean = (&g_p * &p).sum_axis(axis).insert_axis(axis);
            let mean = if slip == Slip::NoMean { mean * 0.0 } else { mean };
            let width = q.ncols() as f64;
            let scale = match slip {
                Slip::NoScale => 1.0,
                Slip::ScaleTwice => 1.0 / width,
                _ => 1.0 / width.sqrt(),
            };
            let g_s = &p * &(&g_p - &mean) * scale;
            let g_q = if slip == Slip::QueryOwn {
                g_s.dot(&q)
            } else {
                g_s.dot(&k)
            };
            let g_q = if slip == Slip::KeysScaleOnly { g_q / scale } else { g_q };
            let g_k = if slip == Slip::KeysUntransposed {
                g_s.dot(&q)
            } else {
                g_s.t().dot(&q)
            };
            let (g_k, g_v) = if slip == Slip::KeysValuesExchanged {
                (g_v, g_k)
            } else {
                (g_k, g_v)
            };
            let mut all = vec![g_q.into_dyn(), g_k.into_dyn(), g_v.into_dyn()];
            if masked {
                all.push(zeros(&x[3]));
            }
            all
        },
    )
}

/// Queries `[T, D]`, keys `[S, D]` and values `[S, E]`.
pub fn attention_case(draw: &mut Draw) -> Case {
    let (t, k, d, e) = (
        draw.size_nonzero(),
        draw.size_nonzero(),
        draw.size_nonzero(),
        draw.size_nonzero(),
    );
    of_sizes(draw, [t, k, d, e])
}

/// The same with one size.
fn square_case(draw: &mut Draw) -> Case {
    let n = draw.size_nonzero() + 1;
    of_sizes(draw, [n; 4])
}

fn of_sizes(draw: &mut Draw, [t, k, d, e]: [usize; 4]) -> Case {
    Case::of([
        ("q", draw.normal(Shape::new(&[t, d]))),
        ("k", draw.normal(Shape::new(&[k, d]))),
        ("v", draw.normal(Shape::new(&[k, e]))),
    ])
}

/// The same with a mask over the keys, of which the first is always seen.
pub fn masked_case(draw: &mut Draw) -> Case {
    let case = attention_case(draw);
    let keys = case.operands[1].value.shape()[0];
    let mut mask = draw.mask(Shape::new(&[keys]));
    mask[0] = 1.0;
    case.with_data("mask", OperandKind::Mask, mask)
}

fn formula<'t>(x: &[Var<'t>]) -> Var<'t> {
    let width = x[0].shape().to_vec()[1] as f64;
    ops::softmax(x[0].matmul(x[1].t()) / width.sqrt(), -1).matmul(x[2])
}

/// The positions' turn of pairs of columns; backward() turns by this multiple of the angle.
fn rotated(back: f64) -> Recipe {
    let turn = |x: &A, by: f64| {
        let mut y = mat(x);
        for (i, mut row) in y.rows_mut().into_iter().enumerate() {
            let (sin, cos) = (by * (i + 1) as f64).sin_cos();
            let (a, b) = (row[0], row[1]);
            (row[0], row[1]) = (a * cos - b * sin, a * sin + b * cos);
        }
        y.into_dyn()
    };
    pure(move |x| turn(&x[0], 0.7), move |_, _, g| vec![turn(g, 0.7 * back)])
}

fn pairs(draw: &mut Draw) -> Case {
    let n = draw.size_nonzero();
    Case::of([("x", draw.normal(Shape::new(&[n, 2])))])
}

/// Two heads side by side: `[T, 2 H]` to `[2, T, H]`, whose gradient is put back with or without the transpose.
fn heads(by_reshape: bool) -> Recipe {
    pure(
        |x| {
            let (t, w) = mat(&x[0]).dim();
            let cut = x[0]
                .as_standard_layout()
                .into_owned()
                .into_shape_with_order((t, 2, w / 2))
                .expect("two heads");
            cut.permuted_axes([1, 0, 2])
                .as_standard_layout()
                .into_owned()
                .into_dyn()
        },
        move |x, _, g| {
            let (t, w) = mat(&x[0]).dim();
            let g = g.clone().into_dimensionality::<ndarray::Ix3>().expect("heads");
            let g = if by_reshape { g } else { g.permuted_axes([1, 0, 2]) };
            let flat: Vec<f64> = g.as_standard_layout().iter().copied().collect();
            vec![
                Array2::from_shape_vec((t, w), flat)
                    .expect("as many entries")
                    .into_dyn(),
            ]
        },
    )
}

fn even(draw: &mut Draw) -> Case {
    let (t, h) = (draw.size_nonzero(), draw.size_nonzero());
    Case::of([("x", draw.normal(Shape::new(&[t, 2 * h])))])
}

pub fn entries() -> Vec<Entry> {
    let small = || [m(&[[1.0, 0.0]]), m(&[[1.0, 0.0], [0.0, 1.0]]), m(&[[1.0], [2.0]])];
    let square = || {
        let a = m(&[[1.0, 0.5], [0.2, 1.0]]);
        [a.clone(), m(&[[0.3, 0.1], [1.0, 0.7]]), m(&[[1.0, 0.0], [0.5, 2.0]])]
    };
    let masked = || {
        [
            m(&[[1.0]]),
            m(&[[1.0], [2.0]]),
            m(&[[1.0], [2.0]]),
            crate::hand::v(&[1.0, 0.0]),
        ]
    };
    vec![
        wrong(
            "attention-scale-lost",
            "course: CS224n",
            "the gradient of the scores is not divided by sqrt(D)",
            "scale|sqrt|root|factor|divid|width|temperature",
        )
        .on(attention_case)
        .by(attention(false, Slip::NoScale))
        .defined_by(formula)
        .shows_at(small()),
        wrong(
            "attention-scale-twice",
            "course: CS224n",
            "divided by sqrt(D) once in the scores and again in the gradient of q and k",
            "scale|sqrt|root|factor|divid|width|temperature|twice",
        )
        .on(attention_case)
        .by(attention(false, Slip::ScaleTwice))
        .shows_at(small()),
        wrong(
            "attention-scale-of-queries",
            "course: transformers from scratch",
            "the scale is missing for q only",
            "scale|sqrt|root|factor|width",
        )
        .on(attention_case)
        .by(attention(false, Slip::KeysScaleOnly))
        .defined_by(formula)
        .shows_at(small()),
        wrong(
            "attention-keys-untransposed",
            "course: transformers from scratch",
            "the scores' gradient is not transposed for the keys; with as many queries as keys it runs",
            "transpos|axes",
        )
        .on(square_case)
        .by(attention(false, Slip::KeysUntransposed))
        .defined_by(formula)
        .shows_at(square()),
        wrong(
            "attention-values-untransposed",
            "course: transformers from scratch",
            "p instead of its transpose in the gradient of the values",
            "transpos|axes",
        )
        .on(square_case)
        .by(attention(false, Slip::ValuesUntransposed))
        .defined_by(formula)
        .shows_at(square()),
        wrong(
            "attention-softmax-over-queries",
            "course: transformers from scratch",
            "backward of softmax sums over the queries instead of the keys",
            "axis|queries|keys|column|rows|sum over|transpos",
        )
        .on(square_case)
        .by(attention(false, Slip::OverQueries))
        .defined_by(formula)
        .shows_at(square()),
        wrong(
            "attention-softmax-without-mean",
            "HKUSTDial/flash-sparse-attention#109",
            "the weighted mean of the row is not subtracted",
            "mean|sum|subtract|term|softmax|normali|denominator|missing",
        )
        .on(attention_case)
        .by(attention(false, Slip::NoMean))
        .defined_by(formula)
        .shows_at(small()),
        wrong(
            "attention-keys-values-exchanged",
            "course: transformers from scratch",
            "the gradients of keys and values are returned in the wrong order",
            "swapped|exchang|order|other operand",
        )
        .on(square_case)
        .by(attention(false, Slip::KeysValuesExchanged))
        .shows_at(square()),
        wrong(
            "attention-query-by-itself",
            "course: transformers from scratch",
            "the gradient of q is made from q instead of k",
            "operand|swapped|other|exchang|itself",
        )
        .on(square_case)
        .by(attention(false, Slip::QueryOwn))
        .defined_by(formula)
        .shows_at(square()),
        wrong(
            "attention-mask-shifted",
            "course: transformers from scratch",
            "backward recomputes the weights with a mask that is off by one key",
            "mask|off by one|shift|index|key",
        )
        .on(masked_case)
        .by(attention(true, Slip::MaskShifted))
        .shows_at(masked()),
        wrong(
            "attention-mask-forgotten",
            "meta-pytorch/MSLK#260",
            "backward recomputes the weights without the mask",
            "mask|missing|all keys|without",
        )
        .on(masked_case)
        .by(attention(true, Slip::MaskForgotten))
        .shows_at(masked()),
        wrong(
            "rotation-same-direction",
            "course: transformers from scratch",
            "the gradient is turned in the same direction as the positions and not back",
            "direction|inverse|transpos|angle|sign|turn|rotat|opposite|back",
        )
        .on(pairs)
        .by(rotated(1.0))
        .shows_at([m(&[[1.0, 0.0]])]),
        wrong(
            "rotation-not-turned",
            "course: transformers from scratch",
            "the gradient is handed back without turning it",
            "identity|turn|rotat|transpos|straight|missing|passed",
        )
        .on(pairs)
        .by(rotated(0.0))
        .shows_at([m(&[[1.0, 0.0]])]),
        wrong(
            "heads-put-back-by-reshape",
            "course: transformers from scratch",
            "the heads are put side by side by reshaping without the transpose",
            "transpos|reshape|axes|order|permut|heads",
        )
        .on(even)
        .by(heads(true))
        .shows_at([m(&[[0.0, 0.0], [0.0, 0.0]])]),
    ]
}
