//! `tapegrad train`: trains one model and keeps everything in a folder.

use super::error::{CliError, ErrorCode};
use super::output::Output;
use super::progress::ProgressIndicator;
use super::recipe::{CorpusArgs, ModelArg, Preset, SizeArgs};
use super::threads;
use clap::Args;
use serde_json::json;
use std::path::PathBuf;
use tapegrad_models::corpus::CorpusConfig;
use tapegrad_models::train::{Folder, Recipe, Run, Trained, Which};

/// Train one model; recipe, tokenizer, checkpoints and log are kept in a folder
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  tapegrad train lstm --out runs/lstm
  tapegrad train transformer --text shakespeare.txt --preset char-cpu --out runs/char
  tapegrad train transformer --out runs/char --resume")]
pub struct Train {
    /// The model
    #[arg(value_enum)]
    model: ModelArg,
    #[command(flatten)]
    corpus: CorpusArgs,
    /// A recipe by name, instead of the model's own
    #[arg(long, value_enum, requires = "text")]
    preset: Option<Preset>,
    #[command(flatten)]
    sizes: SizeArgs,
    /// The folder of the run [default: runs/MODEL]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Continue the run in the folder from its last checkpoint, with the recipe it has
    #[arg(long)]
    resume: bool,
    /// Threads to compute on; the result does not depend on it [default: all cores]
    #[arg(long)]
    threads: Option<usize>,
}

impl Train {
    /// Runs the command.
    pub fn run(&self, output: &Output<'_>) -> Result<(), CliError> {
        threads::limit(self.threads)?;
        let name = format!("{:?}", self.model).to_lowercase();
        let out = self.out.clone().unwrap_or_else(|| PathBuf::from("runs").join(&name));
        let (folder, recipe, dataset) = if self.resume {
            let (folder, recipe, tokenizer) = Folder::open(&out)?;
            if recipe.model.name() != name {
                return Err(CliError::option(
                    format!("the run in {} is of the model `{}`", out.display(), recipe.model.name()),
                    format!(
                        "continue it with `tapegrad train {} --resume`, or name another folder",
                        recipe.model.name()
                    ),
                ));
            }
            let dataset = recipe.corpus.build()?;
            if *dataset.tokenizer() != tokenizer {
                return Err(CliError::new(
                    ErrorCode::CorpusChanged,
                    "the corpus is no longer the one this run began with: its vocabulary has changed",
                )
                .help("put the text back as it was, or begin a new run in another folder"));
            }
            (folder, recipe, dataset)
        } else {
            let recipe = self.recipe(output)?;
            let dataset = recipe.corpus.build()?;
            // Everything that can be wrong with the recipe shows before the folder is made.
            Run::new(&recipe, &dataset, None)?;
            recipe.check(&dataset)?;
            (Folder::begin(&out, &recipe, dataset.tokenizer())?, recipe, dataset)
        };
        let mut bar = ProgressIndicator::new(&name, output);
        let mut run = Run::resume(&recipe, &dataset, &folder)?;
        if let Some(bytes) = run.model().training_bytes(recipe.rows, recipe.block) {
            bar.note(&format!(
                "training takes {:.1} MB of working memory",
                bytes as f64 / 1e6
            ));
        }
        let trained = run.train(&mut bar)?;
        bar.finish();
        report(&trained, &folder, output)
    }

    fn recipe(&self, output: &Output<'_>) -> Result<Recipe, CliError> {
        let mut recipe = match (self.preset, &self.corpus.text) {
            (Some(Preset::CharCpu), Some(text)) => {
                if self.model != ModelArg::Transformer {
                    return Err(CliError::option(
                        "the preset `char-cpu` is a recipe for a Transformer".to_string(),
                        "write `tapegrad train transformer --preset char-cpu --text FILE`",
                    ));
                }
                Recipe::char_cpu(text.clone())
            }
            _ => self.corpus.recipe(self.model.into()),
        };
        if let Some(seed) = output.seed() {
            recipe.seed = seed;
        }
        if let CorpusConfig::Text { file, .. } = &mut recipe.corpus {
            // The run may be continued or measured from another folder.
            *file = std::path::absolute(&file).unwrap_or_else(|_| file.clone());
        }
        self.sizes.apply(&mut recipe)?;
        Ok(recipe)
    }
}

/// Says how training ended.
fn report(trained: &Trained, folder: &Folder, output: &Output<'_>) -> Result<(), CliError> {
    let line = trained.lines.last().expect("the loop measures after the last step");
    if output.is_json() {
        return output.document(&json!({
            "step": line.step,
            "train_nats": line.train_nats,
            "heldout_nats": line.heldout_nats,
            "seconds": line.seconds,
            "tokens_per_s": line.tokens_per_s,
            "checkpoint": line.checkpoint,
        }));
    }
    output.text(&format!(
        "{} steps in {:.1} s: held out {:.4} nats per token, {:.4} bits, perplexity {:.3}\n\
         best checkpoint: {}\n\
         write text with: tapegrad generate {}\n",
        line.step,
        line.seconds,
        line.heldout_nats,
        line.heldout_nats / std::f64::consts::LN_2,
        line.heldout_nats.exp(),
        folder.checkpoint(Which::Best).display(),
        folder.path().display()
    ))
}
