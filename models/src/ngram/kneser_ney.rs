//! Interpolated Kneser-Ney smoothing.
//!
//! A discount is taken off each count, and what was taken from a context is spread over all words in proportion to
//! the next shorter context:
//!
//! `p(w | h) = (a(h w) - D(a(h w))) / sum_v a(h v) + gamma(h) p(w | h')`, where `h'` is `h` without its oldest token and
//! `gamma(h) = sum_v D(a(h v)) / sum_v a(h v)`. Before the shortest context stands the uniform distribution.
//!
//! The count `a` is the plain one at the highest order. At lower orders it is the number of different tokens before
//! the n-gram, because a short context is asked only where the long one failed: "Francisco" is frequent, but only
//! after "San". The discounts D of an order depend on the count (modified) or not (plain): see
//! [`Discounts`](super::Discounts).
//!
//! The probability of every counted n-gram is computed once, lower orders included, so a query is one walk to the
//! longest counted n-gram and a product of the `gamma` of the contexts that have no such n-gram.
//!
//! **Source**: Chen and Goodman 1998, sections 2.7 and 3; the treatment of sentence starts is KenLM's (Heafield, Pouzyrevsky,
//! Clark, Koehn, "Scalable modified Kneser-Ney language model estimation", ACL 2013).

use super::counts::{Counts, ROOT};
use super::discounts::Discounts;
use crate::tokenizer::TokenId;

/// Probabilities of all counted n-grams, and weights of all contexts.
#[derive(Clone, Debug)]
pub(super) struct KneserNey {
    discounts: Vec<Discounts>,
    prob: Vec<f64>,
    backoff: Vec<f64>,
}

impl KneserNey {
    /// Estimates all probabilities; `predictable` tokens share the uniform distribution.
    pub(super) fn estimate(counts: &Counts, predictable: usize, discount: fn([u64; 4]) -> Discounts) -> KneserNey {
        let lengths = counts.lengths();
        let adjusted = adjusted_counts(counts, &lengths);
        let discounts: Vec<Discounts> = numbers_of_counts(counts, &lengths, &adjusted)
            .into_iter()
            .map(discount)
            .collect();
        let taken = |node: usize| discounts[lengths[node] - 1].of(adjusted[node]);

        let mut total = vec![0; counts.node_count()];
        let mut backoff = vec![0.0; counts.node_count()];
        for node in counts.ngrams() {
            let history = counts.history[node] as usize;
            total[history] += adjusted[node];
            backoff[history] += taken(node);
        }
        for (backoff, &total) in backoff.iter_mut().zip(&total) {
            // After a context that nothing followed, the shorter context decides alone.
            *backoff = if total == 0 { 1.0 } else { *backoff / total as f64 };
        }

        let mut prob = vec![0.0; counts.node_count()];
        prob[ROOT as usize] = 1.0 / predictable as f64;
        for node in counts.ngrams() {
            let (history, suffix) = (counts.history[node] as usize, counts.suffix[node] as usize);
            let kept = (adjusted[node] as f64 - taken(node)) / total[history] as f64;
            prob[node] = kept + backoff[history] * prob[suffix];
        }
        KneserNey {
            discounts,
            prob,
            backoff,
        }
    }

    /// Gives the probability of a token after a context.
    pub(super) fn prob(&self, counts: &Counts, context: &[TokenId], token: TokenId) -> f64 {
        let (ngram, length) = counts.longest(context, token);
        let histories = counts.path(context.iter().rev().copied().take(counts.order - 1));
        let without = histories.iter().skip(length);
        without.fold(self.prob[ngram as usize], |prob, &history| {
            prob * self.backoff[history as usize]
        })
    }

    /// Gives the probability of an n-gram that was counted.
    pub(super) fn prob_of(&self, ngram: usize) -> f64 {
        self.prob[ngram]
    }

    /// Gives the weight that a context gives to the next shorter one.
    pub(super) fn backoff_of(&self, history: usize) -> f64 {
        self.backoff[history]
    }

    /// Gives the discounts of the orders 1, 2, ...
    pub(super) fn discounts(&self) -> &[Discounts] {
        &self.discounts
    }
}

/// Plain counts at the highest order, numbers of different tokens before the n-gram below it.
fn adjusted_counts(counts: &Counts, lengths: &[usize]) -> Vec<u64> {
    let mut adjusted = counts
        .left_neighbours()
        .expect("from_arrays has checked the counts of a table that was read");
    for node in counts.ngrams().filter(|&node| lengths[node] == counts.order) {
        adjusted[node] = counts.count[node];
    }
    adjusted
}

/// For each order up to the longest n-gram, how many n-grams have the adjusted counts 1, 2, 3, 4.
fn numbers_of_counts(counts: &Counts, lengths: &[usize], adjusted: &[u64]) -> Vec<[u64; 4]> {
    let mut numbers = vec![[0; 4]; lengths.iter().copied().max().unwrap_or(0)];
    for node in counts.ngrams().filter(|&node| (1..=4).contains(&adjusted[node])) {
        numbers[lengths[node] - 1][adjusted[node] as usize - 1] += 1;
    }
    numbers
}
