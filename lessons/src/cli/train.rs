//! `tapegrad train`: trains one model and keeps everything in a folder.

use super::architecture::ArchitectureArgs;
use super::error::{CliError, ErrorCode};
use super::eval::{CheckpointArg, warn_unverified};
use super::memory::MemoryArgs;
use super::optimizer::OptimizerArgs;
use super::output::Output;
use super::program::{ModelChoice, ModelChoiceParser, ProgramModelArgs, check_model};
use super::progress::ProgressIndicator;
use super::recipe::{CorpusArgs, ModelArg, Preset, SizeArgs};
use super::samples::Samples;
use super::signals::{INTERRUPTED, StopRequest};
use super::smoothing::SmoothingArgs;
use super::teacher::{self, TeacherArgs};
use super::threads;
use clap::Args;
use serde_json::json;
use std::path::{Path, PathBuf};
use tapegrad_models::corpus::{CorpusConfig, Dataset, Part, Unit};
use tapegrad_models::evaluation::Evaluation;
use tapegrad_models::train::{Folder, Origin, Recipe, Run, Trained, Which, heldout};

/// Train one model and keep recipe, tokenizer, checkpoints and log in a folder
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  tapegrad train lstm --out runs/lstm
  tapegrad train transformer --text shakespeare.txt --preset char-cpu --out runs/char
  tapegrad train transformer --text shakespeare.txt --architecture llama2 --dropout 0.1
  tapegrad train transformer --out runs/char --resume --steps 4000
  tapegrad train transformer --from runs/char --text other.txt --steps 200 --out runs/tuned
  tapegrad train lstm --text shakespeare.txt --teacher runs/char --width 64 --out runs/small
  tapegrad train ngram --text shakespeare.txt --smoothing witten-bell --order 4
  tapegrad train transformer --text shakespeare.txt --unit bpe --vocabulary 1024 --out runs/bpe
  tapegrad train lstm --text shakespeare.txt --tokenizer tokenizer.json --out runs/parts
  tapegrad train docs/graphs/models/elman_lm.cg --text shakespeare.txt --dim H=192 --out runs/elman")]
pub struct Train {
    /// Model to train, or the file of a program of the graph language
    #[arg(value_parser = ModelChoiceParser)]
    model: ModelChoice,
    #[command(flatten)]
    corpus: CorpusArgs,
    /// Named recipe to use instead of the recipe of the model
    #[arg(long, value_enum, requires = "text")]
    preset: Option<Preset>,
    #[command(flatten)]
    sizes: SizeArgs,
    #[command(flatten)]
    optimizer: OptimizerArgs,
    #[command(flatten)]
    smoothing: SmoothingArgs,
    #[command(flatten)]
    architecture: ArchitectureArgs,
    #[command(flatten)]
    teacher: TeacherArgs,
    #[command(flatten)]
    program: ProgramModelArgs,
    #[command(flatten)]
    memory: MemoryArgs,
    /// Fine-tune: begin with the weights of the run in this folder, on its text or another text
    #[arg(long, value_name = "RUN", conflicts_with_all = ["resume", "preset", "unit", "tokenizer"])]
    from: Option<PathBuf>,
    /// Checkpoint of that run [default: best]
    #[arg(long, value_enum, requires = "from")]
    from_checkpoint: Option<CheckpointArg>,
    /// Folder of the run [default: runs/MODEL]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Continue the run in the folder from its last checkpoint; you may change --steps, --learning-rate and the intervals
    #[arg(long)]
    resume: bool,
    /// Let the model write some text every STEPS steps, also to samples.jsonl in the folder
    #[arg(long, value_name = "STEPS", value_parser = clap::value_parser!(u64).range(1..))]
    sample_every: Option<u64>,
    /// Number of threads; the result does not depend on it [default: all cores]
    #[arg(long)]
    threads: Option<usize>,
}

