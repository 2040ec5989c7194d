//! One case of each kind, with what is said about it.

use serde_json::json;

use crate::{answer, everything, file, folder};

/// The code and message of what is refused, of a check or of another command.
fn refusal(args: &[&str]) -> (i32, String, String) {
    let (exit, document) = answer(args).unwrap();
    let found = match &document["error"] {
        serde_json::Value::Null => json!({
            "code": document["diagnostics"][0]["code"],
            "message": document["diagnostics"][0]["primary"]["text"],
        }),
        error => error.clone(),
    };
    let text = |key: &str| found[key].as_str().unwrap_or_default().to_string();
    (exit, text("code"), text("message"))
}

#[test]
fn what_never_ends_is_refused_where_it_is_written() {
    let end = "J = sum(y, over T) minimize J }";
    let cases = [
        (
            "fn f(x) = f(x)\ngraph g { input x J = f(x) minimize J }".to_string(),
            "E10",
            "inside of itself",
        ),
        (
            format!(
                "module A[T](x[T]) -> y[T] {{ layer a = A[T] y = a(x) }}\ngraph g {{ dim T input x[T] layer a = A[T] y = a(x) {end}"
            ),
            "E10",
            "inside of itself",
        ),
        (
            "fn f(x) = x\nfn g(x) = f(x)\nfn f(x) = g(x)\ngraph g { input x J = g(x) minimize J }".to_string(),
            "E10",
            "inside of itself",
        ),
    ];
    for (text, code, message) in cases {
        let (exit, found, text) = refusal(&["check", &file("endless.cg", text)]);
        assert_eq!((exit, found.as_str()), (1, code), "{text}");
        assert!(text.contains(message), "{text}");
    }
}

#[test]
fn what_grows_beyond_the_memory_is_refused_with_its_bytes() {
    let doubles: String = (1..=40)
        .map(|i| format!("fn f{i}(x) = f{}(x) + f{}(x)\n", i - 1, i - 1))
        .collect();
    let doubles = format!("fn f0(x) = x + x\n{doubles}graph g {{ input x J = f40(x) minimize J }}");
    let (exit, code, message) = refusal(&["check", &file("doubles.cg", doubles), "--memory", "100MB"]);
    assert_eq!((exit, code.as_str()), (1, "E14"), "{message}");
    assert!(
        message.contains("bytes of memory or more, and 100000000 are allowed"),
        "{message}"
    );
    let chain = "graph g { dim T, D param x[D], W[T, D] h[0] = x for t = 1..T { h[t] = tanh(h[t-1]) } \
                 J = sum(h[T], over D) minimize J }";
    let chain = file("chain.cg", chain);
    for sizes in ["T=1000000000,D=2", "T=2,D=1000000000", "T=2000,D=200000"] {
        for command in ["run", "derive", "table", "show"] {
            let (exit, document) = answer(&[command, &chain, "--at", sizes]).unwrap();
            let help = document["error"]["help"].as_str().unwrap_or_default();
            // Without numbers a graph of large arrays is small.
            let may_be_large = command != "run" && !sizes.starts_with("T=1000000000,");
            let is_refused = exit == 1 && document["error"]["code"] == "E14";
            assert!(is_refused || may_be_large, "{command} {sizes}: {document}");
            assert!(
                !is_refused || help.contains("--memory"),
                "{command} {sizes}: {document}"
            );
        }
    }
    let (_, _, message) = refusal(&["run", &chain, "--at", "T=1000000000000000000,D=2"]);
    assert!(message.contains("at most 2^53"), "{message}");
    let (_, code, message) = refusal(&["count", &chain, "--at", "D=2", "--vary", "T=1..20000"]);
    assert!(code == "E14" && message.contains("there are 20000 graphs"), "{message}");
}

