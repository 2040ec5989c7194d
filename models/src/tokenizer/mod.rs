//! Text to token ids and back: words, characters or parts of words, one vocabulary.
//!
//! A [`Tokenizer`] is saved as JSON beside a checkpoint. Its [`fingerprint`](Tokenizer::fingerprint) is stored in the
//! checkpoint, so that weights trained on another vocabulary are noticed before they produce nonsense.

mod char;
pub mod subword;
mod vocabulary;
mod word;

pub use self::char::CharTokenizer;
pub use self::subword::{Algorithm, Encoding, FileError, Special, SubwordTokenizer, TrainError as TrainTokenizerError};
pub use self::vocabulary::{TokenId, Vocabulary, VocabularyError};
pub use self::word::{Case, Split, WordTokenizer};

use crate::fingerprint::fingerprint;
use serde::{Deserialize, Serialize};

/// Turns text into token ids and ids into text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Tokenizer {
    /// Words and punctuation marks.
    Word(WordTokenizer),
    /// Unicode characters.
    Char(CharTokenizer),
    /// Parts of words. Its JSON form is a `tokenizer.json`, which other tools read.
    #[serde(skip)]
    Subword(Box<SubwordTokenizer>),
}

/// Says why a saved tokenizer cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TokenizerError {
    /// It is not JSON, or no tokenizer of words or characters.
    #[error("this is not a saved tokenizer: {0}; use the tokenizer file beside the checkpoint")]
    Json(#[from] serde_json::Error),
    /// It is a `tokenizer.json` with something in it that cannot be used.
    #[error("{0}")]
    File(#[from] FileError),
}

impl Tokenizer {
    /// Gives the ids of a text; what is not in the vocabulary becomes OOV.
    pub fn encode(&self, text: &str) -> Vec<TokenId> {
        match self {
            Tokenizer::Word(words) => words.encode(text),
            Tokenizer::Char(chars) => chars.encode(text),
            Tokenizer::Subword(subwords) => subwords.ids(text),
        }
    }

    /// Gives the ids of a text and where each token is, in characters; of parts of words also the special tokens that
    /// belong around a text, if they are to be there.
    pub fn encode_with_offsets(&self, text: &str, special: Special) -> Encoding {
        match self {
            Tokenizer::Word(words) => {
                let mut at = (0, 0);
                let offsets = words.places(text).map(|place| {
                    at.1 += text[at.0..place.start].chars().count();
                    let start = at.1;
                    at = (place.end, start + text[place].chars().count());
                    (start, at.1)
                });
                Encoding {
                    offsets: offsets.collect(),
                    ids: words.encode(text),
                    unknown: Vec::new(),
                }
            }
            Tokenizer::Char(chars) => {
                let ids = chars.encode(text);
                let offsets = (0..ids.len()).map(|at| (at, at + 1)).collect();
                Encoding {
                    ids,
                    offsets,
                    unknown: Vec::new(),
                }
            }
            Tokenizer::Subword(subwords) => subwords.encode(text, special),
        }
    }

    /// Gives the names of the tokens of a text, as the library of `tokenizer.json` does: what a Unigram model does not
    /// know is named by its text.
    pub fn names<'a>(&'a self, encoding: &'a Encoding) -> Vec<&'a str> {
        let name = |&id: &TokenId| self.vocabulary().word(id);
        let mut names: Vec<&str> = encoding.ids.iter().map(name).collect();
        encoding.unknown.iter().for_each(|(at, text)| names[*at] = text);
        names
    }

    /// Gives the token of what is not in the vocabulary.
    pub fn unknown(&self) -> TokenId {
        let own = match self {
            Tokenizer::Word(_) | Tokenizer::Char(_) => None,
            Tokenizer::Subword(subwords) => subwords.unknown(),
        };
        own.unwrap_or(self.vocabulary().oov())
    }

    /// Gives the text of some ids; PAD, SOS and EOS have no text.
    ///
    /// **Panics** on an id that the vocabulary does not have.
    #[track_caller]
    pub fn decode(&self, ids: &[TokenId]) -> String {
        match self {
            Tokenizer::Word(words) => words.decode(ids),
            Tokenizer::Char(chars) => chars.decode(ids),
            Tokenizer::Subword(subwords) => subwords.decode(ids, Special::Added),
        }
    }

    /// Gives the text that some ids add to that of the ids before them.
    ///
    /// Parts of words may have another text at the beginning than after other tokens, or be bytes of one character
    /// with those before them.
    pub fn decode_after(&self, before: &[TokenId], ids: &[TokenId]) -> String {
        match self {
            Tokenizer::Word(_) | Tokenizer::Char(_) => self.decode(ids),
            Tokenizer::Subword(_) => {
                let whole = self.decode(&[before, ids].concat());
                let known = self.decode(before);
                whole
                    .strip_prefix(known.as_str())
                    .map_or_else(|| self.decode(ids), str::to_string)
            }
        }
    }

    /// Gives the text after its first token, blanks before the next one included.
    pub fn after_first<'a>(&self, text: &'a str) -> &'a str {
        match self {
            Tokenizer::Word(words) => words.after_first(text),
            Tokenizer::Subword(subwords) => {
                let end = subwords
                    .encode(text, Special::LeftOut)
                    .offsets
                    .first()
                    .map_or(0, |place| place.1);
                text.char_indices().nth(end).map_or("", |(at, _)| &text[at..])
            }
            Tokenizer::Char(_) => text.chars().next().map_or("", |first| &text[first.len_utf8()..]),
        }
    }

    /// Gives the text between two texts, so that the tokens of both are those of the whole: a blank between words.
    pub fn between(&self, before: &str, after: &str) -> &'static str {
        let joins = |text: &str, end: Option<char>| text.is_empty() || end.is_some_and(char::is_whitespace);
        match self {
            Tokenizer::Char(_) | Tokenizer::Subword(_) => "",
            Tokenizer::Word(_) if joins(before, before.chars().last()) || after.is_empty() => "",
            Tokenizer::Word(_) => " ",
        }
    }

    /// Gives the table of ids and words.
    pub fn vocabulary(&self) -> &Vocabulary {
        match self {
            Tokenizer::Word(words) => words.vocabulary(),
            Tokenizer::Char(chars) => chars.vocabulary(),
            Tokenizer::Subword(subwords) => subwords.vocabulary(),
        }
    }

    /// Gives the tokenizer as one JSON document.
    pub fn to_json(&self) -> String {
        let text = match self {
            Tokenizer::Subword(subwords) => serde_json::to_string(subwords.document()),
            Tokenizer::Word(_) | Tokenizer::Char(_) => serde_json::to_string(self),
        };
        text.expect("a tokenizer is strings and names, which JSON can always hold")
    }

    /// Reads a tokenizer that [`to_json`](Tokenizer::to_json) wrote, or the `tokenizer.json` of another tool.
    ///
    /// **Errors** when the text is not JSON, not a tokenizer, or its vocabulary is out of order.
    pub fn from_json(json: &str) -> Result<Tokenizer, TokenizerError> {
        let document: serde_json::Value = serde_json::from_str(json)?;
        if document.get("kind").is_some() {
            return Ok(serde_json::from_value(document)?);
        }
        Ok(Tokenizer::Subword(Box::new(SubwordTokenizer::from_document(document)?)))
    }

    /// Gives the fingerprint of the JSON form: 16 hexadecimal digits that change with any change of the tokenizer.
    pub fn fingerprint(&self) -> String {
        fingerprint(self.to_json().bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(lines: &[&str]) -> Tokenizer {
        Tokenizer::Word(WordTokenizer::train(
            lines.iter().copied(),
            Split::Punctuation,
            Case::Lower,
            1,
        ))
    }

    #[test]
    fn a_tokenizer_survives_json() {
        for tokenizer in [
            words(&["I am Sam ."]),
            Tokenizer::Char(CharTokenizer::train("漢字 \u{0} \"\\")),
        ] {
            let again = Tokenizer::from_json(&tokenizer.to_json()).unwrap();
            assert_eq!(again, tokenizer);
            assert_eq!(again.fingerprint(), tokenizer.fingerprint());
        }
    }

    #[test]
    fn the_json_form_can_be_read_by_people() {
        insta::assert_snapshot!(
            words(&["I am Sam ."]).to_json(),
            @r#"{"kind":"word","split":"punctuation","case":"lower","vocabulary":[".","am","i","sam"]}"#
        );
    }

    #[test]
    fn the_fingerprint_tells_vocabularies_and_kinds_apart() {
        let fingerprints = [
            words(&["a b"]).fingerprint(),
            words(&["a c"]).fingerprint(),
            words(&["ab"]).fingerprint(),
            Tokenizer::Char(CharTokenizer::train("ab")).fingerprint(),
        ];
        for (i, one) in fingerprints.iter().enumerate() {
            assert!(fingerprints[..i].iter().all(|other| other != one), "{fingerprints:?}");
        }
    }

    #[test]
    fn damaged_tokenizer_files_are_refused() {
        for (json, why) in [
            (r#"{"kind":"char","vocabulary":["b","a"]}"#, "out of order"),
            (r#"{"kind":"char","vocabulary":["a","a"]}"#, "out of order"),
            (r#"{"kind":"char","vocabulary":["ab"]}"#, "one character"),
            (r#"{"kind":"letters","vocabulary":["a"]}"#, "unknown variant"),
            (r#"{"kind":"char","vocab"#, "EOF"),
        ] {
            let message = Tokenizer::from_json(json).unwrap_err().to_string();
            assert!(message.contains(why), "{json} gave: {message}");
        }
    }
}
