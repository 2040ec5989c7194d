//! The table of token ids.
//!
//! The layout is the lectures': `PAD` is 0, then the words in the order of their code points, which puts capitals
//! before small letters. The three other markers come after the words, so that a word's id is the one printed on the
//! slides:
//!
//! | id | 0 | 1 ..= W | W + 1 | W + 2 | W + 3 |
//! |---|---|---|---|---|---|
//! | token | `<PAD>` | the W words | `<SOS>` | `<EOS>` | `<OOV>` |
//!
//! **Source**: the vocabulary 0..56 of the decks' table on padding and truncation (LECTURES row D4).

use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashMap};

/// The number of a token in its vocabulary.
pub type TokenId = u32;

/// The padding token, and the label that no loss counts; its id is always 0.
pub const PAD: TokenId = 0;

const MARKERS_AFTER_WORDS: [&str; 3] = ["<SOS>", "<EOS>", "<OOV>"];

/// The words of a corpus and their ids, with the four markers.
///
/// The order depends on the set of words alone, never on the text's order, so two runs agree on every id.
///
/// ```
/// use tapegrad_models::tokenizer::Vocabulary;
/// let vocabulary = Vocabulary::new(["am", "Sam", "I", "am"]);
/// assert_eq!((vocabulary.id("I"), vocabulary.id("Sam"), vocabulary.id("am")), (1, 2, 3));
/// assert_eq!(vocabulary.id("ham"), vocabulary.oov());
/// assert_eq!(vocabulary.size(), 7);
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct Vocabulary {
    words: Vec<String>,
    ids: HashMap<String, TokenId>,
}

/// Says why a list of words is not a vocabulary.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum VocabularyError {
    /// The words of a saved vocabulary must rise in code point order.
    #[error("the vocabulary is out of order: word {index}, {word:?}, should come before {previous:?} or is repeated")]
    OutOfOrder {
        /// Position of the offending word in the list, from 0.
        index: usize,
        /// The offending word.
        word: String,
        /// The word before it.
        previous: String,
    },
}

impl Vocabulary {
    /// Makes the vocabulary of a set of words, in any order, with repeats.
    pub fn new<W: Into<String>>(words: impl IntoIterator<Item = W>) -> Vocabulary {
        let words: BTreeSet<String> = words.into_iter().map(Into::into).collect();
        Vocabulary::from_sorted(words.into_iter().collect())
    }

    /// Gives the number of ids: the words and the four markers.
    pub fn size(&self) -> usize {
        self.words.len() + 1 + MARKERS_AFTER_WORDS.len()
    }

    /// Gives the id of a word, or of OOV when the vocabulary lacks it.
    ///
    /// A word of the text that is spelt like a marker, say `<PAD>`, is a word and never the marker.
    pub fn id(&self, word: &str) -> TokenId {
        self.ids.get(word).copied().unwrap_or(self.oov())
    }

    /// Gives the word of an id, or the name of a marker in angle brackets.
    ///
    /// **Panics** on an id that the vocabulary does not have.
    #[track_caller]
    pub fn word(&self, id: TokenId) -> &str {
        let index = id as usize;
        match index.checked_sub(1) {
            None => "<PAD>",
            Some(word) if word < self.words.len() => &self.words[word],
            Some(after) => MARKERS_AFTER_WORDS.get(after - self.words.len()).unwrap_or_else(|| {
                panic!("vocabulary: word(id) needs id below {}; id is {id}", self.size());
            }),
        }
    }

    /// Gives the ordinary words in the order of their ids, without markers.
    pub fn words(&self) -> &[String] {
        &self.words
    }

    /// Says whether an id is one of PAD, SOS, EOS, OOV.
    pub fn is_marker(&self, id: TokenId) -> bool {
        id == PAD || id as usize > self.words.len()
    }

    /// Gives the id of the marker that starts a sentence.
    pub fn sos(&self) -> TokenId {
        self.after_words(0)
    }

    /// Gives the id of the marker that ends a sentence.
    pub fn eos(&self) -> TokenId {
        self.after_words(1)
    }

    /// Gives the id that stands for every word outside the vocabulary.
    pub fn oov(&self) -> TokenId {
        self.after_words(2)
    }

    /// Gives the ids that can never be a label: PAD and SOS.
    pub fn never_predicted(&self) -> [TokenId; 2] {
        [PAD, self.sos()]
    }

    fn after_words(&self, offset: usize) -> TokenId {
        TokenId::try_from(self.words.len() + 1 + offset).expect("from_sorted has checked that ids fit")
    }

    fn from_sorted(words: Vec<String>) -> Vocabulary {
        let last = TokenId::try_from(words.len() + MARKERS_AFTER_WORDS.len());
        last.expect("a vocabulary of four thousand million words does not fit into memory");
        let ids = words.iter().cloned().zip(1..).collect();
        Vocabulary { words, ids }
    }
}

/// Two vocabularies are equal when they give every word the same id.
impl PartialEq for Vocabulary {
    fn eq(&self, other: &Vocabulary) -> bool {
        self.words == other.words
    }
}

impl Eq for Vocabulary {}

impl TryFrom<Vec<String>> for Vocabulary {
    type Error = VocabularyError;

    fn try_from(words: Vec<String>) -> Result<Vocabulary, VocabularyError> {
        match words.windows(2).position(|pair| pair[0] >= pair[1]) {
            None => Ok(Vocabulary::from_sorted(words)),
            Some(at) => Err(VocabularyError::OutOfOrder {
                index: at + 1,
                word: words[at + 1].clone(),
                previous: words[at].clone(),
            }),
        }
    }
}

impl From<Vocabulary> for Vec<String> {
    fn from(vocabulary: Vocabulary) -> Vec<String> {
        vocabulary.words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capitals_come_first_and_markers_surround_the_words() {
        let vocabulary = Vocabulary::new(["the", "The", "a", "We'll", "the"]);
        let table: Vec<&str> = (0..vocabulary.size() as TokenId)
            .map(|id| vocabulary.word(id))
            .collect();
        assert_eq!(table, ["<PAD>", "The", "We'll", "a", "the", "<SOS>", "<EOS>", "<OOV>"]);
        assert_eq!([vocabulary.sos(), vocabulary.eos(), vocabulary.oov()], [5, 6, 7]);
        assert!([0, 5, 6, 7].iter().all(|&id| vocabulary.is_marker(id)));
        assert!((1..=4).all(|id| !vocabulary.is_marker(id)));
    }

    #[test]
    fn a_word_spelt_like_a_marker_is_a_word() {
        let vocabulary = Vocabulary::new(["<PAD>", "x"]);
        assert_eq!(vocabulary.id("<PAD>"), 1);
        assert_eq!(vocabulary.id("<EOS>"), vocabulary.oov());
    }

    #[test]
    fn the_empty_vocabulary_has_only_markers() {
        let vocabulary = Vocabulary::new(Vec::<String>::new());
        assert_eq!(vocabulary.size(), 4);
        assert_eq!(vocabulary.id("x"), 3);
    }

    #[test]
    #[should_panic(expected = "needs id below 5; id is 5")]
    fn a_foreign_id_panics_with_the_range() {
        Vocabulary::new(["x"]).word(5);
    }
}
