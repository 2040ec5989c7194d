//! Text and Rust code on a tape are the same thing: bit for bit where both use the same ops, else to 1e-12.
//!
//! Every program of `docs/graphs` is written here once more in Rust, where there is one with the fused op of its name.

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
enum Near {
    /// The same bits.
    Bits,
    /// Rounding of other additions: 1e-12 of the larger.
    Rounding,
}

/// Runs a program and the same formula in Rust, forward and backward.
fn assert_near(
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
fn assert_fused(name: &str, formula: impl for<'t> Fn(&'t Tape<'_, f64>, &dyn Fn(&str) -> Var<'t>) -> Var<'t>) {
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

/// `[T, M]` as a batch of one sequence.
fn batch(x: Var<'_>) -> Var<'_> {
    let sizes = x.shape().to_vec();
    x.reshape(&[&[1][..], &sizes].concat()[..])
}

/// A batch of one sequence without its first axis.
fn single(x: Var<'_>) -> Var<'_> {
    x.at(0, 0)
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

/// The states of a recurrent network from `h_0` on, by the fused op.
fn states<'t>(v: &dyn Fn(&str) -> Var<'t>, layer: &str, x: Var<'t>, h_0: Var<'t>) -> Var<'t> {
    let own = |name: &str| v(&format!("{layer}.{name}"));
    single(ops::rnn(batch(x), batch(h_0), own("W_xh"), own("W_hh"), own("b_h")))
}

#[test]
fn the_recurrent_language_model_is_the_rnn_op_and_the_cross_entropy() {
    assert_fused("rnn_lm", |_, v| {
        let h = states(v, "step", ops::embedding(v("emb"), v("w")), v("h0"));
        let logits = ops::linear(h, v("W_hy"), Some(v("b_y")));
        ops::cross_entropy(logits, v("next"), None, ops::Reduction::Sum)
    });
}

#[test]
fn the_tagger_is_the_rnn_op_and_the_cross_entropy() {
    assert_fused("pos_tagger", |_, v| {
        let h = states(v, "step", ops::embedding(v("emb"), v("w")), v("h0"));
        let logits = ops::linear(h, v("W").t(), Some(v("b")));
        ops::cross_entropy(logits, v("tag"), None, ops::Reduction::Mean)
    });
}

/// The rows in the other order.
fn reversed(x: Var<'_>) -> Var<'_> {
    let rows: Vec<Var<'_>> = (0..x.shape().size(0)).rev().map(|t| x.at(0, t)).collect();
    ops::stack(&rows, 0)
}

#[test]
fn the_bidirectional_network_is_two_rnn_ops() {
    assert_fused("bidirectional_rnn", |_, v| {
        let f = states(v, "forward", v("x"), v("f0"));
        let b = reversed(states(v, "backward", reversed(v("x")), v("b0")));
        (f * b).sum()
    });
}

#[test]
fn two_recurrent_layers_are_two_rnn_ops() {
    assert_fused("two_layer_rnn", |_, v| {
        let h0 = v("h0");
        let mut h = v("x");
        for l in 0..h0.shape().size(0) {
            h = states(v, &format!("step[{}]", l + 1), h, h0.at(0, l));
        }
        h.at(0, h.shape().size(0) - 1).powi(2).sum()
    });
}

#[test]
fn the_long_short_term_memory_is_the_lstm_op() {
    assert_fused("lstm", |_, v| {
        let gates = |name: &str| -> Vec<Var<'_>> {
            ["gi", "gf", "gg", "go"]
                .map(|gate| v(&format!("cell.{gate}.{name}")))
                .to_vec()
        };
        let all = |name: &str| ops::concat(&gates(name), 0);
        let h = ops::lstm(
            batch(v("x")),
            batch(v("h0")),
            batch(v("c0")),
            all("W"),
            all("U"),
            all("b"),
        );
        let last = single(h);
        last.at(0, last.shape().size(0) - 1).powi(2).sum()
    });
}

#[test]
fn causal_attention_is_the_attention_op() {
    assert_fused("attention", |_, v| {
        let [q, k, values] = ["q", "k", "v"].map(|one| batch(v("X").dot(v(&format!("att.W_{one}")))));
        let o = single(ops::attention(q, k, values, None, ops::Attention::causal(1)));
        (o * v("G")).sum()
    });
}

#[test]
fn grouped_query_attention_is_the_attention_op_with_fewer_key_heads() {
    assert_fused("grouped_query_attention", |_, v| {
        let heads = |name: &str| {
            let w = v(name);
            let sizes = w.shape().to_vec();
            let width = sizes[1..].iter().product();
            batch(v("X").dot(w.reshape(&[sizes[0], width][..])))
        };
        let sizes = v("W_q").shape().to_vec();
        let attention = ops::Attention {
            heads: sizes[1] * sizes[2],
            kv_heads: sizes[1],
            sees: ops::Sees::Past,
        };
        let o = single(ops::attention(
            heads("W_q"),
            heads("W_k"),
            heads("W_v"),
            None,
            attention,
        ));
        let w_o = v("W_o");
        let width = o.shape().size(1);
        let y = o.dot(w_o.reshape(&[width, sizes[0]][..]));
        (y - v("target")).powi(2).mean()
    });
}

#[test]
fn additive_attention_is_the_same_formula() {
    assert_fused("additive_attention", |_, v| {
        let (q, k) = (v("q").dot(v("W_q")), v("k").dot(v("W_k")));
        let row = |t: usize| tanh(q.at(0, t) + k).dot(v("u"));
        let rows: Vec<Var<'_>> = (0..q.shape().size(0)).map(row).collect();
        softmax(ops::stack(&rows, 0), -1).dot(v("v")).powi(2).mean()
    });
}

#[test]
fn turned_pairs_keep_their_length_under_the_same_formula() {
    assert_fused("rotary_positions", |_, v| {
        let (x, y) = (v("X").at(1, 0), v("X").at(1, 1));
        let a = x * v("cosine") - y * v("sine");
        let b = x * v("sine") + y * v("cosine");
        (a * a + b * b * v("angle")).sum()
    });
}

#[test]
fn the_post_ln_block_is_attention_and_two_layer_norm_ops() {
    assert_fused("post_ln_block", |_, v| {
        let x = v("X");
        let [q, k, values] = ["q", "k", "v"].map(|one| x.dot(v(&format!("att.W_{one}"))));
        let scores = q.dot(k.t()) / (k.shape().size(1) as f64).sqrt();
        let norm = |name: &str, x| {
            ops::layer_norm(
                x,
                Some(v(&format!("{name}.gamma"))),
                Some(v(&format!("{name}.beta"))),
                1e-5,
            )
        };
        let r = norm("ln1", x + softmax(scores, -1).dot(values));
        let hidden = ops::relu(ops::linear(r, v("ffn.W1").t(), Some(v("ffn.b1"))));
        let y = norm("ln2", r + ops::linear(hidden, v("ffn.W2").t(), Some(v("ffn.b2"))));
        (y * v("G")).sum()
    });
}

#[test]
fn the_swiglu_block_is_the_rms_norm_op_and_the_cross_entropy() {
    assert_fused("swiglu_block", |_, v| {
        let x = v("X");
        let n = ops::rms_norm(x, Some(v("norm.gamma")), 1e-5);
        let y = x + (ops::silu(n.dot(v("ffn.W_gate"))) * n.dot(v("ffn.W_up"))).dot(v("ffn.W_down"));
        ops::cross_entropy(y.dot(v("W_out")), v("next"), None, ops::Reduction::Mean)
    });
}

#[test]
fn the_tiny_gpt_is_made_of_the_fused_ops_of_its_parts() {
    assert_near("tiny_gpt", Near::Rounding, |_, v, _| {
        let heads = 2;
        let at = |path: String| v(&path);
        let norm = |name: String, x| {
            ops::layer_norm(
                x,
                Some(at(format!("{name}.gamma"))),
                Some(at(format!("{name}.beta"))),
                1e-5,
            )
        };
        let linear = |name: String, x| ops::linear(x, at(format!("{name}.W")).t(), Some(at(format!("{name}.b"))));
        let mut r = ops::embedding(v("emb"), v("w")) + v("pos");
        for l in 1..=2 {
            let block = format!("block[{l}]");
            let n = norm(format!("{block}.ln1"), r);
            let [q, k, values] = ["q", "k", "v"].map(|one| batch(linear(format!("{block}.att.W_{one}"), n)));
            let o = single(ops::attention(q, k, values, None, ops::Attention::causal(heads)));
            r = r + linear(format!("{block}.att.W_o"), o);
            let hidden = ops::gelu(linear(format!("{block}.ffn.fc1"), norm(format!("{block}.ln2"), r)));
            r = r + linear(format!("{block}.ffn.fc2"), hidden);
        }
        let logits = norm("ln_f".to_string(), r).dot(v("emb").t());
        ops::cross_entropy(logits, v("next"), None, ops::Reduction::Mean)
    });
}

#[test]
fn every_program_of_the_project_is_compared_with_rust() {
    let source = include_str!("agreement.rs");
    for (name, _) in programs::all() {
        let compared = ["assert_same", "assert_fused", "assert_near"]
            .iter()
            .any(|one| source.contains(&format!("{one}(\"{name}\"")));
        assert!(compared, "{name}");
    }
}
