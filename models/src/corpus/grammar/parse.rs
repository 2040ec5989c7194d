//! The parser: definitions become features and rules, as written and not yet expanded.

use super::error::{GrammarError, Place, Problem};
use super::lines::{Chunk, definitions};
use super::weight::Weight;

/// A grammar as written.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) features: Vec<Feature>,
    /// Never empty; the first is the sentence.
    pub(super) rules: Vec<Rule>,
}

/// `number = sg | pl`
#[derive(Debug)]
pub(super) struct Feature {
    pub(super) name: String,
    pub(super) values: Vec<String>,
}

/// `Name[arguments] -> alternative | alternative`
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) name: Name,
    pub(super) alternatives: Vec<Alternative>,
}

/// `weight symbol symbol`; no symbol at all where `()` is written.
#[derive(Debug)]
pub(super) struct Alternative {
    pub(super) weight: Weight,
    pub(super) symbols: Vec<Symbol>,
}

#[derive(Debug)]
pub(super) enum Symbol {
    /// `narwhal/N`
    Word { word: String, tag: String },
    /// `NP[number]`
    Name(Name),
}

/// A nonterminal with its arguments, each a feature or a value.
#[derive(Debug)]
pub(super) struct Name {
    pub(super) at: Place,
    pub(super) text: String,
    pub(super) arguments: Vec<String>,
}

/// Reads the text of a grammar.
pub(super) fn parse(text: &str) -> Result<Source, GrammarError> {
    let mut source = Source {
        features: Vec::new(),
        rules: Vec::new(),
    };
    for chunks in definitions(text)? {
        match chunks.as_slice() {
            [head, Chunk { text: "=", .. }, values @ ..] => {
                let feature = feature(head, values)?;
                check_new_names(&source.features, &feature, head)?;
                source.features.push(feature);
            }
            [head, arrow @ Chunk { text: "->", .. }, body @ ..] => {
                source.rules.push(Rule {
                    name: name(head)?,
                    alternatives: alternatives(arrow, body)?,
                });
            }
            [head, ..] => return Err(head.error(Problem::NeitherRuleNorFeature)),
            [] => {}
        }
    }
    if source.rules.is_empty() {
        return Err(GrammarError {
            at: Place { line: 1, column: 1 },
            problem: Problem::NoRule,
        });
    }
    Ok(source)
}

fn feature(head: &Chunk<'_>, chunks: &[Chunk<'_>]) -> Result<Feature, GrammarError> {
    let mut values: Vec<String> = Vec::new();
    for part in chunks.split(|chunk| chunk.text == "|") {
        let [value] = part else {
            return Err(part.get(1).unwrap_or(head).error(Problem::BadFeature));
        };
        let text = plain_name(value, value.text)?;
        if values.contains(&text) {
            return Err(value.error(Problem::RepeatedFeature { name: text }));
        }
        values.push(text);
    }
    Ok(Feature {
        name: plain_name(head, head.text)?,
        values,
    })
}

/// An argument must be either a feature or a value, never both.
fn check_new_names(features: &[Feature], new: &Feature, head: &Chunk<'_>) -> Result<(), GrammarError> {
    let clash = features
        .iter()
        .find(|old| old.name == new.name || old.values.contains(&new.name) || new.values.contains(&old.name))
        .map(|old| {
            if old.values.contains(&new.name) {
                &new.name
            } else {
                &old.name
            }
        })
        .or_else(|| new.values.iter().find(|value| **value == new.name));
    match clash {
        Some(name) => Err(head.error(Problem::RepeatedFeature { name: name.clone() })),
        None => Ok(()),
    }
}

fn alternatives(arrow: &Chunk<'_>, body: &[Chunk<'_>]) -> Result<Vec<Alternative>, GrammarError> {
    let mut separator = arrow;
    let mut rest = body;
    let mut alternatives = Vec::new();
    loop {
        let end = rest.iter().position(|chunk| chunk.text == "|").unwrap_or(rest.len());
        alternatives.push(alternative(separator, &rest[..end])?);
        match rest.get(end) {
            Some(bar) => (separator, rest) = (bar, &rest[end + 1..]),
            None => return Ok(alternatives),
        }
    }
}

fn alternative(separator: &Chunk<'_>, chunks: &[Chunk<'_>]) -> Result<Alternative, GrammarError> {
    let (weight, chunks) = match chunks {
        [first, rest @ ..] if is_weight(first.text) => (Weight::parse(first.text).map_err(|p| first.error(p))?, rest),
        _ => (Weight::ONE, chunks),
    };
    let symbols = match chunks {
        [] => return Err(separator.error(Problem::EmptyAlternative)),
        [Chunk { text: "()", .. }] => Vec::new(),
        _ => chunks.iter().map(symbol).collect::<Result<_, _>>()?,
    };
    Ok(Alternative { weight, symbols })
}

fn symbol(chunk: &Chunk<'_>) -> Result<Symbol, GrammarError> {
    let found = || chunk.text.to_string();
    match chunk.text {
        "->" | "=" => Err(chunk.error(Problem::SecondDefinition { found: found() })),
        "()" => Err(chunk.error(Problem::CrowdedNothing)),
        text if is_weight(text) => Err(chunk.error(Problem::MisplacedWeight { found: found() })),
        text => match text.rsplit_once('/') {
            Some((word, tag)) if !word.is_empty() && !tag.is_empty() => Ok(Symbol::Word {
                word: word.to_string(),
                tag: tag.to_string(),
            }),
            Some(_) => Err(chunk.error(Problem::BadWord { found: found() })),
            None => name(chunk).map(Symbol::Name),
        },
    }
}

/// `3`, `0.25`, `-1` and `2/5` are meant as weights; `2nd/A` and `5/NUM` are words.
fn is_weight(text: &str) -> bool {
    let first_digit = text
        .trim_start_matches(['-', '+', '.'])
        .starts_with(|c: char| c.is_ascii_digit());
    let tag_is_number = text
        .rsplit_once('/')
        .is_none_or(|(_, tag)| tag.starts_with(|c: char| c.is_ascii_digit()));
    first_digit && tag_is_number
}

/// `Name` or `Name[a, b]`.
fn name(chunk: &Chunk<'_>) -> Result<Name, GrammarError> {
    let bad = || {
        chunk.error(Problem::BadName {
            found: chunk.text.to_string(),
        })
    };
    let (text, arguments) = match chunk.text.split_once('[') {
        None => (chunk.text, Vec::new()),
        Some((text, arguments)) => {
            let arguments = arguments.strip_suffix(']').ok_or_else(bad)?;
            let arguments = arguments.split(',').map(|argument| plain_name(chunk, argument.trim()));
            (text, arguments.collect::<Result<_, _>>()?)
        }
    };
    Ok(Name {
        at: chunk.at,
        text: plain_name(chunk, text)?,
        arguments,
    })
}

fn plain_name(chunk: &Chunk<'_>, text: &str) -> Result<String, GrammarError> {
    let letter_first = text.starts_with(char::is_alphabetic);
    if letter_first && text.chars().all(|c| c.is_alphanumeric() || "_-'".contains(c)) {
        Ok(text.to_string())
    } else {
        Err(chunk.error(Problem::BadName {
            found: text.to_string(),
        }))
    }
}
