//! `tapegrad quantize`: the weights of a trained network in few bits.

use super::error::CliError;
use super::eval::{CheckpointArg, warn_unverified};
use super::output::Output;
use super::threads;
use clap::{Args, ValueEnum};
use serde_json::json;
use std::path::PathBuf;
use tapegrad_autograd::kernels::Bits;
use tapegrad_models::AnyLanguageModel;
use tapegrad_models::corpus::{Dataset, Part};
use tapegrad_models::evaluation::Evaluation;
use tapegrad_models::train::{Folder, Recipe};

/// How many bits a weight has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum BitsArg {
    /// Whole numbers from -127 to 127 with a scale for each row
    #[value(name = "8")]
    Eight,
    /// Whole numbers from 0 to 15 with a scale and an offset for each group of 32 weights of a row
    #[value(name = "4")]
    Four,
}

impl From<BitsArg> for Bits {
    fn from(bits: BitsArg) -> Self {
        match bits {
            BitsArg::Eight => Self::Eight,
            BitsArg::Four => Self::Four,
        }
    }
}

/// Store the matrices of a trained network in 8 or 4 bits a weight, and measure what it costs
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  tapegrad quantize runs/char --bits 4 --out runs/char-4
  tapegrad generate runs/char-4")]
pub struct Quantize {
    /// Folder of the run
    run: PathBuf,
    /// Bits of a weight
    #[arg(long, value_enum)]
    bits: BitsArg,
    /// Folder of the quantised run
    #[arg(long, value_name = "RUN")]
    out: PathBuf,
    /// Checkpoint to use
    #[arg(long, value_enum, default_value = "best")]
    checkpoint: CheckpointArg,
    /// Measure both models on only the first TOKENS tokens of the held-out part [default: all]
    #[arg(long, value_name = "TOKENS")]
    evaluate_tokens: Option<u64>,
    /// Number of threads; the result does not depend on it [default: all cores]
    #[arg(long)]
    threads: Option<usize>,
}

impl Quantize {
    /// Runs the command.
    pub fn run(&self, output: &Output<'_>) -> Result<(), CliError> {
        threads::limit(self.threads)?;
        let (folder, recipe, tokenizer) = Folder::open(&self.run)?;
        let (model, header) = folder.load(self.checkpoint.into(), &recipe, &tokenizer)?;
        warn_unverified(&header);
        let dataset = recipe.dataset(&tokenizer)?;
        header.check_corpus(&dataset)?;
        let before = self.nats(model.language_model(), &recipe, &dataset)?;
        let whole = tapegrad_models::Learner::parameter_count(&model) * size_of::<f32>();
        let packed = model.packed(self.bits.into())?;
        let after = self.nats(packed.language_model(), &recipe, &dataset)?;
        let out = Folder::begin(&self.out, &recipe, &tokenizer)?;
        out.save_packed(&*packed, self.bits.into(), &header)?;
        let [bytes, of_matrices] = packed.bytes();
        // What is not packed has 4 bytes a number before and after.
        let matrices = whole - (bytes - of_matrices);
        let change = 100.0 * (after - before) / before;
        if output.is_json() {
            return output.document(&json!({
                "bits": if self.bits == BitsArg::Four { 4 } else { 8 },
                "nats_before": before,
                "nats_after": after,
                "change_percent": change,
                "bytes_before": whole,
                "bytes_after": bytes,
                "bytes_of_matrices_before": matrices,
                "bytes_of_matrices_after": of_matrices,
                "out": self.out.display().to_string(),
            }));
        }
        let ratio = |before: usize, after: usize| before as f64 / after.max(1) as f64;
        output.text(&format!(
            "held out {before:.4} nats per token before, {after:.4} after: {change:+.2} %\n\
             {whole} bytes before, {bytes} after: {:.2} times smaller\n\
             its matrices {matrices} bytes before, {of_matrices} after: {:.2} times smaller\n\
             generate text with: tapegrad generate {}\n",
            ratio(whole, bytes),
            ratio(matrices, of_matrices),
            self.out.display()
        ))
    }

    fn nats(&self, model: &dyn AnyLanguageModel, recipe: &Recipe, dataset: &Dataset) -> Result<f64, CliError> {
        let batches = dataset.batches(Part::Heldout, recipe.block, recipe.model.lead())?;
        let oov = dataset.tokenizer().unknown();
        let evaluation = Evaluation::of(model, &*batches, recipe.rows, oov, self.evaluate_tokens);
        Ok(evaluation.all.nats_per_token())
    }
}
