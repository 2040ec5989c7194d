//! Learning pieces with their probabilities: begin with far too many, and drop those that matter least.
//!
//! 1. The pieces to begin with are all characters, and the substrings that cover most of the text.
//! 2. **E step**: how often each piece is expected in the text, over all cuts of each word, each cut with its probability.
//!    With `alpha[i]`, the probability of all ways to the place i of a word, and `beta[i]`, of all ways from there to its
//!    end, a piece from i to j is expected `alpha[i] p beta[j] / alpha[n]` times.
//! 3. **M step**: `p = expected count / their sum`.
//! 4. The loss of a piece is by how much the logarithm of the likelihood falls if each of its uses is cut into other
//!    pieces instead. The pieces with the smallest loss are dropped, a quarter at a time; characters stay.
//!
//! Steps 2 to 4 are repeated until as many pieces are left as wanted. These are the plain maximum-likelihood steps of
//! the paper; SentencePiece subtracts a little from each count (a Dirichlet prior) and finds the substrings of step 1 by
//! a suffix array.
//!
//! **Source**: Kudo 2018, section 3.2.

use super::super::trie::{ROOT, Trie};
use super::Unigram;
use crate::tokenizer::TokenId;
use std::collections::{BTreeSet, HashMap};

/// The longest piece, in characters.
const LENGTH_MAX: usize = 16;
/// How many times more pieces to begin with than wanted.
const SEEDS: usize = 10;
/// The steps of E and M between two times of dropping.
const STEPS: usize = 2;
/// The part that is kept each time.
const KEPT: f64 = 0.75;
/// A piece that is expected less often than this is dropped.
const RARE: f64 = 0.5;
/// The count of a piece that is never used, so that its probability is not 0.
const COUNT_MIN: f64 = 1e-3;

/// Learns `size` pieces from words and how often each occurs, with the logarithms of their probabilities, the most
/// probable first. There may be fewer if the text has no more.
///
/// All characters of the words are among them: there are more pieces than `size` if there are more characters.
pub fn learn(words: &[(String, u64)], size: usize) -> Vec<(String, f64)> {
    let characters: BTreeSet<char> = words.iter().flat_map(|(word, _)| word.chars()).collect();
    let mut pieces = seeds(words, &characters, size * SEEDS);
    loop {
        for _ in 0..STEPS {
            pieces = maximised(&pieces, words, size);
        }
        if pieces.len() <= size.max(characters.len()) {
            break;
        }
        let kept = ((pieces.len() as f64 * KEPT) as usize).max(size);
        pieces = pruned(pieces, words, kept);
    }
    pieces.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    pieces
}

/// True for pieces of one character, which are never dropped.
fn is_character(piece: &str) -> bool {
    piece.chars().nth(1).is_none()
}

/// All characters, and the substrings of at least two that occur twice or more and cover most of the text.
fn seeds(words: &[(String, u64)], characters: &BTreeSet<char>, count_max: usize) -> Vec<(String, f64)> {
    let mut counts: HashMap<&str, u64> = HashMap::new();
    for (word, times) in words {
        let ends: Vec<usize> = word.char_indices().map(|(at, _)| at).chain([word.len()]).collect();
        for (first, &from) in ends.iter().enumerate() {
            for &to in ends.iter().skip(first + 1).take(LENGTH_MAX) {
                *counts.entry(&word[from..to]).or_default() += times;
            }
        }
    }
    let covered = |piece: &str, count: u64| count * piece.chars().count() as u64;
    let mut longer: Vec<(&str, u64)> = counts
        .iter()
        .filter(|&(piece, &count)| count >= 2 && !is_character(piece))
        .map(|(&piece, &count)| (piece, covered(piece, count)))
        .collect();
    longer.sort_unstable_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    longer.truncate(count_max);
    let of_character = |character: &char| {
        let piece = character.to_string();
        let count = counts[piece.as_str()];
        (piece, count)
    };
    let all: Vec<(String, u64)> = characters
        .iter()
        .map(of_character)
        .chain(longer.into_iter().map(|(piece, covered)| (piece.to_string(), covered)))
        .collect();
    let total: u64 = all.iter().map(|(_, count)| count).sum();
    let score = |count: u64| (count as f64).ln() - (total as f64).ln();
    all.into_iter().map(|(piece, count)| (piece, score(count))).collect()
}

/// One E step and one M step; pieces that are hardly expected are dropped, but no more than leaves `least`.
fn maximised(pieces: &[(String, f64)], words: &[(String, u64)], least: usize) -> Vec<(String, f64)> {
    let mut expected = expected(pieces, words);
    let is_rare = |id: &usize| !is_character(&pieces[*id].0) && expected[*id] < RARE;
    let mut rare: Vec<usize> = (0..pieces.len()).filter(is_rare).collect();
    rare.sort_by(|&a, &b| expected[a].total_cmp(&expected[b]));
    rare.truncate(pieces.len().saturating_sub(least));
    let mut is_kept = vec![true; pieces.len()];
    rare.into_iter().for_each(|id| is_kept[id] = false);
    expected.iter_mut().for_each(|count| *count = count.max(COUNT_MIN));
    let kept = || {
        pieces
            .iter()
            .zip(&expected)
            .zip(&is_kept)
            .filter(|(_, is_kept)| **is_kept)
    };
    let total: f64 = kept().map(|((_, count), _)| count).sum();
    kept()
        .map(|(((piece, _), count), _)| (piece.clone(), (count / total).ln()))
        .collect()
}

