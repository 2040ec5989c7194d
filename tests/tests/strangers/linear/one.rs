//! Entries: from linear-weight-transposed to product-order.

use super::*;

/// The entries.
pub fn entries() -> Vec<Entry> {
    let square = || {
        [
            m(&[[1.0, 2.0], [0.0, 1.0]]),
            m(&[[1.0, 0.0], [1.0, 1.0]]),
            v(&[0.0, 0.0]),
        ]
    };
    let tall = || [m(&[[1.0], [2.0]]), m(&[[1.0]]), v(&[0.0])];
    let two = || [m(&[[1.0, 2.0], [0.0, 1.0]]), m(&[[1.0, 0.0], [1.0, 1.0]])];
    vec![
        wrong(
            "linear-weight-transposed",
            "tile-ai/TileOPs#54",
            "xᵀ g is returned where gᵀ x belongs; with square matrices it runs",
            "transpos|axes|shape|swapped|g_w|order",
        )
        .on(square_case)
        .by(linear(|x, w, g| {
            [g.dot(&w).into_dyn(), x.t().dot(&g).into_dyn(), down(&g).into_dyn()]
        }))
        .defined_by(|x| ops::linear(x[0], x[1], Some(x[2])))
        .shows_at(square()),
        wrong(
            "linear-weight-wrong-shape",
            "HomericIntelligence/Odyssey#2799",
            "the gradient of w has the shape of its transpose",
            "shape|transpos",
        )
        .on(linear_case)
        .by(linear(|x, w, g| {
            [g.dot(&w).into_dyn(), x.t().dot(&g).into_dyn(), down(&g).into_dyn()]
        }))
        .shows_at([m(&[[1.0, 2.0]]), m(&[[1.0, 0.0]]), v(&[0.0])]),
        wrong(
            "linear-input-transposed",
            "course: CS231n",
            "g wᵀ instead of g w",
            "transpos|axes",
        )
        .on(square_case)
        .by(linear(|x, w, g| {
            [g.dot(&w.t()).into_dyn(), g.t().dot(&x).into_dyn(), down(&g).into_dyn()]
        }))
        .defined_by(|x| ops::linear(x[0], x[1], Some(x[2])))
        .shows_at(square()),
        wrong(
            "linear-bias-first-row",
            "course: deeplearning.ai",
            "the gradient of the bias is that of the first example",
            "sum|batch|first|rows|missing|row",
        )
        .on(linear_case)
        .by(linear(|x, w, g| {
            [
                g.dot(&w).into_dyn(),
                g.t().dot(&x).into_dyn(),
                g.row(0).to_owned().into_dyn(),
            ]
        }))
        .defined_by(|x| ops::linear(x[0], x[1], Some(x[2])))
        .shows_at(tall()),
        wrong(
            "linear-bias-mean",
            "jimfleming/differentiation#1",
            "the gradient of the bias is the mean over the batch",
            "mean|average|divid|batch|count|sum",
        )
        .on(linear_case)
        .by(linear(|x, w, g| {
            let n = g.nrows() as f64;
            [
                g.dot(&w).into_dyn(),
                g.t().dot(&x).into_dyn(),
                (down(&g) / n).into_dyn(),
            ]
        }))
        .defined_by(|x| ops::linear(x[0], x[1], Some(x[2])))
        .shows_at(tall()),
        wrong(
            "linear-bias-other-axis",
            "course: nn from scratch",
            "the gradient of the bias is summed over the outputs; with square ones it runs",
            "axis|rows|column|sum over|transpos|batch",
        )
        .on(square_case)
        .by(linear(|x, w, g| {
            [
                g.dot(&w).into_dyn(),
                g.t().dot(&x).into_dyn(),
                g.sum_axis(Axis(1)).into_dyn(),
            ]
        }))
        .defined_by(|x| ops::linear(x[0], x[1], Some(x[2])))
        .shows_at(square()),
        wrong(
            "linear-weight-doubled",
            "bighuang624/Andrew-Ng-Deep-Learning-notes#10",
            "the gradient of w is multiplied by 2",
            "2|twice|doubl|factor|scale",
        )
        .on(linear_case)
        .by(linear(|x, w, g| {
            [
                g.dot(&w).into_dyn(),
                (g.t().dot(&x) * 2.0).into_dyn(),
                down(&g).into_dyn(),
            ]
        }))
        .shows_at(tall()),
        wrong(
            "linear-bias-four-times",
            "course: deeplearning.ai",
            "4 instead of 1 in front of the gradient of b",
            "4|factor|scale|times",
        )
        .on(linear_case)
        .by(linear(|x, w, g| {
            [
                g.dot(&w).into_dyn(),
                g.t().dot(&x).into_dyn(),
                (down(&g) * 4.0).into_dyn(),
            ]
        }))
        .shows_at(tall()),
        wrong(
            "linear-weight-averaged",
            "janchorowski/nn_assignments#21",
            "divided by the batch size although the loss did that already",
            "batch|mean|divid|average|count|rows",
        )
        .on(linear_case)
        .by(linear(|x, w, g| {
            let n = g.nrows() as f64;
            [
                g.dot(&w).into_dyn(),
                (g.t().dot(&x) / n).into_dyn(),
                down(&g).into_dyn(),
            ]
        }))
        .defined_by(|x| ops::linear(x[0], x[1], Some(x[2])))
        .shows_at(tall()),
        wrong(
            "linear-last-example-only",
            "NVIDIA/warp#168",
            "each example overwrites the gradient of the one before",
            "last|overwritten|sum|batch|accumulat|only|rows",
        )
        .on(linear_case)
        .by(linear(|x, w, g| {
            let (x_l, g_l) = (
                x.slice(cut![x.nrows() - 1.., ..]).to_owned(),
                g.slice(cut![g.nrows() - 1.., ..]).to_owned(),
            );
            [g.dot(&w).into_dyn(), g_l.t().dot(&x_l).into_dyn(), down(&g).into_dyn()]
        }))
        .shows_at(tall()),
        wrong(
            "linear-bias-times-input",
            "rust0258/Deeplearning.ai-Natural-Language-Processing-Specialization#70",
            "the gradient of b is multiplied with x as if b were a weight",
            "factor|input|bias|multipl",
        )
        .on(linear_case)
        .by(linear(|x, w, g| {
            let first = x.column(0).to_owned();
            [
                g.dot(&w).into_dyn(),
                g.t().dot(&x).into_dyn(),
                g.t().dot(&first).into_dyn(),
            ]
        }))
        .shows_at([m(&[[2.0]]), m(&[[1.0]]), v(&[0.0])]),
        wrong(
            "linear-decay-sneaks-in",
            "course: CS231n",
            "the gradient of w holds the weight decay though the value does not",
            "decay|regulari|extra|term|added|forward",
        )
        .on(linear_case)
        .by(linear(|x, w, g| {
            [
                g.dot(&w).into_dyn(),
                (g.t().dot(&x) + &w * 0.01).into_dyn(),
                down(&g).into_dyn(),
            ]
        }))
        .shows_at(tall()),
        wrong(
            "product-left-untransposed",
            "joey00072/Tinytorch#3",
            "g b instead of g bᵀ",
            "transpos|axes",
        )
        .on(square_product_case)
        .by(product(|a, b, g| [g.dot(&b).into_dyn(), a.t().dot(&g).into_dyn()]))
        .defined_by(|x| x[0].matmul(x[1]))
        .shows_at(two()),
        wrong(
            "product-order",
            "course: matrix calculus",
            "g aᵀ instead of aᵀ g for the right factor",
            "order|transpos|swapped|commut|exchang|side",
        )
        .on(square_product_case)
        .by(product(|a, b, g| [g.dot(&b.t()).into_dyn(), g.dot(&a.t()).into_dyn()]))
        .defined_by(|x| x[0].matmul(x[1]))
        .shows_at(two()),
    ]
}
