//! Every name of every program has a meaning, and is found where it stands.

use std::collections::BTreeSet;

use tapegrad_autograd::language::edit::hover::Target;
use tapegrad_autograd::language::edit::names::Role;
use tapegrad_autograd::language::lexer::Lexer;
use tapegrad_autograd::language::token::{DTYPES, Token, TokenKind, TokenSource};
use tapegrad_autograd::language::words::INITIALIZERS;

use super::{cursor, program, study};
use crate::programs;

fn tokens(text: &str) -> Vec<Token> {
    let mut lexer = Lexer::new(text, 0);
    std::iter::from_fn(|| Some(lexer.next_token().unwrap()).filter(|token| token.kind != TokenKind::End)).collect()
}

/// True for a name that is a word only where it stands: a kind of numbers, `T` behind a point, an attribute.
fn is_word_of_its_place(tokens: &[Token], at: usize) -> bool {
    let text = |at: Option<usize>| at.and_then(|at| tokens.get(at)).map_or("", |token| token.text.as_str());
    let (own, before, behind) = (tokens[at].text.as_str(), text(at.checked_sub(1)), text(Some(at + 1)));
    let is_attribute = behind == "=>" && before == ",";
    before == ":" && DTYPES.contains(&own)
        || before == "~" && INITIALIZERS.iter().any(|(name, _)| *name == own)
        || before == "." && own == "T"
        || own == "engine"
        || is_attribute
}

#[test]
fn every_name_of_every_program_has_one_meaning() {
    for (name, text) in programs::all() {
        let study = study(&text);
        let tokens = tokens(&text);
        let mut met = BTreeSet::new();
        for (at, token) in tokens.iter().enumerate() {
            let found = study.names.at(token.span.start);
            match token.kind {
                TokenKind::Name if !is_word_of_its_place(&tokens, at) => {
                    let (symbol, place) =
                        found.unwrap_or_else(|| panic!("{name}: {} at {at} means nothing", token.text));
                    assert!(place.is_at(token.span), "{name}: {}", token.text);
                    met.insert((place.start, symbol));
                }
                TokenKind::Name => {}
                _ => assert!(
                    found.is_none_or(|(_, place)| place.end == token.span.start),
                    "{name}: {}",
                    token.text
                ),
            }
        }
        let places = study.names.symbols.iter().enumerate();
        let places = places.flat_map(|(number, symbol)| symbol.places.iter().map(move |place| (place.start, number)));
        let all: BTreeSet<(u32, usize)> = places.collect();
        // What is left are attributes that are no names, such as `D` of `split(x, D => ..)`, which is an axis.
        let others: Vec<_> = all.difference(&met).collect();
        for (start, symbol) in others {
            let symbol = &study.names.symbols[*symbol];
            assert!(
                text[*start as usize..].starts_with(&symbol.name),
                "{name}: {}",
                symbol.name
            );
        }
    }
}

#[test]
fn a_name_is_defined_before_it_is_used() {
    for (name, text) in programs::all() {
        for symbol in &study(&text).names.symbols {
            let is_elsewhere = matches!(symbol.role, Role::Word | Role::Axis);
            let first = symbol.definitions.first().map(|one| one.name.start);
            // A module's result is named in its head, before the equation that gives it.
            let is_result = symbol
                .places
                .first()
                .is_some_and(|place| text[..place.start as usize].contains("->"));
            let in_order = first.is_some_and(|first| symbol.places.iter().all(|place| first <= place.start));
            assert!(is_elsewhere || in_order || is_result, "{name}: {}", symbol.name);
        }
    }
}

/// The texts to which the definition of the name at the cursor leads.
fn defined(text: &str) -> Vec<String> {
    let (text, byte) = cursor(text);
    let study = study(&text);
    let line = |target: Target| match target {
        Target::Place(place) => {
            let position = study.opened.sources.position(place);
            format!(
                "{}:{} {}",
                position.line,
                position.column,
                study.opened.sources.text(place)
            )
        }
        Target::File(name) => name,
    };
    study.definitions(byte).into_iter().map(line).collect()
}

#[test]
fn the_definition_of_each_kind_of_name_is_found() {
    let attention = program("attention");
    for (from, to, expected) in [
        ("Q @ K.T", "|Q @ K.T", vec!["3:5 Q"]),
        ("S + M, over k", "S + M, over |k", vec!["4:21 k:T"]),
        ("sqrt(dk)", "sqrt(|dk)", vec!["1:30 dk"]),
        ("if k <= q", "if k <= |q", vec!["3:21 q", "7:7 q"]),
        ("= CausalAttention", "= Causal|Attention", vec!["1:8 CausalAttention"]),
        ("att(X)", "|att(X)", vec!["14:11 att"]),
        ("over T, dk", "over |T, dk", vec!["12:9 T"]),
    ] {
        assert!(attention.contains(from), "{from}");
        let found = defined(&attention.replacen(from, to, 1));
        assert_eq!(found, expected, "{to}");
    }
    let lstm = program("lstm").replacen("h[t-1]", "|h[t-1]", 1);
    assert_eq!(
        defined(&lstm),
        ["19:5 h", "22:9 h"],
        "a row is defined at its start and in its loop"
    );
    let function = "fn swish(x) = x * sigmoid(x)\ngraph g { dim M input x[M] y = swi|sh(x) output y }";
    assert_eq!(defined(function), ["1:4 swish"]);
    assert_eq!(defined("use \"li|b.cg\"\ngraph g { }"), ["lib.cg"]);
    assert_eq!(
        defined("graph g { dim M input x[M] y = soft|max(x) output y }"),
        Vec::<String>::new()
    );
}

#[test]
fn an_index_and_the_axis_that_it_makes_are_one_name_where_the_axis_is_spoken_of() {
    let text =
        "graph g { dim T input Q[T], K[T] S[i, j] = Q[i] * K[j] A = softmax(S, over j) R[i] = Q[i] output A, R }";
    let study = study(text);
    let places = |name: &str| -> Vec<usize> {
        let symbols = study.names.symbols.iter().filter(|symbol| symbol.name == name);
        symbols.map(|symbol| symbol.places.len()).collect()
    };
    assert_eq!(places("j"), [3], "left, right and behind `over`");
    assert_eq!(
        places("i"),
        [2, 2],
        "in two equations, which have nothing to do with each other"
    );
}

#[test]
fn the_outline_has_each_item_with_its_names() {
    let study = study(&program("crf"));
    let outline = study.outline();
    assert_eq!(
        (outline.len(), outline[0].name.as_str(), outline[0].role),
        (1, "crf", Role::Graph)
    );
    let parts: Vec<String> = outline[0]
        .parts
        .iter()
        .map(|part| format!("{} {:?} {}", part.name, part.role, part.detail))
        .collect();
    insta::assert_snapshot!("outline_crf", parts.join("\n"));
    for (name, text) in programs::all() {
        let items = super::study(&text).outline();
        assert!(!items.is_empty(), "{name}");
        for part in items.iter().flat_map(|item| &item.parts) {
            assert!(
                part.whole.start <= part.at.start && part.at.end <= part.whole.end,
                "{name}: {}",
                part.name
            );
        }
    }
}
