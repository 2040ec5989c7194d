//! One of two entries, chosen by a mask.
//!
//! `z = a` where the mask is not 0, and `z = b` where it is: the chosen one receives the upstream gradient, the other
//! one exactly 0. Only the mask is kept. The mask itself has no gradient.
//! What is not chosen does not show in `z`, not even a NaN. But if `a` is itself computed, its own backward() receives
//! 0, and `0 · ∞` is a NaN: in `where_(m, sqrt(x), 0)` mask the operand of the root, not only its result.
//! **Shapes**: `mask, a, b` → their common shape. Cost: nothing is computed.
//! Where the mask chooses whole rows, and `a` is one row for all of them, the result is `b` with some rows replaced. A
//! plan then writes these rows alone, if nobody reads the old `b` any more: a key-value cache takes one row a token.
//! Source: deck S4, the causal mask, `M_qk = 0` if `k ≤ q`, else `-∞`.

use super::elementwise::walk;
use crate::op::prelude::*;

/// The entry of `a` where `mask` is not 0 and of `b` where it is, with broadcasting.
///
/// ```
/// use ndarray::array;
/// use tapegrad_autograd::{ops::where_, Tape};
/// let tape = Tape::<f64>::new();
/// let mask = tape.data("mask", array![1.0, 0.0, 1.0]);
/// let a = tape.input("a", array![1.0, 2.0, 3.0]);
/// let b = tape.input("b", array![-5.0]);
/// let z = where_(mask, a, b);
/// assert_eq!(tape.value(z), array![1.0, -5.0, 3.0].into_dyn());
/// let gradients = tape.backward(z.sum());
/// assert_eq!(gradients.of(a), array![1.0, 0.0, 1.0].into_dyn());
/// assert_eq!(gradients.of(b), array![1.0].into_dyn());
/// ```
#[track_caller]
pub fn where_<'t>(mask: Var<'t>, a: Var<'t>, b: Var<'t>) -> Var<'t> {
    Var::record(Where, &[mask, a, b])
}

/// The op of [`where_`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Where;

impl Op for Where {
    const NAME: &'static str = "where";
    const MEANING: &'static str = "One of two entries, chosen by a mask.";
    const SHAPES: &'static str = "[..], [..], [..] -> [..]; lined up at the last axis";
    const WORDS: &'static [Word] = &[Word::own("if", "if c then u else v", "all three are lined up", "y = if x > 0 then x else 0")];
    const BROADCASTS: bool = true;
    const FORWARD: Equations = &[("z", "if mask != 0 then a else b")];
    const BACKWARD: Equations = &[("g_a", "if mask != 0 then g_z else 0"), ("g_b", "if mask != 0 then 0 else g_z")];
    const OPERANDS: &'static [Operand] = &[Operand::mask("mask", "0 for no, anything else for yes"), Operand::real("a", "what is taken where the mask says yes"), Operand::real("b", "what is taken where it says no")];
    const KEEPS: Keeps = Keeps::inputs(&[0]);

    attributes! {}

    fn forward<T: Real>(&self, x: Inputs<'_, T>, z: &mut [T], _: &mut [T]) {
        let z_shape = broadcast(x.shapes()).expect("the shape rule has accepted the operands");
        let (mask, a, b) = (&x[0], &x[1], &x[2]);
        let shapes = [x.shape(0), x.shape(1), x.shape(2)];
        walk(shapes, z_shape, |[i_mask, i_a, i_b], i| {
            z[i] = if mask[i_mask] != T::ZERO { a[i_a] } else { b[i_b] };
        });
    }

    fn rewrites(&self, x: &[Shape]) -> Option<usize> {
        let [mask, row, b] = [x[0], x[1], x[2]];
        let fits = broadcast(x) == Ok(b) && (0..=b.rank()).any(|split| chooses_rows(mask, row, b, split));
        fits.then_some(2)
    }

