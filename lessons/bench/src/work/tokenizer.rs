//! How fast is a text turned into tokens and back, and how fast is the tokenizer learnt?
//!
//! A byte-level pair encoding of 1024 tokens, learnt from the text, then used on the whole of it in one call, on one
//! thread. A repetition begins with nothing remembered of the one before.

use std::time::Instant;

use tapegrad_models::corpus::Text;
use tapegrad_models::tokenizer::{Algorithm, Special, SubwordTokenizer};

use super::workload::{BenchSetting, BenchUnit, PreparedWork, Repetition, RunsWhen, Threads, WorkAmount, Workload};
use crate::error::BenchError;

/// The tokens of the vocabulary, the 256 bytes among them.
const SIZE: usize = 1024;

const fn workload(
    name: &'static str,
    about: &'static str,
    prepare: fn(&BenchSetting) -> Result<PreparedWork, BenchError>,
) -> Workload {
    Workload {
        name,
        about,
        unit: BenchUnit::Milliseconds,
        threads: Threads::One,
        warm_ups: 1,
        reps: 9,
        reps_per_turn: 2,
        asked: RunsWhen::WithText,
        prepare,
    }
}

/// Learning the merges.
pub const TRAIN: Workload = workload(
    "tokenizer-train",
    "byte-level pair encoding: learn a vocabulary of 1024 tokens from a text",
    |setting| {
        prepare("tokenizer-train", setting, |text, _| {
            let tokenizer = learnt(text);
            let vocabulary = tokenizer.vocabulary();
            format!("{} tokens", vocabulary.words().len())
        })
    },
);

/// From text to ids.
pub const ENCODE: Workload = workload(
    "tokenizer-encode",
    "byte-level pair encoding of 1024 tokens: the ids of a whole text",
    |setting| {
        prepare("tokenizer-encode", setting, |text, known| {
            let tokenizer = &known.tokenizer;
            format!("{} ids", tokenizer.ids(text).len())
        })
    },
);

/// From ids to text.
pub const DECODE: Workload = workload(
    "tokenizer-decode",
    "byte-level pair encoding of 1024 tokens: the text of all its ids",
    |setting| {
        prepare("tokenizer-decode", setting, |_, known| {
            let text = known.tokenizer.decode(&known.ids, Special::Added);
            format!("{} bytes", text.len())
        })
    },
);

/// What is there before the clock runs.
struct Known {
    tokenizer: SubwordTokenizer,
    ids: Vec<u32>,
}

fn learnt(text: &str) -> SubwordTokenizer {
    SubwordTokenizer::train(Algorithm::Bpe, text, SIZE, &[]).expect("1024 tokens are more than the 256 bytes")
}

fn prepare(
    name: &'static str,
    setting: &BenchSetting,
    work: fn(&str, &Known) -> String,
) -> Result<PreparedWork, BenchError> {
    let path = setting.text.as_ref().ok_or(BenchError::NeedsText { workload: name })?;
    let text = Text::read(path)?.content().to_string();
    let tokenizer = learnt(&text);
    let ids = tokenizer.ids(&text);
    let known = Known { tokenizer, ids };
    let amount = WorkAmount {
        tokens: Some(known.ids.len() as f64),
        bytes: Some(text.len() as f64),
        ..WorkAmount::default()
    };
    let rep = move || {
        let start = Instant::now();
        let note = work(&text, &known);
        let seconds = start.elapsed().as_secs_f64();
        let speed = text.len() as f64 / seconds / 1e6;
        Ok(Repetition {
            seconds,
            note: Some(format!("{note}, {speed:.1} MB/s")),
        })
    };
    Ok(PreparedWork {
        work: amount,
        rep: Box::new(rep),
    })
}
