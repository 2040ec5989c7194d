//! Convolutions and pooling along one axis.

use ndarray::Array2;
use tapegrad_autograd::Shape;
use tapegrad_autograd::check::{Case, Draw};

use crate::entry::{Entry, wrong};
use crate::hand::{A, Recipe, m, mat, pure, v, vct, zeros};

/// What a student gets wrong in a convolution.
#[derive(Clone, Copy, PartialEq)]
pub enum Slip {
    None,
    WeightAveraged,
    KernelReversed,
    StrideForgotten,
    PadOffset,
    BiasLast,
    TailLost,
    ChannelOfOther,
    WeightWindowShifted,
    ChannelsNotSummed,
}

/// `y[o, t] = b[o] + Σ w[o, c·K + k] x[c, t·stride + k - pad]` with kernels of `width`; x is `[C, N]`, w `[O, C·K]`.
pub fn convolution(width: usize, stride: usize, pad: usize, slip: Slip) -> Recipe {
    pure(
        move |x| {
            let (a, w, b) = (mat(&x[0]), mat(&x[1]), vct(&x[2]));
            let len = (a.ncols() + 2 * pad - width) / stride + 1;
            let mut y = Array2::zeros((w.nrows(), len));
            for ((o, t), y) in y.indexed_iter_mut() {
                *y = b[o];
                for (c, k) in pairs(a.nrows(), width) {
                    if let Some(i) = place(t * stride + k, pad, a.ncols()) {
                        *y += w[[o, c * width + k]] * a[[c, i]];
                    }
                }
            }
            y.into_dyn()
        },
        move |x, _, g| {
            let (a, w, g) = (mat(&x[0]), mat(&x[1]), mat(g));
            let (mut g_a, mut g_w) = (Array2::<f64>::zeros(a.dim()), Array2::<f64>::zeros(w.dim()));
            let mut g_b = vct(&zeros(&x[2]));
            let positions = g.ncols() as f64;
            for ((o, t), &g) in g.indexed_iter() {
                g_b[o] = if slip == Slip::BiasLast { g } else { g_b[o] + g };
                for (c, k) in pairs(a.nrows(), width) {
                    let step = if slip == Slip::StrideForgotten { 1 } else { stride };
                    if let Some(i) = place(t * stride + k, pad, a.ncols()) {
                        let by = if slip == Slip::WeightAveraged {
                            1.0 / positions
                        } else {
                            1.0
                        };
                        let seen = if slip == Slip::WeightWindowShifted {
                            (i + 1) % a.ncols()
                        } else {
                            i
                        };
                        g_w[[o, c * width + k]] += by * g * a[[c, seen]];
                    }
                    let offset = if slip == Slip::PadOffset { 0 } else { pad };
                    let Some(i) = place(t * step + k, offset, a.ncols()) else {
                        continue;
                    };
                    if slip == Slip::TailLost && i + 1 == a.ncols() {
                        continue;
                    }
                    let k = if slip == Slip::KernelReversed { width - 1 - k } else { k };
                    let row = if slip == Slip::ChannelOfOther { o % a.nrows() } else { c };
                    if slip == Slip::ChannelsNotSummed {
                        g_a[[row, i]] = g * w[[o, c * width + k]];
                    } else {
                        g_a[[row, i]] += g * w[[o, c * width + k]];
                    }
                }
            }
            vec![g_a.into_dyn(), g_w.into_dyn(), g_b.into_dyn()]
        },
    )
}

fn pairs(channels: usize, width: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..channels).flat_map(move |c| (0..width).map(move |k| (c, k)))
}

fn place(at: usize, pad: usize, len: usize) -> Option<usize> {
    at.checked_sub(pad).filter(|&i| i < len)
}

/// A signal `[C, N]`, kernels `[O, C·2]` and a bias.
pub fn convolution_case(draw: &mut Draw) -> Case {
    let (c, n, o) = (draw.size_nonzero(), draw.size_nonzero() + 1, draw.size_nonzero());
    let x = draw.normal(Shape::new(&[c, n]));
    Case::of([("x", x)])
        .with_param("w", draw.normal(Shape::new(&[o, 2 * c])))
        .with_param("b", draw.normal(Shape::new(&[o])))
}

