//! A corpus ready for training: its tokenizer and its three parts.

use super::config::{CorpusConfig, CorpusError, Unit};
use super::grammar::{Grammar, LimitError};
use super::{BatchError, Batches, Sentences, Text, Windows, split_text};
use crate::fingerprint::fingerprint;
use crate::tokenizer::{Algorithm, Case, CharTokenizer, Split, SubwordTokenizer, TokenId, Tokenizer, WordTokenizer};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use std::sync::OnceLock;

/// The parts of a dataset.
///
/// Whoever takes the best of several models by their loss on a text has chosen one that suits that text: the loss
/// on it is too low. So the number that is reported comes from a part that nothing was chosen by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// What models learn from.
    Training,
    /// What is chosen by: the best checkpoint, the order of an n-gram.
    Validation,
    /// What the reported loss is measured on, after everything was chosen.
    Heldout,
}

/// How long a text is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    /// Its characters: Unicode scalar values.
    pub characters: usize,
    /// Its bytes in UTF-8.
    pub bytes: usize,
}

impl Extent {
    fn of(text: &str) -> Self {
        Self {
            characters: text.chars().count(),
            bytes: text.len(),
        }
    }

    /// That of lines, each with its end.
    fn of_lines<S: AsRef<str>>(lines: impl IntoIterator<Item = S>) -> Self {
        lines.into_iter().fold(Self::default(), |sum, line| {
            let Self { characters, bytes } = Self::of(line.as_ref());
            Self {
                characters: sum.characters + characters + 1,
                bytes: sum.bytes + bytes + 1,
            }
        })
    }
}

/// What is exactly known of a generated language.
#[derive(Clone, Debug, PartialEq)]
pub struct Known {
    /// The entropy rate, in nats per token with the end of sentence counted.
    pub entropy_nats: f64,
    /// The exact floor of the best possible n-gram of each order from 1.
    pub floors: Vec<f64>,
}

/// A corpus with its tokenizer and its parts.
#[derive(Debug)]
pub struct Dataset {
    name: String,
    tokenizer: Tokenizer,
    training: Tokens,
    /// `None` where nothing is chosen, or the held-out part is chosen by, as in earlier versions.
    validation: Option<Tokens>,
    heldout: Tokens,
    /// How long the text of the labels of the held-out part is, where it is known.
    heldout_extent: Option<Extent>,
    known: Option<Known>,
    fingerprint: OnceLock<String>,
}

/// The tokens of one part.
#[derive(Debug)]
enum Tokens {
    Sentences(Vec<Vec<TokenId>>),
    Stream(Vec<TokenId>),
}

impl Tokens {
    /// All ids in order; a sentence ends with an id that no token has, so that joining two sentences shows.
    fn ids(&self) -> Box<dyn Iterator<Item = TokenId> + '_> {
        match self {
            Self::Sentences(sentences) => Box::new(
                sentences
                    .iter()
                    .flat_map(|sentence| sentence.iter().copied().chain([TokenId::MAX])),
            ),
            Self::Stream(tokens) => Box::new(tokens.iter().copied()),
        }
    }
}

/// The highest order whose floor is computed.
const FLOORS_MAX: usize = 6;

impl Dataset {
    /// Draws sentences from a grammar: to train on, to choose by and to hold out, each from a stream of its own.
    ///
    /// **Errors** if the grammar has too many contexts for its floors to be computed.
    pub fn generated(name: String, grammar: &Grammar, counts: [usize; 3], seed: u64) -> Result<Self, LimitError> {
        let words = WordTokenizer::train(
            grammar.vocabulary().iter().map(String::as_str),
            Split::Whitespace,
            Case::AsWritten,
            1,
        );
        let drawn = |count: usize, stream: u64| {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            rng.set_stream(stream);
            let mut sentence = || -> Vec<TokenId> {
                let sample = grammar.sample(&mut rng);
                sample.words.iter().map(|word| words.vocabulary().id(word)).collect()
            };
            (0..count).map(|_| sentence()).collect::<Vec<_>>()
        };
        let [training, validation, heldout] = counts;
        // The streams of the training part and the held-out part are as they were before there was a third part.
        let (training, heldout) = (drawn(training, 0), drawn(heldout, 1));
        let validation = (validation > 0).then(|| Tokens::Sentences(drawn(validation, 2)));
        let heldout_extent = Extent::of_lines(heldout.iter().map(|sentence| words.decode(sentence)));
        let floors = grammar
            .floors(FLOORS_MAX)?
            .iter()
            .map(|floor| floor.nats_per_token)
            .collect();
        let known = Some(Known {
            entropy_nats: grammar.entropy_rate(),
            floors,
        });
        Ok(Self {
            name,
            tokenizer: Tokenizer::Word(words),
            training: Tokens::Sentences(training),
            validation,
            heldout: Tokens::Sentences(heldout),
            heldout_extent: Some(heldout_extent),
            known,
            fingerprint: OnceLock::new(),
        })
    }

