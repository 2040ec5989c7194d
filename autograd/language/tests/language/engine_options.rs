//! Options of fused ops in programs with named sizes: what they give, and what is refused.

use serde_json::{Value, json};
use tapegrad_autograd::language::open;
use tapegrad_autograd::language::run::{Request, Wanted, run};

use crate::running::{different_sizes, opened, request};

/// The values of a program at made-up inputs, and the request they came from.
fn values(text: &str) -> (Value, Request) {
    let program = opened("options", text);
    let request = request(&program.programs[0], different_sizes(&program.programs[0]));
    let answer = run::<f64>(&program.programs[0], &request, Wanted::default());
    let answer = answer.unwrap_or_else(|error| panic!("{error:?}"));
    (answer["values"].clone(), request)
}

fn same(a: &Value, b: &Value) -> bool {
    match (a.as_array(), b.as_array()) {
        (Some(a), Some(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        _ => (a.as_f64().unwrap() - b.as_f64().unwrap()).abs() < 1e-12,
    }
}

#[test]
fn attention_with_every_option_is_the_formula_written_out() {
    let (values, _) = values(
        "graph options { dim T, dk, dv
        input q[1, T, dk], k[1, T, dk], v[1, T, dv], bias[q:T, k:T], sink[1]
        y = engine.attention(q, k, v, 1, bias, sink, heads => [1], kv_heads => [1], causal => [1], scale => [0.3], window => [2], cap => [0.8])
        Q = q[1] as [q:T, dk]
        K = k[1] as [k:T, dk]
        V = v[1] as [k:T, dv]
        seen[q:T, k:T] = if k <= q and k > q - 2 then 0 else -inf
        z = 0.3 * (Q @ K.T) / 0.8
        s = 0.8 * tanh(z) + bias + seen
        p = exp(s) / (sum(exp(s), over k) + exp(sink[1]))
        right = p @ V
        own = y[1] as [q:T, dv]
        off = engine.sum((own - right)^2)
        output off, y }",
    );
    assert!(same(&values["off"], &json!(0.0)), "{values}");
}

#[test]
fn both_styles_of_rotary_and_the_cells_of_a_memory_are_written_in_programs() {
    let (values, _) = values(
        "graph options { dim B, T, M, D
        input x[B, T, 4], u[B, T, M], h0[B, D], c0[B, D], W[4 * D, M], U[4 * D, D], b[4 * D]
        halves = engine.rotary(x, heads => [1], base => [100], start => [3], halves => [1])
        paired = engine.permute(engine.reshape(x, to => [B, T, 2, 2]), order => [0, 1, 3, 2])
        turned = engine.rotary(engine.reshape(paired, to => [B, T, 4]), heads => [1], base => [100], start => [3])
        back = engine.reshape(engine.permute(engine.reshape(turned, to => [B, T, 2, 2]), order => [0, 1, 3, 2]), to => [B, T, 4])
        off = engine.sum((halves - back)^2)
        both = engine.lstm(u, h0, c0, W, U, b, cells => [1])
        h = engine.lstm(u, h0, c0, W, U, b)
        again = engine.sum((both[1] - h)^2)
        last = both[2]
        output off, again, last }",
    );
    assert!(
        same(&values["off"], &json!(0.0)) && same(&values["again"], &json!(0.0)),
        "{values}"
    );
    let last = values["last"].as_array().unwrap();
    assert_eq!((last.len(), last[0].as_array().unwrap().len()), (2, 3));
}

#[test]
fn a_row_with_nothing_to_see_is_refused_unless_it_is_to_give_zeros() {
    let program = |option: &str| {
        format!(
            "graph g {{ dim B, T, D input q[B, T, D], mask[B, T]: bool
            y = engine.attention(q, q, q, mask, heads => [1], kv_heads => [1], causal => [1]{option}) output y }}"
        )
    };
    let run_with = |option: &str| {
        let program = opened("g", &program(option));
        let mut request = request(&program.programs[0], different_sizes(&program.programs[0]));
        request.values.insert("mask".to_string(), json!([[0, 0, 1], [1, 1, 1]]));
        run::<f64>(&program.programs[0], &request, Wanted::default())
    };
    let refused = format!("{:?}", run_with("").unwrap_err());
    assert!(
        refused.contains("query 0 of sequence 0 may see none") && refused.contains("blind_zero"),
        "{refused}"
    );
    let answer = run_with(", blind_zero => [1]").unwrap();
    assert_eq!(answer["values"]["y"][0][0], json!([0.0, 0.0, 0.0, 0.0]));
    let wrong = open("g", &program(", window => [0]"));
    assert!(
        wrong.render().contains("a window of 0 keys shows nothing"),
        "{}",
        wrong.render()
    );
}
