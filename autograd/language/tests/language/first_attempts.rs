//! What is written from the page alone, at first attempt: it checks, or the message states the mend.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tapegrad_autograd::language::derive::derive;
use tapegrad_autograd::language::program::Program;
use tapegrad_autograd::language::run::{Request, Wanted, run};
use tapegrad_autograd::language::{Opened, fix, limits, open};

use crate::deriving::{WITH_GRADIENTS, assert_close, plain};
use crate::running::{different_sizes, opened, request};
use crate::{mistakes, programs};

pub fn graph(body: &str) -> Opened {
    open("g", &format!("graph g {{ {body} }}"))
}

/// The text with the changes made that its messages offer.
fn fixed(text: &str) -> String {
    fix("g", text, limits::MEMORY, &mut |_| Err(String::new())).text
}

/// Objective and gradients of a run with made-up values, which are those of the derivative too.
pub fn answer(program: &Program) -> Value {
    let request = request(program, different_sizes(program));
    let answer = run::<f64>(program, &request, WITH_GRADIENTS).unwrap_or_else(|error| panic!("{error}"));
    let derivative = derive(program, &BTreeMap::new()).unwrap_or_else(|error| panic!("{error:?}"));
    let again = opened("derivative", &derivative.text);
    let params = request.values.clone();
    let values = Request {
        values: params.into_iter().map(|(name, value)| (plain(&name), value)).collect(),
        ..request
    };
    let found = run::<f64>(&again.programs[0], &values, Wanted::default()).unwrap_or_else(|error| panic!("{error}"));
    for (name, gradient) in &derivative.gradients {
        assert_close(
            &derivative.text,
            &found["values"][gradient],
            &answer["gradients"][name],
            1e-9,
        );
    }
    json!([answer["objective"], answer["gradients"]])
}

/// A program whose axes meet by their size, and where `as` would name them so.
const MET_BY_SIZE: &[&str] = &[
    "dim T, C, O input x[T, C], y[T, O] param W[C, O] z[t:T, o] = sum(c: W[c, o] * x[t, c]) J = mean((z - y)^2, over T, O) minimize J",
    "dim T, C, O input x[T, C], y[T, O] param W[C, O] z[t:T, o] = sum(c: W[c, o] * x[t, c]) J = mean((tanh(z) - y)^2, over t, O) minimize J",
    "dim D input A[D, D] I[i:D, j:D] = if i == j then 1 else 0 S = A @ A.T + I J = logdet(S) minimize J",
    "dim D input A[D, D], b[D] I[i:D, j:D] = if i == j then 1 else 0 v = I @ b + (A - I) @ b J = sum(v^2) minimize J",
    "dim D, K input A[D, K], b[D] I[i:D, j:D] = if i == j then 1 else 0 v = b @ I J = sum((v @ A)^2) + sum(I @ A, over D, K) minimize J",
    "dim M, C dim N = 2 * M input d[M, C], y[N, C] r[i:M, p:2, c] = d[i, c] * p u = merge(r, [M, p] => N) J = sum((u - y)^2, over N, C) minimize J",
    "dim N, C input e[N, C], x[N] f[i:N, c] = x[i] * e[i, c] param w[2 * C] o = concat(f, e, over C) @ w J = mean((o - x)^2) minimize J",
    "dim N, C input e[N, C], x[N] f[i:N, c] = x[i] * e[i, c] o = concat(e, f, over C) J = sum(sum(o, over C)^2) minimize J",
    "dim N, C input e[N, C], x[N] f[i:N, c] = x[i] * e[i, c] o = concat(e, f, over N) J = sum(sum(o, over N)^2) minimize J",
    "dim M, C input x[M, C] pool[i:M, c] = x[i, c]^2 J = sum(mean(pool, over M)^2) minimize J",
    "dim T, S, D input Q[T, D], K[S, D], pad[S]: data M[s:S, t:T] = if pad[s] > 0 then -1 else 0 B = Q @ K.T + order(M, T, S) J = mean(B^2, over T, S) minimize J",
    "dim T, H input x[T, H] param W[H, H] h[0] = zeros[H] for t = 1..T { e[j:H] = tanh(x[t, j]) h[t] = W @ h[t-1] + e } J = sum(h^2, over T, H) minimize J",
    "dim T, D input X[T, D], b[T], c[D] Z[t:T, d:D] = X[t, d] * 2 J = sum((Z * c)^2, over T, D) + sum(Z.T @ b) minimize J",
];

