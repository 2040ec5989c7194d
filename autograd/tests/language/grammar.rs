//! The grammar page and the parser are the same: what the page derives is parsed, and what is parsed the page derives.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use tapegrad_autograd::language::explain;
use tapegrad_autograd::language::lexer::Lexer;
use tapegrad_autograd::language::parse::parse;
use tapegrad_autograd::language::print::print;
use tapegrad_autograd::language::token::{KEYWORDS, SIGNS, Token, TokenKind, TokenSource};

use crate::{programs, random_programs};

/// A rule of the page.
#[derive(Clone, Debug)]
enum Rule {
    /// A word or sign.
    Literal(String),
    /// `NAME`, `NUMBER`, `TEXT` or `DOC`.
    Kind(TokenKind),
    /// Another rule.
    Named(String),
    /// One behind the other.
    Row(Vec<Self>),
    /// One of several.
    OneOf(Vec<Self>),
    /// Any number of times.
    Many(Box<Self>),
    /// Once or not at all.
    Perhaps(Box<Self>),
    /// Once or more, commas between.
    List(Box<Self>),
}

type Grammar = BTreeMap<String, Rule>;

/// The rules of the page.
fn grammar() -> Grammar {
    let page = include_str!("../../../docs/language.md");
    let text = page.split("```ebnf").nth(1).unwrap().split("```").next().unwrap();
    let mut words: Vec<String> = Vec::new();
    for (i, part) in text.split('"').enumerate() {
        if i % 2 == 1 {
            words.push(format!("\"{part}"));
            continue;
        }
        let spaced = part.chars().flat_map(|c| {
            if "{}[]()|;=".contains(c) {
                vec![' ', c, ' ']
            } else {
                vec![c]
            }
        });
        words.extend(spaced.collect::<String>().split_whitespace().map(str::to_string));
    }
    let mut rules = Grammar::new();
    for rule in words.split(|word| word == ";").filter(|rule| !rule.is_empty()) {
        assert_eq!(rule[1], "=", "{rule:?}");
        let mut at = 2;
        rules.insert(rule[0].clone(), one_of(rule, &mut at));
        assert_eq!(at, rule.len(), "{rule:?}");
    }
    rules
}

fn one_of(words: &[String], at: &mut usize) -> Rule {
    let mut all = vec![row(words, at)];
    while words.get(*at).is_some_and(|word| word == "|") {
        *at += 1;
        all.push(row(words, at));
    }
    if all.len() == 1 {
        all.remove(0)
    } else {
        Rule::OneOf(all)
    }
}

fn row(words: &[String], at: &mut usize) -> Rule {
    let mut all = Vec::new();
    while let Some(word) = words
        .get(*at)
        .filter(|word| !["|", ")", "]", "}"].contains(&word.as_str()))
    {
        *at += 1;
        let mut inside = |wrap: fn(Box<Rule>) -> Rule| {
            let rule = one_of(words, at);
            *at += 1;
            wrap(Box::new(rule))
        };
        all.push(match word.as_str() {
            "{" => inside(Rule::Many),
            "[" => inside(Rule::Perhaps),
            "(" => inside(|rule| *rule),
            "NAME" => Rule::Kind(TokenKind::Name),
            "NUMBER" => Rule::Kind(TokenKind::Number),
            "TEXT" => Rule::Kind(TokenKind::Text),
            "DOC" => Rule::Kind(TokenKind::Doc),
            "LIST" => {
                let Rule::Row(mut inner) = Rule::Row(vec![row(&words[..], {
                    *at += 1;
                    at
                })]) else {
                    unreachable!()
                };
                *at += 1;
                Rule::List(Box::new(inner.remove(0)))
            }
            literal if literal.starts_with('"') => Rule::Literal(literal[1..].to_string()),
            name => Rule::Named(name.to_string()),
        });
    }
    if all.len() == 1 { all.remove(0) } else { Rule::Row(all) }
}