    /// Splits a text after two fractions of its characters, and learns the tokenizer from its training part, unless one
    /// is given.
    ///
    /// **Errors** if a part would be empty.
    pub fn of_text(
        text: &Text,
        unit: Unit,
        [fraction, validation]: [f64; 2],
        tokenizer: Option<&Tokenizer>,
    ) -> Result<Self, CorpusError> {
        let parts = split_text(text.content(), fraction, validation)?;
        let tokenizer = match (tokenizer, unit) {
            (Some(tokenizer), _) => tokenizer.clone(),
            (None, Unit::Character) => Tokenizer::Char(CharTokenizer::train(parts.training)),
            (None, Unit::Word) => Tokenizer::Word(WordTokenizer::train(
                [parts.training],
                Split::Punctuation,
                Case::AsWritten,
                1,
            )),
            (None, Unit::Bpe(size)) => subwords(Algorithm::Bpe, parts.training, size)?,
            (None, Unit::WordPiece(size)) => subwords(Algorithm::WordPiece, parts.training, size)?,
            (None, Unit::Unigram(size)) => subwords(Algorithm::Unigram, parts.training, size)?,
            (None, Unit::Tokenizer) => return Err(CorpusError::NoTokenizer),
        };
        let tokens = |part: &str| Tokens::Stream(tokenizer.encode(part));
        Ok(Self {
            name: text.name().to_string(),
            training: tokens(parts.training),
            validation: parts.validation.map(tokens),
            heldout: tokens(parts.heldout),
            heldout_extent: Some(Extent::of(tokenizer.after_first(parts.heldout))),
            tokenizer,
            known: None,
            fingerprint: OnceLock::new(),
        })
    }

    /// A whole text as held-out part, read by a tokenizer that exists already.
    ///
    /// `like` says whether its lines are sentences or it is one stream.
    pub fn to_measure(text: &Text, tokenizer: &Tokenizer, like: &CorpusConfig) -> Self {
        let (heldout, heldout_extent) = if like.is_stream() {
            let tokens = Tokens::Stream(tokenizer.encode(text.content()));
            (tokens, Extent::of(tokenizer.after_first(text.content())))
        } else {
            let tokens = text.sentences().map(|line| tokenizer.encode(line)).collect();
            (Tokens::Sentences(tokens), Extent::of_lines(text.sentences()))
        };
        Self {
            name: text.name().to_string(),
            tokenizer: tokenizer.clone(),
            training: Tokens::Stream(Vec::new()),
            validation: None,
            heldout,
            heldout_extent: Some(heldout_extent),
            known: None,
            fingerprint: OnceLock::new(),
        }
    }

    /// Ids of tokens as held-out part: one stream, whose text is not known.
    pub fn of_ids(name: String, ids: Vec<TokenId>, tokenizer: &Tokenizer) -> Self {
        Self {
            name,
            tokenizer: tokenizer.clone(),
            training: Tokens::Stream(Vec::new()),
            validation: None,
            heldout: Tokens::Stream(ids),
            heldout_extent: None,
            known: None,
            fingerprint: OnceLock::new(),
        }
    }

    /// The name in reports.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The tokenizer.
    pub fn tokenizer(&self) -> &Tokenizer {
        &self.tokenizer
    }

    /// The fingerprint of all parts, token by token, computed when it is first asked for: another text or another
    /// grammar has another one.
    pub fn fingerprint(&self) -> &str {
        self.fingerprint.get_or_init(|| {
            let ids = self.parts().flat_map(|part| part.ids().chain([TokenId::MAX]));
            fingerprint(ids.flat_map(TokenId::to_le_bytes))
        })
    }

    /// What is exactly known of the language, if it was generated.
    pub fn known(&self) -> Option<&Known> {
        self.known.as_ref()
    }

    /// True if the corpus is sentences, each with a beginning and an end, and not one stream.
    pub fn has_sentences(&self) -> bool {
        matches!(self.heldout, Tokens::Sentences(_))
    }

