//! The formatter: the same program, the same comments, lines no longer than they have to be.

use proptest::prelude::*;
use tapegrad_autograd::language::count::graph_of;
use tapegrad_autograd::language::lexer::Lexer;
use tapegrad_autograd::language::parse::parse;
use tapegrad_autograd::language::print::{WIDTH, format, print};
use tapegrad_autograd::language::span::Sources;
use tapegrad_autograd::language::token::{Token, TokenKind, TokenSource};
use tapegrad_autograd::language::{flat, open};

use crate::running::different_sizes;
use crate::{programs, random_programs};

fn formatted(text: &str) -> String {
    format(&Sources::of("p.cg", text), 0).unwrap_or_else(|mistakes| panic!("{mistakes:?}\n{text}"))
}

fn tokens(text: &str) -> Vec<Token> {
    let mut lexer = Lexer::new(text, 0);
    let tokens = std::iter::from_fn(|| lexer.next_token().ok());
    tokens.take_while(|token| token.kind != TokenKind::End).collect()
}

/// The comments and `///` lines, each with the number of words before it; a comment before a comma counts as behind it.
fn comments(text: &str) -> Vec<(String, usize)> {
    let mut words = Vec::new();
    let mut found = Vec::new();
    for token in tokens(text) {
        match token.kind {
            TokenKind::Doc => found.push((format!("///{}", token.text), token.span.start)),
            _ if ["(", ")", ";"].contains(&token.text.as_str()) => {}
            _ => words.push(token),
        }
    }
    let plain = parse(text).comments.into_iter();
    found.extend(plain.map(|comment| (format!("//{}", comment.text), comment.span.start)));
    found.sort_by_key(|(_, at)| *at);
    let place = |at: u32| {
        let before = words.partition_point(|word| word.span.start < at);
        before + usize::from(words.get(before).is_some_and(|word| word.text == ","))
    };
    found.into_iter().map(|(text, at)| (text, place(at))).collect()
}

/// Checks what formatting promises of any text.
fn assert_formatted(text: &str) -> String {
    let once = formatted(text);
    assert!(
        parse(&once).file == parse(text).file,
        "another program:\n{text}\n--\n{once}"
    );
    assert_eq!(comments(&once), comments(text), "\n{text}\n--\n{once}");
    assert_eq!(formatted(&once), once, "not the same again, of\n{text}");
    assert!(once.lines().all(|line| line.trim_end() == line), "{once}");
    assert!(!once.contains("\n\n\n") && !once.contains("{\n\n"), "{once}");
    once
}

/// The text with comments behind the tokens with these numbers; every second has a line of its own.
fn commented(text: &str, places: impl Fn(usize) -> bool) -> String {
    let (mut out, mut end) = (String::new(), 0);
    for (number, token) in tokens(text).iter().enumerate() {
        out.push_str(&text[end..token.span.end as usize]);
        end = token.span.end as usize;
        if token.kind != TokenKind::Doc && places(number) {
            out += &format!("{}// c{number}\n", if number % 2 == 0 { " " } else { "\n  " });
        }
    }
    out + &text[end..]
}

/// The programs of `docs/graphs`, and those that the tests of right programs have.
fn written() -> Vec<(String, String)> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/language/right");
    let right = std::fs::read_dir(folder).unwrap().map(|entry| {
        let path = entry.unwrap().path();
        (path.display().to_string(), std::fs::read_to_string(path).unwrap())
    });
    programs::all().into_iter().chain(right).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_random_program_keeps_comments_at_any_of_its_places(file in random_programs::file(), places: u64, all: bool) {
        let text = print(&file);
        assert_formatted(&commented(&text, |number| all || places >> (number % 64) & 1 == 1));
    }

    #[test]
    fn what_is_printed_is_what_the_formatter_writes(file in random_programs::file()) {
        let text = print(&file);
        let without_docs: String = text.lines().filter(|line| !line.trim_start().starts_with("///")).map(|line| line.to_string() + "\n").collect();
        prop_assert_eq!(assert_formatted(&without_docs), without_docs);
    }

    #[test]
    fn a_line_is_longer_than_the_width_only_where_it_cannot_be_broken(file in random_programs::file()) {
        let text = with_long_names(&print(&file));
        for line in assert_formatted(&text).lines().filter(|line| line.chars().count() > WIDTH) {
            let line = line.trim();
            let broken = [", ", " + ", " - ", " * ", " / ", " @ ", " < ", " == ", " and ", " or ", " then ", " else "];
            prop_assert!(line.starts_with("///") || !broken.iter().any(|place| line.contains(place)), "{}", line);
        }
    }
}

