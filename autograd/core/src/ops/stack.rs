//! Arrays of one shape side by side, along a new axis.
//!
//! Every entry of every operand stands in `y` exactly once, so each operand receives its own part of the upstream
//! gradient. **Shapes**: `N` times `a: [..]` → `y: [.., N, ..]` with `N` at `axis`.
//! Cost: no arithmetic, one copy. Source: the outputs `y_1 .. y_T` of a recurrent network as one array, deck S1.

use crate::op::prelude::*;

/// Arrays of one shape side by side; the new axis is `axis` of the result, and -1 makes it the last.
///
/// ```
/// use ndarray::array;
/// use tapegrad_autograd::{ops::stack, Tape};
/// let tape = Tape::<f64>::new();
/// let (a, b) = (tape.input("a", array![1.0, 2.0]), tape.input("b", array![3.0, 4.0]));
/// assert_eq!(tape.value(stack(&[a, b], -1)), array![[1.0, 3.0], [2.0, 4.0]].into_dyn());
/// ```
///
/// **Panics** if there is no array, the shapes differ, or the result would have no such axis.
#[track_caller]
pub fn stack<'t>(parts: &[Var<'t>], axis: isize) -> Var<'t> {
    let first = parts.first().expect("there is at least one array to stack");
    let rank = first.shape().rank() as isize + 1;
    let from_front = if axis < 0 { axis + rank } else { axis };
    assert!(
        (0..rank).contains(&from_front),
        "there is no axis {axis} in the result of stacking {}: it has {rank} axes",
        first.shape()
    );
    let axis = from_front as usize;
    Var::record(Stack { axis }, parts)
}

/// The op of [`stack()`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stack {
    /// The position of the new axis in the result.
    pub axis: usize,
}

impl Op for Stack {
    const NAME: &'static str = "stack";
    const MEANING: &'static str = "Arrays of one shape side by side, along a new axis.";
    const SHAPES: &'static str = "n times [..] -> [.., n, ..]";
    const FORWARD: Equations = &[("y", "stack(a, over i)")];
    const BACKWARD: Equations = &[("g_a", "g_y[i]")];
    const OPERANDS: &'static [Operand] = &[Operand::real("a", "one of the arrays, in order").many()];
    const KEEPS: Keeps = Keeps::NOTHING;

    attributes! {
        axis: usize, "the place of the new axis in the result";
    }

    fn shape(&self, x: &[Shape]) -> Result<Shape, ShapeError> {
        if self.axis > x[0].rank() || x[0].rank() == RANK_MAX {
            return Err(ShapeError::new(format!(
                "{} has no room for a new axis {}",
                x[0], self.axis
            )));
        }
        if let Some(other) = x.iter().find(|&&a| a != x[0]) {
            return Err(ShapeError::new(format!("{} and {other} must be equal", x[0])));
        }
        Ok(x[0].insert(self.axis, x.len()))
    }

    fn forward<T: Real>(&self, x: Inputs<'_, T>, y: &mut [T], _: &mut [T]) {
        let (outer, inner) = self.around(x.shape(0));
        for n in 0..x.len() {
            for o in 0..outer {
                y[(o * x.len() + n) * inner..][..inner].copy_from_slice(&x[n][o * inner..][..inner]);
            }
        }
    }

    fn backward<T: Real>(&self, at: Saved<'_, T>, g_y: &[T], g_x: &mut InGradients<'_, T>) {
        let (outer, inner) = self.around(at.x.shape(0));
        for (n, g_a) in g_x.iter_mut().enumerate() {
            let Some(g_a) = g_a else { continue };
            for o in 0..outer {
                g_a[o * inner..][..inner].copy_from_slice(&g_y[(o * at.x.len() + n) * inner..][..inner]);
            }
        }
    }

    fn flops(&self, _: &[Shape]) -> Flops {
        Flops::NONE
    }

    fn sample(draw: &mut Draw) -> Sample<Self> {
        let a = draw.shape();
        let axis = draw.below(a.rank() + 1);
        let parts: Vec<_> = (0..1 + draw.below(4)).map(|_| draw.normal(a)).collect();
        Sample::new(Self { axis }, parts)
    }
}

impl Stack {
    /// The entries of an operand before and after the new axis: an array `[outer, inner]`.
    fn around(&self, a: Shape) -> (usize, usize) {
        let outer = a.iter().take(self.axis).product();
        let inner = a.iter().skip(self.axis).product();
        (outer, inner)
    }
}
