//! `tapegrad train`: trains one model and keeps everything in a folder.

use super::error::{CliError, ErrorCode};
use super::output::Output;
use super::progress::ProgressIndicator;
use super::recipe::{CorpusArgs, ModelArg, Preset, SizeArgs};
use super::signals::{INTERRUPTED, StopRequest};
use super::threads;
use clap::Args;
use serde_json::json;
use std::path::{Path, PathBuf};
use tapegrad_models::corpus::{CorpusConfig, Dataset};
use tapegrad_models::train::{Folder, Recipe, Run, Trained, Which};

/// Train one model; recipe, tokenizer, checkpoints and log are kept in a folder
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  tapegrad train lstm --out runs/lstm
  tapegrad train transformer --text shakespeare.txt --preset char-cpu --out runs/char
  tapegrad train transformer --out runs/char --resume --steps 4000")]
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
    /// Continue the run in the folder from its last checkpoint; --steps, --learning-rate and the intervals may change
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
            self.continued(&name, &out, output)?
        } else {
            self.begun(&out, output)?
        };
        let mut bar = ProgressIndicator::new(&name, output).stopping_on(StopRequest::listen()?);
        let mut run = Run::resume(&recipe, &dataset, &folder)?;
        if self.resume && self.sizes.is_any() {
            folder.change_recipe(&recipe)?;
        }
        run.notices().iter().for_each(|notice| bar.warn(notice));
        if let Some(bytes) = run.model().training_bytes(recipe.rows, recipe.block) {
            bar.note(&format!(
                "training takes {:.1} MB of working memory",
                bytes as f64 / 1e6
            ));
        }
        let trained = run.train(&mut bar)?;
        bar.finish();
        report(&trained, &folder, &name, output)
    }

    /// A new run in a folder.
    fn begun(&self, out: &Path, output: &Output<'_>) -> Result<(Folder, Recipe, Dataset), CliError> {
        let recipe = self.recipe(output)?;
        recipe.validate()?;
        let dataset = recipe.corpus.build()?;
        // Everything that can be wrong with the recipe shows before the folder is made.
        recipe.check(&dataset)?;
        Run::new(&recipe, &dataset, None)?;
        let folder = Folder::begin(out, &recipe, dataset.tokenizer())?;
        Ok((folder, recipe, dataset))
    }

    /// The run that is in a folder, with the changes that a run may have on its way.
    fn continued(&self, name: &str, out: &Path, output: &Output<'_>) -> Result<(Folder, Recipe, Dataset), CliError> {
        let (folder, mut recipe, tokenizer) = Folder::open(out)?;
        let own = recipe.model.name();
        if own != name {
            return Err(CliError::option(
                format!("the run in {} is of the model `{own}`", out.display()),
                format!("continue it with `tapegrad train {own} --resume`, or name another folder"),
            ));
        }
        let fixed = self.fixed_options(output);
        if !fixed.is_empty() {
            return Err(CliError::option(
                format!("a run that goes on cannot change {}", fixed.join(", ")),
                "it may change --steps, --learning-rate, --evaluate-every, --checkpoint-every and --threads; for \
                 anything else begin a new run in another folder",
            ));
        }
        self.sizes.check_counting(&recipe.model)?;
        self.sizes.apply_to_run(&mut recipe)?;
        recipe.validate()?;
        let dataset = recipe.corpus.build()?;
        if *dataset.tokenizer() != tokenizer {
            return Err(CliError::new(
                ErrorCode::CorpusChanged,
                "the corpus is no longer the one this run began with: its vocabulary has changed",
            )
            .help("put the text back as it was, or begin a new run in another folder"));
        }
        Ok((folder, recipe, dataset))
    }

    /// The options that were given and are settled when a run begins.
    fn fixed_options(&self, output: &Output<'_>) -> Vec<&'static str> {
        let given = [("--preset", self.preset.is_some()), ("--seed", output.seed().is_some())];
        let given = given.into_iter().chain(self.corpus.given()).chain(self.sizes.fixed());
        given
            .filter(|(_, is_given)| *is_given)
            .map(|(option, _)| option)
            .collect()
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
        // The run may be continued or measured from another folder.
        let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
        match &mut recipe.corpus {
            CorpusConfig::Text { file, .. } => {
                if file.exists() && !file.is_file() {
                    return Err(CliError::option(
                        format!("{} is no regular file", file.display()),
                        "a run reads its text again when it goes on or is measured; write the text to a file first",
                    ));
                }
                *file = absolute(file);
            }
            CorpusConfig::Grammar { grammar, .. } if Path::new(grammar.as_str()).is_file() => {
                *grammar = absolute(Path::new(grammar.as_str())).display().to_string();
            }
            CorpusConfig::Grammar { .. } => {}
        }
        self.sizes.check_counting(&recipe.model)?;
        self.sizes.apply(&mut recipe)?;
        Ok(recipe)
    }
}

/// Says how training ended.
///
/// **Errors** with the exit code of Ctrl-C if somebody ended it before its last step.
fn report(trained: &Trained, folder: &Folder, name: &str, output: &Output<'_>) -> Result<(), CliError> {
    let (progress, line) = (&trained.progress, trained.lines.last());
    let checkpoint = line.and_then(|line| line.checkpoint.as_ref());
    let checkpoint = checkpoint.map(|file| folder.path().join(file).display().to_string());
    let is_over = progress.step >= trained.steps;
    if output.is_json() {
        output.document(&json!({
            "step": progress.step,
            "steps": trained.steps,
            "train_nats": line.and_then(|line| line.train_nats),
            "heldout_nats": progress.heldout_nats,
            "seconds": progress.seconds,
            "tokens_per_s": progress.labels as f64 / progress.seconds.max(1e-9),
            "checkpoint": checkpoint,
        }))?;
    } else {
        let measured = progress.heldout_nats.map_or("not measured yet".to_string(), |nats| {
            format!(
                "held out {nats:.4} nats per token, {:.4} bits, perplexity {:.3}",
                nats / std::f64::consts::LN_2,
                nats.exp()
            )
        });
        let (steps, seconds) = (progress.step, progress.seconds);
        output.text(&if is_over {
            format!(
                "{steps} steps in {seconds:.1} s: {measured}\nbest checkpoint: {}\nwrite text with: tapegrad generate {}\n",
                folder.checkpoint(Which::Best).display(),
                folder.path().display()
            )
        } else {
            format!(
                "stopped after {steps} of {} steps, in {seconds:.1} s: {measured}\n\
                 go on with: tapegrad train {name} --out {} --resume\n",
                trained.steps,
                folder.path().display()
            )
        })?;
    }
    if is_over {
        Ok(())
    } else {
        Err(CliError::reported().exit(INTERRUPTED))
    }
}
