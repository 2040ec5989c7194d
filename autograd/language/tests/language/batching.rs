//! A program with a batch axis gives what its examples give one by one: the mean or the sum of their objectives and
//! gradients, and their outputs side by side.

use std::collections::BTreeMap;

use serde_json::Value;
use tapegrad_autograd::language::batch::{Batch, Combined, batched};
use tapegrad_autograd::language::derive::{derive, flattened};
use tapegrad_autograd::language::program::Program;
use tapegrad_autograd::language::run::{Request, Wanted, run};

use crate::deriving::{WITH_GRADIENTS, loop_sizes, numbers, plain, renamed};
use crate::programs;
use crate::running::{different_sizes, opened, request};

/// The same numbers are added in another order.
const NEAR: f64 = 1e-12;

fn batch(inputs: Option<Vec<String>>, objective: Combined) -> Batch {
    Batch {
        size: "Examples".to_string(),
        inputs,
        objective,
    }
}

fn entries(value: &Value) -> Vec<f64> {
    let mut entries = Vec::new();
    numbers(value, &mut entries);
    entries
}

/// Entry by entry, relative to the largest entry, or to 1.
fn assert_near(what: &str, expected: &[f64], found: &[f64]) {
    assert_eq!(expected.len(), found.len(), "{what}");
    let scale = expected.iter().fold(1.0f64, |scale, entry| scale.max(entry.abs()));
    for (e, f) in expected.iter().zip(found) {
        assert!((e - f).abs() <= NEAR * scale, "{what}: {e} one by one, {f} as a batch");
    }
}

/// The request of one example.
fn example(request: &Request, inputs: &[String], number: usize) -> Request {
    let mut one = request.clone();
    one.dims.remove("Examples");
    for name in inputs {
        one.values.insert(name.clone(), request.values[name][number].clone());
    }
    one
}

/// Runs a program as a batch and one by one; gives the batched program and the request, with its answer.
fn compare(what: &str, program: &Program, how: &Batch, dims: BTreeMap<String, i64>) -> (Program, Request, Value) {
    let together = batched(program, how).unwrap_or_else(|error| panic!("{what}: {error}"));
    let request = request(&together, dims);
    let answer = run::<f64>(&together, &request, WITH_GRADIENTS).unwrap_or_else(|error| panic!("{what}: {error:?}"));
    let count = request.dims["Examples"] as usize;
    let all: Vec<String> = program.inputs.iter().map(|input| input.name.clone()).collect();
    let inputs = how.inputs.clone().unwrap_or(all);
    let weight = match how.objective {
        Combined::Mean => 1.0 / count as f64,
        Combined::Sum => 1.0,
    };
    let (mut objective, mut shared) = (0.0, BTreeMap::<String, Vec<f64>>::new());
    for number in 0..count {
        let one = run::<f64>(program, &example(&request, &inputs, number), WITH_GRADIENTS).unwrap();
        objective += weight * one["objective"].as_f64().unwrap();
        for (name, gradient) in one["gradients"].as_object().unwrap() {
            let place = format!("{what}: the gradient of {name}");
            if gradient.is_null() {
                assert!(answer["gradients"][name].is_null(), "{place}");
                continue;
            }
            let scaled: Vec<f64> = entries(gradient).iter().map(|entry| weight * entry).collect();
            if inputs.contains(name) {
                assert_near(&place, &scaled, &entries(&answer["gradients"][name][number]));
                continue;
            }
            let sum = shared.entry(name.clone()).or_insert_with(|| vec![0.0; scaled.len()]);
            sum.iter_mut().zip(&scaled).for_each(|(sum, entry)| *sum += entry);
        }
        if !program.outputs.is_empty() {
            for (name, value) in one["values"].as_object().unwrap() {
                let place = format!("{what}: {name}");
                assert_near(&place, &entries(value), &entries(&answer["values"][name][number]));
            }
        }
    }
    assert_near(what, &[objective], &[answer["objective"].as_f64().unwrap()]);
    for (name, sum) in shared {
        assert_near(
            &format!("{what}: the gradient of {name}"),
            &sum,
            &entries(&answer["gradients"][&name]),
        );
    }
    (together, request, answer)
}