impl Train {
    /// Runs the command.
    pub fn run(&self, output: &Output<'_>) -> Result<(), CliError> {
        threads::limit(self.threads)?;
        let name = self.model.name().to_string();
        let out = self.out.clone().unwrap_or_else(|| self.model.default_folder());
        let (folder, recipe, dataset) = match &self.from {
            Some(from) => self.tuned(&name, from, &out, output)?,
            None if self.resume => self.continued(&name, &out, output)?,
            None => self.begun(&out, output)?,
        };
        let mut bar = ProgressIndicator::new(&name, output).stopping_on(StopRequest::listen()?);
        let samples = self
            .sample_every
            .map(|every| Samples::new(every, &recipe, dataset.tokenizer(), folder.path()));
        bar = bar.sampling(samples);
        let taught_by = teacher::loaded(&recipe, dataset.tokenizer())?;
        let mut run = Run::resume_within(&recipe, &dataset, &folder, self.memory.bytes())?;
        if self.resume && (self.sizes.is_any() || self.corpus.text.is_some()) {
            folder.change_recipe(&recipe)?;
        }
        if let Some(teacher) = &taught_by {
            run = run.taught_by(teacher.language_model());
        }
        run.notices().iter().for_each(|notice| bar.warn(notice));
        run.model().notices().iter().for_each(|notice| bar.note(notice));
        cut_sentences(&dataset, recipe.block)
            .iter()
            .for_each(|cut| bar.warn(cut));
        if let Some(bytes) = run.model().training_bytes(recipe.rows, recipe.block) {
            bar.note(&format!(
                "training takes {:.1} MB of working memory",
                bytes as f64 / 1e6
            ));
        }
        let trained = run.train(&mut bar)?;
        let is_over = trained.progress.step >= trained.steps;
        let measured = is_over
            .then(|| heldout(&trained.model, &recipe, &dataset))
            .transpose()?;
        if let Some(heldout) = &measured {
            let tokens = dataset.tokenizer().vocabulary().size();
            if let Some(said) = worse_than_guessing(heldout.all.nats_per_token(), tokens) {
                bar.warn(&said);
            }
        }
        bar.finish();
        report(&trained, measured.as_ref(), &folder, &name, output)
    }

    /// A new run in a folder.
    fn begun(&self, out: &Path, output: &Output<'_>) -> Result<(Folder, Recipe, Dataset), CliError> {
        let recipe = self.recipe(output)?;
        recipe.validate().map_err(|error| CliError::from(error).exit(2))?;
        let tokenizer = self.corpus.tokenizer()?;
        let dataset = recipe.corpus.build_with(tokenizer.as_ref())?;
        // Everything that can be wrong with the recipe shows before the folder is made.
        recipe.check(&dataset)?;
        Run::new_within(&recipe, &dataset, None, self.memory.bytes())?;
        teacher::loaded(&recipe, dataset.tokenizer())?;
        let folder = Folder::begin(out, &recipe, dataset.tokenizer())?;
        Ok((folder, recipe, dataset))
    }

    /// A new run in a folder that begins with the weights of another run.
    fn tuned(
        &self,
        name: &str,
        from: &Path,
        out: &Path,
        output: &Output<'_>,
    ) -> Result<(Folder, Recipe, Dataset), CliError> {
        let fixed: Vec<&str> = self
            .sizes
            .fixed()
            .into_iter()
            .chain(self.smoothing.given())
            .chain(self.architecture.given())
            .chain(self.program.given())
            .filter(|(option, is_given)| *is_given && *option != "--batch")
            .map(|(option, _)| option)
            .collect();
        if !fixed.is_empty() {
            return Err(CliError::option(
                format!(
                    "{} has no meaning with --from: the sizes are those of the other run",
                    fixed.join(", ")
                ),
                format!("leave {} out", fixed.join(", ")),
            ));
        }
        let (source, origin, tokenizer) = Folder::open(from)?;
        check_model(&origin, name, from, "--from")?;
        self.program
            .check_same(&self.model, &origin, from, self.memory.bytes())?;
        let which = Which::from(self.from_checkpoint.unwrap_or(CheckpointArg::Best));
        let recipe = Recipe {
            from: Some(Origin {
                run: absolute(from).display().to_string(),
                checkpoint: which.file().into(),
            }),
            ..origin.clone()
        };
        let recipe = self.with_options(self.on_other_corpus(recipe)?, output)?;
        recipe.validate().map_err(|error| CliError::from(error).exit(2))?;
        let dataset = recipe.dataset(&tokenizer)?;
        if *dataset.tokenizer() != tokenizer {
            return Err(CliError::new(
                ErrorCode::OtherVocabulary,
                "the grammar has other words than the run that gives the weights, so its ids would mean other words",
            )
            .at(dataset.name())
            .help("give a text with --text, or a grammar with the same words"));
        }
        recipe.check(&dataset)?;
        let (model, header) = source.load(which, &origin, &tokenizer)?;
        warn_unverified(&header);
        let folder = Folder::begin(out, &recipe, &tokenizer)?;
        Run::new_within(&recipe, &dataset, Some(&folder), self.memory.bytes())?.begin_from(model)?;
        let (unknown, tokens) = dataset.unknown(Part::Training);
        if unknown > 0 {
            eprintln!("warning: {unknown} of {tokens} tokens to train on are outside the vocabulary of the other run");
        }
        Ok((folder, recipe, dataset))
    }

