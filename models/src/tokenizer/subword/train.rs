//! Learning a tokenizer from a text: which words, which tokens to begin with, and the file that comes of it.

use serde_json::{Map, Value, json};
use std::collections::{BTreeSet, HashMap};

use super::aligned::Aligned;
use super::bpe::learning::{self, Growing};
use super::steps::gpt2;
use super::steps::pre_tokenizer::PreTokenizer;
use super::{SubwordTokenizer, bytes, file, unigram, wordpiece};
use crate::tokenizer::TokenId;

/// The algorithms that learn parts of words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// Byte-pair encoding, on bytes.
    Bpe,
    /// WordPiece.
    WordPiece,
    /// Unigram, as in SentencePiece, with bytes for unknown characters.
    Unigram,
}

/// A vocabulary cannot be learnt.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrainError {
    /// The vocabulary is too small for what it must hold.
    #[error("a vocabulary of {size} has no room for {needed}; make it larger than {least}")]
    TooSmall {
        /// Its size.
        size: usize,
        /// The size that leaves no room for anything else.
        least: usize,
        /// What it must hold.
        needed: String,
    },
    /// A special token is empty or comes twice.
    #[error("the special token `{token}` is empty or named twice; name each special token once")]
    Special {
        /// The token.
        token: String,
    },
}

/// Learns a tokenizer.
pub fn train(
    algorithm: Algorithm,
    text: &str,
    size: usize,
    special: &[String],
) -> Result<SubwordTokenizer, TrainError> {
    let mut different = BTreeSet::new();
    if let Some(token) = special
        .iter()
        .find(|token| token.is_empty() || !different.insert(token.as_str()))
    {
        return Err(TrainError::Special { token: token.clone() });
    }
    let document = match algorithm {
        Algorithm::Bpe => train_bpe(text, size, special)?,
        Algorithm::WordPiece => train_wordpiece(text, size, special)?,
        Algorithm::Unigram => train_unigram(text, size, special)?,
    };
    Ok(SubwordTokenizer::from_document(document).expect("a trained tokenizer is one that can be read"))
}

fn room(size: usize, least: usize, needed: String) -> Result<(), TrainError> {
    match size > least {
        true => Ok(()),
        false => Err(TrainError::TooSmall { size, least, needed }),
    }
}

