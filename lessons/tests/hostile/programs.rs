//! Programs, sizes and values that nobody would write who wants an answer.

use rand::RngExt;
use rand::rngs::ChaCha8Rng;

use crate::mostly_small;

/// Tokens that are put in where they do not belong.
const TOKENS: &[&str] = &[
    "0",
    "1",
    "2",
    "7/2",
    "1000000000",
    "1000000000000000000",
    "9007199254740993",
    "1e999",
    "1e-999",
    "-1",
    "inf",
    "T",
    "..",
    "[",
    "]",
    "(",
    ")",
    "{",
    "}",
    "for",
    "down",
    "over",
    "as",
    "=>",
    ":",
    ",",
    "=",
    "==",
    "@",
    "^",
    "-",
    "if",
    "then",
    "else",
    "sum",
    "max",
    "engine.slice",
    "engine.sum",
    "over => [-1]",
    "id[V]",
    "int",
    "data",
    "\u{feff}",
    "\0",
    "ŷ",
    "use \"/dev/zero\"",
    "use \".\"",
    "use \"program.cg\"",
    "use \"./program.cg\"",
    "use \"/dev/stdin\"",
];

/// A size: one that fits, or one that asks for the impossible.
fn size(rng: &mut ChaCha8Rng) -> String {
    const HUGE: &[&str] = &[
        "0",
        "1000",
        "100000",
        "1000000000",
        "9007199254740992",
        "9007199254740993",
        "1000000000000000000",
    ];
    match rng.random_range(0..8) {
        0 => HUGE[rng.random_range(0..HUGE.len())].to_string(),
        _ => rng.random_range(1..5).to_string(),
    }
}

pub fn hostile(rng: &mut ChaCha8Rng) -> String {
    match rng.random_range(0..3) {
        0 => pattern(rng),
        1 => mutated(&project(rng), rng),
        _ => mutated(&pattern(rng), rng),
    }
}

/// A program of the project.
fn project(rng: &mut ChaCha8Rng) -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/graphs");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = files
        .filter(|path| path.extension().is_some_and(|end| end == "cg"))
        .collect();
    files.sort();
    std::fs::read_to_string(&files[rng.random_range(0..files.len())]).unwrap()
}

/// Words, numbers and signs; space stays with what is before it.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let kind = |c: char| {
        if c.is_alphanumeric() || c == '_' {
            0
        } else if c.is_whitespace() {
            1
        } else {
            2
        }
    };
    let mut last = 2;
    for c in text.chars() {
        let own = kind(c);
        match tokens.last_mut() {
            Some(token) if own == 1 || (own == 0 && last == 0) => token.push(c),
            _ => tokens.push(c.to_string()),
        }
        last = own;
    }
    tokens
}

/// Tokens left out, exchanged, repeated, or put in.
fn mutated(text: &str, rng: &mut ChaCha8Rng) -> String {
    let mut all = tokens(text);
    for _ in 0..rng.random_range(1..4) {
        if all.len() < 2 {
            break;
        }
        let (at, other) = (rng.random_range(0..all.len()), rng.random_range(0..all.len()));
        let foreign = format!("{} ", TOKENS[rng.random_range(0..TOKENS.len())]);
        match rng.random_range(0..6) {
            0 => drop(all.remove(at)),
            1 => all.swap(at, other),
            2 => all[at] = all[other].clone(),
            3 => all.insert(at, foreign),
            4 => all[at] = foreign,
            _ => {
                let part: Vec<String> = all[at..(at + 20).min(all.len())].to_vec();
                let many = std::iter::repeat_n(part, rng.random_range(1..6)).flatten();
                all.splice(at..at, many);
            }
        }
    }
    all.concat()
}