/// The text of the batched program, and of its derivative, give the same numbers.
fn compare_texts(what: &str, together: &Program, request: &Request, answer: &Value, sizes: BTreeMap<String, i64>) {
    let renamed = renamed(request, &sizes);
    let text = flattened(together, &sizes).unwrap_or_else(|error| panic!("{what}: {error:?}"));
    let again = opened(what, &text);
    let own = run::<f64>(&again.programs[0], &renamed, Wanted::default());
    let own = own.unwrap_or_else(|error| panic!("{what}: {error:?}\n{text}"));
    let objective = |answer: &Value| [answer["objective"].as_f64().unwrap()];
    assert_near(&format!("{what}\n{text}"), &objective(answer), &objective(&own));

    let derivative = derive(together, &sizes).unwrap_or_else(|error| panic!("{what}: {error:?}\n{text}"));
    let backward = opened(what, &derivative.text);
    let own = run::<f64>(&backward.programs[0], &renamed, Wanted::default());
    let own = own.unwrap_or_else(|error| panic!("{what}: {error:?}\n{}", derivative.text));
    for (name, gradient) in answer["gradients"].as_object().unwrap() {
        if let Some((_, line)) = derivative.gradients.iter().find(|(of, _)| *of == plain(name)) {
            let place = format!("{what}: {line}\n{}", derivative.text);
            assert_near(&place, &entries(gradient), &entries(&own["values"][line]));
        }
    }
}

fn with_examples(mut dims: BTreeMap<String, i64>, examples: i64) -> BTreeMap<String, i64> {
    dims.insert("Examples".to_string(), examples);
    dims
}

#[test]
fn every_program_of_the_project_gives_as_a_batch_what_its_examples_give() {
    for (name, text) in programs::all() {
        for program in &opened(&name, &text).programs {
            for objective in [Combined::Mean, Combined::Sum] {
                let dims = with_examples(different_sizes(program), 3);
                let (together, request, answer) = compare(&name, program, &batch(None, objective), dims);
                // Arrays of six named sizes are too large for the checker of engine.NAME(..); with numbers they are not.
                let widest = together.values.iter().map(|value| value.ty.rank()).max();
                let sizes = match widest > Some(5) {
                    true => request.dims.clone(),
                    false => loop_sizes(program, &request.dims),
                };
                compare_texts(&name, &together, &request, &answer, sizes);
            }
            for input in &program.inputs {
                let what = format!("{name}, {} alone", input.name);
                let dims = with_examples(different_sizes(program), 2);
                compare(
                    &what,
                    program,
                    &batch(Some(vec![input.name.clone()]), Combined::Mean),
                    dims,
                );
            }
        }
    }
}

#[test]
fn generated_programs_give_as_a_batch_what_their_examples_give() {
    let cases = programs::from_environment("TAPEGRAD_CASES", 1000);
    for seed in 0..cases {
        let text = crate::well_typed::program(seed);
        let program = &opened("made", &text).programs[0];
        let what = format!("seed {seed}\n{text}");
        let inputs = match seed % 3 {
            0 => None,
            1 => Some(vec!["x0".to_string()]),
            _ => Some(vec!["x2".to_string()]),
        };
        let objective = if seed % 2 == 0 { Combined::Mean } else { Combined::Sum };
        let dims = with_examples(crate::well_typed::sizes(seed), 1 + seed as i64 % 3);
        let (together, request, answer) = compare(&what, program, &batch(inputs, objective), dims);
        if seed % 4 == 0 {
            let sizes = [("T".to_string(), request.dims["T"])].into();
            compare_texts(&what, &together, &request, &answer, sizes);
        }
    }
}

