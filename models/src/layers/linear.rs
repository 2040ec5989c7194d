//! The linear layer, `y = W x + b` for each row `x`.

use tapegrad_core::{Init, Layer, Param, ParamList, Var, ops};

/// A linear map of the last axis, with or without bias.
///
/// **Shapes** `x: [.., I] → y: [.., O]`, `w: [O, I]`, `b: [O]`. Source: deck S0, rows "Linear".
#[derive(Clone, Copy, Debug)]
pub struct Linear {
    w: Param,
    b: Option<Param>,
}

/// Which layers add a bias.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Bias {
    /// Every layer adds a vector, at first 0.
    With,
    /// None does.
    Without,
    /// Norms do, linear layers do not.
    Norms,
}

impl Bias {
    /// Whether norms add a bias.
    pub fn is_in_norms(self) -> bool {
        self != Self::Without
    }
}

impl Linear {
    /// Declares the layer `inputs → outputs` under `name`.
    pub fn new(list: &mut ParamList, name: &str, [inputs, outputs]: [usize; 2], init: Init, bias: Bias) -> Self {
        list.scope(name, |list| Self {
            w: list.add("w", [outputs, inputs], init),
            b: (bias == Bias::With).then(|| list.add("b", [outputs], Init::Zeros)),
        })
    }
}

impl Layer for Linear {
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        ops::linear(x, x.on().param(self.w), self.b.map(|b| x.on().param(b)))
    }
}