/// Special tokens, the 256 bytes, then what merges make.
fn train_bpe(text: &str, size: usize, special: &[String]) -> Result<Value, TrainError> {
    let needed = format!("the 256 bytes and {} special tokens", special.len());
    room(size, special.len() + 256, needed)?;
    let mut vocabulary = Growing::default();
    special.iter().for_each(|token| {
        vocabulary.id(token.clone());
    });
    for character in bytes::sorted() {
        vocabulary.id(character.to_string());
    }
    let of_byte: Vec<TokenId> = bytes::CHARACTERS
        .iter()
        .map(|own| vocabulary.id(own.to_string()))
        .collect();
    let counts = counted(gpt2::tokens(text).map(|range| &text[range]));
    let ids = |word: &str| word.bytes().map(|byte| of_byte[usize::from(byte)]).collect();
    let words = counts.into_iter().map(|(word, times)| (ids(word), times)).collect();
    let merges = learning::learn(words, &mut vocabulary, size);
    let tokens = vocabulary.tokens();
    let pair = |(left, right): (TokenId, TokenId)| json!([tokens[left as usize], tokens[right as usize]]);
    let steps = json!({"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true});
    let parts = [
        ("normalizer", Value::Null),
        ("pre_tokenizer", steps.clone()),
        ("post_processor", Value::Null),
        ("decoder", steps),
    ];
    let model = json!({
        "type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": null,
        "end_of_word_suffix": null, "fuse_unk": false, "byte_fallback": false, "ignore_merges": false,
        "vocab": by_id(tokens), "merges": merges.into_iter().map(pair).collect::<Value>(),
    });
    Ok(file::document(special, parts, model))
}

/// Special tokens with `[UNK]`, the characters at the beginning of a word and inside, then what joins make.
fn train_wordpiece(text: &str, size: usize, special: &[String]) -> Result<Value, TrainError> {
    let special = with_unknown(special, "[UNK]");
    let words = counted(words(&PreTokenizer::Bert, text));
    let characters: BTreeSet<char> = words.keys().flat_map(|word| word.chars()).collect();
    let needed = format!(
        "{} special tokens and the {} characters of the text, each at the beginning of a word and inside",
        special.len(),
        characters.len()
    );
    room(size, special.len() + 2 * characters.len(), needed)?;
    let mut vocabulary = Growing::default();
    let first = characters.iter().map(char::to_string);
    let inside = characters
        .iter()
        .map(|own| format!("{}{own}", wordpiece::learning::MARK));
    special.iter().cloned().chain(first).chain(inside).for_each(|token| {
        vocabulary.id(token);
    });
    let mut ids = |word: &str| -> Vec<TokenId> {
        let token = |(at, own): (usize, char)| match at {
            0 => own.to_string(),
            _ => format!("{}{own}", wordpiece::learning::MARK),
        };
        word.char_indices().map(|own| vocabulary.id(token(own))).collect()
    };
    let words = words.iter().map(|(word, &times)| (ids(word), times)).collect();
    wordpiece::learning::learn(words, &mut vocabulary, size);
    let parts = [
        ("normalizer", Value::Null),
        ("pre_tokenizer", json!({"type": "BertPreTokenizer"})),
        ("post_processor", Value::Null),
        (
            "decoder",
            json!({"type": "WordPiece", "prefix": wordpiece::learning::MARK, "cleanup": false}),
        ),
    ];
    let model = json!({
        "type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": wordpiece::learning::MARK,
        "max_input_chars_per_word": 100, "vocab": by_id(vocabulary.tokens()),
    });
    Ok(file::document(&special, parts, model))
}

/// The score of the 256 bytes is so far below that of the least likely piece, in nats, that their names are never found in
/// a text whose characters are known.
const BYTES_BELOW: f64 = 1000.0;

/// Special tokens with `<unk>`, the 256 bytes, then pieces.
fn train_unigram(text: &str, size: usize, special: &[String]) -> Result<Value, TrainError> {
    let special = with_unknown(special, "<unk>");
    let pre_tokenizer = json!({"type": "Sequence", "pretokenizers": [
        {"type": "Split", "pattern": {"String": "\n"}, "behavior": "Isolated", "invert": false},
        {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "never", "split": true},
    ]});
    let steps = PreTokenizer::read(&pre_tokenizer, "pre_tokenizer").expect("its steps are known");
    let mut words: Vec<(String, u64)> = counted(words(&steps, text)).into_iter().collect();
    words.sort_unstable();
    let characters: BTreeSet<char> = words.iter().flat_map(|(word, _)| word.chars()).collect();
    let before = special.len() + 256;
    let needed = format!(
        "{} special tokens, the 256 bytes and the {} characters of the text",
        special.len(),
        characters.len()
    );
    room(size, before + characters.len(), needed)?;
    let taken: BTreeSet<String> = special
        .iter()
        .cloned()
        .chain((0..=255).map(bytes::fallback_name))
        .collect();
    let pieces = unigram::learning::learn(&words, size - before);
    let lowest = pieces.iter().map(|&(_, score)| score).fold(0.0, f64::min);
    let listed = taken_first(&special, lowest - BYTES_BELOW);
    let vocab: Vec<Value> = listed
        .into_iter()
        .chain(pieces.into_iter().filter(|(piece, _)| !taken.contains(piece)))
        .map(|(piece, score)| json!([piece, score]))
        .collect();
    let unknown = special.iter().position(|token| token == "<unk>");
    let decoder = json!({"type": "Sequence", "decoders": [
        {"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
        {"type": "ByteFallback"},
        {"type": "Fuse"},
    ]});
    let parts = [
        ("normalizer", Value::Null),
        ("pre_tokenizer", pre_tokenizer),
        ("post_processor", Value::Null),
        ("decoder", decoder),
    ];
    let model = json!({"type": "Unigram", "unk_id": unknown, "vocab": vocab, "byte_fallback": true});
    Ok(file::document(&special, parts, model))
}

fn taken_first(special: &[String], score: f64) -> Vec<(String, f64)> {
    let bytes = (0..=255)
        .map(bytes::fallback_name)
        .filter(|name| !special.contains(name));
    special
        .iter()
        .cloned()
        .chain(bytes)
        .map(|token| (token, score))
        .collect()
}

/// The special tokens, with that of what is unknown before them unless it is among them.
fn with_unknown(special: &[String], unknown: &str) -> Vec<String> {
    let own = (!special.iter().any(|token| token == unknown)).then(|| unknown.to_string());
    own.into_iter().chain(special.iter().cloned()).collect()
}

/// The words of a text, line by line.
fn words(steps: &PreTokenizer, text: &str) -> impl Iterator<Item = String> {
    let lines = text.split_inclusive('\n');
    lines.flat_map(|line| {
        steps
            .apply(Aligned::new(line, 0))
            .into_iter()
            .map(|word| word.text().to_string())
    })
}

/// How often each word occurs.
fn counted<W: Eq + std::hash::Hash>(words: impl Iterator<Item = W>) -> HashMap<W, u64> {
    let mut counts = HashMap::new();
    words.for_each(|word| *counts.entry(word).or_default() += 1);
    counts
}

/// A vocabulary as the format has it: an object from tokens to ids.
fn by_id(tokens: &[String]) -> Value {
    let ids = tokens.iter().cloned().zip(0..);
    Value::Object(ids.map(|(token, id)| (token, Value::from(id))).collect::<Map<_, _>>())
}
