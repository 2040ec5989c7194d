//! The derivative of a program is a program: it checks, runs, agrees with the tape, and can be derived again.

use std::collections::BTreeMap;

use serde_json::Value;
use tapegrad_autograd::language::derive::{derive, unrolled};
use tapegrad_autograd::language::program::{Instruction, Program};
use tapegrad_autograd::language::run::{Request, Wanted, run};

use crate::deriving_twice::second_derivative;
use crate::programs;
use crate::running::{different_sizes, opened, request};

pub const WITH_GRADIENTS: Wanted = Wanted {
    gradients: true,
    trace: false,
};

/// `block[2].att.W` as an identifier.
pub fn plain(name: &str) -> String {
    let joined = name.replace('[', "_").replace(']', "").replace('.', "_");
    match joined.strip_prefix("g_") {
        Some(rest) if joined != name => format!("g{rest}"),
        _ => joined,
    }
}

pub fn has_loop(program: &Program) -> bool {
    Instruction::all(&program.instructions).any(|one| matches!(one, Instruction::Loop { .. }))
}

/// The sizes that loops run to, among those of a run.
pub fn loop_sizes(program: &Program, dims: &BTreeMap<String, i64>) -> BTreeMap<String, i64> {
    dims.iter()
        .filter(|(name, _)| has_loop(program) && (*name == "T" || *name == "L"))
        .map(|(n, v)| (n.clone(), *v))
        .collect()
}

/// The values of a request under the names that an unrolled program has for them.
pub fn renamed(request: &Request, fixed: &BTreeMap<String, i64>) -> Request {
    let values = request
        .values
        .iter()
        .map(|(name, value)| (plain(name), value.clone()))
        .collect();
    let dims = request
        .dims
        .iter()
        .filter(|(name, _)| !fixed.contains_key(*name))
        .map(|(n, v)| (n.clone(), *v))
        .collect();
    Request {
        values,
        dims,
        ..request.clone()
    }
}

pub fn numbers(value: &Value, into: &mut Vec<f64>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| numbers(item, into)),
        number => into.push(number.as_f64().unwrap_or(f64::NAN)),
    }
}

pub fn assert_close(what: &str, a: &Value, b: &Value, tolerance: f64) {
    let (mut left, mut right) = (Vec::new(), Vec::new());
    numbers(a, &mut left);
    numbers(b, &mut right);
    assert_eq!(left.len(), right.len(), "{what}");
    for (l, r) in left.iter().zip(&right) {
        assert!((l - r).abs() <= tolerance * (1.0 + l.abs()), "{what}: {l} and {r}");
    }
}

#[test]
fn the_unrolled_program_has_the_value_of_the_program() {
    for (name, text) in programs::all() {
        for program in &opened(&name, &text).programs {
            let request = request(program, different_sizes(program));
            let fixed = loop_sizes(program, &request.dims);
            let text = unrolled(program, &fixed).unwrap_or_else(|error| panic!("{name}: {error:?}"));
            let flat = opened(&name, &text);
            let again = run::<f64>(&flat.programs[0], &renamed(&request, &fixed), Wanted::default());
            let again = again.unwrap_or_else(|error| panic!("{name}: {error:?}\n{text}"));
            let once = run::<f64>(program, &request, Wanted::default()).unwrap();
            assert_eq!(once["objective"], again["objective"], "{name}\n{text}");
        }
    }
}

