//! Whole texts from a model: where they end, what they cost, how often each comes.

use super::{EOS, SOS, ngram, request};
use crate::corpus::Batch;
use crate::decode::{DecodeError, Generated, Request, Sampling, generate, generate_side_by_side};
use crate::language_model::{AnyLanguageModel, LanguageModel, LogProbs, Logits};
use crate::ngram::{Ngram, Smoothing};
use crate::tokenizer::TokenId;
use proptest::prelude::*;
use std::ops::ControlFlow;

fn bigram(smoothing: Smoothing, sentences: &[&[TokenId]]) -> Ngram {
    ngram(2, smoothing, sentences)
}

#[test]
fn a_text_ends_at_eos_or_at_its_length() {
    let model = bigram(Smoothing::MaximumLikelihood, &[&[1, 2, 1, 2, 1, 2, 3]]);
    let greedy = Request {
        length_max: 3,
        ..request(Sampling::greedy(), 0)
    };
    assert_eq!(generate(&model, greedy.clone()).unwrap().tokens, [1, 2, 1]);
    let from_three = Request {
        prompt: vec![SOS, 3],
        ..greedy.clone()
    };
    assert_eq!(generate(&model, from_three.clone()).unwrap().tokens, [EOS]);
    let dead_end = generate(
        &model,
        Request {
            stop: None,
            ..from_three
        },
    )
    .unwrap_err();
    assert_eq!(dead_end, DecodeError::DeadEnd { tokens: 1 });
    assert_eq!(
        generate(
            &model,
            Request {
                length_max: 0,
                ..greedy
            }
        )
        .unwrap(),
        Generated::default()
    );
}

#[test]
fn forbidden_tokens_are_never_chosen() {
    let model = bigram(Smoothing::AddK { k: 0.5 }, &[&[1, 1, 1, 1]]);
    let long = Request {
        length_max: 200,
        stop: None,
        never: vec![1, EOS],
        ..request(Sampling::ancestral(), 3)
    };
    let tokens = generate(&model, long).unwrap().tokens;
    assert!(tokens.len() == 200 && tokens.iter().all(|id| ![1, EOS, 0, SOS].contains(id)));
}

#[test]
fn prompts_that_cannot_be_read_are_errors() {
    let model = bigram(Smoothing::ModifiedKneserNey, &[&[1, 2]]);
    let with = |prompt| {
        generate(
            &model,
            Request {
                prompt,
                ..request(Sampling::greedy(), 0)
            },
        )
        .unwrap_err()
    };
    assert_eq!(with(vec![]), DecodeError::EmptyPrompt);
    assert_eq!(with(vec![SOS, 9]), DecodeError::ForeignToken { id: 9, vocabulary: 9 });
}

#[test]
fn a_damaged_model_is_an_error_and_not_a_token() {
    struct Damaged;
    impl LanguageModel for Damaged {
        type State = ();
        fn vocabulary(&self) -> usize {
            9
        }
        fn start(&self) {}
        fn next(&self, (): &mut (), _: TokenId) -> Logits {
            Logits::new([&[0.0; 5][..], &[f64::NAN; 4]].concat())
        }
        fn log_probs(&self, batch: &Batch) -> LogProbs {
            LogProbs::from_fn(batch, |_, _| f64::NAN)
        }
    }
    let error = generate(&Damaged, request(Sampling::greedy(), 0)).unwrap_err();
    assert_eq!(error, DecodeError::NotANumber { tokens: 0, id: 5 });
}

#[test]
fn g3_sampled_texts_have_the_frequencies_of_the_model() {
    // Sentences: a with 1/2, b c with 1/4, b d with 1/4.
    let model = bigram(Smoothing::MaximumLikelihood, &[&[1], &[1], &[2, 3], &[2, 4]]);
    let draws = 8000;
    let texts: Vec<Vec<TokenId>> = (0..draws)
        .map(|seed| generate(&model, request(Sampling::ancestral(), seed)).unwrap().tokens)
        .collect();
    for (text, prob) in [(vec![1, EOS], 0.5), (vec![2, 3, EOS], 0.25), (vec![2, 4, EOS], 0.25)] {
        let seen = texts.iter().filter(|&other| *other == text).count() as f64;
        let deviation = 4.0 * (draws as f64 * prob * (1.0 - prob)).sqrt();
        assert!(
            (seen - draws as f64 * prob).abs() < deviation,
            "{text:?} was seen {seen} times in {draws}"
        );
    }
}

proptest! {
    #[test]
    fn the_nats_of_a_text_are_those_of_its_evaluation(
        words in prop::collection::vec(1..6u32, 1..12), seed in any::<u64>(), temperature in 0.0..2.0f64,
    ) {
        let model = bigram(Smoothing::ModifiedKneserNey, &[&words]);
        let sampling = Sampling::new(temperature, Some(4), None).unwrap();
        let text = generate(&model, request(sampling, seed)).unwrap();
        let inputs = [&[SOS], &text.tokens[..text.tokens.len() - 1]].concat();
        let evaluated = model.log_probs(&Batch::new(inputs.len(), inputs, text.tokens.clone()));
        prop_assert!(text.nats.iter().zip(evaluated.iter()).all(|(nats, log_prob)| (nats + log_prob).abs() < 1e-12));
    }

    #[test]
    fn texts_side_by_side_are_those_of_single_requests(prompts in prop::collection::vec(prop::collection::vec(1..6u32, 0..4), 1..5)) {
        let model = bigram(Smoothing::AddK { k: 0.4 }, &[&[1, 2, 3], &[4, 5]]);
        let sampling = Sampling::ancestral().with_repetition_penalty(1.2).unwrap();
        let of = |(seed, words): (usize, &Vec<TokenId>)| Request {
            prompt: [&[SOS], words.as_slice()].concat(),
            ..request(sampling, seed as u64)
        };
        let requests: Vec<Request> = prompts.iter().enumerate().map(of).collect();
        let alone: Vec<Generated> = requests.iter().map(|request| generate(&model, request.clone()).unwrap()).collect();
        let mut shown = vec![Vec::new(); requests.len()];
        let together = generate_side_by_side(&model, &requests, &mut |row, token| {
            shown[row].push(token.id);
            ControlFlow::Continue(())
        });
        prop_assert_eq!(&together.unwrap(), &alone);
        prop_assert!(shown.iter().zip(&alone).all(|(shown, text)| *shown == text.tokens));
        let first = generate_side_by_side(&model, &requests, &mut |_, _| ControlFlow::Break(()));
        prop_assert!(first.unwrap().iter().zip(&alone).all(|(first, text)| first.tokens == text.tokens[..1]));
    }

    #[test]
    fn the_seed_decides_the_text_and_a_forgotten_type_changes_nothing(seed in any::<u64>()) {
        let model = bigram(Smoothing::ModifiedKneserNey, &[&[1, 2, 3], &[4, 5]]);
        let text = generate(&model, request(Sampling::ancestral(), seed)).unwrap();
        prop_assert_eq!(&generate(&model, request(Sampling::ancestral(), seed)).unwrap(), &text);
        let any: Box<dyn AnyLanguageModel> = Box::new(model);
        prop_assert_eq!(&generate(&*any, request(Sampling::ancestral(), seed)).unwrap(), &text);
    }
}
