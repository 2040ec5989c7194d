//! A graph with its fused ops and its ops over rows replaced by the formulas that they are.

use std::collections::BTreeMap;

use tapegrad_core::graph::{NodeId, Source};
use tapegrad_core::ops::AnyOp;
use tapegrad_core::tape::Tape;
use tapegrad_core::var::Var;

/// The same graph with every fused op and every op over rows replaced by the formula that it is, and which line of the
/// original each node belongs to.
pub(super) fn expand(
    tape: &Tape<'_, f64>,
    y: usize,
    groups: &mut BTreeMap<usize, String>,
) -> (Tape<'static, f64>, usize) {
    let inner = tape.graph().clone();
    let fresh = Tape::<f64>::new();
    let mut twins: Vec<NodeId> = Vec::with_capacity(inner.len());
    let mut lines = BTreeMap::new();
    for node in inner.nodes() {
        let operands: Vec<Var<'_>> = node
            .operands
            .iter()
            .map(|id| Var::new(&fresh, twins[id.index()]))
            .collect();
        let before = fresh.graph().len();
        let twin = match node.source {
            Source::Op(op) => op
                .expanded(&operands)
                .unwrap_or_else(|| record_like(&fresh, op, &operands)),
            Source::Constant(value) => fresh.constant(*value),
            _ => fresh.input(inner.name(node.id).unwrap_or("x"), tape.value(Var::new(tape, node.id))),
        };
        twins.push(twin.id());
        let outer = groups.get(&node.id.index()).map(String::as_str).unwrap_or_default();
        let line = format!("{outer}/{}:{}", node.caller.line(), node.caller.column());
        for id in before..fresh.graph().len() {
            lines.insert(id, line.clone());
        }
    }
    *groups = lines;
    let y = twins[y].index();
    (fresh, y)
}

fn record_like<'t>(tape: &'t Tape<'_, f64>, op: &AnyOp, operands: &[Var<'t>]) -> Var<'t> {
    if operands.is_empty() {
        return tape.constant(0.0).record_here(op.clone(), &[]);
    }
    Var::record(op.clone(), operands)
}
