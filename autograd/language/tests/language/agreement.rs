//! Text and Rust code on a tape are the same thing: bit for bit where both use the same ops, else to 1e-12.
//!
//! Every program of `docs/graphs` is written here once more in Rust, where there is one with the fused op of its name, or
//! has a stored answer (`stored_answers`).

use ndarray::{ArrayD, IxDyn};
use serde_json::Value;
use tapegrad_autograd::language::program::Program;
use tapegrad_autograd::language::run::{Request, Wanted, run};
use tapegrad_autograd::ops::{self, log, log_softmax, sigmoid, softmax, tanh};
use tapegrad_autograd::{Tape, Var};

use crate::programs;
use crate::running::{different_sizes, opened, request};

const WITH_GRADIENTS: Wanted = Wanted {
    gradients: true,
    trace: false,
};

fn array(request: &Request, name: &str) -> ArrayD<f64> {
    let (mut shape, mut at) = (Vec::new(), &request.values[name]);
    while let Value::Array(items) = at {
        shape.push(items.len());
        at = &items[0];
    }
    let mut numbers = Vec::new();
    flatten(&request.values[name], &mut numbers);
    ArrayD::from_shape_vec(IxDyn(&shape), numbers).unwrap()
}

fn flatten(value: &Value, into: &mut Vec<f64>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| flatten(item, into)),
        number => into.push(number.as_f64().unwrap()),
    }
}

/// How near the two must be.
#[derive(Clone, Copy, PartialEq)]
pub enum Near {
    /// The same bits.
    Bits,
    /// Rounding of other additions: 1e-12 of the larger.
    Rounding,
}

/// Runs a program and the same formula in Rust, forward and backward.
pub fn assert_near(
    name: &str,
    near: Near,
    formula: impl for<'t> Fn(&'t Tape<'_, f64>, &dyn Fn(&str) -> Var<'t>, &Program) -> Var<'t>,
) {
    let text = std::fs::read_to_string(programs::folder().join(format!("{name}.cg"))).unwrap();
    let opened = opened(name, &text);
    let program = &opened.programs[0];
    let request = request(program, different_sizes(program));
    let answer = run::<f64>(program, &request, WITH_GRADIENTS).unwrap();
    let tape = Tape::<f64>::new();
    let vars: Vec<(String, Var<'_>)> = request
        .values
        .keys()
        .map(|name| (name.clone(), tape.input(name, array(&request, name))))
        .collect();
    let named = |name: &str| {
        vars.iter()
            .find(|(own, _)| own == name)
            .unwrap_or_else(|| panic!("no {name}"))
            .1
    };
    let j = formula(&tape, &named, program);
    let compare = |what: &str, text: f64, rust: f64| match near {
        Near::Bits => assert_eq!(text.to_bits(), rust.to_bits(), "{name}: {what}: {text} and {rust}"),
        Near::Rounding => {
            let error = (text - rust).abs() / (1.0 + text.abs().max(rust.abs()));
            assert!(error <= 1e-12, "{name}: {what}: {text} and {rust}");
        }
    };
    compare("objective", answer["objective"].as_f64().unwrap(), tape.number(j));
    let gradients = tape.backward(j);
    for (value, gradient) in answer["gradients"].as_object().unwrap() {
        let mut own = Vec::new();
        flatten(gradient, &mut own);
        let rust: Vec<f64> = gradients.of(named(value)).iter().copied().collect();
        assert_eq!(own.len(), rust.len(), "{name}: {value}");
        own.iter()
            .zip(&rust)
            .for_each(|(&text, &rust)| compare(value, text, rust));
    }
}

/// Runs a program and the same formula in Rust; objective and all gradients must have the same bits.
fn assert_same(name: &str, formula: impl for<'t> Fn(&'t Tape<'_, f64>, &dyn Fn(&str) -> Var<'t>) -> Var<'t>) {
    assert_near(name, Near::Bits, |tape, named, _| formula(tape, named));
}

