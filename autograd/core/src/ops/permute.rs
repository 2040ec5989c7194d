//! The axes of an array in another order.
//!
//! Axis `n` of `y` is axis `order[n]` of `x`. Every entry of `x` stands in `y` exactly once, so it receives the
//! upstream gradient of that one place: backward puts the axes back.
//! **Shapes**: `x: [A, B, C]`, order `[2, 0, 1]` → `y: [C, A, B]`. Cost: no arithmetic, one copy.
//! Source: `K.T` in the matrix form of attention, deck S1.

use smallvec::SmallVec;
use crate::op::prelude::*;

/// The axes in another order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permute {
    /// For each axis of the result, which axis of the operand it is.
    pub order: SmallVec<[u8; RANK_MAX]>,
}

impl<'t> Var<'t> {
    /// The same numbers with the axes in this order; -1 is the last axis.
    ///
    /// ```
    /// use ndarray::array;
    /// use tapegrad_autograd::Tape;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.input("x", array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
    /// assert_eq!(tape.value(x.permute(&[1, 0])), array![[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]].into_dyn());
    /// ```
    ///
    /// **Panics** if an axis is missing, twice there, or does not exist.
    #[track_caller]
    pub fn permute(self, order: &[isize]) -> Var<'t> {
        let mut axes = SmallVec::new();
        for &axis in order {
            axes.push(self.axis(axis) as u8);
        }
        Var::record(Permute { order: axes }, &[self])
    }

    /// The transpose: the last two axes swapped.
    ///
    /// **Panics** if there are fewer than two axes.
    #[track_caller]
    pub fn t(self) -> Var<'t> {
        let rank = self.shape().rank();
        assert!(rank >= 2, "a transpose needs two axes; this value is {}", self.shape());
        let mut order: SmallVec<[u8; RANK_MAX]> = (0..rank as u8).collect();
        order.swap(rank - 2, rank - 1);
        Var::record(Permute { order }, &[self])
    }
}

impl Op for Permute {
    const NAME: &'static str = "permute";
    const MEANING: &'static str = "The axes of an array in another order.";
    const SHAPES: &'static str = "[..] -> [..] with the axes in another order";
    const WORDS: &'static [Word] = &[Word::own(".T", "x.T", "the last two axes change places", "B = A.T"), Word::own("order", "order(x, a, b, c)", "the axes in the given order", "y = order(x, h, T, dk)")];
    const FORWARD: Equations = &[("y", "order(x, axes)")];
    const BACKWARD: Equations = &[("g_x", "order(g_y, back)")];
    const OPERANDS: &'static [Operand] = &[Operand::real("x", "what is rearranged")];
    const KEEPS: Keeps = Keeps::NOTHING;

    attributes! {
        order: SmallVec<[u8; RANK_MAX]>, "for each axis of the result, which axis of the operand it is";
    }

    fn shape(&self, x: &[Shape]) -> Result<Shape, ShapeError> {
        let rank = x[0].rank();
        let each_once = (0..rank).all(|axis| self.order.contains(&(axis as u8)));
        if self.order.len() != rank || !each_once {
            return Err(ShapeError::new(format!(
                "the order {:?} must name each of the {rank} axes of x once",
                self.order.as_slice()
            )));
        }
        Ok(self.order.iter().map(|&axis| x[0].size(usize::from(axis))).collect())
    }

    fn forward<T: Real>(&self, x: Inputs<'_, T>, y: &mut [T], _: &mut [T]) {
        self.walk(x.shape(0), |i_x, i_y| y[i_y] = x[0][i_x]);
    }

    fn backward<T: Real>(&self, at: Saved<'_, T>, g_y: &[T], g_x: &mut InGradients<'_, T>) {
        let Some(g_x) = g_x.get(0) else { return };
        self.walk(at.x.shape(0), |i_x, i_y| g_x[i_x] = g_y[i_y]);
    }

    fn flops(&self, _: &[Shape]) -> Flops {
        Flops::NONE
    }

    fn sample(draw: &mut Draw) -> Sample<Self> {
        let x = draw.shape();
        let mut left: Vec<u8> = (0..x.rank() as u8).collect();
        let order = (0..x.rank()).map(|_| left.remove(draw.below(left.len()))).collect();
        Sample::new(Self { order }, [draw.normal(x)])
    }
}

impl Permute {
    /// Calls `visit(i_x, i_y)` for each entry of the result, in order.
    fn walk(&self, x: Shape, visit: impl FnMut(usize, usize)) {
        let own = x.strides();
        let mut strides = [0; RANK_MAX];
        for (stride, &axis) in strides.iter_mut().zip(&self.order) {
            *stride = own[usize::from(axis)];
        }
        let y = self.order.iter().map(|&axis| x.size(usize::from(axis))).collect();
        walk(y, strides, visit);
    }
}

/// Calls `visit(from, i)` for each entry `i` of `y`, in order, with its position where each axis has this stride.
fn walk(y: Shape, strides: [usize; RANK_MAX], mut visit: impl FnMut(usize, usize)) {
    if y.is_empty() {
        return;
    }
    let outer_axes = y.rank().saturating_sub(1);
    let inner = y.last();
    let inner_stride = strides[outer_axes];
    let mut index = [0usize; RANK_MAX];
    let mut from = 0;
    for row in 0..y.len() / inner {
        for i in 0..inner {
            visit(from + i * inner_stride, row * inner + i);
        }
        // One row further: counts up the outer axes like an odometer.
        for axis in (0..outer_axes).rev() {
            index[axis] += 1;
            from += strides[axis];
            if index[axis] < y.size(axis) {
                break;
            }
            from -= index[axis] * strides[axis];
            index[axis] = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn swapped_strides_read_the_transpose() {
        let mut seen = Vec::new();
        let mut strides = [0; RANK_MAX];
        strides[..2].copy_from_slice(&[1, 3]);
        walk(Shape::new(&[3, 2]), strides, |from, i| seen.push((from, i)));
        assert_eq!(seen, [(0, 0), (3, 1), (1, 2), (4, 3), (2, 4), (5, 5)]);
    }

    #[test]
    fn a_single_number_is_visited_once() {
        let mut visits = 0;
        walk(Shape::SCALAR, [0; RANK_MAX], |from, i| {
            assert_eq!((from, i), (0, 0));
            visits += 1;
        });
        assert_eq!(visits, 1);
    }
}
