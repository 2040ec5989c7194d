//! The branch of an `if` that is not taken has no effect, and what has no result is refused: no NaN without a word.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tapegrad_autograd::language::code::Code;
use tapegrad_autograd::language::derive::derive;
use tapegrad_autograd::language::run::{Request, RunError, Wanted, run};

use crate::deriving::{WITH_GRADIENTS, assert_close};
use crate::running::opened;

fn request(values: &Value) -> Request {
    let values = values.as_object().unwrap();
    Request {
        values: values
            .iter()
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect(),
        dims: BTreeMap::from([("T".to_string(), 2)]),
        ..Request::default()
    }
}

/// The objective and the gradients of a run, which are those of the derivative as a program too.
fn gradients(body: &str, values: &Value) -> (Value, BTreeMap<String, Value>) {
    let text = format!("graph g {{ {body} minimize J }}");
    let opened_program = opened("g", &text);
    let program = &opened_program.programs[0];
    let mut request = request(values);
    request
        .dims
        .retain(|name, _| program.dims.iter().any(|dim| *dim.name == **name));
    let answer = run::<f64>(program, &request, WITH_GRADIENTS).unwrap_or_else(|error| panic!("{text}\n{error}"));
    let own: BTreeMap<String, Value> = answer["gradients"].as_object().unwrap().clone().into_iter().collect();
    let derivative = derive(program, &BTreeMap::new()).unwrap_or_else(|error| panic!("{text}\n{error:?}"));
    let again = opened("derivative", &derivative.text);
    let found = run::<f64>(&again.programs[0], &request, Wanted::default())
        .unwrap_or_else(|error| panic!("{text}\n{}\n{error}", derivative.text));
    for (name, gradient) in &derivative.gradients {
        let again = &found["values"][gradient];
        if *again != own[name] {
            assert_close(&text, again, &own[name], 1e-12);
        }
    }
    (answer["objective"].clone(), own)
}

/// A program, its values, and the gradient of `w` (or of `x`), in which the branch that is not taken has no part.
fn cases() -> Vec<(&'static str, Value, &'static str, Value)> {
    let glove = "dim N param x[N], w[N] J = sum(i: if x[i] > 0 then w[i] * log(x[i])^2 else 0)";
    vec![
        (glove, json!({"x": [0.0, 1.0], "w": [1.0, 2.0]}), "w", json!([0.0, 0.0])),
        (
            glove,
            json!({"x": [-1.0, 1.0], "w": [1.0, 2.0]}),
            "x",
            json!([0.0, 0.0]),
        ),
        (
            "dim N param x[N], w[N] y = if x > 0 then w / x else w J = sum(y)",
            json!({"x": [0.0, 2.0], "w": [1.0, 3.0]}),
            "w",
            json!([1.0, 0.5]),
        ),
        (
            "param x, w J = if x <= 0 or w <= 0 then x + w else log(x) * sqrt(w)",
            json!({"x": 0.0, "w": -2.0}),
            "x",
            json!(1.0),
        ),
        (
            "param x, w J = if x > 0 and w > 0 then x^w / w else x + 2 * w",
            json!({"x": 3.0, "w": 0.0}),
            "w",
            json!(2.0),
        ),
        // A softplus by hand, whose exponential is infinite where it is not taken.
        (
            "param x J = if x > 20 then x else log(1 + exp(x))",
            json!({"x": 1000.0}),
            "x",
            json!(1.0),
        ),
        (
            "param x J = if x > 0 then x else exp(x) - 1",
            json!({"x": 1000.0}),
            "x",
            json!(1.0),
        ),
        (
            "param x J = if x == 0 then 1 + x else sin(x) / x",
            json!({"x": 0.0}),
            "x",
            json!(1.0),
        ),
        (
            "param x J = if x == 0 then 1 + x else x^(-1)",
            json!({"x": 0.0}),
            "x",
            json!(1.0),
        ),
        (
            "param x J = if x == 0 then 1 + x else x^0.5",
            json!({"x": 0.0}),
            "x",
            json!(1.0),
        ),
        (
            "param x J = if x < -1 then x else log1p(x)",
            json!({"x": -2.0}),
            "x",
            json!(1.0),
        ),
        // Several branches, and a branch in a branch.
        (
            "param x J = if x < 0 then -x else if x == 0 then 3 * x else log(x)",
            json!({"x": 0.0}),
            "x",
            json!(3.0),
        ),
        (
            "dim N param x[N] J = sum(i: if x[i] > 0 then (if x[i] < 1 then log(x[i]) else 1 / (x[i] - 1)) else x[i])",
            json!({"x": [1.0, 0.0, 0.5]}),
            "x",
            json!(["-inf", 1.0, 2.0]),
        ),
        // The divisor has fewer axes than the mask, and an entry of it is for several entries of the result.
        (
            "dim N, K input M[N, K]: data param E[N, K], r[N] A = if M == 1 then E / r else 0 J = sum(A, over N, K)",
            json!({"M": [[0.0, 0.0], [1.0, 0.0]], "E": [[1.0, 2.0], [3.0, 4.0]], "r": [0.0, 2.0]}),
            "r",
            json!([0.0, -0.75]),
        ),
        // Inside a sum every entry of the sum belongs to one entry of the mask.
        (
            "dim N, K param x[N], e[K] y[i] = if x[i] > 0 then sum(j: e[j] / x[i]) else x[i] J = sum(y)",
            json!({"x": [0.0, 2.0], "e": [1.0, 3.0]}),
            "e",
            json!([0.5, 0.5]),
        ),
        // By a function with a name.
        (
            "param x J = if x > 0 then safe(x) else x",
            json!({"x": 0.0}),
            "x",
            json!(1.0),
        ),
        // In a loop, in which the position decides, and in which a value does.
        (
            "dim T input x[T], w h[0] = 0 for t = 1..T { h[t] = h[t-1] + (if t > 1 then w / x[t] else w) } J = h[T]",
            json!({"x": [0.0, 4.0], "w": 2.0}),
            "w",
            json!(1.25),
        ),
        (
            "dim T input x[T], w h[0] = 0 for t = 1..T { h[t] = h[t-1] + (if x[t] > 0 then w * log(x[t]) else w) } J = h[T]",
            json!({"x": [-1.0, 1.0], "w": 2.0}),
            "w",
            json!(1.0),
        ),
        (
            "dim N param x[N] y[s] = if s > 1 then x[s] / x[s - 1] else x[s] J = sum(y)",
            json!({"x": [2.0, 4.0]}),
            "x",
            json!([0.0, 0.5]),
        ),
    ]
}