/// Derives tokens from rules: from each place, all places that a rule can end at.
struct Deriver<'g> {
    grammar: &'g Grammar,
    tokens: Vec<Token>,
    known: BTreeMap<(String, usize), BTreeSet<usize>>,
}

impl Deriver<'_> {
    fn ends(&mut self, rule: &Rule, at: usize) -> BTreeSet<usize> {
        match rule {
            Rule::Literal(text) => {
                let fits = self
                    .tokens
                    .get(at)
                    .filter(|token| token.text == *text && token.kind != TokenKind::Doc);
                fits.map(|_| at + 1).into_iter().collect()
            }
            Rule::Kind(kind) => self
                .tokens
                .get(at)
                .filter(|token| token.kind == *kind)
                .map(|_| at + 1)
                .into_iter()
                .collect(),
            Rule::Named(name) => {
                let key = (name.clone(), at);
                if let Some(known) = self.known.get(&key) {
                    return known.clone();
                }
                let rule = self
                    .grammar
                    .get(name)
                    .unwrap_or_else(|| panic!("the page has no rule {name}"))
                    .clone();
                let ends = self.ends(&rule, at);
                self.known.insert(key, ends.clone());
                ends
            }
            Rule::Row(parts) => parts
                .iter()
                .fold(BTreeSet::from([at]), |places, part| self.from_all(part, &places)),
            Rule::OneOf(all) => all.iter().flat_map(|one| self.ends(one, at)).collect(),
            Rule::Perhaps(one) => self.ends(one, at).into_iter().chain([at]).collect(),
            Rule::Many(one) => self.closure(one, BTreeSet::from([at])),
            Rule::List(one) => {
                let first = self.ends(one, at);
                let comma = Rule::Row(vec![Rule::Literal(",".into()), (**one).clone()]);
                self.closure(&comma, first)
            }
        }
    }

    fn from_all(&mut self, rule: &Rule, places: &BTreeSet<usize>) -> BTreeSet<usize> {
        places.iter().flat_map(|&at| self.ends(rule, at)).collect()
    }

    fn closure(&mut self, rule: &Rule, mut all: BTreeSet<usize>) -> BTreeSet<usize> {
        let mut new = all.clone();
        while !new.is_empty() {
            let next = self.from_all(rule, &new);
            new = next.difference(&all).copied().collect();
            all.extend(&new);
        }
        all
    }
}

fn is_derived(grammar: &Grammar, text: &str) -> bool {
    let mut lexer = Lexer::new(text, 0);
    let mut tokens = Vec::new();
    loop {
        match lexer.next_token() {
            Ok(token) if token.kind == TokenKind::End => break,
            Ok(token) => tokens.push(token),
            Err(_) => return false,
        }
    }
    let end = tokens.len();
    let mut deriver = Deriver {
        grammar,
        tokens,
        known: BTreeMap::new(),
    };
    deriver.ends(&Rule::Named("file".into()), 0).contains(&end)
}

/// Draws a sentence; with little depth left, the alternative that needs least.
fn draw(grammar: &Grammar, rule: &Rule, depth: usize, rng: &mut ChaCha8Rng, out: &mut Vec<String>) {
    let often = if depth == 0 { 0 } else { 2 };
    match rule {
        Rule::Literal(text) => out.push(text.clone()),
        Rule::Kind(TokenKind::Name) => out.push(["x", "T", "W_q", "α", "h0", "k"][rng.random_range(0..6)].to_string()),
        Rule::Kind(TokenKind::Number) => out.push(["1", "0.5", "2e-3"][rng.random_range(0..3)].to_string()),
        Rule::Kind(TokenKind::Text) => out.push("\"part.cg\"".to_string()),
        Rule::Kind(_) => out.push("/// what it is\n".to_string()),
        Rule::Named(name) => draw(grammar, &grammar[name], depth.saturating_sub(1), rng, out),
        Rule::Row(parts) => parts.iter().for_each(|part| draw(grammar, part, depth, rng, out)),
        Rule::OneOf(all) if depth == 0 => {
            let mut need = |rule: &Rule| least(grammar, rule, 0);
            let one = all.iter().min_by_key(|one| need(one)).unwrap();
            draw(grammar, one, 0, rng, out);
        }
        Rule::OneOf(all) => draw(grammar, &all[rng.random_range(0..all.len())], depth, rng, out),
        Rule::Perhaps(one) if rng.random_range(0..=often) > 0 => draw(grammar, one, depth, rng, out),
        Rule::Perhaps(_) => {}
        Rule::Many(one) => (0..rng.random_range(0..=often)).for_each(|_| draw(grammar, one, depth, rng, out)),
        Rule::List(one) => {
            draw(grammar, one, depth, rng, out);
            for _ in 0..rng.random_range(0..=often / 2) {
                out.push(",".to_string());
                draw(grammar, one, depth, rng, out);
            }
        }
    }
}

