//! For each context, what was counted after it.

use super::counts::{Counts, Node};
use crate::tokenizer::TokenId;

/// The counted n-grams sorted by context, in one array with an index.
#[derive(Clone, Debug)]
pub(super) struct Followers {
    /// The n-grams after context h are `entries[start[h] .. start[h + 1]]`.
    start: Vec<usize>,
    entries: Vec<(TokenId, Node)>,
    total: Vec<u64>,
}

impl Followers {
    /// Sorts the n-grams of a table by their context; within one, in the order in which they were first met.
    pub(super) fn new(counts: &Counts) -> Followers {
        let (histories, words) = (&counts.history, counts.words());
        let mut start = vec![0; counts.node_count() + 1];
        let mut total = vec![0; counts.node_count()];
        for node in counts.ngrams() {
            start[histories[node] as usize + 1] += 1;
            total[histories[node] as usize] += counts.count[node];
        }
        for history in 0..counts.node_count() {
            start[history + 1] += start[history];
        }
        let mut next = start.clone();
        let mut entries = vec![(0, 0); start[counts.node_count()]];
        for node in counts.ngrams() {
            let place = &mut next[histories[node] as usize];
            entries[*place] = (words[node], node as Node);
            *place += 1;
        }
        Followers { start, entries, total }
    }

    /// Gives the words counted after a context, each with its n-gram.
    pub(super) fn after(&self, history: usize) -> impl Iterator<Item = (TokenId, usize)> {
        self.entries[self.start[history]..self.start[history + 1]]
            .iter()
            .map(|&(word, node)| (word, node as usize))
    }

    /// Gives how many tokens were counted after a context.
    pub(super) fn total(&self, history: usize) -> u64 {
        self.total[history]
    }
}
