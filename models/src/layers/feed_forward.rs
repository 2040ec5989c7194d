//! The feed-forward part of a Transformer block: two linear layers with an activation between them.

use super::{Bias, Linear};
use serde::{Deserialize, Serialize};
use tapegrad_core::{Init, Layer, ParamList, Var, ops};

/// What stands between the two matrices of a feed-forward part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Activation {
    /// `max(a, 0)`.
    Relu,
    /// `a Φ(a)` with the distribution function of the normal distribution.
    Gelu,
    /// Its form with a tanh, as GPT-2 computes it. Radford et al. 2018.
    #[default]
    GeluTanh,
    /// `a σ(a)`.
    Silu,
    /// `silu(W_g x) · (W x)`: a third matrix makes a gate. Shazeer 2020, equation 6.
    Swiglu,
    /// `gelu(W_g x) · (W x)`, with the exact GELU. Shazeer 2020, equation 6.
    Geglu,
    /// `max(a, 0)²`. So et al. 2021.
    ReluSquared,
}

impl Activation {
    /// Whether a third matrix makes a gate.
    pub fn is_gated(self) -> bool {
        matches!(self, Self::Swiglu | Self::Geglu)
    }

    fn of(self, a: Var<'_>) -> Var<'_> {
        match self {
            Self::Relu => ops::relu(a),
            Self::Gelu | Self::Geglu => ops::gelu(a),
            Self::GeluTanh => ops::gelu_tanh(a),
            Self::Silu | Self::Swiglu => ops::silu(a),
            Self::ReluSquared => {
                let z = ops::relu(a);
                z * z
            }
        }
    }
}

/// `fc_2(f(fc_1(x)))`, or with a gate `fc_2(f(gate(x)) · fc_1(x))`.
///
/// **Shapes** `[.., C] → [.., C]`. Source: Vaswani et al. 2017, section 3.3; Shazeer 2020.
#[derive(Clone, Copy, Debug)]
pub struct FeedForward {
    fc_1: Linear,
    fc_2: Linear,
    gate: Option<Linear>,
    activation: Activation,
}

impl FeedForward {
    /// Declares the layer for rows of `width` numbers, `inner` wide inside, under `name`.
    ///
    /// `last` is how the second matrix begins.
    pub fn new(
        list: &mut ParamList,
        name: &str,
        [width, inner]: [usize; 2],
        [first, last]: [Init; 2],
        bias: Bias,
        activation: Activation,
    ) -> Self {
        list.scope(name, |list| Self {
            fc_1: Linear::new(list, "fc_1", [width, inner], first, bias),
            fc_2: Linear::new(list, "fc_2", [inner, width], last, bias),
            gate: activation
                .is_gated()
                .then(|| Linear::new(list, "gate", [width, inner], first, bias)),
            activation,
        })
    }
}

impl Layer for FeedForward {
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        let a = self.fc_1.forward(x);
        self.fc_2.forward(match self.gate {
            None => self.activation.of(a),
            Some(gate) => self.activation.of(gate.forward(x)) * a,
        })
    }
}
