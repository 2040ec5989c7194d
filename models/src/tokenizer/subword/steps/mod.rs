//! What happens to a text before and after it is cut into tokens: normalisers, pre-tokenizers, post-processors, decoders.

pub mod decoder;
pub mod gpt2;
pub mod normalizer;
pub mod pattern;
pub mod post_processor;
pub mod pre_tokenizer;
pub mod precompiled;