#[test]
fn products_tables_and_rows_of_every_kind_get_the_axis() {
    let bodies = [
        // Vectors, matrices and stacks of them, with one side or both from the example.
        "input a[K] param b[K] J = a @ b",
        "input a[K], c[K] param b[K] J = (b @ a) * (a @ c)",
        "input A[M, K] param b[K] J = engine.sum(engine.tanh(A @ b))",
        "input b[K] param A[M, K] J = engine.sum(engine.tanh(A @ b))",
        "input A[M, K], b[K] J = engine.sum(engine.tanh(A @ b))",
        "input a[M] param B[M, K] J = engine.sum(engine.tanh(a @ B))",
        "input B[M, K] param a[M] J = engine.sum(engine.tanh(a @ B))",
        "input a[M], B[M, K] J = engine.sum(engine.tanh(a @ B))",
        "input A[M, K] param B[K, N] J = engine.sum(engine.tanh(A @ B))",
        "input B[K, N] param A[M, K] J = engine.sum(engine.tanh(A @ B))",
        "input A[M, K], B[K, N] J = engine.sum(engine.tanh(A @ B))",
        "input A[S, M, K] param B[K, N] J = engine.sum(engine.tanh(A @ B))",
        "input B[K, N] param A[S, M, K] J = engine.sum(engine.tanh(A @ B))",
        "input A[S, M, K], B[K, N] J = engine.sum(engine.tanh(A @ B))",
        "input A[S, M, K] param B[S, K, N] J = engine.sum(engine.tanh(A @ B))",
        "input B[S, K, N] param A[S, M, K] J = engine.sum(engine.tanh(A @ B))",
        "input b[K] param A[S, M, K] J = engine.sum(engine.tanh(A @ b))",
        "input A[S, M, K], b[K] J = engine.sum(engine.tanh(A @ b))",
        "input a[K] param B[S, K, N] J = engine.sum(engine.tanh(engine.matmul(a, B)))",
        "input B[S, K, N] param a[K] J = engine.sum(engine.tanh(engine.matmul(a, B)))",
        // Tables and entries that ids name, of the example or of all.
        "input w[M]: id[N] param E[N, K] J = engine.sum(engine.tanh(E[w]))",
        "input E[N, K] param c[M, K] input w[M]: id[N] J = engine.sum(engine.tanh(E[w] * c))",
        "input w: id[N], E[N, K] J = engine.sum(engine.tanh(E[w]))",
        "input X[M, N], y[K]: id[M] J = engine.sum(engine.tanh(X[y]))",
        "input y[M]: id[N] param X[M, N] p[m] = X[m, y[m]] J = engine.sum(engine.tanh(p))",
        // Axes are arranged, cut and joined.
        "input A[M, K] param B[M, K] J = engine.sum(engine.tanh(concat(A, B, over M) @ (A[1] + B[1])))",
        "input x[K] param A[M, K] J = engine.sum(tanh(broadcast(x, to => [M, K]) + A)) + sum(with_one(x)^2)",
        "input A[M, K] J = sum(max(A, over K)) + sum(logsumexp(A.T, over M)) + prod(A[1], over K)",
        "input x[K] p[i, j] = x[i] * x[j] J = engine.sum(if p > 0.05 then p else tanh(p))",
        "input x param c J = (x + c)^2",
        // Rows: a start that is the same for all, states that are not.
        "dim T input x[T] param h0, w h[0] = h0 for t = 1..T { h[t] = tanh(w * h[t-1] + x[t]) } J = sum(h^2)",
        "dim T input x[T], c param w h[0] = 0 * w + 1 for t = 1..T { h[t] = tanh(w * h[t-1] + x[t]) } J = h[T] * c + sum(h)",
        "dim T input x param w[T] h[0] = 0 * x for t = 1..T { h[t] = w[t] + h[t-1]^2 } s[1] = x for t = 2..T { s[t] = s[t-1] * w[t] } J = h[T] + s[T]",
        // Places that run with indices, and a choice by the position of a loop.
        "dim L = N - K + 1 input x[N] param w[K] y[s:L] = sum(k: w[k] * x[s + k - 1]) J = sum(tanh(y))",
        "dim L = N - K + 1 input x[N], w[K] y[s:L] = sum(k: w[k] * x[s + k - 1]) J = sum(tanh(y))",
        "input A[K, K] d[i] = A[i, i] J = sum(tanh(d))",
        "dim T input x[T], c param w for t = 1..T { h[t] = tanh(w * (if t > 1 then h[t-1] else c) + x[t]) } J = h[T]",
        // Gradients inside, and an op of the engine.
        "input x[K] param w[K] u = tanh(x * w) @ w g = grad(u, x) J = sum(g^2) + u",
        "input x[M, K] param W[N, K] J = engine.sum(engine.tanh(engine.linear(x, W)))",
        "input x[K] param R[K, K] A[i, j] = sum(k: R[i, k] * R[j, k]) + (if i == j then 2 + x[i] else 0) J = logdet(A)",
        "input b[K] param R[K, K] A[i, j] = R[i, j] + (if i == j then 4 else 0) J = sum(solve(A, b)^2)",
    ];
    for body in bodies {
        let text = format!("graph g {{ dim M, K, N, S {body} minimize J }}");
        let opened = tapegrad_autograd::language::open("kinds", &text);
        if !opened.is_correct() {
            panic!("{}", opened.render());
        }
        let program = &opened.programs[0];
        let sizes = || [("M", 2), ("K", 3), ("N", 4), ("S", 2), ("T", 3)].map(|(name, size)| (name.to_string(), size));
        let known = |(name, _): &(String, i64)| program.dims.iter().any(|dim| *dim.name == **name);
        let dims = || with_examples(sizes().into_iter().filter(known).collect(), 3);
        let (together, request, answer) = compare(body, program, &batch(None, Combined::Mean), dims());
        // A fused op is derived from its definition, which needs numbers for all sizes.
        let sizes = |request: &Request| match body.contains("engine.linear") {
            true => request.dims.clone(),
            false => loop_sizes(program, &request.dims),
        };
        compare_texts(body, &together, &request, &answer, sizes(&request));
        for input in &program.inputs {
            let what = format!("{body}, {} alone", input.name);
            let how = batch(Some(vec![input.name.clone()]), Combined::Sum);
            let (together, request, answer) = compare(&what, program, &how, dims());
            compare_texts(&what, &together, &request, &answer, sizes(&request));
        }
    }
}

