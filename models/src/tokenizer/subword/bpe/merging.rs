//! From the characters of a word to its tokens: merges, the most common first.
//!
//! The merges were learnt in an order, and the earliest of those that fit is made first; of several places the leftmost.
//! [`merge_plainly`] says just that. It looks at the whole word before each merge, so a word of n characters takes n²
//! steps. [`merge`] gives the same with a queue of the merges that fit: n log n, also for a word of a million letters.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::hash::BuildHasherDefault;

use crate::fold_hash::FoldHasher;
use crate::tokenizer::TokenId;

/// Two neighbouring tokens.
pub type Pair = (TokenId, TokenId);

/// A token of a word, and how many bytes of the word it covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Symbol {
    /// The token.
    pub id: TokenId,
    /// Its bytes of the word.
    pub length: usize,
}

/// The merges by their pair: the rank of each, 0 for the one that was learnt first, and the token that it makes.
#[derive(Clone, Debug, Default)]
pub struct Merges(HashMap<u64, (u32, TokenId), BuildHasherDefault<FoldHasher>>);

impl Merges {
    /// Merges in the order in which they were learnt; of two of the same pair the later one counts.
    pub fn new(merges: impl IntoIterator<Item = (Pair, TokenId)>) -> Self {
        let ranked = merges.into_iter().zip(0..);
        Self(ranked.map(|((pair, made), rank)| (key(pair), (rank, made))).collect())
    }

    /// The rank of the merge of a pair, and what it makes.
    pub fn get(&self, pair: Pair) -> Option<(u32, TokenId)> {
        self.0.get(&key(pair)).copied()
    }
}

/// A pair as one number.
pub fn key((left, right): Pair) -> u64 {
    u64::from(left) << 32 | u64::from(right)
}

/// A merge that was made: where in the word, its rank, and the token that came of it.
pub type Made = (usize, u32, TokenId);

/// Makes the merges in a word one after the other, and tells each: the definition of byte-pair encoding.
pub fn merge_plainly(word: &mut Vec<Symbol>, merges: &Merges, mut told: impl FnMut(&[Symbol], Made)) {
    loop {
        let fits = |at: usize| {
            let (rank, made) = merges.get((word[at].id, word[at + 1].id))?;
            Some((rank, at, made))
        };
        let Some((rank, at, made)) = (0..word.len().saturating_sub(1)).filter_map(fits).min() else {
            return;
        };
        word[at] = Symbol {
            id: made,
            length: word[at].length + word[at + 1].length,
        };
        word.remove(at + 1);
        told(word, (at, rank, made));
    }
}

/// Words up to this many characters are merged plainly: a queue costs more than it saves.
const PLAIN_MAX: usize = 16;

/// Makes the merges in a word.
pub fn merge(word: &mut Vec<Symbol>, merges: &Merges) {
    if word.len() <= PLAIN_MAX {
        merge_plainly(word, merges, |_, _| {});
    } else {
        merge_by_queue(word, merges);
    }
}

const NONE: usize = usize::MAX;

/// Makes the merges in a word, with the merges that fit in a queue and the tokens in a chain.
fn merge_by_queue(word: &mut Vec<Symbol>, merges: &Merges) {
    let count = word.len();
    let mut before: Vec<usize> = (0..count).map(|at| at.wrapping_sub(1)).collect();
    let mut after: Vec<usize> = (1..=count).collect();
    after[count - 1] = NONE;
    let fits = |word: &[Symbol], left: usize, right: usize| {
        let pair = (word[left].id, word[right].id);
        merges.get(pair).map(|(rank, made)| Reverse((rank, left, pair, made)))
    };
    let mut queue: BinaryHeap<_> = (1..count).filter_map(|right| fits(word, right - 1, right)).collect();
    while let Some(Reverse((_, left, pair, made))) = queue.pop() {
        let right = after[left];
        // What a queue says of a pair is out of date when one of its tokens was merged meanwhile.
        if word[left].length == 0 || right == NONE || (word[left].id, word[right].id) != pair {
            continue;
        }
        word[left] = Symbol {
            id: made,
            length: word[left].length + word[right].length,
        };
        word[right].length = 0;
        after[left] = after[right];
        if after[left] != NONE {
            before[after[left]] = left;
            queue.extend(fits(word, left, after[left]));
        }
        if before[left] != NONE {
            queue.extend(fits(word, before[left], left));
        }
    }
    word.retain(|symbol| symbol.length > 0);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn word(ids: &[TokenId]) -> Vec<Symbol> {
        ids.iter().map(|&id| Symbol { id, length: 1 }).collect()
    }

    #[test]
    fn the_first_merge_that_was_learnt_is_made_first_and_the_leftmost() {
        // a = 0, b = 1; ab = 2 was learnt before aa = 3.
        let merges = Merges::new([((0, 1), 2), ((0, 0), 3)]);
        let mut symbols = word(&[0, 0, 0, 1, 0, 1]);
        let mut steps = Vec::new();
        merge_plainly(&mut symbols, &merges, |_, made| steps.push(made));
        assert_eq!(steps, [(2, 0, 2), (3, 0, 2), (0, 1, 3)]);
        assert_eq!(
            symbols
                .iter()
                .map(|symbol| (symbol.id, symbol.length))
                .collect::<Vec<_>>(),
            [(3, 2), (2, 2), (2, 2)]
        );
    }

    #[test]
    fn a_word_of_a_million_letters_is_merged() {
        let merges = Merges::new([((0, 0), 1), ((1, 1), 2), ((2, 2), 3)]);
        let mut long = word(&vec![0; 1_000_000]);
        merge(&mut long, &merges);
        assert_eq!(long.len(), 125_000);
    }

    proptest! {
        #[test]
        fn the_queue_makes_the_merges_of_the_definition(
            letters in proptest::collection::vec(0_u32..3, 2..80),
            pairs in proptest::collection::vec((0_u32..8, 0_u32..8), 0..12),
        ) {
            // Each merge makes a token of its own, from any two of those before it.
            let merges = pairs.iter().zip(3..).map(|(&(a, b), made)| ((a % made, b % made), made));
            let merges = Merges::new(merges);
            let (mut plain, mut quick) = (word(&letters), word(&letters));
            merge_plainly(&mut plain, &merges, |_, _| {});
            merge_by_queue(&mut quick, &merges);
            prop_assert_eq!(plain, quick);
        }
    }
}
