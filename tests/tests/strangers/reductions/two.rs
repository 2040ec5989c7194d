//! Entries: from maximum-to-all to median-of-even.

use super::*;

/// The entries.
pub fn entries() -> Vec<Entry> {
    vec![
        wrong(
            "maximum-to-all",
            "course: nn from scratch",
            "each entry of the row gets the gradient",
            "mask|largest|argmax|all|entries|broadcast|sum",
        )
        .on(distinct_matrix)
        .by(each_row(top, |x, _, g| vec![g; x.len()]))
        .defined_by(|x| column(x[0].max_over(&[1])))
        .shows_at([m(&[[0.0, 1.0]])]),
        wrong(
            "maximum-at-the-smallest",
            "course: nn from scratch",
            "the gradient is put where the smallest entry is",
            "smallest|min|place|other|mask|wrong entry|swapped",
        )
        .on(distinct_matrix)
        .by(each_row(top, |x, _, g| {
            let low = x.iter().copied().fold(f64::INFINITY, f64::min);
            x.iter().map(|&x| if x == low { g } else { 0.0 }).collect()
        }))
        .defined_by(|x| column(x[0].max_over(&[1])))
        .shows_at([m(&[[0.0, 1.0]])]),
        wrong(
            "maximum-shared-by-all",
            "Theano/Theano#4568",
            "the gradient is divided among all entries of the window, not among the largest",
            "divid|share|mask|all|mean|largest|average|count",
        )
        .on(distinct_matrix)
        .by(each_row(top, |x, _, g| vec![g / x.len() as f64; x.len()]))
        .shows_at([m(&[[0.0, 1.0]])]),
        wrong(
            "spread-of-row-sign",
            "course: statistics",
            "largest minus smallest: the smallest gets a plus",
            "sign|minus|negat|plus",
        )
        .on(distinct_matrix)
        .by(each_row(
            |x| top(x) - x.iter().copied().fold(f64::INFINITY, f64::min),
            |x, _, g| {
                let low = x.iter().copied().fold(f64::INFINITY, f64::min);
                x.iter()
                    .map(|&a| if a == top(x) || a == low { g } else { 0.0 })
                    .collect()
            },
        ))
        .shows_at([m(&[[0.0, 1.0]])]),
        wrong(
            "cumsum-not-reversed",
            "course: tensors from scratch",
            "the running sum of g, which must run from the end",
            "revers|direction|end|order|transpos|time|flip",
        )
        .on(vector)
        .by(of_vector(sum, |_, _, g| sum(g)))
        .defined_by(|x| x[0].cumsum(0))
        .shows_at([v(&[0.0, 0.0])]),
        wrong(
            "cumsum-own-entry-lost",
            "course: tensors from scratch",
            "the entry itself is left out of the sum from the end",
            "own|off by one|diagonal|exclusive|shift|itself|missing|first|last",
        )
        .on(vector)
        .by(of_vector(sum, |_, _, g| {
            let all = reversed(&sum(&reversed(g)));
            (0..g.len()).map(|i| all[i] - g[i]).collect()
        }))
        .shows_at([v(&[0.0])]),
        wrong(
            "cumprod-zero",
            "tensorflow/tensorflow#119430",
            "the product is divided by x; where x is 0 the result is replaced by 0",
            "zero|at 0|divid|x = 0|NaN|0 where",
        )
        .on(with_zeros)
        .by(of_vector(
            |x| running(x, |a, b| a * b),
            |x, y, g| {
                let all = reversed(&sum(&reversed(
                    &g.iter().zip(y).map(|(g, y)| g * y).collect::<Vec<_>>(),
                )));
                (0..x.len())
                    .map(|i| if x[i] == 0.0 { 0.0 } else { all[i] / x[i] })
                    .collect()
            },
        ))
        .shows_at([v(&[0.0])]),
        wrong(
            "cumprod-nan",
            "Theano/Theano#5197",
            "the product is divided by x, 0 / 0 where x is 0",
            "zero|at 0|divid|NaN|not a number|finite",
        )
        .on(with_zeros)
        .by(of_vector(
            |x| running(x, |a, b| a * b),
            |x, y, g| {
                let all = reversed(&sum(&reversed(
                    &g.iter().zip(y).map(|(g, y)| g * y).collect::<Vec<_>>(),
                )));
                (0..x.len()).map(|i| all[i] / x[i]).collect()
            },
        ))
        .shows_at([v(&[0.0])]),
        wrong(
            "product-divides-by-zero",
            "FluxML/Flux.jl#524",
            "y / x is not a number where x is 0",
            "zero|at 0|divid|NaN|not a number|finite",
        )
        .on(with_zeros)
        .by(pure(
            |x| s(x[0].product()),
            |x, y, g| vec![x[0].mapv(|x| g.sum() * y.sum() / x)],
        ))
        .shows_at([v(&[0.0])]),
        wrong(
            "product-of-all",
            "course: tensors from scratch",
            "each entry gets the whole product instead of that of the others",
            "others|divid|own|factor|product|itself",
        )
        .on(vector)
        .by(pure(
            |x| s(x[0].product()),
            |x, y, g| vec![x[0].mapv(|_| g.sum() * y.sum())],
        ))
        .defined_by(|x| x[0].prod())
        .shows_at([v(&[2.0])]),
        wrong(
            "logsumexp-shift-counted",
            "rushter/MLAlgorithms#30",
            "the largest entry, which is only a shift, gets the gradient once more",
            "shift|largest|max|twice|extra|once more|term",
        )
        .on(distinct_matrix)
        .by(each_row(
            |x| {
                let t = top(x);
                t + x.iter().map(|x| (x - t).exp()).sum::<f64>().ln()
            },
            |x, y, g| {
                (0..x.len())
                    .map(|j| g * (x[j] - y).exp() + if j == place_of_top(x) { g } else { 0.0 })
                    .collect()
            },
        ))
        .shows_at([m(&[[0.0]])]),
        wrong(
            "logsumexp-not-normalised",
            "course: nn from scratch",
            "exp(x) without dividing by the sum",
            "divid|normali|sum|softmax|denominator|factor|log|outer",
        )
        .on(matrix)
        .by(each_row(
            |x| x.iter().map(|x| x.exp()).sum::<f64>().ln(),
            |x, _, g| x.iter().map(|x| g * x.exp()).collect(),
        ))
        .defined_by(|x| column(x[0].logsumexp_over(&[1])))
        .shows_at([m(&[[0.0, 0.0]])]),
        wrong(
            "median-of-even",
            "course: statistics",
            "of an even number of entries the lower middle one gets all",
            "half|middle|two|mean|one entry|share|other",
        )
        .on(distinct_vector)
        .by(of_vector(
            |x| vec![median(x)],
            |x, _, g| {
                let mut by: Vec<usize> = (0..x.len()).collect();
                by.sort_by(|&a, &b| x[a].total_cmp(&x[b]));
                let mut out = vec![0.0; x.len()];
                out[by[(x.len() - 1) / 2]] = g[0];
                out
            },
        ))
        .shows_at([v(&[0.0, 1.0])]),
    ]
}
