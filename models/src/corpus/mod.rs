//! Text to batches: files and generated languages, the split into training, validation and held-out parts, sentences,
//! windows.
//!
//! The way of a text: [`Text::read`] → [`split_text`] or [`split_sentences`] → a
//! [`Tokenizer`](crate::tokenizer::Tokenizer) made from the training part → [`Sentences`] or [`Windows`] → [`Batch`].
//! A [`grammar`] gives sentences of a language whose entropy is known exactly.

mod batch;
mod config;
mod dataset;
pub mod grammar;
mod mixture;
mod rhymes;
mod sentences;
mod split;
mod text;
mod windows;

pub use batch::{Batch, BatchError, Batches, NO_LABEL, fit_to_block};
pub use config::{CorpusConfig, CorpusError, Unit};
pub use dataset::{Dataset, Extent, Known, Part, known_ids};
pub use mixture::{Mixture, MixtureError};
pub use rhymes::RHYMES;
pub use sentences::Sentences;
pub use split::{Parts, SplitError, TextParts, split_characters, split_sentences, split_text};
pub use text::{Text, TextError};
pub use windows::Windows;
