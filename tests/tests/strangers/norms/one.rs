//! Entries: from layer-norm-without-mean-term to share-of-absolutes-nan.

use super::*;

/// The entries.
pub fn entries() -> Vec<Entry> {
    let rows = || [m(&[[0.0, 1.0], [1.0, 3.0]]), v(&[1.0, 2.0]), v(&[0.0, 0.0])];
    let rms_row = || [m(&[[1.0, 2.0]]), v(&[1.0, 2.0])];
    let layer = |slip| norm(false, slip);
    let batch = |slip| norm(true, slip);
    vec![
        wrong(
            "layer-norm-without-mean-term",
            "course: transformers from scratch",
            "the path through the mean is missing",
            "mean|term|path|edge|centr|missing|detach|constant",
        )
        .on(norm_case)
        .by(layer(Slip::NoMeanTerm))
        .defined_by(|x| ops::layer_norm(x[0], Some(x[1]), Some(x[2]), EPSILON))
        .shows_at(rows()),
        wrong(
            "layer-norm-without-variance-term",
            "course: transformers from scratch",
            "the path through the variance is missing",
            "varian|deviation|term|path|edge|missing|constant|detach|std",
        )
        .on(norm_case)
        .by(layer(Slip::NoVarianceTerm))
        .defined_by(|x| ops::layer_norm(x[0], Some(x[1]), Some(x[2]), EPSILON))
        .shows_at(rows()),
        wrong(
            "layer-norm-epsilon-lost",
            "course: transformers from scratch",
            "epsilon is left out in backward",
            "epsilon|eps|constant",
        )
        .on(norm_case)
        .by(layer(Slip::NoEpsilon))
        .defined_by(|x| ops::layer_norm(x[0], Some(x[1]), Some(x[2]), EPSILON))
        .shows_at(rows()),
        wrong(
            "layer-norm-epsilon-outside",
            "pjreddie/darknet#1723",
            "epsilon is added to the root instead of under it",
            "epsilon|eps|constant|root",
        )
        .on(norm_case)
        .by(layer(Slip::EpsilonOutside))
        .shows_at(rows()),
        wrong(
            "layer-norm-one-less",
            "course: nn from scratch",
            "the means in backward divide by n - 1",
            "n - 1|n 1|divid|count|mean|unbiased|one less",
        )
        .on(norm_case)
        .by(layer(Slip::OneLess))
        .shows_at(rows()),
        wrong(
            "layer-norm-gamma-of-x",
            "course: transformers from scratch",
            "the gain's gradient takes x where the normalised x belongs",
            "gamma|normali|x instead|other value|input",
        )
        .on(norm_case)
        .by(layer(Slip::GammaOfX))
        .defined_by(|x| ops::layer_norm(x[0], Some(x[1]), Some(x[2]), EPSILON))
        .shows_at(rows()),
        wrong(
            "layer-norm-beta-mean",
            "course: nn from scratch",
            "the offset's gradient is averaged over the rows instead of summed",
            "mean|average|divid|sum|count|batch",
        )
        .on(norm_case)
        .by(layer(Slip::BetaMean))
        .defined_by(|x| ops::layer_norm(x[0], Some(x[1]), Some(x[2]), EPSILON))
        .shows_at(rows()),
        wrong(
            "layer-norm-gamma-forgotten",
            "course: transformers from scratch",
            "the gradient of x does not pass the gain",
            "gamma|factor|gain|weight|scale",
        )
        .on(norm_case)
        .by(layer(Slip::GammaForgotten))
        .defined_by(|x| ops::layer_norm(x[0], Some(x[1]), Some(x[2]), EPSILON))
        .shows_at(rows()),
        wrong(
            "layer-norm-first-row-only",
            "course: nn from scratch",
            "the gain's gradient comes from the first row alone",
            "sum|first|row|batch|only|missing",
        )
        .on(norm_case)
        .by(layer(Slip::GammaFirstRow))
        .shows_at(rows()),
        wrong(
            "layer-norm-affine-dead",
            "paiml/aprender#2196",
            "the gain never gets a gradient",
            "gamma|is 0|gets 0|zero|no gradient|missing|constant",
        )
        .on(norm_case)
        .by(layer(Slip::GammaZero))
        .shows_at(rows()),
        wrong(
            "layer-norm-variance-half",
            "mlpack/mlpack#1327",
            "the factor 2 of the squared deviation is lost",
            "2|half|factor|varian|term|scale",
        )
        .on(norm_case)
        .by(layer(Slip::HalfVariance))
        .shows_at(rows()),
        wrong(
            "batch-norm-constants",
            "course: CS231n",
            "mean and variance are taken as constants, as when the network only runs",
            "constant|mean|varian|path|term|detach|missing|statistic",
        )
        .on(norm_case)
        .by(batch(Slip::Constants))
        .shows_at(rows()),
        wrong(
            "batch-norm-mean-divided-twice",
            "mlpack/mlpack#2474",
            "the mean's term is divided by n twice",
            "divid|mean|twice|count|factor|batch",
        )
        .on(norm_case)
        .by(batch(Slip::MeanTermHalf))
        .shows_at(rows()),
        wrong(
            "batch-norm-without-variance",
            "course: CS231n",
            "only the mean is differentiated, not the deviation",
            "varian|deviation|term|path|edge|missing|constant|detach|std",
        )
        .on(norm_case)
        .by(batch(Slip::NoVarianceTerm))
        .shows_at(rows()),
        wrong(
            "batch-norm-over-rows",
            "course: CS231n",
            "backward is that of layer norm: it averages over the channels",
            "axis|rows|column|channel|batch|layer",
        )
        .on(norm_case)
        .by(over_rows())
        .shows_at(rows()),
        wrong(
            "rms-scale-constant",
            "ooples/AiDotNet#695",
            "the scale is taken as a constant though it depends on x",
            "constant|scale|term|path|rms|missing|detach|edge|root",
        )
        .on(rms_case)
        .by(rms(RmsSlip::ScaleConstant))
        .defined_by(|x| ops::rms_norm(x[0], Some(x[1]), EPSILON))
        .shows_at(rms_row()),
        wrong(
            "rms-weight-twice",
            "NVIDIA/Megatron-LM#6859",
            "the second term is multiplied by the weight twice",
            "gamma|twice|weight|factor|term|gain",
        )
        .on(rms_case)
        .by(rms(RmsSlip::GammaTwice))
        .defined_by(|x| ops::rms_norm(x[0], Some(x[1]), EPSILON))
        .shows_at(rms_row()),
        wrong(
            "rms-weight-forgotten",
            "karpathy/llm.c#763",
            "the gradient of x does not pass the weight",
            "gamma|weight|factor|gain|scale",
        )
        .on(rms_case)
        .by(rms(RmsSlip::GammaForgotten))
        .defined_by(|x| ops::rms_norm(x[0], Some(x[1]), EPSILON))
        .shows_at(rms_row()),
        wrong(
            "rms-weight-untouched",
            "paiml/trueno#178",
            "the weight's gradient is never written",
            "gamma|is 0|gets 0|zero|no gradient|missing|constant",
        )
        .on(rms_case)
        .by(rms(RmsSlip::GammaUntouched))
        .shows_at(rms_row()),
        wrong(
            "rms-weight-of-input",
            "unslothai/unsloth#4550",
            "the weight's gradient takes x and not the normalised x",
            "gamma|normali|scale|x instead|other value|input|factor|root",
        )
        .on(rms_case)
        .by(rms(RmsSlip::GammaOfInput))
        .shows_at(rms_row()),
        wrong(
            "rms-residual-normalised",
            "Dao-AILab/quack#53",
            "the gradient of the skip connection is added before the norm's derivative and not after",
            "residual|skip|path|edge|term|identity|missing",
        )
        .on(rms_case)
        .by(rms(RmsSlip::Residual))
        .shows_at(rms_row()),
        wrong(
            "deviation-divisor",
            "tinygrad/tinygrad#881",
            "forward divides by n - 1, backward by n",
            "n - 1|divid|count|unbiased|factor|scale",
        )
        .on(long)
        .by(deviation(|n| n - 1.0, |c, n, y| c / (n * y)))
        .shows_at([v(&[0.0, 1.0])]),
        wrong(
            "deviation-root-forgotten",
            "course: statistics",
            "that of the variance: the root's derivative is missing",
            "root|sqrt|outer|divid|factor|varian",
        )
        .on(long)
        .by(deviation(|n| n, |c, n, _| 2.0 * c / n))
        .shows_at([v(&[0.0, 2.0])]),
        wrong(
            "unit-vector-without-projection",
            "course: embeddings",
            "g / |x|: the part along x is not taken out",
            "project|term|norm|constant|path|missing|along|detach",
        )
        .on(long)
        .by(pure(|x| &x[0] / length(&x[0]), |x, _, g| vec![g / length(&x[0])]))
        .shows_at([v(&[1.0, 1.0])]),
        wrong(
            "length-zero-nan",
            "pytorch/pytorch#2421",
            "at the zero vector 0 / 0 is not a number",
            "NaN|not a number|zero|finite|at 0|infinit",
        )
        .on(maybe_zero)
        .by(pure(|x| s(length(&x[0])), |x, y, g| vec![&x[0] / y.sum() * g.sum()]))
        .shows_at([v(&[0.0])]),
        wrong(
            "length-forgets-division",
            "HIPS/autograd#183",
            "x without the division by the length",
            "divid|norm|root|sqrt|factor|outer",
        )
        .on(vector)
        .by(pure(|x| s(length(&x[0])), |x, _, g| vec![&x[0] * g.sum()]))
        .shows_at([v(&[2.0])]),
        wrong(
            "share-of-absolutes-nan",
            "pytorch/pytorch#3264",
            "the sign is computed as x / |x|, which is not a number for entries that are 0",
            "NaN|not a number|zero|finite|at 0|infinit",
        )
        .on(some_zeros)
        .by(pure(
            |x| s(x[0].mapv(f64::abs).sum()),
            |x, _, g| vec![x[0].mapv(|x| x / x.abs()) * g.sum()],
        ))
        .shows_at([v(&[0.0])]),
    ]
}
