//! One step as blocks: its forward, or its backward with what goes out.

use tapegrad_autograd::graph::Source;

use super::block::{ScreenBlock, ScreenCell};
use super::checks::checks;
use super::naming::name;
use crate::learn::run::jacobian::jacobian;
use crate::learn::run::numeral::{block, inline, numeral, shape};
use crate::learn::run::phrase;
use crate::learn::run::trace::{Received, Trace, TraceStep};

/// The forward of a node: its formula, its inputs, and its result.
pub fn forward(trace: &Trace, node: usize, hidden: bool) -> Vec<ScreenBlock> {
    let own = &trace.nodes[node];
    let mut lines = vec![(
        "equation".to_string(),
        ScreenCell::open(format!("{} = {}", own.label, own.phrase)),
    )];
    if let Source::Op(op) = trace.source(node) {
        lines.extend(op_line(trace, node));
        lines.push(("remembers".into(), ScreenCell::open(remembered(trace, node))));
        lines.push(("source".into(), ScreenCell::open(op.file())));
    }
    let mut rows: Vec<Vec<ScreenCell>> = Vec::new();
    for operand in trace.operands(node) {
        let from = &trace.nodes[operand];
        let cells = [name(trace, operand), shape(from.value.shape()), block(&from.value)];
        rows.push(cells.map(ScreenCell::open).to_vec());
    }
    rows.push(vec![
        ScreenCell::open(format!("result {}", own.label)),
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

/// The op with its own formula, if that says more than the equation.
fn op_line(trace: &Trace, node: usize) -> Option<(String, ScreenCell)> {
    let Source::Op(op) = trace.source(node) else {
        return None;
    };
    let own = formula(trace, node, op.forward_formula());
    let equation = format!("{} = {}", trace.nodes[node].label, trace.nodes[node].phrase);
    (own != equation).then(|| (format!("op {}", op.name()), ScreenCell::open(own)))
}

/// An op's formula in the names of the graph.
fn formula(trace: &Trace, node: usize, text: &str) -> String {
    let Source::Op(op) = trace.source(node) else {
        return text.to_string();
    };
    let called = |node: usize| match trace.source(node) {
        Source::Constant(value) => numeral(*value),
        _ => trace.nodes[node].label.clone(),
    };
    let operands = trace.operands(node).into_iter().enumerate();
    let mut letters: Vec<(String, String)> = operands
        .map(|(position, operand)| (op.operand(position).name.to_string(), called(operand)))
        .collect();
    letters.push((phrase::result_letter(op.forward_formula()), called(node)));
    phrase::localised(text, &letters)
}

/// What the op keeps for its backward.
fn remembered(trace: &Trace, node: usize) -> String {
    let Source::Op(op) = trace.source(node) else {
        return "what the module keeps".into();
    };
    let operands = trace.operands(node);
    let kept = operands
        .iter()
        .enumerate()
        .filter(|(position, _)| op.keeps().reads_input(*position));
    let mut kept: Vec<String> = kept.map(|(_, &operand)| trace.nodes[operand].label.clone()).collect();
    if op.keeps().reads_output() {
        kept.push(format!("{}, its result", trace.nodes[node].label));
    }
    kept.dedup();
    if kept.is_empty() {
        "nothing: its derivative needs no values".into()
    } else {
        kept.join(", ")
    }
}

/// The backward of a node: what comes in, what goes out to each operand, and the checks.
pub fn backward(trace: &Trace, at: usize, step: TraceStep, hidden: bool) -> Vec<ScreenBlock> {
    let own = &trace.nodes[step.node];
    let mut lines = vec![(
        "equation".to_string(),
        ScreenCell::open(format!("{} = {}", own.label, own.phrase)),
    )];
    if let Source::Op(op) = trace.source(step.node) {
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
    lines.push((format!("incoming g_{}", own.label), ScreenCell::open(incoming)));
    let mut blocks = vec![
        ScreenBlock::Equation { lines },
        contributions(trace, at, step.node, hidden),
    ];
    blocks.extend(checks(trace, at, hidden));
    blocks
}

/// What the step's op contributes to each of its operands.
fn contributions(trace: &Trace, at: usize, node: usize, hidden: bool) -> ScreenBlock {
    let mut rows = Vec::new();
    for (position, operand) in trace.operands(node).into_iter().enumerate() {
        let all = &trace.nodes[operand].received;
        let Some(index) = all.iter().position(|one| one.step == at && one.position == position) else {
            continue;
        };
        let one: &Received = &all[index];
        let to = name(trace, operand);
        let sum = match (index + 1, all.len()) {
            (1, 1) => "complete".to_string(),
            (1, count) => format!("use 1 of {count}"),
            (index, count) if index == count => format!("use {index} of {count}: complete\n{}", block(&one.after)),
            (index, count) => format!("use {index} of {count}\n{}", block(&one.after)),
        };
        rows.push(vec![
            ScreenCell::open(to),
            ScreenCell::secret(local_derivatives(trace, node, position), hidden),
            ScreenCell::secret(block(&one.value), hidden),
            ScreenCell::secret(sum, hidden),
        ]);
    }
    let header = ["to", "local derivative", "contributes", "gradient so far"]
        .map(String::from)
        .to_vec();
    ScreenBlock::Table {
        caption: format!(
            "Outgoing gradients: incoming g_{} times the local derivative",
            trace.nodes[node].label
        ),
        header,
        rows,
    }
}

/// The local derivatives in the shortest form: one number, a diagonal, or the matrix.
fn local_derivatives(trace: &Trace, node: usize, position: usize) -> String {
    let Some(rows) = jacobian(trace, node, position) else {
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
