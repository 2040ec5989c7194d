//! The words of a corpus while merges are learnt: how often each pair of neighbours occurs, and in which words.
//!
//! One merge changes only the words that hold its pair, so the counts of all other pairs stay as they are.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use super::merging::{Pair, key};
use crate::fold_hash::FoldHasher;
use crate::tokenizer::TokenId;

/// A map by pairs.
pub type ByPair<T> = HashMap<u64, T, BuildHasherDefault<FoldHasher>>;

/// The different words of a corpus as tokens, with the counts of their pairs.
pub struct Words {
    words: Vec<(Vec<TokenId>, u64)>,
    counts: ByPair<u64>,
    /// The words that hold a pair; a word may be named twice, or hold it no more.
    places: ByPair<Vec<usize>>,
}

/// A pair from its number.
pub fn pair_of(key: u64) -> Pair {
    ((key >> 32) as TokenId, key as TokenId)
}

impl Words {
    /// Counts the pairs of some words, each with how often it occurs.
    pub fn new(words: Vec<(Vec<TokenId>, u64)>) -> Self {
        let mut this = Self {
            words,
            counts: ByPair::default(),
            places: ByPair::default(),
        };
        for at in 0..this.words.len() {
            this.add(at, |_| {});
        }
        this
    }

    /// How often a pair occurs.
    pub fn count(&self, pair: Pair) -> u64 {
        self.counts.get(&key(pair)).copied().unwrap_or(0)
    }

    /// All pairs that occur, with their counts, in no order.
    pub fn pairs(&self) -> impl Iterator<Item = (Pair, u64)> {
        self.counts.iter().map(|(&key, &count)| (pair_of(key), count))
    }

    /// Puts a token in the place of a pair wherever it occurs, from left to right, and tells each pair of the words that
    /// changed. Gives how often it was put.
    pub fn merge(&mut self, pair: Pair, made: TokenId, mut told: impl FnMut(Pair)) -> u64 {
        let mut joins = 0;
        let mut places = self.places.remove(&key(pair)).unwrap_or_default();
        places.sort_unstable();
        places.dedup();
        for at in places {
            self.take(at);
            let (word, times) = &mut self.words[at];
            let before = word.len();
            merge_in(word, pair, made);
            joins += (before - word.len()) as u64 * *times;
            self.add(at, &mut told);
        }
        joins
    }

    fn take(&mut self, at: usize) {
        let (word, times) = &self.words[at];
        for pair in word.windows(2) {
            let key = key((pair[0], pair[1]));
            let count = self.counts.get_mut(&key).expect("the pairs of every word are counted");
            *count -= times;
            if *count == 0 {
                self.counts.remove(&key);
            }
        }
    }

    fn add(&mut self, at: usize, mut told: impl FnMut(Pair)) {
        let (word, times) = &self.words[at];
        for pair in word.windows(2) {
            let pair = (pair[0], pair[1]);
            *self.counts.entry(key(pair)).or_default() += times;
            let places = self.places.entry(key(pair)).or_default();
            if places.last() != Some(&at) {
                places.push(at);
            }
            told(pair);
        }
    }
}

/// Puts a token in the place of a pair in one word, from left to right.
pub fn merge_in(word: &mut Vec<TokenId>, pair: Pair, made: TokenId) {
    let (mut read, mut written) = (0, 0);
    while read < word.len() {
        let is_pair = read + 1 < word.len() && (word[read], word[read + 1]) == pair;
        word[written] = if is_pair { made } else { word[read] };
        read += if is_pair { 2 } else { 1 };
        written += 1;
    }
    word.truncate(written);
}
