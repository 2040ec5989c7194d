//! The grammar by which editors colour programs has the words of the language, and gives every token its colour.
//!
//! It has no rule that begins in one place and ends in another, so a line is read as TextMate says in a few lines here:
//! of all rules the one that matches first, and of several at one place the first in the list.

use std::collections::BTreeSet;
use std::path::Path;

use regex::Regex;
use serde_json::Value;
use tapegrad_autograd::language::lexer::Lexer;
use tapegrad_autograd::language::token::{DTYPES, KEYWORDS, TokenKind, TokenSource};
use tapegrad_autograd::language::words::{self, INITIALIZERS};

fn document(name: &str) -> Value {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/editors/vscode");
    serde_json::from_str(&std::fs::read_to_string(folder.join(name)).unwrap()).unwrap()
}

/// A rule: its expression, and the colour of the whole or of each of its groups.
pub struct Rule {
    expression: Regex,
    name: Option<String>,
    groups: Vec<(usize, String)>,
}

pub fn rules() -> Vec<Rule> {
    let grammar = document("syntaxes/tapegrad.tmLanguage.json");
    let rule = |rule: &Value| {
        let keys: Vec<&str> = rule.as_object().unwrap().keys().map(String::as_str).collect();
        assert!(
            keys.iter().all(|key| ["name", "match", "captures"].contains(key)),
            "{keys:?}"
        );
        let groups = rule["captures"].as_object().into_iter().flatten();
        Rule {
            expression: Regex::new(rule["match"].as_str().unwrap()).unwrap(),
            name: rule["name"].as_str().map(str::to_string),
            groups: groups
                .map(|(group, value)| (group.parse().unwrap(), value["name"].as_str().unwrap().to_string()))
                .collect(),
        }
    };
    grammar["patterns"].as_array().unwrap().iter().map(rule).collect()
}

/// The colour of each byte of a line; an empty text where it has none.
pub fn colours(rules: &[Rule], line: &str) -> Vec<String> {
    let mut colours = vec![String::new(); line.len()];
    let mut at = 0;
    while at < line.len() {
        let found = rules.iter().enumerate().filter_map(|(number, rule)| {
            let found = rule.expression.captures_at(line, at)?;
            Some((found.get(0).unwrap().start(), number, found))
        });
        let Some((_, number, found)) = found.min_by_key(|(start, number, _)| (*start, *number)) else {
            break;
        };
        let rule = &rules[number];
        let whole = found.get(0).unwrap();
        assert!(!whole.is_empty(), "{line}");
        if let Some(name) = &rule.name {
            colours[whole.range()].fill(name.clone());
        }
        for (group, name) in &rule.groups {
            if let Some(group) = found.get(*group) {
                colours[group.range()].fill(name.clone());
            }
        }
        at = whole.end();
    }
    colours
}

fn programs() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/graphs");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let programs: Vec<(String, String)> = files
        .filter(|path| path.extension().is_some_and(|extension| extension == "cg"))
        .map(|path| (path.display().to_string(), std::fs::read_to_string(&path).unwrap()))
        .collect();
    assert!(programs.len() >= 60, "{}", programs.len());
    programs
}

/// The words between `(` and `)` of the rules that give this colour.
fn words_of(colour: &str) -> BTreeSet<String> {
    let grammar = document("syntaxes/tapegrad.tmLanguage.json");
    let lists = Regex::new(r"\((?:\?:)?([a-z0-9_|]+)\)").unwrap();
    let gives = |rule: &&Value| {
        let groups = rule["captures"].as_object().into_iter().flatten();
        let names = groups.map(|(_, group)| &group["name"]).chain([&rule["name"]]);
        names.filter_map(Value::as_str).any(|name| name.starts_with(colour))
    };
    let rules = grammar["patterns"].as_array().unwrap().iter().filter(gives);
    let texts = rules.map(|rule| rule["match"].as_str().unwrap().to_string());
    let lists: Vec<String> = texts
        .flat_map(|text| {
            lists
                .captures_iter(&text)
                .map(|found| found[1].to_string())
                .collect::<Vec<_>>()
        })
        .collect();
    lists
        .iter()
        .flat_map(|list| list.split('|'))
        .map(str::to_string)
        .collect()
}

fn set<'w>(words: impl IntoIterator<Item = &'w str>) -> BTreeSet<String> {
    words.into_iter().map(str::to_string).collect()
}

#[test]
fn the_grammar_has_exactly_the_words_of_the_language() {
    let coloured = [
        "storage",
        "keyword.other",
        "keyword.control",
        "keyword.operator.wordlike",
        "constant.language",
    ];
    let keywords: BTreeSet<String> = coloured.iter().flat_map(|colour| words_of(colour)).collect();
    assert_eq!(keywords, set(KEYWORDS.iter().copied()));
    assert_eq!(
        words_of("support.function.tapegrad"),
        set(words::names().into_iter().chain([words::GRADIENT]))
    );
    assert_eq!(words_of("support.type"), set(DTYPES.iter().copied()));
    assert_eq!(
        words_of("support.function.initializer"),
        set(INITIALIZERS.iter().map(|(name, _)| *name))
    );
}

