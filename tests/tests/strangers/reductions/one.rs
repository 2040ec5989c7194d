//! Entries: from add-not-reduced to maximum-place-of-first-row.

use super::*;

/// The entries.
pub fn entries() -> Vec<Entry> {
    let tall = || [m(&[[0.0], [1.0]]), v(&[1.0])];
    let square_row = || [m(&[[1.0, 2.0], [0.0, 1.0]]), v(&[1.0, 2.0])];
    vec![
        wrong(
            "add-not-reduced",
            "deeplearning4j/nd4j#2424",
            "the gradient of the row has the shape of the matrix",
            "shape|broadcast|sum|reduc",
        )
        .on(row_case)
        .by(with_row(|a, b| a + b, |_, _, g| [g.clone().into_dyn(), g.into_dyn()]))
        .defined_by(|x| x[0] + x[1])
        .shows_at(tall()),
        wrong(
            "add-reduced-by-mean",
            "course: tensors from scratch",
            "the gradient of the row is the mean over what it was spread to",
            "mean|average|divid|count|sum|broadcast",
        )
        .on(row_case)
        .by(with_row(
            |a, b| a + b,
            |_, _, g| {
                let n = g.nrows() as f64;
                [g.clone().into_dyn(), (down(&g) / n).into_dyn()]
            },
        ))
        .defined_by(|x| x[0] + x[1])
        .shows_at(tall()),
        wrong(
            "add-reduced-over-other-axis",
            "tracel-ai/burn#181",
            "summed over the axis that was not spread; with square matrices it runs",
            "axis|rows|column|sum over|transpos|broadcast",
        )
        .on(square_row_case)
        .by(with_row(
            |a, b| a + b,
            |_, _, g| [g.clone().into_dyn(), g.sum_axis(Axis(1)).into_dyn()],
        ))
        .defined_by(|x| x[0] + x[1])
        .shows_at(square_row()),
        wrong(
            "add-first-row-only",
            "course: tensors from scratch",
            "only the first of the spread rows is taken",
            "sum|first|broadcast|row|only|missing|reduc",
        )
        .on(row_case)
        .by(with_row(
            |a, b| a + b,
            |_, _, g| [g.clone().into_dyn(), g.row(0).to_owned().into_dyn()],
        ))
        .shows_at(tall()),
        wrong(
            "multiply-reduced-too-early",
            "tenstorrent/tt-metal#40008",
            "both g and the matrix are summed before they are multiplied",
            "sum|order|broadcast|before|reduc|product",
        )
        .on(row_case)
        .by(with_row(
            |a, b| a * b,
            |a, b, g| [(&g * &b).into_dyn(), (down(&g) * down(&a)).into_dyn()],
        ))
        .shows_at([m(&[[1.0], [2.0]]), v(&[1.0])]),
        wrong(
            "multiply-without-factor",
            "course: tensors from scratch",
            "the row's gradient is summed but not multiplied by the matrix",
            "factor|missing|operand|multipl",
        )
        .on(row_case)
        .by(with_row(
            |a, b| a * b,
            |_, b, g| [(&g * &b).into_dyn(), down(&g).into_dyn()],
        ))
        .defined_by(|x| x[0] * x[1])
        .shows_at(tall()),
        wrong(
            "column-row-one-side",
            "pytorch/pytorch#1787",
            "only one of the two operands is reduced to its shape",
            "shape|broadcast|sum|reduc",
        )
        .on(column_row_case)
        .by(column_times_row(|a, b, g| {
            [
                (&g * &b).sum_axis(Axis(1)).insert_axis(Axis(1)).into_dyn(),
                (&g * &a).into_dyn(),
            ]
        }))
        .shows_at([m(&[[1.0], [2.0]]), m(&[[1.0]])]),
        wrong(
            "column-row-total",
            "course: tensors from scratch",
            "the column's gradient is the total over everything, the same for each row",
            "sum|all|axis|total|whole|rows|batch|too many",
        )
        .on(column_row_case)
        .by(column_times_row(|a, b, g| {
            let t = (&g * &b).sum();
            let n = a.nrows();
            [
                Array2::from_elem((n, 1), t).into_dyn(),
                (&g * &a).sum_axis(Axis(0)).insert_axis(Axis(0)).into_dyn(),
            ]
        }))
        .shows_at([m(&[[1.0], [2.0]]), m(&[[1.0]])]),
        wrong(
            "mean-not-divided",
            "course: nn from scratch",
            "the gradient is not divided by the number of rows",
            "mean|divid|count|sum|average",
        )
        .on(matrix)
        .by(mean_over(0, |_, _| 1.0, 0))
        .defined_by(|x| x[0].mean_over(&[0]))
        .shows_at([m(&[[0.0], [0.0]])]),
        wrong(
            "mean-divided-by-all",
            "course: tensors from scratch",
            "divided by the number of all entries instead of those of one axis",
            "divid|count|all|size|number|axis|mean",
        )
        .on(matrix)
        .by(mean_over(0, |n, k| (n * k) as f64, 0))
        .defined_by(|x| x[0].mean_over(&[0]))
        .shows_at([m(&[[0.0, 0.0]])]),
        wrong(
            "mean-spread-over-other-axis",
            "course: tensors from scratch",
            "the gradient is repeated along the wrong axis; with square matrices it runs",
            "axis|transpos|rows|column|broadcast",
        )
        .on(square)
        .by(mean_over(0, |n, _| n as f64, 1))
        .defined_by(|x| x[0].mean_over(&[0]))
        .shows_at([m(&[[0.0, 0.0], [0.0, 0.0]])]),
        wrong(
            "mean-divided-by-other-axis",
            "course: tensors from scratch",
            "divided by the number of columns instead of rows",
            "divid|count|axis|column|number|mean|size|rows",
        )
        .on(matrix)
        .by(mean_over(0, |_, k| k as f64, 0))
        .shows_at([m(&[[0.0, 0.0]])]),
        wrong(
            "sum-as-mean",
            "course: nn from scratch",
            "the gradient of a sum is divided by the number of entries",
            "mean|divid|average|count|sum",
        )
        .on(vector)
        .by(pure(
            |x| s(x[0].sum()),
            |x, _, g| vec![x[0].mapv(|_| g.sum() / x[0].len() as f64)],
        ))
        .defined_by(|x| x[0].sum())
        .shows_at([v(&[0.0, 0.0])]),
        wrong(
            "maximum-with-tolerance",
            "course: tensors from scratch",
            "entries up to 0.15 below the largest count as equal to it",
            "close|toleranc|near|tie|equal|mask|all",
        )
        .on(distinct_matrix)
        .by(each_row(top, |x, y, g| {
            x.iter().map(|x| if y - x < 0.15 { g } else { 0.0 }).collect()
        }))
        .shows_at([m(&[[0.0, 0.1]])]),
        wrong(
            "maximum-place-of-first-row",
            "course: tensors from scratch",
            "the place of the largest entry is found once, in the first row, and used for all",
            "first|row|place|index|argmax|position|batch|mask",
        )
        .on(distinct_matrix)
        .by(place_from_first_row())
        .defined_by(|x| x[0].max_over(&[1]))
        .shows_at([m(&[[1.0, 0.0], [0.0, 1.0]])]),
    ]
}
