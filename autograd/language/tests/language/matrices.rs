//! Functions of matrices in programs: their axes, their derivatives as programs, and what is refused.

use std::collections::BTreeMap;

use serde_json::Value;
use tapegrad_autograd::language::derive::derive;
use tapegrad_autograd::language::open;
use tapegrad_autograd::language::run::{Wanted, run};

use crate::deriving::assert_close;
use crate::deriving_ops::assert_derived;
use crate::deriving_twice::second_derivative;
use crate::running::{different_sizes, opened, request};

/// Programs of one matrix and of stacks, with values of made-up numbers to which the identity is added.
const PROGRAMS: [(&str, &str); 12] = [
    ("inverse", "y = inverse(S) J = engine.sum(y * y.T * y)"),
    (
        "inverse_of_roles",
        "R = S as [q:N, k:N] c = b as [q:N] y = inverse(R) @ c J = sum(y^3, over k)",
    ),
    ("solve_a_vector", "y = solve(S, b) J = sum(y^3, over N)"),
    ("solve_columns", "y = solve(S, B) J = engine.sum(y^3)"),
    ("solve_twice", "y = solve(S, solve(S.T, b)) J = sum(y^3, over N)"),
    ("cholesky", "y = cholesky(P) @ b J = sum(y^3, over N)"),
    ("logdet", "J = logdet(S)^2"),
    ("tril", "y = tril(X) @ b J = sum(y^3, over N)"),
    (
        "strictly_below",
        "y = engine.tril(X, below => [1]) @ b J = sum(y^3, over N)",
    ),
    ("a_gaussian", "J = logdet(P) / 2 + b @ solve(P, b) / 2"),
    (
        "by_its_factor",
        "L = cholesky(P) z = solve(L, b) J = logdet(L) + sum(z^2, over N) / 2",
    ),
    ("a_rectangle", "y = tril(B) J = engine.sum(y^3)"),
];

fn one_matrix(lines: &str) -> String {
    format!(
        "graph one {{ dim N, M param X[N, N], b[N], B[N, M]
        E[i:N, j:N] = if i == j then 1.5 else 0 as [N, N]
        S = X + E
        P = X @ X.T + E
        {lines} minimize J }}"
    )
}

#[test]
fn a_function_of_matrices_is_derived_once_and_twice() {
    for (name, lines) in PROGRAMS {
        let text = one_matrix(lines);
        let program = opened(name, &text);
        let request = request(&program.programs[0], different_sizes(&program.programs[0]));
        assert_derived(name, &text, &request);
        let once = derive(&program.programs[0], &BTreeMap::new()).unwrap();
        second_derivative(name, &once, &request, &program.programs[0]);
    }
}

#[test]
fn a_stack_of_matrices_is_derived_matrix_by_matrix() {
    for (name, lines) in [
        ("inverse", "y = inverse(S) J = engine.sum(y * y * y)"),
        ("vectors", "y = solve(S, b) J = engine.sum(y^3)"),
        ("columns", "y = solve(S, B) J = engine.sum(y^3)"),
        ("cholesky", "L = cholesky(P) y = solve(L, b) J = engine.sum(y^3)"),
        ("logdet", "J = sum(logdet(S)^2, over T)"),
        ("tril", "y = tril(X) J = engine.sum(y^3)"),
    ] {
        let text = format!(
            "graph stack {{ dim T, N, M param X[T, N, N], b[T, N], B[T, N, M]
            E[i:N, j:N] = if i == j then 1.5 else 0 as [N, N]
            S = engine.add(X, E) as [T, N, N]
            P = engine.add(engine.matmul(X, X.T), E) as [T, N, N]
            {lines} minimize J }}"
        );
        let program = opened(name, &text);
        let request = request(&program.programs[0], different_sizes(&program.programs[0]));
        let backward = assert_derived(name, &text, &request);
        assert!(
            !backward.contains("engine.solve"),
            "a word stands where there is one:\n{backward}"
        );
        let once = derive(&program.programs[0], &BTreeMap::new()).unwrap();
        second_derivative(name, &once, &request, &program.programs[0]);
    }
}

#[test]
fn a_solution_has_the_axis_that_the_matrix_reads() {
    let text = "graph axes { dim N, M input A[out:N, from:N], b[out:N], B[out:N, M]
        E[i:N, j:N] = if i == j then 1.5 else 0 as [out:N, from:N]
        S = A + E
        x = solve(S, b)
        again = S @ x
        X = solve(S, B)
        twice = S @ X
        one = inverse(S) @ b
        off = sum((again - b)^2, over out) + sum((one - x)^2, over from) + engine.sum((twice - B)^2)
        output off }";
    let program = opened("axes", text);
    let request = request(&program.programs[0], different_sizes(&program.programs[0]));
    let answer = run::<f64>(&program.programs[0], &request, Wanted::default()).unwrap();
    assert_close("A @ solve(A, b)", &Value::from(0.0), &answer["values"]["off"], 1e-20);
}

#[test]
fn a_gradient_inside_a_program_goes_through_a_determinant() {
    let text = "graph inside { dim N param X[N, N]
        E[i:N, j:N] = if i == j then 1.5 else 0 as [N, N]
        P = X @ X.T + E
        l = logdet(P)
        G = grad(l, X)
        off = engine.sum((G - 2 * solve(P, X))^2)
        J = engine.sum(G^3)
        minimize J
        output off }";
    let program = opened("inside", text);
    let request = request(&program.programs[0], different_sizes(&program.programs[0]));
    let answer = run::<f64>(&program.programs[0], &request, Wanted::default()).unwrap();
    assert_close(
        "grad(log det P, X) = 2 P⁻¹ X",
        &Value::from(0.0),
        &answer["values"]["off"],
        1e-20,
    );
    assert_derived("inside", text, &request);
}

#[test]
fn what_is_no_matrix_or_does_not_meet_is_refused_with_the_axes() {
    for (call, why) in [
        (
            "inverse(W)",
            "inverse needs a matrix, and W is [M, N]: its last two axes must have one size",
        ),
        (
            "cholesky(b)",
            "cholesky needs a matrix, and b is [N]: a matrix has two axes",
        ),
        ("logdet(2)", "logdet needs a matrix, and 2 is []: a matrix has two axes"),
        ("tril(b)", "tril needs a matrix, and b is [N]"),
        (
            "solve(W, b)",
            "A is square, and its axes but the last are those that b begins with; W is [M, N], b is [N]",
        ),
        ("solve(A, c)", "A is [N, N], c is [M]"),
        ("solve(A)", "this is called as `solve(A, b)`"),
    ] {
        let text = format!("graph g {{ dim M, N input A[N, N], W[M, N], b[N], c[M] y = {call} output y }}");
        let opened = open("g", &text);
        assert!(opened.render().contains(why), "{call}: {}", opened.render());
    }
    let entries = open(
        "g",
        "graph g { dim N input A[N, N] y[i, j] = inverse(A)[i, j] output y }",
    );
    assert!(entries.is_correct(), "{}", entries.render());
}

#[test]
fn a_singular_matrix_is_a_refusal_that_names_the_op_and_the_pivot() {
    let program = opened("g", "graph g { dim N input A[N, N] y = inverse(A) output y }");
    let mut request = request(&program.programs[0], different_sizes(&program.programs[0]));
    request
        .values
        .insert("A".to_string(), serde_json::json!([[1, 2], [2, 4]]));
    let error = run::<f64>(&program.programs[0], &request, Wanted::default()).unwrap_err();
    assert!(format!("{error:?}").contains("inverse: pivot 2 of 2 is 0"), "{error:?}");
}
