//! The derivative of a program that calls one op of the engine is that of the op's code.

use std::collections::BTreeMap;

use ndarray::{ArrayD, ArrayViewD, Axis, IxDyn};
use serde_json::Value;
use tapegrad_autograd::Shape;
use tapegrad_autograd::language::attributes;
use tapegrad_autograd::language::code::Code;
use tapegrad_autograd::language::derive::derive;
use tapegrad_autograd::language::run::{Request, Wanted, run};
use tapegrad_autograd::op::Draw;
use tapegrad_autograd::op::OperandKind;
use tapegrad_autograd::ops::{AnyOp, NAMES};

use crate::deriving::{WITH_GRADIENTS, assert_close};
use crate::running::{different_sizes, opened, request};

/// A program that calls one op of the engine on these operands and weighs its result.
fn engine_program(op: &AnyOp, operands: &[ArrayD<f64>], result: &[usize]) -> (String, Request) {
    let sizes = |shape: &[usize]| {
        let sizes: Vec<String> = shape.iter().map(usize::to_string).collect();
        if sizes.is_empty() {
            String::new()
        } else {
            format!("[{}]", sizes.join(", "))
        }
    };
    let mut text = String::from("graph one_op {\n");
    let mut request = Request::default();
    let mut args = Vec::new();
    for (i, operand) in operands.iter().enumerate() {
        let described = &op.operands()[i.min(op.operands().len() - 1)];
        let kind = if described.kind == OperandKind::Real {
            ""
        } else {
            ": data"
        };
        text += &format!("input x{i}{}{kind}\n", sizes(operand.shape()));
        request.values.insert(format!("x{i}"), nested(operand.view()));
        args.push(format!("x{i}"));
    }
    for (field, numbers) in attributes::encode(op) {
        let numbers: Vec<String> = numbers.iter().map(|&value| print_number(value)).collect();
        args.push(format!("{field} => [{}]", numbers.join(", ")));
    }
    let mut at = 0.0f64;
    let weights = ArrayD::from_shape_simple_fn(IxDyn(result), || {
        at += 1.0;
        (at * 1.1).cos()
    });
    request.values.insert("G".to_string(), nested(weights.view()));
    text += &format!("input G{}: data\n", sizes(result));
    text += &format!(
        "y = engine.{}({})\nJ = engine.sum(engine.mul(y, G))\nminimize J\n}}\n",
        op.name(),
        args.join(", ")
    );
    (text, request)
}

fn print_number(value: f64) -> String {
    let text = tapegrad_autograd::language::print::number(value.abs());
    if value < 0.0 { format!("-{text}") } else { text }
}

fn nested(array: ArrayViewD<'_, f64>) -> Value {
    match array.ndim() {
        0 => (*array.first().unwrap()).into(),
        _ => array.axis_iter(Axis(0)).map(nested).collect(),
    }
}

/// Derives a program, compares all gradients with those of the tape, and gives the text of the derivative.
pub fn assert_derived(name: &str, text: &str, request: &Request) -> String {
    let program = opened(name, text);
    let derivative =
        derive(&program.programs[0], &BTreeMap::new()).unwrap_or_else(|error| panic!("{name}: {error:?}\n{text}"));
    let backward = opened(name, &derivative.text);
    let answer = run::<f64>(&backward.programs[0], request, Wanted::default());
    let answer = answer.unwrap_or_else(|error| panic!("{name}: {error:?}\n{}", derivative.text));
    let tape = run::<f64>(&program.programs[0], request, WITH_GRADIENTS).unwrap();
    for (of, own) in &derivative.gradients {
        let what = format!("{name}: {of}\n{}", derivative.text);
        assert_close(&what, &tape["gradients"][of], &answer["values"][own], 1e-9);
    }
    derivative.text
}

#[test]
fn every_op_of_the_engine_has_a_derivative_as_text_which_is_that_of_its_code() {
    for name in NAMES {
        let samples = (0..40).map(|seed| AnyOp::sample(name, &mut Draw::new(seed, 3)).unwrap());
        let is_whole = |operands: &[ArrayD<f64>]| {
            operands
                .iter()
                .all(|x| !x.is_empty() && x.ndim() <= 4 && x.iter().all(|entry| entry.is_finite()))
        };
        let mut compared = 0;
        for sample in samples.filter(|sample| is_whole(&sample.operands)).take(4) {
            let shapes: Vec<Shape> = sample.operands.iter().map(|x| Shape::new(x.shape())).collect();
            let result = sample.op.shape(&shapes).unwrap().to_vec();
            let has_gradient = sample.op.operands().iter().any(|one| one.kind == OperandKind::Real);
            if result.contains(&0) || !has_gradient {
                compared += usize::from(!has_gradient);
                continue;
            }
            let (text, request) = engine_program(&sample.op, &sample.operands, &result);
            let backward = assert_derived(name, &text, &request);
            // What is linear in its operands has gradients that depend on none of them.
            let again = derive(&opened(name, &backward).programs[0], &BTreeMap::new());
            let is_linear = again.as_ref().is_err_and(|error| error.code == Code::E07);
            assert!(again.is_ok() || is_linear, "{name}: {again:?}\n{backward}");
            compared += 1;
        }
        assert!(compared > 0, "{name}");
    }
}

#[test]
fn a_stack_that_a_product_repeats_gets_the_sum_over_its_uses() {
    let stacks = [
        ("[2, M, K]", "[1, K, N]"),
        ("[2, 1, M, K]", "[1, 3, K, N]"),
        ("[3, M, K]", "[2, 1, K, N]"),
        ("[M, K]", "[2, K, N]"),
        ("[K]", "[3, K, N]"),
    ];
    for (a, b) in stacks {
        let text = format!(
            "graph product {{ dim M, K, N input a{a}, b{b} J = engine.sum(engine.matmul(a, b)^2) minimize J }}"
        );
        let program = opened("product", &text);
        let request = request(&program.programs[0], different_sizes(&program.programs[0]));
        let backward = assert_derived(&format!("{a} @ {b}"), &text, &request);
        assert!(backward.contains("output g_a, g_b"), "{backward}");
    }
}
