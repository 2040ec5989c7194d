//! The one training loop, for every model: batches in, checkpoints and a log out.
//!
//! What happens at a step depends on the recipe and the number of the step alone, so a run that was interrupted and
//! resumed from its last checkpoint gives the same bits as one that was not.

pub mod checkpoint;
mod folder;
mod recipe;
mod whole_file;

pub use checkpoint::{CheckpointError, Header, Progress};
pub use folder::{Folder, FolderError, Line, Which};
pub use recipe::{ModelName, Recipe};
pub use whole_file::write_atomically;

use crate::corpus::{Batch, BatchError, Batches, CorpusError, Dataset, Part};
use crate::language_model::Learner;
use crate::model::{Model, ModelError};
use crate::score::{Score, evaluate};
use std::time::Instant;

/// Someone who looks on while a model is trained: a progress bar, a test.
pub trait Watch {
    /// After each step; `nats` is the training loss, where the model computes it.
    fn step(&mut self, progress: &Progress, steps: u64, nats: Option<f64>);

    /// After each line of the log.
    fn line(&mut self, line: &Line);
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
    progress: Progress,
    lines: Vec<Line>,
    block: usize,
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
    /// **Errors** if the recipe's model cannot be made.
    pub fn new(recipe: &'a Recipe, dataset: &'a Dataset, folder: Option<&'a Folder>) -> Result<Self, TrainError> {
        let vocabulary = dataset.tokenizer().vocabulary();
        let block = recipe.block;
        let model = Model::new(&recipe.model, vocabulary, block, recipe.training, recipe.seed)?;
        Ok(Self {
            recipe,
            dataset,
            folder,
            model,
            progress: Progress::default(),
            lines: Vec::new(),
            block,
        })
    }

    /// A run from the last checkpoint of a folder, or from the first step if there is none yet.
    ///
    /// **Errors** if the checkpoint is damaged or belongs to something else.
    pub fn resume(recipe: &'a Recipe, dataset: &'a Dataset, folder: &'a Folder) -> Result<Self, TrainError> {
        let mut run = Self::new(recipe, dataset, Some(folder))?;
        if folder.checkpoint(Which::Last).exists() {
            let (model, header) = folder.load(Which::Last, recipe, dataset.tokenizer())?;
            run.model = model;
            run.progress = header.progress;
        }
        run.lines = folder.rewind_log(run.progress.step)?;
        Ok(run)
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
        let mut training = self.dataset.batches(Part::Training, self.block, lead)?;
        let heldout = self.dataset.batches(Part::Heldout, self.block, lead)?;
        let steps = self.steps(&*training);
        let schedule = self.recipe.schedule();
        let clock = Clock::new(self.progress.seconds);
        let counted: Option<Vec<Batch>> = self
            .recipe
            .model
            .counts()
            .then(|| training.in_order(self.recipe.rows).collect());
        for step in self.progress.step..steps {
            let drawn;
            let batch = match &counted {
                Some(batches) => &batches[step as usize],
                None => {
                    drawn = training.at_step(self.recipe.seed, step, self.recipe.rows);
                    &drawn
                }
            };
            let learning_rate = schedule.rate(step);
            self.learn(batch, learning_rate, steps, watch)?;
            let done = step + 1;
            let last = done == steps;
            let evaluates = last || done % self.recipe.evaluate_every == 0;
            if evaluates {
                self.evaluate(&*heldout);
            }
            self.progress.seconds = clock.seconds();
            let saves = last || done % self.recipe.checkpoint_every == 0;
            self.record(evaluates, saves, learning_rate, watch)?;
        }
        Ok(Trained {
            model: self.model,
            progress: self.progress,
            lines: self.lines,
            steps,
        })
    }

    /// A counting model makes one pass over the text; all others the steps of the recipe.
    fn steps(&self, training: &dyn Batches) -> u64 {
        if self.recipe.model.counts() {
            training.in_order(self.recipe.rows).count() as u64
        } else {
            self.recipe.steps
        }
    }