/// The text with names that are so long that most lines have to be broken.
fn with_long_names(text: &str) -> String {
    let (mut out, mut end) = (String::new(), 0);
    for token in tokens(text) {
        out.push_str(&text[end..token.span.end as usize]);
        end = token.span.end as usize;
        if token.kind == TokenKind::Name
            && ["x", "W_xh", "α", "ŷ", "T", "D", "t", "h0", "f"].contains(&token.text.as_str())
        {
            out.push_str("_with_a_name_that_is_long");
        }
    }
    out + &text[end..]
}

#[test]
fn every_program_of_the_project_keeps_comments_at_each_of_its_places() {
    for (name, text) in written() {
        let count = tokens(&text).len();
        for place in 0..count {
            assert_formatted(&commented(&text, |number| number == place));
        }
        assert_formatted(&commented(&text, |_| true));
        assert!(count > 30, "{name}");
    }
}

#[test]
fn a_formatted_program_has_the_same_graph() {
    let graph = |name: &str, text: &str| {
        let opened = open(name, text);
        assert!(opened.is_correct(), "{}", opened.render());
        let program = &opened.programs[0];
        let graph = graph_of(program, &different_sizes(program)).unwrap();
        flat::print(&graph, "g").unwrap_or_else(|_| format!("{:?}", flat::canonical(&graph)))
    };
    for (name, text) in programs::all() {
        let narrow = text.replace(' ', "\n").replace("//", " //");
        for other in [
            commented(&text, |number| number % 3 == 0),
            one_word_a_line(&text),
            narrow,
        ] {
            if parse(&other).diagnostics.is_empty() {
                assert_eq!(graph(&name, &formatted(&other)), graph(&name, &text), "{name}");
            }
        }
        assert_eq!(
            formatted(&one_word_a_line(&text)),
            formatted(&without_comments(&text)),
            "{name}"
        );
    }
}

fn one_word_a_line(text: &str) -> String {
    tokens(text)
        .iter()
        .map(|token| text[token.span.start as usize..token.span.end as usize].to_string() + "\n")
        .collect()
}

/// The text without its comments and its empty lines; `///` lines stay.
fn without_comments(text: &str) -> String {
    let cut = |line: &str| match line.find("//") {
        Some(at) if !line[at..].starts_with("///") => line[..at].trim_end().to_string(),
        _ => line.to_string(),
    };
    text.lines()
        .map(cut)
        .filter(|line| !line.trim().is_empty())
        .map(|line| line + "\n")
        .collect()
}

#[test]
fn long_lines_are_broken_after_loose_operators_and_arguments_get_lines_of_their_own() {
    let text = "graph g { // the whole
      dim Batch, Time, Channels // sizes
      input first_input[Batch, Time, Channels], second_input[Batch, Time, Channels], third_input[Batch, Time, Channels], fourth[Batch]

      loss = sum(first_input * second_input + second_input * third_input, over Batch, Time, Channels) + sum(first_input, over Batch, Time, Channels) * 2 - 1
      y = engine.attention(first_input, second_input, third_input, heads => [Channels], causal => [1], window => [Time], scale => [1])
      // why
      z = if first_input[1, 1, 1] > second_input[1, 1, 1] + third_input[1, 1, 1] then first_input[1, 1, 1] else second_input[1, 1, 1] // chosen
      w = sum(i, j: first_input[i, j, 1] * second_input[i, j, 1] * third_input[i, j, 1] // products
        / (first_input[1, 1, 1] + second_input[1, 1, 1] // both
        ))
      // before the end
    }
    // behind the end";
    insta::assert_snapshot!(assert_formatted(text));
}

#[test]
fn comments_stand_where_they_stood() {
    let text = "// before everything

/// what it is
// between
graph g { // g
    dim M, // how many
        N  // and how many

    // inputs
    input x[M], y[N]


    J = sum(x // all of them
      * 2, over M) + (sum(y, over N)) // and these
    minimize J /// stray
    /// at the end
}
// last
";
    insta::assert_snapshot!(assert_formatted(text));
}
