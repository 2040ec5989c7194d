//! From logits to a choice: greedy, temperature, top-k, top-p.
//!
//! The filters act in this order: temperature, then top-k, then top-p on what top-k left, and what remains is
//! renormalised. **Source**: deck S3; LECTURES rows G1 to G6.

use crate::language_model::Logits;
use crate::tokenizer::TokenId;
use rand::{Rng, RngExt};

/// Decides how the next token is chosen from its logits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sampling {
    temperature: f64,
    top_k: Option<usize>,
    top_p: f64,
}

/// Says why a way of sampling makes no sense.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum SamplingError {
    /// A temperature below 0, infinite, or not a number.
    #[error("the temperature is {temperature}; it must be at least 0, where 0 is greedy and 1 samples from the model")]
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
}

impl Sampling {
    /// Always takes the most probable token; of several, the one with the lowest id.
    pub fn greedy() -> Sampling {
        Sampling {
            temperature: 0.0,
            top_k: None,
            top_p: 1.0,
        }
    }

    /// Draws each token with the probability that the model gives it.
    pub fn ancestral() -> Sampling {
        Sampling {
            temperature: 1.0,
            top_k: None,
            top_p: 1.0,
        }
    }

    /// Takes a temperature, and if wanted the k of top-k and the p of top-p.
    ///
    /// Temperature 0 is greedy, the limit of `exp(y_i / T)` as T goes to 0, with ties going to the lowest id.
    ///
    /// **Errors** when the temperature is negative or not finite, k is 0, or p is outside (0, 1].
    pub fn new(temperature: f64, top_k: Option<usize>, top_p: Option<f64>) -> Result<Sampling, SamplingError> {
        let top_p = top_p.unwrap_or(1.0);
        if !(temperature >= 0.0 && temperature.is_finite()) {
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
        })
    }

    /// Gives the probability with which each token is chosen.
    ///
    /// **Formula**: `p_i = exp(y_i / T) / sum_j exp(y_j / T)`, then the filters. All zeros where no token is possible.
    ///
    /// ```
    /// use tapegrad_models::{Logits, decode::Sampling};
    /// let logits = Logits::new(vec![0.0, 3.0_f64.ln(), f64::NEG_INFINITY]);
    /// // At temperature 1/2 the odds 1 : 3 become 1 : 9.
    /// let probs = Sampling::new(0.5, None, None)?.distribution(&logits);
    /// assert!((probs[0] - 0.1).abs() < 1e-12 && (probs[1] - 0.9).abs() < 1e-12);
    /// # Ok::<(), tapegrad_models::decode::SamplingError>(())
    /// ```
    pub fn distribution(&self, logits: &Logits) -> Vec<f64> {
        let values = logits.values();
        let Some(best) = most_probable(values) else {
            return vec![0.0; values.len()];
        };
        if self.temperature == 0.0 {
            return (0..values.len()).map(|id| if id == best { 1.0 } else { 0.0 }).collect();
        }
        let weight = |y: &f64| ((y - values[best]) / self.temperature).exp();
        let mut probs = normalised(values.iter().map(weight).collect());
        if let Some(k) = self.top_k {
            probs = keep_top_k(probs, k);
        }
        if self.top_p < 1.0 {
            probs = keep_top_p(probs, self.top_p);
        }
        probs
    }

    /// Chooses a token, or `None` where no token is possible.
    pub fn choose(&self, logits: &Logits, rng: &mut impl Rng) -> Option<TokenId> {
        if self.temperature == 0.0 {
            return most_probable(logits.values()).map(|id| id as TokenId);
        }
        let probs = self.distribution(logits);
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
}

/// The first of the largest values, unless all are minus infinity.
fn most_probable(values: &[f64]) -> Option<usize> {
    let mut best = None;
    for (id, &value) in values.iter().enumerate() {
        if value > best.map_or(f64::NEG_INFINITY, |best: usize| values[best]) {
            best = Some(id);
        }
    }
    best
}

