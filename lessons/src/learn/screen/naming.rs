//! The names of nodes and steps on a screen.

use tapegrad_autograd::graph::Source;

use crate::learn::run::trace::{Phase, Trace, TraceStep};

/// What a step is called: `forward: z = sigmoid(a)`.
pub fn step_name(trace: &Trace, step: usize) -> String {
    match step.checked_sub(1).and_then(|at| trace.steps.get(at)) {
        Some(TraceStep { phase, node }) => {
            let node = &trace.nodes[*node];
            match phase {
                Phase::Forward => format!("forward: {} = {}", node.label, node.phrase),
                Phase::Backward => format!("backward: {} = {}", node.label, node.phrase),
            }
        }
        None if step == 0 => "the beginning".into(),
        None => "the end".into(),
    }
}

/// A short text for a node: its name, or what it computes if it has none and that is short.
pub fn short(trace: &Trace, node: usize) -> String {
    const SHORT: usize = 18;
    let own = &trace.nodes[node];
    let has_name = own.label != format!("n{node}");
    if has_name || own.phrase.len() > SHORT {
        own.label.clone()
    } else {
        own.phrase.clone()
    }
}

/// A node's name, or what it computes if it has none.
pub fn name(trace: &Trace, node: usize) -> String {
    let own = &trace.nodes[node];
    match trace.source(node) {
        Source::Constant(_) => "a constant".into(),
        _ if own.label == format!("n{node}") => format!("{} = {}", own.label, own.phrase),
        _ => own.label.clone(),
    }
}
