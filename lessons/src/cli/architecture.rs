//! The options that are switches of a Transformer.

use super::error::CliError;
use clap::{Args, ValueEnum};
use tapegrad_models::ModelConfig;
use tapegrad_models::architecture::{Flow, Placement, Positions, RotaryPairs};
use tapegrad_models::layers::{Activation, Bias, NormKind};
use tapegrad_models::planner::presets::Family;
use tapegrad_models::transformer_lm::Tying;

/// How a Transformer is built; what is left out is as the recipe says.
#[derive(Args, Debug, Clone, Default)]
#[command(next_help_heading = "Architecture of a Transformer")]
pub struct ArchitectureArgs {
    /// Begin with all switches of this family of models; the options below change single ones
    #[arg(long, value_enum, value_name = "NAME")]
    architecture: Option<FamilyArg>,
    /// Kind of the norms
    #[arg(long, value_enum)]
    norm: Option<NormArg>,
    /// How the network knows where a token stands
    #[arg(long, value_enum)]
    positions: Option<PositionsArg>,
    /// Heads of keys and values: 1 is multi-query attention, a divisor of --heads is grouped-query attention
    #[arg(long, value_name = "N")]
    key_value_heads: Option<usize>,
    /// Tokens up to its own that a token sees
    #[arg(long, value_name = "N")]
    window: Option<usize>,
    /// Which layers add a bias
    #[arg(long, value_enum)]
    bias: Option<BiasArg>,
    /// Where the norms of a block stand
    #[arg(long, value_enum)]
    placement: Option<PlacementArg>,
    /// How attention and the feed-forward part of a block follow each other
    #[arg(long, value_enum)]
    flow: Option<FlowArg>,
    /// Activation of the feed-forward part
    #[arg(long, value_enum)]
    activation: Option<ActivationArg>,
    /// Width inside the feed-forward part over the width of the model
    #[arg(long, value_name = "RATIO")]
    mlp_ratio: Option<f64>,
    /// Whether the output layer shares the table of the embedding
    #[arg(long, value_enum)]
    tying: Option<TyingArg>,
    /// Normalise queries and keys, head by head
    #[arg(long, num_args = 0..=1, default_missing_value = "true", value_name = "YES")]
    qk_norm: Option<bool>,
    /// Whether a block adds to what it reads; without, it replaces it
    #[arg(long, num_args = 0..=1, default_missing_value = "true", value_name = "YES")]
    residual: Option<bool>,
    /// Share of the numbers that training drops behind embedding, attention and feed-forward part
    #[arg(long, value_name = "SHARE")]
    dropout: Option<f64>,
    /// Width of a head [default: the width of the model over its heads]
    #[arg(long, value_name = "N")]
    head_width: Option<usize>,
    /// What norms add to the variance or the mean square
    #[arg(long, value_name = "NUMBER")]
    norm_epsilon: Option<f64>,
    /// Base of the angles of rotary positions
    #[arg(long, value_name = "NUMBER")]
    rotary_base: Option<f64>,
    /// Channels that rotary positions turn together
    #[arg(long, value_enum)]
    rotary_pairs: Option<RotaryPairsArg>,
}