#[test]
fn the_branch_that_is_not_taken_reaches_no_gradient() {
    for (body, values, by, expected) in cases() {
        let (body, function) = match body.contains("safe(") {
            true => (body, "fn safe(x) = log(x) / sqrt(x) "),
            false => (body, ""),
        };
        let text = format!("{function}graph g {{ {body} minimize J }}");
        let opened_program = opened("g", &text);
        let mut request = request(&values);
        request
            .dims
            .retain(|name, _| opened_program.programs[0].dims.iter().any(|dim| *dim.name == **name));
        let answer = run::<f64>(&opened_program.programs[0], &request, WITH_GRADIENTS)
            .unwrap_or_else(|error| panic!("{text}\n{error}"));
        assert_eq!(answer["gradients"][by], expected, "{text}");
        if function.is_empty() {
            gradients(body, &values);
        }
    }
}

/// What mixes entries is not guarded: a softmax beside a mask of the same axis goes over all entries.
#[test]
fn a_branch_that_mixes_entries_is_computed_from_all_of_them() {
    let cases = [
        "dim N input m[N]: data param x[N] y = if m > 0 then x / sum(exp(x), over N) else 0 J = sum(y^2)",
        "dim N input m[N]: data param x[N] p[k] = if m[k] > 0 then softmax(k: log(x[k])) else 0 J = sum(p^2)",
        "dim N input m[N]: data param x[N] y = if m > 0 then (exp(x) @ log(x)) * x else 0 J = sum(y^2)",
        "dim N input m[N]: data param x[N] y = if m > 0 then x * exp(x)[1] else 0 J = sum(y^2)",
    ];
    for body in cases {
        // The same with the branch on a line before, where no mask is around it.
        let branch = body.split("then ").nth(1).unwrap().split(" else").next().unwrap();
        let apart = match body.contains("p[k]") {
            true => body.replace("p[k] = ", &format!("b[k] = {branch} p[k] = ")).replacen(
                &format!("then {branch}"),
                "then b[k]",
                1,
            ),
            false => {
                body.replace("y = ", &format!("b = {branch} y = "))
                    .replacen(&format!("then {branch}"), "then b", 1)
            }
        };
        let values = json!({"x": [1.5, 2.0, 0.5], "m": [1.0, -1.0, 2.0]});
        let [(own, own_gradients), (other, others)] = [body, &apart].map(|body| gradients(body, &values));
        assert_close(&apart, &own, &other, 1e-12);
        assert_close(&apart, &own_gradients["x"], &others["x"], 1e-12);
    }
}

