//! The switches of a Transformer: each column of the lectures' table of model families is a field here.
//!
//! A field left out of a recipe is as in GPT-2, so recipes of earlier versions mean what they meant.
//! Source: deck S3, table 2 (OLMo, LLaMA 2, OpenLM, Falcon, PaLM); LECTURES row M19.

use super::{Activation, NormKind};
use serde::{Deserialize, Serialize};
use tapegrad_core::ops::{Pairs, Rotary};

/// How a Transformer is built, besides its sizes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Architecture {
    /// What the norms do.
    pub norm: NormKind,
    /// How the network knows where a token stands.
    pub positions: Positions,
    /// Heads of keys and values, which divide the heads of queries; as many as those if left out.
    ///
    /// One is multi-query attention, some are grouped-query attention.
    pub key_value_heads: Option<usize>,
    /// How many tokens up to its own a token sees; all if left out.
    pub window: Option<usize>,
    /// Where the norms of a block stand.
    pub placement: Placement,
    /// How the two parts of a block follow each other.
    pub flow: Flow,
    /// What stands between the two matrices of the feed-forward part.
    pub activation: Activation,
    /// The width inside the feed-forward part over the width of the model.
    pub mlp_ratio: f64,
    /// The width inside the feed-forward part is rounded up to a multiple of this.
    pub mlp_multiple: usize,
    /// Whether queries and keys are normalised, head by head.
    pub qk_norm: bool,
    /// Whether a block adds to what it reads; without, it replaces it.
    pub residual: bool,
    /// The share of what each part of a block gives that training drops.
    pub dropout: f64,
    /// The width of a head; that of the model over its heads if left out.
    pub head_width: Option<usize>,
    /// What the norms add to the variance or the mean square, so that a constant row does not divide by 0.
    pub norm_epsilon: f64,
    /// The base of the angles of rotary positions.
    pub rotary_base: f64,
    /// Which two channels of a head rotary positions turn together.
    pub rotary_pairs: RotaryPairs,
}

impl Architecture {
    /// The switches of GPT-2; what a recipe leaves out is as here.
    pub const GPT_2: Self = Self {
        norm: NormKind::Layer,
        positions: Positions::Learned,
        key_value_heads: None,
        window: None,
        placement: Placement::Pre,
        flow: Flow::Sequential,
        activation: Activation::GeluTanh,
        mlp_ratio: 4.0,
        mlp_multiple: 1,
        qk_norm: false,
        residual: true,
        dropout: 0.0,
        head_width: None,
        norm_epsilon: 1e-5,
        rotary_base: 10_000.0,
        rotary_pairs: RotaryPairs::Neighbours,
    };

    /// The switches that recipes of earlier versions do not have.
    pub(crate) const LATER: [&str; 4] = ["head_width", "norm_epsilon", "rotary_base", "rotary_pairs"];
}

impl Default for Architecture {
    fn default() -> Self {
        Self::GPT_2
    }
}

/// How the network knows where a token stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Positions {
    /// A learned row for each place of the block is added to the embedding.
    #[default]
    Learned,
    /// Sines and cosines of the place are added to the embedding. Vaswani et al. 2017, section 3.5.
    Sinusoidal,
    /// Queries and keys are turned by an angle that grows with the place. Su et al. 2021.
    Rotary,
    /// A learned number for each head and distance is added to the scores. Raffel et al. 2020, without their buckets.
    Relative,
    /// The distance times a slope of the head is subtracted from the scores. Press et al. 2022.
    Alibi,
    /// Nothing but the causal mask tells the order.
    None,
}

impl Positions {
    /// Whether a sequence may be longer than the block of training: where no table of positions ends.
    pub fn go_on(self) -> bool {
        matches!(self, Self::Rotary | Self::Alibi | Self::None)
    }
}

/// Which two channels of a head rotary positions turn together.
///
/// Both are the same up to an order of the channels, so weights of one do not fit the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RotaryPairs {
    /// Channels `2i` and `2i + 1`, as in the paper.
    #[default]
    Neighbours,
    /// Channels `i` and `i + D/2`, as in the files of Llama.
    Halves,
}

/// Where the norms of a block stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Placement {
    /// In front of each part; one more norm stands behind the last block.
    #[default]
    Pre,
    /// Behind each sum, as in the first Transformer.
    Post,
}

/// How the two parts of a block follow each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Flow {
    /// The feed-forward part reads what attention left.
    #[default]
    Sequential,
    /// Both read the same, through one norm. Wang and Komatsuzaki 2021.
    Parallel,
}

