//! The errors of the other rooms and packages as errors of the command: their sentences, with a code each.

use super::{CliError, ErrorCode};
use crate::assignment::error::AssignmentError;
use tapegrad_bench::BenchError;
use tapegrad_models::corpus::{BatchError, CorpusError, TextError};
use tapegrad_models::decode::{DecodeError, SamplingError};
use tapegrad_models::exchange::ExchangeError;
use tapegrad_models::model::ModelError;
use tapegrad_models::packed_model::PackError;
use tapegrad_models::planner::PlanError;
use tapegrad_models::tokenizer::TrainTokenizerError;
use tapegrad_models::train::{CheckpointError, FolderError, RecipeError, TrainError};

/// Gives each error type of the packages below its code.
///
/// Their sentences say `PLACE: what is wrong; what mends it`; here they are taken apart for programs.
macro_rules! causes {
    ($($error:ty => |$bound:ident| $code:expr;)+) => { $(
        impl From<$error> for CliError {
            fn from($bound: $error) -> Self {
                Self::told($code, &$bound, $bound.place())
            }
        }
    )+ };
}

/// An error that may be about a file, or a folder.
trait Placed {
    /// The file or folder, as it stands at the beginning of the sentence.
    fn place(&self) -> Option<&str> {
        None
    }
}

impl Placed for BatchError {}
impl Placed for PackError {}
impl Placed for SamplingError {}
impl Placed for TrainTokenizerError {}
impl Placed for DecodeError {}
impl Placed for PlanError {}
impl Placed for AssignmentError {}

impl Placed for ModelError {
    fn place(&self) -> Option<&str> {
        match self {
            Self::Program(error) => Some(&error.place),
            _ => None,
        }
    }
}

impl Placed for TextError {
    fn place(&self) -> Option<&str> {
        match self {
            Self::Missing { path }
            | Self::Unreadable { path, .. }
            | Self::Packed { path, .. }
            | Self::Utf16 { path, .. }
            | Self::NotUtf8 { path, .. }
            | Self::Empty { name: path } => Some(path),
        }
    }
}

impl Placed for CorpusError {
    fn place(&self) -> Option<&str> {
        match self {
            Self::Text(error) => error.place(),
            Self::Grammar { file, .. } | Self::Unknown { text: file, .. } => Some(file),
            Self::Split(_)
            | Self::Batch(_)
            | Self::Limit(_)
            | Self::Tokenizer(_)
            | Self::NoTokenizer
            | Self::Absent => None,
        }
    }
}

impl Placed for RecipeError {
    fn place(&self) -> Option<&str> {
        match self {
            Self::FileName { path } => Some(path),
            Self::Model(ModelError::Program(error)) => Some(&error.place),
            Self::Number { .. } | Self::Model(_) | Self::Padded => None,
        }
    }
}

impl Placed for CheckpointError {
    fn place(&self) -> Option<&str> {
        match self {
            Self::Unwritable { path, .. }
            | Self::Unreadable { path, .. }
            | Self::Damaged { path, .. }
            | Self::NotFinite { path, .. }
            | Self::HoldsNotFinite { path, .. }
            | Self::OtherModel { path, .. }
            | Self::OtherRecipe { path }
            | Self::OtherCorpus { corpus: path }
            | Self::OtherVocabulary { path } => Some(path),
        }
    }
}

impl Placed for FolderError {
    fn place(&self) -> Option<&str> {
        match self {
            Self::Taken { path }
            | Self::Foreign { path, .. }
            | Self::Held { path, .. }
            | Self::NoRun { path, .. }
            | Self::Damaged { path, .. }
            | Self::Packed { path }
            | Self::Unwritable { path, .. } => Some(path),
            Self::Checkpoint(error) => error.place(),
            Self::Recipe(error) => error.place(),
            Self::Model(error) => error.place(),
        }
    }
}

impl Placed for ExchangeError {
    fn place(&self) -> Option<&str> {
        match self {
            Self::Folder(error) => error.place(),
            other => other.path(),
        }
    }
}

impl Placed for TrainError {
    fn place(&self) -> Option<&str> {
        match self {
            Self::Corpus(error) => error.place(),
            Self::Recipe(error) => error.place(),
            Self::Folder(error) => error.place(),
            Self::Checkpoint(error) => error.place(),
            Self::Model(error) => error.place(),
            Self::Batch(_) | Self::Memory(..) | Self::Ahead { .. } | Self::Diverged { .. } => None,
        }
    }
}

causes! {
    TextError => |error| text(&error);
    BatchError => |_error| ErrorCode::Batch;
    CorpusError => |error| corpus(&error);
    ModelError => |_error| ErrorCode::Model;
    PackError => |_error| ErrorCode::Model;
    RecipeError => |error| recipe(&error);
    CheckpointError => |error| checkpoint(&error);
    FolderError => |error| folder(&error);
    TrainError => |error| training(&error);
    SamplingError => |_error| ErrorCode::Sampling;
    TrainTokenizerError => |_error| ErrorCode::Tokenizer;
    DecodeError => |_error| ErrorCode::Decoding;
    AssignmentError => |error| assignment(&error);
    PlanError => |_error| ErrorCode::Model;
    ExchangeError => |error| exchange(&error);
}

fn exchange(error: &ExchangeError) -> ErrorCode {
    match error {
        ExchangeError::Unreadable { source, .. } if source.kind() == std::io::ErrorKind::NotFound => {
            ErrorCode::MissingFile
        }
        ExchangeError::Unreadable { .. } => ErrorCode::UnreadableFile,
        ExchangeError::Unwritable { .. } => ErrorCode::UnwritableFile,
        ExchangeError::Wrong { .. } | ExchangeError::Unlike(_) => ErrorCode::Exchange,
        ExchangeError::Folder(error) => folder(error),
    }
}

