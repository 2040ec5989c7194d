//! Laws of the n-gram model on random texts: normalisation, the slow twin, order and pieces of learning.

use super::counts::Counts;
use super::tests::{small, trained};
use super::twin::{Discounting, Twin};
use super::{Ngram, Smoothing};
use crate::corpus::{Batch, Batches, Windows};
use crate::language_model::{LanguageModel, Learner};
use crate::tokenizer::TokenId;
use proptest::prelude::*;

fn rows() -> impl Strategy<Value = Vec<Vec<TokenId>>> {
    let row = (any::<bool>(), prop::collection::vec(1..=5u32, 2..10));
    let row = row.prop_map(|(sentence, words)| if sentence { [vec![6], words].concat() } else { words });
    prop::collection::vec(row, 1..7)
}

fn smoothings() -> impl Strategy<Value = Smoothing> {
    prop_oneof![
        Just(Smoothing::MaximumLikelihood),
        Just(Smoothing::AddK { k: 0.3 }),
        Just(Smoothing::Absolute { discount: 0.6 }),
        Just(Smoothing::Absolute { discount: 1.0 }),
        Just(Smoothing::WittenBell),
        Just(Smoothing::KneserNey),
        Just(Smoothing::ModifiedKneserNey),
    ]
}

fn counted(order: usize, rows: &[Vec<TokenId>]) -> Counts {
    let mut counts = Counts::new(order);
    for row in rows {
        counts.add_row(&row[..row.len() - 1], &row[1..]);
    }
    counts
}