/// Windows of `width` every `stride` places of a vector: the largest of each; the gradient is written or added.
fn pooled(width: usize, stride: usize, slip: Pool) -> Recipe {
    let windows = move |n: usize| (0..=(n - width) / stride).map(move |t| t * stride..t * stride + width);
    let largest = |x: &A, window: std::ops::Range<usize>| {
        window
            .clone()
            .fold(window.start, |best, i| if x[i] > x[best] { i } else { best })
    };
    pure(
        move |x| v(&windows(x[0].len()).map(|w| x[0][largest(&x[0], w)]).collect::<Vec<_>>()),
        move |x, _, g| {
            let mut out = zeros(&x[0]);
            for (t, w) in windows(x[0].len()).enumerate() {
                let i = largest(&x[0], w.clone());
                match slip {
                    Pool::Overwritten => out[i] = g[t],
                    Pool::PlaceInWindow => out[i - w.start] += g[t],
                    Pool::Spread => w.for_each(|i| out[i] += g[t] / width as f64),
                    Pool::First => out[w.start] += g[t],
                }
            }
            vec![out]
        },
    )
}

/// What goes wrong in the gradient of pooling.
#[derive(Clone, Copy)]
enum Pool {
    Overwritten,
    PlaceInWindow,
    Spread,
    First,
}

fn distinct(draw: &mut Draw) -> Case {
    let n = draw.size_nonzero() + 1;
    Case::of([("x", draw.distinct(Shape::new(&[n])))])
}

/// The mean of each entry with its neighbours, where the ends have two instead of three.
fn smoothed(divisor: fn(usize, usize) -> f64) -> Recipe {
    let around = |i: usize, n: usize| i.saturating_sub(1)..(i + 2).min(n);
    pure(
        move |x| {
            let n = x[0].len();
            v(&(0..n)
                .map(|i| around(i, n).map(|j| x[0][j]).sum::<f64>() / around(i, n).len() as f64)
                .collect::<Vec<_>>())
        },
        move |x, _, g| {
            let n = x[0].len();
            let mut out = zeros(&x[0]);
            for i in 0..n {
                around(i, n).for_each(|j| out[j] += g[i] / divisor(around(i, n).len(), n));
            }
            vec![out]
        },
    )
}