    /// A recipe on the corpus of the options, if they name one.
    fn on_other_corpus(&self, mut recipe: Recipe) -> Result<Recipe, CliError> {
        let given = match (&self.corpus.text, &self.corpus.grammar) {
            (None, None) => return Ok(recipe),
            (Some(_), _) => "--text",
            _ => "--grammar",
        };
        let own = self.corpus.recipe(self.model.like()).corpus;
        if own.is_stream() != recipe.corpus.is_stream() {
            return Err(CliError::option(
                format!(
                    "{given} is another kind of corpus than that of the other run: one has sentences, the other is a stream"
                ),
                "continue a model of sentences with a grammar, and a model of a stream with a text",
            ));
        }
        recipe.corpus = match (own, &recipe.corpus) {
            (
                CorpusConfig::Text {
                    file,
                    fraction,
                    validation,
                    ..
                },
                before,
            ) => CorpusConfig::Text {
                file,
                unit: match before {
                    CorpusConfig::Text { unit, .. } => *unit,
                    _ => Unit::Tokenizer,
                },
                fraction,
                validation,
            },
            (own, _) => own,
        };
        Ok(recipe)
    }

    /// The run that is in a folder, with the changes that a run may have on its way.
    fn continued(&self, name: &str, out: &Path, output: &Output<'_>) -> Result<(Folder, Recipe, Dataset), CliError> {
        let (folder, mut recipe, tokenizer) = Folder::open(out)?;
        check_model(&recipe, name, out, "--resume")?;
        self.program
            .check_same(&self.model, &recipe, out, self.memory.bytes())?;
        // A model that was made elsewhere has no text yet.
        let is_first_text = recipe.corpus == CorpusConfig::Absent;
        let mut fixed = self.fixed_options(output);
        if is_first_text {
            fixed.retain(|option| *option != "--text");
            recipe = Self::at_absolute_paths(self.on_other_corpus(recipe)?)?;
        }
        if !fixed.is_empty() {
            return Err(CliError::option(
                format!("a run that continues cannot change {}", fixed.join(", ")),
                "you may change --steps, --learning-rate, --evaluate-every, --evaluate-tokens, --checkpoint-every, \
                 --memory and --threads; for anything else begin a new run in another folder",
            ));
        }
        self.sizes.check_counting(&recipe.model)?;
        self.sizes.apply_to_run(&mut recipe)?;
        recipe.validate()?;
        let dataset = recipe.dataset(&tokenizer)?;
        if *dataset.tokenizer() != tokenizer {
            return Err(CliError::new(
                ErrorCode::CorpusChanged,
                "the corpus has changed since this run began: its vocabulary is different",
            )
            .help("restore the text, or begin a new run in another folder"));
        }
        Ok((folder, recipe, dataset))
    }

    /// The options that were given and are settled when a run begins.
    fn fixed_options(&self, output: &Output<'_>) -> Vec<&'static str> {
        let given = [("--preset", self.preset.is_some()), ("--seed", output.seed().is_some())];
        let given = given.into_iter().chain(self.corpus.given()).chain(self.sizes.fixed());
        let given = given.chain(self.optimizer.given()).chain(self.smoothing.given());
        let given = given.chain(self.architecture.given()).chain(self.teacher.given());
        let given = given.chain(self.program.given());
        given
            .filter(|(_, is_given)| *is_given)
            .map(|(option, _)| option)
            .collect()
    }

    fn recipe(&self, output: &Output<'_>) -> Result<Recipe, CliError> {
        if self.preset == Some(Preset::CharCpu) && self.model != ModelChoice::Named(ModelArg::Transformer) {
            return Err(CliError::option(
                "the preset `char-cpu` is a recipe for a Transformer".to_string(),
                "write `tapegrad train transformer --preset char-cpu --text FILE`",
            ));
        }
        // The recipe of a Transformer on a text is that of the preset.
        let mut recipe = self.corpus.recipe(self.model.like());
        match &self.model {
            ModelChoice::Program(file) => {
                let config = self.program.config(file, self.memory.bytes())?;
                recipe = Recipe::of_program(config, recipe);
            }
            ModelChoice::Named(_) => self.program.refuse(self.model.name())?,
        }
        let mut recipe = self.with_options(recipe, output)?;
        self.smoothing.apply(&mut recipe.model)?;
        self.sizes.apply_to_model(&mut recipe.model)?;
        self.architecture.apply(&mut recipe.model)?;
        Ok(recipe)
    }

    /// A recipe with the options that concern every run.
    fn with_options(&self, mut recipe: Recipe, output: &Output<'_>) -> Result<Recipe, CliError> {
        if let Some(seed) = output.seed() {
            recipe.seed = seed;
        }
        recipe = Self::at_absolute_paths(recipe)?;
        self.sizes.check_counting(&recipe.model)?;
        self.optimizer.apply(&recipe.model, &mut recipe.training)?;
        self.teacher.apply(&mut recipe)?;
        self.sizes.apply_to_batches(&mut recipe)?;
        Ok(recipe)
    }

    /// The same recipe, with paths that mean the same from another folder: the run may be continued or measured there.
    fn at_absolute_paths(mut recipe: Recipe) -> Result<Recipe, CliError> {
        match &mut recipe.corpus {
            CorpusConfig::Text { file, .. } => {
                if file.exists() && !file.is_file() {
                    return Err(CliError::new(ErrorCode::UnreadableFile, "this is not a regular file")
                        .at(file.display())
                        .help(
                            "a run reads its text again when it continues or is measured; write the text to a file first",
                        ));
                }
                *file = absolute(file);
            }
            CorpusConfig::Grammar { grammar, .. } if Path::new(grammar.as_str()).is_file() => {
                *grammar = absolute(Path::new(grammar.as_str())).display().to_string();
            }
            CorpusConfig::Grammar { .. } | CorpusConfig::Absent => {}
        }
        Ok(recipe)
    }
}

/// A path that means the same from another folder.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf())
}

