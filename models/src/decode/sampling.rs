//! From logits to a choice: the filters that stand between a model and the next token.
//!
//! They act in this order, each on what the one before left: repetition penalty, temperature, top-k, top-p, min-p.
//! After each the rest is renormalised. **Source**: deck S3; LECTURES rows G1 to G6.

use super::filters;
use crate::language_model::Logits;
use crate::tokenizer::TokenId;
use rand::{Rng, RngExt};
use std::fmt;

/// Decides how the next token is chosen from its logits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sampling {
    temperature: f64,
    top_k: Option<usize>,
    top_p: f64,
    min_p: f64,
    penalty: f64,
}

/// Says why a way of sampling makes no sense.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum SamplingError {
    /// A temperature below 0, or not a number.
    #[error(
        "the temperature is {temperature}; it must be at least 0, where 0 is greedy, 1 samples from the model, and inf \
         makes all possible tokens equally likely"
    )]
    Temperature {
        /// The temperature as it was given.
        temperature: f64,
    },
    /// Top-k with no token left.
    #[error("top-k with k = 0 leaves no token to choose; k must be at least 1")]
    TopK,
    /// Top-p outside (0, 1].
    #[error("top-p with p = {p}; p must be above 0 and at most 1, which keeps every token")]
    TopP {
        /// The probability as it was given.
        p: f64,
    },
    /// Min-p outside [0, 1].
    #[error(
        "min-p with p = {p}; p must be at least 0, which keeps every token, and at most 1, which keeps the likeliest"
    )]
    MinP {
        /// The share as it was given.
        p: f64,
    },
    /// A repetition penalty that is not a positive number.
    #[error("the repetition penalty is {penalty}; it must be a finite number above 0, where 1 changes nothing")]
    Penalty {
        /// The penalty as it was given.
        penalty: f64,
    },
}

/// One of the filters, or the model itself, which comes first.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Filter {
    /// The distribution of the model.
    Model,
    /// Tokens that occurred before are less likely.
    RepetitionPenalty(f64),
    /// Sharper or flatter.
    Temperature(f64),
    /// Only the k most probable tokens.
    TopK(usize),
    /// Only the most probable tokens that have more than p together.
    TopP(f64),
    /// Only tokens that have at least the share p of the most probable one.
    MinP(f64),
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Model => write!(f, "model"),
            Self::RepetitionPenalty(penalty) => write!(f, "repetition penalty {penalty}"),
            Self::Temperature(temperature) => write!(f, "temperature {temperature}"),
            Self::TopK(k) => write!(f, "top-k {k}"),
            Self::TopP(p) => write!(f, "top-p {p}"),
            Self::MinP(p) => write!(f, "min-p {p}"),
        }
    }
}

/// The distribution behind one of the filters.
#[derive(Clone, Debug, PartialEq)]
pub struct Stage {
    /// The filter.
    pub filter: Filter,
    /// The probability of each token id; all 0 where no token is possible.
    pub probs: Vec<f64>,
}

impl Sampling {
    const PLAIN: Self = Self {
        temperature: 1.0,
        top_k: None,
        top_p: 1.0,
        min_p: 0.0,
        penalty: 1.0,
    };

    /// Always takes the most probable token; of several, the one with the lowest id.
    pub fn greedy() -> Sampling {
        Sampling {
            temperature: 0.0,
            ..Self::PLAIN
        }
    }

    /// Draws each token with the probability that the model gives it.
    pub fn ancestral() -> Sampling {
        Self::PLAIN
    }

    /// Takes a temperature, and if wanted the k of top-k and the p of top-p.
    ///
    /// Temperature 0 is greedy, the limit of `exp(y_i / T)` as T goes to 0, with ties going to the lowest id. An infinite
    /// temperature is the other limit: all possible tokens are equally likely.
    ///
    /// **Errors** when the temperature is negative or not a number, k is 0, or p is outside (0, 1].
    pub fn new(temperature: f64, top_k: Option<usize>, top_p: Option<f64>) -> Result<Sampling, SamplingError> {
        let top_p = top_p.unwrap_or(1.0);
        if temperature.is_nan() || temperature < 0.0 {
            return Err(SamplingError::Temperature { temperature });
        }
        if top_k == Some(0) {
            return Err(SamplingError::TopK);
        }
        if !(top_p > 0.0 && top_p <= 1.0) {
            return Err(SamplingError::TopP { p: top_p });
        }
        Ok(Sampling {
            temperature,
            top_k,
            top_p,
            ..Self::PLAIN
        })
    }

