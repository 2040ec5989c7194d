//! Programs over sequences agree with the fused recurrent and attention ops of their name.

use tapegrad_autograd::Var;
use tapegrad_autograd::ops::{self, softmax, tanh};

use crate::agreement::{Near, assert_fused, assert_near};

/// `[T, M]` as a batch of one sequence.
fn batch(x: Var<'_>) -> Var<'_> {
    let sizes = x.shape().to_vec();
    x.reshape(&[&[1][..], &sizes].concat()[..])
}

/// A batch of one sequence without its first axis.
fn single(x: Var<'_>) -> Var<'_> {
    x.at(0, 0)
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
        let attention = ops::Attention::causal(sizes[1] * sizes[2]).with_kv_heads(sizes[1]);
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
