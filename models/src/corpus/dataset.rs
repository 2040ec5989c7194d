//! A corpus ready for training: where it comes from, its tokenizer, its training part and its held-out part.

use super::grammar::{Grammar, GrammarError, LimitError};
use super::{BatchError, Batches, Sentences, SplitError, Text, TextError, Windows, split_characters};
use crate::fingerprint::fingerprint;
use crate::tokenizer::{Case, CharTokenizer, Split, TokenId, Tokenizer, WordTokenizer};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// Where a corpus comes from: enough to make it again, exactly.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum CorpusConfig {
    /// Sentences drawn from a grammar.
    Grammar {
        /// `narwhals` or `narwhals-small`, which are part of the program, or else a grammar's file.
        grammar: String,
        /// How many sentences to train on.
        training: usize,
        /// How many sentences to hold out.
        heldout: usize,
        /// The seed of the draw.
        seed: u64,
    },
    /// A text file, read as one stream.
    Text {
        /// The file.
        file: PathBuf,
        /// What a token is.
        unit: Unit,
        /// The part to train on; the rest, at the end, is held out.
        fraction: f64,
    },
}

/// What a token of a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// Every character.
    Character,
    /// Every word and every punctuation mark.
    Word,
}

/// The two parts of a dataset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// What models learn from.
    Training,
    /// What they are measured on, and never learn from.
    Heldout,
}

/// What is exactly known of a generated language.
#[derive(Clone, Debug, PartialEq)]
pub struct Known {
    /// The entropy rate, in nats per token with the end of sentence counted.
    pub entropy_nats: f64,
    /// The exact floor of the best possible n-gram of each order from 1.
    pub floors: Vec<f64>,
}