    /// The same, keeping only tokens that have at least the share `p` of the most probable one.
    ///
    /// **Errors** when p is outside [0, 1].
    pub fn with_min_p(self, p: f64) -> Result<Sampling, SamplingError> {
        match (0.0..=1.0).contains(&p) {
            true => Ok(Sampling { min_p: p, ..self }),
            false => Err(SamplingError::MinP { p }),
        }
    }

    /// The same, making tokens that occurred before less likely, for a penalty above 1.
    ///
    /// **Errors** when the penalty is not a finite number above 0.
    pub fn with_repetition_penalty(self, penalty: f64) -> Result<Sampling, SamplingError> {
        match penalty > 0.0 && penalty.is_finite() {
            true => Ok(Sampling { penalty, ..self }),
            false => Err(SamplingError::Penalty { penalty }),
        }
    }

    /// True if the choice leaves nothing to chance.
    pub fn is_greedy(&self) -> bool {
        self.temperature == 0.0
    }

    /// Gives the probability with which each token is chosen after the tokens `before`, the prompt among them.
    ///
    /// **Formula**: `p_i = exp(y_i / T) / sum_j exp(y_j / T)`, then the filters. All zeros where no token is possible.
    ///
    /// ```
    /// use tapegrad_models::{Logits, decode::Sampling};
    /// let logits = Logits::new(vec![0.0, 3.0_f64.ln(), f64::NEG_INFINITY]);
    /// // At temperature 1/2 the odds 1 : 3 become 1 : 9.
    /// let probs = Sampling::new(0.5, None, None)?.distribution(&logits, &[]);
    /// assert!((probs[0] - 0.1).abs() < 1e-12 && (probs[1] - 0.9).abs() < 1e-12);
    /// # Ok::<(), tapegrad_models::decode::SamplingError>(())
    /// ```
    pub fn distribution(&self, logits: &Logits, before: &[TokenId]) -> Vec<f64> {
        self.each_stage(logits, before, |_, _| ())
    }

    /// Gives the distribution of the model, and that behind each filter that is set, in their order.
    pub fn stages(&self, logits: &Logits, before: &[TokenId]) -> Vec<Stage> {
        let mut stages = vec![Stage {
            filter: Filter::Model,
            probs: filters::softmax(logits.values(), 1.0),
        }];
        self.each_stage(logits, before, |filter, probs| {
            stages.push(Stage {
                filter,
                probs: probs.to_vec(),
            });
        });
        stages
    }

    /// Chooses a token after the tokens `before`, or `None` where no token is possible.
    pub fn choose(&self, logits: &Logits, before: &[TokenId], rng: &mut impl Rng) -> Option<TokenId> {
        if self.is_greedy() {
            let penalised = filters::penalised(logits.values(), before, self.penalty);
            return filters::most_probable(&penalised).map(|id| id as TokenId);
        }
        let probs = self.distribution(logits, before);
        let last = probs.iter().rposition(|&prob| prob > 0.0)?;
        let drawn: f64 = rng.random();
        let mut cumulative = 0.0;
        let chosen = probs.iter().position(|&prob| {
            cumulative += prob;
            cumulative > drawn
        });
        // The probabilities sum to 1 but for rounding; a draw beyond their sum belongs to the last.
        Some(chosen.unwrap_or(last) as TokenId)
    }

    /// Applies one filter after the other, and shows what each leaves; gives what the last one leaves.
    fn each_stage(&self, logits: &Logits, before: &[TokenId], mut show: impl FnMut(Filter, &[f64])) -> Vec<f64> {
        let values = filters::penalised(logits.values(), before, self.penalty);
        if self.penalty != 1.0 {
            let penalty = Filter::RepetitionPenalty(self.penalty);
            show(penalty, &filters::softmax(&values, 1.0));
        }
        let mut probs = filters::softmax(&values, self.temperature);
        if self.temperature != 1.0 {
            show(Filter::Temperature(self.temperature), &probs);
        }
        if let Some(k) = self.top_k {
            probs = filters::top_k(probs, k);
            show(Filter::TopK(k), &probs);
        }
        if self.top_p < 1.0 {
            probs = filters::top_p(probs, self.top_p);
            show(Filter::TopP(self.top_p), &probs);
        }
        if self.min_p > 0.0 {
            probs = filters::min_p(probs, self.min_p);
            show(Filter::MinP(self.min_p), &probs);
        }
        probs
    }
}
