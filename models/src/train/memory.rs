//! How much memory a training run would take, known from the numbers of its recipe before anything is made.
//!
//! It is an estimate on the safe side: a test holds it against what the plans of all networks really take.

use super::recipe::Recipe;
use crate::layers::architecture::{Flow, Placement, Positions};
use crate::layers::{Activation, Bias, NormKind};
use crate::model::{ModelConfig, RecurrentSizes};
use crate::program::{ProgramLm, plan_numbers};
use crate::transformer_lm::Tying;
use tapegrad_core::memory::TooMuch;

/// The memory of a run. **Units**: bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// Parameters, their gradients, and the two moments of the optimiser.
    pub parameters: u128,
    /// The values and gradients of one batch, in training or in measuring.
    pub batch: u128,
}

impl Memory {
    /// All of it.
    pub fn bytes(&self) -> u128 {
        self.parameters.saturating_add(self.batch)
    }
}

/// The bytes of a number in a network.
const NUMBER: u128 = 4;
/// A size above this is too large whatever it is multiplied with, and no product of smaller ones overflows.
const SIZE_MAX: usize = 1 << 30;

/// A size as a factor.
fn size_of(size: usize) -> u128 {
    size.min(SIZE_MAX) as u128
}

/// The bytes of an input and a label.
const IDS: u128 = 8;
/// The bytes of a counted n-gram: its four arrays and its place in the hash table, half of which may be empty.
pub(super) const NGRAM: u64 = 64;

impl Recipe {
    /// The memory that training by this recipe takes with a vocabulary of `size` ids.
    ///
    /// A counting model takes memory as it counts, so only its batch is known before.
    pub fn memory(&self, size: usize) -> Memory {
        let positions = self.rows as u128 * self.block as u128;
        let numbers = match &self.model {
            ModelConfig::Ngram { .. } => 0,
            ModelConfig::Program(program) => {
                // The plan of the program itself, and the logits once more where they are masked.
                let traced = plan_numbers(program, [self.rows, self.block], size);
                traced.div_ceil(positions.max(1)).saturating_add(size as u128)
            }
            _ => values_of_position(&self.model, size, self.block),
        };
        Memory {
            parameters: 4 * NUMBER * parameters(&self.model, size, self.block),
            batch: positions.saturating_mul(IDS + NUMBER * numbers),
        }
    }

    /// An error if the run would take more memory than `limit` bytes.
    ///
    /// **Errors** with the bytes it would take.
    pub fn fits(&self, size: usize, limit: u64) -> Result<(), TooMuch> {
        match self.memory(size).bytes() {
            bytes if bytes > u128::from(limit) => Err(TooMuch { bytes, limit }),
            _ => Ok(()),
        }
    }
}

/// The number of parameters of a network; 0 for a counting model.
pub(super) fn parameters(model: &ModelConfig, size: usize, block: usize) -> u128 {
    let v = size as u128;
    let recurrent = |sizes: &RecurrentSizes, gates: u128| {
        let [e, d, layers] = [sizes.embedding, sizes.hidden, sizes.layers].map(size_of);
        let first = gates * (d * e + d * d + d);
        let later = gates * (2 * d * d + d);
        v * e + first + layers.saturating_sub(1) * later + v * d + v
    };
    match model {
        ModelConfig::Ngram { .. } => 0,
        ModelConfig::Table => v * v,
        ModelConfig::Rnn(sizes) => recurrent(sizes, 1),
        ModelConfig::Lstm(sizes) => recurrent(sizes, 4),
        ModelConfig::Transformer { .. } => transformer_parameters(model, size, block),
        // What is wrong with a program is told where its model is made.
        ModelConfig::Program(program) => {
            ProgramLm::new(program, size, block).map_or(0, |program| program.list().len() as u128)
        }
    }
}

/// The parameters of a Transformer: those of each block, of the tables and of the last norm.
fn transformer_parameters(model: &ModelConfig, size: usize, block: usize) -> u128 {
    let ModelConfig::Transformer {
        layers,
        heads,
        width,
        bias,
        tying,
        architecture: switches,
    } = *model
    else {
        return 0;
    };
    let [v, c, layers, block] = [size, width, layers, block].map(size_of);
    let [h, inner] = [heads, switches.inner(width)].map(size_of);
    let (kv, biases) = (size_of(switches.key_value_heads(heads)), u128::from(bias == Bias::With));
    // The width of a head, of the queries of all heads, and of their keys.
    let head = size_of(switches.head(heads, width));
    let (queries, keys) = (head * h, head * kv);
    let norm = match switches.norm {
        NormKind::Layer => c * (1 + u128::from(bias.is_in_norms())),
        NormKind::LayerWithoutParameters => 0,
        NormKind::Rms => c,
    };
    let gain = u128::from(switches.norm != NormKind::LayerWithoutParameters);
    let linear = |inputs: u128, outputs: u128| inputs * outputs + biases * outputs;
    let attention =
        linear(c, queries) + linear(queries, c) + 2 * linear(c, keys) + 2 * u128::from(switches.qk_norm) * gain * head;
    let matrices_in = 1 + u128::from(switches.activation.is_gated());
    let feed_forward = matrices_in * linear(c, inner) + linear(inner, c);
    let norms = norm * if switches.flow == Flow::Parallel { 1 } else { 2 };
    let places = match switches.positions {
        Positions::Learned => block * c,
        Positions::Relative => block * h,
        _ => 0,
    };
    let last = if switches.placement == Placement::Pre { norm } else { 0 };
    let head = if tying == Tying::Untied { v * c } else { 0 };
    v * c + places + layers * (attention + feed_forward + norms) + last + head
}

/// How many numbers a position of a batch takes in a plan, its share of the attention scores included.
fn values_of_position(model: &ModelConfig, size: usize, block: usize) -> u128 {
    let v = size as u128;
    // Logits and their gradient, and once more where they are masked.
    let logits = 3 * v;
    match model {
        ModelConfig::Ngram { .. } | ModelConfig::Program(_) => 0,
        ModelConfig::Table => logits,
        ModelConfig::Rnn(sizes) | ModelConfig::Lstm(sizes) => {
            let gates = if matches!(model, ModelConfig::Lstm(_)) { 8 } else { 2 };
            let [e, d, layers] = [sizes.embedding, sizes.hidden, sizes.layers].map(size_of);
            logits + 2 * e + layers * d * (gates + 4)
        }
        ModelConfig::Transformer {
            layers,
            heads,
            width,
            architecture,
            ..
        } => {
            let [c, layers, heads, block] = [*width, *layers, *heads, block].map(size_of);
            let inner = size_of(architecture.inner(*width));
            let gates = if architecture.activation == Activation::GeluTanh {
                4
            } else {
                10
            };
            // Turned or normalised queries and keys, masks of dropout.
            let extra = if architecture.positions == Positions::Rotary {
                4
            } else {
                0
            } + if architecture.qk_norm { 8 } else { 0 }
                + if architecture.dropout > 0.0 { 6 } else { 0 };
            // A bias of the scores is of whole sequences, with its gradient: its share of a position.
            let bias = match architecture.positions {
                Positions::Relative | Positions::Alibi => 6 * heads * block,
                _ => 0,
            };
            // Queries may be wider than the model.
            let c_wide = c.max(heads * size_of(architecture.head_width.unwrap_or(0)));
            let scores = heads * block;
            logits + 4 * c + bias + layers * ((8 + extra) * c_wide + gates * inner + scores)
        }
    }
}