/// A sentence for each part whose sentences are cut because they are longer than the block.
pub fn cut_sentences(dataset: &Dataset, block: usize) -> Vec<String> {
    let parts = [
        (Part::Training, "for training"),
        (Part::Validation, "for validation"),
        (Part::Heldout, "held out"),
    ];
    let own = |(part, _): &(Part, _)| *part != Part::Validation || dataset.has_validation();
    let said = |(part, name)| said_of_cut(dataset, part, name, block);
    parts.into_iter().filter(own).filter_map(said).collect()
}

/// The same of the held-out part alone.
pub fn cut_heldout(dataset: &Dataset, block: usize) -> Option<String> {
    said_of_cut(dataset, Part::Heldout, "measured", block)
}

fn said_of_cut(dataset: &Dataset, part: Part, name: &str, block: usize) -> Option<String> {
    let (cut, all) = (dataset.cut_sentences(part, block), dataset.sentence_count(part));
    let whole = dataset.longest_sentence().unwrap_or(block);
    (cut > 0).then(|| {
        format!(
            "{cut} of the {all} sentences {name} are longer than the block of {block} and are cut: their ends do not \
             count, so no loss can be compared with the entropy; use --block {whole} to keep them whole"
        )
    })
}

/// A sentence if a loss is above that of the even distribution over all tokens, `ln V`: nothing was learned.
fn worse_than_guessing(nats: f64, tokens: usize) -> Option<String> {
    let even = (tokens as f64).ln();
    (nats > even).then(|| {
        format!(
            "{nats:.4} nats is worse than an even guess among the {tokens} tokens ({even:.4} nats): train longer, or with \
             a smaller --learning-rate"
        )
    })
}

/// Says how training ended.
///
/// **Errors** with the exit code of Ctrl-C if somebody ended it before its last step.
fn report(
    trained: &Trained,
    heldout: Option<&Evaluation>,
    folder: &Folder,
    name: &str,
    output: &Output<'_>,
) -> Result<(), CliError> {
    let (progress, line) = (&trained.progress, trained.lines.last());
    let checkpoint = line.and_then(|line| line.checkpoint.as_ref());
    let checkpoint = checkpoint.map(|file| folder.path().join(file).display().to_string());
    let is_over = progress.step >= trained.steps;
    if output.is_json() {
        output.document(&json!({
            "step": progress.step,
            "steps": trained.steps,
            "train_nats": line.and_then(|line| line.train_nats),
            "validation_nats": progress.validation_nats,
            "heldout_nats": heldout.map(|heldout| heldout.all.nats_per_token()),
            "seconds": progress.seconds,
            "tokens_per_s": progress.labels as f64 / progress.seconds.max(1e-9),
            "checkpoint": checkpoint,
        }))?;
    } else {
        let validation = progress
            .validation_nats
            .map_or(String::new(), |nats| format!(", validation {nats:.4}"));
        let measured = heldout.map_or(format!("not measured on held-out text yet{validation}"), |heldout| {
            let nats = heldout.all.nats_per_token();
            format!(
                "held out {nats:.4} nats per token, {:.4} bits, perplexity {:.3}{validation}",
                nats / std::f64::consts::LN_2,
                nats.exp()
            )
        });
        let (steps, seconds) = (progress.step, progress.seconds);
        output.text(&if is_over {
            format!(
                "{steps} steps in {seconds:.1} s: {measured}\nbest checkpoint: {}\ngenerate text with: tapegrad generate {}\n",
                folder.checkpoint(Which::Best).display(),
                folder.path().display()
            )
        } else {
            format!(
                "stopped after {steps} of {} steps, in {seconds:.1} s: {measured}\n\
                 continue with: tapegrad train {name} --out {} --resume\n",
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