    /// True if there is a part of its own to choose by; otherwise the held-out part serves for both.
    pub fn has_validation(&self) -> bool {
        self.validation.is_some()
    }

    /// How long the text is that the labels of the held-out part stand for.
    ///
    /// In a stream that is the text after its first token, which has nothing before it and is not predicted; of
    /// sentences each counts with the end of its line. `None` for ids without a text.
    pub fn heldout_extent(&self) -> Option<Extent> {
        self.heldout_extent
    }

    /// The number of tokens of the longest sentence with its start; `None` for a stream.
    pub fn longest_sentence(&self) -> Option<usize> {
        let longest = |tokens: &Tokens| match tokens {
            Tokens::Sentences(sentences) => Some(Sentences::block_for(sentences)),
            Tokens::Stream(_) => None,
        };
        self.parts().filter_map(longest).max()
    }

    /// How many tokens of a part are outside the vocabulary, and how many there are.
    pub fn unknown(&self, part: Part) -> (usize, usize) {
        let oov = self.tokenizer.unknown();
        let ids = || self.part(part).ids().filter(|&id| id != TokenId::MAX);
        (ids().filter(|&id| id == oov).count(), ids().count())
    }

    /// An error if a token has an id that a model of so many ids does not know.
    ///
    /// **Errors** with the first such token.
    pub fn check_ids(&self, ids: usize) -> Result<(), CorpusError> {
        let all = self.parts().flat_map(Tokens::ids).filter(|&id| id != TokenId::MAX);
        known_ids(&self.name, &self.tokenizer, all, ids)
    }

    /// How many sentences a part has; a stream has none.
    pub fn sentence_count(&self, part: Part) -> usize {
        match self.part(part) {
            Tokens::Sentences(sentences) => sentences.len(),
            Tokens::Stream(_) => 0,
        }
    }

    /// How many sentences of a part are longer than a block, and are cut; a stream has none.
    pub fn cut_sentences(&self, part: Part, block: usize) -> usize {
        match self.part(part) {
            Tokens::Sentences(sentences) => Sentences::longer_than(sentences, block),
            Tokens::Stream(_) => 0,
        }
    }

    /// The batches of one part; `lead` tokens of each window of a stream are context only.
    ///
    /// What is only measured may be shorter than the block: then one window reads all of it.
    ///
    /// **Errors** if the block does not fit the text to train on, or there is nothing to predict.
    pub fn batches(&self, part: Part, block: usize, lead: usize) -> Result<Box<dyn Batches + '_>, BatchError> {
        match self.part(part) {
            Tokens::Sentences(sentences) => {
                Ok(Box::new(Sentences::new(sentences, self.tokenizer.vocabulary(), block)?))
            }
            Tokens::Stream(tokens) if part == Part::Training => {
                Ok(Box::new(Windows::new(tokens, block)?.with_lead(lead)?))
            }
            Tokens::Stream(tokens) => Ok(Box::new(Windows::to_measure(tokens, block)?.with_lead(lead)?)),
        }
    }

    fn part(&self, part: Part) -> &Tokens {
        match part {
            Part::Training => &self.training,
            Part::Validation => self.validation.as_ref().unwrap_or(&self.heldout),
            Part::Heldout => &self.heldout,
        }
    }

    /// The parts that there are, in the order of the text.
    fn parts(&self) -> impl Iterator<Item = &Tokens> {
        [Some(&self.training), self.validation.as_ref(), Some(&self.heldout)]
            .into_iter()
            .flatten()
    }
}

/// An error if one of the tokens of a text has an id that a model of so many ids does not know.
///
/// **Errors** with the first such token.
pub fn known_ids(
    text: &str,
    tokenizer: &Tokenizer,
    mut tokens: impl Iterator<Item = TokenId>,
    ids: usize,
) -> Result<(), CorpusError> {
    match tokens.find(|&id| id as usize >= ids) {
        None => Ok(()),
        Some(id) => Err(CorpusError::Unknown {
            text: text.to_string(),
            token: tokenizer.vocabulary().word(id).escape_debug().to_string(),
            id,
            ids,
        }),
    }
}

/// A tokenizer of parts of words, learnt from the training part.
fn subwords(algorithm: Algorithm, training: &str, size: usize) -> Result<Tokenizer, CorpusError> {
    let tokenizer = SubwordTokenizer::train(algorithm, training, size, &[])?;
    Ok(Tokenizer::Subword(Box::new(tokenizer)))
}
