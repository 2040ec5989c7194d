//! The word tokenizer: words and punctuation marks, as the lectures split them.
//!
//! "Watch out, the narwhals are coming!" becomes `Watch` `out` `,` `the` `narwhals` `are` `coming` `!`, while
//! `Sam-I-am`, `We'll` and `givin'` stay whole (LECTURES rows D1, D4, D5, D7). A word outside the vocabulary is OOV,
//! which is the weakness that subword tokenizers mend. A script that writes no blanks between words comes out as very
//! long words: take characters there.

use super::vocabulary::{TokenId, Vocabulary};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::HashMap;

/// Says where one token ends and the next begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Split {
    /// At blanks, and around each punctuation mark or symbol.
    ///
    /// A word is a run of letters, digits and combining marks in any script. Apostrophes belong to the word that they
    /// touch, a hyphen only when it stands alone between two parts of a word. All else is a token of one character.
    Punctuation,
    /// At blanks only, for text that is already split into tokens.
    Whitespace,
}

/// Says whether capitals are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Case {
    /// `The` and `the` are two words.
    AsWritten,
    /// Words are put into lower case first.
    Lower,
}

/// A tokenizer whose tokens are words and punctuation marks.
///
/// ```
/// use tapegrad_models::tokenizer::{Case, Split, WordTokenizer};
/// let words = WordTokenizer::train(["Henry is giving a lecture"], Split::Punctuation, Case::Lower, 1);
/// let ids = words.encode("Henry is givin' a lectrue");
/// assert_eq!(words.decode(&ids), "henry is <OOV> a <OOV>");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WordTokenizer {
    split: Split,
    case: Case,
    vocabulary: Vocabulary,
}

impl WordTokenizer {
    /// Takes the vocabulary from all words that the texts hold often enough.
    ///
    /// A word seen fewer than `count_min` times is left out and becomes OOV; 1 keeps every word.
    pub fn train<'a>(
        texts: impl IntoIterator<Item = &'a str>,
        split: Split,
        case: Case,
        count_min: usize,
    ) -> WordTokenizer {
        let mut counts: HashMap<Cow<'a, str>, usize> = HashMap::new();
        for token in texts.into_iter().flat_map(|text| Tokens { rest: text, split }) {
            *counts.entry(cased(token, case)).or_default() += 1;
        }
        // The vocabulary sorts its words, so the order of the map is never seen.
        let frequent = counts
            .into_iter()
            .filter(|&(_, count)| count >= count_min)
            .map(|(word, _)| word);
        WordTokenizer {
            split,
            case,
            vocabulary: Vocabulary::new(frequent),
        }
    }

    /// Gives the tokens of a text as strings, before any look at the vocabulary.
    pub fn tokens<'a>(&self, text: &'a str) -> impl Iterator<Item = Cow<'a, str>> + use<'a> {
        let case = self.case;
        Tokens {
            rest: text,
            split: self.split,
        }
        .map(move |token| cased(token, case))
    }

    /// Gives where each token is, in bytes.
    pub(super) fn places<'a>(&self, text: &'a str) -> impl Iterator<Item = std::ops::Range<usize>> + use<'a> {
        let mut tokens = Tokens {
            rest: text,
            split: self.split,
        };
        std::iter::from_fn(move || {
            let token = tokens.next()?;
            let end = text.len() - tokens.rest.len();
            Some(end - token.len()..end)
        })
    }

    /// Gives the text after its first token.
    pub(super) fn after_first<'a>(&self, text: &'a str) -> &'a str {
        let mut tokens = Tokens {
            rest: text,
            split: self.split,
        };
        tokens.next().map_or("", |_| tokens.rest)
    }

    /// Gives one id for each token; an unknown word becomes OOV.
    pub fn encode(&self, text: &str) -> Vec<TokenId> {
        self.tokens(text).map(|token| self.vocabulary.id(&token)).collect()
    }

    /// Gives the words of some ids joined by blanks; PAD, SOS and EOS have no text.
    ///
    /// **Panics** on an id that the vocabulary does not have.
    #[track_caller]
    pub fn decode(&self, ids: &[TokenId]) -> String {
        let silent = self.vocabulary.silent();
        let words: Vec<&str> = ids
            .iter()
            .filter(|id| !silent.contains(id))
            .map(|&id| self.vocabulary.word(id))
            .collect();
        words.join(" ")
    }

    /// Gives the table of ids and words.
    pub fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }
}

fn cased(token: &str, case: Case) -> Cow<'_, str> {
    match case {
        Case::Lower if token.chars().any(|character| !character.is_lowercase()) => Cow::Owned(token.to_lowercase()),
        Case::Lower | Case::AsWritten => Cow::Borrowed(token),
    }
}

