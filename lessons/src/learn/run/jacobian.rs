//! One op by itself: its backward applied to a gradient, and the Jacobian, the matrix of its local derivatives.
//!
//! The op is recorded alone on a new tape with the trace's own values, so what is shown is what runs.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::panic::Location;

use ndarray::{Array2, ArrayD, ArrayViewD};
use tapegrad_autograd::graph::{NodeId, Source};
use tapegrad_autograd::{Record as _, Tape, Var};

use super::numeral::SIDE_MAX;
use super::trace::Trace;

/// What the op of `node` contributes to the operand at `position` when `g` comes in; `None` if that has no gradient.
pub fn pull_back(trace: &Trace, node: usize, position: usize, g: ArrayViewD<'_, f64>) -> Option<ArrayD<f64>> {
    let Source::Op(op) = trace.source(node) else {
        return None;
    };
    let tape = Tape::<f64>::new();
    let mut wanted = None;
    let operands: Vec<NodeId> = trace
        .operands(node)
        .into_iter()
        .enumerate()
        .map(|(place, operand)| {
            let value = trace.nodes[operand].value.view();
            if place == position {
                let var = tape.input("x", value);
                wanted = Some(var);
                var.id()
            } else {
                tape.data("x", value).id()
            }
        })
        .collect();
    let y = tape.push(op, &operands, Location::caller()).ok()?;
    tape.backward_from(Var::new(&tape, y), g).get_of(wanted?)
}

/// What the ops inside a step hand on to the operand at `position` of `from`, when `g` comes in at the step's own node.
///
/// `inside` has the ops of the step without its own; `from` is one of them or the node itself.
fn handed_on(
    trace: &Trace,
    node: usize,
    inside: &[usize],
    from: usize,
    position: usize,
    g: ArrayD<f64>,
) -> Option<ArrayD<f64>> {
    let mut gradients: BTreeMap<usize, ArrayD<f64>> = BTreeMap::from([(node, g)]);
    // An operand comes before its op, so the last op that is open has all of its gradient.
    while let Some((one, g)) = gradients.pop_last() {
        if one == from {
            return pull_back(trace, one, position, g.view());
        }
        for (place, operand) in trace.operands(one).into_iter().enumerate() {
            let Some(handed) = inside
                .contains(&operand)
                .then(|| pull_back(trace, one, place, g.view()))
                .flatten()
            else {
                continue;
            };
            match gradients.entry(operand) {
                Entry::Vacant(vacant) => drop(vacant.insert(handed)),
                Entry::Occupied(mut known) => *known.get_mut() += &handed,
            }
        }
    }
    None
}

/// The derivatives of a step's result with respect to the operand at `position` of `from`, an op of the step: a row for
/// each entry of the result, a column for each of the operand; `None` if there are none, or more than can be shown.
pub fn jacobian(trace: &Trace, node: usize, inside: &[usize], from: usize, position: usize) -> Option<Array2<f64>> {
    let operand = *trace.operands(from).get(position)?;
    let (result, entries) = (&trace.nodes[node].value, trace.nodes[operand].value.len());
    if result.len() > SIDE_MAX || entries > SIDE_MAX {
        return None;
    }
    let mut rows = Array2::zeros((result.len(), entries));
    for (entry, mut row) in rows.rows_mut().into_iter().enumerate() {
        let mut unit = ArrayD::zeros(result.shape());
        *unit
            .iter_mut()
            .nth(entry)
            .expect("the entry is one of the result's own") = 1.0;
        let pulled = handed_on(trace, node, inside, from, position, unit)?;
        row.iter_mut().zip(pulled.iter()).for_each(|(to, &from)| *to = from);
    }
    Some(rows)
}
