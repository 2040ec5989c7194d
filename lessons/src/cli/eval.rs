//! `tapegrad eval`: measures a trained model on held-out text.

use super::error::{CliError, ErrorCode};
use super::output::Output;
use super::threads;
use clap::{Args, ValueEnum};
use serde_json::json;
use std::path::PathBuf;
use tapegrad_models::corpus::{Dataset, Part, Text};
use tapegrad_models::score::Score;
use tapegrad_models::train::{Folder, Header, Recipe, Which};
use tapegrad_models::{LanguageModel, Model};

/// A checkpoint by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CheckpointArg {
    /// The one with the lowest held-out loss
    Best,
    /// The one written last
    Last,
}

impl From<CheckpointArg> for Which {
    fn from(checkpoint: CheckpointArg) -> Self {
        match checkpoint {
            CheckpointArg::Best => Self::Best,
            CheckpointArg::Last => Self::Last,
        }
    }
}

/// Measure a trained model on its held-out text, or on another
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  tapegrad eval runs/lstm
  tapegrad eval runs/char --text other.txt --json")]
pub struct Eval {
    /// The folder of the run
    run: PathBuf,
    /// Measure on this text file instead of the held-out part of the corpus
    #[arg(long, value_name = "FILE")]
    text: Option<PathBuf>,
    /// Which checkpoint
    #[arg(long, value_enum, default_value = "last")]
    checkpoint: CheckpointArg,
    /// Give the loss of each token too (with --json)
    #[arg(long)]
    per_token: bool,
    /// Threads to compute on; the result does not depend on it [default: all cores]
    #[arg(long)]
    threads: Option<usize>,
}

impl Eval {
    /// Runs the command.
    pub fn run(&self, output: &Output<'_>) -> Result<(), CliError> {
        threads::limit(self.threads)?;
        let (folder, recipe, tokenizer) = Folder::open(&self.run)?;
        let (model, header) = folder.load(self.checkpoint.into(), &recipe, &tokenizer)?;
        warn_unverified(&header);
        let dataset = match &self.text {
            Some(file) => Dataset::to_measure(&Text::read(file)?, &tokenizer, &recipe.corpus),
            None => recipe.corpus.build()?,
        };
        if *dataset.tokenizer() != tokenizer {
            return Err(CliError::new(
                ErrorCode::CorpusChanged,
                "the corpus is no longer the one this model was trained on: its vocabulary has changed",
            )
            .help("put the text back as it was, or measure another text with --text FILE"));
        }
        if self.text.is_none() {
            header.check_corpus(&dataset)?;
        }
        let (score, nats) = measure(&model, &dataset, &recipe)?;
        self.report(&score, &nats, output)
    }

    fn report(&self, score: &Score, nats: &[f64], output: &Output<'_>) -> Result<(), CliError> {
        if output.is_json() {
            let mut document = json!({
                "nats_per_token": score.nats_per_token(),
                "bits_per_token": score.bits_per_token(),
                "perplexity": score.perplexity(),
                "tokens": score.tokens,
            });
            if self.per_token {
                document["tokens_nats"] = json!(nats);
            }
            return output.document(&document);
        }
        let mut text = format!(
            "{:.4} nats per token, {:.4} bits, perplexity {:.3}, over {} tokens\n",
            score.nats_per_token(),
            score.bits_per_token(),
            score.perplexity(),
            score.tokens
        );
        if self.per_token {
            nats.iter().for_each(|nats| text.push_str(&format!("{nats:.4}\n")));
        }
        output.text(&text)
    }
}

/// Says that a checkpoint of an earlier version has no checksum, so a damage would not show.
pub fn warn_unverified(header: &Header) {
    if !header.is_verified {
        eprintln!("warning: this checkpoint has no checksum: it was written by an earlier version");
    }
}

/// The score over all held-out tokens, and the loss of each in order.
fn measure(model: &Model, dataset: &Dataset, recipe: &Recipe) -> Result<(Score, Vec<f64>), CliError> {
    let batches = dataset.batches(Part::Heldout, recipe.block, recipe.model.lead())?;
    let (mut score, mut nats) = (Score::default(), Vec::new());
    for batch in batches.in_order(recipe.rows) {
        let log_probs = model.language_model().log_probs(&batch);
        score.add_all(&log_probs);
        nats.extend(log_probs.iter().map(|log_prob| -log_prob));
    }
    Ok((score, nats))
}
