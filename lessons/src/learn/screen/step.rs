//! One step as blocks: its forward, or its backward with what goes out.

use tapegrad_autograd::graph::Source;

use super::block::{ScreenBlock, ScreenCell};
use super::checks::checks;
use super::naming::{equation, gradient_name, name};
use crate::learn::run::jacobian::jacobian;
use crate::learn::run::numeral::{block, inline, numeral, shape};
use crate::learn::run::phrase;
use crate::learn::run::trace::{Received, Trace, TraceStep};

/// The forward of a node: its formula, its inputs, and its result.
pub fn forward(trace: &Trace, node: usize, hidden: bool) -> Vec<ScreenBlock> {
    let own = &trace.nodes[node];
    let mut lines = vec![("equation".to_string(), ScreenCell::open(equation(trace, node)))];
    if let Source::Op(op) = trace.source(node) {
        lines.extend(op_line(trace, node));
        lines.push(("remembers".into(), ScreenCell::open(remembered(trace, node))));
        lines.push(("source".into(), ScreenCell::open(op.file())));
    }
    let mut rows: Vec<Vec<ScreenCell>> = Vec::new();
    for operand in read(trace, node) {
        let from = &trace.nodes[operand];
        let cells = [name(trace, operand), shape(from.value.shape()), block(&from.value)];
        rows.push(cells.map(ScreenCell::open).to_vec());
    }
    let result = if own.is_named {
        format!("result {}", own.label)
    } else {
        "result".into()
    };
    rows.push(vec![
        ScreenCell::open(result),
        ScreenCell::open(shape(own.value.shape())),
        ScreenCell::secret(block(&own.value), hidden),
    ]);
    let header = ["name", "shape", "value"].map(String::from).to_vec();
    vec![
        ScreenBlock::Equation { lines },
        ScreenBlock::Table {
            caption: "What goes in, and what comes out".into(),
            header,
            rows,
        },
    ]
}

/// What the step of a node reads, without the numbers that stand in its formula.
pub fn read(trace: &Trace, node: usize) -> Vec<usize> {
    let mut read = trace.read_in_step(node);
    read.retain(|&operand| trace.nodes[operand].is_named || !trace.nodes[operand].is_constant);
    read
}

/// True if an op that computes belongs to the step of a node, which then has more than one formula.
fn is_composed(trace: &Trace, node: usize) -> bool {
    let step = trace.nodes[node].forward;
    let own = step.and_then(|step| trace.inside.get(step));
    own.is_some_and(|inside| {
        inside
            .iter()
            .any(|&one| !trace.is_rearranged(one) && !trace.nodes[one].is_constant)
    })
}

/// The op with its own formula, if that says more than the equation.
fn op_line(trace: &Trace, node: usize) -> Option<(String, ScreenCell)> {
    let Source::Op(op) = trace.source(node) else {
        return None;
    };
    let own = formula(trace, node, op.forward_formula());
    let says_more = own != equation(trace, node) && !is_composed(trace, node);
    says_more.then(|| (format!("op {}", op.name()), ScreenCell::open(own)))
}

/// An op's formula in the names of the graph; a value without a name keeps the letter of the op.
fn formula(trace: &Trace, node: usize, text: &str) -> String {
    let Source::Op(op) = trace.source(node) else {
        return text.to_string();
    };
    let called = |node: usize| match trace.source(node) {
        Source::Constant(value) => Some(numeral(*value)),
        _ => Some(&trace.nodes[node])
            .filter(|own| own.is_named)
            .map(|own| own.label.clone()),
    };
    let operands = trace.operands(node).into_iter().enumerate();
    let mut letters: Vec<(String, String)> = operands
        .filter_map(|(position, operand)| {
            Some((op.operand(position).name.to_string(), called(trace.shown_as(operand))?))
        })
        .collect();
    letters.extend(called(node).map(|own| (phrase::result_letter(op.forward_formula()), own)));
    phrase::localised(text, &letters)
}

/// What the ops of a step keep for their backward, by its names.
fn remembered(trace: &Trace, node: usize) -> String {
    let step = trace.nodes[node].forward;
    let inside = step
        .and_then(|step| trace.inside.get(step))
        .map_or(&[][..], Vec::as_slice);
    let mut kept: Vec<String> = Vec::new();
    for &one in inside.iter().rev().chain([&node]) {
        let Source::Op(op) = trace.source(one) else { continue };
        for (position, operand) in trace.operands(one).into_iter().enumerate() {
            let own = &trace.nodes[trace.shown_as(operand)];
            let is_told = !own.is_folded && !own.is_constant;
            if op.keeps().reads_input(position) && is_told && !kept.contains(&own.label) {
                kept.push(own.label.clone());
            }
        }
        if op.keeps().reads_output() && one == node {
            let own = &trace.nodes[node];
            let name = if own.is_named {
                format!("{}, its result", own.label)
            } else {
                "its result".into()
            };
            kept.push(name);
        }
    }
    match kept.is_empty() {
        true => "nothing: its derivative needs no values".into(),
        false => kept.join(", "),
    }
}

