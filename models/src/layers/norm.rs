//! Layer normalisation with a gain and, where wanted, a bias.

use super::Bias;
use tapegrad_core::{Init, Layer, Param, ParamList, Var, ops};

/// What is added to the variance, so that a constant row does not divide by 0.
const EPSILON: f64 = 1e-5;

/// Normalises the last axis to mean 0 and variance 1, then scales it.
///
/// **Shapes** `[.., C] → [.., C]`. Source: deck S4, layer norm; Ba, Kiros and Hinton 2016, equation 4.
#[derive(Clone, Copy, Debug)]
pub struct LayerNorm {
    gamma: Param,
    beta: Option<Param>,
}

impl LayerNorm {
    /// Declares the layer for rows of `width` numbers under `name`.
    pub fn new(list: &mut ParamList, name: &str, width: usize, bias: Bias) -> Self {
        list.scope(name, |list| Self {
            gamma: list.add("gamma", [width], Init::Ones),
            beta: (bias == Bias::With).then(|| list.add("beta", [width], Init::Zeros)),
        })
    }
}

impl Layer for LayerNorm {
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        let beta = self.beta.map(|beta| x.on().param(beta));
        ops::layer_norm(x, Some(x.on().param(self.gamma)), beta, EPSILON)
    }
}