#[test]
fn an_axis_that_an_index_made_is_met_by_its_size_too() {
    for body in MET_BY_SIZE {
        let found = graph(body);
        assert!(found.diagnostics.is_empty(), "{body}\n{}", found.render());
        // With `as` behind each such equation the program says the same.
        let named = [
            ("z[t:T, o] = sum(c: W[c, o] * x[t, c])", " as [T, O]"),
            ("I[i:D, j:D] = if i == j then 1 else 0", " as [D, D]"),
            ("r[i:M, p:2, c] = d[i, c] * p", " as [M, p:2, C]"),
            ("f[i:N, c] = x[i] * e[i, c]", " as [N, C]"),
            ("pool[i:M, c] = x[i, c]^2", " as [M, C]"),
            ("M[s:S, t:T] = if pad[s] > 0 then -1 else 0", " as [S, T]"),
            ("e[j:H] = tanh(x[t, j])", " as [H]"),
            ("Z[t:T, d:D] = X[t, d] * 2", " as [T, D]"),
        ];
        let plain = body.replace("over t,", "over T,");
        let (equation, shape) = named
            .into_iter()
            .find(|(equation, _)| plain.contains(equation))
            .unwrap();
        let plain = plain.replace(equation, &format!("{equation}{shape}"));
        let other = graph(&plain);
        assert!(other.is_correct(), "{plain}\n{}", other.render());
        let [own, other] = [&found, &other].map(|opened| answer(&opened.programs[0]));
        assert_eq!(own, other, "{body}");
    }
}

/// The first name comes first, and what can be meant in two ways is refused.
#[test]
fn a_second_name_is_used_only_where_one_axis_can_be_meant() {
    for (body, code) in [
        (
            "dim T input b[T] S[q:T, k:T] = if k <= q then 1 else 0 y = S + b output y",
            "E02",
        ),
        (
            "dim T S[q:T, k:T] = if k <= q then 1 else 0 y = sum(S, over T) output y",
            "E05",
        ),
        ("dim T input a[k:T], b[T] y = a + b output y", "E02"),
        ("dim T, D input X[T, D] S = X as [q:T, D] y = S + X output y", "E02"),
        (
            "dim T, D, K input X[T, D], W[K, D] z[t:T, d] = X[t, d] y = z @ W output y",
            "E01",
        ),
    ] {
        let found = graph(body);
        assert_eq!(
            found.diagnostics.first().map(|one| one.code.name()),
            Some(code),
            "{body}\n{}",
            found.render()
        );
    }
    // `over k` is the axis k, not the other one of its size.
    let text = "dim T input a[k:T] S[q:T, k:T] = if k <= q then a[k] else 0 y = a * S z = sum(S, over k) output y, z";
    assert!(graph(text).is_correct(), "{}", graph(text).render());
}

/// Names that `as` or a declaration gave do not line up with others: done as the help says, the program checks.
#[test]
fn the_help_for_names_that_differ_mends_the_program() {
    for body in [
        "dim T, D input Y[T, D], X[T, D] O = X * 2 as [q:T, D] J = mean((O - Y)^2, over T, D) minimize J",
        "dim T, D input Y[T, D], X[T, D] O = X * 2 as [q:T, D] J = mean((Y - O)^2, over T, D) minimize J",
        "dim T input Y[T], X[q:T] J = sum(Y * X) minimize J",
        "dim T, D input Y[T, D], X[T, D] O = X as [q:T, D] J = mean((X @ zeros[D, D] - O)^2, over T, D) minimize J",
    ] {
        let found = graph(body);
        assert!(
            found.diagnostics[0]
                .help
                .as_ref()
                .is_some_and(|help| help.contains(" as [")),
            "{}",
            found.render()
        );
        let text = format!("graph g {{ {body} }}");
        let mended = fixed(&text);
        assert!(open("g", &mended).is_correct(), "{}\n{}", found.render(), mended);
    }
}

