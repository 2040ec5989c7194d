//! The picture of a program in an editor, drawn from the grammar; `TAPEGRAD_PICTURES=1` writes it anew.

use std::fmt::Write;
use std::path::Path;

use crate::grammar::{colours, rules};

/// The colours of a light theme for the beginnings of the grammar's names.
const THEME: &[(&str, &str)] = &[
    ("comment.line.documentation", "#3c7a3c"),
    ("comment", "#6a737d"),
    ("string", "#a31515"),
    ("constant.numeric", "#098658"),
    ("constant.language", "#098658"),
    ("storage", "#0000c0"),
    ("keyword.operator.word", "#af00db"),
    ("keyword.operator.transpose", "#795e26"),
    ("keyword.operator", "#444444"),
    ("keyword", "#af00db"),
    ("entity.name", "#795e26"),
    ("support.function.initializer", "#267f99"),
    ("support.function", "#795e26"),
    ("support", "#267f99"),
    ("variable", "#001080"),
    ("punctuation", "#444444"),
];

/// Width and height of a letter, in units of the picture.
const LETTER: (f64, f64) = (7.8, 19.0);

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The text with the colours of the grammar.
fn drawn(text: &str) -> String {
    let rules = rules();
    let longest = text.lines().map(|line| line.chars().count()).max().unwrap_or(0);
    let (width, height) = (
        longest as f64 * LETTER.0 + 40.0,
        text.lines().count() as f64 * LETTER.1 + 32.0,
    );
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" height=\"{height:.0}\" \
         font-family=\"'DejaVu Sans Mono', Menlo, Consolas, monospace\" font-size=\"13\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\" stroke=\"#d0d0d0\"/>\n"
    );
    for (number, line) in text.lines().enumerate() {
        let colours = colours(&rules, line);
        let y = 30.0 + number as f64 * LETTER.1;
        let mut column = 0;
        let mut begin = 0;
        while begin < line.len() {
            let end = (begin..line.len())
                .find(|&at| colours[at] != colours[begin])
                .unwrap_or(line.len());
            let piece = &line[begin..end];
            let colour = THEME
                .iter()
                .find(|(name, _)| colours[begin].starts_with(name))
                .map_or("#000000", |(_, colour)| colour);
            let x = 20.0 + column as f64 * LETTER.0;
            let length = piece.chars().count();
            if !piece.trim().is_empty() {
                let long = length as f64 * LETTER.0;
                let _ = writeln!(
                    out,
                    "<text x=\"{x:.1}\" y=\"{y:.0}\" fill=\"{colour}\" textLength=\"{long:.1}\" xml:space=\"preserve\">{}</text>",
                    escaped(piece)
                );
            }
            column += length;
            begin = end;
        }
    }
    out + "</svg>\n"
}

#[test]
fn the_picture_of_the_docs_is_what_the_grammar_colours() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    let picture = drawn(&std::fs::read_to_string(docs.join("graphs/attention.cg")).unwrap());
    let path = docs.join("images/coloured.svg");
    if std::env::var_os("TAPEGRAD_PICTURES").is_some() {
        std::fs::write(&path, &picture).unwrap();
    }
    let stored = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        stored == picture,
        "{} differs; TAPEGRAD_PICTURES=1 writes it anew",
        path.display()
    );
}
