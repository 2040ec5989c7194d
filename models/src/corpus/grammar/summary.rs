//! What is exactly known about a grammar, as a table.

use std::fmt;

use super::Grammar;
use super::error::LimitError;
use super::floor::Floor;

/// The exact figures of a grammar; printing it gives a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// How many distinct words there are; the end of the sentence is not one.
    pub words: usize,
    /// How many part-of-speech tags there are.
    pub tags: usize,
    /// How many states the automaton has.
    pub states: usize,
    /// The expected number of predicted tokens of a sentence, its end included.
    pub tokens_mean: f64,
    /// The entropy of a sentence in nats.
    pub sentence_entropy: f64,
    /// The entropy rate in nats per predicted token.
    pub entropy_rate: f64,
    /// The floors of the n-grams of order 1, 2, ...
    pub floors: Vec<Floor>,
}

impl Grammar {
    /// Computes the exact figures, with the floors of orders `1..=order_max`.
    ///
    /// **Errors.** An order with too many contexts.
    pub fn summary(&self, order_max: usize) -> Result<Summary, LimitError> {
        Ok(Summary {
            words: self.words.len(),
            tags: self.tags.len(),
            states: self.automaton.states(),
            tokens_mean: self.tokens_mean(),
            sentence_entropy: self.sentence_entropy(),
            entropy_rate: self.entropy_rate(),
            floors: self.floors(order_max)?,
        })
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} words, {} tags, {} states", self.words, self.tags, self.states)?;
        writeln!(f, "tokens a sentence, its end counted  {:8.4}", self.tokens_mean)?;
        writeln!(f, "entropy, nats a sentence            {:8.4}", self.sentence_entropy)?;
        writeln!(f, "entropy, nats a token               {:8.4}", self.entropy_rate)?;
        writeln!(f)?;
        writeln!(f, "best n-gram  nats a token  above the entropy   contexts")?;
        for floor in &self.floors {
            let gap = floor.nats_per_token - self.entropy_rate;
            writeln!(
                f,
                "{:>11}  {:12.4}  {gap:17.4}  {:9}",
                floor.order, floor.nats_per_token, floor.contexts
            )?;
        }
        Ok(())
    }
}