/// Keeps the k most probable tokens; of equals, those with lower ids.
fn keep_top_k(probs: Vec<f64>, k: usize) -> Vec<f64> {
    let kept = by_probability(&probs).into_iter().take(k);
    keep(&probs, kept)
}

/// Keeps the smallest set of tokens whose cumulative probability is greater than p, most probable first.
///
/// "Greater than", not "at least": where the first tokens sum to exactly p, one more is kept.
fn keep_top_p(probs: Vec<f64>, p: f64) -> Vec<f64> {
    let mut before = 0.0;
    let kept = by_probability(&probs).into_iter().take_while(|&id| {
        let needed = before <= p;
        before += probs[id];
        needed
    });
    keep(&probs, kept)
}

fn by_probability(probs: &[f64]) -> Vec<usize> {
    let mut ids: Vec<usize> = (0..probs.len()).collect();
    // The sort is stable, so equals stay in the order of their ids.
    ids.sort_by(|&a, &b| probs[b].total_cmp(&probs[a]));
    ids
}

fn keep(probs: &[f64], kept: impl Iterator<Item = usize>) -> Vec<f64> {
    let mut left = vec![0.0; probs.len()];
    kept.for_each(|id| left[id] = probs[id]);
    normalised(left)
}

fn normalised(mut weights: Vec<f64>) -> Vec<f64> {
    let sum: f64 = weights.iter().sum();
    weights.iter_mut().for_each(|weight| *weight /= sum);
    weights
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand::SeedableRng;
    use rand::rngs::ChaCha8Rng;

    fn logits() -> impl Strategy<Value = Logits> {
        let value = prop_oneof![9 => -5.0..5.0f64, 1 => Just(f64::NEG_INFINITY)];
        prop::collection::vec(value, 1..12)
            .prop_filter("some token", |y| y.iter().any(|y| y.is_finite()))
            .prop_map(Logits::new)
    }

    #[test]
    fn top_p_keeps_the_smallest_set_with_more_than_p() {
        let probs = vec![0.25, 0.5, 0.125, 0.125];
        for (p, kept) in [
            (0.4, vec![0.0, 1.0, 0.0, 0.0]),
            // Exactly p is not more than p: one token further.
            (0.5, vec![1.0 / 3.0, 2.0 / 3.0, 0.0, 0.0]),
            (0.6, vec![1.0 / 3.0, 2.0 / 3.0, 0.0, 0.0]),
            (0.75, vec![2.0 / 7.0, 4.0 / 7.0, 1.0 / 7.0, 0.0]),
            (0.875, probs.clone()),
        ] {
            assert_eq!(keep_top_p(probs.clone(), p), kept, "p = {p}");
        }
    }

    #[test]
    fn top_k_keeps_k_tokens_and_lower_ids_among_equals() {
        assert_eq!(keep_top_k(vec![0.25, 0.25, 0.25, 0.25], 2), [0.5, 0.5, 0.0, 0.0]);
        assert_eq!(keep_top_k(vec![0.1, 0.2, 0.3, 0.4], 1), [0.0, 0.0, 0.0, 1.0]);
    }

    #[test]
    fn greedy_takes_the_first_of_equals() {
        assert_eq!(
            Sampling::greedy().distribution(&Logits::new(vec![0.0, 2.0, 2.0])),
            [0.0, 1.0, 0.0]
        );
    }

    #[test]
    fn where_nothing_is_possible_nothing_is_chosen() {
        let logits = Logits::new(vec![f64::NEG_INFINITY; 3]);
        for sampling in [Sampling::greedy(), Sampling::ancestral()] {
            assert_eq!(sampling.choose(&logits, &mut ChaCha8Rng::seed_from_u64(1)), None);
        }
    }

    #[test]
    fn senseless_settings_are_refused() {
        for temperature in [-0.1, f64::NAN, f64::INFINITY] {
            assert!(matches!(
                Sampling::new(temperature, None, None),
                Err(SamplingError::Temperature { .. })
            ));
        }
        assert_eq!(Sampling::new(1.0, Some(0), None), Err(SamplingError::TopK));
        for p in [0.0, -1.0, 1.0001, f64::NAN] {
            assert!(matches!(
                Sampling::new(1.0, None, Some(p)),
                Err(SamplingError::TopP { .. })
            ));
        }
    }

    #[test]
    fn frequencies_of_samples_are_the_probabilities() {
        let logits = Logits::new([0.5, 0.25, 0.125, 0.0, 0.125].map(f64::ln).to_vec());
        for sampling in [Sampling::ancestral(), Sampling::new(0.7, Some(3), Some(0.9)).unwrap()] {
            let probs = sampling.distribution(&logits);
            let draws = 40_000;
            let mut rng = ChaCha8Rng::seed_from_u64(7);
            let mut seen = [0; 5];
            (0..draws).for_each(|_| seen[sampling.choose(&logits, &mut rng).unwrap() as usize] += 1);
            for (id, (&seen, prob)) in seen.iter().zip(probs).enumerate() {
                // Four standard deviations of a binomial count; a token of probability 0 is never drawn.
                let deviation = 4.0 * (f64::from(draws) * prob * (1.0 - prob)).sqrt();
                let expected = f64::from(draws) * prob;
                assert!(
                    (f64::from(seen) - expected).abs() <= deviation,
                    "token {id}: {seen}, expected {expected}"
                );
            }
        }
    }

    proptest! {
        #[test]
        fn filters_that_keep_everything_change_nothing(logits in logits(), temperature in 0.1..4.0f64) {
            let plain = Sampling::new(temperature, None, None).unwrap().distribution(&logits);
            for (k, p) in [(Some(plain.len()), None), (None, Some(1.0)), (Some(99), Some(1.0))] {
                let filtered = Sampling::new(temperature, k, p).unwrap().distribution(&logits);
                prop_assert!(filtered.iter().zip(&plain).all(|(a, b)| (a - b).abs() < 1e-12));
            }
        }

        #[test]
        fn what_is_left_sums_to_one_and_keeps_its_odds(logits in logits(), temperature in 0.1..4.0f64, k in 1..12usize, p in 0.05..1.0f64) {
            let plain = Sampling::new(temperature, None, None).unwrap().distribution(&logits);
            let left = Sampling::new(temperature, Some(k), Some(p)).unwrap().distribution(&logits);
            prop_assert!((left.iter().sum::<f64>() - 1.0).abs() < 1e-12);
            let kept: Vec<usize> = (0..left.len()).filter(|&id| left[id] > 0.0).collect();
            prop_assert!((1..=k).contains(&kept.len()));
            let mass: f64 = kept.iter().map(|&id| plain[id]).sum();
            prop_assert!(kept.iter().all(|&id| (left[id] - plain[id] / mass).abs() < 1e-9));
            let least = kept.iter().map(|&id| plain[id]).fold(1.0, f64::min);
            prop_assert!((0..plain.len()).all(|id| left[id] > 0.0 || plain[id] <= least));
        }

        #[test]
        fn low_temperature_is_greedy_and_high_is_uniform(logits in logits()) {
            let greedy = Sampling::greedy().distribution(&logits);
            let best = greedy.iter().position(|&prob| prob == 1.0).unwrap();
            let cold = Sampling::new(1e-300, None, None).unwrap().distribution(&logits);
            prop_assert!(cold[best] > 0.0 && cold.iter().all(|&prob| prob <= cold[best]));
            let hot = Sampling::new(1e15, None, None).unwrap().distribution(&logits);
            let possible: Vec<f64> = logits.values().iter().map(|y| f64::from(u8::from(y.is_finite()))).collect();
            let uniform = normalised(possible);
            prop_assert!(hot.iter().zip(uniform).all(|(prob, uniform)| (prob - uniform).abs() < 1e-9));
        }
    }
}
