//! WordPiece: the longest piece of the vocabulary that begins the word, then the longest that goes on, and so to its end.
//!
//! A piece inside a word is marked by `##`: `lec` and `##ture` make `lecture`. If at some place no piece goes on, the
//! whole word is unknown. The spaces between words are not kept, so a text does not come back exactly.
//!
//! **Source**: Schuster and Nakajima 2012; the greedy cut as in BERT, Devlin et al. 2019.

pub mod learning;

use super::model::Cut;
use super::trie::{ROOT, Trie};
use crate::tokenizer::TokenId;

/// What WordPiece knows.
#[derive(Clone, Debug)]
pub struct WordPiece {
    trie: Trie,
    /// The node of the mark, where the pieces inside a word hang; `None` where there are none.
    inside: Option<u32>,
    unknown: TokenId,
    characters_max: usize,
}

impl WordPiece {
    /// Pieces, the mark of those inside a word, the token of an unknown word, and the longest word that is cut.
    pub fn new<'a>(
        pieces: impl IntoIterator<Item = (&'a str, TokenId)>,
        mark: &str,
        unknown: TokenId,
        characters_max: usize,
    ) -> Self {
        let trie = Trie::new(pieces);
        Self {
            inside: trie.walk(ROOT, mark),
            trie,
            unknown,
            characters_max,
        }
    }

    /// The token of what no pieces make up.
    pub fn unknown(&self) -> TokenId {
        self.unknown
    }

    /// The pieces of a word.
    pub fn cut(&self, word: &str) -> Vec<Cut> {
        let whole = || {
            vec![Cut {
                id: self.unknown,
                bytes: 0..word.len(),
            }]
        };
        if word.chars().count() > self.characters_max {
            return whole();
        }
        let mut cuts = Vec::new();
        let mut at = 0;
        while at < word.len() {
            let from = if at == 0 { Some(ROOT) } else { self.inside };
            let longest = from.and_then(|from| self.trie.prefixes(from, &word.as_bytes()[at..]).last());
            let Some((length, id)) = longest else {
                return whole();
            };
            cuts.push(Cut {
                id,
                bytes: at..at + length,
            });
            at += length;
        }
        cuts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;

    fn shown(pieces: &[&str], word: &str) -> String {
        let table = |id: TokenId| if id == 99 { "?" } else { pieces[id as usize] };
        let model = WordPiece::new(pieces.iter().copied().zip(0..), "##", 99, 20);
        let cuts = model.cut(word);
        cuts.iter().map(|cut| table(cut.id)).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_longest_piece_is_taken_and_a_word_that_cannot_be_cut_is_unknown() {
        let pieces = ["lec", "##t", "##ture", "##true", "l", "##e", "##c"];
        assert_eq!(shown(&pieces, "lecture"), "lec ##ture");
        assert_eq!(shown(&pieces, "lectrue"), "lec ##true");
        assert_eq!(shown(&pieces, "lex"), "?");
        assert_eq!(shown(&pieces, "ture"), "?");
        assert_eq!(shown(&pieces, &"l".repeat(21)), "?");
    }

    /// As it is taught: try the whole rest, then without its last letter, and so on.
    fn taught(ids: &HashMap<String, TokenId>, word: &str) -> Option<Vec<TokenId>> {
        let (mut rest, mut found) = (word, Vec::new());
        while !rest.is_empty() {
            let mark = if rest.len() == word.len() { "" } else { "##" };
            let piece = |end: usize| ids.get(&format!("{mark}{}", &rest[..end])).map(|id| (end, *id));
            let (end, id) = (1..=rest.len()).rev().find_map(piece)?;
            found.push(id);
            rest = &rest[end..];
        }
        Some(found)
    }

    proptest! {
        #[test]
        fn the_walk_in_the_tree_finds_what_trying_all_lengths_finds(
            pieces in proptest::collection::btree_set("(##)?[ab]{1,4}", 0..14),
            word in "[ab]{1,12}",
        ) {
            let ids: HashMap<String, TokenId> = pieces.into_iter().zip(0..).collect();
            let model = WordPiece::new(ids.iter().map(|(piece, &id)| (piece.as_str(), id)), "##", 99, 100);
            let found: Vec<TokenId> = model.cut(&word).iter().map(|cut| cut.id).collect();
            prop_assert_eq!(found, taught(&ids, &word).unwrap_or(vec![99]));
        }
    }
}