/// How often each piece is expected in the words.
fn expected(pieces: &[(String, f64)], words: &[(String, u64)]) -> Vec<f64> {
    let trie = Trie::new(pieces.iter().map(|(piece, _)| piece.as_str()).zip(0..));
    let mut expected = vec![0.0; pieces.len()];
    let mut found: Vec<(usize, usize, TokenId)> = Vec::new();
    for (word, times) in words {
        found.clear();
        for (from, _) in word.char_indices() {
            let at = trie.prefixes(ROOT, &word.as_bytes()[from..]);
            found.extend(at.map(|(length, id)| (from, from + length, id)));
        }
        let mut alpha = vec![f64::NEG_INFINITY; word.len() + 1];
        alpha[0] = 0.0;
        for &(from, to, id) in &found {
            alpha[to] = ln_sum(alpha[to], alpha[from] + pieces[id as usize].1);
        }
        let mut beta = vec![f64::NEG_INFINITY; word.len() + 1];
        beta[word.len()] = 0.0;
        for &(from, to, id) in found.iter().rev() {
            beta[from] = ln_sum(beta[from], beta[to] + pieces[id as usize].1);
        }
        for &(from, to, id) in &found {
            let share = alpha[from] + pieces[id as usize].1 + beta[to] - alpha[word.len()];
            expected[id as usize] += *times as f64 * share.exp();
        }
    }
    expected
}

/// `ln(e^a + e^b)`, without overflow.
fn ln_sum(a: f64, b: f64) -> f64 {
    let (low, high) = if a < b { (a, b) } else { (b, a) };
    if low == f64::NEG_INFINITY {
        high
    } else {
        high + (low - high).exp().ln_1p()
    }
}

/// Keeps the pieces with the largest losses; characters always.
fn pruned(pieces: Vec<(String, f64)>, words: &[(String, u64)], count: usize) -> Vec<(String, f64)> {
    let model = Unigram::new(&pieces, TokenId::MAX, None);
    let mut uses = vec![0_u64; pieces.len()];
    for (word, times) in words {
        model.cut(word).iter().for_each(|cut| uses[cut.id as usize] += times);
    }
    let loss = |(id, (piece, score)): (usize, &(String, f64))| {
        if is_character(piece) {
            return f64::INFINITY;
        }
        // What stands for the piece, once it is gone: its best cut into others.
        let without = model.without(piece, id as TokenId);
        uses[id] as f64 * (score - without)
    };
    let mut ranked: Vec<(f64, usize)> = pieces.iter().enumerate().map(|piece| (loss(piece), piece.0)).collect();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let characters = ranked.iter().take_while(|(loss, _)| loss.is_infinite()).count();
    ranked.truncate(count.max(characters));
    let mut kept: Vec<usize> = ranked.into_iter().map(|(_, id)| id).collect();
    kept.sort_unstable();
    let mut is_kept = vec![false; pieces.len()];
    kept.into_iter().for_each(|id| is_kept[id] = true);
    pieces
        .into_iter()
        .zip(is_kept)
        .filter_map(|(piece, is_kept)| is_kept.then_some(piece))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<(String, u64)> {
        text.split_whitespace().map(|word| (word.to_string(), 1)).collect()
    }

    #[test]
    fn the_expected_counts_are_those_over_all_cuts() {
        let pieces = [("a", 0.3), ("b", 0.2), ("ab", 0.4), ("ba", 0.1)];
        let pieces = pieces.map(|(piece, p): (&str, f64)| (piece.to_string(), p.ln()));
        // The cuts of `aba`: a b a (0.018), ab a (0.12), a ba (0.03); together 0.168.
        let counts = expected(&pieces, &[("aba".to_string(), 2)]);
        let by_hand = [2.0 * (2.0 * 0.018 + 0.12 + 0.03), 2.0 * 0.018, 2.0 * 0.12, 2.0 * 0.03];
        for (count, by_hand) in counts.iter().zip(by_hand) {
            assert!((count - by_hand / 0.168).abs() < 1e-12, "{counts:?}");
        }
    }

    #[test]
    fn each_step_makes_the_text_more_likely() {
        let words = words("the cat sat on the mat and the rat ate that cat near the mat");
        let characters: BTreeSet<char> = words.iter().flat_map(|(word, _)| word.chars()).collect();
        let mut pieces = seeds(&words, &characters, 40);
        let likelihood = |pieces: &[(String, f64)]| -> f64 { words.iter().map(|(word, _)| total(pieces, word)).sum() };
        let mut before = f64::NEG_INFINITY;
        for _ in 0..5 {
            // No piece is dropped here.
            let next = maximised(&pieces, &words, usize::MAX);
            let now = likelihood(&next);
            assert!(now >= before - 1e-9, "{now} after {before}");
            (pieces, before) = (next, now);
        }
    }

    /// The logarithm of the probability of a word, over all its cuts.
    fn total(pieces: &[(String, f64)], word: &str) -> f64 {
        if word.is_empty() {
            return 0.0;
        }
        let ways = pieces
            .iter()
            .filter_map(|(piece, score)| Some(score + total(pieces, word.strip_prefix(piece.as_str())?)));
        ways.fold(f64::NEG_INFINITY, ln_sum)
    }

    #[test]
    fn as_many_pieces_are_left_as_wanted_and_all_characters() {
        let words = words(&"lecture lectures lecturer picture pictures texture mixture true truth ".repeat(3));
        let pieces = learn(&words, 24);
        assert_eq!(pieces.len(), 24);
        let total: f64 = pieces.iter().map(|(_, score)| score.exp()).sum();
        assert!((total - 1.0).abs() < 1e-9, "{total}");
        let has = |piece: &str| pieces.iter().any(|(own, _)| own == piece);
        assert!(
            "lecturspixmhd"
                .chars()
                .filter(|letter| *letter != 'd')
                .all(|letter| has(&letter.to_string()))
        );
        assert!(has("ture"), "{pieces:?}");
    }
}