/// Names that `derive` puts together may not begin with `g_`, which are gradients; not even of a layer or a row called `g`.
#[test]
fn a_layer_and_a_row_called_g_have_a_derivative() {
    let row =
        "graph r { dim T input x[T] param w g[0] = 0 for t = 1..T { g[t] = w * g[t-1] + x[t] } J = g[T]^2 minimize J }";
    let layer = "module Scaled[D](x[D]) -> h[D] { param W[D] h = W * x }
        graph l { dim T, D input x[T, D] layer g = Scaled[D] h[0] = zeros[D]
        for t = 1..T { h[t] = tanh(g(x[t]) + h[t-1]) } J = sum(h[T], over D) minimize J }";
    for text in [row, layer] {
        let program = &opened("g", text).programs[0];
        let dims = program.dims.iter().map(|dim| (dim.name.to_string(), 3));
        let request = request(program, dims.collect());
        let expected = run::<f64>(program, &request, WITH_GRADIENTS).unwrap();
        for given in [BTreeMap::new(), BTreeMap::from([("T".to_string(), 3)])] {
            let derivative = derive(program, &given).unwrap();
            let backward = opened("derivative", &derivative.text);
            let mut asked = renamed(&request, &given);
            let renamed_layer = asked.values.remove("g_W").map(|weights| ("gW".to_string(), weights));
            asked.values.extend(renamed_layer);
            let answer = run::<f64>(&backward.programs[0], &asked, Wanted::default());
            let answer = answer.unwrap_or_else(|error| panic!("{error:?}\n{}", derivative.text));
            for (value, own) in &derivative.gradients {
                let of = value.replace("gW", "g.W");
                assert_close(
                    &derivative.text,
                    &expected["gradients"][&of],
                    &answer["values"][own],
                    1e-12,
                );
            }
        }
    }
}

#[test]
fn the_derivative_has_the_gradients_of_the_tape() {
    for (name, text) in programs::all() {
        for program in &opened(&name, &text).programs {
            let request = request(program, different_sizes(program));
            let fixed = loop_sizes(program, &request.dims);
            let derivative = derive(program, &fixed).unwrap_or_else(|error| panic!("{name}: {error:?}"));
            let backward = opened(&name, &derivative.text);
            let answer = run::<f64>(&backward.programs[0], &renamed(&request, &fixed), Wanted::default());
            let answer = answer.unwrap_or_else(|error| panic!("{name}: {error:?}\n{}", derivative.text));
            let tape = run::<f64>(program, &request, WITH_GRADIENTS).unwrap();
            let gradients = tape["gradients"].as_object().unwrap();
            assert_eq!(
                gradients.len(),
                derivative.gradients.len(),
                "{name}\n{}",
                derivative.text
            );
            for (value, gradient) in gradients {
                let (_, own) = derivative.gradients.iter().find(|(of, _)| *of == plain(value)).unwrap();
                assert_close(
                    &format!("{name}: {value}\n{}", derivative.text),
                    gradient,
                    &answer["values"][own],
                    1e-12,
                );
            }
        }
    }
}

