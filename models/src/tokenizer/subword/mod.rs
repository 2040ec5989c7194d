//! Parts of words as tokens: nothing is unknown, and no text needs a vocabulary of all its words.
//!
//! A text is cut into words ([`steps`]), and each word into tokens by one of three algorithms: byte-pair encoding
//! ([`bpe`]), WordPiece ([`wordpiece`]) or Unigram ([`unigram`]). Each can be learnt from a text (`train`), and each is
//! kept as a `tokenizer.json` ([`file`]), which other tools read and write.
//!
//! | | begins with | learns | cuts | comes back exactly |
//! |---|---|---|---|---|
//! | byte-pair encoding | 256 bytes | the most frequent pair, again and again | by the merges in their order | yes |
//! | WordPiece | characters | the pair that makes the text most likely | the longest piece first | no: spaces are lost |
//! | Unigram | too many pieces | which of them to drop | the most probable cut | yes, without `▁` and names of bytes |
//!
//! Offsets are in characters of the text as it was written, whatever the steps make of it (`aligned`).

mod added;
mod aligned;
pub mod bpe;
pub mod bytes;
mod file;
pub mod model;
pub mod steps;
mod train;
mod trie;
pub mod unigram;
pub mod wordpiece;

use serde_json::Value;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

pub use self::aligned::Place;
pub use self::train::{Algorithm, TrainError};
pub use crate::fields::FileError;

use self::added::Finder;
use self::aligned::Aligned;
use self::bpe::merging::Symbol;
use self::model::{Cut, Model};
use self::steps::decoder::Decoder;
use self::steps::normalizer::Normalizer;
use self::steps::post_processor::PostProcessor;
use self::steps::pre_tokenizer::{Behaviour, PreTokenizer};
use super::vocabulary::{TokenId, Vocabulary};

/// A tokenizer whose tokens are parts of words.
///
/// ```
/// use tapegrad_models::tokenizer::{Algorithm, Special, SubwordTokenizer};
/// let text = "low lower lowest, new newer newest ".repeat(9);
/// let tokenizer = SubwordTokenizer::train(Algorithm::Bpe, &text, 270, &[])?;
/// let encoding = tokenizer.encode("lowest 漢", Special::LeftOut);
/// assert_eq!(tokenizer.decode(&encoding.ids, Special::Added), "lowest 漢");
/// # Ok::<(), tapegrad_models::tokenizer::TrainTokenizerError>(())
/// ```
#[derive(Clone, Debug)]
pub struct SubwordTokenizer {
    /// The added tokens that are found in the text as it was written.
    plain: Finder,
    /// Those that are found in the normalised text.
    normalised: Finder,
    spelt: HashMap<TokenId, String>,
    special: HashSet<TokenId>,
    normalizer: Option<Normalizer>,
    pre_tokenizer: Option<PreTokenizer>,
    model: Model,
    post_processor: Option<PostProcessor>,
    decoder: Option<Decoder>,
    vocabulary: Vocabulary,
    /// The file: what was read, or what a trained tokenizer would be read from.
    document: Value,
}

/// Whether special tokens, such as those at the beginning and the end of a text, are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Special {
    /// They are.
    Added,
    /// They are not.
    LeftOut,
}

/// A text as tokens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Encoding {
    /// The tokens.
    pub ids: Vec<TokenId>,
    /// Where in the text each token is, in characters; `(0, 0)` for a token that was added.
    pub offsets: Vec<Place>,
    /// The text of each token whose name does not tell it, by its index: what a Unigram model does not know.
    pub unknown: Vec<(usize, String)>,
}

/// A token with its place, on the way to an encoding.
#[derive(Clone, Debug)]
pub struct Piece {
    /// The token.
    pub id: TokenId,
    /// Where in the text it is.
    pub place: Place,
    /// How many blanks its name has at the beginning and at the end.
    pub blanks: (usize, usize),
    /// What it stands for, where its name does not tell.
    pub unknown: Option<String>,
}

/// Words up to this many bytes are cut once and remembered.
const REMEMBERED_MAX: usize = 64;

impl SubwordTokenizer {
    /// Learns a tokenizer of `size` tokens from a text; the special tokens come first.
    ///
    /// **Errors** if the size is too small for what every vocabulary of the algorithm holds.
    pub fn train(algorithm: Algorithm, text: &str, size: usize, special: &[String]) -> Result<Self, TrainError> {
        train::train(algorithm, text, size, special)
    }

    /// Reads a tokenizer from the text of a `tokenizer.json`.
    ///
    /// **Errors** with the place in the file and what is wrong there.
    pub fn from_json(json: &str) -> Result<Self, FileError> {
        let document = serde_json::from_str(json).map_err(|error| {
            let place = format!("line {}, column {}", error.line(), error.column());
            FileError::new(place, "this is not JSON")
        })?;
        Self::from_document(document)
    }

