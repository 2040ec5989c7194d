//! What the packages below say went wrong, as errors of the command; the sentences are theirs.

use super::error::{CliError, ErrorCode};
use tapegrad_models::corpus::{BatchError, CorpusError, TextError};
use tapegrad_models::decode::{DecodeError, SamplingError};
use tapegrad_models::model::ModelError;
use tapegrad_models::train::{CheckpointError, FolderError, TrainError};

/// Gives each error type of the packages below its code.
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
    BatchError => |_error| ErrorCode::Batch;
    CorpusError => |error| corpus(&error);
    ModelError => |_error| ErrorCode::Model;
    CheckpointError => |error| checkpoint(&error);
    FolderError => |error| folder(&error);
    TrainError => |error| training(&error);
    SamplingError => |_error| ErrorCode::Sampling;
    DecodeError => |_error| ErrorCode::Decoding;
}

pub fn text(error: &TextError) -> ErrorCode {
    match error {
        TextError::Missing { .. } => ErrorCode::MissingFile,
        TextError::Unreadable { .. } => ErrorCode::UnreadableFile,
        TextError::Empty { .. } => ErrorCode::EmptyText,
        TextError::NotUtf8 { .. } => ErrorCode::NotUtf8,
    }
}

fn corpus(error: &CorpusError) -> ErrorCode {
    match error {
        CorpusError::Text(error) => text(error),
        CorpusError::Split(_) => ErrorCode::ShortText,
        CorpusError::Batch(_) => ErrorCode::Batch,
        CorpusError::Grammar { .. } => ErrorCode::Grammar,
        CorpusError::Limit(_) => ErrorCode::GrammarTooLarge,
    }
}

fn checkpoint(error: &CheckpointError) -> ErrorCode {
    match error {
        CheckpointError::Unwritable { .. } => ErrorCode::UnwritableFile,
        CheckpointError::Unreadable { .. } => ErrorCode::NoCheckpoint,
        CheckpointError::Damaged { .. } => ErrorCode::DamagedCheckpoint,
        CheckpointError::OtherModel { .. } => ErrorCode::OtherModel,
        CheckpointError::OtherVocabulary { .. } => ErrorCode::OtherVocabulary,
    }
}

fn folder(error: &FolderError) -> ErrorCode {
    match error {
        FolderError::Taken { .. } => ErrorCode::FolderTaken,
        FolderError::NoRun { .. } => ErrorCode::NoRun,
        FolderError::Damaged { .. } => ErrorCode::DamagedRun,
        FolderError::Unwritable { .. } => ErrorCode::UnwritableFile,
        FolderError::Checkpoint(error) => checkpoint(error),
        FolderError::Model(_) => ErrorCode::Model,
    }
}

fn training(error: &TrainError) -> ErrorCode {
    match error {
        TrainError::Corpus(error) => corpus(error),
        TrainError::Batch(_) => ErrorCode::Batch,
        TrainError::Model(_) => ErrorCode::Model,
        TrainError::Folder(error) => folder(error),
        TrainError::Diverged { .. } => ErrorCode::Diverged,
    }
}