#[test]
fn what_cannot_be_a_batch_is_refused_with_a_reason() {
    let refused = |text: &str, size: &str, inputs: Option<Vec<String>>| {
        let opened = opened("refused", text);
        let how = Batch {
            size: size.to_string(),
            inputs,
            objective: Combined::Mean,
        };
        batched(&opened.programs[0], &how).unwrap_err().to_string()
    };
    let text = "graph g { dim B, N input x[B, N] param w J = w * engine.sum(x) minimize J }";
    assert_eq!(
        refused(text, "B", None),
        "batch: `B` has a meaning in this program; choose another name for the size"
    );
    assert_eq!(
        refused(text, "E", Some(vec!["w".to_string()])),
        "batched: the program has no input `w`; its inputs are: x"
    );
    assert_eq!(
        refused("graph g { param w J = w^2 minimize J }", "B", None),
        "batch: the program has no input, so all examples would be the same"
    );
    let text = "graph g { dim A, T, M, D input x[A, T, M], h0[A, D] param U[D, M], V[D, D], b[D] \
        J = engine.sum(engine.rnn(x, h0, U, V, b)) minimize J }";
    assert_eq!(
        refused(text, "B", None),
        "E14 sizes do not work out: engine.rnn takes no further axis, so it cannot run for a batch of examples"
    );
}

#[test]
fn a_batched_program_is_printed_with_its_axis() {
    let text = std::fs::read_to_string(programs::folder().join("two_layer.cg")).unwrap();
    let how = Batch {
        size: "B".to_string(),
        inputs: None,
        objective: Combined::Mean,
    };
    let together = batched(&opened("two_layer", &text).programs[0], &how).unwrap();
    insta::assert_snapshot!(flattened(&together, &BTreeMap::new()).unwrap());
}
