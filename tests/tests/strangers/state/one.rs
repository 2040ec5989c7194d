//! Entries: from gradient-adds-up to long-tail-forgotten.

use super::*;

/// The entries.
pub fn entries() -> Vec<Entry> {
    let small = || [m(&[[1.0]]), m(&[[1.0]]), v(&[0.0])];
    let one = |x: f64| [s(x)];
    vec![
        wrong(
            "gradient-adds-up",
            "karpathy/micrograd#102",
            "the gradient of w is added to that of the call before",
            "accumul|second call|before|previous|reset|state|again|call|zeroed",
        )
        .on(linear_case)
        .by(linear(|memory, g| {
            let [x, mut w, b] = right_gradients(memory, &g);
            if let Some(before) = memory.kept.first().filter(|before| before.shape() == w.shape()) {
                w += before;
            }
            memory.kept = vec![w.clone()];
            [x, w, b]
        }))
        .shows_at(small()),
        wrong(
            "gradient-of-x-adds-up",
            "apache/mxnet#17989",
            "the gradient of x is added to that of the call before",
            "accumul|second call|before|previous|reset|state|again|call|zeroed",
        )
        .on(any)
        .by(remembering(
            |memory, x| {
                memory.x = x.to_vec();
                x[0].mapv(f64::tanh)
            },
            |memory, g| {
                let mut now = zip(g, &memory.x[0], |g, x| g * (1.0 - x.tanh().powi(2)));
                if let Some(before) = memory.kept.first().filter(|before| before.shape() == now.shape()) {
                    now += before;
                }
                memory.kept = vec![now.clone()];
                vec![now]
            },
        ))
        .shows_at(one(0.0)),
        wrong(
            "first-input-kept",
            "course: nn from scratch",
            "only the first forward() stores its input, later ones find it stored",
            "stale|cache|first|old|second call|previous|state|before|forward",
        )
        .on(linear_case)
        .by(remembering(
            |memory, x| {
                if memory.x.is_empty() || memory.x[0].shape() != x[0].shape() {
                    memory.x = x.to_vec();
                }
                (mat(&x[0]).dot(&mat(&x[1]).t()) + &vct(&x[2])).into_dyn()
            },
            |memory, g| right_gradients(memory, &mat(g)).to_vec(),
        ))
        .shows_at(small()),
        wrong(
            "weights-of-construction",
            "course: nn from scratch",
            "backward uses the weights as they were when the module was made",
            "stale|construct|old|param|made|initial|state|copy",
        )
        .on(linear_case)
        .by(linear(|memory, g| {
            let w = mat(&memory.made[0]);
            let [_, g_w, b] = right_gradients(memory, &g);
            [g.dot(&w).into_dyn(), g_w, b]
        }))
        .shows_at(small()),
        wrong(
            "input-overwritten-by-output",
            "pytorch/pytorch#5871",
            "the layer works in place: the stored input is the output already",
            "in place|overwritten|output|input output|y x|x y|at y|stale|value instead",
        )
        .on(any)
        .by(remembering(
            |memory, x| {
                let y = x[0].mapv(f64::sin);
                memory.x = vec![y.clone()];
                y
            },
            |memory, g| vec![zip(g, &memory.x[0], |g, x| g * x.cos())],
        ))
        .shows_at(one(1.0)),
        wrong(
            "cache-used-up",
            "pytorch/pytorch#9391",
            "backward overwrites what it stored, so a second backward() differs; the first is scaled too",
            "second|twice|stored|overwritten|state|again|call|2|factor|scale",
        )
        .on(any)
        .by(remembering(
            |memory, x| {
                memory.x = x.to_vec();
                memory.kept = vec![];
                x[0].mapv(|x| x * x)
            },
            |memory, g| {
                memory.x[0] *= 2.0;
                let out = zip(g, &memory.x[0], |g, x| g * x);
                memory.x[0] *= 2.0;
                if memory.calls > 0 { vec![out * 2.0] } else { vec![out] }
            },
        ))
        .shows_at(one(1.0)),
        wrong(
            "second-call-halved",
            "course: nn from scratch",
            "a counter of calls leaks into the gradient",
            "call|second|state|count|again|stale|repeat|same",
        )
        .on(any)
        .by(remembering(
            |memory, x| {
                memory.x = x.to_vec();
                x[0].mapv(f64::exp)
            },
            |memory, g| vec![zip(g, &memory.x[0], |g, x| g * x.exp()) / (1 + memory.calls) as f64],
        ))
        .shows_at(one(0.0)),
        wrong(
            "mask-redrawn",
            "Benny-Nottonson/voodoo#19",
            "dropout draws another mask in backward",
            "mask|random|redrawn|differ|second|noise|same|repeat|state|determin",
        )
        .on(vector)
        .by(redrawn_mask())
        .shows_at([v(&[1.0, 1.0, 1.0, 1.0, 1.0, 1.0])]),
        wrong(
            "noise-in-gradient",
            "course: differential privacy",
            "a little noise is added to the gradient",
            "noise|random|differ|second|repeat|same|determin",
        )
        .on(any)
        .by(remembering(
            |memory, x| {
                memory.x = x.to_vec();
                x[0].mapv(f64::tanh)
            },
            |memory, g| {
                let mut out = zip(g, &memory.x[0], |g, x| g * (1.0 - x.tanh().powi(2)));
                out.iter_mut()
                    .enumerate()
                    .for_each(|(i, out)| *out += 1e-3 * noise(i, memory.calls));
                vec![out]
            },
        ))
        .shows_at(one(0.0)),
        wrong(
            "batch-size-of-first-call",
            "rinuboney/ladder#5",
            "the mean divides by the batch size of the first call",
            "batch|first|size|divid|stale|state|cache|call|other sizes",
        )
        .on(matrix)
        .by(remembering(
            |memory, x| {
                memory.x = x.to_vec();
                if memory.kept.is_empty() {
                    memory.kept = vec![s(2.0)];
                }
                mat(&x[0]).mean_axis(Axis(0)).expect("not empty").into_dyn()
            },
            |memory, g| {
                let dim = mat(&memory.x[0]).dim();
                vec![(vct(g).broadcast(dim).expect("it fits").to_owned() / memory.kept[0].sum()).into_dyn()]
            },
        ))
        .shows_at([m(&[[0.0]])]),
        wrong(
            "one-example-squeezed",
            "course: nn from scratch",
            "a batch of one example loses the gradient of the bias",
            "batch|one|size 1|single|squeez|bias|rows",
        )
        .on(linear_case)
        .by(linear(|memory, g| {
            let [x, w, b] = right_gradients(memory, &g);
            [x, w, if g.nrows() == 1 { b * 0.0 } else { b }]
        }))
        .shows_at(small()),
        wrong(
            "equal-sizes-transposed",
            "course: tensors from scratch",
            "if the matrix is square it is taken for transposed",
            "square|equal|transpos|size|rows",
        )
        .on(matrix)
        .by(pure(
            |x| x[0].mapv(|x| x * x),
            |x, _, g| {
                let a = zip(g, &x[0], |g, x| 2.0 * g * x);
                let a = mat(&a);
                vec![if a.nrows() == a.ncols() {
                    a.t().to_owned().into_dyn()
                } else {
                    a.into_dyn()
                }]
            },
        ))
        .shows_at([m(&[[1.0, 2.0], [0.0, 1.0]])]),
        wrong(
            "long-tail-forgotten",
            "course: SIMD",
            "the loop runs in blocks of four and forgets the rest of long vectors",
            "last|tail|rest|block|end|missing|long|entry|is 0|gets 0",
        )
        .on(long)
        .by(pure(
            |x| x[0].mapv(f64::tanh),
            |_, y, g| {
                let mut out = zip(g, y, |g, y| g * (1.0 - y * y));
                if out.len() > 8 {
                    let whole = out.len() / 4 * 4;
                    (whole..out.len()).for_each(|i| out[i] = 0.0);
                }
                vec![out]
            },
        ))
        .shows_at([v(&[0.0; 9])]),
    ]
}