fn text(error: &TextError) -> ErrorCode {
    match error {
        TextError::Missing { .. } => ErrorCode::MissingFile,
        TextError::Unreadable { .. } => ErrorCode::UnreadableFile,
        TextError::Empty { .. } => ErrorCode::EmptyText,
        TextError::NotUtf8 { .. } | TextError::Utf16 { .. } => ErrorCode::NotUtf8,
        TextError::Packed { .. } => ErrorCode::UnreadableFile,
    }
}

fn corpus(error: &CorpusError) -> ErrorCode {
    match error {
        CorpusError::Text(error) => text(error),
        CorpusError::Split(_) => ErrorCode::ShortText,
        CorpusError::Batch(_) => ErrorCode::Batch,
        CorpusError::Grammar { .. } => ErrorCode::Grammar,
        CorpusError::Tokenizer(_) | CorpusError::NoTokenizer => ErrorCode::Tokenizer,
        CorpusError::Absent => ErrorCode::Text,
        CorpusError::Unknown { .. } => ErrorCode::OtherVocabulary,
        CorpusError::Limit(_) => ErrorCode::GrammarTooLarge,
    }
}

fn recipe(error: &RecipeError) -> ErrorCode {
    match error {
        RecipeError::Number { .. } | RecipeError::Model(_) | RecipeError::Padded => ErrorCode::Model,
        RecipeError::FileName { .. } => ErrorCode::UnreadableFile,
    }
}

fn checkpoint(error: &CheckpointError) -> ErrorCode {
    match error {
        CheckpointError::Unwritable { .. } => ErrorCode::UnwritableFile,
        CheckpointError::Unreadable { .. } => ErrorCode::NoCheckpoint,
        CheckpointError::Damaged { .. } => ErrorCode::DamagedCheckpoint,
        CheckpointError::NotFinite { .. } | CheckpointError::HoldsNotFinite { .. } => ErrorCode::NotFinite,
        CheckpointError::OtherModel { .. } => ErrorCode::OtherModel,
        CheckpointError::OtherRecipe { .. } => ErrorCode::OtherRecipe,
        CheckpointError::OtherCorpus { .. } => ErrorCode::CorpusChanged,
        CheckpointError::OtherVocabulary { .. } => ErrorCode::OtherVocabulary,
    }
}

fn folder(error: &FolderError) -> ErrorCode {
    match error {
        FolderError::Taken { .. } | FolderError::Foreign { .. } => ErrorCode::FolderTaken,
        FolderError::Held { .. } => ErrorCode::FolderInUse,
        FolderError::NoRun { .. } => ErrorCode::NoRun,
        FolderError::Packed { .. } => ErrorCode::OtherModel,
        FolderError::Damaged { .. } => ErrorCode::DamagedRun,
        FolderError::Unwritable { .. } => ErrorCode::UnwritableFile,
        FolderError::Checkpoint(error) => checkpoint(error),
        FolderError::Recipe(error) => recipe(error),
        FolderError::Model(_) => ErrorCode::Model,
    }
}

fn training(error: &TrainError) -> ErrorCode {
    match error {
        TrainError::Corpus(error) => corpus(error),
        TrainError::Batch(_) => ErrorCode::Batch,
        TrainError::Recipe(error) => recipe(error),
        TrainError::Memory(..) => ErrorCode::Memory,
        TrainError::Model(_) => ErrorCode::Model,
        TrainError::Folder(error) => folder(error),
        TrainError::Checkpoint(error) => checkpoint(error),
        TrainError::Ahead { .. } => ErrorCode::OtherRecipe,
        TrainError::Diverged { .. } => ErrorCode::Diverged,
    }
}

fn assignment(error: &AssignmentError) -> ErrorCode {
    match error {
        AssignmentError::Unknown { .. } => ErrorCode::UnknownAssignment,
        AssignmentError::NoProject { .. } => ErrorCode::NoProject,
        AssignmentError::NoLibraries { .. } | AssignmentError::NoTool { .. } | AssignmentError::NotIsolated { .. } => {
            ErrorCode::NoTools
        }
        AssignmentError::File { .. } => ErrorCode::File,
        AssignmentError::Reference { .. } | AssignmentError::Refused { .. } => ErrorCode::Refused,
    }
}

impl From<BenchError> for CliError {
    fn from(error: BenchError) -> Self {
        let (code, help) = match &error {
            BenchError::NeedsText { .. } => (ErrorCode::Text, Some("give one with --text FILE")),
            BenchError::Text(error) => (text(error), None),
            BenchError::Split(_) => (ErrorCode::ShortText, None),
            BenchError::Batch(_) => (ErrorCode::Batch, None),
            BenchError::Sampling(_) => (ErrorCode::Sampling, None),
            BenchError::Decode(_) => (ErrorCode::Decoding, None),
            BenchError::File { .. } => (ErrorCode::File, None),
            BenchError::Threads { .. } => (ErrorCode::Threads, None),
            BenchError::Peer { .. } => (
                ErrorCode::Peer,
                Some("tests/peers/README.md describes what a peer must do"),
            ),
            BenchError::Train { .. } => (ErrorCode::Train, None),
            BenchError::NoMemory { .. } => (ErrorCode::Memory, Some("run this on Linux")),
            _ => (ErrorCode::Bench, None),
        };
        let this = Self::new(code, &error);
        match help {
            Some(help) => this.help(help),
            None => this,
        }
    }
}
