//! The gradients of one number, as they are added up and as they are given out.

use std::rc::Rc;

use ndarray::ArrayD;

use crate::arena::{Mirror, Place};
use crate::graph::NodeId;
use crate::numbers::Real;
use crate::params::{Param, Params, array};
use crate::tape::{IN_PARAMS, Places, State};
use crate::var::Var;

/// The gradients of one number with respect to everything it depends on.
///
/// A variable that `j` does not depend on has no gradient; it is never shown as 0.
#[derive(Debug)]
pub struct Gradients<T> {
    tape: Option<u64>,
    places: Rc<Vec<Places>>,
    reached: Vec<bool>,
    mirror: Mirror<T>,
    in_params: Vec<T>,
    param_nodes: Vec<(Param, NodeId)>,
}

impl<T: Real> Gradients<T> {
    pub(super) fn new(state: &State<'_, T>, tape: Option<u64>) -> Self {
        Self {
            tape,
            places: Rc::clone(&state.places),
            reached: vec![false; state.graph.len()],
            mirror: state.mirror(),
            in_params: vec![T::ZERO; state.params().map_or(0, Params::len)],
            param_nodes: state.param_nodes().collect(),
        }
    }

    /// ∂J/∂x.
    ///
    /// **Panics** if J does not depend on `x`, or `x` stands on another tape.
    #[track_caller]
    pub fn of(&self, x: Var<'_>) -> ArrayD<T> {
        self.get_of(x).unwrap_or_else(|| {
            panic!(
                "there is no gradient for {x:?}: J does not depend on it, or it was given as data; \
                 not computed is not the same as 0"
            )
        })
    }

    /// ∂J/∂x, or `None` if J does not depend on `x`.
    #[track_caller]
    pub fn get_of(&self, x: Var<'_>) -> Option<ArrayD<T>> {
        assert_eq!(
            x.on().identity(),
            self.tape,
            "these are the gradients of another tape than that of {x:?}"
        );
        let index = x.id().index();
        let reached = self.reached.get(index).copied().unwrap_or(false);
        reached.then(|| array(x.shape(), self.at(self.places[index].value).to_vec()))
    }

    /// Writes the gradients of all parameters into `params`, replacing what was there.
    ///
    /// **Errors** if a parameter got none: a model that declares a parameter without using it is almost always wrong.
    pub fn write_to(&self, params: &mut Params<T>) -> Result<(), NoGradient> {
        assert_eq!(
            params.len(),
            self.in_params.len(),
            "the gradients belong to other parameters"
        );
        let mut reached = vec![false; params.list().specs().len()];
        for (param, node) in &self.param_nodes {
            reached[param.index()] = self.reached[node.index()];
        }
        let missing: Vec<String> = params
            .list()
            .params()
            .filter(|&param| !param.shape().is_empty() && !reached[param.index()])
            .map(|param| params.list().spec(param).name.clone())
            .collect();
        if !missing.is_empty() {
            return Err(NoGradient { parameters: missing });
        }
        params.gradients_mut().copy_from_slice(&self.in_params);
        Ok(())
    }

    /// True if something was contributed to this node.
    #[inline]
    pub(super) fn has(&self, id: NodeId) -> bool {
        self.reached[id.index()]
    }

    /// The only addition of the chain rule.
    #[inline]
    pub(super) fn contribute(&mut self, state: &State<'_, T>, operand: NodeId, contribution: &[T]) {
        let place = state.places[operand.index()].value;
        let g_x = if place.chunk == IN_PARAMS {
            &mut self.in_params[place.offset as usize..][..place.len as usize]
        } else {
            self.mirror.get_mut(place)
        };
        if std::mem::replace(&mut self.reached[operand.index()], true) {
            g_x.iter_mut().zip(contribution).for_each(|(g_x, &c)| *g_x += c);
        } else {
            g_x.copy_from_slice(contribution);
        }
    }

    #[inline]
    pub(super) fn get(&self, state: &State<'_, T>, id: NodeId) -> &[T] {
        self.at(state.places[id.index()].value)
    }

    #[inline]
    fn at(&self, place: Place) -> &[T] {
        if place.chunk == IN_PARAMS {
            &self.in_params[place.offset as usize..][..place.len as usize]
        } else {
            self.mirror.get(place)
        }
    }
}

/// Some parameters of the model take no part in the objective.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "no gradient reaches {}: the objective does not depend on {}; use the parameter in the formula or remove its \
     declaration", .parameters.join(", "), if .parameters.len() == 1 { "it" } else { "them" }
)]
pub struct NoGradient {
    /// The full names of the parameters.
    pub parameters: Vec<String>,
}
