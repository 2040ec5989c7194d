//! Byte-pair encoding: begin with the characters, or the bytes, of a word and join neighbours by merges learnt from a text.
//!
//! Reading order: [`learning`] (which merges), [`merging`] (how they cut a word), and here, what the characters of a word
//! are to begin with. `words` is what makes learning fast.
//!
//! **Source**: Sennrich, Haddow and Birch 2016; on bytes: Radford et al. 2019.

pub mod learning;
pub mod merging;
pub(super) mod words;

use std::collections::HashMap;

use self::merging::{Merges, Symbol, merge};
use super::model::Cut;
use crate::tokenizer::TokenId;

/// What a byte-pair encoding knows.
#[derive(Clone, Debug, Default)]
pub struct Bpe {
    /// The id of each token.
    pub ids: HashMap<String, TokenId>,
    /// The merges in the order in which they were learnt.
    pub merges: Merges,
    /// The token of a character that is none; without one such a character is left out.
    pub unknown: Option<TokenId>,
    /// Whether unknown characters in a row are one token.
    pub fuse_unknown: bool,
    /// The tokens of the 256 bytes, for characters that are no token.
    pub byte_fallback: Option<Vec<TokenId>>,
    /// What each character but the first of a word begins with.
    pub prefix: String,
    /// What the last character of a word ends with.
    pub suffix: String,
    /// Whether a word that is a token is taken whole, whatever the merges say.
    pub whole_words: bool,
    /// The tokens of the 256 bytes in a byte-level vocabulary.
    pub bytes: Option<Vec<TokenId>>,
}

impl Bpe {
    /// The tokens of a word.
    pub fn cut(&self, word: &str) -> Vec<Cut> {
        if self.whole_words
            && let Some(&id) = self.ids.get(word)
        {
            return vec![Cut {
                id,
                bytes: 0..word.len(),
            }];
        }
        let mut symbols = self.symbols(word);
        merge(&mut symbols, &self.merges);
        let mut at = 0;
        let cut = |symbol: Symbol| {
            at += symbol.length;
            Cut {
                id: symbol.id,
                bytes: at - symbol.length..at,
            }
        };
        symbols.into_iter().map(cut).collect()
    }

    /// The tokens of a word before any merge: one for each character.
    pub fn symbols(&self, word: &str) -> Vec<Symbol> {
        let mut symbols = Vec::with_capacity(word.len());
        let mut unknown_before = false;
        for (at, character) in word.char_indices() {
            let length = character.len_utf8();
            let end = at + length;
            let is_plain = (at == 0 || self.prefix.is_empty()) && (end < word.len() || self.suffix.is_empty());
            let id = if is_plain {
                self.ids.get(&word[at..end])
            } else {
                let prefix = if at == 0 { "" } else { &self.prefix };
                let suffix = if end < word.len() { "" } else { &self.suffix };
                self.ids.get(&format!("{prefix}{character}{suffix}"))
            };
            let was_unknown = std::mem::take(&mut unknown_before);
            match (id, &self.byte_fallback, self.unknown) {
                (Some(&id), ..) => symbols.push(Symbol { id, length }),
                (None, Some(bytes), _) => {
                    let own = word.as_bytes()[at..end].iter();
                    symbols.extend(own.map(|&byte| Symbol {
                        id: bytes[usize::from(byte)],
                        length: 1,
                    }));
                }
                (None, None, Some(id)) => {
                    unknown_before = true;
                    match symbols.last_mut() {
                        Some(last) if was_unknown && self.fuse_unknown => last.length += length,
                        _ => symbols.push(Symbol { id, length }),
                    }
                }
                (None, None, None) => {}
            }
        }
        symbols
    }

    /// The tokens of the bytes of a word, for a byte-level vocabulary: what [`cut`](Self::cut) gives for the same bytes
    /// written as characters, without writing them.
    pub fn cut_bytes(&self, word: &[u8], bytes: &[TokenId], scratch: &mut Vec<Symbol>) {
        scratch.clear();
        scratch.extend(word.iter().map(|&byte| Symbol {
            id: bytes[usize::from(byte)],
            length: 1,
        }));
        merge(scratch, &self.merges);
    }
}
