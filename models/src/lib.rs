//! Language models and everything around them.
//!
//! A language model gives a probability to the next token. This package counts one (the n-gram) and trains others
//! (recurrent networks and the Transformer). All of them implement one trait, and one function generates text with any of
//! them.
//!
//! ```
//! use tapegrad_models::ngram::{Ngram, NgramConfig, Smoothing};
//! use tapegrad_models::corpus::{Batches, Sentences};
//! use tapegrad_models::tokenizer::{Case, Split, WordTokenizer};
//! use tapegrad_models::Learner;
//!
//! let lines = ["narwhals are big", "narwhals are friendly", "they are big"];
//! let words = WordTokenizer::train(lines, Split::Punctuation, Case::AsWritten, 1);
//! let sentences: Vec<_> = lines.iter().map(|line| words.encode(line)).collect();
//! let data = Sentences::new(sentences, words.vocabulary(), 8)?;
//!
//! let mut bigram = Ngram::new(NgramConfig::new(2, words.vocabulary(), Smoothing::MaximumLikelihood))?;
//! for batch in data.in_order(2) {
//!     bigram.learn(&batch, 0.0);
//! }
//! let (are, big) = (words.vocabulary().id("are"), words.vocabulary().id("big"));
//! assert_eq!(bigram.fraction(&[are], big).map(|p| p.to_string()), Some("2/3".to_string()));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Reading order: [`tokenizer`] (text to ids), [`corpus`] (ids to batches), [`language_model`] (the two traits),
//! [`score`] (nats per token), [`evaluation`] (how sure they are), [`ngram`] (the closed-form model), [`layers`] and [`network`] with [`rnn_lm`],
//! [`lstm_lm`], [`transformer_lm`] and [`program`], [`neural`] (a network in training), [`distill`] (learning from a
//! teacher), [`mod@train`] (the one loop), [`decode`] (text from any model), [`packed_model`] (weights of few bits),
//! [`exchange`] (the files of other tools).
#![forbid(unsafe_code)]

mod asked;
pub mod corpus;
pub mod decode;
pub mod distill;
pub mod evaluation;
pub mod exchange;
mod fields;
mod fingerprint;
mod fold_hash;
pub mod language_model;
pub mod laws;
pub mod layers;
pub mod lstm_lm;
pub mod model;
pub mod network;
pub mod neural;
pub mod ngram;
pub mod packed_model;
pub mod planner;
pub mod program;
mod reader;
pub mod rnn_lm;
pub mod score;
pub mod table_lm;
pub mod tokenizer;
mod traced;
pub mod train;
pub mod transformer_lm;

pub use corpus::NO_LABEL;
pub use language_model::{AnyLanguageModel, LanguageModel, Learner, LogProbs, Logits, StepReport};
pub use layers::architecture::{self, Architecture};
pub use model::{Model, ModelConfig};
pub use network::{Network, Place};
pub use neural::Neural;
pub use program::ProgramConfig;
pub use tokenizer::TokenId;
