//! Where a pattern fits in a text: a text, an expression, or the splitting of GPT-2, which has a scanner of its own.
//!
//! Patterns of byte-level files end in `\s+(?!\S)|\s+`: blanks, but the last one belongs to the word behind them. The
//! look-ahead `(?!\S)` is left out of the language of expressions that are linear in the text. But as the end of a
//! pattern it says only this: a run of blanks that is followed by anything gives its last blank back, unless it has just
//! one. So the ending is read as one group, `(\s+)`, and the last blank given back here.

use regex::Regex;
use std::ops::Range;

use super::gpt2;
use crate::fields::{Fields, Read, as_text};

/// What is looked for.
#[derive(Clone, Debug)]
pub enum Pattern {
    /// This text.
    Text(String),
    /// An expression.
    Expression(Expression),
    /// The tokens of GPT-2's expression.
    Gpt2,
}

/// An expression, whose last group, if it has one, is a run of blanks that may give its last one back.
#[derive(Clone, Debug)]
pub struct Expression {
    regex: Regex,
    gives_back: bool,
}

const LAST: &str = r"\s+(?!\S)|\s+";

impl Expression {
    /// An expression as it stands in a file.
    ///
    /// **Errors** with a sentence if it is none that is linear in the text.
    pub fn new(pattern: &str) -> Result<Self, String> {
        let (pattern, gives_back) = match pattern.strip_suffix(LAST) {
            Some(rest) if rest.is_empty() || rest.ends_with('|') => (format!("{rest}(?P<blanks>\\s+)"), true),
            _ => (pattern.to_string(), false),
        };
        let regex = Regex::new(&pattern).map_err(|error| {
            let said = error.to_string();
            let last = said
                .lines()
                .last()
                .unwrap_or_default()
                .trim()
                .trim_start_matches("error: ")
                .to_string();
            format!("this expression cannot be used: {last}")
        })?;
        Ok(Self { regex, gives_back })
    }

    /// Where it fits, in order.
    pub fn matches(&self, text: &str) -> Vec<Range<usize>> {
        if !self.gives_back {
            let found = self.regex.find_iter(text).map(|found| found.range());
            return found.filter(|range| !range.is_empty()).collect();
        }
        let (mut at, mut all) = (0, Vec::new());
        while let Some(found) = self.regex.captures_at(text, at) {
            let whole = found.get_match().range();
            let mut end = whole.end;
            if found.name("blanks").is_some() && end < text.len() {
                let last = text[whole.clone()].chars().next_back().map_or(0, char::len_utf8);
                if whole.len() > last {
                    end -= last;
                }
            }
            if end == whole.start {
                // It fits nothing here: go on behind the next character.
                let Some(next) = text[end..].chars().next() else {
                    break;
                };
                at = end + next.len_utf8();
                continue;
            }
            all.push(whole.start..end);
            at = end;
        }
        all
    }
}

impl Pattern {
    /// A pattern of a file: `{"String": "x"}` or `{"Regex": "x"}`.
    ///
    /// **Errors** if it is neither, or empty.
    pub fn read(fields: &mut Fields<'_>, name: &'static str) -> Read<Self> {
        let value = fields.required(name)?;
        let mut own = Fields::of(value, fields.at(name))?;
        let (text, regex) = (own.optional("String"), own.optional("Regex"));
        let pattern = match (text, regex) {
            (Some(text), None) => Self::Text(as_text(text, || own.at("String"))?.to_string()),
            (None, Some(regex)) => match as_text(regex, || own.at("Regex"))? {
                gpt2::PATTERN => Self::Gpt2,
                regex => Self::Expression(Expression::new(regex).map_err(|what| own.error("Regex", what))?),
            },
            _ => return Err(fields.error(name, "here must be either a `String` or a `Regex`")),
        };
        if matches!(&pattern, Self::Text(text) if text.is_empty()) {
            return Err(own.error("String", "the text to look for is empty"));
        }
        own.nothing_else()?;
        Ok(pattern)
    }

    /// How many times as long a text may become when another is put wherever the pattern fits.
    pub fn growth(&self, by: &str) -> usize {
        let least = match self {
            Self::Text(own) => own.chars().count().max(1),
            // It fits one character at least.
            Self::Expression(_) | Self::Gpt2 => 1,
        };
        by.chars().count().div_ceil(least).max(1)
    }

    /// Where it fits in a text, in order.
    pub fn matches(&self, text: &str) -> Vec<Range<usize>> {
        match self {
            Self::Text(own) => text
                .match_indices(own.as_str())
                .map(|(at, own)| at..at + own.len())
                .collect(),
            Self::Expression(expression) => expression.matches(text),
            Self::Gpt2 => gpt2::tokens(text).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut<'t>(pattern: &str, text: &'t str) -> Vec<&'t str> {
        let expression = Expression::new(pattern).unwrap();
        expression.matches(text).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn blanks_before_a_word_give_the_last_one_back() {
        let pattern = r" ?\w+|\s+(?!\S)|\s+";
        assert_eq!(cut(pattern, "a  b \n c"), ["a", " ", " b", " \n", " c"]);
        assert_eq!(cut(pattern, "a   "), ["a", "   "]);
        assert_eq!(cut(pattern, "a\u{3000}b"), ["a", "\u{3000}", "b"]);
    }

    #[test]
    fn what_cannot_be_used_is_said() {
        let refused = Expression::new(r"a(?!b)c").unwrap_err();
        assert_eq!(
            refused,
            "this expression cannot be used: look-around, including look-ahead and look-behind, is not supported"
        );
        assert!(
            Expression::new(r"(a{1000}){1000}")
                .unwrap_err()
                .contains("cannot be used")
        );
    }

    #[test]
    fn an_expression_that_fits_nothing_ends() {
        assert_eq!(cut("a*", "baab"), ["aa"]);
        assert_eq!(cut(r"a*|\s+(?!\S)|\s+", "b aa"), ["aa"]);
    }
}
