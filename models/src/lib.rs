//! Language models and everything around them.
//!
//! Reading order: [`tokenizer`] (text to ids), [`corpus`] (ids to batches).
#![forbid(unsafe_code)]

pub mod corpus;
pub mod tokenizer;

pub use tokenizer::{PAD, TokenId};
