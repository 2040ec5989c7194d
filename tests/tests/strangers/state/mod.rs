//! What a module remembers between calls, odd sizes and odd numbers: mistakes that a single plain call may not show.

mod one;
mod two;

use ndarray::{Array2, Axis};
use tapegrad_autograd::Shape;
use tapegrad_autograd::check::{Case, Draw};
use tapegrad_autograd::op::OperandKind;

use crate::entry::{Entry, any, matrix, two, vector, wrong};
use crate::hand::{A, Recipe, down, each, m, mat, pure, remembering, s, v, vct, zeros, zip};
use crate::linear::linear_case;

/// A linear layer whose backward() may do anything with its memory; `b` is the second parameter.
fn linear(backward: impl Fn(&mut crate::hand::Memory, Array2<f64>) -> [A; 3] + Send + Sync + 'static) -> Recipe {
    remembering(
        |memory, x| {
            memory.x = x.to_vec();
            (mat(&x[0]).dot(&mat(&x[1]).t()) + &vct(&x[2])).into_dyn()
        },
        move |memory, g| backward(memory, mat(g)).to_vec(),
    )
}

fn right_gradients(memory: &crate::hand::Memory, g: &Array2<f64>) -> [A; 3] {
    let (x, w) = (mat(&memory.x[0]), mat(&memory.x[1]));
    [g.dot(&w).into_dyn(), g.t().dot(&x).into_dyn(), down(g).into_dyn()]
}

/// A small number that looks random and depends on the call.
fn noise(i: usize, calls: usize) -> f64 {
    let z = (i as f64 * 12.9898 + calls as f64 * 78.233 + 1.0).sin() * 43758.5453;
    z - z.floor() - 0.5
}

/// tanh with a last change of the right gradient.
fn tanh_with(change: impl Fn(&A, A) -> A + Send + Sync + 'static) -> Recipe {
    pure(
        |x| x[0].mapv(f64::tanh),
        move |x, y, g| vec![change(&x[0], zip(g, y, |g, y| g * (1.0 - y * y)))],
    )
}

fn wide(draw: &mut Draw) -> Case {
    let shape = draw.shape_nonempty();
    Case::of([("x", 30.0 * draw.normal(shape))])
}

fn long(draw: &mut Draw) -> Case {
    let n = 8 * draw.size_nonzero() + draw.below(8);
    Case::of([("x", draw.normal(Shape::new(&[n])))])
}

/// Half of the values by a mask that is drawn anew in backward().
fn redrawn_mask() -> Recipe {
    let mask = |x: &A, calls: usize| {
        let mut out = zeros(x);
        out.iter_mut()
            .enumerate()
            .for_each(|(i, out)| *out = if noise(i, calls) > 0.0 { 2.0 } else { 0.0 });
        out
    };
    remembering(
        move |_, x| &x[0] * &mask(&x[0], 0),
        move |memory, g| vec![g * &mask(g, memory.calls + 1)],
    )
}

/// The entries of this topic.
pub fn entries() -> Vec<Entry> {
    [one::entries(), two::entries()].concat()
}
