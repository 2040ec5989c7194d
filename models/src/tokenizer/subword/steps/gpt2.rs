//! The words of GPT-2: how a text falls apart before any merge.
//!
//! The release states it as an expression ([`PATTERN`]): an English ending behind an apostrophe; letters, numbers or other
//! signs in a row, each with at most one space before them; blanks, of which the last one belongs to what follows.
//! [`tokens`] finds the same by looking at one character at a time, ten times as fast as an expression; a test compares
//! them on text of all of Unicode.
//!
//! **Source**: Radford et al. 2019, `encoder.py` of the release.

use std::ops::Range;
use std::sync::LazyLock;

/// The expression of the release.
pub const PATTERN: &str = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

/// What the scanner knows of a character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    Letter,
    Number,
    Blank,
    Other,
}

/// The characters of a general category, as ranges in order, by the tables of the expressions.
type Category = Vec<(char, char)>;

static LETTERS: LazyLock<Category> = LazyLock::new(|| category(r"\p{L}"));
static NUMBERS: LazyLock<Category> = LazyLock::new(|| category(r"\p{N}"));

fn category(name: &str) -> Category {
    let class = regex_syntax::parse(name).expect("the tables of categories are built in");
    match class.kind() {
        regex_syntax::hir::HirKind::Class(regex_syntax::hir::Class::Unicode(class)) => class
            .ranges()
            .iter()
            .map(|range| (range.start(), range.end()))
            .collect(),
        _ => unreachable!("a category is a class of characters"),
    }
}

fn class(character: char) -> Class {
    match character {
        'a'..='z' | 'A'..='Z' => Class::Letter,
        '0'..='9' => Class::Number,
        ' ' | '\t'..='\r' => Class::Blank,
        '\0'..='\u{7f}' => Class::Other,
        _ if character.is_whitespace() => Class::Blank,
        _ if is_in(&LETTERS, character) => Class::Letter,
        _ if is_in(&NUMBERS, character) => Class::Number,
        _ => Class::Other,
    }
}

fn is_in(category: &Category, character: char) -> bool {
    let at = category.partition_point(|&(_, last)| last < character);
    category.get(at).is_some_and(|&(first, _)| first <= character)
}

/// The words of a text, one after the other; they join to the text.
pub fn tokens(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at;
        at += length(&text[start..])?;
        Some(start..at)
    })
}

/// The length of the first word of a text.
fn length(text: &str) -> Option<usize> {
    let first = text.chars().next()?;
    if first == '\''
        && let Some(length) = ending(text.as_bytes())
    {
        return Some(length);
    }
    let own = class(first);
    if own == Class::Blank {
        let second = text[first.len_utf8()..].chars().next().map(class);
        return match second {
            Some(second) if first == ' ' && second != Class::Blank => Some(1 + run(&text[1..], second)),
            _ => Some(blanks(text)),
        };
    }
    Some(run(text, own))
}

/// The length of an English ending: `'s`, `'t`, `'re`, `'ve`, `'m`, `'ll`, `'d`.
fn ending(text: &[u8]) -> Option<usize> {
    match (text.get(1)?, text.get(2)) {
        (b's' | b't' | b'm' | b'd', _) => Some(2),
        (b'r' | b'v', Some(b'e')) | (b'l', Some(b'l')) => Some(3),
        _ => None,
    }
}

/// The length of the characters of one class at the beginning of a text.
fn run(text: &str, own: Class) -> usize {
    let is_ascii_run = |byte: &u8| match own {
        Class::Letter => byte.is_ascii_alphabetic(),
        _ => byte.is_ascii() && class(char::from(*byte)) == own,
    };
    let ascii = text.bytes().take_while(is_ascii_run).count();
    let rest = &text[ascii..];
    match rest.bytes().next() {
        Some(byte) if !byte.is_ascii() => ascii + rest.find(|character| class(character) != own).unwrap_or(rest.len()),
        _ => ascii,
    }
}

/// The length of the blanks at the beginning of a text, without the last one if anything follows more than one.
fn blanks(text: &str) -> usize {
    let all = text.len() - text.trim_start().len();
    let last = text[..all].chars().next_back().map_or(0, char::len_utf8);
    if all < text.len() && all > last {
        all - last
    } else {
        all
    }
}

#[cfg(test)]
mod tests {
    use super::super::pattern::Expression;
    use super::*;
    use proptest::prelude::*;

    fn cut(text: &str) -> Vec<&str> {
        tokens(text).map(|range| &text[range]).collect()
    }

    #[test]
    fn words_take_the_space_before_them_and_endings_are_their_own() {
        assert_eq!(
            cut("We'll see 42  narwhals' don't!\n\n ok"),
            [
                "We",
                "'ll",
                " see",
                " 42",
                " ",
                " narwhals",
                "'",
                " don",
                "'t",
                "!",
                "\n\n",
                " ok"
            ]
        );
        assert_eq!(cut("a\tb \t"), ["a", "\t", "b", " \t"]);
        assert_eq!(cut("漢字١٢½ é\u{301}"), ["漢字", "١٢½", " é", "\u{301}"]);
    }

    fn characters() -> impl Strategy<Value = char> {
        prop_oneof![
            any::<char>(),
            proptest::sample::select(vec![
                '\'', ' ', ' ', '\n', '\u{a0}', 's', 'l', 'e', 'r', '1', '!', 'é', 'ſ'
            ])
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn the_scanner_finds_what_the_expression_finds(text in proptest::collection::vec(characters(), 0..24)) {
            let text: String = text.into_iter().collect();
            let expression = Expression::new(PATTERN).unwrap();
            prop_assert_eq!(tokens(&text).collect::<Vec<_>>(), expression.matches(&text));
        }
    }

    #[test]
    fn all_characters_have_the_class_of_the_expression() {
        let expression = Expression::new(PATTERN).unwrap();
        for character in '\0'..=char::MAX {
            // Between a letter, a number and a sign each class shows by what it joins.
            let text = format!("a{character}1{character}!{character}.");
            assert_eq!(
                tokens(&text).collect::<Vec<_>>(),
                expression.matches(&text),
                "{character:?}"
            );
        }
    }
}