pub fn entries() -> Vec<Entry> {
    let short = || [m(&[[1.0, 2.0]]), m(&[[1.0, 0.5]]), v(&[0.0])];
    let long = || [m(&[[1.0, 2.0, 3.0]]), m(&[[1.0, 0.5]]), v(&[0.0])];
    let longer = || [m(&[[1.0, 2.0, 3.0, 4.0]]), m(&[[1.0, 0.5]]), v(&[0.0])];
    let channels = || [m(&[[1.0, 2.0], [0.5, 1.0]]), m(&[[1.0, 0.5, 0.2, 0.1]]), v(&[0.0])];
    let plain = |slip| convolution(2, 1, 0, slip);
    vec![
        wrong(
            "convolution-weight-averaged",
            "sebgao/cTensor#3",
            "the kernel's gradient is divided by the number of positions",
            "mean|divid|average|position|count|sum",
        )
        .on(convolution_case)
        .by(plain(Slip::WeightAveraged))
        .shows_at(long()),
        wrong(
            "convolution-kernel-reversed",
            "wuziheng/CNN-Numpy#2",
            "the kernel is flipped once too often for the gradient of the input",
            "flip|revers|kernel|order|transpos",
        )
        .on(convolution_case)
        .by(plain(Slip::KernelReversed))
        .shows_at(short()),
        wrong(
            "convolution-stride-forgotten",
            "pytorch/xla#2333",
            "the stride is 2 in forward and 1 in the gradient of the input",
            "stride|step|place|position|index|shift",
        )
        .on(convolution_case)
        .by(convolution(2, 2, 0, Slip::StrideForgotten))
        .shows_at(longer()),
        wrong(
            "convolution-padding-offset",
            "PKUFlyingPig/CMU10-714#6",
            "the padding is not cut off, the gradient is shifted by it",
            "pad|shift|offset|place|index|crop|off by one",
        )
        .on(convolution_case)
        .by(convolution(2, 1, 1, Slip::PadOffset))
        .shows_at(short()),
        wrong(
            "convolution-bias-last-place",
            "course: CS231n",
            "the bias gets the gradient of the last position only",
            "sum|last|position|overwritten|axis|only|bias",
        )
        .on(convolution_case)
        .by(plain(Slip::BiasLast))
        .shows_at(long()),
        wrong(
            "convolution-tail-lost",
            "flagos-ai/FlagGems#1576",
            "the last place of the input gets nothing",
            "last|tail|end|edge|boundary|missing|entry",
        )
        .on(convolution_case)
        .by(plain(Slip::TailLost))
        .shows_at(short()),
        wrong(
            "convolution-wrong-channel",
            "NervanaSystems/neon#111",
            "the input's gradient is written to the channel of the output",
            "channel|index|axis|row|place|wrong",
        )
        .on(convolution_case)
        .by(plain(Slip::ChannelOfOther))
        .shows_at(channels()),
        wrong(
            "convolution-window-shifted",
            "course: CS231n",
            "the kernel's gradient looks at the place beside",
            "shift|off by one|place|index|window|beside|offset",
        )
        .on(convolution_case)
        .by(plain(Slip::WeightWindowShifted))
        .shows_at(short()),
        wrong(
            "convolution-overlap-overwritten",
            "course: CS231n",
            "where windows overlap, the last one overwrites the gradient",
            "overwritten|sum|accumulat|overlap|last|added",
        )
        .on(convolution_case)
        .by(plain(Slip::ChannelsNotSummed))
        .shows_at(long()),
        wrong(
            "pooling-overlap-overwritten",
            "FluxML/Flux.jl#1197",
            "an entry that is the largest of several windows gets the gradient of one",
            "overwritten|sum|accumulat|overlap|last|once|several|window|added",
        )
        .on(distinct)
        .by(pooled(2, 1, Pool::Overwritten))
        .shows_at([v(&[0.0, 1.0, 0.5])]),
        wrong(
            "pooling-place-in-window",
            "course: CNN from scratch",
            "the place within the window is taken for the place in the input",
            "place|index|offset|window|position|shift",
        )
        .on(distinct)
        .by(pooled(2, 1, Pool::PlaceInWindow))
        .shows_at([v(&[0.0, 1.0, 2.0])]),
        wrong(
            "pooling-spread",
            "course: CNN from scratch",
            "the gradient of the largest is spread over the window as for a mean",
            "mean|spread|mask|all|window|largest|argmax|divid|average",
        )
        .on(distinct)
        .by(pooled(2, 1, Pool::Spread))
        .shows_at([v(&[0.0, 1.0])]),
        wrong(
            "pooling-first-of-window",
            "guevara/read-it-later#8637",
            "the gradient goes to the first place of each window",
            "first|place|mask|largest|argmax|index|window|position",
        )
        .on(distinct)
        .by(pooled(2, 1, Pool::First))
        .shows_at([v(&[0.0, 1.0])]),
        wrong(
            "smoothing-ends-as-middle",
            "BVLC/caffe#6297",
            "the ends are divided by 3 though only two entries were averaged",
            "divid|end|edge|boundary|count|3|window|first|last|pad",
        )
        .on(distinct)
        .by(smoothed(|_, _| 3.0))
        .shows_at([v(&[0.0, 0.0])]),
        wrong(
            "smoothing-not-divided",
            "course: CNN from scratch",
            "the mean's divisor is missing",
            "divid|mean|count|sum|average|3|scale",
        )
        .on(distinct)
        .by(smoothed(|_, _| 1.0))
        .shows_at([v(&[0.0, 0.0])]),
    ]
}
