//! What is offered while a statement is being written.

use tapegrad_autograd::language::edit::complete::{Completion, completions};
use tapegrad_autograd::language::edit::names::Role;
use tapegrad_autograd::language::{limits, words};

use super::{cursor, program, study};
use crate::programs;

fn offered(text: &str) -> Vec<Completion> {
    let (text, byte) = cursor(text);
    let alone = &mut |_: &str| Err("this text stands alone".to_string());
    completions("text.cg", &text, byte as usize, limits::MEMORY, alone)
}

fn words_of(text: &str) -> Vec<String> {
    offered(text).into_iter().map(|one| one.word).collect()
}

/// The text before a piece, with the piece in its place.
fn written(name: &str, before: &str, piece: &str) -> String {
    let text = program(name);
    let at = text.find(before).unwrap_or_else(|| panic!("{name} has {before}"));
    format!("{}{piece}", &text[..at])
}

#[test]
fn axes_are_offered_behind_over() {
    for (piece, expected) in [
        ("A = softmax(S + M, over |", vec!["q", "k"]),
        ("A = softmax(S, over |", vec!["q", "k"]),
        ("A = sum(Q, over q, |", vec!["q", "dk"]),
        ("A = sum(softmax(Q @ K.T, over k) @ V, over d|", vec!["q", "dk"]),
    ] {
        assert_eq!(
            words_of(&written("attention", "A = softmax", piece)),
            expected,
            "{piece}"
        );
    }
    // Of two axes of one name none can be told.
    let square = "graph g { dim T, D input X[T, D] S = X @ X.T A = sum(S, over |";
    assert_eq!(words_of(square), Vec::<String>::new());
    // What cannot be read yet has every axis that is known.
    assert_eq!(
        words_of("graph g { dim T, D input X[q:T, D] A = sum(X + , over |"),
        ["T", "D", "q"]
    );
}

#[test]
fn each_place_has_its_own_words() {
    for (text, expected) in [
        ("|", vec!["use", "graph", "module", "fn"]),
        ("graph g { dim M }\n|", vec!["use", "graph", "module", "fn"]),
        (
            "graph g { dim M\n input x[M], t: |",
            vec!["f32", "f64", "data", "bool", "int", "id"],
        ),
        (
            "graph g { dim M\n param x[M] ~ |",
            vec!["zeros", "ones", "normal", "uniform", "glorot", "he"],
        ),
        ("graph g { dim M, D\n input x[|", vec!["M", "D"]),
        ("graph g { dim M, D\n input x[M, q:|", vec!["M", "D"]),
        ("graph g { dim M, D = 2 * |", vec!["M"]),
        (
            "module Linear[I, O](x[I]) -> y[O] { y = x }\ngraph g { dim M\n layer fc = |",
            vec!["Linear"],
        ),
        ("module Linear[I, O](x[|", vec!["I", "O"]),
        ("graph g { dim M\n input x[M] output |", vec!["x"]),
        ("graph g { dim M, T\n for t = 1..|", vec!["M", "T"]),
        ("graph g { dim M, T\n for t = T..1 |", vec!["down"]),
        ("graph g { dim M\n input x[M]\n y = x.|", vec!["T"]),
        ("graph g { // a |", vec![]),
        ("/// a |", vec![]),
        ("use \"li|", vec![]),
        ("graph |", vec![]),
        ("graph g { dim |", vec![]),
        ("graph g { x = 2|", vec![]),
    ] {
        assert_eq!(words_of(text), expected, "{text}");
    }
    let engine = words_of("graph g { dim M\n input x[M]\n y = engine.|");
    assert!(engine.contains(&"attention".to_string()) && engine.iter().all(|word| !word.contains('.')));
    let statement = words_of("graph g {\n dim M\n |");
    assert!(statement.contains(&"minimize".to_string()) && !statement.contains(&"graph".to_string()));
}

#[test]
fn an_expression_has_functions_and_what_is_defined_before_it() {
    let found = offered(&written("rnn_lm", "y[t] = softmax", "y[t] = sof|\n    }\n}\n"));
    let words: Vec<&str> = found.iter().map(|one| one.word.as_str()).collect();
    for known in ["h", "x", "t", "T", "step", "W_hy", "softmax", "grad", "engine", "if"] {
        assert!(words.contains(&known), "{known}: {words:?}");
    }
    for unknown in ["l", "J", "y", "W_xh", "rnn_lm", "RnnStep"] {
        assert!(!words.contains(&unknown), "{unknown}: {words:?}");
    }
    let detail = |word: &str| found.iter().find(|one| one.word == word).unwrap().detail.clone();
    assert_eq!(
        (detail("W_hy"), detail("softmax")),
        ("[V, H]".to_string(), "softmax(x, over k)".to_string())
    );
    let indexed = words_of("graph g { dim N input x[N] S[i, j] = sum(k: x[|");
    for index in ["i", "j", "k"] {
        assert!(indexed.contains(&index.to_string()), "{index}");
    }
    let functions: Vec<String> = words::names().into_iter().map(str::to_string).collect();
    assert!(functions.iter().all(|name| words.contains(&name.as_str())));
}

/// Whatever stands in a program is offered at its place, when the text ends there.
#[test]
fn every_name_of_every_program_would_have_been_offered() {
    let (mut asked, mut offered_count) = (0, 0);
    for (name, text) in programs::all() {
        let study = study(&text);
        for symbol in &study.names.symbols {
            let is_new = |place: u32| symbol.definitions.iter().any(|one| one.name.start == place);
            // Behind `over` a reader's own function has no axes yet; what is defined now cannot be known.
            let uses = symbol.places.iter().filter(|place| !is_new(place.start));
            if symbol.role == Role::Argument {
                continue;
            }
            for place in uses.take(3) {
                let before = format!("{}|", &text[..place.start as usize]);
                // The result of a module is named before there is anything that it could be.
                if before
                    .lines()
                    .last()
                    .is_some_and(|line| line.contains(") -> ") && !line.ends_with("[|"))
                    && symbol.role == Role::Value
                {
                    continue;
                }
                let word = symbol.name.strip_prefix("engine.").unwrap_or(&symbol.name);
                let words = words_of(&before);
                asked += 1;
                if words.iter().any(|own| own == word) {
                    offered_count += 1;
                } else {
                    let line = before.lines().last().unwrap_or_default();
                    println!("{name}: {word} is not offered at `{line}`: {words:?}");
                }
            }
        }
    }
    assert!(asked > 1000, "{asked}");
    assert_eq!(offered_count, asked, "names that stand in programs are offered there");
}
