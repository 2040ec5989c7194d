//! Tables whose rows are picked by ids.

use ndarray::Array2;
use tapegrad_autograd::Shape;
use tapegrad_autograd::check::{Case, Draw};
use tapegrad_autograd::op::OperandKind;
use tapegrad_autograd::ops;

use crate::entry::{Entry, wrong};
use crate::hand::{A, Recipe, m, mat, pure, stack, v, vct, zeros};

/// Rows of a table `[V, C]` by ids `[N]`, with this gradient of the table.
pub fn embedding(scale: f64, backward: fn(&[usize], &Array2<f64>, &mut Array2<f64>)) -> Recipe {
    pure(
        move |x| {
            let table = mat(&x[0]);
            stack(
                &x[1]
                    .iter()
                    .map(|&id| (table.row(id as usize).to_owned() * scale).to_vec())
                    .collect::<Vec<_>>(),
            )
        },
        move |x, _, g| {
            let ids: Vec<usize> = x[1].iter().map(|&id| id as usize).collect();
            let mut out = Array2::zeros(mat(&x[0]).dim());
            backward(&ids, &mat(g), &mut out);
            vec![out.into_dyn(), zeros(&x[1])]
        },
    )
}

/// A table and ids.
pub fn embedding_case(draw: &mut Draw) -> Case {
    let (rows, c, n) = (draw.size_nonzero() + 1, draw.size_nonzero(), draw.size_nonzero());
    let table = draw.normal(Shape::new(&[rows, c]));
    Case::of([("table", table)]).with_data("ids", OperandKind::Id, draw.ids(Shape::new(&[n]), rows))
}

fn as_many_ids(draw: &mut Draw) -> Case {
    let (rows, c) = (draw.size_nonzero() + 1, draw.size_nonzero());
    let table = draw.normal(Shape::new(&[rows, c]));
    Case::of([("table", table)]).with_data("ids", OperandKind::Id, draw.ids(Shape::new(&[rows]), rows))
}

/// A batch of words plus positions: `x[b, t] + p[t]`, where the gradient of p takes these rows of the batch.
fn positions(mean: bool, first: bool) -> Recipe {
    pure(
        |x| (mat(&x[0]) + &vct(&x[1])).into_dyn(),
        move |_, _, g| {
            let a = mat(g);
            let n = if mean { a.nrows() as f64 } else { 1.0 };
            let g_p = if first {
                a.row(0).to_owned()
            } else {
                a.sum_axis(ndarray::Axis(0)) / n
            };
            vec![g.clone(), g_p.into_dyn()]
        },
    )
}

fn positions_case(draw: &mut Draw) -> Case {
    let (b, t) = (draw.size_nonzero(), draw.size_nonzero());
    let x = draw.normal(Shape::new(&[b, t]));
    Case::of([("x", x)]).with_param("p", draw.normal(Shape::new(&[t])))
}

/// The entry of each row that an id picks.
fn pick(slope: fn(usize, usize, usize, f64) -> f64) -> Recipe {
    pure(
        |x| v(&(0..x[1].len()).map(|i| x[0][[i, x[1][i] as usize]]).collect::<Vec<_>>()),
        move |x, _, g| {
            let dim = mat(&x[0]).dim();
            let g_x: A = Array2::from_shape_fn(dim, |(i, j)| slope(j, x[1][i] as usize, dim.1, g[i])).into_dyn();
            vec![g_x, zeros(&x[1])]
        },
    )
}

