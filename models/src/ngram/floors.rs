//! On a language with known entropy, the n-gram of each order comes down to its exact floor, and not below it.

use super::{Ngram, NgramConfig, Smoothing};
use crate::corpus::grammar::Grammar;
use crate::corpus::{Batches, Sentences};
use crate::language_model::{LanguageModel, Learner};
use crate::score::Score;
use crate::tokenizer::Vocabulary;
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

fn drawn(grammar: &Grammar, vocabulary: &Vocabulary, sentences: usize, seed: u64) -> Sentences<'static> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut sentence = || {
        grammar
            .sample(&mut rng)
            .words
            .iter()
            .map(|word| vocabulary.id(word))
            .collect()
    };
    let drawn: Vec<Vec<_>> = (0..sentences).map(|_| sentence()).collect();
    let block = Sentences::block_for(&drawn);
    Sentences::new(drawn, vocabulary, block).unwrap()
}

#[test]
fn with_enough_text_each_order_reaches_its_own_floor() {
    let grammar = Grammar::narwhals();
    let vocabulary = Vocabulary::new(grammar.vocabulary().iter().map(String::as_str));
    let training = drawn(&grammar, &vocabulary, 60_000, 1);
    let heldout = drawn(&grammar, &vocabulary, 20_000, 2);
    for floor in grammar.floors(3).unwrap() {
        let config = NgramConfig::new(floor.order, &vocabulary, Smoothing::ModifiedKneserNey);
        let mut ngram = Ngram::new(config).unwrap();
        training.in_order(64).for_each(|batch| {
            ngram.learn(&batch, 0.0);
        });
        let log_probs: Vec<f64> = heldout
            .in_order(64)
            .flat_map(|batch| ngram.log_probs(&batch).iter().collect::<Vec<_>>())
            .collect();
        let score: Score = log_probs.iter().copied().collect();
        let gap = score.nats_per_token() - floor.nats_per_token;
        // The standard error of the mean over the held-out tokens, taken as independent.
        let squares: f64 = log_probs
            .iter()
            .map(|log_prob| (-log_prob - score.nats_per_token()).powi(2))
            .sum();
        let error = squares.sqrt() / log_probs.len() as f64;
        assert!(
            gap < 0.01,
            "order {}: {gap} nats above the floor {}",
            floor.order,
            floor.nats_per_token
        );
        assert!(
            gap > -4.0 * error,
            "order {}: {gap} nats below the floor is more than chance",
            floor.order
        );
    }
}
