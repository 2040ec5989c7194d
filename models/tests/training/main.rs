//! The one training loop: resumed = uninterrupted, checkpoints survive every mishap, held-out text never trains.

mod best_and_last;
mod entropy;
mod heldout;
mod ids;
mod integrity;
mod mishaps;
mod owner;
mod parts;
mod plan_memory;
mod resume;
mod table;
mod teacher;
mod threads;

use safetensors::SafeTensors;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use tapegrad_models::Architecture;
use tapegrad_models::ModelConfig;
use tapegrad_models::corpus::{CorpusConfig, Dataset};
use tapegrad_models::layers::Bias;
use tapegrad_models::model::RecurrentSizes;
use tapegrad_models::neural::Training;
use tapegrad_models::ngram::Smoothing;
use tapegrad_models::train::{Folder, Line, Progress, Recipe, Run, TrainError, Trained, Watch, Which};
use tapegrad_models::transformer_lm::Tying;

/// The small language of the narwhals, whose longest sentence fills a block of 12.
fn small_language(training: usize, heldout: usize) -> CorpusConfig {
    CorpusConfig::Grammar {
        grammar: "narwhals-small".into(),
        training,
        validation: 0,
        heldout,
        seed: 1,
    }
}

const RECURRENT: RecurrentSizes = RecurrentSizes {
    embedding: 4,
    hidden: 8,
    layers: 1,
};

const TRANSFORMER: ModelConfig = ModelConfig::Transformer {
    layers: 1,
    heads: 2,
    width: 8,
    bias: Bias::With,
    tying: Tying::Untied,
    architecture: Architecture::GPT_2,
};

/// The four models, small.
fn models() -> [ModelConfig; 4] {
    let ngram = ModelConfig::Ngram {
        order: 3,
        smoothing: Smoothing::ModifiedKneserNey,
    };
    [
        ngram,
        ModelConfig::Rnn(RECURRENT),
        ModelConfig::Lstm(RECURRENT),
        TRANSFORMER,
    ]
}

/// Ten steps with an evaluation after every third and a checkpoint after every fourth.
fn recipe(model: ModelConfig) -> Recipe {
    Recipe {
        corpus: small_language(60, 12),
        model,
        block: 12,
        vocabulary: None,
        rows: 8,
        steps: 10,
        learning_rate: 0.02,
        learning_rate_end: 0.002,
        warm_up: 3,
        training: Training {
            weight_decay: 0.01,
            ..Training::PLAIN
        },
        evaluate_every: 3,
        evaluate_tokens: None,
        checkpoint_every: 4,
        seed: 1,
        from: None,
        teacher: None,
    }
}

/// When a run is interrupted.
#[derive(Clone, Copy, Debug)]
enum Interrupt {
    Never,
    /// After so many steps, before anything is written.
    AfterStep(u64),
    /// Between the line of the log and the checkpoint of this step.
    AfterLine(u64),
}

/// Ends the run in the middle, as a lost process would.
struct Interrupted;

impl Watch for Interrupt {
    fn step(&mut self, progress: &Progress, _: u64, _: Option<f64>) {
        if matches!(self, Self::AfterStep(step) if *step == progress.step) {
            resume_unwind(Box::new(Interrupted));
        }
    }

    fn line(&mut self, line: &Line) {
        if matches!(self, Self::AfterLine(step) if *step == line.step) {
            resume_unwind(Box::new(Interrupted));
        }
    }
}

/// A run in a new folder.
fn begin(path: &Path, recipe: &Recipe, dataset: &Dataset) -> Folder {
    Folder::begin(path, recipe, dataset.tokenizer()).unwrap()
}

/// Trains in a folder from where it stands, to the end or to the interruption.
fn train(
    recipe: &Recipe,
    dataset: &Dataset,
    folder: &Folder,
    interrupt: Interrupt,
) -> Option<Result<Trained, TrainError>> {
    let run = || Run::resume(recipe, dataset, folder)?.train(&mut { interrupt });
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(result) => Some(result),
        Err(panic) if panic.is::<Interrupted>() => None,
        Err(panic) => resume_unwind(panic),
    }
}

/// The bytes of each array of a checkpoint: parameters and optimiser, or counts.
fn arrays(path: &Path) -> BTreeMap<String, Vec<u8>> {
    let bytes = std::fs::read(path).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let array = |(name, tensor): (String, safetensors::tensor::TensorView<'_>)| (name, tensor.data().to_vec());
    tensors.tensors().into_iter().map(array).collect()
}

/// What a finished run leaves behind, without what the clock and the folder's name decide.
#[derive(Debug, PartialEq)]
struct Left {
    best: BTreeMap<String, Vec<u8>>,
    last: BTreeMap<String, Vec<u8>>,
    progress: [Progress; 2],
    lines: Vec<Line>,
}

fn left(recipe: &Recipe, dataset: &Dataset, folder: &Folder) -> Left {
    let path = |which| arrays(&folder.checkpoint(which));
    let progress = |which| Progress {
        seconds: 0.0,
        ..folder.load(which, recipe, dataset.tokenizer()).unwrap().1.progress
    };
    Left {
        best: path(Which::Best),
        last: path(Which::Last),
        progress: [Which::Best, Which::Last].map(progress),
        lines: folder.lines(u64::MAX).into_iter().map(timeless).collect(),
    }
}

fn timeless(line: Line) -> Line {
    let name = |path: String| PathBuf::from(path).file_name().unwrap().to_string_lossy().into_owned();
    Line {
        seconds: 0.0,
        tokens_per_s: 0.0,
        checkpoint: line.checkpoint.map(name),
        ..line
    }
}

/// The names of the files in a folder.
fn files(path: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(path).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}
