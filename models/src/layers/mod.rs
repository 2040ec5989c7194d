//! The parts that networks are made of: parameters with a formula over variables, and no number type.

pub mod architecture;
mod attention;
mod block;
mod embedding;
mod feed_forward;
mod linear;
mod norm;

pub use attention::{CausalSelfAttention, Heads, KeysValues};
pub use block::Block;
pub use embedding::Embedding;
pub use feed_forward::{Activation, FeedForward};
pub use linear::{Bias, Linear};
pub use norm::{Norm, NormKind};
