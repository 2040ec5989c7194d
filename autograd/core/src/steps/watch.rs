//! Looking on while contributions are added.

use super::{Contribution, Gradients};
use crate::graph::NodeId;
use crate::numbers::Real;
use crate::params::array;
use crate::tape::State;

/// Someone who looks on while contributions are added.
pub(super) trait Watch<T: Real> {
    /// Adds a contribution to the gradient of the operand that stands at `position` of the formula.
    fn add(
        &mut self,
        gradients: &mut Gradients<T>,
        state: &State<'_, T>,
        operand: NodeId,
        position: usize,
        value: &[T],
    );
}

/// Nobody looks on.
pub(super) struct Unwatched;

impl<T: Real> Watch<T> for Unwatched {
    #[inline]
    fn add(&mut self, gradients: &mut Gradients<T>, state: &State<'_, T>, operand: NodeId, _: usize, value: &[T]) {
        gradients.contribute(state, operand, value);
    }
}

impl<T: Real> Watch<T> for Vec<Contribution<T>> {
    fn add(
        &mut self,
        gradients: &mut Gradients<T>,
        state: &State<'_, T>,
        operand: NodeId,
        position: usize,
        value: &[T],
    ) {
        let shape = state.graph.shape(operand);
        let copy = |numbers: &[T]| array(shape, numbers.to_vec());
        let before = gradients.has(operand).then(|| copy(gradients.get(state, operand)));
        gradients.contribute(state, operand, value);
        self.push(Contribution {
            position,
            operand,
            value: copy(value),
            before,
            after: copy(gradients.get(state, operand)),
        });
    }
}
