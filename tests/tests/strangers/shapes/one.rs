//! Entries: from strided-slice-whole-span to dropout-by-output.

use super::*;

/// The entries.
pub fn entries() -> Vec<Entry> {
    vec![
        wrong(
            "strided-slice-whole-span",
            "ml-explore/mlx#4444",
            "every second entry: the gradient is spread over the whole step instead of its first place",
            "step|stride|span|spread|entry|between|place|even|every",
        )
        .on(vector)
        .by(moved(|n| n.div_ceil(2), |i, _| 2 * i, |i, _| vec![2 * i, 2 * i + 1]))
        .shows_at([v(&[0.0, 0.0])]),
        wrong(
            "strided-slice-contiguous",
            "jax-ml/jax#4599",
            "every second entry: the gradient is written one beside the other without the step",
            "step|stride|place|index|position|shift|contiguous",
        )
        .on(vector)
        .by(moved(|n| n.div_ceil(2), |i, _| 2 * i, |i, _| vec![i]))
        .shows_at([v(&[0.0, 0.0, 0.0])]),
        wrong(
            "slice-off-by-one",
            "PaddlePaddle/Research#163",
            "all but the first: the gradient is put one place too early",
            "off by one|shift|offset|place|position|index|one",
        )
        .on(two_or_more)
        .by(moved(|n| n - 1, |i, _| i + 1, |i, _| vec![i]))
        .defined_by(|x| {
            let n = x[0].shape().len();
            x[0].slice(0, 1..n)
        })
        .shows_at([v(&[0.0, 0.0])]),
        wrong(
            "reverse-not-reversed",
            "course: tensors from scratch",
            "the gradient of a reversed vector is not reversed",
            "revers|flip|order|direction",
        )
        .on(two_or_more)
        .by(moved(|n| n, |i, n| n - 1 - i, |i, _| vec![i]))
        .defined_by(|x| x[0].flip(0))
        .shows_at([v(&[0.0, 0.0])]),
        wrong(
            "roll-same-direction",
            "course: tensors from scratch",
            "the gradient is rolled in the same direction as the value",
            "direction|roll|shift|inverse|opposite|other way|permut|order",
        )
        .on(two_or_more)
        .by(moved(|n| n, |i, n| (i + 1) % n, |i, n| vec![(i + n - 1) % n]))
        .shows_at([v(&[0.0, 0.0, 0.0])]),
        wrong(
            "pad-crop-offset",
            "elixir-nx/nx#143",
            "padded with one zero in front: the gradient is cropped from the start and not from the second place",
            "off by one|shift|offset|pad|crop|place|position|index",
        )
        .on(vector)
        .by(pure(
            |x| v(&[vec![0.0], vct(&x[0]).to_vec(), vec![0.0]].concat()),
            |x, _, g| vec![v(&vct(g).to_vec()[..x[0].len()])],
        ))
        .shows_at([v(&[0.0])]),
        wrong(
            "repeat-takes-first",
            "eaplatanios/tensorflow_scala#46",
            "each entry stands twice in the result; only the first copy's gradient is taken",
            "sum|copy|first|repeat|twice|path|half|missing|broadcast|once",
        )
        .on(vector)
        .by(moved(
            |n| 2 * n,
            |i, n| i % n,
            |i, n| if i < n { vec![i] } else { vec![] },
        ))
        .shows_at([v(&[0.0])]),
        wrong(
            "repeat-interleaved",
            "course: tensors from scratch",
            "tiled in forward, gathered as if interleaved in backward",
            "order|interleav|tile|reshape|place|index|permut|axis|axes",
        )
        .on(two_or_more)
        .by(moved(|n| 2 * n, |i, n| i % n, |i, _| vec![i / 2]))
        .shows_at([v(&[0.0, 0.0])]),
        wrong(
            "transpose-by-reshape",
            "course: tensors from scratch",
            "the gradient is reshaped to the operand instead of transposed",
            "transpos|reshape|axes|order|permut",
        )
        .on(matrix)
        .by(pure(
            |x| mat(&x[0]).t().to_owned().into_dyn(),
            |x, _, g| {
                let flat: Vec<f64> = g.as_standard_layout().iter().copied().collect();
                vec![A::from_shape_vec(x[0].raw_dim(), flat).expect("as many entries")]
            },
        ))
        .defined_by(|x| x[0].t())
        .shows_at([m(&[[0.0, 0.0], [0.0, 0.0]])]),
        wrong(
            "transpose-forgotten",
            "course: tensors from scratch",
            "the gradient is handed back as it came; with square matrices it runs",
            "transpos|axes|permut|identity",
        )
        .on(square)
        .by(pure(
            |x| mat(&x[0]).t().to_owned().into_dyn(),
            |_, _, g| vec![g.clone()],
        ))
        .defined_by(|x| x[0].t())
        .shows_at([m(&[[0.0, 0.0], [0.0, 0.0]])]),
        wrong(
            "join-cut-at-second",
            "tenstorrent/tt-metal#47306",
            "g is cut at the length of the second part",
            "cut|split|offset|size|length|shape|place",
        )
        .on(two_vectors)
        .by(joined(|_, k| k, false))
        .shows_at([v(&[0.0]), v(&[0.0, 0.0])]),
        wrong(
            "join-exchanged",
            "course: tensors from scratch",
            "the parts of g are handed back in the wrong order",
            "order|swapped|exchang|other operand",
        )
        .on(two_equal_vectors)
        .by(joined(|n, _| n, true))
        .defined_by(|x| ops::concat(x, 0))
        .shows_at([v(&[0.0]), v(&[0.0])]),
        wrong(
            "triangle-without-diagonal",
            "course: transformers from scratch",
            "the gradient of the diagonal is masked too",
            "diagonal|mask|strict|off by one|triang",
        )
        .on(square)
        .by(triangle(|i, j| j < i))
        .defined_by(|x| x[0].tril())
        .shows_at([m(&[[0.0, 0.0], [0.0, 0.0]])]),
        wrong(
            "triangle-other-half",
            "course: transformers from scratch",
            "the gradient goes to the upper triangle",
            "upper|transpos|mask|triang|lower|other",
        )
        .on(square)
        .by(triangle(|i, j| j >= i))
        .defined_by(|x| x[0].tril())
        .shows_at([m(&[[0.0, 0.0], [0.0, 0.0]])]),
        wrong(
            "triangle-unmasked",
            "course: transformers from scratch",
            "the gradient is not masked",
            "mask|identity|triang|missing|upper|straight|passed",
        )
        .on(square)
        .by(triangle(|_, _| true))
        .defined_by(|x| x[0].tril())
        .shows_at([m(&[[0.0, 0.0], [0.0, 0.0]])]),
        wrong(
            "sort-permuted-again",
            "course: algorithms",
            "the gradient is permuted by the order and not by its inverse",
            "inverse|permut|order|sort|place",
        )
        .on(distinct)
        .by(pure(
            |x| {
                v(&{
                    let x = vct(&x[0]).to_vec();
                    order(&x).iter().map(|&i| x[i]).collect::<Vec<_>>()
                })
            },
            |x, _, g| {
                vec![v(&order(&vct(&x[0]).to_vec())
                    .iter()
                    .map(|&i| g[i])
                    .collect::<Vec<_>>())]
            },
        ))
        .shows_at([v(&[1.0, 2.0, 0.0])]),
        wrong(
            "sort-not-permuted",
            "course: algorithms",
            "the gradient is handed back in sorted order",
            "permut|order|sort|place|identity|inverse",
        )
        .on(distinct)
        .by(pure(
            |x| {
                v(&{
                    let x = vct(&x[0]).to_vec();
                    order(&x).iter().map(|&i| x[i]).collect::<Vec<_>>()
                })
            },
            |_, _, g| vec![g.clone()],
        ))
        .shows_at([v(&[1.0, 0.0])]),
        wrong(
            "choice-mask-inverted",
            "course: tensors from scratch",
            "the mask is used the wrong way round",
            "mask|swapped|exchang|invert|negat|other operand|opposite",
        )
        .on(choose_case)
        .by(choose(|g, m| if m == 0.0 { (g, 0.0) } else { (0.0, g) }))
        .defined_by(|x| ops::where_(x[2], x[0], x[1]))
        .shows_at([s(0.0), s(0.0), s(1.0)]),
        wrong(
            "choice-mask-forgotten",
            "course: tensors from scratch",
            "both get the whole gradient",
            "mask|both|missing|all",
        )
        .on(choose_case)
        .by(choose(|g, _| (g, g)))
        .defined_by(|x| ops::where_(x[2], x[0], x[1]))
        .shows_at([s(0.0), s(0.0), s(1.0)]),
        wrong(
            "choice-second-lost",
            "course: tensors from scratch",
            "the second operand gets no gradient",
            "second|is 0|gets 0|zero|no gradient|missing|constant",
        )
        .on(choose_case)
        .by(choose(|g, m| if m == 0.0 { (0.0, 0.0) } else { (g, 0.0) }))
        .shows_at([s(0.0), s(0.0), s(0.0)]),
        wrong(
            "dropout-mask-lost",
            "ddbourgin/numpy-ml#94",
            "the mask of forward is not applied to the gradient",
            "mask|missing|identity|dropped",
        )
        .on(with_mask)
        .by(pure(|x| &x[0] * &x[1] / 0.8, |x, _, g| vec![g / 0.8, zeros(&x[1])]))
        .defined_by(|x| ops::dropout(x[0], x[1], 0.8))
        .shows_at([s(1.0), s(0.0)]),
        wrong(
            "dropout-scale-lost",
            "vlfeat/matconvnet#775",
            "the kept entries are scaled in forward, their gradient is not",
            "scale|factor|0.8|keep|1.25|divid",
        )
        .on(with_mask)
        .by(pure(|x| &x[0] * &x[1] / 0.8, |x, _, g| vec![g * &x[1], zeros(&x[1])]))
        .defined_by(|x| ops::dropout(x[0], x[1], 0.8))
        .shows_at([s(1.0), s(1.0)]),
        wrong(
            "dropout-scale-twice",
            "HomericIntelligence/Odyssey#2197",
            "the gradient is scaled by the mask, which was scaled already, and again",
            "twice|scale|factor|0.8|keep|divid",
        )
        .on(with_mask)
        .by(pure(
            |x| &x[0] * &x[1] / 0.8,
            |x, _, g| vec![g * &x[1] / 0.64, zeros(&x[1])],
        ))
        .shows_at([s(1.0), s(1.0)]),
        wrong(
            "dropout-by-output",
            "kaldi-asr/kaldi#3890",
            "no mask is kept: an input of 0 that was dropped still gets the gradient",
            "zero|at 0|mask|x = 0|dropped|exactly",
        )
        .on(|draw| {
            let mut case = with_mask(draw);
            case.operands[0]
                .value
                .mapv_inplace(|x| if x.abs() < 0.5 { 0.0 } else { x });
            case
        })
        .by(pure(
            |x| &x[0] * &x[1] / 0.8,
            |x, y, g| {
                let scale = crate::hand::zip(&x[0], y, |x, y| if x == 0.0 { 1.25 } else { y / x });
                vec![g * &scale, zeros(&x[1])]
            },
        ))
        .shows_at([s(0.0), s(0.0)]),
    ]
}