#[test]
fn a_named_exponent_is_a_number() {
    for (exponent, constant) in [
        ("gamma", "const gamma = 2 "),
        ("gamma", "const gamma = 4 / 2 "),
        ("(gamma - 1)", "const gamma = 3 "),
    ] {
        let body = format!("dim N input p[N] {constant}y = (1 - p)^{exponent} J = sum(y) minimize J");
        let found = graph(&body);
        let request = Request {
            values: BTreeMap::from([("p".to_string(), json!([1.0, 3.0, 0.5]))]),
            ..Request::default()
        };
        let answer = run::<f64>(&found.programs[0], &request, WITH_GRADIENTS).unwrap();
        assert_eq!(answer["objective"], json!(4.25));
        assert_eq!(answer["gradients"]["p"], json!([0.0, 4.0, -1.0]));
    }
    // A formula with a name gets the number as well, and a computed exponent says what it needs in this language.
    let found = open(
        "g",
        "fn power(x, n) = x^n graph g { input x J = power(x, 2) minimize J }",
    );
    let zero = Request {
        values: BTreeMap::from([("x".to_string(), json!(0.0)), ("n".to_string(), json!(2.0))]),
        ..Request::default()
    };
    let mut one = zero.clone();
    one.values.remove("n");
    assert!(run::<f64>(&found.programs[0], &one, WITH_GRADIENTS).is_ok());
    let found = graph("input x, n J = x^n minimize J");
    let error = run::<f64>(&found.programs[0], &zero, WITH_GRADIENTS)
        .unwrap_err()
        .to_string();
    assert!(error.contains("takes any base") && !error.contains("powf"), "{error}");
}

#[test]
fn a_place_is_protected_by_what_stands_before_and() {
    for body in [
        "dim T input x[T] y[t:T] = if t > 1 and x[t] > 0 then x[t-1] else 0 J = sum(y) minimize J",
        "dim T input x[T] y[t:T] = if x[t] > 0 and t > 1 then x[t-1] else 0 J = sum(y) minimize J",
        "dim T input x[T] y[t:T] = if t > 1 and x[t-1] > 0 then x[t-1] else 0 J = sum(y) minimize J",
        "dim T input x[T] y[t:T] = if t <= 1 or x[t-1] > 0 then x[t] else x[t-1] J = sum(y) minimize J",
        "dim T input x[T] y[t:T] = if t > 2 and x[t] > 0 and x[t] != x[t-2] then x[t-2] else 0 J = sum(y) minimize J",
        "dim T input x[T] h[0] = 0 for t = 1..T { h[t] = h[t-1] + (if x[t] > 0 and t > 1 and x[t-1] > 0 then x[t-1] else 0) } \
         J = h[T] minimize J",
    ] {
        let found = graph(body);
        assert!(found.diagnostics.is_empty(), "{body}\n{}", found.render());
        let request = Request {
            values: BTreeMap::from([("x".to_string(), json!([1.0, 2.0, -1.0, 4.0]))]),
            ..Request::default()
        };
        let answer = run::<f64>(&found.programs[0], &request, WITH_GRADIENTS).unwrap();
        let expected = match body {
            body if body.contains("x[t] != x[t-2]") => 2.0,
            body if body.contains("<= 1") => 1.0 + 2.0 - 1.0 - 1.0,
            body if body.contains("h[0]") => 1.0,
            body if body.contains("and x[t-1] > 0 then") => 1.0 + 2.0,
            _ => 1.0 - 1.0,
        };
        assert_eq!(answer["objective"], json!(expected), "{body}");
    }
    let refused = graph("dim T input x[T] y[t:T] = if x[t] > 0 then x[t - 1] else 0 output y").render();
    assert!(
        refused.contains("`if t - 1 >= 1 then .. else ..`") && !refused.contains("run to"),
        "{refused}"
    );
    let refused = graph("dim T, K input x[T] y[t:T, k:K] = x[t - k + 2] output y").render();
    assert!(
        refused.contains("`if t - k + 2 >= 1 and t - k + 2 <= T then .. else ..`"),
        "{refused}"
    );
    let refused = graph("dim N input x[N] y = x[N - 2] output y").render();
    assert!(refused.contains("`require N >= 3` before this line"), "{refused}");
}