    fn rewrite<T: Real>(&self, x: Inputs<'_, T>, z: &mut [T]) {
        let (mask, row) = (&x[0], &x[1]);
        for (z, _) in z.chunks_exact_mut(row.len().max(1)).zip(mask).filter(|(_, mask)| **mask != T::ZERO) {
            z.copy_from_slice(row);
        }
    }

    fn backward<T: Real>(&self, at: Saved<'_, T>, g_z: &[T], g_x: &mut InGradients<'_, T>) {
        let mask = &at.x[0];
        for (operand, is_chosen) in [(1, true), (2, false)] {
            let Some(g) = g_x.get(operand) else { continue };
            g.fill(T::ZERO);
            let shapes = [at.x.shape(0), at.x.shape(operand)];
            walk(shapes, at.y_shape, |[i_mask, i_g], i| {
                if (mask[i_mask] != T::ZERO) == is_chosen {
                    g[i_g] += g_z[i];
                }
            });
        }
    }

    fn flops(&self, _: &[Shape]) -> Flops {
        Flops::NONE
    }

    fn sample(draw: &mut Draw) -> Sample<Self> {
        let common = draw.shape();
        let [mask, a, b] = std::array::from_fn(|_| draw.broadcasts_to(common));
        Sample::new(Self, [draw.mask(mask), draw.normal(a), draw.normal(b)])
    }
}

/// True if the mask has the axes of `b` before `split` and `row` those from there on, and neither has any other.
fn chooses_rows(mask: Shape, row: Shape, b: Shape, split: usize) -> bool {
    // The size of the axis of `x` that stands under an axis of `b`; they are aligned at the last one.
    let under = |x: Shape, axis: usize| (axis + x.rank()).checked_sub(b.rank()).map_or(1, |axis| x.size(axis));
    let fits = |x, axis, is_own| under(x, axis) == if is_own { b.size(axis) } else { 1 };
    (0..b.rank()).all(|axis| fits(mask, axis, axis < split) && fits(row, axis, axis >= split))
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;
    use crate::Tape;

    #[test]
    fn what_is_not_chosen_does_not_show_not_even_a_nan() {
        let tape = Tape::<f64>::new();
        let mask = tape.data("mask", array![[1.0, 0.0], [0.0, 1.0]]);
        let a = tape.input("a", array![1.0, f64::NAN]);
        let b = tape.input("b", array![[0.0, 7.0]]);
        let z = where_(mask, a, b);
        let z_value = tape.value(z);
        assert_eq!((z_value[[0, 0]], z_value[[0, 1]], z_value[[1, 0]]), (1.0, 7.0, 0.0));
        assert!(z_value[[1, 1]].is_nan());
        let gradients = tape.backward(z.sum());
        assert_eq!(gradients.of(a), array![1.0, 1.0].into_dyn());
        assert_eq!(gradients.of(b), array![[1.0, 1.0]].into_dyn());
    }

    #[test]
    fn only_whole_rows_are_written_over() {
        let rewrites = |shapes: [&[usize]; 3]| Where.rewrites(&shapes.map(Shape::new));
        assert_eq!(rewrites([&[1, 5, 1], &[1, 1, 3], &[1, 5, 3]]), Some(2));
        assert_eq!(rewrites([&[5, 1], &[3], &[5, 3]]), Some(2));
        assert_eq!(rewrites([&[5, 3], &[], &[5, 3]]), Some(2));
        // A mask of columns, a row for each place, a result that is larger than `b`.
        assert_eq!(rewrites([&[1, 3], &[5, 1], &[5, 3]]), None);
        assert_eq!(rewrites([&[5, 1], &[5, 3], &[5, 3]]), None);
        assert_eq!(rewrites([&[5, 1], &[5, 3], &[3]]), None);
    }

    #[test]
    #[should_panic(expected = "[2] and [3] do not broadcast")]
    fn a_mask_of_another_size_is_an_error() {
        let tape = Tape::<f64>::new();
        let mask = tape.data("mask", array![1.0, 0.0]);
        let a = tape.input("a", array![1.0, 2.0, 3.0]);
        where_(mask, a, a);
    }
}
