//! Smoothing written down once more, slowly: the oracle of the fast one.
//!
//! Nothing is stored. Each probability is computed from the rows by the formula of Chen and Goodman, with sets and
//! recursion, and shares no code with the model.

use crate::tokenizer::TokenId;
use std::collections::BTreeSet;

/// Which smoothing it is; of Kneser-Ney, which formula gives the discounts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Discounting {
    Single,
    Modified,
    Absolute(f64),
    WittenBell,
}

/// Rows of tokens of which the first is context only, and the smoothing.
pub(super) struct Twin {
    pub(super) rows: Vec<Vec<TokenId>>,
    pub(super) order: usize,
    pub(super) predictable: Vec<TokenId>,
    pub(super) discounting: Discounting,
}

impl Twin {
    /// Each occurrence of an n-gram whose last token is a label, with the token before it, if any.
    fn occurrences(&self, ngram: &[TokenId]) -> Vec<Option<TokenId>> {
        let mut before = Vec::new();
        for row in &self.rows {
            for end in 2..=row.len() {
                if row[..end].ends_with(ngram) {
                    let start = end - ngram.len();
                    before.push((start > 0).then(|| row[start - 1]));
                }
            }
        }
        before
    }

    fn adjusted(&self, ngram: &[TokenId]) -> usize {
        let before = self.occurrences(ngram);
        let is_plain = matches!(self.discounting, Discounting::Absolute(_) | Discounting::WittenBell);
        if ngram.len() == self.order || is_plain {
            return before.len();
        }
        let different: BTreeSet<TokenId> = before.iter().flatten().copied().collect();
        different.len() + before.iter().filter(|token| token.is_none()).count()
    }

    fn discount(&self, length: usize, count: usize) -> f64 {
        if count == 0 {
            return 0.0;
        }
        if let Discounting::Absolute(discount) = self.discounting {
            return discount;
        }
        let mut ngrams = BTreeSet::new();
        for row in &self.rows {
            for end in 2..=row.len() {
                if end >= length {
                    ngrams.insert(&row[end - length..end]);
                }
            }
        }
        let n = |k: usize| ngrams.iter().filter(|ngram| self.adjusted(ngram) == k).count() as f64;
        let y = n(1) / (n(1) + 2.0 * n(2));
        let (d, fallback) = match self.discounting {
            Discounting::Absolute(_) | Discounting::WittenBell => unreachable!("they need no discount of counts"),
            Discounting::Single => ([y, y, y], [0.75; 3]),
            Discounting::Modified => {
                let d = |c: usize| c as f64 - (c as f64 + 1.0) * y * n(c + 1) / n(c);
                ([d(1), d(2), d(3)], [0.5, 1.0, 1.5])
            }
        };
        let sound = (0..3).all(|c| d[c] > 0.0 && d[c] <= c as f64 + 1.0);
        (if sound { d } else { fallback })[count.min(3) - 1]
    }

    /// p(w | h) = (a(hw) - D) / sum a(hv) + (sum D / sum a(hv)) p(w | h').
    pub(super) fn prob(&self, history: &[TokenId], word: TokenId) -> f64 {
        let history = &history[history.len().saturating_sub(self.order - 1)..];
        let shorter = match history {
            [] => 1.0 / self.predictable.len() as f64,
            [_, rest @ ..] => self.prob(rest, word),
        };
        let with = |word: TokenId| [history, &[word]].concat();
        let length = history.len() + 1;
        let counts: Vec<usize> = self
            .predictable
            .iter()
            .map(|&word| self.adjusted(&with(word)))
            .collect();
        let total: usize = counts.iter().sum();
        if total == 0 {
            return shorter;
        }
        if self.discounting == Discounting::WittenBell {
            let different = counts.iter().filter(|&&count| count > 0).count() as f64;
            let count = self.adjusted(&with(word)) as f64;
            return (count + different * shorter) / (total as f64 + different);
        }
        let taken: f64 = counts.iter().map(|&count| self.discount(length, count)).sum();
        let count = self.adjusted(&with(word));
        (count as f64 - self.discount(length, count)) / total as f64 + taken / total as f64 * shorter
    }
}