/// The message about a run, and the place that it points at.
fn refused(body: &str, values: &Value, wanted: Wanted) -> (String, String) {
    let text = format!("graph g {{ {body} }}");
    let opened_program = opened("g", &text);
    match run::<f64>(
        &opened_program.programs[0],
        &request_of(&opened_program, values),
        wanted,
    ) {
        Err(RunError::Program(error)) => {
            assert_eq!(error.code, Code::E25, "{text}");
            let place = opened_program.sources.text(error.primary.span).to_string();
            (error.render(&opened_program.sources), place)
        }
        other => panic!("{text}\n{other:?}"),
    }
}

fn request_of(opened: &tapegrad_autograd::language::Opened, values: &Value) -> Request {
    let mut request = request(values);
    request
        .dims
        .retain(|name, _| opened.programs[0].dims.iter().any(|dim| *dim.name == **name));
    request
}

#[test]
fn a_value_that_is_not_a_number_is_refused_with_its_place() {
    let plain = Wanted::default();
    for (body, values, place, said) in [
        (
            "input a, b J = 1 + a / b minimize J",
            json!({"a": 0.0, "b": 0.0}),
            "a / b",
            "0 / 0 has no result",
        ),
        (
            "dim N input a[N], b[N] y = a - b output y",
            json!({"a": [1.0, "inf"], "b": [1.0, "inf"]}),
            "y",
            "inf - inf has no result",
        ),
        (
            "dim N, D input P[N, D], d[N] Q[n, k] = P[n, k] / d[n] output Q",
            json!({"P": [[1.0, 2.0], [0.0, 3.0]], "d": [1.0, 0.0]}),
            "Q",
            "at the entry [2, 1], counted from 1",
        ),
        (
            "input x J = x * log(x) minimize J",
            json!({"x": 0.0}),
            "J",
            "0 * -inf has no result",
        ),
        (
            "dim N input x[N] J = sum(sin(x)) minimize J",
            json!({"x": [1.0, "inf"]}),
            "sin(x)",
            "sin(inf) has no result",
        ),
    ] {
        let (message, at) = refused(body, &values, plain);
        assert!(message.contains(said) && message.contains("if c then"), "{message}");
        assert_eq!(at, place, "{message}");
    }
}

#[test]
fn a_gradient_that_is_not_a_number_is_refused_with_its_place() {
    for (body, values, place, said) in [
        (
            "dim N param x[N] J = sqrt(sum(x^2)) minimize J",
            json!({"x": [0.0, 0.0]}),
            "x^2",
            "inf comes in, and the slope of `^` at 0 is 0",
        ),
        (
            "dim N param x[N], w[N] l = log(x) J = sum(i: if x[i] > 0 then w[i] * l[i] else 0) minimize J",
            json!({"x": [0.0, 1.0], "w": [1.0, 1.0]}),
            "",
            "has no result",
        ),
        (
            "param x J = sqrt(x) - sqrt(2 * x) minimize J",
            json!({"x": 0.0}),
            "",
            "inf",
        ),
    ] {
        let text = format!("graph g {{ {body} }}");
        let opened_program = opened("g", &text);
        let request = request_of(&opened_program, &values);
        assert!(
            run::<f64>(&opened_program.programs[0], &request, Wanted::default()).is_ok(),
            "{text}"
        );
        let (message, at) = refused(body, &values, WITH_GRADIENTS);
        assert!(message.contains("gradient") && message.contains(said), "{message}");
        assert!(at.contains(place) || place.is_empty(), "{at}\n{message}");
    }
}

/// A mask of minus infinity is meant, and so is a NaN that is given.
#[test]
fn infinities_that_are_meant_and_given_nans_stay() {
    for (body, values) in [
        (
            "dim N input S[N, N] M[q:N, k:N] = if k <= q then 0 else -inf A[q:N, k:N] = softmax(k: S[q, k] + M[q, k]) \
             J = sum(i: A[i, i]) minimize J",
            json!({"S": [[1.0, 2.0], [3.0, 4.0]]}),
        ),
        ("input x J = log(x) minimize J", json!({"x": 0.0})),
        ("input x J = 1 / x minimize J", json!({"x": 0.0})),
        ("input x J = sqrt(x) minimize J", json!({"x": 0.0})),
        ("input x J = 2 * x minimize J", json!({"x": "nan"})),
    ] {
        let text = format!("graph g {{ {body} }}");
        let opened_program = opened("g", &text);
        let request = request_of(&opened_program, &values);
        let answer = run::<f64>(&opened_program.programs[0], &request, WITH_GRADIENTS);
        assert!(answer.is_ok(), "{text}\n{answer:?}");
    }
}