#[test]
fn the_derivative_of_the_two_layer_network_is_the_one_of_the_lecture() {
    let text = std::fs::read_to_string(programs::folder().join("two_layer.cg")).unwrap();
    let derivative = derive(&opened("two_layer", &text).programs[0], &BTreeMap::new()).unwrap();
    insta::assert_snapshot!(derivative.text, @r"
    /// Remembered from forward: z, y.
    graph two_layer_backward {
        dim M, D
        input x[M], t: data
        param alpha[D, M] ~ normal(0, 0.1)
        param beta[D] ~ normal(0, 0.1)
        a = alpha @ x
        z = sigmoid(a)
        b = beta @ z
        y = sigmoid(b)
        g_y = t / y + (1 - t) / (y - 1)
        g_b = g_y * (y * (1 - y))
        g_beta = g_b * z
        g_z = g_b * beta
        g_a = g_z * (z * (1 - z))
        g_alpha[i1, i2] = g_a[i1] * x[i2]
        g_x = g_a @ alpha
        output g_x, g_alpha, g_beta
    }
    ");
}

#[test]
fn the_derivative_of_causal_attention_can_be_read() {
    let text = std::fs::read_to_string(programs::folder().join("attention.cg")).unwrap();
    let derivative = derive(&opened("attention", &text).programs[0], &BTreeMap::new()).unwrap();
    insta::assert_snapshot!(derivative.text, @r"
    /// Remembered from forward: att_Q, att_V, att_A, att_O.
    graph attention_demo_backward {
        dim T, D, dk
        input X[T, D], G[T, dk]
        param att_W_q[D, dk] ~ glorot
        param att_W_k[D, dk] ~ glorot
        param att_W_v[D, dk] ~ glorot
        att_Q = X @ att_W_q as [q:T, dk]
        att_K = X @ att_W_k as [k:T, dk]
        att_V = X @ att_W_v as [k:T, dk]
        t1 = att_K.T
        t2 = sqrt(dk)
        att_S = att_Q @ t1 / t2
        t3[k:T] = k
        t4[q:T] = q
        t7[i5, i6] = t3[i6] - t4[i5]
        att_M = if relu(t7) != 0 then -inf else 0
        att_A = softmax(att_S + att_M, over k)
        att_O = att_A @ att_V as [T, dk]
        g_att_O = G as [T, dk]
        t8 = g_att_O as [q:T, dk]
        g_att_A = t8 @ att_V.T
        g_att_V = att_A.T @ t8
        g_att_S = att_A * (g_att_A - sum(g_att_A * att_A, over k))
        t9 = g_att_S / t2
        g_att_Q = t9 @ t1.T
        g_att_K = (att_Q.T @ t9).T
        t10 = g_att_V as [T, dk]
        g_att_W_v = X.T @ t10
        t11 = g_att_K as [T, dk]
        g_att_W_k = X.T @ t11
        t12 = g_att_Q as [T, dk]
        g_att_W_q = X.T @ t12
        g_G = att_O as [T, dk]
        g_X = t12 @ att_W_q.T + t11 @ att_W_k.T + t10 @ att_W_v.T
        output g_X, g_G, g_att_W_q, g_att_W_k, g_att_W_v
    }
    ");
}

#[test]
fn a_loop_that_is_kept_runs_backward_and_can_be_derived_again() {
    let mut kept = Vec::new();
    for (name, text) in programs::all() {
        let opened_program = opened(&name, &text);
        let program = &opened_program.programs[0];
        let Some(derivative) = derive(program, &BTreeMap::new()).ok().filter(|_| has_loop(program)) else {
            continue;
        };
        let request = renamed(&request(program, different_sizes(program)), &BTreeMap::new());
        let backward = opened(&name, &derivative.text);
        let answer = run::<f64>(&backward.programs[0], &request, Wanted::default());
        let answer = answer.unwrap_or_else(|error| panic!("{name}: {error:?}\n{}", derivative.text));
        let dims = request.dims.clone();
        let by_tape = Request {
            dims,
            values: crate::running::request(program, different_sizes(program)).values,
            ..Request::default()
        };
        let tape = run::<f64>(program, &by_tape, WITH_GRADIENTS).unwrap();
        for (value, gradient) in tape["gradients"].as_object().unwrap() {
            let (_, own) = derivative.gradients.iter().find(|(of, _)| *of == plain(value)).unwrap();
            let what = format!("{name}: {value}\n{}", derivative.text);
            assert_close(&what, gradient, &answer["values"][own], 1e-12);
        }
        second_derivative(&name, &derivative, &request, program);
        kept.push(name);
    }
    for name in ["rnn_lm", "gru", "lstm", "pos_tagger", "bidirectional_rnn"] {
        assert!(kept.iter().any(|own| own == name), "{name}: {kept:?}");
    }
}

#[test]
fn a_program_that_has_no_derivative_says_what_is_missing() {
    for (body, code, help) in [
        (
            "dim N input x[N]: data post = exp(x) output post",
            "E24",
            "without `data`",
        ),
        (
            "dim N input x[N]: data J = sum(exp(x)) minimize J",
            "E24",
            "without `data`",
        ),
        ("dim N param w[N] y = exp(w)", "E07", "`output y`"),
    ] {
        let opened = opened("g", &format!("graph g {{ {body} }}"));
        let error = derive(&opened.programs[0], &BTreeMap::new()).unwrap_err();
        assert_eq!(error.code.name(), code, "{body}");
        assert!(error.help.is_some_and(|said| said.contains(help)), "{body}");
    }
}
