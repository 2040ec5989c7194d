//! Where a backward pass begins: the methods of a tape that run it.

use ndarray::{ArrayD, ArrayViewD};

use super::{Gradients, Steps};
use crate::numbers::Real;
use crate::tape::Tape;
use crate::var::Var;

impl<'p, T: Real> Tape<'p, T> {
    /// The backward pass from `j`, one node at a time.
    ///
    /// **Panics** if `j` is not a single number, stands on another tape, or a backward pass already ran here.
    #[track_caller]
    pub fn steps(&self, j: Var<'_>) -> Steps<'_, 'p, T> {
        let shape = j.shape();
        assert!(
            shape.len() == 1,
            "backward begins at a single number; {j:?} has {} entries: sum them, or say with `backward_from` how much \
             each entry counts",
            shape.len()
        );
        self.steps_from(j, ArrayD::from_elem(shape.to_vec(), T::ONE).view())
    }

    /// The backward pass from an array `y`, where `g_y` is ∂J/∂y, one node at a time.
    #[track_caller]
    pub fn steps_from(&self, y: Var<'_>, g_y: ArrayViewD<'_, T>) -> Steps<'_, 'p, T> {
        self.assert_own(y);
        self.consume();
        let shape = y.shape();
        assert_eq!(shape.to_vec(), g_y.shape(), "g_y needs the shape of y");
        Steps::new(self, y.id(), g_y)
    }

    /// The gradients of a single number with respect to everything it depends on.
    #[track_caller]
    pub fn backward(&self, j: Var<'_>) -> Gradients<T> {
        self.steps(j).finish()
    }

    /// The gradients when ∂J/∂y is `g_y`.
    #[track_caller]
    pub fn backward_from(&self, y: Var<'_>, g_y: ArrayViewD<'_, T>) -> Gradients<T> {
        self.steps_from(y, g_y).finish()
    }
}
