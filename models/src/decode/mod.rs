//! Text from any language model: chosen one token at a time, several texts at once, or searched for.
//!
//! Decoding knows [`LanguageModel`](crate::LanguageModel) and nothing else, so it is the same for n-gram, recurrent
//! network and Transformer (LECTURES row G7). [`Sampling`] turns logits into a choice; [`Generation`] makes the choices
//! one after the other, [`generate_side_by_side`] those of several texts; [`beam_search`] and [`every_text`] look for the
//! most probable text, [`paths`] for the lightest path of any graph; [`TextStream`] turns tokens into text as they come.

mod filters;
mod generation;
pub mod paths;
mod sampling;
mod search;
mod side_by_side;
#[cfg(test)]
mod tests;
mod text;

pub(crate) use filters::softmax;
pub use generation::{DecodeError, Generated, Generation, Request, Token, generate};
pub use sampling::{Filter, Sampling, SamplingError, Stage};
pub use search::{beam_search, every_text};
pub use side_by_side::generate_side_by_side;
pub use text::TextStream;
