//! The time to count, smooth and score an n-gram of words: lines of tokens in, a perplexity out.
//!
//! The lines are made beforehand, by the rules of `tests/peers/ngram.py`, so that KenLM reads the same ones: lower
//! case; a token is a run of letters and apostrophes or any other sign; the first nine tenths of the tokens are for
//! training; a word seen once there is a rare one. From there on everything counts: files, vocabulary, ids, counts,
//! discounts, and the score of the held-out tenth.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use tapegrad_models::Learner;
use tapegrad_models::corpus::{Batches, Parts, Sentences, Text, split_sentences};
use tapegrad_models::ngram::{Ngram, NgramConfig, Smoothing};
use tapegrad_models::score::{Score, evaluate};
use tapegrad_models::tokenizer::{Case, Split, WordTokenizer};

use super::workload::{BenchSetting, BenchUnit, PreparedWork, Repetition, RunsWhen, Threads, WorkAmount, Workload};
use crate::error::BenchError;

/// The rows of a batch: how many sentences are read at a time.
const ROWS: usize = 256;

/// Modified Kneser-Ney of order 3 on the words of a text.
pub const NGRAM_TRAIN: Workload = Workload {
    name: "ngram-train",
    about: "words of a text, modified Kneser-Ney of order 3: estimate, and score the held-out tenth",
    unit: BenchUnit::Milliseconds,
    threads: Threads::All,
    warm_ups: 1,
    reps: 9,
    reps_per_turn: 2,
    asked: RunsWhen::WithText,
    prepare,
};

fn prepare(setting: &BenchSetting) -> Result<PreparedWork, BenchError> {
    let path = setting.text.as_ref().ok_or(BenchError::NeedsText {
        workload: NGRAM_TRAIN.name,
    })?;
    let text = Text::read(path)?;
    let lines: Vec<Vec<String>> = text.sentences().map(tokens_of_line).collect();
    let tokens = lines.iter().map(|line| line.len() + 1).sum::<usize>() as f64;
    let parts = split_sentences(lines, 0.9)?;
    let folder = tempfile::tempdir().map_err(|source| BenchError::File {
        path: std::env::temp_dir(),
        source,
    })?;
    let training = write_lines(folder.path().join("train.txt"), &parts.training)?;
    let heldout = write_lines(folder.path().join("test.txt"), &parts.heldout)?;
    let rep = move || {
        // The folder lives as long as the workload.
        let _ = &folder;
        let start = Instant::now();
        let score = estimate_and_score(&training, &heldout)?;
        Ok(Repetition {
            seconds: start.elapsed().as_secs_f64(),
            note: Some(format!("perplexity {:.2}", score.perplexity())),
        })
    };
    Ok(PreparedWork {
        work: WorkAmount {
            tokens: Some(tokens),
            ..WorkAmount::default()
        },
        rep: Box::new(rep),
    })
}

/// Writes lines of tokens, and gives the place back.
fn write_lines(path: PathBuf, lines: &[Vec<String>]) -> Result<PathBuf, BenchError> {
    let lines: Vec<String> = lines.iter().map(|line| line.join(" ") + "\n").collect();
    match fs::write(&path, lines.concat()) {
        Ok(()) => Ok(path),
        Err(source) => Err(BenchError::File { path, source }),
    }
}

fn estimate_and_score(training: &Path, heldout: &Path) -> Result<Score, BenchError> {
    let [training, heldout] = [Text::read(training)?, Text::read(heldout)?];
    let words = WordTokenizer::train(training.sentences(), Split::Whitespace, Case::AsWritten, 2);
    let ids = |text: &Text| -> Vec<Vec<_>> { text.sentences().map(|line| words.encode(line)).collect() };
    let parts = Parts {
        training: ids(&training),
        heldout: ids(&heldout),
    };
    let block = Sentences::block_for(&parts.training).max(Sentences::block_for(&parts.heldout));
    let rows = |part| Sentences::new(part, words.vocabulary(), block);
    // KenLM holds a word <unk> beside the corpus' own word for rare ones.
    let mut config = NgramConfig::new(3, words.vocabulary(), Smoothing::ModifiedKneserNey);
    config.vocabulary += 1;
    let mut ngram = Ngram::new(config)?;
    for batch in rows(parts.training)?.in_order(ROWS) {
        ngram.learn(&batch, 0.0);
    }
    Ok(evaluate(&ngram, rows(parts.heldout)?.in_order(ROWS)))
}

/// A line in lower case, cut into runs of letters and apostrophes and single other signs.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_a_run_of_letters_and_every_other_sign_stands_alone() {
        assert_eq!(
            tokens_of_line("Speak, 'tis--1!"),
            ["speak", ",", "'tis", "-", "-", "1", "!"]
        );
    }
}
