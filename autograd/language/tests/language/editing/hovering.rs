//! What is said about the name under the cursor.

use super::{cursor, program, study};
use crate::programs;

fn said(text: &str) -> String {
    let (text, byte) = cursor(text);
    study(&text)
        .hover(byte)
        .map_or("nothing".to_string(), |hover| hover.text)
}

/// The hover where a piece of a program stands, at its `|`.
fn said_in(name: &str, piece: &str) -> String {
    let text = program(name);
    let plain = piece.replacen('|', "", 1);
    assert!(text.contains(&plain), "{name}: {plain}");
    format!("{piece}\n{}", said(&text.replacen(&plain, piece, 1)))
}

#[test]
fn a_name_has_its_type_and_formula_and_a_function_its_entry() {
    let cases = [
        ("attention", "S = Q |@ K.T"),
        ("attention", "|S + M"),
        ("attention", "over |k)"),
        ("attention", "sqrt(|dk)"),
        ("attention", "|softmax(S"),
        ("attention", "|att(X)"),
        ("attention", "|CausalAttention[T, D, dk]\n"),
        ("rnn_lm", "sum(|l, over T)"),
        ("rnn_lm", "|h[t-1]"),
        ("rnn_lm", "emb[w[|t]]"),
        ("rnn_lm", "|next[t]"),
        ("two_layer", "a = |alpha"),
        ("two_layer", "|two_layer {"),
    ];
    let all: Vec<String> = cases.iter().map(|(name, piece)| said_in(name, piece)).collect();
    insta::assert_snapshot!("hovers", all.join("\n"));
}

#[test]
fn nothing_is_said_about_comments_and_space() {
    assert_eq!(said("graph g { // a com|ment\n dim M }"), "nothing");
    assert_eq!(said("graph g {\n|\n dim M }"), "nothing");
    assert_eq!(said("graph g { dim M }|"), "nothing");
}

#[test]
fn hover_and_check_types_say_the_same() {
    for (name, text) in programs::all() {
        let study = study(&text);
        for one in study.typed() {
            let hover = study.hover(one.span.start).unwrap();
            let line = format!(
                "{}: {}",
                one.written,
                tapegrad_autograd::language::edit::types::text(one.ty)
            );
            assert!(
                hover.text.lines().any(|own| own == line),
                "{name}: {line}\n{}",
                hover.text
            );
        }
    }
}
