//! `tapegrad export`: a run becomes a checkpoint that other tools read.

use super::error::CliError;
use super::eval::{CheckpointArg, warn_unverified};
use super::output::Output;
use clap::{Args, ValueEnum};
use serde_json::json;
use std::path::PathBuf;
use tapegrad_models::exchange::{self, ExportOptions, Written};
use tapegrad_models::train::Folder;

/// Write a run for other tools: a GPT-2 or Llama checkpoint of Hugging Face, a state of PyTorch, or an .npz
#[derive(Args, Debug)]
#[command(
    after_help = "A Transformer becomes a GPT-2 or a Llama, whichever it is built like, or is refused. An RNN or LSTM \
                  becomes a state of PyTorch. A name that ends with .npz takes the weights of any network.

Examples:
  tapegrad export runs/char --out exported
  tapegrad export runs/char --out exported --numbers bf16 --shard 2000
  tapegrad export runs/char --out weights.npz"
)]
pub struct Export {
    /// Folder of the run
    run: PathBuf,
    /// Folder of the checkpoint, new or empty; or a file that ends with .npz
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Checkpoint to use
    #[arg(long, value_enum, default_value = "best")]
    checkpoint: CheckpointArg,
    /// Type of the numbers
    #[arg(long, value_enum, default_value = "f32")]
    numbers: NumbersArg,
    /// Longest file of weights, in megabytes; more are written as several files with an index
    #[arg(long, value_name = "MB", default_value_t = 5000, value_parser = clap::value_parser!(u64).range(1..))]
    shard: u64,
}

/// A type of numbers by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum NumbersArg {
    /// 32 bits, as they are
    F32,
    /// 16 bits, none above 65504
    F16,
    /// 16 bits with the exponent of f32
    Bf16,
}

impl Export {
    /// Runs the command.
    pub fn run(&self, output: &Output<'_>) -> Result<(), CliError> {
        let (folder, recipe, tokenizer) = Folder::open(&self.run)?;
        let (model, header) = folder.load(self.checkpoint.into(), &recipe, &tokenizer)?;
        warn_unverified(&header);
        if self.out.extension().is_some_and(|ending| ending == "npz") {
            exchange::export_npz(&self.out, &model)?;
            let file = self.out.display().to_string();
            return match output.is_json() {
                true => output.document(&json!({"kind": "npz", "files": [file], "notices": []})),
                false => output.text(&format!("weights in {file}\n")),
            };
        }
        let options = ExportOptions {
            written: match self.numbers {
                NumbersArg::F32 => Written::F32,
                NumbersArg::F16 => Written::F16,
                NumbersArg::Bf16 => Written::Bf16,
            },
            shard: self.shard * 1_000_000,
        };
        let exported = exchange::export(&self.out, &self.run, (&model, &recipe, &tokenizer), options)?;
        exported.notices.iter().for_each(|notice| eprintln!("note: {notice}"));
        let kind = exported.kind.name();
        if output.is_json() {
            return output.document(&json!({
                "kind": kind,
                "files": exported.files,
                "notices": exported.notices,
            }));
        }
        output.text(&format!(
            "{kind} in {}: {}\n",
            self.out.display(),
            exported.files.join(", ")
        ))
    }
}