/// The tokens of a text, one after the other.
struct Tokens<'a> {
    rest: &'a str,
    split: Split,
}

impl<'a> Iterator for Tokens<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let text = self.rest.trim_start();
        let first = text.chars().next()?;
        let length = match self.split {
            Split::Whitespace => text.find(char::is_whitespace).unwrap_or(text.len()),
            Split::Punctuation => word_length(text).max(first.len_utf8()),
        };
        let (token, rest) = text.split_at(length);
        self.rest = rest;
        Some(token)
    }
}

/// Gives the number of bytes of the word at the start of a text, 0 where there is none.
fn word_length(text: &str) -> usize {
    let mut before_is_letter = false;
    for (at, character) in text.char_indices() {
        let letter = is_letter(character);
        let hyphen_inside =
            character == '-' && before_is_letter && text[at + 1..].chars().next().is_some_and(is_letter);
        if !letter && !is_apostrophe(character) && !hyphen_inside {
            return at;
        }
        before_is_letter = letter;
    }
    text.len()
}

/// Letters, digits and numbers of any script, the marks that combine with them, and the underscore.
fn is_letter(character: char) -> bool {
    character.is_alphanumeric() || unicode_ident::is_xid_continue(character)
}

fn is_apostrophe(character: char) -> bool {
    matches!(character, '\'' | '\u{2019}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn split(text: &str) -> Vec<&str> {
        Tokens {
            rest: text,
            split: Split::Punctuation,
        }
        .collect()
    }

    #[test]
    fn punctuation_is_a_token_of_its_own_as_in_the_lectures() {
        assert_eq!(split("I am Sam."), ["I", "am", "Sam", "."]);
        assert_eq!(
            split("Watch out, the narwhals are coming!"),
            ["Watch", "out", ",", "the", "narwhals", "are", "coming", "!"]
        );
        assert_eq!(
            split("How many sequences contain “narwhals are”?"),
            ["How", "many", "sequences", "contain", "“", "narwhals", "are", "”", "?"]
        );
    }

    #[test]
    fn hyphens_and_apostrophes_inside_a_word_keep_it_whole() {
        assert_eq!(
            split("That Sam-I-am! We'll be givin’ it"),
            ["That", "Sam-I-am", "!", "We'll", "be", "givin’", "it"]
        );
        assert_eq!(
            split("love--hate - -x x-"),
            ["love", "-", "-", "hate", "-", "-", "x", "x", "-"]
        );
    }

    #[test]
    fn words_of_any_script_stay_whole() {
        let words = [
            "क्षत्रिय",
            "Ångström",
            "A\u{30a}ngstro\u{308}m",
            "שָׁלוֹם",
            "مرحبا",
            "Ⅷ",
            "½",
            "一二三",
            "snake_case",
        ];
        for word in words {
            assert_eq!(split(word), [word]);
        }
    }

    #[test]
    fn the_lectures_typos_are_oov() {
        let words = WordTokenizer::train(
            ["Henry is giving a lecture on transformers"],
            Split::Punctuation,
            Case::Lower,
            1,
        );
        let tokens: Vec<_> = words.tokens("Henry is giving a lecture on transformers").collect();
        assert_eq!(tokens, ["henry", "is", "giving", "a", "lecture", "on", "transformers"]);
        let ids = words.encode("Henry is givin’ a lectrue on transformers");
        let shown: Vec<&str> = ids.iter().map(|&id| words.vocabulary().word(id)).collect();
        assert_eq!(shown, ["henry", "is", "<OOV>", "a", "<OOV>", "on", "transformers"]);
    }

    #[test]
    fn rare_words_are_left_out_of_the_vocabulary() {
        let words = WordTokenizer::train(["a b a", "b c"], Split::Whitespace, Case::AsWritten, 2);
        assert_eq!(words.vocabulary().words(), ["a", "b"]);
    }

    #[test]
    fn whitespace_mode_keeps_punctuation_attached() {
        let words = WordTokenizer::train(["don't, stop"], Split::Whitespace, Case::AsWritten, 1);
        assert_eq!(words.vocabulary().words(), ["don't,", "stop"]);
    }

    proptest! {
        #[test]
        fn only_blanks_are_lost_by_splitting(text in any::<String>()) {
            let kept: String = split(&text).concat();
            let expected: String = text.chars().filter(|character| !character.is_whitespace()).collect();
            prop_assert_eq!(kept, expected);
        }

        #[test]
        fn ids_survive_decoding_and_encoding(text in "[a-cA-C'’.,!“ -]{0,40}") {
            for mode in [Split::Punctuation, Split::Whitespace] {
                let words = WordTokenizer::train([text.as_str()], mode, Case::AsWritten, 1);
                let ids = words.encode(&text);
                prop_assert_eq!(words.encode(&words.decode(&ids)), ids);
            }
        }
    }
}
