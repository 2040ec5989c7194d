//! Entries: from right-linear to right-squared-distance.

use super::*;

/// The entries.
pub fn entries() -> Vec<Entry> {
    let ce = |smoothing, temperature, ignoring| {
        cross_entropy(Entropy {
            smoothing,
            temperature,
            ignoring,
            slip: softmax::Slip::None,
        })
    };
    vec![
        right("right-linear", "course: CS231n", "the plain layer")
            .by(linear(|x, w, g| {
                [g.dot(&w).into_dyn(), g.t().dot(&x).into_dyn(), down(&g).into_dyn()]
            }))
            .on(linear_case)
            .defined_by(|x| ops::linear(x[0], x[1], Some(x[2]))),
        right(
            "right-linear-by-loops",
            "course: nn from scratch",
            "three loops instead of products, filled from the end",
        )
        .by(linear(|x, w, g| {
            let (mut g_x, mut g_w, mut g_b) = (
                Array2::zeros(x.dim()),
                Array2::zeros(w.dim()),
                ndarray::Array1::zeros(w.nrows()),
            );
            for i in (0..x.nrows()).rev() {
                for j in (0..w.nrows()).rev() {
                    g_b[j] += g[[i, j]];
                    for k in (0..w.ncols()).rev() {
                        g_x[[i, k]] += g[[i, j]] * w[[j, k]];
                        g_w[[j, k]] += g[[i, j]] * x[[i, k]];
                    }
                }
            }
            [g_x.into_dyn(), g_w.into_dyn(), g_b.into_dyn()]
        }))
        .on(linear_case),
        right(
            "right-linear-bias-by-ones",
            "course: deeplearning.ai",
            "the bias's gradient as a product with a vector of ones",
        )
        .by(linear(|x, w, g| {
            let ones = ndarray::Array1::ones(g.nrows());
            [
                g.dot(&w).into_dyn(),
                x.t().dot(&g).reversed_axes().into_dyn(),
                ones.dot(&g).into_dyn(),
            ]
        }))
        .on(linear_case),
        right("right-two-layers", "course: nn from scratch", "a network of two layers")
            .by(two_layers(TwoSlip::None))
            .on(two_layers_case),
        right("right-tied-weights", "karpathy/micrograd#2", "one matrix in two places")
            .by(tied())
            .on(tied_case),
        right(
            "right-cache-taken",
            "course: Rust",
            "backward() takes the stored value and stops if it is called again",
        )
        .by(taken(true))
        .on(any)
        .defined_by(|x| ops::tanh(x[0])),
        right(
            "right-cache-taken-and-recomputed",
            "course: memory",
            "backward() takes the stored value and computes it again if it is gone",
        )
        .by(taken(false))
        .on(any),
        right(
            "right-nothing-stored",
            "course: checkpointing",
            "only the input is kept, everything is recomputed",
        )
        .by(pure(
            |x| x[0].mapv(|x| (x.sin() + 2.0).ln()),
            |x, _, g| vec![zip(g, &x[0], |g, x| g * x.cos() / (x.sin() + 2.0))],
        ))
        .on(any),
        right(
            "right-backward-swaps-buffers",
            "course: memory",
            "two buffers change places at each forward()",
        )
        .by(remembering(
            |memory, x| {
                memory.kept.insert(0, x[0].clone());
                memory.kept.truncate(2);
                x[0].mapv(|x| x * x)
            },
            |memory, g| vec![zip(g, &memory.kept[0], |g, x| 2.0 * g * x)],
        ))
        .on(any),
        right(
            "right-counts-calls",
            "course: Rust",
            "a counter of calls that has no effect",
        )
        .by(remembering(
            |memory, x| {
                memory.x = x.to_vec();
                x[0].mapv(f64::exp)
            },
            |memory, g| {
                let _ = memory.calls;
                vec![zip(g, &memory.x[0], |g, x| g * x.exp())]
            },
        ))
        .on(any),
        right(
            "right-hashed-dropout",
            "course: JAX",
            "a mask that is a function of the place, the same in both directions",
        )
        .by(hashed_mask())
        .on(any),
        right("right-column-order", "course: Fortran", "gradients in column order")
            .by(column_order())
            .on(product_case)
            .defined_by(|x| x[0].matmul(x[1])),
        right("right-layer-norm", "camlab-ethz/poseidon#6", "the biased variance")
            .by(norm(false, norms::Slip::None))
            .on(norm_case)
            .defined_by(|x| ops::layer_norm(x[0], Some(x[1]), Some(x[2]), 0.1)),
        right(
            "right-layer-norm-one-pass",
            "camlab-ethz/poseidon#6",
            "the variance as mean of squares minus square of the mean",
        )
        .by(one_pass_norm())
        .on(matrix),
        right(
            "right-batch-norm",
            "BVLC/caffe#3878",
            "three terms though there are four paths: the fourth is 0",
        )
        .by(norm(true, norms::Slip::None))
        .on(norm_case),
        right(
            "right-batch-norm-without-zero-term",
            "AlexeyAB/darknet#4605",
            "the mean's gradient without the variance's share, which adds up to 0",
        )
        .by(stepwise_norm(false))
        .on(matrix),
        right(
            "right-batch-norm-with-zero-term",
            "pjreddie/darknet#29",
            "the mean's gradient with the variance's share, which adds up to 0",
        )
        .by(stepwise_norm(true))
        .on(matrix),
        right(
            "right-rms-norm",
            "course: transformers from scratch",
            "no mean is taken out",
        )
        .by(rms(RmsSlip::None))
        .on(rms_case)
        .defined_by(|x| ops::rms_norm(x[0], Some(x[1]), 0.1)),
        right(
            "right-cross-entropy",
            "janchorowski/nn_assignments#21",
            "divided by the batch once, in the loss",
        )
        .by(ce(0.0, 1.0, false))
        .on(classes)
        .defined_by(|x| ops::cross_entropy(x[0], x[1], None, ops::Reduction::Mean)),
        right(
            "right-cross-entropy-smoothed",
            "TimDettmers/ConvE#55",
            "a share of the label on all classes",
        )
        .by(ce(0.2, 1.0, false))
        .on(classes),
        right(
            "right-cross-entropy-warm",
            "course: distillation",
            "divided by a temperature of 3",
        )
        .by(ce(0.0, 3.0, false))
        .on(classes),
        right(
            "right-cross-entropy-ignoring",
            "pytorch/pytorch#30984",
            "class 0 does not count; a batch of only such rows has loss 0",
        )
        .by(ce(0.0, 1.0, true))
        .on(classes),
        right("right-attention", "course: CS224n", "one head")
            .by(attention(false, attention::Slip::None))
            .on(attention_case),
        right(
            "right-attention-masked-by-billion",
            "mila-iqia/blocks#581",
            "unseen keys get -1e9",
        )
        .by(attention(true, attention::Slip::None))
        .on(masked_case),
        right(
            "right-attention-in-one-pass",
            "leloykun/flash-attention-minimal#1",
            "weights are recomputed from the sums, row by row",
        )
        .by(flash())
        .on(sequence_case),
        right(
            "right-convolution",
            "ddbourgin/numpy-ml#27",
            "the kernel is not flipped, and need not be: forward does not flip it either",
        )
        .by(convolution(2, 1, 0, convolution::Slip::None))
        .on(convolution_case),
        right(
            "right-convolution-strided-and-padded",
            "PKUFlyingPig/CMU10-714#6",
            "a stride that does not divide the length",
        )
        .by(convolution(2, 2, 1, convolution::Slip::None))
        .on(convolution_case),
        right("right-embedding", "FluxML/Flux.jl#1516", "equal ids add up")
            .by(embedding(1.0, |ids, g, out| {
                ids.iter()
                    .enumerate()
                    .for_each(|(i, &id)| out.row_mut(id).scaled_add(1.0, &g.row(i)))
            }))
            .on(embedding_case)
            .defined_by(|x| ops::embedding(x[0], x[1])),
        right("right-rnn", "course: CS231n", "unrolled by hand")
            .by(rnn(recurrent::Slip::None))
            .on(rnn_case),
        right("right-lstm-step", "course: CS224n", "one step")
            .by(lstm_step(Gate::None))
            .on(lstm_case),
        right("right-gru-step", "course: CS224n", "one step")
            .by(gru_step(Gru::None))
            .on(gru_case),
        right(
            "right-broadcast-by-hand",
            "course: tensors from scratch",
            "a row is repeated and its gradient summed",
        )
        .by(pure(
            |x| (mat(&x[0]) * &vct(&x[1])).into_dyn(),
            |x, _, g| {
                vec![
                    (mat(g) * &vct(&x[1])).into_dyn(),
                    down(&(mat(g) * mat(&x[0]))).into_dyn(),
                ]
            },
        ))
        .on(|draw| {
            let (n, k) = (draw.size_nonzero(), draw.size_nonzero());
            Case::of([
                ("a", draw.normal(Shape::new(&[n, k]))),
                ("b", draw.normal(Shape::new(&[k]))),
            ])
        })
        .defined_by(|x| x[0] * x[1]),
        right(
            "right-squared-distance",
            "huggingface/sentence-transformers#4033",
            "a² - 2 a b + b² differentiated term by term",
        )
        .by(pure(
            |x| s((&x[0] * &x[0]).sum() - 2.0 * (&x[0] * &x[1]).sum() + (&x[1] * &x[1]).sum()),
            |x, _, g| {
                vec![
                    (&x[0] * 2.0 - &x[1] * 2.0) * g.sum(),
                    (&x[1] * 2.0 - &x[0] * 2.0) * g.sum(),
                ]
            },
        ))
        .on(two),
    ]
}
