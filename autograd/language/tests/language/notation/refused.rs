//! What is not true for all sizes is refused, with sizes for which it is not, and with what to write.

use tapegrad_autograd::language::code::Code;
use tapegrad_autograd::language::open;

fn refused(body: &str, code: Code, words: &[&str]) {
    let text = format!("graph g {{ {body} }}");
    let opened = open("g", &text);
    let found = opened
        .diagnostics
        .iter()
        .find(|one| one.is_error())
        .unwrap_or_else(|| panic!("accepted: {text}"));
    let shown = opened.render();
    assert_eq!(found.code, code, "{shown}");
    for word in words {
        assert!(shown.contains(word), "no `{word}` in\n{shown}");
    }
}

#[test]
fn a_place_that_is_outside_for_some_sizes_is_shown_with_them() {
    let size = "dim T, K, S = T - K + 1 param x[T], w[K] ";
    refused(
        &format!("{size} y[s:S] = sum(k: w[k] * x[s + k]) output y"),
        Code::E19,
        &["x has positions 1 to T", "K = 1", "position 2 of 1"],
    );
    refused(
        "dim T param x[T] y[t] = x[t + 1] - x[t] output y",
        Code::E19,
        &["T = 1", "position 2 of 1", "`t:T - 1` on the left"],
    );
    refused(
        "dim N param x[N] y = x[2] output y",
        Code::E19,
        &["N = 1", "`require N >= 2`"],
    );
    refused(
        "dim N param x[N] y = sum(i = 0..N: x[i]) output y",
        Code::E19,
        &["i = 0", "position 0 of 1"],
    );
    refused(
        "dim N, M param x[N], y[M] d = sum(i: x[i] * y[i]) output d",
        Code::E16,
        &["here i runs over M"],
    );
    refused("dim N param x[N] y = x[3..N] output y", Code::E19, &["N >= "]);
    refused(
        "dim N param x[N] y = x[1..N + 1] output y",
        Code::E19,
        &["position 2 of 1"],
    );
    refused(
        "dim T param x[T] for t = 1..T { y[t] = x[2 * T - t] } output y",
        Code::E19,
        &["T = 2", "t = 1", "position 3 of 2"],
    );
}

#[test]
fn an_index_of_which_nothing_says_how_far_it_runs_is_given_an_end() {
    refused(
        "dim T, K param x[T], w[K] y[s] = sum(k: w[k] * x[s + k - 1]) output y",
        Code::E17,
        &["nothing says how far s runs", "`s:T + 1 - K` on the left"],
    );
}

#[test]
fn a_branch_that_is_taken_must_exist() {
    refused(
        "dim T param x[T] for t = 1..T { y[t] = if t > 0 then x[t-1] else 0 } output y",
        Code::E19,
        &["t = 1", "position 0 of 1"],
    );
    refused(
        "dim T param x[T] y[t:T] = if t > 1 then x[t - 2] else 0 output y",
        Code::E19,
        &["T = 2", "t = 2", "position 0 of 2"],
    );
    refused(
        "dim N param x[N] y = if N > 2 then x[4] else 0 output y",
        Code::E19,
        &["N = 3", "position 4 of 3"],
    );
    // A mask computes both branches, so a comparison of an index proves nothing of a position without one.
    refused(
        "dim T param x[T] for t = 1..T { y[t, s:T] = if s < t then x[t-1] else 0 } output y",
        Code::E19,
        &["position 0 of"],
    );
}

#[test]
fn a_recurrence_without_a_corner_is_refused() {
    let loops = "for i = 1..M { r[i, 0] = x } for j = 1..N { r[0, j] = x } \
                 for i = 1..M { for j = 1..N { r[i, j] = r[i-1, j-1] } }";
    refused(
        &format!("dim M, N param x {loops} y = r[M, N] output y"),
        Code::E10,
        &["r[0, 0]"],
    );
    refused(
        "dim T param x for t = 2..T { a[t] = a[t-1] } y = a[T] output y",
        Code::E10,
        &["a[1]"],
    );
}

#[test]
fn notation_of_whole_arrays_has_no_place_in_an_index_equation() {
    refused(
        "dim T param x[T] y[t] = x[1..T] * x[t] output y",
        Code::E18,
        &["sum(i = 2..N: x[i])"],
    );
    refused(
        "dim T param x[T] y[t] = (x as [q:T]) output y",
        Code::E18,
        &["leave `as` out"],
    );
    refused(
        "dim T param x[T] y[t] = softmax(k: x[t]) output y",
        Code::E18,
        &["keeps its index"],
    );
    refused(
        "dim T param x[T] y = softmax(t: x[t]) output y",
        Code::E18,
        &["keeps its index"],
    );
    refused(
        "dim T param x[T] y = zeros(T) + x output y",
        Code::E20,
        &["zeros[M, D]"],
    );
    refused(
        "dim T param x[T, T] y = sum(i, j: x[i * j, i] * x[i, j]) output y",
        Code::E19,
        &["position"],
    );
}

#[test]
fn ids_are_ids_of_what_they_can_be() {
    let given = "dim T, V, D input w[T]: id[V] param E[V, D]";
    refused(&format!("{given} y = E[w + 1] output y"), Code::E11, &["ids of V + 1"]);
    refused(
        &format!("{given} y[t, d] = E[w[t] * 2, d] output y"),
        Code::E11,
        &["ids of 2 * V - 1"],
    );
    refused(
        &format!("{given} y = E[w / 2] output y"),
        Code::E12,
        &["names, not amounts"],
    );
}
