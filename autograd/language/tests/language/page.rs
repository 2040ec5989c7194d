//! What docs/language.md says is so: its list of functions, its programs and equations, its ties.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use serde_json::json;
use tapegrad_autograd::language::open;
use tapegrad_autograd::language::ops::catalogue;
use tapegrad_autograd::language::run::{Request, Wanted, run};

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/language.md")
}

fn page() -> String {
    std::fs::read_to_string(path()).unwrap()
}

/// The part of the page under a heading.
fn section<'p>(page: &'p str, heading: &str) -> &'p str {
    let begin = page
        .find(&format!("\n## {heading}\n"))
        .unwrap_or_else(|| panic!("no section {heading}"));
    let rest = &page[begin + heading.len() + 5..];
    &rest[..rest.find("\n## ").unwrap_or(rest.len())]
}

/// All functions and operators with what they mean, as the page lists them; those of one meaning on one line.
fn functions() -> String {
    let mut lines: Vec<(String, &str)> = Vec::new();
    for entry in catalogue().into_iter().filter(|entry| entry.kind == "function") {
        match lines.iter_mut().find(|(_, meaning)| *meaning == entry.meaning) {
            Some((calls, _)) => *calls += &format!(", `{}`", entry.signature),
            None => lines.push((format!("`{}`", entry.signature), entry.meaning)),
        }
    }
    let mut list = "| call | gives |\n|---|---|\n".to_string();
    for (calls, meaning) in lines {
        let _ = writeln!(list, "| {calls} | {} |", meaning.replace('|', "\\|"));
    }
    list
}

/// Writes the list anew with `BLESS=1`.
#[test]
fn the_page_lists_all_functions() {
    let page = page();
    let (begin, end) = ("<!-- functions -->\n", "<!-- end of functions -->");
    let from = page.find(begin).unwrap() + begin.len();
    let to = page.find(end).unwrap();
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(path(), format!("{}{}{}", &page[..from], functions(), &page[to..])).unwrap();
        return;
    }
    assert_eq!(page[from..to], functions(), "write the list anew with BLESS=1");
}