pub fn entries() -> Vec<Entry> {
    let once = || [m(&[[1.0], [2.0]]), v(&[0.0])];
    let repeated = || [m(&[[1.0], [2.0]]), v(&[0.0, 0.0])];
    let picked = || [m(&[[0.0, 1.0]]), v(&[0.0])];
    vec![
        wrong(
            "embedding-overwritten",
            "PaddlePaddle/Paddle#17662",
            "of equal ids only the last one counts",
            "repeat|overwritten|accumulat|duplicate|last|sum|equal ids|same id",
        )
        .on(embedding_case)
        .by(embedding(1.0, |ids, g, out| {
            ids.iter()
                .enumerate()
                .for_each(|(i, &id)| out.row_mut(id).assign(&g.row(i)))
        }))
        .defined_by(|x| ops::embedding(x[0], x[1]))
        .shows_at(repeated()),
        wrong(
            "embedding-first-counts",
            "pytorch/pytorch#1631",
            "of equal ids only the first one counts",
            "repeat|first|accumulat|duplicate|sum|equal ids|same id|overwritten",
        )
        .on(embedding_case)
        .by(embedding(1.0, |ids, g, out| {
            for (i, &id) in ids.iter().enumerate().rev() {
                out.row_mut(id).assign(&g.row(i));
            }
        }))
        .shows_at(repeated()),
        wrong(
            "embedding-averaged",
            "course: word2vec",
            "the gradients of equal ids are averaged",
            "mean|average|divid|count|repeat|duplicate|sum",
        )
        .on(embedding_case)
        .by(embedding(1.0, |ids, g, out| {
            for (i, &id) in ids.iter().enumerate() {
                let count = ids.iter().filter(|&&other| other == id).count() as f64;
                out.row_mut(id).scaled_add(1.0 / count, &g.row(i));
            }
        }))
        .defined_by(|x| ops::embedding(x[0], x[1]))
        .shows_at(repeated()),
        wrong(
            "embedding-gathers",
            "ooples/AiDotNet.Tensors#894",
            "the rows of g are gathered by the ids instead of scattered to them",
            "scatter|gather|inverse|transpos|place|row|ids|order|permut",
        )
        .on(as_many_ids)
        .by(embedding(1.0, |ids, g, out| {
            ids.iter()
                .enumerate()
                .for_each(|(i, &id)| out.row_mut(i).assign(&g.row(id)))
        }))
        .shows_at([m(&[[1.0], [2.0]]), v(&[0.0, 0.0])]),
        wrong(
            "embedding-next-row",
            "course: nn from scratch",
            "ids counted from 1: the row beside gets the gradient",
            "off by one|row|shift|index|ids|next|beside|neighbour",
        )
        .on(embedding_case)
        .by(embedding(1.0, |ids, g, out| {
            let rows = out.nrows();
            ids.iter()
                .enumerate()
                .for_each(|(i, &id)| out.row_mut((id + 1) % rows).scaled_add(1.0, &g.row(i)));
        }))
        .defined_by(|x| ops::embedding(x[0], x[1]))
        .shows_at(once()),
        wrong(
            "embedding-by-position",
            "course: nn from scratch",
            "the gradient is put at the position in the sentence and not at the id",
            "position|ids|id|place|row|index|scatter",
        )
        .on(as_many_ids)
        .by(embedding(1.0, |_, g, out| out.assign(g)))
        .defined_by(|x| ops::embedding(x[0], x[1]))
        .shows_at([m(&[[1.0], [2.0]]), v(&[1.0, 0.0])]),
        wrong(
            "embedding-scale-forgotten",
            "course: transformers from scratch",
            "the rows are scaled by 2 in forward, their gradient is not",
            "scale|factor|2|half|sqrt",
        )
        .on(embedding_case)
        .by(embedding(2.0, |ids, g, out| {
            ids.iter()
                .enumerate()
                .for_each(|(i, &id)| out.row_mut(id).scaled_add(1.0, &g.row(i)))
        }))
        .shows_at(once()),
        wrong(
            "embedding-padding-frozen",
            "course: sequence models",
            "row 0 is kept for padding and never learns, though forward uses it",
            "row 0|padding|first|is 0|gets 0|zero|mask|ignor|missing",
        )
        .on(embedding_case)
        .by(embedding(1.0, |ids, g, out| {
            ids.iter()
                .enumerate()
                .filter(|(_, id)| **id != 0)
                .for_each(|(i, &id)| out.row_mut(id).scaled_add(1.0, &g.row(i)))
        }))
        .defined_by(|x| ops::embedding(x[0], x[1]))
        .shows_at(once()),
        wrong(
            "embedding-all-rows",
            "tenstorrent/tt-mlir#8475",
            "every row of the table gets the sum",
            "all|rows|mask|scatter|sum|ids|broadcast|one-hot",
        )
        .on(embedding_case)
        .by(embedding(1.0, |ids, g, out| {
            for i in 0..ids.len() {
                for mut row in out.rows_mut() {
                    row.scaled_add(1.0, &g.row(i));
                }
            }
        }))
        .shows_at(once()),
        wrong(
            "positions-averaged",
            "course: transformers from scratch",
            "the gradient of the positions is averaged over the batch",
            "mean|average|divid|batch|count|sum",
        )
        .on(positions_case)
        .by(positions(true, false))
        .defined_by(|x| x[0] + x[1])
        .shows_at([m(&[[0.0], [0.0]]), v(&[0.0])]),
        wrong(
            "positions-of-first",
            "course: transformers from scratch",
            "the gradient of the positions is that of the first sentence",
            "sum|first|batch|rows|row|missing|only",
        )
        .on(positions_case)
        .by(positions(false, true))
        .defined_by(|x| x[0] + x[1])
        .shows_at([m(&[[0.0], [0.0]]), v(&[0.0])]),
        wrong(
            "pick-from-the-end",
            "course: tensors from scratch",
            "the entry is counted from the end",
            "revers|end|index|place|flip|order|mirrored|entry",
        )
        .on(crate::entry::classes)
        .by(pick(|j, id, k, g| if j == k - 1 - id { g } else { 0.0 }))
        .defined_by(|x| x[0].pick(x[1]))
        .shows_at(picked()),
        wrong(
            "pick-whole-row",
            "course: tensors from scratch",
            "the whole row gets the gradient",
            "row|mask|all|one-hot|one hot|ids|entry|broadcast",
        )
        .on(crate::entry::classes)
        .by(pick(|_, _, _, g| g))
        .defined_by(|x| x[0].pick(x[1]))
        .shows_at(picked()),
    ]
}
