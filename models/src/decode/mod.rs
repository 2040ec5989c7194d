//! Text from any language model: greedy or sampled, one token at a time.
//!
//! Decoding knows [`LanguageModel`](crate::LanguageModel) and nothing else, so it is the same for n-gram, recurrent
//! network and Transformer (LECTURES row G7). [`Sampling`] turns logits into a choice; [`Generation`] makes the choices
//! one after the other.

mod generation;
mod sampling;
#[cfg(test)]
mod tests;

pub use generation::{DecodeError, Generated, Generation, Request, Token, generate};
pub use sampling::{Sampling, SamplingError};
