//! Beams against the search of every text.

use super::{EOS, SOS, ngram, request};
use crate::decode::{DecodeError, Generated, Request, Sampling, beam_search, every_text, generate};
use crate::ngram::{Ngram, Smoothing};
use crate::tokenizer::TokenId;
use proptest::prelude::*;

fn short(length_max: usize) -> Request {
    Request {
        length_max,
        ..request(Sampling::greedy(), 0)
    }
}

/// p(a) = 4/7 and then four words with 1/4 each: 1/7. p(b) = 3/7, and then only e: 3/7.
fn misleading() -> Ngram {
    let sentences: [&[TokenId]; 7] = [&[1, 2], &[1, 3], &[1, 4], &[1, 5], &[2, 5], &[2, 5], &[2, 5]];
    ngram(3, Smoothing::MaximumLikelihood, &sentences)
}

fn ids(texts: &[Generated]) -> Vec<&[TokenId]> {
    texts.iter().map(|text| text.tokens.as_slice()).collect()
}

#[test]
fn g2_greedy_decoding_is_not_optimal_and_a_beam_of_two_finds_the_best_text() {
    let model = misleading();
    let greedy = generate(&model, short(20)).unwrap();
    assert_eq!(greedy.tokens, [1, 2, EOS]);
    assert!((greedy.total() - 7.0_f64.ln()).abs() < 1e-12);
    let beam = beam_search(&model, &short(20), 2).unwrap();
    assert_eq!(ids(&beam), [&[2, 5, EOS], &[1, 2, EOS]]);
    assert!((beam[0].total() - (7.0 / 3.0_f64).ln()).abs() < 1e-12);
    let one = beam_search(&model, &short(20), 1).unwrap();
    assert_eq!(one, [greedy]);
}

#[test]
fn every_text_is_listed_once_and_their_probabilities_sum_to_one() {
    let texts = every_text(&misleading(), &short(20), 100).unwrap();
    assert_eq!(texts.len(), 5);
    let sum: f64 = texts.iter().map(|text| (-text.total()).exp()).sum();
    assert!((sum - 1.0).abs() < 1e-12);
    let smooth = ngram(2, Smoothing::AddK { k: 0.5 }, &[&[1, 2], &[3]]);
    let error = every_text(&smooth, &short(9), 1000).unwrap_err();
    assert_eq!(error, DecodeError::TooManyTexts { limit: 1000, tokens: 9 });
}

#[test]
fn searches_that_find_nothing_say_why() {
    let model = ngram(2, Smoothing::MaximumLikelihood, &[&[1, 2]]);
    let none = Request {
        never: vec![1],
        ..short(4)
    };
    assert_eq!(beam_search(&model, &none, 3), Err(DecodeError::DeadEnd { tokens: 0 }));
    assert_eq!(every_text(&model, &none, 9), Err(DecodeError::DeadEnd { tokens: 0 }));
    let later = Request {
        never: vec![2],
        ..short(4)
    };
    assert_eq!(beam_search(&model, &later, 3), Err(DecodeError::DeadEnd { tokens: 1 }));
    assert_eq!(beam_search(&model, &short(4), 0), Err(DecodeError::NoBeam));
    let foreign = Request {
        prompt: vec![SOS, 99],
        ..short(4)
    };
    assert!(matches!(
        beam_search(&model, &foreign, 2),
        Err(DecodeError::ForeignToken { .. })
    ));
    let nothing = beam_search(&model, &short(0), 2).unwrap();
    assert_eq!(nothing, [Generated::default()]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn a_beam_as_wide_as_the_tree_is_the_search_of_every_text(
        sentences in prop::collection::vec(prop::collection::vec(1..6u32, 1..5), 1..6), length in 1..4usize,
    ) {
        let sentences: Vec<&[TokenId]> = sentences.iter().map(Vec::as_slice).collect();
        let model = ngram(3, Smoothing::AddK { k: 0.3 }, &sentences);
        let wanted = every_text(&model, &short(length), 10_000).unwrap();
        let beam = beam_search(&model, &short(length), wanted.len()).unwrap();
        prop_assert_eq!(ids(&beam), ids(&wanted));
        prop_assert!(beam.iter().zip(&wanted).all(|(a, b)| a == b));
    }

    #[test]
    fn greedy_decoding_is_a_beam_of_one_text(
        sentences in prop::collection::vec(prop::collection::vec(1..6u32, 1..5), 1..6),
    ) {
        let sentences: Vec<&[TokenId]> = sentences.iter().map(Vec::as_slice).collect();
        let model = ngram(3, Smoothing::AddK { k: 0.3 }, &sentences);
        let beam = beam_search(&model, &short(6), 1).unwrap();
        prop_assert_eq!(beam, vec![generate(&model, short(6)).unwrap()]);
    }
}