#[test]
fn a_loop_is_one_matrix_product_only_with_one_matrix_for_all_rounds() {
    let warned = |body: &str| graph(body).diagnostics.iter().any(|one| one.code.name() == "W06");
    assert!(warned(
        "dim T, D input x[T, D] param W[D, D] for t = 1..T { y[t] = W @ x[t] } J = sum(y, over T, D) minimize J"
    ));
    for body in [
        "dim T, D input A[T, D, D], x[T, D] for t = 1..T { y[t] = A[t] @ x[t] } J = sum(y, over T, D) minimize J",
        "dim B, N, D input X[B, N, D], y[B, N] param w[D] ~ ones for b = 1..B { L = mean((tanh(X[b] @ w) - y[b])^2) \
         w1 = w - grad(L, w) loss[b] = mean((X[b] @ w1 - y[b])^2) } J = mean(loss) minimize J",
        "dim T, D input x[T, D] param W[D, D], b[D] for t = 1..T { u = W @ b y[t] = x[t] * u } J = sum(y, over T, D) minimize J",
    ] {
        let found = graph(body);
        assert!(found.is_correct(), "{}", found.render());
        assert!(!warned(body), "{}", found.render());
    }
}

/// A derivative is written by rules: nothing in it is a slip.
#[test]
fn no_derivative_has_a_warning() {
    let mut derived = 0;
    for (name, text) in programs::all().into_iter().chain(mistakes::right_programs()) {
        for program in &open(&name, &text).programs {
            let Ok(derivative) = derive(program, &BTreeMap::new()) else {
                continue;
            };
            let again = open(&name, &derivative.text);
            assert!(again.diagnostics.is_empty(), "{name}\n{}", again.render());
            derived += 1;
        }
    }
    assert!(derived >= 60, "{derived}");
}

/// Programs that are right now, and were refused.
#[test]
fn lists_of_constants_and_names_in_arguments_are_right() {
    for body in [
        "dim N input x[N] const gamma = 2, alpha = 0.25, c[N] = 3 J = sum(alpha * x^gamma + c) minimize J",
        "dim T, D, H, dk = D / H input X[T, D] Q = order(split(X as [q:T, D], D => [h:H, dk]), h, q, dk) \
         J = sum(Q, over h, q, dk) minimize J",
        "dim N, K input S[N, K], done[N]: bool y[n] = if done[n] == 1 then S[n, 1] else S[n, K] J = sum(y) minimize J",
        "dim N, M input x[N], y[M] r[0, 0] = 0 for i = 1..N { r[i, 0] = 1e6 } for j = 1..M { r[0, j] = 1e6 } \
         for i = 1..N { for j = 1..M { r[i, j] = x[i] * y[j] + r[i-1, j-1] + 0 * r[i-1, j] * r[i, j-1] } } minimize r[N, M]",
    ] {
        let found = graph(body);
        assert!(found.diagnostics.is_empty(), "{body}\n{}", found.render());
    }
}

