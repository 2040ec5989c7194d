//! Text to batches: files and generated languages, the split into training and held-out parts, sentences, windows.
//!
//! The way of a text: [`Text::read`] → [`split_characters`] or [`split_sentences`] → a
//! [`Tokenizer`](crate::tokenizer::Tokenizer) made from the training part → [`Sentences`] or [`Windows`] → [`Batch`].
//! A [`grammar`] gives sentences of a language whose entropy is known exactly.

mod batch;
mod dataset;
pub mod grammar;
mod sentences;
mod split;
mod text;
mod windows;

pub use batch::{Batch, BatchError, Batches, fit_to_block};
pub use dataset::{CorpusConfig, CorpusError, Dataset, Known, Part, Unit};
pub use sentences::Sentences;
pub use split::{Parts, SplitError, split_characters, split_sentences};
pub use text::{Text, TextError};
pub use windows::Windows;
