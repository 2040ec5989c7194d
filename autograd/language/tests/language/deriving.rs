//! The derivative of a program is a program: it checks, runs, agrees with the tape, and can be derived again.

use std::collections::BTreeMap;

use ndarray::{ArrayD, IxDyn};
use serde_json::Value;
use tapegrad_autograd::language::core::Program;
use tapegrad_autograd::language::derive::{Derivative, derive, unrolled};
use tapegrad_autograd::language::elaborate::{bind, declare, elaborate};
use tapegrad_autograd::language::run::{Request, Wanted, run};
use tapegrad_autograd::language::types::Kind;
use tapegrad_autograd::numbers::Dual;
use tapegrad_autograd::{Params, Tape, Var};

use crate::programs;
use crate::running::{different_sizes, opened, request};

pub const WITH_GRADIENTS: Wanted = Wanted {
    gradients: true,
    trace: false,
};

/// `block[2].att.W` as an identifier.
fn plain(name: &str) -> String {
    name.replace('[', "_").replace(']', "").replace('.', "_")
}

/// The sizes that loops run to, among those of a run.
fn loop_sizes(program: &Program, dims: &BTreeMap<String, i64>) -> BTreeMap<String, i64> {
    let has_loop = format!("{:?}", program.instructions).contains("Loop {");
    dims.iter()
        .filter(|(name, _)| has_loop && (*name == "T" || *name == "L"))
        .map(|(n, v)| (n.clone(), *v))
        .collect()
}

