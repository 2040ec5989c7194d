//! Ops that only move entries: slices, transposes, joining, padding, sorting.

mod one;

use tapegrad_autograd::Shape;
use tapegrad_autograd::check::{Case, Draw};
use tapegrad_autograd::op::OperandKind;
use tapegrad_autograd::ops;

use crate::entry::{Entry, matrix, vector, with_mask, wrong};
use crate::hand::{A, Recipe, m, mat, pure, s, v, vct, zeros};

/// Moves entries of a vector: `y[i] = x[from(i, n)]` for `i` below `len(n)`; backward() adds g where `to` says.
fn moved(len: fn(usize) -> usize, from: fn(usize, usize) -> usize, to: fn(usize, usize) -> Vec<usize>) -> Recipe {
    pure(
        move |x| {
            let n = x[0].len();
            v(&(0..len(n)).map(|i| x[0][from(i, n)]).collect::<Vec<_>>())
        },
        move |x, y, g| {
            let mut out = zeros(&x[0]);
            for i in 0..y.len() {
                for place in to(i, x[0].len()) {
                    if place < out.len() {
                        out[place] += g[i];
                    }
                }
            }
            vec![out]
        },
    )
}

/// A vector of at least two entries.
fn two_or_more(draw: &mut Draw) -> Case {
    let n = draw.size_nonzero() + 1;
    Case::of([("x", draw.normal(Shape::new(&[n])))])
}

fn square(draw: &mut Draw) -> Case {
    let n = draw.size_nonzero() + 1;
    Case::of([("x", draw.normal(Shape::new(&[n, n])))])
}

/// Two vectors one after the other; backward() cuts g where `cut` says and returns the parts in this order.
fn joined(cut: fn(usize, usize) -> usize, swap: bool) -> Recipe {
    pure(
        |x| v(&[vct(&x[0]).to_vec(), vct(&x[1]).to_vec()].concat()),
        move |x, _, g| {
            let g = vct(g).to_vec();
            let (a, b) = g.split_at(cut(x[0].len(), x[1].len()));
            if swap { vec![v(b), v(a)] } else { vec![v(a), v(b)] }
        },
    )
}

fn two_vectors(draw: &mut Draw) -> Case {
    let (n, k) = (draw.size_nonzero(), draw.size_nonzero());
    Case::of([
        ("a", draw.normal(Shape::new(&[n]))),
        ("b", draw.normal(Shape::new(&[k]))),
    ])
}

fn two_equal_vectors(draw: &mut Draw) -> Case {
    let n = draw.size_nonzero();
    Case::of([
        ("a", draw.normal(Shape::new(&[n]))),
        ("b", draw.normal(Shape::new(&[n]))),
    ])
}

fn triangle(keeps: fn(usize, usize) -> bool) -> Recipe {
    let masked = |a: &A, keeps: fn(usize, usize) -> bool| {
        let mut a = mat(a);
        a.indexed_iter_mut()
            .filter(|((i, j), _)| !keeps(*i, *j))
            .for_each(|(_, a)| *a = 0.0);
        a.into_dyn()
    };
    pure(
        move |x| masked(&x[0], |i, j| j <= i),
        move |_, _, g| vec![masked(g, keeps)],
    )
}

fn order(x: &[f64]) -> Vec<usize> {
    let mut by: Vec<usize> = (0..x.len()).collect();
    by.sort_by(|&a, &b| x[a].total_cmp(&x[b]));
    by
}

fn distinct(draw: &mut Draw) -> Case {
    let n = draw.size_nonzero();
    Case::of([("x", draw.distinct(Shape::new(&[n])))])
}

/// `mask ? a : b`.
fn choose(slopes: fn(f64, f64) -> (f64, f64)) -> Recipe {
    pure(
        |x| {
            let mut y = x[1].clone();
            ndarray::Zip::from(&mut y).and(&x[0]).and(&x[2]).for_each(|y, &a, &m| {
                if m != 0.0 {
                    *y = a
                }
            });
            y
        },
        move |x, _, g| {
            let a = crate::hand::zip(g, &x[2], |g, m| slopes(g, m).0);
            let b = crate::hand::zip(g, &x[2], |g, m| slopes(g, m).1);
            vec![a, b, zeros(&x[2])]
        },
    )
}

fn choose_case(draw: &mut Draw) -> Case {
    let shape = draw.shape_nonempty();
    let (a, b) = (draw.normal(shape), draw.normal(shape));
    Case::of([("a", a), ("b", b)]).with_data("mask", OperandKind::Mask, draw.mask(shape))
}

/// The entries of this topic.
pub fn entries() -> Vec<Entry> {
    [one::entries()].concat()
}
