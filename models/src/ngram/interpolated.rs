//! Smoothing by interpolation: what a context keeps for its own counts, and what it gives to the next shorter one.
//!
//! `p(w | h) = kept(h w) + backoff(h) p(w | h')`, where `h'` is `h` without its oldest token; before the shortest context
//! stands the uniform distribution. The kinds of smoothing differ in `kept` and `backoff` alone, which add up to 1 after
//! every context: `sum_w kept(h w) + backoff(h) = 1`.
//!
//! The probability of every counted n-gram is computed once, lower orders included, so a query is one walk to the
//! longest counted n-gram and a product of the `backoff` of the contexts that have no such n-gram.

use super::counts::{Counts, ROOT};
use crate::tokenizer::TokenId;

/// Probabilities of all counted n-grams, and weights of all contexts.
#[derive(Clone, Debug)]
pub(super) struct Interpolated {
    prob: Vec<f64>,
    backoff: Vec<f64>,
}

impl Interpolated {
    /// From what follows each context in all, the weight that it gives away, and what it keeps for each n-gram. After a
    /// context that nothing followed, the shorter context decides alone.
    pub(super) fn new(
        counts: &Counts,
        predictable: usize,
        total: &[u64],
        given: impl Fn(usize) -> f64,
        kept: impl Fn(usize) -> f64,
    ) -> Self {
        let weight = |history: usize| if total[history] == 0 { 1.0 } else { given(history) };
        let backoff: Vec<f64> = (0..total.len()).map(weight).collect();
        let mut prob = vec![0.0; counts.node_count()];
        prob[ROOT as usize] = 1.0 / predictable as f64;
        for node in counts.ngrams() {
            let (history, suffix) = (counts.history[node] as usize, counts.suffix[node] as usize);
            prob[node] = kept(node) + backoff[history] * prob[suffix];
        }
        Self { prob, backoff }
    }

    /// Absolute discounting: `kept = (c(h w) - d) / c(h)`, `backoff = d N(h) / c(h)`.
    pub(super) fn absolute(counts: &Counts, predictable: usize, discount: f64) -> Self {
        let Followed { total, different } = Followed::of(counts);
        let given = |history: usize| discount * different[history] as f64 / total[history] as f64;
        let kept = |node: usize| (counts.count[node] as f64 - discount) / total[counts.history[node] as usize] as f64;
        Self::new(counts, predictable, &total, given, kept)
    }

    /// Witten-Bell: `kept = c(h w) / (c(h) + N(h))`, `backoff = N(h) / (c(h) + N(h))`.
    pub(super) fn witten_bell(counts: &Counts, predictable: usize) -> Self {
        let Followed { total, different } = Followed::of(counts);
        let given = |history: usize| different[history] as f64 / (total[history] + different[history]) as f64;
        let kept = |node: usize| {
            let history = counts.history[node] as usize;
            counts.count[node] as f64 / (total[history] + different[history]) as f64
        };
        Self::new(counts, predictable, &total, given, kept)
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
}

/// What was counted after each context.
struct Followed {
    /// How many tokens, `c(h)`.
    total: Vec<u64>,
    /// How many different ones, `N(h)`.
    different: Vec<u64>,
}

impl Followed {
    fn of(counts: &Counts) -> Self {
        let (mut total, mut different) = (vec![0; counts.node_count()], vec![0; counts.node_count()]);
        for node in counts.ngrams() {
            let history = counts.history[node] as usize;
            total[history] += counts.count[node];
            different[history] += 1;
        }
        Self { total, different }
    }
}
