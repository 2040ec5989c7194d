//! The four ways to cut a word.

use std::collections::HashMap;
use std::ops::Range;

use super::bpe::Bpe;
use super::unigram::Unigram;
use super::wordpiece::WordPiece;
use crate::tokenizer::TokenId;

/// A token of a word, and the bytes of the word that it covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// The token.
    pub id: TokenId,
    /// Its bytes of the word; the bytes of one character that became several tokens may be those of all of them.
    pub bytes: Range<usize>,
}

/// How a word is cut into tokens.
#[derive(Clone, Debug)]
pub enum Model {
    /// By merges.
    Bpe(Box<Bpe>),
    /// By the longest piece.
    WordPiece(WordPiece),
    /// By the most probable pieces.
    Unigram(Unigram),
    /// Not at all: each word is a token, or unknown.
    WordLevel {
        /// The id of each word.
        ids: HashMap<String, TokenId>,
        /// The token of any other word.
        unknown: TokenId,
    },
}

impl Model {
    /// The token of what is no token, if there is one.
    pub fn unknown(&self) -> Option<TokenId> {
        match self {
            Self::Bpe(bpe) => bpe.unknown,
            Self::WordPiece(wordpiece) => Some(wordpiece.unknown()),
            Self::Unigram(unigram) => Some(unigram.unknown()),
            Self::WordLevel { unknown, .. } => Some(*unknown),
        }
    }

    /// The tokens of a word.
    pub fn cut(&self, word: &str) -> Vec<Cut> {
        match self {
            Self::Bpe(bpe) => bpe.cut(word),
            Self::WordPiece(wordpiece) => wordpiece.cut(word),
            Self::Unigram(unigram) => unigram.cut(word),
            Self::WordLevel { ids, unknown } => vec![Cut {
                id: ids.get(word).copied().unwrap_or(*unknown),
                bytes: 0..word.len(),
            }],
        }
    }
}
