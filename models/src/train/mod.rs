//! The one training loop, for every model: batches in, checkpoints and a log out.
//!
//! What happens at a step depends on the recipe and the number of the step alone, so a run that was interrupted and
//! resumed from its last checkpoint gives the same bits as one that was not.

pub mod checkpoint;
mod checksum;
mod clock;
mod error;
mod events;
mod folder;
mod loaded;
mod memory;
mod model_name;
mod owner;
mod packed_file;
mod recipe;
mod whole_file;

pub use checkpoint::{CheckpointError, Header, Progress};
pub use error::TrainError;
pub use folder::{Folder, FolderError, Line, Log, Which};
pub use loaded::Loaded;
pub use memory::Memory;
pub use model_name::ModelName;
pub use recipe::{Origin, Recipe, RecipeError, Taught};
pub use whole_file::write_atomically;

use crate::corpus::{Batch, Batches, Dataset, Part};
use crate::distill::{Distillation, Teacher};
use crate::evaluation::Evaluation;
use crate::language_model::{AnyLanguageModel, Learner};
use crate::model::Model;
use clock::Clock;
use owner::Owner;
use tapegrad_core::memory::{MEMORY, TooMuch};

/// Someone who looks on while a model is trained: a progress bar, a test.
pub trait Watch {
    /// After each step; `nats` is the training loss, where the model computes it.
    fn step(&mut self, progress: &Progress, steps: u64, nats: Option<f64>);

    /// After each line of the log.
    fn line(&mut self, line: &Line);

    /// After each step, with the model as it is then.
    fn learnt(&mut self, _step: u64, _model: &Model) {}

    /// True if training should end after this step; it is asked after each.
    fn wants_to_stop(&self) -> bool {
        false
    }
}

/// Nobody looks on.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unwatched;

impl Watch for Unwatched {
    fn step(&mut self, _: &Progress, _: u64, _: Option<f64>) {}
    fn line(&mut self, _: &Line) {}
}

/// A model in training: what the loop carries from step to step.
pub struct Run<'a> {
    recipe: &'a Recipe,
    dataset: &'a Dataset,
    folder: Option<&'a Folder>,
    model: Model,
    teacher: Option<(Teacher<'a>, Distillation)>,
    progress: Progress,
    lines: Vec<Line>,
    notices: Vec<String>,
    /// The bytes that the run may take.
    memory: u64,
    /// The step of the last checkpoint that was read or written.
    saved: Option<u64>,
    /// Nobody else may write to the folder meanwhile.
    _owner: Option<Owner>,
}

/// A trained model with the log of its training.
#[derive(Debug)]
pub struct Trained {
    /// The model after the last step.
    pub model: Model,
    /// How far training came.
    pub progress: Progress,
    /// The log.
    pub lines: Vec<Line>,
    /// The number of steps the recipe asks of this model.
    pub steps: u64,
}

impl<'a> Run<'a> {
    /// A run from the first step; without a folder nothing is written.
    ///
    /// **Errors** if the recipe's model cannot be made, or another process trains in the folder.
    pub fn new(recipe: &'a Recipe, dataset: &'a Dataset, folder: Option<&'a Folder>) -> Result<Self, TrainError> {
        Self::new_within(recipe, dataset, folder, MEMORY)
    }

    /// The same, which may take so many bytes of memory.
    ///
    /// **Errors** as [`new`](Self::new), and if the run would take more.
    pub fn new_within(
        recipe: &'a Recipe,
        dataset: &'a Dataset,
        folder: Option<&'a Folder>,
        memory: u64,
    ) -> Result<Self, TrainError> {
        recipe.validate()?;
        let vocabulary = dataset.tokenizer().vocabulary();
        recipe
            .fits(recipe.ids(vocabulary), memory)
            .map_err(|error| TrainError::Memory(error, SMALLER))?;
        dataset.check_ids(recipe.ids(vocabulary))?;
        let model = recipe.model(vocabulary)?;
        let owner = folder.map(Folder::own).transpose()?;
        Ok(Self {
            recipe,
            dataset,
            folder,
            model,
            teacher: None,
            progress: Progress::default(),
            lines: Vec::new(),
            notices: Vec::new(),
            memory,
            saved: None,
            _owner: owner,
        })
    }

