//! The outcome of training several models on one corpus: plain data, without a drawing in it.

use serde::{Deserialize, Serialize};

pub use super::json::json;
pub use super::table::table;

/// The outcome of training several models on one corpus.
///
/// **Units**: losses are mean nats per predicted token, end of sentence included and padding not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The name of the corpus.
    pub corpus: String,
    /// The number of different tokens.
    pub vocabulary: usize,
    /// The exact entropy rate of the language, where it is known.
    pub entropy_nats: Option<f64>,
    /// What each model reached, in the order in which they are shown.
    pub models: Vec<ModelOutcome>,
    /// The exact losses of the best possible n-grams, by order, where they are known.
    pub ngram_floors: Vec<NgramFloor>,
    /// The command line that repeats the comparison.
    pub command: String,
    /// The configuration as pairs of name and value.
    pub config: Vec<Setting>,
    /// The duration of the whole comparison.
    pub seconds: f64,
}

/// The results of one model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelOutcome {
    /// `ngram`, `rnn`, `lstm` or `transformer`.
    pub name: String,
    /// A short title for tables and pictures: `4-gram`, `LSTM`.
    pub title: String,
    /// The loss on text that was not trained on.
    pub heldout_nats: f64,
    /// The distance of that loss to the entropy, where it is known.
    pub gap_nats: Option<f64>,
    /// The same loss in bits.
    pub heldout_bits: f64,
    /// The exponential of the loss: among how many equally likely tokens the model hesitates.
    pub perplexity: f64,
    /// The number of trained numbers; for the n-gram, of stored counts.
    pub parameters: u64,
    /// The floating-point operations of the whole training.
    pub flops: u64,
    /// The duration of the training.
    pub seconds: f64,
    /// Text that the model wrote.
    pub sample: String,
    /// The losses during training, in the order of the steps.
    pub curve: Vec<CurvePoint>,
    /// The model's own settings as pairs of name and value.
    pub settings: Vec<Setting>,
}

/// The losses at one moment of the training.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CurvePoint {
    /// The number of training steps done.
    pub step: u64,
    /// The seconds of training that had passed, where they were measured.
    pub seconds: Option<f64>,
    /// The loss on the training text.
    pub train_nats: Option<f64>,
    /// The loss on the validation text, by which the best checkpoint is chosen.
    pub validation_nats: Option<f64>,
}

/// The exact loss of the best possible n-gram of one order.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct NgramFloor {
    /// The number of tokens an n-gram looks at, the predicted one included.
    pub order: usize,
    /// Its loss when its probabilities are exactly those of the language.
    pub nats: f64,
}

/// A setting by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    pub name: String,
    /// To what.
    pub value: String,
}

impl Setting {
    /// The setting `name = value`.
    pub fn new(name: impl Into<String>, value: impl ToString) -> Self {
        Self {
            name: name.into(),
            value: value.to_string(),
        }
    }
}

impl ModelOutcome {
    /// The same outcome with everything that follows from the held-out loss: gap, bits, perplexity.
    ///
    /// **Formula**: `bits = nats / ln 2`, `perplexity = exp(nats)`, `gap = nats - entropy`.
    pub fn with_loss(self, heldout_nats: f64, entropy_nats: Option<f64>) -> Self {
        Self {
            heldout_nats,
            gap_nats: entropy_nats.map(|entropy| heldout_nats - entropy),
            heldout_bits: heldout_nats / std::f64::consts::LN_2,
            perplexity: heldout_nats.exp(),
            ..self
        }
    }
}

impl Comparison {
    /// The lowest of the n-gram floors.
    pub fn best_floor(&self) -> Option<NgramFloor> {
        self.ngram_floors
            .iter()
            .copied()
            .min_by(|a, b| a.nats.total_cmp(&b.nats))
    }

    /// The model with the lowest held-out loss.
    pub fn best_model(&self) -> Option<&ModelOutcome> {
        self.models
            .iter()
            .min_by(|a, b| a.heldout_nats.total_cmp(&b.heldout_nats))
    }
}

#[cfg(test)]
mod tests {
    use super::super::example;

    #[test]
    fn what_follows_from_the_loss_follows_from_it() {
        let model = example::with_entropy().models[0]
            .clone()
            .with_loss(2.0_f64.ln(), Some(0.5));
        assert!((model.heldout_bits - 1.0).abs() < 1e-12);
        assert!((model.perplexity - 2.0).abs() < 1e-12);
        assert!((model.gap_nats.unwrap() - (2.0_f64.ln() - 0.5)).abs() < 1e-12);
        assert_eq!(model.with_loss(1.0, None).gap_nats, None);
    }

    #[test]
    fn the_best_floor_is_the_lowest_not_the_last() {
        let mut comparison = example::with_entropy();
        comparison.ngram_floors.reverse();
        assert_eq!(comparison.best_floor().unwrap().order, 4);
        comparison.ngram_floors.clear();
        assert_eq!(comparison.best_floor(), None);
    }
}
