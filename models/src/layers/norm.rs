//! The norms: what each does to a row, and which parameters it has.

use super::Bias;
use serde::{Deserialize, Serialize};
use tapegrad_core::{Init, Layer, Param, ParamList, Var, ops};

/// What a norm does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NormKind {
    /// Mean 0 and variance 1, then a gain and, where wanted, a bias. Ba, Kiros and Hinton 2016, equation 4.
    #[default]
    Layer,
    /// The same without parameters, as in OLMo.
    LayerWithoutParameters,
    /// Mean square 1, then a gain. Zhang and Sennrich 2019, equation 4.
    Rms,
}

/// Normalises the last axis, then scales it.
///
/// **Shapes** `[.., C] → [.., C]`. Source: deck S4, layer norm; deck S3, table 2.
#[derive(Clone, Copy, Debug)]
pub struct Norm {
    kind: NormKind,
    /// What is added to the variance or the mean square.
    epsilon: f64,
    gamma: Option<Param>,
    beta: Option<Param>,
}

impl Norm {
    /// Declares the layer for rows of `width` numbers under `name`; `epsilon` is added to the variance or mean square.
    pub fn new(list: &mut ParamList, name: &str, width: usize, (kind, epsilon): (NormKind, f64), bias: Bias) -> Self {
        list.scope(name, |list| Self {
            kind,
            epsilon,
            gamma: (kind != NormKind::LayerWithoutParameters).then(|| list.add("gamma", [width], Init::Ones)),
            beta: (kind == NormKind::Layer && bias.is_in_norms()).then(|| list.add("beta", [width], Init::Zeros)),
        })
    }
}

impl Layer for Norm {
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        let [gamma, beta] = [self.gamma, self.beta].map(|param| param.map(|param| x.on().param(param)));
        match self.kind {
            NormKind::Layer | NormKind::LayerWithoutParameters => ops::layer_norm(x, gamma, beta, self.epsilon),
            NormKind::Rms => ops::rms_norm(x, gamma, self.epsilon),
        }
    }
}
