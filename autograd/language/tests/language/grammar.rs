//! The grammar page and the parser are the same: what the page derives is parsed, and what is parsed the page derives.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use tapegrad_autograd::language::explain;
use tapegrad_autograd::language::lexer::Lexer;
use tapegrad_autograd::language::parse::{REDUCERS, parse};
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
    let page = include_str!("../../../../docs/language.md");
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
                let Rule::Row(mut inner) = Rule::Row(vec![row(words, {
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
                .fold(BTreeSet::from([at]), |places, part| self.ends_of_all(part, &places)),
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

    fn ends_of_all(&mut self, rule: &Rule, places: &BTreeSet<usize>) -> BTreeSet<usize> {
        places.iter().flat_map(|&at| self.ends(rule, at)).collect()
    }

    fn closure(&mut self, rule: &Rule, mut all: BTreeSet<usize>) -> BTreeSet<usize> {
        let mut new = all.clone();
        while !new.is_empty() {
            let next = self.ends_of_all(rule, &new);
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

/// Draws sentences; deep inside, or when there are many words, the alternative that needs least.
struct Author<'g> {
    grammar: &'g Grammar,
    shallowest: BTreeMap<String, usize>,
    rng: ChaCha8Rng,
    words: Vec<String>,
}

impl Author<'_> {
    fn draw(&mut self, rule: &Rule, depth: usize) {
        let depth = if self.words.len() > 80 { 0 } else { depth };
        let often = if depth == 0 { 0 } else { 2 };
        match rule {
            Rule::Literal(text) => self.words.push(text.clone()),
            Rule::Kind(TokenKind::Name) => self.one_of(&["x", "T", "W_q", "α", "h0", "k"]),
            Rule::Kind(TokenKind::Number) => self.one_of(&["1", "0.5", "2e-3"]),
            Rule::Kind(TokenKind::Text) => self.one_of(&["\"part.cg\""]),
            Rule::Kind(_) => self.one_of(&["/// what it is\n"]),
            Rule::Named(name) => self.draw(&self.grammar[name], depth.saturating_sub(1)),
            Rule::Row(parts) => parts.iter().for_each(|part| self.draw(part, depth)),
            Rule::OneOf(all) if depth == 0 => {
                let one = all.iter().min_by_key(|one| least(&self.shallowest, one)).unwrap();
                self.draw(one, 0);
            }
            Rule::OneOf(all) => {
                let place = self.rng.random_range(0..all.len());
                self.draw(&all[place], depth);
            }
            Rule::Perhaps(one) => {
                if self.rng.random_range(0..=often) > 0 {
                    self.draw(one, depth);
                }
            }
            Rule::Many(one) => {
                let times = self.rng.random_range(0..=often);
                (0..times).for_each(|_| self.draw(one, depth));
            }
            Rule::List(one) => {
                self.draw(one, depth);
                for _ in 0..self.rng.random_range(0..=often / 2) {
                    self.words.push(",".to_string());
                    self.draw(one, depth);
                }
            }
        }
    }

    fn one_of(&mut self, words: &[&str]) {
        let place = self.rng.random_range(0..words.len());
        self.words.push(words[place].to_string());
    }
}

/// How many rules deep the shallowest sentence of each rule is.
fn shallowest(grammar: &Grammar) -> BTreeMap<String, usize> {
    let mut known: BTreeMap<String, usize> = grammar.keys().map(|name| (name.clone(), 1000)).collect();
    loop {
        let next: BTreeMap<String, usize> = grammar
            .iter()
            .map(|(name, rule)| (name.clone(), least(&known, rule).min(999) + 1))
            .collect();
        if next == known {
            return known;
        }
        known = next;
    }
}

fn least(known: &BTreeMap<String, usize>, rule: &Rule) -> usize {
    match rule {
        Rule::Literal(_) | Rule::Kind(_) | Rule::Perhaps(_) | Rule::Many(_) => 0,
        Rule::Named(name) => known[name],
        Rule::Row(parts) => parts.iter().map(|part| least(known, part)).max().unwrap_or(0),
        Rule::OneOf(all) => all.iter().map(|one| least(known, one)).min().unwrap_or(0),
        Rule::List(one) => least(known, one),
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
    let kinds = ["f32", "f64", "data", "bool", "int", "id"];
    let is_known = |word: &String| kinds.contains(&word.as_str()) || REDUCERS.contains(&word.as_str());
    assert!(own.iter().all(is_known), "{own:?}");
    assert!(REDUCERS.iter().all(|word| own.contains(*word)), "{own:?}");
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
        let mut author = Author {
            grammar: &grammar,
            shallowest: shallowest(&grammar),
            rng: ChaCha8Rng::seed_from_u64(seed),
            words: Vec::new(),
        };
        author.draw(&Rule::Named("file".into()), 14);
        let text = author.words.join(" ");
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
