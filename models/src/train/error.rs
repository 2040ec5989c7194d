//! What can go wrong while a model is trained.

use super::checkpoint::CheckpointError;
use super::folder::FolderError;
use super::recipe::RecipeError;
use crate::corpus::{BatchError, CorpusError};
use crate::model::ModelError;
use tapegrad_core::memory::TooMuch;

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
    /// A number of the recipe makes no sense.
    #[error(transparent)]
    Recipe(#[from] RecipeError),
    /// The checkpoint belongs to something else.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The run would take more memory than it may.
    #[error("training needs {:.1} GB of memory, but only {:.1} GB are allowed{}", .0.bytes as f64 / 1e9, .0.limit as f64 / 1e9, .1)]
    Memory(TooMuch, &'static str),
    /// The loss or a parameter is not finite.
    #[error(
        "training diverged at step {step} with a learning rate of {learning_rate:.1e}{first}. Use a smaller \
         --learning-rate. {kept}"
    )]
    Diverged {
        /// The step.
        step: u64,
        /// Its learning rate.
        learning_rate: f64,
        /// What was not finite first, after a colon, if it can be told.
        first: String,
        /// Which checkpoint is left, as a sentence.
        kept: String,
    },
    /// The checkpoint has more steps than the recipe.
    #[error(
        "the last checkpoint has made {step} steps, but the recipe asks for {steps}, so they do not belong to one run; restore the \
         recipe, or continue with --steps of at least {step}"
    )]
    Ahead {
        /// The steps of the checkpoint.
        step: u64,
        /// The steps of the recipe.
        steps: u64,
    },
}