#[test]
fn the_equations_of_the_page_check() {
    let page = page();
    let module = "module Linear[I, O](x[.., I]) -> y[.., O] { param W[I, O] ~ glorot  y = x @ W }";
    assert!(page.contains(module));
    // What the page writes, and the rest of a program around it.
    let programs = [
        (
            "H = relu(X @ W + b)",
            "dim N, M, D input X[N, M] param W[M, D] ~ glorot, b[D] ~ zeros {} output H",
        ),
        (
            "a[n, j] = b[j] + sum(i: X[n, i] * W[i, j])",
            "dim N, M, D input X[N, M] param W[M, D], b[D] {} output a",
        ),
        (
            "X = emb[w]",
            "dim T, V, D input w[T]: id[V] param emb[V, D] {} output X",
        ),
        (
            "nll[n] = -L[n, t[n]]",
            "dim N, K input S[N, K], t[N]: id[K] L = log_softmax(S, over K) {} output nll",
        ),
        (
            "J = mean((y - t)^2, over N) + 0.1 * sum(w^2, over M)",
            "dim N, M input X[N, M], t[N]: data param w[M] y = X @ w {} minimize J",
        ),
        (
            "Z = (X - mean(X, over D)) / sqrt(mean((X - mean(X, over D))^2, over D) + 1e-5)",
            "dim T, D input X[T, D] {} output Z",
        ),
        ("P[i, j] = x[i] * y[j]", "dim M, N input x[M], y[N] {} output P"),
        (
            "S = Q @ K.T / sqrt(dk)",
            "dim T, D, dk input X[T, D] param W_q[D, dk], W_k[D, dk] Q = X @ W_q as [q:T, dk] \
             K = X @ W_k as [k:T, dk] {} output S",
        ),
        (
            "M[q:T, k:T] = if k <= q then 0 else -inf",
            "dim T input S[q:T, k:T] {} A = softmax(S + M, over k) output A",
        ),
        (
            "split(X, D => [h:H, dk])",
            "dim T, D, H dim dk = D / H input X[T, D] Y = order({}, h, T, dk) \
             Z = merge(order(Y, T, h, dk), [h, dk] => D) output Z",
        ),
        (
            "for t = 1..T { h[t] = tanh(W @ h[t-1] + x[t]) }",
            "dim T, H input x[T, H] param W[H, H], h0[H] h[0] = h0 {} J = sum(h, over T, H) + sum(h[T]^2) minimize J",
        ),
        ("if x > 0 then x else 0.1 * x", "dim M input x[M] y = {} output y"),
        ("broadcast(2, to => [T, D])", "dim T, D y = {} output y"),
        ("zeros[T, D]", "dim T, D y = {} output y"),
        ("Z[i:T, j:D] = 0", "dim T, D {} output Z"),
        ("const eps = 1e-5, gamma = 2", "input x {} y = x^gamma + eps output y"),
        (
            "I[i:D, j:D] = if i == j then 1 else 0",
            "dim D input A[D, D] {} J = logdet(A + I) minimize J",
        ),
        (
            "x[2..D] as [E]",
            "dim D require D >= 2 dim E = D - 1 input x[D] y = {} J = sum(y, over E) minimize J",
        ),
        (
            "concat(a, b, over H)",
            "dim T, H, K input a[T, H], b[T, H] param V[2 * H, K] y = {} @ V output y",
        ),
        (
            "if done[n] == 1 then r[n] else 0",
            "dim N input r[N], done[N]: bool y[n] = {} output y",
        ),
        (
            "for i = 1..N { r[i, 0] = 1e6 }",
            "dim N, M input x[N, M] r[0, 0] = 0 {} for j = 1..M { r[0, j] = 1e6 } \
             for i = 1..N { for j = 1..M { r[i, j] = x[i, j] + min(r[i-1, j], min(r[i, j-1], r[i-1, j-1])) } } minimize r[N, M]",
        ),
        (
            "if s > 1 and x[s] > 0 then x[s - 1] else 0",
            "dim T input x[T] y[s] = {} output y",
        ),
        (
            "if x > 0 then w * log(x)^2 else 0",
            "dim N input x[N], w[N] y = {} J = sum(y) minimize J",
        ),
        ("sum(X^2, over N, D)", "dim N, D input X[N, D] J = {} minimize J"),
        ("sqrt(var(x, over D))", "dim D input x[D] J = {} minimize J"),
        ("sqrt(sum(x^2, over D) + 1e-12)", "dim D input x[D] J = {} minimize J"),
        ("sum(i: A[i, i])", "dim N input A[N, N] J = {} minimize J"),
        ("d[i] = A[i, i]", "dim N input A[N, N] {} output d"),
        ("exp(cumsum(log(x), over T))", "dim T input x[T] y = {} output y"),
        (
            "if S >= max(S, over K) then 1 else 0",
            "dim N, K input S[N, K] y = {} output y",
        ),
        (
            "if S >= max(S, over K) then -inf else S",
            "dim N, K input S[N, K] y = {} output y",
        ),
        (
            "Y[n, k:K] = if k - 1 == t[n] then 1 else 0",
            "dim N, K input t[N]: id[K] {} output Y",
        ),
        ("sum(k: w[k, c])", "dim C input w[3, C] y[c] = {} output y"),
        ("p[t:T] = t", "dim T {} output p"),
        ("require T >= 2", "dim T input x[T] {} output x"),
    ];
    for (written, program) in programs {
        assert!(page.contains(written), "the page does not say {written}");
        let text = format!("graph g {{ {} }}", program.replace("{}", written));
        let opened = open("page", &text);
        assert!(opened.diagnostics.is_empty(), "{text}\n{}", opened.render());
    }
    let text = format!("{module} graph g {{ dim N, M, D input X[N, M] layer fc = Linear[M, D] Y = fc(X) output Y }}");
    assert!(open("page", &text).is_correct(), "{}", open("page", &text).render());
}

