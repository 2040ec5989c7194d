//! Tokens that are found in a text before anything else happens to it: special ones, and words that were added later.

use serde_json::Value;
use std::collections::HashMap;
use std::ops::Range;

use super::aligned::Aligned;
use super::steps::normalizer::Normalizer;
use crate::fields::{Fields, Read};
use crate::tokenizer::TokenId;

/// A token that is found in a text as it stands.
#[derive(Clone, Debug)]
pub struct AddedToken {
    /// Its id.
    pub id: TokenId,
    /// What is looked for, and its name.
    pub content: String,
    /// It is found only where no letter or digit stands beside it.
    pub single_word: bool,
    /// Blanks before it belong to it.
    pub left: bool,
    /// Blanks behind it belong to it.
    pub right: bool,
    /// It is looked for in the normalised text.
    pub normalized: bool,
    /// It is no part of a decoded text.
    pub special: bool,
}

impl AddedToken {
    /// Reads one from a file.
    ///
    /// **Errors** if a field is missing or not known.
    pub fn read(value: &Value, place: &str) -> Read<Self> {
        let mut fields = Fields::of(value, place)?;
        let id = fields.count("id")?;
        let special = fields.flag("special", false)?;
        let token = Self {
            id: TokenId::try_from(id).map_err(|_| fields.error("id", format!("{id} is too large for an id")))?,
            content: fields.text("content")?.to_string(),
            single_word: fields.flag("single_word", false)?,
            left: fields.flag("lstrip", false)?,
            right: fields.flag("rstrip", false)?,
            normalized: fields.flag("normalized", !special)?,
            special,
        };
        if token.content.is_empty() {
            return Err(fields.error("content", "an added token needs at least one character"));
        }
        fields.nothing_else()?;
        Ok(token)
    }
}

/// A set of tokens that are looked for together.
#[derive(Clone, Debug, Default)]
pub struct Finder {
    /// By the first byte, the longest first.
    tokens: HashMap<u8, Vec<(String, AddedToken)>>,
}

/// A part of a text: one of the tokens, or what is between them.
pub type Found = (Range<usize>, Option<TokenId>);

impl Finder {
    /// The tokens as they stand, or as they are when they are normalised.
    pub fn new<'a>(tokens: impl IntoIterator<Item = &'a AddedToken>, normalizer: Option<&Normalizer>) -> Self {
        let mut by_byte: HashMap<u8, Vec<(String, AddedToken)>> = HashMap::new();
        for token in tokens {
            let mut content = Aligned::new(&token.content, 0);
            if let Some(normalizer) = normalizer {
                normalizer.apply(&mut content);
            }
            if let Some(&first) = content.text().as_bytes().first() {
                by_byte
                    .entry(first)
                    .or_default()
                    .push((content.text().to_string(), token.clone()));
            }
        }
        by_byte
            .values_mut()
            .for_each(|tokens| tokens.sort_by_key(|(text, _)| std::cmp::Reverse(text.len())));
        Self { tokens: by_byte }
    }

    /// True if there is nothing to look for.
    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    /// The parts of a text, which join to it.
    pub fn parts(&self, text: &str) -> Vec<Found> {
        let (mut parts, mut done, mut at) = (Vec::new(), 0, 0);
        while at < text.len() {
            let Some((length, token)) = self.first(&text[at..]) else {
                at += 1;
                while !text.is_char_boundary(at) {
                    at += 1;
                }
                continue;
            };
            let (mut from, mut to) = (at, at + length);
            at = to;
            if token.single_word {
                let before = text[..from].chars().next_back();
                let behind = text[to..].chars().next();
                if [before, behind].into_iter().flatten().any(is_word) {
                    continue;
                }
            }
            if token.left {
                from = text[..from].trim_end().len().max(done);
            }
            if token.right {
                to = text.len() - text[to..].trim_start().len();
            }
            if done < from {
                parts.push((done..from, None));
            }
            parts.push((from..to, Some(token.id)));
            (done, at) = (to, at.max(to));
        }
        if done < text.len() {
            parts.push((done..text.len(), None));
        }
        parts
    }

    /// The longest of the tokens that begin a text.
    fn first(&self, text: &str) -> Option<(usize, &AddedToken)> {
        let own = self.tokens.get(text.as_bytes().first()?)?;
        let (content, token) = own.iter().find(|(content, _)| text.starts_with(content.as_str()))?;
        Some((content.len(), token))
    }
}

/// Letters, digits, marks and connectors: what an expression calls `\w`.
fn is_word(character: char) -> bool {
    character.is_alphanumeric() || unicode_ident::is_xid_continue(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(id: TokenId, content: &str) -> AddedToken {
        AddedToken {
            id,
            content: content.to_string(),
            single_word: false,
            left: false,
            right: false,
            normalized: false,
            special: true,
        }
    }

    #[test]
    fn the_longest_token_at_the_leftmost_place_is_found() {
        let finder = Finder::new(&[token(0, "<s>"), token(1, "<s>>"), token(2, "é")], None);
        assert_eq!(finder.parts("a<s>>é"), [(0..1, None), (1..5, Some(1)), (5..7, Some(2))]);
        assert_eq!(finder.parts(""), []);
    }

    #[test]
    fn blanks_and_neighbours_count_where_the_token_says_so() {
        let mask = AddedToken {
            left: true,
            ..token(0, "[M]")
        };
        let word = AddedToken {
            single_word: true,
            ..token(1, "ok")
        };
        let finder = Finder::new(&[mask, word], None);
        assert_eq!(finder.parts("a  [M] b"), [(0..1, None), (1..6, Some(0)), (6..8, None)]);
        assert_eq!(finder.parts("ok book"), [(0..2, Some(1)), (2..7, None)]);
    }
}