    /// Reads a tokenizer from a JSON document.
    ///
    /// **Errors** with the place in the document and what is wrong there.
    pub fn from_document(document: Value) -> Result<Self, FileError> {
        file::read(document)
    }

    /// The document of its file.
    pub fn document(&self) -> &Value {
        &self.document
    }

    /// How it cuts a word.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// The table of ids and tokens.
    pub fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    /// The token of what is no token, if there is one.
    pub fn unknown(&self) -> Option<TokenId> {
        self.model.unknown()
    }

    /// The tokens of a text and where they are.
    pub fn encode(&self, text: &str, special: Special) -> Encoding {
        let mut pieces = self.pieces(text);
        if let Some(post_processor) = &self.post_processor {
            post_processor.apply(&mut pieces, special == Special::Added);
        }
        let mut encoding = Encoding::default();
        for (at, piece) in pieces.into_iter().enumerate() {
            encoding.ids.push(piece.id);
            encoding.offsets.push(piece.place);
            encoding.unknown.extend(piece.unknown.map(|text| (at, text)));
        }
        encoding
    }

    /// The ids of a text without special tokens that are added.
    ///
    /// Byte-level tokenizers take the way without offsets, which copies no text; the others that of
    /// [`encode`](Self::encode).
    pub fn ids(&self, text: &str) -> Vec<TokenId> {
        match self.byte_words() {
            Some((words, bytes)) => self.ids_of_bytes(text, &words, bytes),
            None => self.pieces(text).into_iter().map(|piece| piece.id).collect(),
        }
    }

    /// The words that a text is cut into before it is cut into tokens, as the model sees them.
    pub fn words(&self, text: &str) -> Vec<String> {
        let mut words = Vec::new();
        self.segments(text, |segment| {
            if let Segment::Text(text) = segment {
                words.extend(self.cut_up(text).into_iter().map(|word| word.text().to_string()));
            }
        });
        words
    }

    /// The text of some tokens; special ones have a text if they are to be there.
    ///
    /// **Panics** on an id that the vocabulary does not have.
    #[track_caller]
    pub fn decode(&self, ids: &[TokenId], special: Special) -> String {
        let silent = self.vocabulary.silent();
        let is_shown =
            |id: &&TokenId| !silent.contains(id) && (special == Special::Added || !self.special.contains(id));
        let name = |&id: &TokenId| match self.spelt.get(&id) {
            Some(name) => name.clone(),
            None if id == self.vocabulary.oov() => "\u{fffd}".to_string(),
            None => self.vocabulary.word(id).to_string(),
        };
        let names: Vec<String> = ids.iter().filter(is_shown).map(name).collect();
        match &self.decoder {
            Some(decoder) => decoder.apply(names).concat(),
            None => names.join(" "),
        }
    }

