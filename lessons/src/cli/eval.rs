//! `tapegrad eval`: measures a trained model on held-out text.

use super::error::{CliError, ErrorCode};
use super::generate::ids;
use super::output::Output;
use super::threads;
use super::train::cut_heldout;
use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use std::path::PathBuf;
use tapegrad_models::ModelConfig;
use tapegrad_models::corpus::{Dataset, Extent, Part, Text};
use tapegrad_models::evaluation::Evaluation;
use tapegrad_models::tokenizer::{TokenId, Tokenizer};
use tapegrad_models::train::{Folder, Header, Recipe, Which};

/// A checkpoint by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CheckpointArg {
    /// The checkpoint with the lowest loss on the validation part
    Best,
    /// The last checkpoint
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

/// Measure a trained model on its held-out text or on another text
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  tapegrad eval runs/lstm
  tapegrad eval runs/char --text other.txt --json
  tapegrad eval runs/char --stride 16
  tapegrad eval runs/char --ids ids.json --per-token --json")]
pub struct Eval {
    /// Folder of the run
    run: PathBuf,
    /// Measure on this text file instead of the held-out part of the corpus
    #[arg(long, value_name = "FILE")]
    text: Option<PathBuf>,
    /// Measure the tokens with the ids in this file, such as [1, 2, 3]; the first one is only read
    #[arg(long, value_name = "FILE", conflicts_with = "text")]
    ids: Option<PathBuf>,
    /// Checkpoint to use
    #[arg(long, value_enum, default_value = "last")]
    checkpoint: CheckpointArg,
    /// Begin a window of a stream every TOKENS tokens, so that each token is scored with at least block - stride tokens
    /// before it [default: the block; the first token of a window then has one token before it]
    #[arg(long, value_name = "TOKENS")]
    stride: Option<usize>,
    /// Read windows of TOKENS tokens; for a Transformer at most its block in training, unless its positions go on
    /// beyond it (rotary, alibi, none) [default: as in training]
    #[arg(long, value_name = "TOKENS")]
    block: Option<usize>,
    /// Measure only the first TOKENS tokens [default: all]
    #[arg(long, value_name = "TOKENS")]
    evaluate_tokens: Option<u64>,
    /// Also print the loss of each token
    #[arg(long)]
    per_token: bool,
    /// Number of threads; the result does not depend on it [default: all cores]
    #[arg(long)]
    threads: Option<usize>,
}

impl Eval {
    /// Runs the command.
    pub fn run(&self, output: &Output<'_>) -> Result<(), CliError> {
        threads::limit(self.threads)?;
        let (folder, recipe, tokenizer) = Folder::open(&self.run)?;
        let (model, header) = folder.load_to_ask(self.checkpoint.into(), &recipe, &tokenizer)?;
        warn_unverified(&header);
        let dataset = match (&self.text, &self.ids) {
            (Some(file), _) => Dataset::to_measure(&Text::read(file)?, &tokenizer, &recipe.corpus),
            (None, Some(file)) => {
                let (place, text) = (file.display().to_string(), Text::read(file)?);
                let ids = ids::parsed(text.content(), &place)?;
                ids::check(&ids, &tokenizer, &place)?;
                Dataset::of_ids(place, ids, &tokenizer)
            }
            (None, None) => recipe.dataset(&tokenizer)?,
        };
        dataset.check_ids(recipe.ids(tokenizer.vocabulary()))?;
        if *dataset.tokenizer() != tokenizer {
            return Err(CliError::new(
                ErrorCode::CorpusChanged,
                "the corpus has changed since this model was trained: its vocabulary is different",
            )
            .help("restore the text, or measure another text with --text FILE"));
        }
        let is_own = self.text.is_none() && self.ids.is_none();
        if is_own {
            header.check_corpus(&dataset)?;
        }
        let windows = self.windows(&recipe, dataset.has_sentences())?;
        cut_heldout(&dataset, windows.block)
            .iter()
            .for_each(|cut| eprintln!("warning: {cut}"));
        let batches = dataset.batches(Part::Heldout, windows.block, windows.lead)?;
        let oov = tokenizer.unknown();
        let evaluation = Evaluation::of(
            model.language_model(),
            &*batches,
            windows.rows,
            oov,
            self.evaluate_tokens,
        );
        let measured = Measured {
            evaluation,
            windows: (!dataset.has_sentences()).then_some(windows),
            never: never(&recipe, &tokenizer),
            extent: self.extent(&dataset, windows.block),
            chosen_by: is_own && !dataset.has_validation(),
        };
        if output.is_json() {
            output.document(&measured.document(self.per_token))
        } else {
            output.text(&measured.text(self.per_token))
        }
    }

    /// How the text is read: as in training, unless an option says otherwise.
    fn windows(&self, recipe: &Recipe, has_sentences: bool) -> Result<Windows, CliError> {
        let block = self.block.unwrap_or(recipe.block);
        let zero = [
            ("--block", self.block == Some(0)),
            ("--stride", self.stride == Some(0)),
            ("--evaluate-tokens", self.evaluate_tokens == Some(0)),
        ];
        if let Some((option, _)) = zero.iter().find(|(_, is_zero)| *is_zero) {
            return Err(CliError::option(
                format!("{option} is 0"),
                format!("give {option} a number of at least 1"),
            ));
        }
        if has_sentences && self.stride.is_some() {
            return Err(CliError::option(
                "--stride has no meaning for a model of sentences: each sentence is read from its beginning",
                "leave --stride out",
            ));
        }
        let ends = match recipe.model {
            ModelConfig::Transformer { architecture, .. } if !architecture.positions.go_on() => Some("Transformer"),
            ModelConfig::Program(_) => Some("program"),
            _ => None,
        };
        if let Some(model) = ends.filter(|_| block > recipe.block) {
            let own = recipe.block;
            return Err(CliError::option(
                format!("this {model} was trained with a block of {own} and has no positions beyond it"),
                format!("give --block at most {own}"),
            ));
        }
        let lead = match self.stride {
            None => recipe.model.lead(),
            Some(stride) if stride > block => {
                return Err(CliError::option(
                    format!("a stride of {stride} skips the tokens between windows of {block} tokens"),
                    format!("give --stride at most {block}"),
                ));
            }
            Some(stride) => (block - stride).max(recipe.model.lead()),
        };
        // Longer windows, fewer of them at once: the memory of a batch stays about the same.
        let rows = (recipe.rows * recipe.block / block).clamp(1, recipe.rows);
        Ok(Windows { block, lead, rows })
    }