/// Names of the command line for the values of a switch.
macro_rules! values {
    ($(#[$doc:meta])* $arg:ident of $type:ty { $($(#[$of:meta])* $name:ident => $value:expr,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
        enum $arg { $($(#[$of])* $name,)+ }

        impl From<$arg> for $type {
            fn from(arg: $arg) -> Self {
                match arg { $($arg::$name => $value,)+ }
            }
        }
    };
}

values! {
    /// A family of models by name.
    FamilyArg of Family {
        /// Post-LN, GELU, learned positions
        Gpt1 => Family::Gpt1,
        /// Pre-LN, GELU, learned positions; GPT-3 is the same, larger
        Gpt2 => Family::Gpt2,
        /// Norms without parameters, rotary positions, SwiGLU
        Olmo => Family::Olmo,
        /// RMSNorm, rotary positions, grouped heads, SwiGLU
        Llama2 => Family::Llama2,
        /// LayerNorm, rotary positions, SwiGLU, biases in norms only
        #[value(name = "openlm")]
        OpenLm => Family::OpenLm,
        /// One head of keys, parallel blocks, GELU
        Falcon => Family::Falcon,
        /// One head of keys, parallel blocks, SwiGLU, a tied table
        Palm => Family::Palm,
    }
}
values! {
    /// A norm by name.
    NormArg of NormKind {
        /// Mean 0 and variance 1, with a gain
        Layer => NormKind::Layer,
        /// The same without parameters
        LayerWithoutParameters => NormKind::LayerWithoutParameters,
        /// Mean square 1, with a gain
        Rms => NormKind::Rms,
    }
}
values! {
    /// Positions by name.
    PositionsArg of Positions {
        /// A learned row for each place
        Learned => Positions::Learned,
        /// Sines and cosines
        Sinusoidal => Positions::Sinusoidal,
        /// Queries and keys turned by their places
        Rotary => Positions::Rotary,
        /// A learned number for each distance and head, added to the scores
        Relative => Positions::Relative,
        /// The distance times a slope of the head, subtracted from the scores
        Alibi => Positions::Alibi,
        /// Nothing but the causal mask
        None => Positions::None,
    }
}
values! {
    /// Pairs of channels by name.
    RotaryPairsArg of RotaryPairs {
        /// 2i and 2i + 1, as in the paper
        Neighbours => RotaryPairs::Neighbours,
        /// i and i + D/2, as in the files of Llama
        Halves => RotaryPairs::Halves,
    }
}
values! {
    /// Biases by name.
    BiasArg of Bias {
        /// All layers
        With => Bias::With,
        /// No layer
        Without => Bias::Without,
        /// Norms only
        Norms => Bias::Norms,
    }
}
values! {
    /// Places of norms by name.
    PlacementArg of Placement {
        /// In front of each part
        Pre => Placement::Pre,
        /// Behind each sum
        Post => Placement::Post,
    }
}
values! {
    /// Orders of a block's parts by name.
    FlowArg of Flow {
        /// The feed-forward part reads what attention left
        Sequential => Flow::Sequential,
        /// Both read the same
        Parallel => Flow::Parallel,
    }
}
values! {
    /// Activations by name.
    ActivationArg of Activation {
        /// max(a, 0)
        Relu => Activation::Relu,
        /// GELU by the normal distribution
        Gelu => Activation::Gelu,
        /// GELU in its form with a tanh
        GeluTanh => Activation::GeluTanh,
        /// a sigmoid(a)
        Silu => Activation::Silu,
        /// SiLU as a gate
        Swiglu => Activation::Swiglu,
        /// GELU as a gate
        Geglu => Activation::Geglu,
        /// max(a, 0) squared
        ReluSquared => Activation::ReluSquared,
    }
}
values! {
    /// Output layers by name.
    TyingArg of Tying {
        /// The table of the embedding
        Tied => Tying::Tied,
        /// A matrix of its own
        Untied => Tying::Untied,
    }
}

impl ArchitectureArgs {
    /// Each option, and whether it was given.
    pub fn given(&self) -> [(&'static str, bool); 18] {
        [
            ("--architecture", self.architecture.is_some()),
            ("--norm", self.norm.is_some()),
            ("--positions", self.positions.is_some()),
            ("--key-value-heads", self.key_value_heads.is_some()),
            ("--window", self.window.is_some()),
            ("--bias", self.bias.is_some()),
            ("--placement", self.placement.is_some()),
            ("--flow", self.flow.is_some()),
            ("--activation", self.activation.is_some()),
            ("--mlp-ratio", self.mlp_ratio.is_some()),
            ("--tying", self.tying.is_some()),
            ("--qk-norm", self.qk_norm.is_some()),
            ("--residual", self.residual.is_some()),
            ("--dropout", self.dropout.is_some()),
            ("--head-width", self.head_width.is_some()),
            ("--norm-epsilon", self.norm_epsilon.is_some()),
            ("--rotary-base", self.rotary_base.is_some()),
            ("--rotary-pairs", self.rotary_pairs.is_some()),
        ]
    }

    /// Changes a model as the options say; its sizes must be settled before.
    ///
    /// **Errors** if an option was given and the model is no Transformer.
    pub fn apply(&self, model: &mut ModelConfig) -> Result<(), CliError> {
        let name = model.name();
        let ModelConfig::Transformer {
            heads,
            width,
            bias,
            tying,
            architecture,
            ..
        } = model
        else {
            return match self.given().into_iter().find(|(_, given)| *given) {
                Some((option, _)) => Err(CliError::meaningless(option, name)),
                None => Ok(()),
            };
        };
        if let Some(family) = self.architecture.map(Family::from) {
            (*bias, *tying) = (family.bias(), family.tying());
            *architecture = family.architecture(*heads, *width);
        }
        set(bias, self.bias);
        set(tying, self.tying);
        set(&mut architecture.norm, self.norm);
        set(&mut architecture.positions, self.positions);
        set(&mut architecture.placement, self.placement);
        set(&mut architecture.flow, self.flow);
        set(&mut architecture.activation, self.activation);
        set(&mut architecture.mlp_ratio, self.mlp_ratio);
        set(&mut architecture.qk_norm, self.qk_norm);
        set(&mut architecture.residual, self.residual);
        set(&mut architecture.dropout, self.dropout);
        set(&mut architecture.norm_epsilon, self.norm_epsilon);
        set(&mut architecture.rotary_base, self.rotary_base);
        set(&mut architecture.rotary_pairs, self.rotary_pairs);
        architecture.head_width = self.head_width.or(architecture.head_width);
        architecture.key_value_heads = self.key_value_heads.or(architecture.key_value_heads);
        architecture.window = self.window.or(architecture.window);
        Ok(())
    }
}

fn set<A>(place: &mut A, value: Option<impl Into<A>>) {
    if let Some(value) = value {
        *place = value.into();
    }
}