/// A corpus with its tokenizer and its two parts.
#[derive(Debug)]
pub struct Dataset {
    name: String,
    tokenizer: Tokenizer,
    parts: [Tokens; 2],
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

impl CorpusConfig {
    /// Makes the corpus.
    ///
    /// **Errors** if a file cannot be read or used, or a part would be empty.
    pub fn build(&self) -> Result<Dataset, CorpusError> {
        match self {
            Self::Grammar {
                grammar,
                training,
                heldout,
                seed,
            } => Ok(Dataset::generated(
                grammar.clone(),
                &named(grammar)?,
                [*training, *heldout],
                *seed,
            )?),
            Self::Text { file, unit, fraction } => Dataset::of_text(&Text::read(file)?, *unit, *fraction),
        }
    }
}

/// The grammar of the program with this name, or else the one in the file of this name.
fn named(grammar: &str) -> Result<Grammar, CorpusError> {
    match grammar {
        "narwhals" => return Ok(Grammar::narwhals()),
        "narwhals-small" => return Ok(Grammar::narwhals_small()),
        _ => {}
    }
    let text = Text::read(Path::new(grammar))?;
    Grammar::parse(text.content()).map_err(|error| CorpusError::Grammar {
        file: text.name().to_string(),
        error,
    })
}

impl Dataset {
    /// Draws sentences from a grammar; the held-out ones from a stream of their own.
    ///
    /// **Errors** if the grammar has too many contexts for its floors to be computed.
    pub fn generated(name: String, grammar: &Grammar, counts: [usize; 2], seed: u64) -> Result<Self, LimitError> {
        let words = WordTokenizer::train(
            grammar.vocabulary().iter().map(String::as_str),
            Split::Whitespace,
            Case::AsWritten,
            1,
        );
        let parts = [0, 1].map(|stream| {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            rng.set_stream(stream as u64);
            let sentence = |_| {
                grammar
                    .sample(&mut rng)
                    .words
                    .iter()
                    .map(|word| words.vocabulary().id(word))
                    .collect()
            };
            Tokens::Sentences((0..counts[stream]).map(sentence).collect())
        });
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
            parts,
            known,
            fingerprint: OnceLock::new(),
        })
    }

    /// Splits a text and learns the tokenizer from its training part.
    ///
    /// **Errors** if a part would be empty.
    pub fn of_text(text: &Text, unit: Unit, fraction: f64) -> Result<Self, CorpusError> {
        let parts = split_characters(text.content(), fraction)?;
        let tokenizer = match unit {
            Unit::Character => Tokenizer::Char(CharTokenizer::train(parts.training)),
            Unit::Word => Tokenizer::Word(WordTokenizer::train(
                [parts.training],
                Split::Punctuation,
                Case::AsWritten,
                1,
            )),
        };
        let parts = [parts.training, parts.heldout].map(|part| Tokens::Stream(tokenizer.encode(part)));
        Ok(Self {
            name: text.name().to_string(),
            tokenizer,
            parts,
            known: None,
            fingerprint: OnceLock::new(),
        })
    }

    /// A whole text as held-out part, read by a tokenizer that exists already.
    ///
    /// `like` says whether its lines are sentences or it is one stream.
    pub fn to_measure(text: &Text, tokenizer: &Tokenizer, like: &CorpusConfig) -> Self {
        let heldout = match like {
            CorpusConfig::Grammar { .. } => {
                Tokens::Sentences(text.sentences().map(|line| tokenizer.encode(line)).collect())
            }
            CorpusConfig::Text { .. } => Tokens::Stream(tokenizer.encode(text.content())),
        };
        let parts = [Tokens::Stream(Vec::new()), heldout];
        Self {
            name: text.name().to_string(),
            tokenizer: tokenizer.clone(),
            parts,
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

    /// The fingerprint of both parts, token by token, computed when it is first asked for: another text or another
    /// grammar has another one.
    pub fn fingerprint(&self) -> &str {
        self.fingerprint.get_or_init(|| {
            let ids = self.parts.iter().flat_map(|part| part.ids().chain([TokenId::MAX]));
            fingerprint(ids.flat_map(TokenId::to_le_bytes))
        })
    }

    /// What is exactly known of the language, if it was generated.
    pub fn known(&self) -> Option<&Known> {
        self.known.as_ref()
    }

    /// True if the corpus is sentences, each with a beginning and an end, and not one stream.
    pub fn has_sentences(&self) -> bool {
        matches!(self.parts[0], Tokens::Sentences(_))
    }

    /// The number of tokens of the longest sentence with its start; `None` for a stream.
    pub fn longest_sentence(&self) -> Option<usize> {
        let longest = |tokens: &Tokens| match tokens {
            Tokens::Sentences(sentences) => Some(Sentences::block_for(sentences)),
            Tokens::Stream(_) => None,
        };
        self.parts.iter().filter_map(longest).max()
    }

    /// The batches of one part; `lead` tokens of each window of a stream are context only.
    ///
    /// **Errors** if the block does not fit the text.
    pub fn batches(&self, part: Part, block: usize, lead: usize) -> Result<Box<dyn Batches + '_>, BatchError> {
        match &self.parts[part as usize] {
            Tokens::Sentences(sentences) => Ok(Box::new(Sentences::new(
                sentences.clone(),
                self.tokenizer.vocabulary(),
                block,
            )?)),
            Tokens::Stream(tokens) => Ok(Box::new(Windows::new(tokens.clone(), block)?.with_lead(lead)?)),
        }
    }
}

/// A corpus cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum CorpusError {
    /// The text cannot be read.
    #[error(transparent)]
    Text(#[from] TextError),
    /// The text cannot be split.
    #[error(transparent)]
    Split(#[from] SplitError),
    /// The text cannot be cut into batches.
    #[error(transparent)]
    Batch(#[from] BatchError),
    /// The grammar is not one.
    #[error("{file}: {error}")]
    Grammar {
        /// The file.
        file: String,
        /// What is wrong, and where.
        error: GrammarError,
    },
    /// The grammar is too large for exact figures.
    #[error(transparent)]
    Limit(#[from] LimitError),
}
