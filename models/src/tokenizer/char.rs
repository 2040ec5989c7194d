//! The character tokenizer: one token for each Unicode scalar value.
//!
//! It needs no rules about scripts and loses nothing: text made of known characters comes back exactly. The price is
//! long sequences. It suits logographic scripts, where a character already carries a meaning (LECTURES row D8).

use super::vocabulary::{TokenId, Vocabulary};
use serde::{Deserialize, Deserializer, Serialize, de::Error};
use std::collections::BTreeSet;

/// A tokenizer whose tokens are characters.
///
/// ```
/// use tapegrad_models::tokenizer::CharTokenizer;
/// let chars = CharTokenizer::train("漢字 kanji");
/// assert_eq!(chars.decode(&chars.encode("kanji 字漢")), "kanji 字漢");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CharTokenizer {
    #[serde(deserialize_with = "single_characters")]
    vocabulary: Vocabulary,
}

impl CharTokenizer {
    /// Takes the vocabulary from all characters of a text.
    pub fn train(text: &str) -> CharTokenizer {
        let characters: BTreeSet<char> = text.chars().collect();
        CharTokenizer {
            vocabulary: Vocabulary::new(characters),
        }
    }

    /// Gives one id for each character; an unknown character becomes OOV.
    pub fn encode(&self, text: &str) -> Vec<TokenId> {
        text.chars()
            .map(|character| self.vocabulary.id(character.encode_utf8(&mut [0; 4])))
            .collect()
    }

    /// Gives the text of some ids, with U+FFFD for OOV and nothing for PAD, SOS, EOS.
    ///
    /// **Panics** on an id that the vocabulary does not have.
    #[track_caller]
    pub fn decode(&self, ids: &[TokenId]) -> String {
        let silent = self.vocabulary.silent();
        let shown = ids.iter().filter(|id| !silent.contains(id));
        shown
            .map(|&id| {
                if id == self.vocabulary.oov() {
                    "\u{fffd}"
                } else {
                    self.vocabulary.word(id)
                }
            })
            .collect()
    }

    /// Gives the table of ids and characters.
    pub fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }
}

fn single_characters<'de, D: Deserializer<'de>>(json: D) -> Result<Vocabulary, D::Error> {
    let vocabulary = Vocabulary::deserialize(json)?;
    match vocabulary.words().iter().find(|word| word.chars().count() != 1) {
        None => Ok(vocabulary),
        Some(word) => Err(D::Error::custom(format!(
            "each entry must be one character; `{}` is not",
            word.escape_debug()
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_unknown_character_is_oov_and_is_shown_as_such() {
        let chars = CharTokenizer::train("abc");
        let ids = chars.encode("a漢c");
        assert_eq!(ids, [1, chars.vocabulary().oov(), 3]);
        assert_eq!(chars.decode(&ids), "a\u{fffd}c");
    }

    #[test]
    fn markers_have_no_text() {
        let chars = CharTokenizer::train("ab");
        let vocabulary = chars.vocabulary();
        assert_eq!(chars.decode(&[vocabulary.sos(), 1, 2, vocabulary.eos(), 0]), "ab");
    }

    proptest! {
        #[test]
        fn decoding_undoes_encoding_in_any_script(text in any::<String>()) {
            let chars = CharTokenizer::train(&text);
            prop_assert_eq!(chars.decode(&chars.encode(&text)), text);
        }

        #[test]
        fn known_characters_come_back_from_a_vocabulary_of_other_text(corpus in "[a-e漢字👩🏽\u{301}]{1,40}", seed in any::<u64>()) {
            let chars = CharTokenizer::train(&corpus);
            let letters: Vec<char> = corpus.chars().collect();
            let text: String = (0..20).map(|i| letters[(seed.rotate_left(i) % letters.len() as u64) as usize]).collect();
            prop_assert_eq!(chars.decode(&chars.encode(&text)), text);
        }
    }
}
