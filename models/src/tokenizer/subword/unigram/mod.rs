//! Unigram: each piece has a probability, and a word is cut so that the product of its pieces is largest.
//!
//! The best cut of the first i characters ends with some piece; what stands before the piece is cut best, too. So the best
//! score of each place follows from those before it, `best[i] = max over pieces p that end at i of best[i - |p|] + ln p`,
//! and the cut is read off backwards (Viterbi). It takes one step for each piece at each place: linear in the text.
//!
//! A character that no piece covers is unknown, at a score far below all pieces; with byte fallback its bytes are tokens,
//! so nothing is unknown.
//!
//! **Source**: Kudo 2018, "Subword regularization"; SentencePiece.

pub mod learning;

use super::model::Cut;
use super::trie::{ROOT, Trie};
use crate::tokenizer::TokenId;

/// How far an unknown character is below the least likely piece, in nats.
const UNKNOWN_PENALTY: f64 = 10.0;

/// What Unigram knows.
#[derive(Clone, Debug)]
pub struct Unigram {
    trie: Trie,
    /// The logarithm of the probability of each piece.
    scores: Vec<f64>,
    score_min: f64,
    unknown: TokenId,
    /// The tokens of the 256 bytes, for characters that no piece covers.
    byte_fallback: Option<Vec<TokenId>>,
}

/// The best way to a place in a word: its score, where the last piece begins, and the piece, or none if it is unknown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Best {
    /// The sum of the logarithms on the way.
    pub score: f64,
    /// Where its last piece begins, in bytes.
    pub from: usize,
    /// Its last piece.
    pub piece: Option<TokenId>,
}

impl Unigram {
    /// Pieces with the logarithms of their probabilities, in the order of their ids.
    pub fn new(pieces: &[(String, f64)], unknown: TokenId, byte_fallback: Option<Vec<TokenId>>) -> Self {
        Self {
            trie: Trie::new(pieces.iter().map(|(piece, _)| piece.as_str()).zip(0..)),
            scores: pieces.iter().map(|&(_, score)| score).collect(),
            score_min: pieces.iter().map(|&(_, score)| score).fold(f64::INFINITY, f64::min),
            unknown,
            byte_fallback,
        }
    }

    /// The token of what no pieces make up.
    pub fn unknown(&self) -> TokenId {
        self.unknown
    }

    /// The best way to each place of a word, by its bytes; `None` where no character ends.
    pub fn best(&self, word: &str) -> Vec<Option<Best>> {
        self.best_without(word, None)
    }

    /// The score of the best cut of a piece into others than itself.
    fn without(&self, piece: &str, id: TokenId) -> f64 {
        let best = self.best_without(piece, Some(id))[piece.len()];
        best.expect("each character is reached, as unknown if need be").score
    }

    fn best_without(&self, word: &str, left_out: Option<TokenId>) -> Vec<Option<Best>> {
        let mut best: Vec<Option<Best>> = vec![None; word.len() + 1];
        best[0] = Some(Best {
            score: 0.0,
            from: 0,
            piece: None,
        });
        for (from, character) in word.char_indices() {
            let before = best[from]
                .expect("each character is reached, as unknown if need be")
                .score;
            let mut reach = |to: usize, score: f64, piece| {
                let score = score + before;
                if best[to].is_none_or(|best| score > best.score) {
                    best[to] = Some(Best { score, from, piece });
                }
            };
            let mut is_covered = false;
            let pieces = self.trie.prefixes(ROOT, &word.as_bytes()[from..]);
            for (length, id) in pieces.filter(|&(_, id)| Some(id) != left_out) {
                reach(from + length, self.scores[id as usize], Some(id));
                is_covered |= length == character.len_utf8();
            }
            if !is_covered {
                reach(from + character.len_utf8(), self.score_min - UNKNOWN_PENALTY, None);
            }
        }
        best
    }

    /// The pieces of the most probable cut of a word.
    pub fn cut(&self, word: &str) -> Vec<Cut> {
        let best = self.best(word);
        let mut backwards: Vec<(Option<TokenId>, usize, usize)> = Vec::new();
        let mut to = word.len();
        while to > 0 {
            let Best { from, piece, .. } = best[to].expect("the way there ends at a character");
            // A piece that is the unknown token is unknown, too; unknown ones in a row are one.
            let piece = piece.filter(|&piece| piece != self.unknown);
            match backwards.last_mut() {
                Some((None, start, _)) if piece.is_none() => *start = from,
                _ => backwards.push((piece, from, to)),
            }
            to = from;
        }
        let mut cuts = Vec::with_capacity(backwards.len());
        for (piece, from, to) in backwards.into_iter().rev() {
            // The name of the unknown token may itself stand in the text.
            let piece = piece.or_else(|| self.piece(&word[from..to]));
            match (piece, &self.byte_fallback) {
                (None, Some(bytes)) => {
                    let tokens = word.as_bytes()[from..to].iter().map(|&byte| bytes[usize::from(byte)]);
                    cuts.extend(tokens.map(|id| Cut { id, bytes: from..to }));
                }
                (piece, _) => cuts.push(Cut {
                    id: piece.unwrap_or(self.unknown),
                    bytes: from..to,
                }),
            }
        }
        cuts
    }

    /// The id of a whole piece.
    fn piece(&self, text: &str) -> Option<TokenId> {
        let mut prefixes = self.trie.prefixes(ROOT, text.as_bytes());
        prefixes.find_map(|(length, id)| (length == text.len()).then_some(id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn model(pieces: &[(&str, f64)]) -> Unigram {
        let pieces: Vec<(String, f64)> = pieces
            .iter()
            .map(|&(piece, score)| (piece.to_string(), score))
            .collect();
        Unigram::new(&pieces, 0, None)
    }

    #[test]
    fn the_most_probable_cut_is_found_and_unknown_characters_in_a_row_are_one_token() {
        let pieces = [
            ("<unk>", 0.0),
            ("a", -4.0),
            ("b", -4.0),
            ("ab", -5.0),
            ("abc", -9.5),
            ("c", -4.0),
        ];
        let cuts = |word| -> Vec<(TokenId, usize, usize)> {
            let cuts = model(&pieces).cut(word);
            cuts.into_iter()
                .map(|cut| (cut.id, cut.bytes.start, cut.bytes.end))
                .collect()
        };
        assert_eq!(cuts("abc"), [(3, 0, 2), (5, 2, 3)]);
        assert_eq!(cuts("aéßb"), [(1, 0, 1), (0, 1, 5), (2, 5, 6)]);
    }

    /// The score of the best of all cuts, tried one by one.
    fn tried(pieces: &[(String, f64)], word: &str) -> f64 {
        if word.is_empty() {
            return 0.0;
        }
        let ways = pieces.iter().filter_map(|(piece, score)| {
            let rest = word.strip_prefix(piece.as_str())?;
            Some(score + tried(pieces, rest))
        });
        ways.fold(f64::NEG_INFINITY, f64::max)
    }

    proptest! {
        #[test]
        fn no_cut_is_more_probable(
            pieces in proptest::collection::btree_map("[abc]{2,3}", -9.0_f64..-1.0, 0..8),
            word in "[abc]{1,9}",
        ) {
            let letters = ["a", "b", "c"].map(|letter| (letter.to_string(), -6.5));
            let unknown = ("<unk>".to_string(), -20.0);
            let pieces: Vec<_> = [unknown].into_iter().chain(letters).chain(pieces).collect();
            let best = Unigram::new(&pieces, 0, None).best(&word)[word.len()].unwrap();
            prop_assert!((best.score - tried(&pieces, &word)).abs() < 1e-9);
        }
    }
}