/// The same with a fused op, which adds in another order.
pub fn assert_fused(name: &str, formula: impl for<'t> Fn(&'t Tape<'_, f64>, &dyn Fn(&str) -> Var<'t>) -> Var<'t>) {
    assert_near(name, Near::Rounding, |tape, named, _| formula(tape, named));
}

#[test]
fn the_two_layer_network_has_the_same_bits_in_rust() {
    assert_same("two_layer", |_, v| {
        let y = sigmoid(v("beta").dot(sigmoid(v("alpha").dot(v("x")))));
        v("t") * log(y) + (1.0 - v("t")) * log(1.0 - y)
    });
}

#[test]
fn softmax_regression_has_the_same_bits_in_rust() {
    assert_same("softmax_regression", |_, v| {
        let y = softmax(v("X").dot(v("W")) + v("b"), -1);
        (-log(y.pick(v("t")))).mean()
    });
}

#[test]
fn the_gated_recurrent_unit_has_the_same_bits_in_rust() {
    assert_same("gru", |_, v| {
        let cell = |name: &str| v(&format!("cell.{name}"));
        let x = v("x");
        let mut h = v("h0");
        let mut states = Vec::new();
        for t in 0..x.shape().size(0) {
            let x_t = x.at(0, t);
            let z = sigmoid(cell("W_z").dot(x_t) + cell("U_z").dot(h) + cell("b_z"));
            let r = sigmoid(cell("W_r").dot(x_t) + cell("U_r").dot(h) + cell("b_r"));
            let n = tanh(cell("W_n").dot(x_t) + cell("U_n").dot(r * h) + cell("b_n"));
            h = (1.0 - z) * n + z * h;
            states.push(h);
        }
        ops::stack(&states, 0).powi(2).sum()
    });
}

#[test]
fn the_bag_of_words_has_the_same_bits_in_rust() {
    assert_same("embedding_bag", |_, v| {
        let x = ops::embedding(v("emb"), v("w")).mean_over(&[1]);
        (-log_softmax(x.dot(v("W")), -1).pick(v("t"))).mean()
    });
}

#[test]
fn linear_regression_is_the_linear_op_and_a_mean_square() {
    assert_fused("linear_regression", |_, v| {
        let w = v("w");
        let rows = w.reshape(&[1, w.shape().size(0)][..]);
        let y = ops::linear(v("X"), rows, Some(v("b").reshape(&[1][..]))).at(1, 0);
        (y - v("t")).powi(2).mean() + 0.1 * w.powi(2).sum()
    });
}

#[test]
fn logistic_regression_is_minus_the_sigmoid_cross_entropy() {
    assert_fused("logistic_regression", |_, v| {
        -ops::sigmoid_cross_entropy(v("X").dot(v("w")) + v("b"), v("t")).mean()
    });
}

#[test]
fn softmax_regression_is_the_cross_entropy_op() {
    assert_fused("softmax_regression", |_, v| {
        ops::cross_entropy(v("X").dot(v("W")) + v("b"), v("t"), None, ops::Reduction::Mean)
    });
}

#[test]
fn the_indexed_two_layer_network_is_the_same_formula() {
    assert_fused("two_layer_indexed", |_, v| {
        let b = v("beta").dot(sigmoid(v("alpha").dot(v("x"))));
        -ops::sigmoid_cross_entropy(b, v("t"))
    });
}

#[test]
fn every_program_of_the_project_is_compared_with_rust_or_a_stored_answer() {
    let stored = crate::stored_answers::names();
    let source = [include_str!("agreement.rs"), include_str!("agreement_sequences.rs")].concat();
    for (name, _) in programs::all() {
        let compared = ["assert_same", "assert_fused", "assert_near"]
            .iter()
            .any(|one| source.contains(&format!("{one}(\"{name}\"")));
        assert!(compared || stored.contains(&name), "{name}");
    }
}