#[test]
fn every_token_of_every_program_has_the_colour_of_its_kind() {
    let rules = rules();
    let functions = words::names();
    let mut count = 0;
    for (name, text) in programs() {
        let mut colour_of: Vec<String> = Vec::new();
        for line in text.split_inclusive('\n') {
            let plain = line.trim_end_matches(['\n', '\r']);
            colour_of.extend(colours(&rules, plain));
            colour_of.extend(vec![String::new(); line.len() - plain.len()]);
        }
        let mut lexer = Lexer::new(&text, 0);
        loop {
            let token = lexer.next_token().unwrap();
            if token.kind == TokenKind::End {
                break;
            }
            count += 1;
            let range = token.span.start as usize..token.span.end as usize;
            let own: BTreeSet<&str> = colour_of[range.clone()].iter().map(String::as_str).collect();
            let own: Vec<&str> = own.into_iter().collect();
            let is_called = text[range.end..].starts_with('(');
            let expected: &[&str] = match token.kind {
                TokenKind::Keyword => &["storage.", "keyword.", "constant.language"],
                TokenKind::Number => &["constant.numeric"],
                TokenKind::Text => &["string."],
                TokenKind::Doc => &["comment.line.documentation"],
                TokenKind::Name if is_called && functions.contains(&token.text.as_str()) => &["support.function"],
                TokenKind::Name => &[
                    "variable.other",
                    "entity.name",
                    "support.",
                    "keyword.operator.transpose",
                ],
                _ => &["keyword.operator", "punctuation."],
            };
            let is_right = own.len() == 1 && expected.iter().any(|begin| own[0].starts_with(begin));
            assert!(
                is_right,
                "{name}: `{}` at byte {} has the colours {own:?}",
                token.text, range.start
            );
        }
        for comment in lexer.comments() {
            let range = comment.span.start as usize..comment.span.end as usize;
            assert!(
                colour_of[range]
                    .iter()
                    .all(|colour| colour.starts_with("comment.line.double-slash")),
                "{name}"
            );
        }
        let letters = text
            .bytes()
            .zip(&colour_of)
            .filter(|(byte, _)| !byte.is_ascii_whitespace());
        assert!(
            letters.clone().all(|(_, colour)| !colour.is_empty()),
            "{name}: something has no colour"
        );
    }
    assert!(count > 10_000, "{count}");
}

/// The beginnings of scopes to which the themes of VS Code (`dark_plus`, `light_plus`) give a colour other than that of plain
/// text. They leave signs and brackets as plain text.
const COLOURED_BY_THEMES: [&str; 12] = [
    "comment",
    "string",
    "constant.numeric",
    "constant.language",
    "storage.type",
    "storage.modifier",
    "keyword.control",
    "keyword.other",
    "keyword.operator.wordlike",
    "entity.name.function",
    "support.",
    "variable",
];

#[test]
fn every_word_has_a_scope_that_themes_colour() {
    let grammar = document("syntaxes/tapegrad.tmLanguage.json");
    for rule in grammar["patterns"].as_array().unwrap() {
        let groups = rule["captures"].as_object().into_iter().flatten();
        for scope in groups.map(|(_, group)| &group["name"]).chain([&rule["name"]]) {
            let Some(scope) = scope.as_str() else { continue };
            let is_sign = scope.starts_with("punctuation.")
                || ["keyword.operator.tapegrad", "keyword.operator.transpose.tapegrad"].contains(&scope);
            let is_coloured = COLOURED_BY_THEMES.iter().any(|begin| scope.starts_with(begin))
                && !scope.starts_with("support.constant.");
            assert!(is_sign || is_coloured, "{scope} looks like plain text");
        }
    }
}

#[test]
fn a_word_inside_of_a_name_has_no_colour_of_its_own() {
    let rules = rules();
    let colour = |line: &str, word: &str| {
        let at = line.find(word).unwrap();
        colours(&rules, line)[at..at + word.len()]
            .iter()
            .cloned()
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect::<Vec<_>>()
    };
    for (line, word) in [
        ("overfit = x", "over"),
        ("x_if = 1", "if"),
        ("αsum(x)", "sum"),
        ("for2 = 1", "for"),
        ("logit(x)", "log"),
    ] {
        assert_eq!(colour(line, word), ["variable.other.tapegrad"], "{line}");
    }
    assert_eq!(colour("y = log(x)", "log"), ["support.function.tapegrad"]);
    assert_eq!(colour("y = zeros[M]", "zeros"), ["support.function.tapegrad"]);
    assert_eq!(
        colour("param b[D] ~ zeros", "zeros"),
        ["support.function.initializer.tapegrad"]
    );
    assert_eq!(colour("input t: data", "data"), ["support.type.tapegrad"]);
    assert_eq!(colour("data = 1", "data"), ["variable.other.tapegrad"]);
    assert_eq!(
        colour("x // 1 + \"a\"", "// 1 + \"a\""),
        ["comment.line.double-slash.tapegrad"]
    );
    assert_eq!(colour("//// x", "//// x"), ["comment.line.double-slash.tapegrad"]);
}

#[test]
fn the_extension_names_files_that_are_there_and_the_words_of_a_line() {
    let package = document("package.json");
    let language = &package["contributes"]["languages"][0];
    let grammar = &package["contributes"]["grammars"][0];
    assert_eq!(
        (&language["extensions"][0], &language["id"]),
        (&Value::from(".cg"), &grammar["language"])
    );
    let text = document(grammar["path"].as_str().unwrap());
    assert_eq!(text["scopeName"], grammar["scopeName"]);
    let configuration = document(language["configuration"].as_str().unwrap());
    assert_eq!(configuration["comments"]["lineComment"], "//");
    let word = Regex::new(&format!(
        "^(?:{})$",
        configuration["wordPattern"]["pattern"].as_str().unwrap()
    ))
    .unwrap();
    for name in ["α", "ŷ_1", "W_q", "x2"] {
        assert!(word.is_match(name), "{name}");
    }
    assert!(!word.is_match("2x") && !word.is_match("a b"));
}
