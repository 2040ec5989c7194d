//! What the packages below say went wrong, as errors of the command; the sentences are theirs.

use super::error::CliError;
use tapegrad_models::corpus::{BatchError, CorpusError, TextError};
use tapegrad_models::decode::{DecodeError, SamplingError};
use tapegrad_models::model::ModelError;
use tapegrad_models::train::{CheckpointError, FolderError, TrainError};

/// Says under which name programs know the error of a type.
macro_rules! causes {
    ($($error:ty => |$bound:ident| $code:expr;)+) => { $(
        impl From<$error> for CliError {
            fn from($bound: $error) -> Self {
                Self::new($code, &$bound)
            }
        }
    )+ };
}

causes! {
    TextError => |error| text(&error);
    BatchError => |_error| "batch";
    CorpusError => |error| corpus(&error);
    ModelError => |_error| "model";
    CheckpointError => |error| checkpoint(&error);
    FolderError => |error| folder(&error);
    TrainError => |error| training(&error);
    SamplingError => |_error| "sampling";
    DecodeError => |_error| "decoding";
}

fn text(error: &TextError) -> &'static str {
    match error {
        TextError::Missing { .. } => "missing_file",
        TextError::Unreadable { .. } => "unreadable_file",
        TextError::Empty { .. } => "empty_text",
        TextError::NotUtf8 { .. } => "not_utf8",
    }
}

fn corpus(error: &CorpusError) -> &'static str {
    match error {
        CorpusError::Text(error) => text(error),
        CorpusError::Split(_) => "short_text",
        CorpusError::Batch(_) => "batch",
        CorpusError::Grammar { .. } => "grammar",
        CorpusError::Limit(_) => "grammar_too_large",
    }
}

fn checkpoint(error: &CheckpointError) -> &'static str {
    match error {
        CheckpointError::Unwritable { .. } => "unwritable",
        CheckpointError::Unreadable { .. } => "no_checkpoint",
        CheckpointError::Damaged { .. } => "damaged_checkpoint",
        CheckpointError::OtherModel { .. } => "other_model",
        CheckpointError::OtherVocabulary { .. } => "other_vocabulary",
    }
}

fn folder(error: &FolderError) -> &'static str {
    match error {
        FolderError::Taken { .. } => "folder_taken",
        FolderError::NoRun { .. } => "no_run",
        FolderError::Damaged { .. } => "damaged_run",
        FolderError::Unwritable { .. } => "unwritable",
        FolderError::Checkpoint(error) => checkpoint(error),
        FolderError::Model(_) => "model",
    }
}

fn training(error: &TrainError) -> &'static str {
    match error {
        TrainError::Corpus(error) => corpus(error),
        TrainError::Batch(_) => "batch",
        TrainError::Model(_) => "model",
        TrainError::Folder(error) => folder(error),
        TrainError::Diverged { .. } => "diverged",
    }
}