    /// A run from the last checkpoint of a folder, or from the first step if there is none yet.
    ///
    /// **Errors** if the checkpoint is damaged, belongs to something else, was trained on another corpus, or is ahead of
    /// the recipe.
    pub fn resume(recipe: &'a Recipe, dataset: &'a Dataset, folder: &'a Folder) -> Result<Self, TrainError> {
        Self::resume_within(recipe, dataset, folder, MEMORY)
    }

    /// The same, which may take so many bytes of memory.
    ///
    /// **Errors** as [`resume`](Self::resume), and if the run would take more.
    pub fn resume_within(
        recipe: &'a Recipe,
        dataset: &'a Dataset,
        folder: &'a Folder,
        memory: u64,
    ) -> Result<Self, TrainError> {
        folder.check_trainable()?;
        let mut run = Self::new_within(recipe, dataset, Some(folder), memory)?;
        if folder.checkpoint(Which::Last).exists() {
            let (model, header) = folder.load(Which::Last, recipe, dataset.tokenizer())?;
            header.check_corpus(dataset)?;
            if !header.is_verified {
                run.notices.push(format!(
                    "{} has no checksum: it was written by an earlier version",
                    Which::Last.file()
                ));
            }
            run.model = model;
            run.progress = header.progress;
            run.saved = Some(run.progress.step);
        }
        let (step, steps) = (run.progress.step, recipe.steps);
        if step > steps && !recipe.model.counts() {
            return Err(TrainError::Ahead { step, steps });
        }
        let log = folder.rewind_log(step)?;
        if !log.damaged.is_empty() {
            run.notices.push(format!(
                "line {} of log.jsonl cannot be read; the log as it was is kept as {}",
                log.damaged.iter().map(usize::to_string).collect::<Vec<_>>().join(", "),
                folder::DAMAGED_LOG
            ));
        }
        if log.is_cut {
            run.notices
                .push("the last line of log.jsonl is incomplete and is left out".into());
        }
        run.lines = log.lines;
        if !dataset.has_validation() {
            run.notices.push(
                "this run began without a validation part: its best checkpoint is chosen on the held-out part, whose \
                 loss is therefore slightly too low"
                    .into(),
            );
        }
        Ok(run)
    }

    /// Begins with what another model has learnt, and writes that as the checkpoint of step 0.
    ///
    /// **Errors** if the model has other sizes, or the folder cannot be written.
    pub fn begin_from(mut self, other: Model) -> Result<Self, TrainError> {
        self.model.go_on_from(other)?;
        if let Some(folder) = self.folder {
            folder.save(Which::Last, &self.model, &self.header())?;
            self.saved = Some(0);
        }
        Ok(self)
    }

    /// Learns from a teacher too, as the recipe says.
    pub fn taught_by(mut self, model: &'a dyn AnyLanguageModel) -> Self {
        let taught = self.recipe.teacher.as_ref().map(|taught| taught.distillation);
        self.teacher = taught.map(|at| (Teacher::new(model, at.temperature), at));
        self
    }

    /// What a person should know about the files that this run goes on from.
    pub fn notices(&self) -> &[String] {
        &self.notices
    }

    /// The model as it is now.
    pub fn model(&mut self) -> &mut Model {
        &mut self.model
    }

