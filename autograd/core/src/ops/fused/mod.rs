//! Fused ops: each is defined by a formula over primitive ops, its composite twin, and computed faster than by it.

pub mod attention;
pub mod cross_entropy;
pub mod dropout;
pub mod layer_norm;
pub mod linear;
pub mod lstm;
pub mod lstm_cell;
pub mod rms_norm;
pub mod rnn;
pub mod rotary;
pub mod sigmoid_cross_entropy;
pub mod top_k;

use crate::op::Op;
use crate::var::Var;

/// An op that is defined by a formula over other ops and computed faster than by it.
pub trait Fused: Op {
    /// The same function in primitives: the definition, of which the kernel is an optimisation.
    fn composite<'t>(&self, x: &[Var<'t>]) -> Var<'t>;
}
