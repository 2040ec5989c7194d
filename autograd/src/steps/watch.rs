//! Looking on while contributions are added.

use ndarray::ArrayD;

use super::{Contribution, Gradients};
use crate::graph::NodeId;
use crate::numbers::Real;
use crate::params::array;
use crate::tape::State;

/// Someone who looks on while contributions are added.
pub(super) trait Watch<T: Real> {
    fn before(&mut self, state: &State<'_, T>, gradients: &Gradients<T>, operand: NodeId);
    fn after(&mut self, state: &State<'_, T>, gradients: &Gradients<T>, operand: NodeId, position: usize, value: &[T]);
}

/// Nobody looks on.
pub(super) struct Unwatched;

impl<T: Real> Watch<T> for Unwatched {
    fn before(&mut self, _: &State<'_, T>, _: &Gradients<T>, _: NodeId) {}
    fn after(&mut self, _: &State<'_, T>, _: &Gradients<T>, _: NodeId, _: usize, _: &[T]) {}
}

impl<T: Real> Watch<T> for Vec<Contribution<T>> {
    fn before(&mut self, state: &State<'_, T>, gradients: &Gradients<T>, operand: NodeId) {
        let shape = state.graph.shape(operand);
        let reached = gradients.has(operand);
        let before = reached.then(|| array(shape, gradients.get(state, operand).to_vec()));
        let empty = ArrayD::from_elem(shape.to_vec(), T::ZERO);
        self.push(Contribution {
            position: 0,
            operand,
            value: empty.clone(),
            before,
            after: empty,
        });
    }

    fn after(&mut self, state: &State<'_, T>, gradients: &Gradients<T>, operand: NodeId, position: usize, value: &[T]) {
        let shape = state.graph.shape(operand);
        let contribution = self.last_mut().expect("before() has pushed this contribution");
        contribution.position = position;
        contribution.value = array(shape, value.to_vec());
        contribution.after = array(shape, gradients.get(state, operand).to_vec());
    }
}
