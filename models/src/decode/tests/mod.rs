//! Decoding without trained networks: filters, whole texts, searches, and text as it is written.

mod filters;
mod search;
mod text;
mod texts;

use super::{Request, Sampling};
use crate::corpus::Batch;
use crate::language_model::Learner;
use crate::ngram::{Ngram, NgramConfig, Smoothing};
use crate::tokenizer::{TokenId, Vocabulary};

const SOS: TokenId = 6;
const EOS: TokenId = 7;

/// An n-gram over the words 1 ..= 5, trained on whole sentences.
fn ngram(order: usize, smoothing: Smoothing, sentences: &[&[TokenId]]) -> Ngram {
    let vocabulary = Vocabulary::new(["a", "b", "c", "d", "e"]);
    assert_eq!([vocabulary.sos(), vocabulary.eos()], [SOS, EOS]);
    let mut ngram = Ngram::new(NgramConfig::new(order, &vocabulary, smoothing)).unwrap();
    for words in sentences {
        let (inputs, labels) = ([&[SOS], *words].concat(), [*words, &[EOS]].concat());
        ngram.learn(&Batch::new(inputs.len(), inputs, labels), 0.0);
    }
    ngram
}

fn request(sampling: Sampling, seed: u64) -> Request {
    Request {
        prompt: vec![SOS],
        length_max: 20,
        stop: Some(EOS),
        never: vec![],
        sampling,
        seed,
    }
}
