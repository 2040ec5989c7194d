//! Kneser-Ney smoothing on real text gives the figures of KenLM, to the digits that are known.
//!
//! The figures are those of `lmplz --discount_fallback` (commit 4cb443e) on the same tokens: perplexity 100.21 for words
//! at order 3, and 1.543 nats for characters at order 6, with lines as sentences and the line's end as EOS.

use super::{Ngram, NgramConfig, Smoothing};
use crate::corpus::{Batches, Parts, Sentences, Text, split_characters, split_sentences};
use crate::language_model::Learner;
use crate::score::{Score, evaluate};
use crate::tokenizer::{Case, CharTokenizer, Split, TokenId, Vocabulary, WordTokenizer};
use std::path::PathBuf;

fn shakespeare() -> Option<Text> {
    let beside_the_project = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    let folder = std::env::var_os("TAPEGRAD_DATA")
        .map(PathBuf::from)
        .unwrap_or_else(beside_the_project);
    let text = Text::read(&folder.join("tinyshakespeare.txt"));
    text.inspect_err(|error| eprintln!("skipped: {error} (TAPEGRAD_DATA names the folder of the data)"))
        .ok()
}

/// Trains on one part of some sentences and scores the other.
fn heldout_score(parts: Parts<Vec<Vec<TokenId>>>, config: NgramConfig, vocabulary: &Vocabulary) -> Score {
    let block = Sentences::block_for(&parts.training).max(Sentences::block_for(&parts.heldout));
    let rows = |part| Sentences::new(part, vocabulary, block).unwrap();
    let mut ngram = Ngram::new(config).unwrap();
    rows(parts.training).in_order(256).for_each(|batch| {
        ngram.learn(&batch, 0.0);
    });
    evaluate(&ngram, rows(parts.heldout).in_order(256))
}

/// A word is a run of letters and apostrophes, any other character but a blank is a token: a line as KenLM was given it.
fn tokens_of_line(line: &str) -> Vec<String> {
    let in_word = |character: char| character.is_ascii_lowercase() || character == '\'';
    let mut spaced = String::new();
    let mut before = ' ';
    for character in line.to_lowercase().chars() {
        if !(in_word(character) && in_word(before)) {
            spaced.push(' ');
        }
        spaced.push(character);
        before = character;
    }
    spaced.split_whitespace().map(str::to_string).collect()
}

#[test]
fn words_at_order_three_have_the_perplexity_of_kenlm() {
    let Some(text) = shakespeare() else { return };
    let lines = text.sentences().map(tokens_of_line).collect();
    let Parts { training, heldout } = split_sentences(lines, 0.9).unwrap();
    let [training, heldout] =
        [training, heldout].map(|part| part.iter().map(|line| line.join(" ")).collect::<Vec<_>>());
    let words = WordTokenizer::train(
        training.iter().map(String::as_str),
        Split::Whitespace,
        Case::AsWritten,
        2,
    );
    let ids = |part: &[String]| part.iter().map(|line| words.encode(line)).collect();
    let parts = Parts {
        training: ids(&training),
        heldout: ids(&heldout),
    };
    // KenLM holds a word <unk> beside the corpus' own word for rare ones.
    let mut config = NgramConfig::new(3, words.vocabulary(), Smoothing::ModifiedKneserNey);
    config.vocabulary += 1;
    let score = heldout_score(parts, config, words.vocabulary());
    assert_eq!((score.tokens, score.impossible), (28_689, 0));
    assert!(
        (score.perplexity() - 100.21).abs() < 0.005,
        "perplexity {}",
        score.perplexity()
    );
}

#[test]
fn characters_at_order_six_have_the_loss_of_kenlm() {
    let Some(text) = shakespeare() else { return };
    let parts = split_characters(text.content(), 0.9).unwrap();
    let chars = CharTokenizer::train(parts.training);
    let ids = |part: &str| part.split('\n').map(|line| chars.encode(line)).collect();
    let parts = Parts {
        training: ids(parts.training),
        heldout: ids(parts.heldout),
    };
    // Lines end in EOS, so the line feed is no token.
    let mut config = NgramConfig::new(6, chars.vocabulary(), Smoothing::ModifiedKneserNey);
    config.never_predicted.push(chars.vocabulary().id("\n"));
    let score = heldout_score(parts, config, chars.vocabulary());
    assert!(
        (score.nats_per_token() - 1.543).abs() < 0.0005,
        "{} nats",
        score.nats_per_token()
    );
}
