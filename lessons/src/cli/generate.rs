//! `tapegrad generate`: writes text with a trained model.

use super::error::CliError;
use super::eval::{CheckpointArg, warn_unverified};
use super::output::Output;
use super::threads;
use clap::Args;
use serde_json::json;
use std::path::PathBuf;
use tapegrad_models::ModelConfig;
use tapegrad_models::corpus::CorpusConfig;
use tapegrad_models::decode::{Generated, Request, Sampling, generate};
use tapegrad_models::tokenizer::{TokenId, Tokenizer};
use tapegrad_models::train::{Folder, Recipe};

/// Generate text with a trained model
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  tapegrad generate runs/lstm
  tapegrad generate runs/char --prompt 'ROMEO:' --tokens 500 --temperature 0.8")]
pub struct Generate {
    /// Folder of the run
    run: PathBuf,
    /// Beginning of the text
    #[arg(long, default_value = "")]
    prompt: String,
    /// Largest number of tokens to generate
    #[arg(long, default_value_t = 200)]
    tokens: usize,
    /// Temperature: 1 samples from the model, lower values favour likely tokens, 0 takes the likeliest token each time
    #[arg(long, default_value_t = 1.0)]
    temperature: f64,
    /// Sample only from the K likeliest tokens
    #[arg(long, value_name = "K")]
    top_k: Option<usize>,
    /// Sample only from the smallest set of likeliest tokens with a total probability above P
    #[arg(long, value_name = "P")]
    top_p: Option<f64>,
    /// Checkpoint to use
    #[arg(long, value_enum, default_value = "best")]
    checkpoint: CheckpointArg,
    /// Number of threads; the result does not depend on it [default: all cores]
    #[arg(long)]
    threads: Option<usize>,
}

impl Generate {
    /// Runs the command.
    pub fn run(&self, output: &Output<'_>) -> Result<(), CliError> {
        threads::limit(self.threads)?;
        let (folder, recipe, tokenizer) = Folder::open(&self.run)?;
        let (model, header) = folder.load(self.checkpoint.into(), &recipe, &tokenizer)?;
        warn_unverified(&header);
        let sampling = Sampling::new(self.temperature, self.top_k, self.top_p);
        let sampling = sampling.map_err(|error| CliError::from(error).exit(2))?;
        let request = request(
            &recipe,
            &tokenizer,
            &self.prompt,
            self.tokens,
            sampling,
            output.seed().unwrap_or(1),
        );
        let before = request.prompt.clone();
        let generated = generate(model.language_model(), request)?;
        let text = tokenizer.decode_after(&before, &generated.tokens);
        let text = format!("{}{}{text}", self.prompt, tokenizer.between(&self.prompt, &text));
        let comparable = as_evaluated(&recipe, before.len(), generated.tokens.len());
        if output.is_json() {
            return output.document(&json!({
                "text": text,
                "tokens": generated.tokens,
                "nats": generated.nats,
                "nats_as_evaluated": comparable,
            }));
        }
        output.text(&(text + "\n"))
    }
}

/// How many of the generated tokens cost what an evaluation of the text in one window would give.
///
/// When its block is full, a Transformer reads the later half of it again, at other positions; from there on the nats
/// belong to a shorter context.
fn as_evaluated(recipe: &Recipe, read: usize, generated: usize) -> usize {
    match recipe.model {
        ModelConfig::Transformer { .. } => generated.min((recipe.block + 1).saturating_sub(read)),
        _ => generated,
    }
}

/// What is asked of a model that was trained by a recipe.
///
/// A model of sentences begins at the start of one and stops at its end; a model of a stream begins after the prompt,
/// or after a new line.
pub fn request(
    recipe: &Recipe,
    tokenizer: &Tokenizer,
    prompt: &str,
    length_max: usize,
    sampling: Sampling,
    seed: u64,
) -> Request {
    let vocabulary = tokenizer.vocabulary();
    let mut never: Vec<TokenId> = recipe.corpus.never_predicted(vocabulary);
    never.extend([vocabulary.oov(), tokenizer.unknown()]);
    let written = tokenizer.encode(prompt);
    let (prompt, stop) = match recipe.corpus {
        CorpusConfig::Grammar { .. } => (
            std::iter::once(vocabulary.sos()).chain(written).collect(),
            Some(vocabulary.eos()),
        ),
        CorpusConfig::Text { .. } => (
            if written.is_empty() {
                first_of_stream(tokenizer)
            } else {
                written
            },
            None,
        ),
    };
    Request {
        prompt,
        length_max,
        stop,
        never,
        sampling,
        seed,
    }
}

/// A token that a stream may begin after: a new line, or else the first word of the vocabulary.
fn first_of_stream(tokenizer: &Tokenizer) -> Vec<TokenId> {
    let new_line = tokenizer.encode("\n");
    let oov = tokenizer.unknown();
    if new_line.is_empty() || new_line.contains(&oov) {
        vec![tokenizer.vocabulary().pad().map_or(0, |pad| pad + 1)]
    } else {
        new_line
    }
}

/// The text of what was generated.
pub fn text_of(tokenizer: &Tokenizer, generated: &Generated) -> String {
    tokenizer.decode(&generated.tokens)
}