    /// How long the text is, where all of it is measured.
    fn extent(&self, dataset: &Dataset, block: usize) -> Option<Extent> {
        let is_whole = self.evaluate_tokens.is_none() && dataset.cut_sentences(Part::Heldout, block) == 0;
        dataset.heldout_extent().filter(|_| is_whole)
    }
}

/// The names of the ids that no label is; one that a model has beyond its tokenizer is named by its number.
fn never(recipe: &Recipe, tokenizer: &Tokenizer) -> Vec<String> {
    let vocabulary = tokenizer.vocabulary();
    let has_markers = recipe.vocabulary.is_none();
    let name = |id: TokenId| match has_markers || id < vocabulary.sos() {
        true => vocabulary.word(id).to_string(),
        false => format!("<{id}>"),
    };
    recipe.never_predicted(vocabulary).into_iter().map(name).collect()
}

/// How a text is read.
#[derive(Clone, Copy, Debug)]
struct Windows {
    block: usize,
    lead: usize,
    rows: usize,
}

/// What was measured, and how.
struct Measured {
    evaluation: Evaluation,
    /// `None` for sentences.
    windows: Option<Windows>,
    /// The markers that get no probability.
    never: Vec<String>,
    extent: Option<Extent>,
    /// True if the checkpoint was chosen by the text that is measured.
    chosen_by: bool,
}

impl Measured {
    fn document(&self, per_token: bool) -> Value {
        let Evaluation { all, known, nats } = &self.evaluation;
        let per = |pieces: usize| self.evaluation.nats_per(pieces);
        let mut document = json!({
            "nats_per_token": all.nats_per_token(),
            "bits_per_token": all.bits_per_token(),
            "perplexity": all.perplexity(),
            "tokens": all.tokens,
            "interval": self.evaluation.interval().map(|interval| json!({
                "low": interval.low,
                "high": interval.high,
                "standard_error": interval.error,
                "blocks": interval.blocks,
            })),
            "unknown_tokens": self.evaluation.unknown(),
            "nats_per_known_token": (known.tokens > 0).then(|| known.nats_per_token()),
            "nats_per_character": self.extent.map(|extent| per(extent.characters)),
            "nats_per_byte": self.extent.map(|extent| per(extent.bytes)),
            "block": self.windows.map(|windows| windows.block),
            "stride": self.windows.map(|windows| windows.block - windows.lead),
            "never_predicted": self.never,
            "checkpoint_was_chosen_by_this_text": self.chosen_by,
        });
        if per_token {
            document["tokens_nats"] = json!(nats);
        }
        document
    }

    fn text(&self, per_token: bool) -> String {
        let Evaluation { all, known, nats } = &self.evaluation;
        let mut text = format!(
            "{:.4} nats per token, {:.4} bits, perplexity {:.3}, over {} tokens\n",
            all.nats_per_token(),
            all.bits_per_token(),
            all.perplexity(),
            all.tokens
        );
        match self.evaluation.interval() {
            Some(interval) => {
                text += &format!(
                    "95 % interval {:.4} to {:.4} nats per token, from the means of {} blocks of the text\n",
                    interval.low, interval.high, interval.blocks
                );
            }
            None => text += "no interval: it needs at least 2000 tokens, each with a probability above 0\n",
        }
        if let Some(extent) = self.extent {
            let bits = |pieces| self.evaluation.nats_per(pieces) / std::f64::consts::LN_2;
            text += &format!(
                "{:.4} bits per character ({} characters), {:.4} per byte ({} bytes)\n",
                bits(extent.characters),
                extent.characters,
                bits(extent.bytes),
                extent.bytes
            );
        }
        let unknown = self.evaluation.unknown();
        text += &match (unknown, known.tokens) {
            (0, _) => "every token is in the vocabulary\n".to_string(),
            (_, 0) => format!("all {unknown} tokens are outside the vocabulary\n"),
            _ => format!(
                "{unknown} of {} tokens ({:.2} %) are outside the vocabulary; without them {:.4} nats per token\n",
                all.tokens,
                100.0 * unknown as f64 / all.tokens as f64,
                known.nats_per_token()
            ),
        };
        if let Some(Windows { block, lead, .. }) = self.windows {
            let stride = block - lead;
            text += &format!(
                "windows of {block} tokens, {stride} apart: after the first window each token has {} to {block} before it\n",
                lead + 1
            );
        }
        if !self.never.is_empty() {
            text += &format!(
                "no probability for {}, which such a text never holds\n",
                self.never.join(", ")
            );
        }
        if self.chosen_by {
            text += "this run has no validation part: its best checkpoint was chosen by this text\n";
        }
        if per_token {
            nats.iter().for_each(|nats| text.push_str(&format!("{nats:.4}\n")));
        }
        text
    }
}

/// Says that a checkpoint of an earlier version has no checksum, so a damage would not show.
pub fn warn_unverified(header: &Header) {
    if !header.is_verified {
        eprintln!("warning: this checkpoint has no checksum: it was written by an earlier version");
    }
}
