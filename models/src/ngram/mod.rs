//! The n-gram model: the next token's probability, counted after the last n - 1 tokens.
//!
//! Counting is training: relative frequencies are the closed-form maximum of the likelihood that the neural models
//! climb by gradients (LECTURES rows M1, M2). They give no probability to what was never seen, so a language model
//! needs smoothing: see [`Smoothing`].
//!
//! Reading order: `fraction.rs` (what is counted), `counts.rs` (where), `interpolated.rs` and `kneser_ney.rs` (what is
//! made of it).

mod config;
mod counts;
mod discounts;
#[cfg(test)]
mod floors;
mod followers;
mod fraction;
mod interpolated;
mod kneser_ney;
#[cfg(test)]
mod laws;
mod saved;
#[cfg(test)]
mod shakespeare;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod twin;

pub use config::{NgramConfig, NgramError, Smoothing};
pub use discounts::Discounts;
pub use fraction::Fraction;
pub use saved::NgramArrays;

use crate::corpus::{Batch, NO_LABEL};
use crate::language_model::{LanguageModel, Learner, LogProbs, Logits, StepReport};
use crate::tokenizer::TokenId;
use counts::Counts;
use followers::Followers;
use interpolated::Interpolated;
use std::sync::OnceLock;

/// An n-gram language model of any order.
///
/// It can be asked at any time; what was learnt since the last question is worked in when the next one comes.
#[derive(Clone, Debug)]
pub struct Ngram {
    config: NgramConfig,
    counts: Counts,
    estimates: OnceLock<Estimates>,
}

/// What is derived from counts, when first asked for.
#[derive(Clone, Debug)]
struct Estimates {
    followers: Followers,
    interpolated: Option<Interpolated>,
    discounts: Option<Vec<Discounts>>,
}

/// The last tokens read, as many as the order can use.
#[derive(Clone, Debug)]
pub struct NgramState(Vec<TokenId>);

impl Ngram {
    /// Makes a model that has seen nothing.
    ///
    /// **Errors** when the order is 0, the k of add-k is not positive, or no token can be predicted.
    pub fn new(config: NgramConfig) -> Result<Ngram, NgramError> {
        config.check()?;
        let counts = Counts::new(config.order);
        Ok(Ngram {
            config,
            counts,
            estimates: OnceLock::new(),
        })
    }

    /// Gives what was decided before training.
    pub fn config(&self) -> &NgramConfig {
        &self.config
    }

    /// Gives the number of entries in the table of counts, bare contexts included.
    pub fn node_count(&self) -> usize {
        self.counts.node_count()
    }

    /// Gives the relative frequency of a token after a context, exactly as counted.
    ///
    /// The context is its last order - 1 tokens; a shorter one is taken as it is, at any place of the text. After SOS
    /// it is the start of a sentence. `None` says that nothing was ever counted after this context.
    pub fn fraction(&self, context: &[TokenId], token: TokenId) -> Option<Fraction> {
        let table = self.table(context)?;
        let denominator = table[0].1.denominator;
        let found = table.into_iter().find(|&(follower, _)| follower == token);
        Some(found.map_or(
            Fraction {
                numerator: 0,
                denominator,
            },
            |(_, fraction)| fraction,
        ))
    }

    /// Gives all tokens counted after a context with their frequencies, in the order of the text.
    ///
    /// `None` says that nothing was ever counted after this context.
    pub fn table(&self, context: &[TokenId]) -> Option<Vec<(TokenId, Fraction)>> {
        let followers = &self.estimates().followers;
        let history = self.whole_history(self.relevant(context))?;
        let denominator = followers.total(history);
        let fraction = |node: usize| Fraction {
            numerator: self.counts.count[node],
            denominator,
        };
        Some(
            followers
                .after(history)
                .map(|(word, node)| (word, fraction(node)))
                .collect(),
        )
    }

    /// Gives the smoothed probability of a token after a context.
    ///
    /// `None` says that there is no distribution: maximum likelihood after an unseen context.
    ///
    /// **Panics** on an id outside the vocabulary.
    #[track_caller]
    pub fn prob(&self, context: &[TokenId], token: TokenId) -> Option<f64> {
        self.check_id(token);
        if self.config.never_predicted.contains(&token) {
            return Some(0.0);
        }
        let context = self.relevant(context);
        match (self.config.smoothing, &self.estimates().interpolated) {
            (_, Some(interpolated)) => Some(interpolated.prob(&self.counts, context, token)),
            (Smoothing::AddK { k }, None) => Some(self.additive(context, token, k).unwrap_or(self.uniform())),
            (_, None) => self.additive(context, token, 0.0),
        }
    }

    /// Gives the discounts of each order from 1 up; `None` without Kneser-Ney smoothing.
    pub fn discounts(&self) -> Option<&[Discounts]> {
        self.estimates().discounts.as_deref()
    }

    /// Gives the frequency with `k` added, or `None` after an unseen context.
    fn additive(&self, context: &[TokenId], token: TokenId, k: f64) -> Option<f64> {
        let history = self.whole_history(context)?;
        let total = self.estimates().followers.total(history) as f64;
        let (ngram, length) = self.counts.longest(context, token);
        let count = if length == context.len() + 1 {
            self.counts.count[ngram as usize]
        } else {
            0
        };
        Some((count as f64 + k) / (total + k * self.config.predictable() as f64))
    }

    fn uniform(&self) -> f64 {
        1.0 / self.config.predictable() as f64
    }

    /// Gives the node of a context, if anything was counted after it.
    fn whole_history(&self, context: &[TokenId]) -> Option<usize> {
        let path = self.counts.path(context.iter().rev().copied());
        let history = path[path.len() - 1] as usize;
        (path.len() == context.len() + 1 && self.estimates().followers.total(history) > 0).then_some(history)
    }