proptest! {
    #[test]
    fn counts_agree_with_counting_slices(rows in rows(), order in 1..5usize) {
        let counts = counted(order, &rows);
        for node in counts.ngrams() {
            let ngram = counts.tokens_of(node);
            // The last token of an occurrence is a label, so it is not the row's first.
            let occurrences = |row: &Vec<TokenId>| (2..=row.len()).filter(|&end| row[..end].ends_with(&ngram)).count();
            prop_assert_eq!(rows.iter().map(occurrences).sum::<usize>() as u64, counts.count[node]);
            prop_assert!(ngram.len() <= order);
        }
    }

    #[test]
    fn links_lead_to_suffix_and_history(rows in rows(), order in 1..5usize) {
        let counts = counted(order, &rows);
        let (lengths, words) = (counts.lengths(), counts.words());
        for node in 1..counts.node_count() {
            let tokens = counts.tokens_of(node);
            prop_assert_eq!(counts.tokens_of(counts.suffix[node] as usize), tokens[1..].to_vec());
            prop_assert_eq!(counts.tokens_of(counts.history[node] as usize), tokens[..tokens.len() - 1].to_vec());
            prop_assert_eq!((lengths[node], words[node]), (tokens.len(), tokens[tokens.len() - 1]));
        }
    }

    #[test]
    fn probabilities_sum_to_one_after_every_context(
        rows in rows(), context in prop::collection::vec(1..=6u32, 0..5), order in 1..5usize, smoothing in smoothings(),
    ) {
        let ngram = trained(small(order, smoothing), &rows);
        let probs: Vec<Option<f64>> = (0..7).map(|token| ngram.prob(&context, token)).collect();
        if probs[1].is_none() {
            prop_assert_eq!(smoothing, Smoothing::MaximumLikelihood);
            prop_assert_eq!(ngram.table(&context), None);
            return Ok(());
        }
        let probs: Vec<f64> = probs.into_iter().flatten().collect();
        prop_assert!((probs.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        prop_assert_eq!((probs[0], probs[6]), (0.0, 0.0));
        let least = probs[1..6].iter().copied().fold(1.0, f64::min);
        prop_assert!(least > 0.0 || smoothing == Smoothing::MaximumLikelihood);
    }

    #[test]
    fn one_token_at_a_time_agrees_with_whole_rows(rows in rows(), order in 1..5usize, smoothing in smoothings()) {
        let (unseen, seen) = rows.split_first().unwrap();
        let ngram = trained(small(order, smoothing), seen);
        let (inputs, labels) = (&unseen[..unseen.len() - 1], &unseen[1..]);
        let whole = ngram.log_probs(&Batch::new(inputs.len(), inputs.to_vec(), labels.to_vec()));
        let mut state = ngram.start();
        for (t, (&input, &label)) in inputs.iter().zip(labels).enumerate() {
            let single = ngram.next(&mut state, input).values()[label as usize];
            let whole = whole.get(0, t).unwrap();
            prop_assert!(single == whole || (single - whole).abs() < 1e-12, "{} and {}", single, whole);
        }
    }

    #[test]
    fn each_smoothing_equals_its_slow_twin(rows in rows(), context in prop::collection::vec(1..=6u32, 0..4), order in 1..4usize) {
        let cases = [
            (Smoothing::KneserNey, Discounting::Single),
            (Smoothing::ModifiedKneserNey, Discounting::Modified),
            (Smoothing::Absolute { discount: 0.6 }, Discounting::Absolute(0.6)),
            (Smoothing::WittenBell, Discounting::WittenBell),
        ];
        for (smoothing, discounting) in cases {
            let ngram = trained(small(order, smoothing), &rows);
            let twin = Twin { rows: rows.clone(), order, predictable: (1..6).collect(), discounting };
            for word in 1..6 {
                let (fast, slow) = (ngram.prob(&context, word).unwrap(), twin.prob(&context, word));
                prop_assert!((fast - slow).abs() < 1e-12, "{:?}: p({} | {:?}) = {}, twin {}", smoothing, word, context, fast, slow);
            }
        }
    }

    #[test]
    fn learning_in_any_pieces_gives_the_same_model(tokens in prop::collection::vec(1..=5u32, 12..40), order in 1..4usize, block in 4..9usize) {
        let whole = trained(small(order, Smoothing::ModifiedKneserNey), std::slice::from_ref(&tokens));
        let windows = Windows::new(tokens.clone(), block).unwrap().with_lead(order - 1).unwrap();
        let mut pieces = Ngram::new(small(order, Smoothing::ModifiedKneserNey)).unwrap();
        for batch in windows.in_order(2) {
            pieces.learn(&batch, 0.0);
            // Asking in between must not freeze what was learnt so far.
            prop_assert!(pieces.prob(&[1, 2], 3).unwrap() > 0.0);
        }
        prop_assert_eq!(pieces.parameter_count(), whole.parameter_count());
        for context in [vec![], vec![1], vec![2, 1], tokens[..5].to_vec()] {
            for word in 1..6 {
                let (a, b) = (pieces.prob(&context, word).unwrap(), whole.prob(&context, word).unwrap());
                prop_assert!((a - b).abs() < 1e-12, "p({} | {:?}): {} and {}", word, context, a, b);
            }
        }
    }

    #[test]
    fn a_saved_model_goes_on_as_if_never_saved(rows in rows(), order in 1..4usize) {
        let config = small(order, Smoothing::ModifiedKneserNey);
        let mut straight = trained(config.clone(), &rows);
        let json = serde_json::to_string(&straight.arrays()).unwrap();
        let mut resumed = Ngram::from_arrays(config, &serde_json::from_str(&json).unwrap()).unwrap();
        let more = Batch::new(3, vec![6, 1, 2], vec![1, 2, 3]);
        prop_assert_eq!(straight.learn(&more, 0.0), resumed.learn(&more, 0.0));
        prop_assert_eq!(straight.arrays(), resumed.arrays());
        prop_assert_eq!(straight.prob(&[1, 2], 3), resumed.prob(&[1, 2], 3));
    }
}

#[test]
fn discounts_that_are_defined_agree_with_the_twin_as_well() {
    // Long enough for n-grams seen once, twice, three and four times at order 2, unlike most short random rows.
    let row: Vec<TokenId> = (0..90u32).map(|i| 1 + (i * i + i / 7 + i % 11) % 5).collect();
    let rows = [row[..30].to_vec(), row[30..55].to_vec(), row[55..].to_vec()];
    let ngram = trained(small(3, Smoothing::ModifiedKneserNey), &rows);
    let fallbacks: Vec<bool> = ngram
        .discounts()
        .unwrap()
        .iter()
        .map(|discounts| discounts.fallback)
        .collect();
    assert!(!fallbacks[2], "{:?}", ngram.discounts());
    let twin = Twin {
        rows: rows.to_vec(),
        order: 3,
        predictable: (1..6).collect(),
        discounting: Discounting::Modified,
    };
    for context in [[1, 2], [2, 2], [5, 1], [3, 4]] {
        for word in 1..6 {
            let (fast, slow) = (ngram.prob(&context, word).unwrap(), twin.prob(&context, word));
            assert!(
                (fast - slow).abs() < 1e-12,
                "p({word} | {context:?}) = {fast}, twin {slow}"
            );
        }
    }
}