/// A program that is deep, long, recursive, or grows.
fn pattern(rng: &mut ChaCha8Rng) -> String {
    let n = mostly_small(rng, 400);
    let (a, b) = (size(rng), size(rng));
    let graph = |body: String| format!("graph g {{ dim T, V input x[T] {body} }}\n");
    let end = "J = sum(y, over T) minimize J";
    match rng.random_range(0..16) {
        0 => graph(format!("y = {}x{} {end}", "tanh(".repeat(n), ")".repeat(n))),
        1 => graph(format!("y = {} {end}", vec!["x"; 1 + 50 * n].join(" + "))),
        2 => {
            let fs = (1..=n).map(|i| format!("fn f{i}(x) = f{}(x) + f{}(x)\n", i - 1, i - 1));
            format!(
                "fn f0(x) = x + x\n{}{}",
                fs.collect::<String>(),
                graph(format!("y = f{n}(x) {end}"))
            )
        }
        3 => format!(
            "fn sq(x) = x * x\n{}",
            graph(format!("y = {}x{} {end}", "sq(".repeat(n), ")".repeat(n)))
        ),
        4 => format!(
            "fn f(x) = f(x) + 1\nfn g(x) = f(x)\nfn f(x) = g(x)\n{}",
            graph(format!("y = g(x) {end}"))
        ),
        5 => {
            let module = |i: usize| {
                format!(
                    "module M{i}[T](x[T]) -> y[T] {{ layer a = M{}[T] y = a(x) }}\n",
                    i.saturating_sub(1)
                )
            };
            let all: String = (0..=n).map(module).collect();
            format!(
                "module M[T](x[T]) -> y[T] {{ y = 2 * x }}\n{all}{}",
                graph(format!("layer a = M{n}[T] y = a(x) {end}"))
            )
        }
        6 => graph(format!(
            "h[0] = x for t = {a}..{b} {{ h[t] = tanh(h[t-1]) }} y = h[{b}] {end}"
        )),
        7 => graph("h[0] = x for t = 1..T { h[t] = tanh(h[t-1]) } y = h[T] J = sum(y, over T) minimize J".to_string()),
        8 => {
            let loops: String = (0..n.min(60)).map(|i| format!("for t{i} = 1..2 {{ ")).collect();
            graph(format!("{loops} z = 2 * x {} y = x {end}", "}".repeat(n.min(60))))
        }
        9 => format!(
            "module A[T](x[T]) -> y[T] {{ param b[T] y = x + b }}\n{}",
            graph(format!(
                "layer a[{a}] = A[T] h[0] = x for l = 1..{a} {{ h[l] = a[l](h[l-1]) }} y = h[{a}] {end}"
            ))
        ),
        10 => {
            let sum = (0..8).map(|i| format!("D{i}")).collect::<Vec<_>>();
            let product = vec![format!("({})", sum.join(" + ")); 1 + n % 9].join(" * ");
            graph(format!(
                "dim {} dim N = {product} param w[N] y = x * sum(w, over N) {end}",
                sum.join(", ")
            ))
        }
        11 => graph(format!("param W[T, q:{a}, k:{b}] y = x * sum(W, over q, k) {end}")),
        12 => graph(format!(
            "input w[T]: id[V] param E[V, T] y[i:T] = if i == w[i] then x[i] else E[w[i], i] {end}"
        )),
        13 => {
            let lines: String = (1..=n).map(|i| format!("a{i} = a{} + a{}\n", i - 1, i - 1)).collect();
            graph(format!("a0 = x {lines} y = a{n} {end}"))
        }
        14 => {
            let at = [
                "over => [-1]",
                "over => [0, 0]",
                "over => [9]",
                "over => [0.5]",
                "over => []",
                "axis => [0]",
            ];
            graph(format!(
                "y = x * engine.sum(x, {}) {end}",
                at[rng.random_range(0..at.len())]
            ))
        }
        _ => graph(format!(
            "dim S = T - {a} + 1 z = engine.slice(x, axis => [0], start => [{b}], end => [S]) y = x * sum(z, over S) {end}"
        )),
    }
}

/// Numbers for the sizes of a program, as `--at` takes them.
pub fn sizes(text: &str, rng: &mut ChaCha8Rng) -> String {
    let mut names: Vec<String> = Vec::new();
    let all = tokens(text);
    let mut after_dim = false;
    for token in all.iter().map(|token| token.trim()) {
        match token {
            "dim" => after_dim = true,
            "," => {}
            name if after_dim && name.chars().all(|c| c.is_alphanumeric() || c == '_') => names.push(name.to_string()),
            _ => after_dim = false,
        }
    }
    const WORDS: [&str; 4] = ["input", "param", "layer", "require"];
    names.retain(|name| !WORDS.contains(&name.as_str()) && !name.starts_with(|c: char| c.is_ascii_digit()));
    names.truncate(12);
    let list: Vec<String> = names.iter().map(|name| format!("{name}={}", size(rng))).collect();
    if list.is_empty() {
        "T=2".to_string()
    } else {
        list.join(",")
    }
}

/// A file of values, of which some fit.
pub fn values(text: &str, rng: &mut ChaCha8Rng) -> String {
    const NUMBERS: &[&str] = &[
        "0",
        "1",
        "0.5",
        "-1",
        "\"inf\"",
        "\"nan\"",
        "1e308",
        "1e999",
        "9007199254740993",
        "true",
        "null",
    ];
    let number = |rng: &mut ChaCha8Rng| match rng.random_range(0..12) {
        0 => NUMBERS[rng.random_range(0..NUMBERS.len())].to_string(),
        _ => rng.random_range(0..2).to_string(),
    };
    let array = |rng: &mut ChaCha8Rng| {
        let mut array = number(rng);
        for _ in 0..mostly_small(rng, 12).min(3) {
            array = format!("[{}]", vec![array; rng.random_range(0..4)].join(","));
        }
        array
    };
    let mut after_input = false;
    let mut entries = Vec::new();
    for token in tokens(text).iter().map(|token| token.trim().to_string()) {
        if std::mem::replace(&mut after_input, token == "input") {
            entries.push(format!("\"{}\": {}", token.replace(['"', '\\'], ""), array(rng)));
        }
    }
    match rng.random_range(0..20) {
        0 => "{".repeat(1000),
        1 => "[".repeat(200_000),
        2 => "{\"dims\": {\"T\": 1, \"T\": 2}}".to_string(),
        3 => format!("\u{feff}{{\"values\": {{{}}}}}", entries.join(", ")),
        _ => format!("{{\"values\": {{{}}}}}", entries.join(", ")),
    }
}