    /// Gives the tokens of a context that the order can use.
    fn relevant<'a>(&self, context: &'a [TokenId]) -> &'a [TokenId] {
        &context[context.len().saturating_sub(self.config.order - 1)..]
    }

    fn estimates(&self) -> &Estimates {
        self.estimates.get_or_init(|| {
            let (counts, predictable) = (&self.counts, self.config.predictable());
            let kneser_ney = |discount| {
                let (interpolated, discounts) = kneser_ney::estimate(counts, predictable, discount);
                (Some(interpolated), Some(discounts))
            };
            let (interpolated, discounts) = match self.config.smoothing {
                Smoothing::MaximumLikelihood | Smoothing::AddK { .. } => (None, None),
                Smoothing::Absolute { discount } => (Some(Interpolated::absolute(counts, predictable, discount)), None),
                Smoothing::WittenBell => (Some(Interpolated::witten_bell(counts, predictable)), None),
                Smoothing::KneserNey => kneser_ney(Discounts::single),
                Smoothing::ModifiedKneserNey => kneser_ney(Discounts::modified),
            };
            Estimates {
                followers: Followers::new(counts),
                interpolated,
                discounts,
            }
        })
    }

    /// Gives the probability of every token after a context, or `None` where there is no distribution.
    fn distribution(&self, context: &[TokenId]) -> Option<Vec<f64>> {
        let mut probs = vec![self.uniform(); self.config.vocabulary];
        for &id in &self.config.never_predicted {
            probs.get_mut(id as usize).into_iter().for_each(|prob| *prob = 0.0);
        }
        let Estimates {
            followers,
            interpolated,
            ..
        } = self.estimates();
        if let Some(interpolated) = interpolated {
            for history in self.counts.path(context.iter().rev().copied()) {
                let history = history as usize;
                probs
                    .iter_mut()
                    .for_each(|prob| *prob *= interpolated.backoff_of(history));
                followers
                    .after(history)
                    .for_each(|(word, node)| probs[word as usize] = interpolated.prob_of(node));
            }
            return Some(probs);
        }
        let Smoothing::AddK { k } = self.config.smoothing else {
            return self.frequencies(context, probs, 0.0);
        };
        Some(self.frequencies(context, probs.clone(), k).unwrap_or(probs))
    }

    /// Turns a uniform distribution into that of the counts with `k` added, or `None` after an unseen context.
    fn frequencies(&self, context: &[TokenId], mut probs: Vec<f64>, k: f64) -> Option<Vec<f64>> {
        let history = self.whole_history(context)?;
        let followers = &self.estimates().followers;
        let predictable = self.config.predictable() as f64;
        let denominator = followers.total(history) as f64 + k * predictable;
        probs.iter_mut().for_each(|prob| *prob *= k * predictable / denominator);
        for (word, node) in followers.after(history) {
            probs[word as usize] = (self.counts.count[node] as f64 + k) / denominator;
        }
        Some(probs)
    }

    #[track_caller]
    fn check_id(&self, token: TokenId) {
        let vocabulary = self.config.vocabulary;
        assert!(
            (token as usize) < vocabulary,
            "ngram: token ids must be below {vocabulary}; there is {token}"
        );
    }

    /// Checks the ids of a batch before any is counted, so that a bad batch leaves no trace.
    #[track_caller]
    fn check_batch(&self, batch: &Batch) {
        for (inputs, labels) in batch.iter_rows() {
            let predicted = labels.iter().filter(|&&label| label != NO_LABEL);
            inputs
                .iter()
                .chain(predicted.clone())
                .for_each(|&token| self.check_id(token));
            let sos = predicted
                .clone()
                .find(|label| self.config.never_predicted.contains(label));
            assert_eq!(sos, None, "ngram: a label has an id that is never predicted");
        }
    }
}

impl Learner for Ngram {
    /// Adds the n-grams of a batch to the counts; the learning rate has no meaning here.
    ///
    /// **Panics** on an id outside the vocabulary, or a label that is never predicted.
    #[track_caller]
    fn learn(&mut self, batch: &Batch, _: f64) -> StepReport {
        self.check_batch(batch);
        self.estimates = OnceLock::new();
        let labels = batch
            .iter_rows()
            .map(|(inputs, labels)| self.counts.add_row(inputs, labels))
            .sum();
        StepReport {
            labels,
            flops: (labels * self.config.order) as u64,
            ..StepReport::default()
        }
    }

    /// Gives the number of different n-grams that were counted, of all orders together.
    fn parameter_count(&self) -> usize {
        self.counts.ngrams().count()
    }
}

impl LanguageModel for Ngram {
    type State = NgramState;

    fn vocabulary(&self) -> usize {
        self.config.vocabulary
    }

    fn start(&self) -> NgramState {
        NgramState(Vec::new())
    }

    #[track_caller]
    fn next(&self, state: &mut NgramState, token: TokenId) -> Logits {
        self.check_id(token);
        state.0.push(token);
        let surplus = state.0.len() - self.relevant(&state.0).len();
        state.0.drain(..surplus);
        let probs = self.distribution(&state.0).unwrap_or(vec![0.0; self.config.vocabulary]);
        Logits::new(probs.into_iter().map(f64::ln).collect())
    }

    fn log_probs(&self, batch: &Batch) -> LogProbs {
        let time = batch.time();
        LogProbs::from_fn(batch, |row, position| {
            let context = &batch.inputs()[row * time..=row * time + position];
            self.prob(context, batch.labels()[row * time + position])
                .map_or(f64::NEG_INFINITY, f64::ln)
        })
    }
}