    /// Trains to the end of the recipe.
    ///
    /// **Errors** if the block does not fit the text, the loss is no longer a number, or the folder cannot be written.
    pub fn train(mut self, watch: &mut dyn Watch) -> Result<Trained, TrainError> {
        let lead = self.recipe.model.lead();
        let (block, rows) = (self.recipe.block, self.recipe.rows);
        let mut training = self.dataset.batches(Part::Training, block, lead)?;
        let validation = self.dataset.batches(Part::Validation, block, lead)?;
        let schedule = self.recipe.schedule();
        let clock = Clock::new(self.progress.seconds);
        // A counting model makes one pass over the text; all others the steps of the recipe.
        let counts = self.recipe.model.counts();
        let pass = self.dataset.batches(Part::Training, block, lead)?;
        let mut pass = counts.then(|| pass.in_order(rows).skip(self.progress.step as usize));
        let steps = if counts {
            training.row_count().div_ceil(rows) as u64
        } else {
            self.recipe.steps
        };
        for step in self.progress.step..steps {
            let batch = match &mut pass {
                Some(pass) => pass.next().expect("a pass has as many batches as its rows fill"),
                None => training.at_step(self.recipe.seed, step, rows),
            };
            let learning_rate = schedule.rate(step);
            self.learn(&batch, learning_rate, steps, &clock, watch)?;
            let done = step + 1;
            let last = done == steps;
            let evaluates = last || self.is_due(done, self.recipe.evaluate_every);
            if evaluates {
                self.evaluate(&*validation);
            }
            self.progress.seconds = clock.seconds();
            let stops = watch.wants_to_stop();
            let saves = last || stops || self.is_due(done, self.recipe.checkpoint_every);
            if evaluates || saves {
                self.check_finite(&batch, learning_rate, evaluates)?;
            }
            self.record(evaluates, saves, learning_rate, watch)?;
            if stops {
                break;
            }
        }
        Ok(Trained {
            model: self.model,
            progress: self.progress,
            lines: self.lines,
            steps,
        })
    }

    /// Whether what is done every so many steps is due after this one.
    ///
    /// To estimate or to write a counting model takes as long as all counting before, so it is done after 1, 2, 4, 8, ...
    /// intervals: the sum of those times is at most that of the whole pass, twice.
    fn is_due(&self, done: u64, every: u64) -> bool {
        done.is_multiple_of(every) && (!self.recipe.model.counts() || (done / every).is_power_of_two())
    }

    fn learn(
        &mut self,
        batch: &Batch,
        learning_rate: f64,
        steps: u64,
        clock: &Clock,
        watch: &mut dyn Watch,
    ) -> Result<(), TrainError> {
        let report = match &mut self.teacher {
            None => self.model.learn(batch, learning_rate),
            Some((teacher, at)) => {
                let targets = teacher.targets(batch);
                self.model.learn_from(batch, learning_rate, *at, &targets)
            }
        };
        self.progress.step += 1;
        if report.nats.is_some_and(|nats| !nats.is_finite()) {
            return Err(self.diverged(batch, learning_rate));
        }
        if let Model::Ngram(ngram) = &self.model {
            let (bytes, limit) = (u128::from(memory::NGRAM) * ngram.node_count() as u128, self.memory);
            if bytes > u128::from(limit) {
                return Err(TrainError::Memory(TooMuch { bytes, limit }, SHORTER));
            }
        }
        let progress = &mut self.progress;
        progress.seconds = clock.seconds();
        progress.labels += report.labels as u64;
        progress.flops += report.flops;
        if let Some(nats) = report.nats {
            progress.recent_nats += nats * report.labels as f64;
            progress.recent_labels += report.labels as u64;
        }
        watch.step(progress, steps, report.nats);
        watch.learnt(progress.step, &self.model);
        Ok(())
    }

    fn evaluate(&mut self, validation: &dyn Batches) {
        let oov = self.dataset.tokenizer().unknown();
        let (model, tokens_max) = (self.model.language_model(), self.recipe.evaluate_tokens);
        let evaluation = Evaluation::of(model, validation, self.recipe.rows, oov, tokens_max);
        self.progress.validation_nats = Some(evaluation.all.nats_per_token());
    }

    /// An error if a parameter, or the loss that was just measured, is not finite: such a model is never written.
    ///
    /// A counting model gives no probability to what it never saw, so its loss may be infinite.
    fn check_finite(&self, batch: &Batch, learning_rate: f64, evaluated: bool) -> Result<(), TrainError> {
        let measured = self.progress.validation_nats.filter(|_| evaluated);
        let is_wrong = |nats: f64| nats.is_nan() || (nats.is_infinite() && !self.recipe.model.counts());
        if measured.is_some_and(is_wrong) || self.model.parameter_not_finite().is_some() {
            return Err(self.diverged(batch, learning_rate));
        }
        Ok(())
    }

