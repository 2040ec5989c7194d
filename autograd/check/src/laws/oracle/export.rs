//! Our cases, written for others.

use serde_json::{Map, Value, json};

use super::arrays::json_of;
use super::run;
use crate::Draw;
use crate::evaluation::Upstream;
use crate::evaluation::options;
use crate::subject::attributes;
use crate::subject::{Case, CaseOperand, OpSubject, Subject};
use tapegrad_core::op::{Arity, OperandKind};
use tapegrad_core::ops::AnyOp;

/// Cases of every op, one a line, with our values and gradients.
pub fn export(seed: u64, cases: u64) -> String {
    let mut text = String::new();
    for subject in OpSubject::all() {
        for number in 0..cases {
            let seed = options::seed_of(seed, number);
            let sizes = options::SIZES[number as usize % options::SIZES.len()];
            let case = subject.case(&mut Draw::of_sizes(seed, sizes.iter().copied()));
            if let Some(line) = export_case(&format!("{}-{number}", subject.name()), &case, seed) {
                text.push_str(&line.to_string());
                text.push('\n');
            }
        }
    }
    text
}

fn export_case(id: &str, case: &Case, seed: u64) -> Option<Value> {
    let op = case.op.as_ref()?;
    let x = case.values();
    let (y, _) = run(op, &x, None).ok()?;
    let [g_y, _] = Upstream::Seed(seed).of(y.shape());
    let (_, gradients) = run(op, &x, Some(&g_y)).ok()?;
    let (mut inputs, mut grads) = (Map::new(), Map::new());
    for (i, operand) in case.operands.iter().enumerate() {
        let name = oracle_name(op, i, operand);
        if operand.kind == OperandKind::Real {
            grads.insert(name.clone(), json_of(&gradients[i], OperandKind::Real));
        }
        inputs.insert(name, json_of(&operand.value, operand.kind));
    }
    Some(json!({
        "id": id, "op": op.name(), "attrs": attributes::to_json(op), "inputs": inputs,
        "outputs": {"y": json_of(&y, OperandKind::Real)},
        "grad_outputs": {"y": json_of(&g_y, OperandKind::Real)}, "grads": grads,
    }))
}

fn oracle_name(op: &AnyOp, position: usize, operand: &CaseOperand) -> String {
    let described = op.operands();
    let first_of_many = described.len().saturating_sub(1);
    match op.operand(position).arity {
        Arity::Many => format!("{}.{}", operand.name, position - first_of_many),
        _ => operand.name.clone(),
    }
}