    fn pieces(&self, text: &str) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let mut remembered: HashMap<String, Vec<Cut>> = HashMap::new();
        self.segments(text, |segment| match segment {
            Segment::Token(id, place, blanks) => pieces.push(Piece {
                id,
                place,
                blanks,
                unknown: None,
            }),
            Segment::Text(text) => {
                for word in self.cut_up(text) {
                    let cuts = match remembered.get(word.text()) {
                        Some(cuts) => cuts,
                        None if word.text().len() <= REMEMBERED_MAX => remembered
                            .entry(word.text().to_string())
                            .or_insert(self.model.cut(word.text())),
                        None => &self.model.cut(word.text()),
                    };
                    let places = word.places(cuts.iter().map(|cut| &cut.bytes));
                    let is_told = |cut: &Cut| !matches!(&self.model, Model::Unigram(own) if own.unknown() == cut.id);
                    pieces.extend(cuts.iter().zip(places).map(|(cut, place)| Piece {
                        id: cut.id,
                        place,
                        blanks: blanks(self.vocabulary.word(cut.id)),
                        unknown: (!is_told(cut)).then(|| word.text()[cut.bytes.clone()].to_string()),
                    }));
                }
            }
        });
        pieces
    }

    /// Tells the added tokens of a text and what is between them, which is normalised.
    fn segments(&self, text: &str, mut told: impl FnMut(Segment)) {
        let token = |id, text: &Aligned| {
            let places = text.places(std::slice::from_ref(&(0..text.text().len())));
            Segment::Token(id, places[0], blanks(text.text()))
        };
        let mut start = 0;
        for (range, id) in self.plain.parts(text) {
            let mut part = Aligned::new(&text[range], start);
            start = part.end();
            if let Some(id) = id {
                told(token(id, &part));
                continue;
            }
            if let Some(normalizer) = &self.normalizer {
                normalizer.apply(&mut part);
            }
            if self.normalised.is_empty() {
                told(Segment::Text(part));
                continue;
            }
            let found = self.normalised.parts(part.text());
            let ranges = found.iter().map(|(range, _)| range.clone());
            for (part, (_, id)) in part.parts(ranges).into_iter().zip(&found) {
                told(match id {
                    Some(id) => token(*id, &part),
                    None => Segment::Text(part),
                });
            }
        }
    }

    fn cut_up(&self, text: Aligned) -> Vec<Aligned> {
        let words = match &self.pre_tokenizer {
            Some(pre_tokenizer) => pre_tokenizer.apply(text),
            None => vec![text],
        };
        words.into_iter().filter(|word| !word.text().is_empty()).collect()
    }

    /// How a byte-level tokenizer finds its words, and the tokens of the bytes, if the words are the text as it stands.
    fn byte_words(&self) -> Option<(Words<'_>, &[TokenId])> {
        let Model::Bpe(bpe) = &self.model else {
            return None;
        };
        let bytes = bpe.bytes.as_deref()?;
        if self.normalizer.is_some() || bpe.whole_words || !bpe.prefix.is_empty() || !bpe.suffix.is_empty() {
            return None;
        }
        let words: Words<'_> = match self.pre_tokenizer.as_ref()? {
            PreTokenizer::ByteLevel {
                space_first: false,
                words: true,
            } => Box::new(|text| steps::gpt2::tokens(text).collect()),
            PreTokenizer::Sequence(all) => match all.as_slice() {
                [
                    PreTokenizer::Split {
                        pattern,
                        behaviour: Behaviour::Isolated,
                        ..
                    },
                    PreTokenizer::ByteLevel {
                        space_first: false,
                        words: false,
                    },
                ] => Box::new(move |text| with_gaps(text, pattern.matches(text))),
                _ => return None,
            },
            _ => return None,
        };
        Some((words, bytes))
    }

    fn ids_of_bytes(&self, text: &str, words: &Words<'_>, bytes: &[TokenId]) -> Vec<TokenId> {
        let Model::Bpe(bpe) = &self.model else {
            unreachable!("only byte-pair encodings have words of bytes");
        };
        let mut ids = Vec::with_capacity(text.len() / 3);
        // Where in `ids` a word was cut before: its tokens are copied from there.
        let mut remembered: HashMap<&str, Range<usize>> = HashMap::new();
        let mut symbols: Vec<Symbol> = Vec::new();
        for (part, id) in self.plain.parts(text) {
            if let Some(id) = id {
                ids.push(id);
                continue;
            }
            let part = &text[part];
            for (part, id) in self
                .normalised
                .parts(part)
                .into_iter()
                .map(|(range, id)| (&part[range], id))
            {
                if let Some(id) = id {
                    ids.push(id);
                    continue;
                }
                for word in words(part) {
                    let word = &part[word];
                    if let Some(own) = remembered.get(word) {
                        ids.extend_from_within(own.clone());
                        continue;
                    }
                    bpe.cut_bytes(word.as_bytes(), bytes, &mut symbols);
                    let start = ids.len();
                    ids.extend(symbols.iter().map(|symbol| symbol.id));
                    if word.len() <= REMEMBERED_MAX {
                        remembered.insert(word, start..ids.len());
                    }
                }
            }
        }
        ids
    }
}

/// How a text is cut into words.
type Words<'t> = Box<dyn Fn(&str) -> Vec<Range<usize>> + 't>;

/// Some ranges of a text, and what is between them.
fn with_gaps(text: &str, found: Vec<Range<usize>>) -> Vec<Range<usize>> {
    let (mut all, mut at) = (Vec::with_capacity(found.len()), 0);
    for range in found.into_iter().chain(std::iter::once(text.len()..text.len())) {
        let end = range.end;
        all.extend([at..range.start, range].into_iter().filter(|range| !range.is_empty()));
        at = end;
    }
    all
}

/// A part of a text.
enum Segment {
    /// An added token, its place, and the blanks that it took with it.
    Token(TokenId, Place, (usize, usize)),
    /// What is between added tokens, normalised.
    Text(Aligned),
}

/// How many blanks a name has at the beginning and at the end; the space may be written as a byte.
fn blanks(name: &str) -> (usize, usize) {
    let is_blank = |character: &char| *character == bytes::CHARACTERS[usize::from(b' ')] || character.is_whitespace();
    let leading = name.chars().take_while(is_blank).count();
    (leading, name.chars().rev().take_while(is_blank).count())
}

/// Two tokenizers are equal when their files say the same.
impl PartialEq for SubwordTokenizer {
    fn eq(&self, other: &Self) -> bool {
        self.document == other.document
    }
}

impl Eq for SubwordTokenizer {}