    fn learn(
        &mut self,
        batch: &Batch,
        learning_rate: f64,
        steps: u64,
        watch: &mut dyn Watch,
    ) -> Result<(), TrainError> {
        let report = self.model.learn(batch, learning_rate);
        let progress = &mut self.progress;
        progress.step += 1;
        progress.labels += report.labels as u64;
        progress.flops += report.flops;
        if let Some(nats) = report.nats {
            if !nats.is_finite() {
                return Err(TrainError::Diverged {
                    step: progress.step,
                    learning_rate,
                });
            }
            progress.recent_nats += nats * report.labels as f64;
            progress.recent_labels += report.labels as u64;
        }
        watch.step(progress, steps, report.nats);
        Ok(())
    }

    fn evaluate(&mut self, heldout: &dyn Batches) {
        let score = score(&self.model, heldout, self.recipe.rows);
        self.progress.heldout_nats = Some(score.nats_per_token());
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
        let measured = self.progress.heldout_nats.filter(|_| evaluated);
        let improved = measured.is_some_and(|nats| self.progress.best_nats.is_none_or(|best| nats < best));
        let due: Vec<Which> = [(Which::Best, improved), (Which::Last, saves)]
            .iter()
            .filter(|(_, due)| *due)
            .map(|(w, _)| *w)
            .collect();
        if let Some(heldout_nats) = measured {
            let line = self.line(heldout_nats, learning_rate, &due);
            self.progress.best_nats = if improved { measured } else { self.progress.best_nats };
            (self.progress.recent_nats, self.progress.recent_labels) = (0.0, 0);
            self.folder.map_or(Ok(()), |folder| folder.append(&line))?;
            watch.line(&line);
            self.lines.push(line);
        }
        if let Some(folder) = self.folder {
            due.iter()
                .try_for_each(|&which| folder.save(which, &self.model, &self.header()))?;
        }
        Ok(())
    }

    fn line(&self, heldout_nats: f64, learning_rate: f64, due: &[Which]) -> Line {
        let progress = &self.progress;
        let path = |which: &Which| Some(self.folder?.checkpoint(*which).display().to_string());
        let labels = progress.recent_labels;
        Line {
            step: progress.step,
            train_nats: (labels > 0).then(|| progress.recent_nats / labels as f64),
            heldout_nats,
            seconds: progress.seconds,
            tokens_per_s: progress.labels as f64 / progress.seconds.max(1e-9),
            flops: progress.flops,
            learning_rate,
            checkpoint: due.last().and_then(path),
        }
    }

    fn header(&self) -> Header {
        Header {
            model: self.recipe.model.name().to_string(),
            tokenizer: self.dataset.tokenizer().fingerprint(),
            progress: self.progress.clone(),
        }
    }
}

/// The score of a model on held-out batches, each label counted once.
pub fn score(model: &Model, heldout: &dyn Batches, rows: usize) -> Score {
    evaluate(model.language_model(), heldout.in_order(rows))
}

/// Seconds over several sessions.
struct Clock {
    before: f64,
    since: Instant,
}

impl Clock {
    fn new(before: f64) -> Self {
        Self {
            before,
            since: Instant::now(),
        }
    }

    fn seconds(&self) -> f64 {
        self.before + self.since.elapsed().as_secs_f64()
    }
}

/// A model cannot be trained.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// The corpus cannot be made.
    #[error(transparent)]
    Corpus(#[from] CorpusError),
    /// The block does not fit the text.
    #[error(transparent)]
    Batch(#[from] BatchError),
    /// The model cannot be made.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The folder of the run cannot be used.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The loss is no longer a number.
    #[error(
        "at step {step} the loss is no longer a number: training has diverged at a learning rate of {learning_rate:.1e}; \
         take a smaller --learning-rate. The last checkpoint is from before that"
    )]
    Diverged {
        /// The step.
        step: u64,
        /// Its learning rate.
        learning_rate: f64,
    },
}