/// The backward of a node: what comes in, what goes out to each operand, and the checks.
pub fn backward(trace: &Trace, at: usize, step: TraceStep, hidden: bool) -> Vec<ScreenBlock> {
    let own = &trace.nodes[step.node];
    let mut lines = vec![("equation".to_string(), ScreenCell::open(equation(trace, step.node)))];
    if is_composed(trace, step.node) {
        lines.push(("uses".into(), ScreenCell::open(remembered(trace, step.node))));
    } else if let Source::Op(op) = trace.source(step.node) {
        let letters: Vec<String> = trace
            .operands(step.node)
            .into_iter()
            .enumerate()
            .filter(|(_, operand)| trace.nodes[*operand].gradient.is_none())
            .map(|(position, _)| op.operand(position).name.to_string())
            .collect();
        let backward = phrase::wanted(op.backward_formula(), &letters);
        lines.extend(op_line(trace, step.node));
        lines.push((
            "its backward".into(),
            ScreenCell::open(formula(trace, step.node, &backward)),
        ));
        lines.push(("uses".into(), ScreenCell::open(remembered(trace, step.node))));
    }
    if !trace.is_checked {
        let entries = trace.gradient_entries();
        let text =
            format!("differences are not taken: the run has {entries} entries of gradients, too many to move each");
        lines.push(("check".into(), ScreenCell::open(text)));
    }
    let incoming = own.gradient.as_ref().map_or_else(String::new, block);
    let label = format!("incoming {}", gradient_name(trace, step.node));
    lines.push((label, ScreenCell::open(incoming)));
    let mut blocks = vec![
        ScreenBlock::Equation { lines },
        contributions(trace, at, step.node, hidden),
    ];
    blocks.extend(checks(trace, at, hidden));
    blocks
}

/// What the step contributes to each value that it reads.
fn contributions(trace: &Trace, at: usize, node: usize, hidden: bool) -> ScreenBlock {
    let mut rows = Vec::new();
    for (operand, index) in trace.contributions_of(at) {
        let all = &trace.nodes[operand].received;
        let one: &Received = &all[index];
        let sum = match (index + 1, all.len()) {
            (1, 1) => "complete".to_string(),
            (1, count) => format!("use 1 of {count}"),
            (index, count) if index == count => format!("use {index} of {count}: complete\n{}", block(&one.after)),
            (index, count) => format!("use {index} of {count}\n{}", block(&one.after)),
        };
        rows.push(vec![
            ScreenCell::open(name(trace, operand)),
            ScreenCell::secret(local_derivatives(trace, at, one), hidden),
            ScreenCell::secret(block(&one.value), hidden),
            ScreenCell::secret(sum, hidden),
        ]);
    }
    let header = ["to", "local derivative", "contributes", "gradient so far"]
        .map(String::from)
        .to_vec();
    ScreenBlock::Table {
        caption: format!(
            "Outgoing gradients: incoming {} times the local derivative",
            gradient_name(trace, node)
        ),
        header,
        rows,
    }
}

/// The local derivatives in the shortest form: one number, a diagonal, or the matrix.
fn local_derivatives(trace: &Trace, at: usize, one: &Received) -> String {
    let Some(rows) = jacobian(trace, trace.steps[at].node, &trace.inside[at], one.from, one.position) else {
        return "too many to show".into();
    };
    let is_square = rows.nrows() == rows.ncols() && rows.nrows() > 1;
    let is_diagonal = is_square && rows.indexed_iter().all(|((i, j), &entry)| i == j || entry == 0.0);
    match (is_diagonal, rows.len()) {
        (true, _) => format!("each entry by itself\n{}", inline(&rows.diag().to_owned().into_dyn())),
        (_, 1) => rows.first().copied().map_or_else(String::new, numeral),
        (_, ..=24) => block(&rows.into_dyn()),
        _ => {
            let kept = rows.iter().filter(|&&entry| entry != 0.0).count();
            format!("{} by {}, {kept} not 0", rows.nrows(), rows.ncols())
        }
    }
}