/// How many rules deep the shallowest sentence of a rule is; 20 and more are the same.
fn least(grammar: &Grammar, rule: &Rule, depth: usize) -> usize {
    match rule {
        _ if depth > 20 => 20,
        Rule::Literal(_) | Rule::Kind(_) | Rule::Perhaps(_) | Rule::Many(_) => depth,
        Rule::Named(name) => least(grammar, &grammar[name], depth + 1),
        Rule::Row(parts) => parts
            .iter()
            .map(|part| least(grammar, part, depth))
            .max()
            .unwrap_or(depth),
        Rule::OneOf(all) => all.iter().map(|one| least(grammar, one, depth)).min().unwrap_or(depth),
        Rule::List(one) => least(grammar, one, depth),
    }
}

fn literals(rule: &Rule, into: &mut BTreeSet<String>) {
    match rule {
        Rule::Literal(text) => drop(into.insert(text.clone())),
        Rule::Row(all) | Rule::OneOf(all) => all.iter().for_each(|one| literals(one, into)),
        Rule::Many(one) | Rule::Perhaps(one) | Rule::List(one) => literals(one, into),
        Rule::Kind(_) | Rule::Named(_) => {}
    }
}

#[test]
fn the_page_has_every_word_and_sign_of_the_language_and_no_other() {
    let mut own = BTreeSet::new();
    grammar().values().for_each(|rule| literals(rule, &mut own));
    for word in KEYWORDS.iter().chain(SIGNS) {
        assert!(own.remove(*word) || *word == ",", "the page has no `{word}`");
    }
    let kinds = [
        "f32", "f64", "data", "bool", "int", "id", "sum", "mean", "max", "min", "prod",
    ];
    assert!(own.iter().all(|word| kinds.contains(&word.as_str())), "{own:?}");
}

#[test]
fn the_page_derives_every_program_of_the_project_and_no_program_with_a_mistake_of_grammar() {
    let grammar = grammar();
    for (name, text) in programs::all() {
        assert!(is_derived(&grammar, &text), "{name}");
    }
    assert!(!is_derived(
        &grammar,
        explain::program(tapegrad_autograd::language::code::Code::E00)
    ));
    assert!(!is_derived(&grammar, "graph g { y = }"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn what_the_page_derives_is_parsed(seed in any::<u64>()) {
        let grammar = grammar();
        let mut words = Vec::new();
        draw(&grammar, &Rule::Named("file".into()), 14, &mut ChaCha8Rng::seed_from_u64(seed), &mut words);
        let text = words.join(" ");
        let parsed = parse(&text);
        prop_assert!(parsed.diagnostics.is_empty(), "{}\n{:?}", text, parsed.diagnostics);
        prop_assert!(is_derived(&grammar, &text), "{}", text);
    }

    #[test]
    fn what_is_printed_the_page_derives(file in random_programs::file()) {
        let text = print(&file);
        prop_assert!(is_derived(&grammar(), &text), "{}", text);
    }
}
