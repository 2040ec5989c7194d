//! Reductions over several axes, and pieces of an equation that each read another array.

use crate::first_attempts::{answer, graph};

/// A program and another way to write it: both have the same objective and gradients, by `run` and by `derive`.
const SAME: &[(&str, &str)] = &[
    (
        "dim H param U[H, H] minimize sum(U^2, over H, H)",
        "dim H param U[H, H] minimize sum(i, j: U[i, j]^2)",
    ),
    (
        "dim H, K param U[H, K, H] minimize sum(sum(exp(U), over H, H)^2)",
        "dim H, K param U[H, K, H] r[k] = sum(i, j: exp(U[i, k, j])) minimize sum(r^2)",
    ),
    (
        "dim N param w[N] z[k:2 * N] = if k <= N then w[k] else 0 minimize sum(k: z[k]^2 * k)",
        "dim N param w[N] minimize sum(i: w[i]^2 * i)",
    ),
    (
        "dim N param w[N], v[N] z[k:2 * N] = if k <= N then w[k]^2 else v[k - N] minimize sum(k: z[k] * k)",
        "dim N param w[N], v[N] minimize sum(i: w[i]^2 * i) + sum(i: v[i] * (i + N))",
    ),
    (
        "dim T, N param a[T, N] p[t, c:2 * N] = if c <= N then sin(a[t, c]) else cos(a[t, c - N]) minimize sum(t, c: p[t, c] * c)",
        "dim T, N param a[T, N] p = concat(sin(a), cos(a), over N) minimize sum(t, c: p[t, c] * c)",
    ),
    (
        "dim S, A dim I = S + A param s[S], a[A], w[I] minimize sum(w * (concat(s as [c:S], a as [c:A], over c) as [I]))",
        "dim S, A dim I = S + A param s[S], a[A], w[I] minimize sum(i = 1..S: w[i] * s[i]) + sum(i = 1..A: w[S + i] * a[i])",
    ),
];

#[test]
fn all_axes_of_one_name_and_pieces_of_an_index_are_what_they_say() {
    for (text, other) in SAME {
        let [own, other] = [text, other].map(|text| {
            let opened = graph(text);
            assert!(opened.is_correct(), "{text}\n{}", opened.render());
            answer(&opened.programs[0])
        });
        let [own, other] = [own, other].map(|answer| numbers(&answer));
        assert_eq!(own.len(), other.len(), "{text}");
        let is_near = |(own, other): (&f64, &f64)| (own - other).abs() <= 1e-12 * (1.0 + own.abs());
        assert!(own.iter().zip(&other).all(is_near), "{text}\n{own:?}\n{other:?}");
    }
}

/// All numbers of a document, in order.
fn numbers(document: &serde_json::Value) -> Vec<f64> {
    match document {
        serde_json::Value::Array(all) => all.iter().flat_map(numbers).collect(),
        serde_json::Value::Object(all) => all.values().flat_map(numbers).collect(),
        other => other.as_f64().into_iter().collect(),
    }
}

/// A condition that does not keep the index inside is refused still.
#[test]
fn a_piece_that_goes_beyond_its_array_is_refused() {
    for piece in ["if k <= N + 1 then w[k] else 0", "if k > N then w[k] else 0", "w[k]"] {
        let text = format!("dim N param w[N] z[k:2 * N] = {piece} minimize sum(z)");
        assert!(!graph(&text).is_correct(), "{text}");
    }
}

/// What each message has to say; a program that follows it checks and means what was meant.
#[test]
fn a_message_about_axes_leads_to_what_was_meant() {
    for (text, code, parts) in [
        (
            "dim D, K param W[D, K] minimize sum(W^2)",
            "E04",
            &["`sum(W^2, over D, K)`"][..],
        ),
        ("dim H param U[H, H] minimize mean(U)", "E04", &["`mean(U, over H, H)`"]),
        (
            "dim R, I param W[R + I, I] minimize sum(W^2)",
            "E04",
            &["R + I has no name", "`[c:R + I]`"],
        ),
        (
            "dim R, I param W[R + I, I] minimize sum(W^2, over I)",
            "E07",
            &["R + I has no name", "`[c:R + I]`"],
        ),
        (
            "dim N, D, K input x[N] param W[D, K] minimize mean(x) + 0.01 * sum(W^2, over K)",
            "E07",
            &["this term is [D]", "sum(0.01 * sum(W^2, over K), over D)"],
        ),
        (
            "dim N, D input x[N] param w[D] J = mean(x) - w^2 minimize J",
            "E07",
            &["this term is [D]", "sum(w^2, over D)"],
        ),
        (
            "dim D, K param W[D, K] minimize sum(W^2, over K, K)",
            "E06",
            &["it has one axis K", "each axis once"],
        ),
        (
            "dim R, I, O param W[R + I, O] minimize sum(W^2, over O, R + I)",
            "E00",
            &["names of axes, and no sizes", "`W[c:R + I, O]`"],
        ),
        ("dim N param x[2 * N] minimize sum(x, over 2 * N)", "E00", &["no sizes"]),
        (
            "dim N, K input L[N, K] minimize mean(n: max(L[n]))",
            "E18",
            &["`max(k: x[k])`"],
        ),
    ] {
        let opened = graph(text);
        let said = opened.render();
        assert_eq!(opened.diagnostics[0].code.name(), code, "{said}");
        for part in parts {
            assert!(said.contains(part), "{part}\n{said}");
        }
    }
}

#[test]
fn the_logarithm_of_a_softmax_is_warned_of_in_every_spelling() {
    for text in [
        "dim N param A[N, N] minimize sum(log(softmax(A as [q:N, k:N], over k)), over q, k)",
        "dim N param A[N, N] p[i, j] = softmax(j: A[i, j]) minimize sum(i, j: log(p[i, j]))",
    ] {
        assert!(graph(text).render().contains("W02"), "{text}\n{}", graph(text).render());
    }
}
