//! The names of nodes, gradients and steps on a screen.

use tapegrad_autograd::graph::Source;

use crate::learn::run::trace::{Trace, TraceStep};

/// What a step is called: `forward: z = sigmoid(a)`.
pub fn step_name(trace: &Trace, step: usize) -> String {
    match step.checked_sub(1).and_then(|at| trace.steps.get(at)) {
        Some(TraceStep { phase, node }) => format!("{}: {}", phase.name(), equation(trace, *node)),
        None if step == 0 => "the beginning".into(),
        None => "the end".into(),
    }
}

/// `z = sigmoid(a)`; of a node without a name what it computes.
pub fn equation(trace: &Trace, node: usize) -> String {
    let own = &trace.nodes[node];
    match own.is_named {
        true => format!("{} = {}", own.label, own.phrase),
        false => own.phrase.clone(),
    }
}

/// A short text for a node: its name, or the beginning of what it computes if it has none.
pub fn short(trace: &Trace, node: usize) -> String {
    const SHORT: usize = 18;
    let own = &trace.nodes[node];
    if own.is_named || own.phrase.chars().count() <= SHORT {
        return own.label.clone();
    }
    own.phrase.chars().take(SHORT - 1).chain(['…']).collect()
}

/// A node's name, or what it computes if it has none.
pub fn name(trace: &Trace, node: usize) -> String {
    match trace.source(node) {
        Source::Constant(_) => "a constant".into(),
        _ => trace.nodes[node].label.clone(),
    }
}

/// The name of a node's gradient: `g_z`; of a node without a name the derivative that it is, `dJ/d(1 - y)`.
pub fn gradient_name(trace: &Trace, node: usize) -> String {
    let own = &trace.nodes[node];
    match own.is_named {
        true => format!("g_{}", own.label),
        false => format!("d{}/d({})", trace.nodes[trace.objective].label, own.label),
    }
}
