//! Entries: from product-gradients-exchanged to residual-branch-lost.

use super::*;

/// The entries.
pub fn entries() -> Vec<Entry> {
    let two = || [m(&[[1.0, 2.0], [0.0, 1.0]]), m(&[[1.0, 0.0], [1.0, 1.0]])];
    let net = || [m(&[[1.0]]), m(&[[1.0]]), m(&[[2.0]])];
    vec![
        wrong(
            "product-gradients-exchanged",
            "course: matrix calculus",
            "the gradients of the two factors are returned in the wrong order",
            "order|swapped|exchang|other operand",
        )
        .on(square_product_case)
        .by(product(|a, b, g| [a.t().dot(&g).into_dyn(), g.dot(&b.t()).into_dyn()]))
        .shows_at(two()),
        wrong(
            "product-conjugate-sign",
            "course: matrix calculus",
            "the gradient of the left factor has the wrong sign",
            "sign|negat|minus",
        )
        .on(product_case)
        .by(product(|a, b, g| {
            [(-g.dot(&b.t())).into_dyn(), a.t().dot(&g).into_dyn()]
        }))
        .shows_at([m(&[[1.0]]), m(&[[1.0]])]),
        wrong(
            "batched-first-only",
            "NVIDIA/warp#147",
            "the weight's gradient comes from the first matrix of the batch only",
            "batch|sum|first|axis|missing|only",
        )
        .on(batched_case)
        .by(batched(|_| vec![0]))
        .defined_by(|x| x[0].matmul(x[1]))
        .shows_at([A::from_elem(vec![2, 1, 1], 1.0), m(&[[1.0]])]),
        wrong(
            "batched-not-summed-last-lost",
            "flashlight/flashlight#760",
            "the sum over the batch leaves out the last matrix",
            "batch|sum|last|axis|missing|off by one",
        )
        .on(batched_case)
        .by(batched(|n| (0..n - 1).collect()))
        .shows_at([A::from_elem(vec![1, 1, 1], 1.0), m(&[[1.0]])]),
        wrong(
            "outer-product-transposed",
            "harvard-edge/cs249r_book#1781",
            "A x: the gradient of A is x gᵀ, the outer product the wrong way round",
            "transpos|order|outer|axes|swapped",
        )
        .on(quadratic_case)
        .by(pure(
            |x| mat(&x[0]).dot(&vct(&x[1])).into_dyn(),
            |x, _, g| {
                let (a, b, g) = (mat(&x[0]), vct(&x[1]), vct(g));
                vec![
                    Array2::from_shape_fn(a.dim(), |(i, j)| b[i] * g[j]).into_dyn(),
                    a.t().dot(&g).into_dyn(),
                ]
            },
        ))
        .defined_by(|x| x[0].matmul(x[1]))
        .shows_at([m(&[[1.0, 0.0], [0.0, 1.0]]), v(&[1.0, 2.0])]),
        wrong(
            "quadratic-one-side",
            "course: matrix calculus",
            "xᵀ A x: A x without Aᵀ x",
            "transpos|half|term|path|use|once|missing|side|symmetr|left out|edge",
        )
        .on(quadratic_case)
        .by(quadratic(|a, x| a.dot(&x)))
        .shows_at([m(&[[1.0, 2.0], [0.0, 1.0]]), v(&[1.0, 1.0])]),
        wrong(
            "quadratic-as-symmetric",
            "course: matrix calculus",
            "2 A x, which is right only for symmetric A",
            "symmetr|transpos|twice|2",
        )
        .on(quadratic_case)
        .by(quadratic(|a, x| a.dot(&x) * 2.0))
        .shows_at([m(&[[1.0, 2.0], [0.0, 1.0]]), v(&[1.0, 1.0])]),
        wrong(
            "inverse-not-transposed",
            "course: matrix calculus",
            "-A⁻¹ g A⁻¹ without the transposes",
            "transpos",
        )
        .on(well_conditioned)
        .by(pure(
            |x| inverse2(&mat(&x[0])).into_dyn(),
            |_, y, g| {
                let y = mat(y);
                vec![(-y.dot(&mat(g)).dot(&y)).into_dyn()]
            },
        ))
        .defined_by(|x| x[0].inverse())
        .shows_at([m(&[[1.0, 0.5], [0.0, 1.0]])]),
        wrong(
            "logdet-not-transposed",
            "course: matrix calculus",
            "A⁻¹ instead of its transpose",
            "transpos",
        )
        .on(well_conditioned)
        .by(pure(
            |x| s((x[0][[0, 0]] * x[0][[1, 1]] - x[0][[0, 1]] * x[0][[1, 0]]).ln()),
            |x, _, g| vec![(inverse2(&mat(&x[0])) * g.sum()).into_dyn()],
        ))
        .shows_at([m(&[[1.0, 0.5], [0.0, 1.0]])]),
        wrong(
            "trace-everywhere",
            "course: matrix calculus",
            "the gradient of the trace is given to all entries and not to the diagonal",
            "diagonal|identity|mask|off",
        )
        .on(|draw| {
            let n = draw.size_nonzero() + 1;
            Case::of([("x", draw.normal(Shape::new(&[n, n])))])
        })
        .by(pure(
            |x| s(mat(&x[0]).diag().sum()),
            |x, _, g| vec![x[0].mapv(|_| g.sum())],
        ))
        .shows_at([m(&[[0.0, 0.0], [0.0, 0.0]])]),
        wrong(
            "two-layers-outer-sigmoid",
            "Bot-Academy/NeuralNetworkFromScratch#3",
            "the derivative of the last sigmoid is missing",
            "sigmoid|factor|outer|derivative|missing|activation|path",
        )
        .on(two_layers_case)
        .by(two_layers(TwoSlip::OuterSigmoid))
        .defined_by(|x| ops::sigmoid(ops::sigmoid(x[0].matmul(x[1])).matmul(x[2])))
        .shows_at(net()),
        wrong(
            "two-layers-hidden-sigmoid",
            "louisjc/mnist-neural-network#1",
            "the derivative of the hidden sigmoid is missing",
            "sigmoid|factor|hidden|inner|derivative|missing|activation",
        )
        .on(two_layers_case)
        .by(two_layers(TwoSlip::HiddenSigmoid))
        .defined_by(|x| ops::sigmoid(ops::sigmoid(x[0].matmul(x[1])).matmul(x[2])))
        .shows_at(net()),
        wrong(
            "two-layers-hidden-input",
            "unda-ml/unda#1",
            "the hidden sigmoid's derivative takes what goes into it, not what comes out",
            "input output|before|x y|input instead|pre|at input|other value|value instead",
        )
        .on(two_layers_case)
        .by(two_layers(TwoSlip::HiddenInput))
        .defined_by(|x| ops::sigmoid(ops::sigmoid(x[0].matmul(x[1])).matmul(x[2])))
        .shows_at(net()),
        wrong(
            "two-layers-updated-weights",
            "CodingTrain/Toy-Neural-Network-JS#72",
            "the second matrix is already updated when the gradient passes through it",
            "updat|changed|w2|other value|stale|step|learning",
        )
        .on(two_layers_case)
        .by(two_layers(TwoSlip::Updated))
        .shows_at(net()),
        wrong(
            "two-layers-weights-exchanged",
            "course: nn from scratch",
            "the gradients of the two matrices are exchanged",
            "swapped|exchang|order|shape|other",
        )
        .on(square_layers_case)
        .by(two_layers(TwoSlip::SwappedWeights))
        .shows_at(net()),
        wrong(
            "residual-skip-lost",
            "course: transformers from scratch",
            "the gradient of the skip connection is missing",
            "skip|residual|path|edge|term|identity|missing|left out",
        )
        .on(crate::entry::any)
        .by(residual(1.0, 0.0))
        .defined_by(|x| x[0] * x[0] + x[0])
        .shows_at([s(0.0)]),
        wrong(
            "residual-skip-twice",
            "course: transformers from scratch",
            "the gradient of the skip connection is added twice",
            "twice|doubl|skip|residual|path|edge|2",
        )
        .on(crate::entry::any)
        .by(residual(1.0, 2.0))
        .defined_by(|x| x[0] * x[0] + x[0])
        .shows_at([s(0.0)]),
        wrong(
            "residual-branch-lost",
            "course: transformers from scratch",
            "only the skip connection hands the gradient back",
            "branch|path|edge|term|missing|left out|identity",
        )
        .on(crate::entry::any)
        .by(residual(0.0, 1.0))
        .defined_by(|x| x[0] * x[0] + x[0])
        .shows_at([s(1.0)]),
    ]
}
