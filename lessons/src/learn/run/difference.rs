//! The check beside each gradient: the objective's derivative by differences, with everything after a node run again.
//!
//! One value of the trace is moved, the ops that depend on it run again on a new tape, and the objective is read off.
//! The step sizes, and the bound on the error of the result, are those of the gradient checker.

use std::collections::BTreeMap;
use std::panic::Location;

use ndarray::ArrayD;
use tapegrad_autograd::check::finite_difference::{Slope, slopes};
use tapegrad_autograd::graph::{NodeId, Source};
use tapegrad_autograd::{Record as _, Tape, Var};

use super::trace::Trace;

/// Whether a gradient's entry agrees with the derivative by differences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agreement {
    /// The two agree, up to rounding.
    Agrees,
    /// The two differ by more than rounding.
    Differs,
    /// The objective has a kink here.
    Kink,
    /// Nothing to compare with: the difference was not taken, moving the number leaves the domain, or rounding hides it.
    Unchecked,
}

/// A relative difference that rounding explains.
const RELATIVE: f64 = 1e-7;
/// An absolute difference that rounding explains, for numbers of the size of 1.
const ABSOLUTE: f64 = 1e-9;
/// The widest error bound, relative to the gradient, of a difference that says anything.
const BOUND_MAX: f64 = 1e-3;

/// Takes the differences of every gradient of a trace.
pub fn take_all(trace: &mut Trace) {
    for node in 0..trace.nodes.len() {
        if trace.nodes[node].gradient.is_some() && node != trace.objective {
            trace.nodes[node].differences = of_node(trace, node);
        }
    }
    trace.nodes[trace.objective].differences = vec![Slope::Smooth { value: 1.0, bound: 0.0 }];
    trace.is_checked = true;
}

/// The derivative of the objective with respect to each entry of a node, by differences.
pub fn of_node(trace: &Trace, node: usize) -> Vec<Slope> {
    let after = dependents(trace, node);
    let value = &trace.nodes[node].value;
    let slope = |(entry, &at): (usize, &f64)| {
        let objective = |moved: f64| {
            let mut value = value.clone();
            *value
                .iter_mut()
                .nth(entry)
                .expect("the entry is one of the value's own") = moved;
            let found = objective_with(trace, node, &after, value)?;
            found.is_finite().then(|| vec![found])
        };
        slopes(at, objective).first().copied().unwrap_or(Slope::NoValue)
    };
    value.iter().enumerate().map(slope).collect()
}

/// The ops that depend on a node, in order.
fn dependents(trace: &Trace, node: usize) -> Vec<NodeId> {
    let mut depends = vec![false; trace.nodes.len()];
    depends[node] = true;
    for later in node + 1..=trace.objective {
        depends[later] = trace.operands(later).iter().any(|&operand| depends[operand]);
    }
    (node + 1..=trace.objective)
        .filter(|&later| depends[later])
        .map(NodeId::new)
        .collect()
}

/// The objective when a node has another value; `None` if an op does not admit it.
fn objective_with(trace: &Trace, node: usize, after: &[NodeId], value: ArrayD<f64>) -> Option<f64> {
    let tape = Tape::<f64>::new();
    let mut again: BTreeMap<NodeId, NodeId> = BTreeMap::new();
    again.insert(NodeId::new(node), tape.data("moved", value).id());
    for &id in after {
        let own = trace.graph.node(id);
        let Source::Op(op) = own.source else { return None };
        let operands: Vec<NodeId> = own
            .operands
            .iter()
            .map(|operand| {
                *again
                    .entry(*operand)
                    .or_insert_with(|| tape.data("same", trace.nodes[operand.index()].value.view()).id())
            })
            .collect();
        again.insert(id, tape.push(op, &operands, Location::caller()).ok()?);
    }
    let objective = again.get(&NodeId::new(trace.objective))?;
    Some(tape.number(Var::new(&tape, *objective)))
}

/// Whether an entry of a gradient agrees with its difference.
pub fn agreement(gradient: f64, slope: Option<&Slope>) -> Agreement {
    match slope {
        // A small gradient needs a small bound: else a gradient of 0 would agree as well.
        Some(Slope::Smooth { bound, .. }) if !(*bound <= BOUND_MAX * gradient.abs() + ABSOLUTE) => Agreement::Unchecked,
        Some(Slope::Smooth { value, bound }) => {
            let allowed = bound + RELATIVE * value.abs().max(gradient.abs()) + ABSOLUTE;
            if (value - gradient).abs() <= allowed {
                Agreement::Agrees
            } else {
                Agreement::Differs
            }
        }
        Some(Slope::Kink { .. }) => Agreement::Kink,
        Some(Slope::NoValue) | None => Agreement::Unchecked,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_gradient_is_compared_by_its_own_size() {
        let slope = |value: f64, bound: f64| Slope::Smooth { value, bound };
        assert_eq!(agreement(5.2e-5, Some(&slope(5.2e-5, 1e-11))), Agreement::Agrees);
        assert_eq!(agreement(0.0, Some(&slope(5.2e-5, 1e-11))), Agreement::Differs);
        assert_eq!(agreement(5.3e-5, Some(&slope(5.2e-5, 1e-11))), Agreement::Differs);
        assert_eq!(
            agreement(5.2e-5, Some(&slope(0.0, 9e-4))),
            Agreement::Unchecked,
            "a bound that admits 0 says nothing"
        );
        assert_eq!(agreement(0.0, Some(&slope(1e-17, 1e-12))), Agreement::Agrees);
    }
}
