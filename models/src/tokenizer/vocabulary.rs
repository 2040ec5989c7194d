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
//!
//! A vocabulary that was made elsewhere keeps its ids ([`Vocabulary::listed`]): its first token has id 0, it has no PAD,
//! and SOS, EOS and OOV come after its last token.

use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashMap, HashSet};

/// The number of a token in its vocabulary.
pub type TokenId = u32;

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
#[serde(try_from = "Saved", into = "Saved")]
pub struct Vocabulary {
    words: Vec<String>,
    ids: HashMap<String, TokenId>,
    /// The id of the first word: 1 after PAD, 0 where there is no PAD.
    first: TokenId,
}

/// A vocabulary as JSON: its words in order, or `{"listed": ...}` for one whose words have the ids 0, 1, ...
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Saved {
    Sorted(Vec<String>),
    Listed { listed: Vec<String> },
}

/// Says why a list of words is not a vocabulary.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum VocabularyError {
    /// The words of a saved vocabulary must rise in code point order.
    #[error(
        "the vocabulary is out of order: word {index}, `{}`, should come before `{}` or is repeated",
        word.escape_debug(),
        previous.escape_debug()
    )]
    OutOfOrder {
        /// Position of the offending word in the list, from 0.
        index: usize,
        /// The offending word.
        word: String,
        /// The word before it.
        previous: String,
    },
    /// Each token of a listed vocabulary must stand in it once.
    #[error("the vocabulary lists `{}` twice, the second time as token {index}", word.escape_debug())]
    Repeated {
        /// Position of the second one in the list, from 0.
        index: usize,
        /// The token.
        word: String,
    },
}

impl Vocabulary {
    /// Makes the vocabulary of a set of words, in any order, with repeats.
    pub fn new<W: Into<String>>(words: impl IntoIterator<Item = W>) -> Vocabulary {
        let words: BTreeSet<String> = words.into_iter().map(Into::into).collect();
        Vocabulary::from_sorted(words.into_iter().collect())
    }

    /// Takes a vocabulary that was made elsewhere: the first token has id 0, and no id is PAD.
    ///
    /// **Errors** if a token is listed twice.
    ///
    /// ```
    /// use tapegrad_models::tokenizer::Vocabulary;
    /// let vocabulary = Vocabulary::listed(["the".to_string(), "a".to_string()])?;
    /// assert_eq!((vocabulary.id("the"), vocabulary.pad(), vocabulary.sos()), (0, None, 2));
    /// # Ok::<(), tapegrad_models::tokenizer::VocabularyError>(())
    /// ```
    pub fn listed(words: impl IntoIterator<Item = String>) -> Result<Vocabulary, VocabularyError> {
        let words: Vec<String> = words.into_iter().collect();
        let mut seen = HashSet::new();
        match words.iter().position(|word| !seen.insert(word)) {
            None => Ok(Vocabulary::of(words, 0)),
            Some(index) => Err(VocabularyError::Repeated {
                index,
                word: words[index].clone(),
            }),
        }
    }

    /// Gives the number of ids: the words and the markers.
    pub fn size(&self) -> usize {
        self.first as usize + self.words.len() + MARKERS_AFTER_WORDS.len()
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
        match (id as usize).checked_sub(self.first as usize) {
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
        id < self.first || id >= self.sos()
    }

    /// Gives the id of the padding marker, if the vocabulary has one.
    pub fn pad(&self) -> Option<TokenId> {
        (self.first > 0).then_some(0)
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

    /// Gives the markers that have no text: PAD, if there is one, SOS and EOS.
    pub fn silent(&self) -> Vec<TokenId> {
        self.pad().into_iter().chain([self.sos(), self.eos()]).collect()
    }

    /// Gives the ids that can never be a label of a sentence: PAD, if there is one, and SOS.
    pub fn never_predicted(&self) -> Vec<TokenId> {
        self.pad().into_iter().chain([self.sos()]).collect()
    }

    fn after_words(&self, offset: usize) -> TokenId {
        let id = self.first as usize + self.words.len() + offset;
        TokenId::try_from(id).expect("it was checked that ids fit when the vocabulary was made")
    }

    fn from_sorted(words: Vec<String>) -> Vocabulary {
        Vocabulary::of(words, 1)
    }

    fn of(words: Vec<String>, first: TokenId) -> Vocabulary {
        let last = TokenId::try_from(words.len() + 1 + MARKERS_AFTER_WORDS.len());
        last.expect("a vocabulary of four thousand million words does not fit into memory");
        let ids = words.iter().cloned().zip(first..).collect();
        Vocabulary { words, ids, first }
    }
}

/// Two vocabularies are equal when they give every word the same id.
impl PartialEq for Vocabulary {
    fn eq(&self, other: &Vocabulary) -> bool {
        (self.first, &self.words) == (other.first, &other.words)
    }
}

impl Eq for Vocabulary {}

impl TryFrom<Saved> for Vocabulary {
    type Error = VocabularyError;

    fn try_from(saved: Saved) -> Result<Vocabulary, VocabularyError> {
        let words = match saved {
            Saved::Listed { listed } => return Vocabulary::listed(listed),
            Saved::Sorted(words) => words,
        };
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

impl From<Vocabulary> for Saved {
    fn from(vocabulary: Vocabulary) -> Saved {
        let Vocabulary { words, first, .. } = vocabulary;
        if first == 0 {
            Saved::Listed { listed: words }
        } else {
            Saved::Sorted(words)
        }
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
    fn a_listed_vocabulary_keeps_its_ids_and_has_no_pad() {
        let vocabulary = Vocabulary::listed(["\n", "b", "a"].map(str::to_string)).unwrap();
        let table: Vec<&str> = (0..vocabulary.size() as TokenId)
            .map(|id| vocabulary.word(id))
            .collect();
        assert_eq!(table, ["\n", "b", "a", "<SOS>", "<EOS>", "<OOV>"]);
        assert_eq!((vocabulary.id("\n"), vocabulary.id("?")), (0, vocabulary.oov()));
        assert_eq!(vocabulary.never_predicted(), [vocabulary.sos()]);
        assert!(!vocabulary.is_marker(0) && vocabulary.is_marker(3));
        let json = serde_json::to_string(&vocabulary).unwrap();
        assert_eq!(json, r#"{"listed":["\n","b","a"]}"#);
        assert_eq!(serde_json::from_str::<Vocabulary>(&json).unwrap(), vocabulary);
        let twice = Vocabulary::listed(["a", "b", "a"].map(str::to_string)).unwrap_err();
        assert_eq!(
            twice.to_string(),
            "the vocabulary lists `a` twice, the second time as token 2"
        );
    }

    #[test]
    #[should_panic(expected = "needs id below 5; id is 5")]
    fn a_foreign_id_panics_with_the_range() {
        Vocabulary::new(["x"]).word(5);
    }
}