impl Architecture {
    /// The width inside the feed-forward part of a model of this width: `⌈ratio C / multiple⌉ multiple`.
    ///
    /// ```
    /// use tapegrad_models::Architecture;
    /// let llama = Architecture { mlp_ratio: 8.0 / 3.0, mlp_multiple: 256, ..Architecture::default() };
    /// assert_eq!(llama.inner(4096), 11008);
    /// ```
    pub fn inner(&self, width: usize) -> usize {
        // 8/3 is no binary fraction: the product may come out a rounding above a whole number.
        const ROUNDING: f64 = 1e-9;
        let multiple = self.mlp_multiple.max(1);
        let multiples = (self.mlp_ratio * width as f64 / multiple as f64 - ROUNDING).ceil();
        (multiples as usize).saturating_mul(multiple)
    }

    /// The heads of keys and values beside so many heads of queries.
    pub fn key_value_heads(&self, heads: usize) -> usize {
        self.key_value_heads.unwrap_or(heads)
    }

    /// The width of one head in a model of these heads and this width, `D`.
    pub fn head(&self, heads: usize, width: usize) -> usize {
        self.head_width.unwrap_or(width / heads.max(1))
    }

    /// How rotary positions turn queries and keys, if they do.
    pub fn rotary(&self) -> Option<Rotary> {
        let pairs = match self.rotary_pairs {
            RotaryPairs::Neighbours => Pairs::Neighbours,
            RotaryPairs::Halves => Pairs::Halves,
        };
        let rotary = Rotary {
            pairs,
            ..Rotary::new(1).with_base(self.rotary_base)
        };
        (self.positions == Positions::Rotary).then_some(rotary)
    }

    /// An error unless the switches fit a model of these heads and this width.
    ///
    /// **Errors** with the switch and what it must be.
    pub fn check(&self, heads: usize, width: usize) -> Result<(), ArchitectureError> {
        let key_value_heads = self.key_value_heads(heads);
        if key_value_heads == 0 || !heads.is_multiple_of(key_value_heads) {
            return Err(ArchitectureError::KeyValueHeads { key_value_heads, heads });
        }
        let wrong = |name, value: f64, must| Err(ArchitectureError::Number { name, value, must });
        if self.head_width == Some(0) {
            return wrong("head_width", 0.0, "at least 1");
        }
        let head = self.head(heads, width);
        if self.positions == Positions::Rotary && !head.is_multiple_of(2) {
            return Err(match self.head_width {
                Some(head_width) => ArchitectureError::OddHeadWidth { head_width },
                None => ArchitectureError::OddHead { width, heads },
            });
        }
        if self.positions == Positions::Sinusoidal && !width.is_multiple_of(2) {
            return wrong("width", width as f64, "even, because sines and cosines come in pairs");
        }
        let positive = |x: f64| x > 0.0 && x.is_finite();
        if !positive(self.norm_epsilon) {
            return wrong("norm_epsilon", self.norm_epsilon, "a finite number above 0");
        }
        if !positive(self.rotary_base) {
            return wrong("rotary_base", self.rotary_base, "a finite number above 0");
        }
        if self.window == Some(0) {
            return wrong("window", 0.0, "at least 1: the token itself");
        }
        if !(0.0..1.0).contains(&self.dropout) {
            return wrong("dropout", self.dropout, "at least 0 and below 1");
        }
        if self.mlp_multiple == 0 {
            return wrong("mlp_multiple", 0.0, "at least 1");
        }
        if !positive(self.mlp_ratio) || self.inner(width) == 0 {
            return wrong("mlp_ratio", self.mlp_ratio, "a finite number above 0");
        }
        Ok(())
    }
}

/// A switch of a Transformer does not fit its sizes.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum ArchitectureError {
    /// The heads of keys and values do not divide those of queries.
    #[error(
        "`key_value_heads` is {key_value_heads}, which does not divide the {heads} heads; choose a divisor, such as 1"
    )]
    KeyValueHeads {
        /// The heads of keys and values.
        key_value_heads: usize,
        /// The heads of queries.
        heads: usize,
    },
    /// Rotary positions turn pairs of channels.
    #[error("rotary positions turn pairs of channels, but a width of {width} in {heads} heads leaves an odd number for each; choose a multiple of {}", 2 * heads)]
    OddHead {
        /// The width.
        width: usize,
        /// The number of heads.
        heads: usize,
    },
    /// The same, where the width of a head is given.
    #[error("rotary positions turn pairs of channels, but `head_width` is {head_width}; choose an even number")]
    OddHeadWidth {
        /// The width of a head.
        head_width: usize,
    },
    /// A number makes no sense.
    #[error("`{name}` is {value}; it must be {must}")]
    Number {
        /// The switch.
        name: &'static str,
        /// Its value.
        value: f64,
        /// What it must be.
        must: &'static str,
    },
}