/// The values of a request under the names that an unrolled program has for them.
fn renamed(request: &Request, fixed: &BTreeMap<String, i64>) -> Request {
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

fn numbers(value: &Value, into: &mut Vec<f64>) {
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
        let has_loop = format!("{:?}", program.instructions).contains("Loop {");
        let Some(derivative) = derive(program, &BTreeMap::new()).ok().filter(|_| has_loop) else {
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

/// Deriving a derivative whose loops are kept gives the product of the Hessian with a vector.
fn second_derivative(name: &str, once: &Derivative, request: &Request, program: &Program) {
    let first = opened(name, &once.text);
    let twice =
        derive(&first.programs[0], &BTreeMap::new()).unwrap_or_else(|error| panic!("{name}: {error:?}\n{}", once.text));
    let second = opened(name, &twice.text);
    let mut given = request.clone();
    let mut seed = 0.0;
    let mut v: BTreeMap<String, Value> = BTreeMap::new();
    for (of, gradient) in &once.gradients {
        let weights = direction(&given.values[of], &mut seed);
        v.insert(of.clone(), weights.clone());
        given.values.insert(format!("v_{gradient}"), weights);
    }
    let answer = run::<f64>(&second.programs[0], &given, Wanted::default());
    let answer = answer.unwrap_or_else(|error| panic!("{name}: {error:?}\n{}", twice.text));
    let fixed = loop_sizes(program, &request.dims);
    let flat = opened(name, &unrolled(program, &fixed).unwrap());
    let expected = reverse_over_dual(&flat.programs[0], &renamed(request, &fixed), &v);
    for (of, own) in &twice.gradients {
        assert_close(
            &format!("{name}: {of}\n{}", twice.text),
            &expected[of],
            &answer["values"][own],
            1e-9,
        );
    }
}

#[test]
fn the_third_derivative_of_a_power_is_the_one_of_the_book() {
    let mut text = "graph cube { input x param a J = a * x^4 minimize J }".to_string();
    let mut at = BTreeMap::from([("x".to_string(), 1.5), ("a".to_string(), 2.0)]);
    // d³(a x⁴)/dx³ = 24 a x: each derivation weighs only the gradient by x.
    let mut own = String::new();
    for order in 1..=3 {
        let program = opened("cube", &text);
        let derivative = derive(&program.programs[0], &BTreeMap::new()).unwrap();
        for input in &program.programs[0].inputs {
            at.entry(input.name.clone()).or_insert(0.0);
        }
        own = derivative.gradients.iter().find(|(of, _)| of == "x").unwrap().1.clone();
        text = derivative.text.clone();
        let outputs: Vec<String> = derivative
            .gradients
            .iter()
            .map(|(_, gradient)| gradient.clone())
            .collect();
        for gradient in outputs {
            at.insert(format!("v_{gradient}"), if gradient == own { 1.0 } else { 0.0 });
        }
        assert_eq!(text.matches("graph ").count(), 1, "order {order}");
    }
    let program = opened("cube", &text);
    let names: Vec<&str> = program.programs[0]
        .inputs
        .iter()
        .map(|input| input.name.as_str())
        .collect();
    let values = at
        .iter()
        .filter(|(name, _)| names.contains(&name.as_str()) || *name == "a");
    let request = Request {
        values: values.map(|(name, value)| (name.clone(), (*value).into())).collect(),
        ..Request::default()
    };
    let answer = run::<f64>(&program.programs[0], &request, Wanted::default()).unwrap();
    assert!(
        (answer["values"][&own].as_f64().unwrap() - 72.0).abs() < 1e-9,
        "{answer}\n{text}"
    );
}

/// How much each entry of a value counts in the second derivative.
fn direction(like: &Value, seed: &mut f64) -> Value {
    match like {
        Value::Array(items) => items.iter().map(|item| direction(item, seed)).collect(),
        _ => {
            *seed += 1.0;
            (*seed * 1.3).cos().into()
        }
    }
}

#[test]
fn deriving_twice_gives_the_product_of_the_hessian_with_a_vector() {
    for (name, text) in programs::all() {
        for program in &opened(&name, &text).programs {
            let request = request(program, different_sizes(program));
            let fixed = loop_sizes(program, &request.dims);
            let once = derive(program, &fixed).unwrap();
            let first = opened(&name, &once.text);
            let twice =
                derive(&first.programs[0], &BTreeMap::new()).unwrap_or_else(|error| panic!("{name}: {error:?}"));
            let second = opened(&name, &twice.text);
            let mut given = renamed(&request, &fixed);
            let mut seed = 0.0;
            let mut v: BTreeMap<String, Value> = BTreeMap::new();
            for (of, gradient) in &once.gradients {
                let weights = direction(&given.values[of], &mut seed);
                v.insert(of.clone(), weights.clone());
                given.values.insert(format!("v_{gradient}"), weights);
            }
            let answer = run::<f64>(&second.programs[0], &given, Wanted::default());
            let answer = answer.unwrap_or_else(|error| panic!("{name}: {error:?}\n{}", twice.text));
            let flat = opened(&name, &unrolled(program, &fixed).unwrap());
            let expected = reverse_over_dual(&flat.programs[0], &renamed(&request, &fixed), &v);
            assert_eq!(twice.gradients.len(), expected.len(), "{name}");
            for (of, own) in &twice.gradients {
                assert_close(&format!("{name}: {of}"), &expected[of], &answer["values"][own], 1e-9);
            }
        }
    }
}

/// The gradients of a program by the tape in dual numbers that move along `v`: their tangents are the Hessian times
/// `v`.
fn reverse_over_dual(program: &Program, request: &Request, v: &BTreeMap<String, Value>) -> BTreeMap<String, Value> {
    let bound = bind(program, &request.dims).unwrap();
    let moving = |name: &str, shape: &[usize]| {
        let (mut values, mut tangents) = (Vec::new(), Vec::new());
        numbers(&request.values[name], &mut values);
        if let Some(v) = v.get(name) {
            numbers(v, &mut tangents);
        }
        tangents.resize(values.len(), 0.0);
        let duals = values
            .into_iter()
            .zip(tangents)
            .map(|(value, tangent)| Dual::new(value, tangent))
            .collect();
        ArrayD::from_shape_vec(IxDyn(shape), duals).unwrap()
    };
    let list = declare(program, &bound).unwrap();
    let mut params = Params::<Dual>::from_values(&list, vec![Dual::new(0.0, 0.0); list.len()]);
    for param in list.params() {
        params
            .value_mut(param)
            .assign(&moving(&list.spec(param).name, &param.shape().to_vec()));
    }
    let tape = Tape::with(&params);
    let elaborated = elaborate(program, &bound, &list, &tape, &mut |input, shape| {
        let value = moving(&input.name, &shape.to_vec());
        match input.ty.kind {
            Kind::Real => tape.input(&input.name, value).id(),
            _ => tape.data(&input.name, value).id(),
        }
    })
    .unwrap();
    let gradients = tape.backward(Var::new(&tape, elaborated.objective.unwrap()));
    let mut found = BTreeMap::new();
    let inputs = program
        .inputs
        .iter()
        .map(|input| input.name.clone())
        .zip(elaborated.inputs.clone());
    let params: Vec<_> = list
        .params()
        .map(|param| (list.spec(param).name.clone(), tape.param(param).id()))
        .collect();
    for (name, id) in inputs.chain(params) {
        if let Some(gradient) = gradients.get_of(Var::new(&tape, id)) {
            let tangents: Value = gradient.iter().map(|dual| dual.tangent).collect();
            found.insert(name, tangents);
        }
    }
    found
}
