//! Where a corpus comes from: enough to make it again, exactly.

use super::dataset::Dataset;
use super::grammar::{Grammar, GrammarError, LimitError};
use super::{BatchError, SplitError, Text, TextError};
use crate::tokenizer::{TokenId, Tokenizer, TrainTokenizerError, Vocabulary};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Where a corpus comes from: enough to make it again, exactly.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum CorpusConfig {
    /// Sentences drawn from a grammar.
    Grammar {
        /// `narwhals` or `narwhals-small`, which are part of the program, or else a grammar's file.
        grammar: String,
        /// How many sentences to train on.
        training: usize,
        /// How many sentences to choose by; 0 in recipes of earlier versions, which chose by the held-out ones.
        #[serde(default)]
        validation: usize,
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
        /// The part to train on, from the beginning.
        fraction: f64,
        /// The part after it to choose by; the rest, at the end, is held out. 0 in recipes of earlier versions, which
        /// chose by the held-out part.
        #[serde(default)]
        validation: f64,
    },
    /// None that is known: the model was made elsewhere, from text that did not come with it.
    Absent,
}

/// What a token of a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// Every character.
    Character,
    /// Every word and every punctuation mark.
    Word,
    /// Parts of words by byte-pair encoding, in a vocabulary of so many tokens that is learnt from the training part.
    Bpe(usize),
    /// The same by WordPiece.
    WordPiece(usize),
    /// The same by Unigram.
    Unigram(usize),
    /// Those of a tokenizer that exists already; the run keeps it.
    Tokenizer,
}

impl Unit {
    /// True if the tokenizer of a run is not made again from its text: it is given, or takes long to learn.
    pub fn is_kept(self) -> bool {
        !matches!(self, Self::Character | Self::Word)
    }
}

impl CorpusConfig {
    /// Makes the corpus, with a tokenizer that is learnt from its training part.
    ///
    /// **Errors** if a file cannot be read or used, or a part would be empty.
    pub fn build(&self) -> Result<Dataset, CorpusError> {
        self.build_with(None)
    }

    /// Makes the corpus; a text is read by the tokenizer, where one is given.
    ///
    /// **Errors** as [`build`](Self::build).
    pub fn build_with(&self, tokenizer: Option<&Tokenizer>) -> Result<Dataset, CorpusError> {
        match self {
            Self::Grammar {
                grammar,
                training,
                validation,
                heldout,
                seed,
            } => {
                let counts = [*training, *validation, *heldout];
                Ok(Dataset::generated(grammar.clone(), &named(grammar)?, counts, *seed)?)
            }
            Self::Text {
                file,
                unit,
                fraction,
                validation,
            } => Dataset::of_text(&Text::read(file)?, *unit, [*fraction, *validation], tokenizer),
            Self::Absent => Err(CorpusError::Absent),
        }
    }

    /// True if the corpus is one stream, and not sentences with a beginning and an end.
    pub fn is_stream(&self) -> bool {
        !matches!(self, Self::Grammar { .. })
    }

    /// The ids that no label of the corpus can be, so that a model gives them no probability: PAD, SOS, and in a stream
    /// EOS too.
    ///
    /// OOV is not among them: text that is measured may hold words that the training part has not.
    pub fn never_predicted(&self, vocabulary: &Vocabulary) -> Vec<TokenId> {
        if self.is_stream() {
            vocabulary.silent()
        } else {
            vocabulary.never_predicted()
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
    /// The tokenizer cannot be learnt.
    #[error(transparent)]
    Tokenizer(#[from] TrainTokenizerError),
    /// The tokens are those of a tokenizer, and there is none.
    #[error("the tokens of this corpus are those of a tokenizer; give one with --tokenizer FILE")]
    NoTokenizer,
    /// The model came without its text.
    #[error("this model was imported and has no text of its own; give one with --text FILE")]
    Absent,
    /// A text has tokens that the model does not know.
    #[error(
        "{text}: the text has the token `{token}` with the id {id}, and the model knows only {ids} ids; use the tokenizer that the model was trained with"
    )]
    Unknown {
        /// The text.
        text: String,
        /// The token.
        token: String,
        /// Its id.
        id: TokenId,
        /// The ids of the model.
        ids: usize,
    },
    /// The grammar is too large for exact figures.
    #[error(transparent)]
    Limit(#[from] LimitError),
}
