//! `tapegrad import`: a checkpoint of another tool becomes a run.

use super::error::CliError;
use super::output::Output;
use clap::Args;
use serde_json::json;
use std::path::PathBuf;
use tapegrad_models::Learner;
use tapegrad_models::exchange::{self, ImportOptions};
use tapegrad_models::train::Folder;

/// Make a run of a checkpoint of another tool: GPT-2 or Llama of Hugging Face, RNN or LSTM of PyTorch, or an .npz
#[derive(Args, Debug)]
#[command(
    after_help = "The folder holds config.json, model.safetensors (or several files with an index) and mostly a \
                  tokenizer.json. Without config.json it is the state of a recurrent model of PyTorch.

Examples:
  tapegrad import gpt2 --out runs/gpt2
  tapegrad generate runs/gpt2 --prompt 'Once upon a time'
  tapegrad train transformer --out runs/gpt2 --resume --text story.txt
  tapegrad import weights.npz --like runs/char --out runs/changed"
)]
pub struct Import {
    /// Folder or file of the checkpoint
    folder: PathBuf,
    /// Run whose sizes and tokenizer an .npz has, which holds weights only
    #[arg(long, value_name = "RUN", conflicts_with = "block")]
    like: Option<PathBuf>,
    /// Folder of the run
    #[arg(long, value_name = "RUN")]
    out: PathBuf,
    /// Longest context of the run, in tokens [default: that of the checkpoint; at most 2048 with rotary positions]
    #[arg(long, value_name = "TOKENS")]
    block: Option<usize>,
}

impl Import {
    /// Runs the command.
    pub fn run(&self, output: &Output<'_>) -> Result<(), CliError> {
        let is_npz = self.folder.extension().is_some_and(|ending| ending == "npz");
        let imported = match &self.like {
            None if is_npz => {
                return Err(CliError::option(
                    "an .npz holds weights only, so the sizes of the model are not known",
                    "name a run of the same sizes with --like RUN",
                ));
            }
            None => exchange::import(&self.folder, ImportOptions { block: self.block })?,
            Some(like) => {
                let (_, recipe, tokenizer) = Folder::open(like)?;
                exchange::import_npz(&self.folder, &recipe, &tokenizer)?
            }
        };
        imported.write(&self.out)?;
        imported.notices.iter().for_each(|notice| eprintln!("note: {notice}"));
        let parameters = imported.model.parameter_count();
        if output.is_json() {
            return output.document(&json!({
                "kind": imported.kind.name(),
                "parameters": parameters,
                "ids": imported.recipe.ids(imported.tokenizer.vocabulary()),
                "block": imported.recipe.block,
                "has_tokenizer": imported.has_tokenizer,
                "notices": imported.notices,
                "run": self.out.display().to_string(),
            }));
        }
        let (kind, run) = (imported.kind.name(), self.out.display());
        output.text(&format!(
            "{kind} with {parameters} parameters and {} ids\ngenerate text with: tapegrad generate {run}\n\
             train it further with: tapegrad train {} --out {run} --resume --text FILE\n",
            imported.recipe.ids(imported.tokenizer.vocabulary()),
            imported.recipe.model.name(),
        ))
    }
}