/// What the page says about names of axes.
#[test]
fn axes_are_found_by_their_size_their_name_and_their_index() {
    let correct = [
        "dim T, D input Q[T, D], K[T, D] S[q, k] = sum(c: Q[q, c] * K[k, c]) A = softmax(S, over k) output A",
        "dim T, D input Q[T, D], K[T, D] S[q, k] = sum(c: Q[q, c] * K[k, c]) O = softmax(S / sqrt(D), over k) @ K output O",
        "dim T, S, D input Q[T, D], K[S, D] E[q, k] = sum(c: Q[q, c] * K[k, c]) A = softmax(E, over k) + softmax(E, over S) output A",
        "dim B, H, T, D input Q[B, H, T, D] S[b, h, q, k] = sum(c: Q[b, h, q, c] * Q[b, h, k, c]) A = softmax(S, over k) output A",
        "dim D, M input x[M], b[D] param W[D, M] a[j] = sum(i: W[j, i] * x[i]) z = a + b output z",
        "dim T input x[T] l[0] = 0 for t = 1..T { l[t] = l[t-1] + x[t] } J = sum(l, over t) + sum(l, over T) minimize J",
        "dim T input x[T], y[T] S[q, k] = x[q] * y[k] Y = S + S.T output Y",
        "dim T, D input Q[T, D], K[T, D] S[q, k] = sum(c: Q[q, c] * K[k, c]) Z = order(S, k, q) output Z",
    ];
    for body in correct {
        let opened = open("axes", &format!("graph g {{ {body} }}"));
        assert!(opened.diagnostics.is_empty(), "{body}\n{}", opened.render());
    }
    let refused = [("over T", "E05"), ("over B", "E06"), ("over c", "E06")];
    for (over, code) in refused {
        let body = format!(
            "dim T, D input Q[T, D], K[T, D] S[q, k] = sum(c: Q[q, c] * K[k, c]) A = softmax(S, {over}) output A"
        );
        let opened = open("axes", &format!("graph g {{ {body} }}"));
        let first = &opened.diagnostics[0];
        assert_eq!(first.code.name(), code, "{}", opened.render());
        assert!(first.edits.is_empty(), "{}", opened.render());
    }
    let turned =
        "dim T input x[T], y[T] S[q, k] = x[q] * y[k] R[k, q] = x[k] - y[q] J = sum(S + R, over q, k) minimize J";
    assert_eq!(
        open("axes", &format!("graph g {{ {turned} }}")).diagnostics[0]
            .code
            .name(),
        "W07"
    );
}

/// A softmax over an axis found by its index is over that axis.
#[test]
fn over_an_index_goes_over_that_axis() {
    let text =
        "graph g { dim T input x[T] S[q, k] = x[q] * 2 + x[k] A = sum(S, over k) B = sum(S, over q) output A, B }";
    let request = Request {
        values: BTreeMap::from([("x".to_string(), json!([1.0, 2.0, 4.0]))]),
        ..Request::default()
    };
    let answer = run::<f64>(&open("g", text).programs[0], &request, Wanted::default()).unwrap();
    assert_eq!(answer["values"]["A"], json!([13.0, 19.0, 31.0]));
    assert_eq!(answer["values"]["B"], json!([17.0, 20.0, 26.0]));
}

#[test]
fn ties_are_as_the_page_says() {
    let page = page();
    let mut tried = 0;
    for line in section(&page, "Ties and edges")
        .lines()
        .filter(|line| line.starts_with("| `"))
    {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let codes: Vec<&str> = cells[1].split('`').skip(1).step_by(2).collect();
        let (at, functions) = codes.split_last().unwrap();
        let x: f64 = at.strip_prefix("x = ").unwrap().parse().unwrap();
        let wanted: f64 = cells[2].parse().unwrap();
        for function in functions {
            let program = open("tie", &format!("graph g {{ input x J = {function} minimize J }}"));
            let request = Request {
                values: BTreeMap::from([("x".to_string(), json!(x))]),
                ..Request::default()
            };
            let with_gradients = Wanted {
                gradients: true,
                trace: false,
            };
            let answer = run::<f64>(&program.programs[0], &request, with_gradients).unwrap();
            let wanted = match wanted.is_finite() {
                true => json!(wanted),
                false => json!(wanted.to_string()),
            };
            assert_eq!(answer["gradients"]["x"], wanted, "{function} at {at}");
            tried += 1;
        }
    }
    assert!(tried >= 6, "{tried} ties");
}
