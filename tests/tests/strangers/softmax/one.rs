//! Entries: from softmax-diagonal-only to square-only-softmax.

use super::*;

/// The entries.
pub fn entries() -> Vec<Entry> {
    let row = || [m(&[[0.0, 1.0]])];
    let ce = |slip| {
        cross_entropy(Entropy {
            temperature: 1.0,
            slip,
            ..Entropy::default()
        })
    };
    let two_rows = || [m(&[[0.0, 1.0], [1.0, 0.0]]), v(&[0.0, 1.0])];
    let one_row = || [m(&[[0.0, 1.0]]), v(&[0.0])];
    let smooth = |slip| {
        cross_entropy(Entropy {
            temperature: 1.0,
            smoothing: 0.2,
            slip,
            ignoring: false,
        })
    };
    let warm = |slip| {
        cross_entropy(Entropy {
            temperature: 2.0,
            slip,
            ..Entropy::default()
        })
    };
    let ignoring = |slip| {
        cross_entropy(Entropy {
            temperature: 1.0,
            ignoring: true,
            slip,
            smoothing: 0.0,
        })
    };
    vec![
        wrong(
            "softmax-diagonal-only",
            "course: nn from scratch",
            "y (1 - y) like a sigmoid: the entries off the diagonal of the Jacobian are missing",
            "diagonal|cross|other entries|Jacobian|off",
        )
        .on(matrix)
        .by(rows(soft, |_, y, g| from(y.len(), |i| g[i] * y[i] * (1.0 - y[i]))))
        .defined_by(|x| ops::softmax(x[0], -1))
        .shows_at(row()),
        wrong(
            "softmax-without-mean",
            "renan-cunha/BatchNormalization#2",
            "y g without subtracting the weighted sum over the row",
            "mean|sum|subtract|term|normali|denominator|missing|constant",
        )
        .on(matrix)
        .by(rows(soft, |_, y, g| from(y.len(), |i| g[i] * y[i])))
        .defined_by(|x| ops::softmax(x[0], -1))
        .shows_at(row()),
        wrong(
            "softmax-doubled",
            "markroxor/fromscratchtoml#65",
            "off by a factor of two",
            "2|twice|doubl|factor|scale",
        )
        .on(matrix)
        .by(rows(soft, |_, y, g| from(y.len(), |i| 2.0 * y[i] * (g[i] - dot(y, g)))))
        .shows_at(row()),
        wrong(
            "softmax-other-axis",
            "deeplearning4j/deeplearning4j#345",
            "the sum runs over the batch and not over the classes",
            "axis|column|batch|rows|first",
        )
        .on(matrix)
        .by(other_axis())
        .defined_by(|x| ops::softmax(x[0], -1))
        .shows_at([m(&[[0.0, 1.0]])]),
        wrong(
            "softmax-plus-mean",
            "arunmallya/arunmallya.github.io#2",
            "the off-diagonal terms have the wrong sign",
            "sign|minus|plus|negat|diagonal",
        )
        .on(matrix)
        .by(rows(soft, |_, y, g| from(y.len(), |i| y[i] * (g[i] + dot(y, g)))))
        .defined_by(|x| ops::softmax(x[0], -1))
        .shows_at(row()),
        wrong(
            "softmax-plain-mean",
            "course: transformers from scratch",
            "the mean of g over the row is subtracted, not weighted by y",
            "weight|mean|average|uniform|probabilit",
        )
        .on(matrix)
        .by(rows(soft, |_, y, g| {
            let mean = g.iter().sum::<f64>() / g.len() as f64;
            from(y.len(), |i| y[i] * (g[i] - mean))
        }))
        .shows_at(row()),
        wrong(
            "softmax-shifted-by-all",
            "manassharma07/crysx_nn#7",
            "the shift is the largest entry of the whole array, so far smaller rows become 0 / 0",
            "NaN|not a number|forward|overflow|underflow|finite|infinit|largest",
        )
        .on(far_rows)
        .by(shifted_by_all())
        .defined_by(|x| ops::softmax(x[0], -1))
        .shows_at([m(&[[0.0], [1000.0]])]),
        wrong(
            "log-softmax-without-sum",
            "course: nn from scratch",
            "g - y, where y must be multiplied by the sum of g over the row",
            "sum|factor|upstream|normali",
        )
        .on(matrix)
        .by(rows(log_soft, |_, y, g| from(y.len(), |i| g[i] - y[i].exp())))
        .defined_by(|x| ops::log_softmax(x[0], -1))
        .shows_at(row()),
        wrong(
            "log-softmax-as-softmax",
            "FluxML/NNlib.jl#68",
            "the gradient of softmax is used for its logarithm",
            "softmax|log|other function|another function|derivative of",
        )
        .on(matrix)
        .by(rows(log_soft, |_, y, g| {
            let p: Vec<f64> = y.iter().map(|y| y.exp()).collect();
            from(y.len(), |i| p[i] * (g[i] - dot(&p, g)))
        }))
        .defined_by(|x| ops::log_softmax(x[0], -1))
        .shows_at(row()),
        wrong(
            "log-softmax-keeps-log",
            "course: nn from scratch",
            "log p is used where p belongs",
            "exp|log|probabilit|value",
        )
        .on(matrix)
        .by(rows(log_soft, |_, y, g| {
            let sum: f64 = g.iter().sum();
            from(y.len(), |i| g[i] - y[i] * sum)
        }))
        .shows_at(row()),
        wrong(
            "entropy-not-averaged",
            "tensorflow/swift-apis#42",
            "the loss is a mean over the batch, its gradient is not divided by B",
            "batch|mean|divid|average|rows|sum",
        )
        .on(classes)
        .by(ce(Slip::NotAveraged))
        .defined_by(|x| ops::cross_entropy(x[0], x[1], None, ops::Reduction::Mean))
        .shows_at(two_rows()),
        wrong(
            "entropy-averaged-over-all",
            "victorlempitsky/Mate#2",
            "divided by the number of all entries instead of the batch size",
            "divid|entries|size|number|classes|mean|count",
        )
        .on(classes)
        .by(ce(Slip::AveragedOverAll))
        .defined_by(|x| ops::cross_entropy(x[0], x[1], None, ops::Reduction::Mean))
        .shows_at(one_row()),
        wrong(
            "entropy-averaged-twice",
            "tech-srl/code2seq#9",
            "divided by the batch size twice",
            "batch|twice|divid|mean|again|rows",
        )
        .on(classes)
        .by(ce(Slip::AveragedTwice))
        .shows_at(two_rows()),
        wrong(
            "entropy-label-minus-p",
            "course: deeplearning.ai",
            "label minus probability: the sign is wrong",
            "sign|negat|minus",
        )
        .on(classes)
        .by(ce(Slip::LabelMinusP))
        .shows_at(one_row()),
        wrong(
            "entropy-ignores-upstream",
            "k2-fsa/k2#341",
            "the gradient is not multiplied by that of the output",
            "upstream|g_y|incoming|ignored|g y|as if",
        )
        .on(classes)
        .by(ce(Slip::NoUpstream))
        .shows_at(one_row()),
        wrong(
            "entropy-without-one-hot",
            "course: CS231n",
            "1 is not subtracted at the right class",
            "one-hot|one hot|label|target|class|ids|term|picked|pick",
        )
        .on(classes)
        .by(ce(Slip::OneHotForgotten))
        .defined_by(|x| ops::cross_entropy(x[0], x[1], None, ops::Reduction::Mean))
        .shows_at(one_row()),
        wrong(
            "entropy-next-class",
            "course: nn from scratch",
            "labels counted from 1: the 1 is subtracted at the class beside",
            "class|id|off by one|index|label|neighbour|beside|shift|next",
        )
        .on(classes)
        .by(ce(Slip::NextClass))
        .defined_by(|x| ops::cross_entropy(x[0], x[1], None, ops::Reduction::Mean))
        .shows_at(one_row()),
        wrong(
            "entropy-log-p",
            "course: nn from scratch",
            "log p minus the label, where p belongs",
            "log|exp|softmax|probabilit|value",
        )
        .on(classes)
        .by(ce(Slip::Logarithm))
        .shows_at(one_row()),
        wrong(
            "smoothing-hard-label",
            "NVIDIA/apex#1457",
            "the label is smoothed in forward and hard in backward",
            "smooth|label|target|hard",
        )
        .on(classes)
        .by(smooth(Slip::HardLabel))
        .shows_at(one_row()),
        wrong(
            "smoothing-whole-mass",
            "TimDettmers/ConvE#55",
            "1/K is added to each class instead of epsilon/K",
            "smooth|epsilon|label|target|constant",
        )
        .on(classes)
        .by(smooth(Slip::SmoothingWhole))
        .shows_at(one_row()),
        wrong(
            "temperature-forgotten",
            "course: distillation",
            "the scores are divided by T in forward, the gradient is not",
            "temperature|factor|scale|half|2|divid",
        )
        .on(classes)
        .by(warm(Slip::NoTemperature))
        .shows_at(one_row()),
        wrong(
            "temperature-squared",
            "HikariTJU/LD#74",
            "divided by T twice",
            "temperature|factor|scale|half|2|divid|twice",
        )
        .on(classes)
        .by(warm(Slip::TemperatureTwice))
        .shows_at(one_row()),
        wrong(
            "ignored-in-the-mean",
            "qubvel-org/segmentation_models.pytorch#852",
            "ignored rows are counted in the divisor of the mean",
            "ignor|mean|divid|count|batch|mask",
        )
        .on(one_counts)
        .by(ignoring(Slip::IgnoredInMean))
        .defined_by(|x| ops::cross_entropy(x[0], x[1], Some(0), ops::Reduction::Mean))
        .shows_at([m(&[[0.0, 1.0], [0.0, 1.0]]), v(&[0.0, 1.0])]),
        wrong(
            "ignored-rows-learn",
            "yassouali/CCT#57",
            "rows that do not count still get a gradient",
            "ignor|rows|mask|count|padding|ids|id",
        )
        .on(classes)
        .by(ignoring(Slip::IgnoredRows))
        .shows_at([m(&[[0.0, 1.0]]), v(&[0.0])]),
        wrong(
            "entropy-of-probabilities",
            "course: nn from scratch",
            "softmax is applied again in backward, to the probabilities",
            "twice|again|softmax|probabilit|other value|value",
        )
        .on(matrix)
        .by(rows(soft, |_, y, g| {
            let q = soft(y);
            from(y.len(), |i| q[i] * (g[i] - dot(&q, g)))
        }))
        .shows_at(row()),
        wrong(
            "softmax-square-jacobian-transposed",
            "course: nn from scratch",
            "the Jacobian is built for the whole batch, so each row gets the weighted sum of all rows",
            "batch|all|rows|whole|sum over",
        )
        .on(matrix)
        .by(pure(
            |x| softmax(&mat(&x[0])).into_dyn(),
            |_, y, g| {
                let sum = (y * g).sum();
                vec![y * &g.mapv(|g| g - sum)]
            },
        ))
        .defined_by(|x| ops::softmax(x[0], -1))
        .shows_at([m(&[[0.0], [0.0]])]),
        wrong(
            "weights-forgotten",
            "PaddlePaddle/Paddle#65859",
            "the weights of the classes are used in forward only",
            "weight|factor|data",
        )
        .on(weighted)
        .by(weighted_entropy(false))
        .shows_at([m(&[[0.0, 1.0]]), v(&[0.0]), v(&[2.0, 1.0])]),
        wrong(
            "weights-twice",
            "open-mmlab/mmdetection#845",
            "the weights of the classes are multiplied in twice",
            "weight|twice|factor|square",
        )
        .on(weighted)
        .by(weighted_entropy(true))
        .shows_at([m(&[[0.0, 1.0]]), v(&[0.0]), v(&[2.0, 1.0])]),
        wrong(
            "square-only-softmax",
            "course: nn from scratch",
            "the gradient is transposed at the end; only square batches run",
            "transpos|axis|axes|rows|column",
        )
        .on(square)
        .by(pure(
            |x| softmax(&mat(&x[0])).into_dyn(),
            |_, y, g| {
                let (y, g) = (mat(y), mat(g));
                let mean = (&y * &g).sum_axis(Axis(1)).insert_axis(Axis(1));
                vec![(&y * &(&g - &mean)).t().to_owned().into_dyn()]
            },
        ))
        .shows_at([m(&[[0.0, 1.0], [0.0, 0.0]])]),
    ]
}