/// A wrong program, and what its one message says.
const MENDS: &[(&str, &[&str])] = &[
    (
        "dim N, M input x[N], y[M] r[0, 0] = 0 r[i:N, 0] = 1e6 for i = 1..N { for j = 1..M { r[i, j] = r[i-1, j] + x[i] } } \
         minimize r[N, M]",
        &["for i = 1..N { r[i, 0] = 1e6 }"],
    ),
    (
        "dim N, M input x[N] r[0, 0] = 0 r[0, j:M] = 1e6 for i = 1..N { for j = 1..M { r[i, j] = r[i-1, j] + x[i] } } \
         minimize r[N, M]",
        &["for j = 1..M { r[0, j] = 1e6 }"],
    ),
    (
        "dim N input r[N], done[N]: bool\ny[n] = if done[n] then r[n] else 2 * r[n] output y",
        &["`d[n] == 1`"],
    ),
    (
        "dim T input g[T] param V[T + 1] r[t] = g[t] + V[t] J = sum(r) minimize J",
        &["`t:T` on the left"],
    ),
    (
        "dim T, D input A[T, q:D], x[D] y = A @ x output y",
        &["`(A as [T, D]) @ x`"],
    ),
    ("dim N input x[N] y = std(x) output y", &["`sqrt(var(x, over D))`"]),
    ("dim N input x[N] y = topk(x, 2) output y", &["no order of entries"]),
    (
        "dim N input x[N] y = eye(N) output y",
        &["I[i:D, j:D] = if i == j then 1 else 0"],
    ),
    ("dim N input A[N, N] y = trace(A) output y", &["`sum(i: A[i, i])`"]),
    (
        "dim N input x[N] y = cumprod(x) output y",
        &["exp(cumsum(log(x), over T))"],
    ),
    (
        "dim N, K input S[N, K] y[n] = argmax(k: S[n, k]) output y",
        &["if S >= max(S, over K)"],
    ),
    (
        "dim D input A[D, D] S[i, j:D] = if i == j then 1 else 0 y = A @ S output y",
        &["`i:D`"],
    ),
    (
        "dim T, D input x[T, D], w[D] for t = 1..T { for d = 1..D { p[t, d] = x[t, d] * w[d] } q[t] = sum(p[t]) } \
         J = sum(q) minimize J",
        &["the loop over t, which goes on", "leave t out of the places of p"],
    ),
];

#[test]
fn a_message_states_the_mend_and_is_the_only_one() {
    for (body, words) in MENDS {
        let found = graph(body);
        let shown = found.render();
        assert_eq!(
            found.diagnostics.iter().filter(|one| one.is_error()).count(),
            1,
            "{body}\n{shown}"
        );
        for word in *words {
            assert!(shown.contains(word), "no `{word}` in\n{shown}");
        }
    }
    let bool_as_condition = "graph g { dim N input r[N], d[N]: bool\ny[n] = if d[n] then r[n] else 0 output y }";
    let mended = fixed(bool_as_condition);
    assert!(
        mended.contains("if d[n] == 1 then") && open("g", &mended).is_correct(),
        "{mended}"
    );
}

/// A value that the program does not know is said before a size that only this value would have told.
#[test]
fn a_name_that_is_not_known_comes_before_a_size_without_a_number() {
    let text = "module F[D, E](x[D]) -> y[E] { param W[D, E] ~ glorot y = x @ W } \
                graph g { dim D, E input x[D] layer f = F[D, E] J = sum(f(x)) minimize J }";
    let program = opened("g", text);
    let derivative = opened("d", &derive(&program.programs[0], &BTreeMap::new()).unwrap().text);
    let given = |name: &str| Request {
        values: BTreeMap::from([("x".to_string(), json!([1.0])), (name.to_string(), json!([[1.0, 2.0]]))]),
        ..Request::default()
    };
    let error = |program: &Program, name: &str| {
        run::<f64>(program, &given(name), Wanted::default())
            .unwrap_err()
            .to_string()
    };
    let said = error(&derivative.programs[0], "f.W");
    assert_eq!(
        said,
        "values.f.W: the program has no input or parameter of this name; did you mean `f_W`?"
    );
    let said = error(&program.programs[0], "f_W");
    assert_eq!(
        said,
        "values.f_W: the program has no input or parameter of this name; did you mean `f.W`?"
    );
    let said = error(&program.programs[0], "U");
    assert!(said.ends_with("it has x, f.W"), "{said}");
}

/// A derivative that needs the size of a loop points at the loop.
#[test]
fn a_loop_that_needs_its_size_is_pointed_at() {
    let text = "graph g { dim T, N input x[T, N]\nr[0, 0] = 0\nfor t = 1..T { for n = 1..N { r[t, n] = x[t, n]^2 } } \
                J = sum(sum(r, over N)) minimize J }";
    let program = opened("g", text);
    let error = derive(&program.programs[0], &BTreeMap::new()).unwrap_err();
    assert_eq!(
        program.sources.position(error.primary.span).line,
        3,
        "{}",
        error.render(&program.sources)
    );
}