#[test]
fn a_file_that_is_used_is_a_file() {
    let folder = folder();
    let pipe = folder.join("pipe");
    let _ = std::fs::remove_file(&pipe);
    assert!(
        std::process::Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    for used in ["/dev/zero", ".", "pipe", "no/such/file"] {
        let program = file(
            "uses.cg",
            format!("use \"{used}\"\ngraph g {{ input x J = x minimize J }}"),
        );
        let (exit, code, message) = refusal(&["check", &program]);
        assert_eq!((exit, code.as_str()), (1, "E08"), "{used}: {message}");
    }
    let program = file("itself.cg", "use \"itself.cg\"\ngraph g { input x J = x minimize J }");
    assert_eq!(answer(&["check", &program]).unwrap().0, 0);
    let (exit, code, message) = refusal(&["check", "/dev/zero"]);
    assert_eq!((exit, code.as_str()), (1, "unreadable_file"), "{message}");
    let fine = file("fine.cg", "graph g { input x J = x minimize J }");
    assert_eq!(
        refusal(&["run", &fine, "--bind", "/dev/zero", "--memory", "100MB"]).1,
        "unreadable_file"
    );
}

#[test]
fn what_is_given_twice_or_cannot_be_kept_is_refused() {
    let program = file(
        "strict.cg",
        "graph g { dim N, D input x[N, D], y[N], z[N] J = sum(sum(x, over D) * y * z, over N) minimize J }",
    );
    let values = |text: &str| file("strict.json", text);
    let fine = r#"{"values": {"x": [[1], [2]], "y": [1, 2], "z": [1, 2]}}"#;
    assert_eq!(answer(&["run", &program, "--bind", &values(fine)]).unwrap().0, 0);
    let marked = format!("\u{feff}{fine}");
    assert_eq!(answer(&["run", &program, "--bind", &values(&marked)]).unwrap().0, 0);
    for (text, message) in [
        (
            r#"{"values": {"x": [[1]], "x": [[2]], "y": [1], "z": [1]}}"#,
            "`x` is given twice",
        ),
        (r#"{"dims": {"N": 1, "N": 2}}"#, "`N` is given twice"),
        (r#"{"values": {"x": [[1e999]], "y": [1], "z": [1]}}"#, "out of range"),
        (r#"{"values": {"x": [[9007199254740993]], "y": [1], "z": [1]}}"#, "2^53"),
        (
            r#"{"values": {"x": [[1], [2]], "y": [1, 2, 3], "z": [1, 2]}}"#,
            "N is 2 in x, z",
        ),
        (
            r#"{"values": {"x": [], "y": [], "z": []}, "dims": {"D": 2}}"#,
            "a size is at least 1",
        ),
    ] {
        let (exit, _, found) = refusal(&["run", &program, "--bind", &values(text)]);
        assert!(exit == 1 && found.contains(message), "{text}: {found}");
    }
    let twice = ["run", &program, "--bind", &values(fine), "--at", "N=2,N=3"];
    assert_eq!(answer(&twice).unwrap().0, 2);
    for (dim, message) in [
        ("N = 0", "at least 1"),
        ("N = 7 / 2", "not a whole number"),
        ("N = 2 - 3", "at least 1"),
        ("N = 9007199254740993", "2^53"),
        ("N = 1e999", "beyond the largest"),
    ] {
        let program = file(
            "dim.cg",
            format!("graph g {{ dim {dim} input x[N] J = sum(x, over N) minimize J }}"),
        );
        let (exit, _, found) = refusal(&["check", &program]);
        assert!(exit == 1 && found.contains(message), "{dim}: {found}");
    }
}

#[test]
fn an_empty_array_is_bound_where_its_size_may_be_0() {
    let text = "graph g { dim T, D input x[T, D], y[T - 1, D] J = sum(sum(x, over D), over T) + sum(sum(y, over D), over T - 1) minimize J }";
    let text = text
        .replace("over T - 1", "over s")
        .replace("y[T - 1, D]", "y[s:T - 1, D]");
    let program = file("empty.cg", text);
    let values = file("empty.json", r#"{"values": {"x": [[1, 2]], "y": []}}"#);
    let (exit, document) = answer(&["run", &program, "--bind", &values, "--grad"]).unwrap();
    assert_eq!((exit, &document["objective"]), (0, &json!(3.0)), "{document}");
    assert_eq!(document["gradients"]["y"], json!([]));
}

#[test]
fn ids_meet_ids_and_positions_meet_positions() {
    let graph = |body: &str| {
        let text =
            format!("graph g {{ dim N, V input x[N], w[N]: id[V], u[N]: id[V], r[N]: id[N] param E[V] {body} }}");
        file("ids.cg", text)
    };
    for (body, code) in [
        (
            "y[n] = if n == w[n] then x[n] else 0 J = sum(y, over N) minimize J",
            "E12",
        ),
        (
            "y[n] = if n < r[n] then x[n] else 0 J = sum(y, over N) minimize J",
            "E12",
        ),
        (
            "for t = 1..N { y[t] = if t == w[t] then x[t] else 0 } J = sum(y, over N) minimize J",
            "E12",
        ),
        (
            "y[n] = if w[n] == r[n] then x[n] else 0 J = sum(y, over N) minimize J",
            "E11",
        ),
        (
            "y[n] = if w[n] < x[n] then x[n] else 0 J = sum(y, over N) minimize J",
            "E12",
        ),
        ("J = sum(x * w, over N) minimize J", "E12"),
        ("J = sum(tanh(w) * x, over N) minimize J", "E12"),
        ("J = sum(w, over N) * sum(x, over N) minimize J", "E12"),
        ("J = sum(w^2 * x, over N) minimize J", "E12"),
        ("J = w @ x minimize J", "E12"),
        (
            "y[n] = if x[n] > 0 then w[n] else x[n] J = sum(y, over N) minimize J",
            "E12",
        ),
    ] {
        let (exit, found, message) = refusal(&["check", &graph(body)]);
        assert_eq!((exit, found.as_str()), (1, code), "{body}: {message}");
    }
    for body in [
        "y[n] = if n - 1 == w[n] then x[n] else 0 J = sum(y, over n) minimize J",
        "y[n] = if w[n] == u[n] then x[n] else 0 J = sum(y, over n) minimize J",
        "y[n] = if w[n] == 0 then x[n] else 0 J = sum(y, over n) minimize J",
        "v = if x > 0 then w else u J = sum(E[v] * x, over N) minimize J",
    ] {
        let body = body.replace("over n", "over N");
        let (exit, document) = answer(&["check", &graph(&body)]).unwrap();
        assert_eq!(exit, 0, "{body}: {document}");
    }
}

#[test]
fn what_is_long_or_deep_goes_through_every_command() {
    let values = file("one.json", r#"{"values": {"x": 0.5}}"#);
    let long = format!("graph g {{ input x J = {} minimize J }}", vec!["x"; 5_000].join(" + "));
    let lines: String = (1..5_000).map(|i| format!("a{i} = tanh(a{})\n", i - 1)).collect();
    let lines = format!("graph g {{ input x a0 = x {lines} minimize a4999 }}");
    let squares = format!(
        "fn sq(x) = x * x\ngraph g {{ input x J = {}x{} minimize J }}",
        "sq(".repeat(40),
        ")".repeat(40)
    );
    let adds: String = (1..=60).map(|i| format!("a{i} = a{} + a{}\n", i - 1, i - 1)).collect();
    let adds = format!("graph g {{ input x a0 = x {adds} minimize a60 }}");
    for text in [long, lines, squares, adds] {
        let faults = everything(&file("long.cg", &text), "T=2", &values);
        assert!(
            faults.is_empty(),
            "{}: {}",
            text.chars().take(60).collect::<String>(),
            faults.join("\n")
        );
    }
}

#[test]
fn a_derivative_with_many_thousand_outputs_is_derived_again() {
    let text = "module A[T](x[T]) -> y[T] { param b[T] y = x + b }
        graph g { dim T input x[T] layer a[50000] = A[T] h[0] = x for l = 1..50000 { h[l] = a[l](h[l-1]) }
        J = sum(h[50000], over T) minimize J }";
    let program = file("outputs.cg", text);
    let twice = answer(&["derive", &program, "--at", "T=2", "--times", "2", "--memory", "1GB"]);
    assert_eq!(twice.map(|(code, _)| code), Ok(0));
}
