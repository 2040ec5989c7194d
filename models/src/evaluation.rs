//! A model measured on a text: its loss, how sure that is, and the part of the tokens that no vocabulary can know.

use crate::corpus::{Batches, NO_LABEL};
use crate::language_model::AnyLanguageModel;
use crate::score::Score;
use crate::tokenizer::TokenId;

/// The loss of a model on a text, label by label.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evaluation {
    /// Over all labels.
    pub all: Score,
    /// Over the labels that are in the vocabulary.
    pub known: Score,
    /// The loss of each label, in the order of the text. **Units**: nats.
    pub nats: Vec<f64>,
}

/// How far the loss on a text of this length may be from that on more text of the same kind.
///
/// **Formula**: the labels in their order are cut into B blocks of equal length; with the means `m_b` of the blocks and
/// their mean `m`, the standard error is `s = sqrt(sum_b (m_b - m)² / (B (B - 1)))`, and the interval `m ± 1.96 s`. That is
/// the normal approximation at 95 %. Whole blocks are compared, because neighbouring labels depend on each other:
/// taken one by one they would look like more evidence than they are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The lower end. **Units**: nats per token.
    pub low: f64,
    /// The upper end. **Units**: nats per token.
    pub high: f64,
    /// The standard error `s`.
    pub error: f64,
    /// The number of blocks, B.
    pub blocks: usize,
}

/// The 97.5 % point of the normal distribution.
const NORMAL: f64 = 1.96;
/// A block has at least this many labels, so that most dependence stays within it.
const BLOCK_MIN: usize = 100;
/// With fewer blocks the normal approximation is too short by over 7 %, so no interval is given.
const BLOCKS_MIN: usize = 20;
/// More blocks than this would say no more of the error.
const BLOCKS_MAX: usize = 100;

impl Evaluation {
    /// Measures a model on batches, each label once, in order; on the first `tokens_max` labels if that is given.
    ///
    /// `oov` is the id that stands for all that is outside the vocabulary.
    pub fn of(
        model: &dyn AnyLanguageModel,
        batches: &dyn Batches,
        rows: usize,
        oov: TokenId,
        tokens_max: Option<u64>,
    ) -> Self {
        let bound = tokens_max.map_or(usize::MAX, |tokens| usize::try_from(tokens).unwrap_or(usize::MAX));
        let mut this = Self::default();
        for batch in batches.in_order(rows) {
            let log_probs = model.any_log_probs(&batch);
            let labels = batch.labels().iter().filter(|&&label| label != NO_LABEL);
            for (&label, log_prob) in labels.zip(log_probs.iter()) {
                if this.nats.len() == bound {
                    return this;
                }
                this.all.add(log_prob);
                if label != oov {
                    this.known.add(log_prob);
                }
                this.nats.push(-log_prob);
            }
        }
        this
    }

    /// How many labels are outside the vocabulary.
    pub fn unknown(&self) -> usize {
        self.all.tokens - self.known.tokens
    }

    /// The interval of the loss; `None` for a text of fewer than 2000 labels, or an infinite loss.
    pub fn interval(&self) -> Option<Interval> {
        interval(&self.nats).filter(|interval| interval.error.is_finite())
    }

    /// The loss spread over so many pieces of the text, its characters or bytes. **Units**: nats.
    pub fn nats_per(&self, pieces: usize) -> f64 {
        if self.all.impossible > 0 {
            f64::INFINITY
        } else {
            self.all.nats / pieces as f64
        }
    }
}

fn interval(nats: &[f64]) -> Option<Interval> {
    let blocks = (nats.len() / BLOCK_MIN).min(BLOCKS_MAX);
    if blocks < BLOCKS_MIN {
        return None;
    }
    let mean = |numbers: &[f64]| numbers.iter().sum::<f64>() / numbers.len() as f64;
    let block = |b: usize| &nats[b * nats.len() / blocks..(b + 1) * nats.len() / blocks];
    let means: Vec<f64> = (0..blocks).map(|b| mean(block(b))).collect();
    let center = mean(&means);
    let squares: f64 = means.iter().map(|m| (m - center).powi(2)).sum();
    let error = (squares / (blocks * (blocks - 1)) as f64).sqrt();
    let mean = mean(nats);
    Some(Interval {
        low: mean - NORMAL * error,
        high: mean + NORMAL * error,
        error,
        blocks,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::rngs::ChaCha8Rng;
    use rand::{RngExt, SeedableRng};

    /// Numbers that forget their neighbours slowly: `x_t = stays x_(t-1) + noise`, with mean 0.
    fn dependent(len: usize, stays: f64, seed: u64) -> Vec<f64> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut x = 0.0;
        let mut next = || {
            x = stays * x + rng.random::<f64>() - 0.5;
            x
        };
        (0..len).map(|_| next()).collect()
    }

    /// In how many of 400 texts the interval holds the true mean.
    fn covered(stays: f64, interval: impl Fn(&[f64]) -> Interval) -> usize {
        let holds = |seed| {
            let Interval { low, high, .. } = interval(&dependent(6000, stays, seed));
            (low..high).contains(&0.0)
        };
        (0..400).filter(|&seed| holds(seed)).count()
    }

    #[test]
    fn the_interval_holds_the_truth_in_about_95_of_100_texts_and_one_of_single_labels_does_not() {
        for stays in [0.0, 0.8] {
            // 380 expected, standard deviation 4.4.
            let held = covered(stays, |nats| interval(nats).unwrap());
            assert!((360..=396).contains(&held), "{held} of 400 where {stays} stays");
        }
        let of_single_labels = |nats: &[f64]| {
            let n = nats.len() as f64;
            let mean = nats.iter().sum::<f64>() / n;
            let error = (nats.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n * (n - 1.0))).sqrt();
            Interval {
                low: mean - NORMAL * error,
                high: mean + NORMAL * error,
                error,
                blocks: nats.len(),
            }
        };
        let held = covered(0.8, of_single_labels);
        assert!(held < 320, "{held} of 400");
    }

    #[test]
    fn the_interval_of_blocks_equals_the_calculation_by_hand() {
        // Twenty blocks of 100 labels, their means 0 and 1 in turns: s² = 20 * 0.25 / (20 * 19).
        let nats: Vec<f64> = (0..2000).map(|t| f64::from(u8::from(t / 100 % 2 == 1))).collect();
        let Interval {
            low,
            high,
            error,
            blocks,
        } = interval(&nats).unwrap();
        let by_hand = (0.25_f64 / 19.0).sqrt();
        assert_eq!(blocks, 20);
        assert!((error - by_hand).abs() < 1e-15 && (high - 0.5 - 1.96 * by_hand).abs() < 1e-15);
        assert!((low + high - 1.0).abs() < 1e-15);
        assert_eq!(interval(&nats[..1999]), None);
    }
}
