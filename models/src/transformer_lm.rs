//! The decoder-only Transformer: every position looks at all positions before it.
//!
//! By default token embeddings plus learned positions, pre-LN blocks, a last norm, and a linear head that may share the
//! table of the embedding; [`Architecture`] has the switches. Source: decks S3 and S4; Radford et al. 2019; LECTURES rows
//! M13 to M19.

mod places;

use crate::layers::architecture::{Architecture, Placement, Positions};
use crate::layers::{Bias, Block, Embedding, KeysValues, Linear, Norm};
use crate::network::{Drop, Network, Place};
use places::Places;
use serde::{Deserialize, Serialize};
use tapegrad_core::{Init, Layer, ParamList, Shape, Var};

/// The standard deviation of the first embeddings, as in GPT-2.
///
/// The matrices of the blocks begin with `1/√C` instead of GPT-2's 0.02, so that a layer keeps the size of what it
/// reads at any width: 0.02 suits a width of some thousands. At width 128 it costs the preset `char-cpu` 0.14 nats.
const SIGMA_EMBEDDING: f64 = 0.02;

/// The sizes of a Transformer language model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TransformerConfig {
    /// The number of token ids, `V`.
    pub vocabulary: usize,
    /// The longest context in tokens, `T`.
    pub block: usize,
    /// The number of blocks.
    pub layers: usize,
    /// The number of heads, which divides the width unless their own width is given.
    pub heads: usize,
    /// The width of the residual stream, `C`.
    pub width: usize,
    /// Which layers add a bias.
    pub bias: Bias,
    /// Whether the head shares the table of the embedding.
    pub tying: Tying,
    /// How it is built.
    #[serde(default)]
    pub architecture: Architecture,
}

/// Whether the output layer has a matrix of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tying {
    /// The head is the transposed table of the embedding; the gradients of both uses add up.
    Tied,
    /// The head has a matrix of its own.
    Untied,
}

/// A causal Transformer as a language model.
#[derive(Clone, Debug)]
pub struct TransformerLm {
    /// Behind a pointer, so that the models of [`Model`](crate::Model) have about one size.
    config: Box<TransformerConfig>,
    tokens: Embedding,
    places: Places,
    blocks: Vec<Block>,
    /// Behind post-LN blocks stands none: each ends with one.
    norm: Option<Norm>,
    head: Option<Linear>,
}

impl TransformerLm {
    /// Declares the network.
    ///
    /// **Panics** if the heads do not divide the width and have none of their own, or the switches do not fit ([`Architecture::check`]).
    pub fn new(list: &mut ParamList, config: TransformerConfig) -> Self {
        let TransformerConfig {
            vocabulary,
            block,
            layers,
            heads,
            width,
            bias,
            tying,
            architecture,
        } = config;
        assert!(
            heads > 0 && (architecture.head_width.is_some() || width % heads == 0),
            "a width of {width} cannot be split into {heads} heads of equal size"
        );
        if let Err(error) = architecture.check(heads, width) {
            panic!("{error}");
        }
        let sigma = (width as f64).powf(-0.5);
        // Each block writes to the residual stream twice; their sum should not grow with the number of blocks.
        let inits = [sigma, sigma / (2.0 * layers as f64).sqrt()].map(Init::Normal);
        let embedding = Init::Normal(match architecture.positions {
            Positions::Sinusoidal => sigma,
            _ => SIGMA_EMBEDDING,
        });
        Self {
            tokens: Embedding::new(list, "tokens", vocabulary, width, embedding),
            places: Places::new(list, architecture.positions, [block, width, heads], embedding),
            blocks: (1..=layers)
                .map(|layer| {
                    Block::new(
                        list,
                        &format!("block{layer}"),
                        [width, heads],
                        inits,
                        bias,
                        &architecture,
                    )
                })
                .collect(),
            norm: (architecture.placement == Placement::Pre).then(|| {
                Norm::new(
                    list,
                    "norm",
                    width,
                    (architecture.norm, architecture.norm_epsilon),
                    bias,
                )
            }),
            head: (tying == Tying::Untied)
                .then(|| Linear::new(list, "head", [width, vocabulary], embedding, Bias::Without)),
            config: Box::new(config),
        }
    }

    fn read_out<'t>(&self, x: Var<'t>) -> Var<'t> {
        let x = self.norm.map_or(x, |norm| norm.forward(x));
        match self.head {
            Some(head) => head.forward(x),
            None => tapegrad_core::ops::linear(x, self.tokens.table(x), None),
        }
    }

    fn run<'t>(&self, ids: Var<'t>, drop: Drop<'_, 't>) -> Var<'t> {
        let time = ids.shape().size(1);
        assert!(
            time <= self.config.block || self.reads_beyond_block(),
            "a sequence of {time} tokens is longer than the block of {}",
            self.config.block
        );
        let mut x = drop(self.places.added(self.tokens.rows(ids), ids));
        let bias = self.places.bias(x, time);
        for (layer, block) in self.blocks.iter().enumerate() {
            x = ids
                .on()
                .scope(&format!("block{}", layer + 1), || block.forward_with(x, bias, drop));
        }
        self.read_out(x)
    }
}

impl Network for TransformerLm {
    fn vocabulary(&self) -> usize {
        self.config.vocabulary
    }

    fn block(&self) -> Option<usize> {
        Some(self.config.block)
    }

    fn reads_beyond_block(&self) -> bool {
        self.config.architecture.positions.go_on()
    }

    fn logits<'t>(&self, ids: Var<'t>) -> Var<'t> {
        self.run(ids, &mut |x| x)
    }

    fn training_logits<'t>(&self, ids: Var<'t>, drop: Drop<'_, 't>) -> Var<'t> {
        self.run(ids, drop)
    }

    fn dropout(&self) -> f64 {
        self.config.architecture.dropout
    }

    /// For each block the keys, then the values: the key-value cache of the lectures.
    fn memory(&self) -> Vec<Shape> {
        let TransformerConfig {
            block,
            heads,
            width,
            architecture,
            ..
        } = &*self.config;
        let row = architecture.head(*heads, *width) * architecture.key_value_heads(*heads);
        vec![Shape::new(&[1, *block, row]); 2 * self.blocks.len()]
    }

    fn step<'t>(&self, id: Var<'t>, place: Option<Place<'t>>, memory: &[Var<'t>]) -> (Var<'t>, Vec<Var<'t>>) {
        let place = place.expect("a network with a block is told where in it the token stands");
        let mut x = self.places.added_at(self.tokens.rows(id), place);
        let bias = self.places.bias_at(place);
        let mut after = Vec::with_capacity(memory.len());
        for (block, cache) in self.blocks.iter().zip(memory.chunks(2)) {
            let cache = KeysValues {
                keys: cache[0],
                values: cache[1],
            };
            let (y, cache) = block.extend(x, cache, place, bias);
            after.extend([cache.keys, cache.values]);
            x = y;
        }
        (self.read_out(x), after)
    }
}
