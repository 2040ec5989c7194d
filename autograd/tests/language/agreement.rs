//! Text and Rust code on a tape are the same thing, bit for bit; and large programs stay quick.

use std::time::{Duration, Instant};

use ndarray::{ArrayD, IxDyn};
use serde_json::Value;
use tapegrad_autograd::language::count::graph_of;
use tapegrad_autograd::language::run::{Request, Wanted, run};
use tapegrad_autograd::language::view::{Options, dot, json, picture, svg};
use tapegrad_autograd::language::{flat, open};
use tapegrad_autograd::ops::{log, log_softmax, sigmoid, softmax, tanh};
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

/// Runs a program and the same formula in Rust; objective and all gradients must have the same bits.
fn assert_same(name: &str, formula: impl for<'t> Fn(&'t Tape<'_, f64>, &dyn Fn(&str) -> Var<'t>) -> Var<'t>) {
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
    let named = |name: &str| vars.iter().find(|(own, _)| own == name).unwrap().1;
    let j = formula(&tape, &named);
    assert_eq!(
        answer["objective"].as_f64().unwrap().to_bits(),
        tape.number(j).to_bits(),
        "{name}"
    );
    let gradients = tape.backward(j);
    for (value, gradient) in answer["gradients"].as_object().unwrap() {
        let mut own = Vec::new();
        flatten(gradient, &mut own);
        let rust: Vec<f64> = gradients.of(named(value)).iter().copied().collect();
        assert_eq!(own, rust, "{name}: {value}");
    }
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
        tapegrad_autograd::ops::stack(&states, 0).powi(2).sum()
    });
}

#[test]
fn the_bag_of_words_has_the_same_bits_in_rust() {
    assert_same("embedding_bag", |_, v| {
        let x = tapegrad_autograd::ops::embedding(v("emb"), v("w")).mean_over(&[1]);
        (-log_softmax(x.dot(v("W")), -1).pick(v("t"))).mean()
    });
}

#[test]
fn a_graph_of_ten_thousand_nodes_is_checked_printed_and_drawn_within_seconds() {
    let text = "graph chain { dim T, D input x[D] h[0] = x for t = 1..T { h[t] = tanh(h[t-1]) } \
                J = sum(h[T], over D) minimize J }";
    let begin = Instant::now();
    let opened = open("chain", text);
    let dims = [("T".to_string(), 10_000), ("D".to_string(), 2)].into_iter().collect();
    let graph = graph_of(&opened.programs[0], &dims).unwrap();
    assert!(graph.len() > 10_000);
    let printed = flat::print(&graph, "chain").unwrap();
    let picture = picture(&graph, Options::default());
    assert!(printed.len() > 10_000 && dot(&picture).len() > 10_000 && svg(&picture).len() > 10_000);
    assert_eq!(json::write(&graph)["nodes"].as_array().unwrap().len(), graph.len());
    assert!(begin.elapsed() < Duration::from_secs(20), "{:?}", begin.elapsed());
}