    fn diverged(&self, batch: &Batch, learning_rate: f64) -> TrainError {
        let first = self.model.first_not_finite(batch);
        TrainError::Diverged {
            step: self.progress.step,
            learning_rate,
            first: first.map_or(String::new(), |first| format!(": {first}")),
            kept: match (self.folder, self.saved) {
                (Some(folder), Some(step)) => {
                    let path = folder.checkpoint(Which::Last);
                    format!("The last good checkpoint is {}, of step {step}", path.display())
                }
                (Some(_), None) => "No checkpoint had been written yet".into(),
                (None, _) => "Nothing was to be written".into(),
            },
        }
    }

    /// Writes what is due at this step.
    ///
    /// The line comes before the checkpoints: a line that is ahead of the last checkpoint is forgotten when the run is
    /// resumed, and written again.
    fn record(
        &mut self,
        evaluated: bool,
        saves: bool,
        learning_rate: f64,
        watch: &mut dyn Watch,
    ) -> Result<(), TrainError> {
        let measured = self.progress.validation_nats.filter(|_| evaluated);
        let improved = measured.is_some_and(|nats| self.progress.best_nats.is_none_or(|best| nats < best));
        let due: Vec<Which> = [(Which::Best, improved), (Which::Last, saves)]
            .iter()
            .filter(|(_, due)| *due)
            .map(|(w, _)| *w)
            .collect();
        if let Some(validation_nats) = measured {
            let line = self.line(validation_nats, learning_rate, &due);
            self.progress.best_nats = if improved { measured } else { self.progress.best_nats };
            (self.progress.recent_nats, self.progress.recent_labels) = (0.0, 0);
            self.folder.map_or(Ok(()), |folder| folder.append(&line))?;
            watch.line(&line);
            self.lines.push(line);
        }
        if let Some(folder) = self.folder {
            due.iter()
                .try_for_each(|&which| folder.save(which, &self.model, &self.header()))?;
            if saves {
                self.saved = Some(self.progress.step);
            }
        }
        Ok(())
    }

    fn line(&self, validation_nats: f64, learning_rate: f64, due: &[Which]) -> Line {
        let progress = &self.progress;
        let file = |which: &Which| self.folder.map(|_| which.file().to_string());
        let labels = progress.recent_labels;
        Line {
            step: progress.step,
            train_nats: (labels > 0).then(|| progress.recent_nats / labels as f64),
            validation_nats,
            seconds: progress.seconds,
            tokens_per_s: progress.labels as f64 / progress.seconds.max(1e-9),
            flops: progress.flops,
            learning_rate,
            checkpoint: due.last().and_then(file),
        }
    }

    fn header(&self) -> Header {
        Header {
            model: self.recipe.model.name().to_string(),
            tokenizer: self.dataset.tokenizer().fingerprint(),
            recipe: Some(self.recipe.fingerprint()),
            corpus: Some(self.dataset.fingerprint().to_string()),
            progress: self.progress.clone(),
            is_verified: true,
        }
    }
}

/// The loss of a model on the part that is reported, in the windows of its recipe.
///
/// **Errors** if the part holds nothing to predict.
pub fn heldout(model: &Model, recipe: &Recipe, dataset: &Dataset) -> Result<Evaluation, TrainError> {
    let batches = dataset.batches(Part::Heldout, recipe.block, recipe.model.lead())?;
    let oov = dataset.tokenizer().unknown();
    Ok(Evaluation::of(
        model.language_model(),
        &*batches,
        recipe.rows,
        oov,
        None,
    ))
}

/// What mends a network that is too large.
const SMALLER: &str = "; choose smaller sizes (--batch, --block, --width, --layers), or allow more with --memory, as in \
                       --memory 8GB";
/// What mends too many counts.
const SHORTER: &str = " for its counts; take a smaller --order or a shorter text, or allow more with --memory, as in \
                       --memory 8GB";
