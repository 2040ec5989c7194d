//! How well a model predicts text: nats and bits per token, perplexity.

use crate::corpus::Batch;
use crate::language_model::{LanguageModel, LogProbs};

/// The sum of the losses over some labels.
///
/// Labels that a model calls impossible are counted apart, because one of them makes the mean infinite and hides what
/// the model does elsewhere. The n-gram without smoothing meets them often.
///
/// ```
/// use tapegrad_models::score::Score;
/// // The probabilities 1/2 and 1/8 cost 1 and 3 bits, 2 on average.
/// let score: Score = [0.5_f64.ln(), 0.125_f64.ln()].into_iter().collect();
/// assert_eq!((score.bits_per_token(), score.perplexity()), (2.0, 4.0));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Score {
    /// Nats over all labels that had a probability, `-sum log p`.
    pub nats: f64,
    /// How many labels were scored, the impossible ones included.
    pub tokens: usize,
    /// How many labels had probability zero.
    pub impossible: usize,
}

impl Score {
    /// Adds one label by its log-probability in nats.
    pub fn add(&mut self, log_prob: f64) {
        self.tokens += 1;
        if log_prob == f64::NEG_INFINITY {
            self.impossible += 1;
        } else {
            self.nats -= log_prob;
        }
    }

    /// Adds all labels of a batch.
    pub fn add_all(&mut self, log_probs: &LogProbs) {
        log_probs.iter().for_each(|log_prob| self.add(log_prob));
    }

    /// Gives the mean nats per token: infinite when a token was impossible, NaN when there is none.
    pub fn nats_per_token(&self) -> f64 {
        if self.impossible > 0 {
            f64::INFINITY
        } else {
            self.nats / self.tokens as f64
        }
    }

    /// Gives the mean nats over the tokens that had a probability.
    pub fn nats_per_possible_token(&self) -> f64 {
        self.nats / (self.tokens - self.impossible) as f64
    }

    /// Gives the mean bits per token, `nats / log 2`.
    pub fn bits_per_token(&self) -> f64 {
        self.nats_per_token() / std::f64::consts::LN_2
    }

    /// Gives the perplexity, `exp(nats per token)`.
    pub fn perplexity(&self) -> f64 {
        self.nats_per_token().exp()
    }
}

impl FromIterator<f64> for Score {
    fn from_iter<I: IntoIterator<Item = f64>>(log_probs: I) -> Score {
        let mut score = Score::default();
        log_probs.into_iter().for_each(|log_prob| score.add(log_prob));
        score
    }
}

/// Scores a model on batches, each label that counts once.
pub fn evaluate<M: LanguageModel + ?Sized>(model: &M, batches: impl Iterator<Item = Batch>) -> Score {
    let mut score = Score::default();
    batches.for_each(|batch| score.add_all(&model.log_probs(&batch)));
    score
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_impossible_token_makes_the_mean_infinite_and_is_counted() {
        let score: Score = [0.5_f64.ln(), f64::NEG_INFINITY, 0.5_f64.ln()].into_iter().collect();
        assert_eq!((score.tokens, score.impossible), (3, 1));
        assert_eq!(score.nats_per_token(), f64::INFINITY);
        assert_eq!(score.perplexity(), f64::INFINITY);
        assert!((score.nats_per_possible_token() - 2.0_f64.ln()).abs() < 1e-15);
    }

    #[test]
    fn no_token_has_no_mean() {
        assert!(Score::default().nats_per_token().is_nan());
    }
}
