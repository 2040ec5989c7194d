//! The feed-forward part of a Transformer block: two linear layers with a GELU between them.

use super::{Bias, Linear};
use tapegrad_core::{Init, Layer, ParamList, Var, ops};

/// `fc_2(gelu(fc_1(x)))`, four times as wide inside.
///
/// **Shapes** `[.., C] → [.., C]`. Source: Vaswani et al. 2017, section 3.3, with the GELU of Radford et al. 2018 in its
/// tanh form.
#[derive(Clone, Copy, Debug)]
pub struct FeedForward {
    fc_1: Linear,
    fc_2: Linear,
}

impl FeedForward {
    /// Declares the layer for rows of `width` numbers under `name`; `last` is how the second matrix begins.
    pub fn new(list: &mut ParamList, name: &str, width: usize, [first, last]: [Init; 2], bias: Bias) -> Self {
        list.scope(name, |list| Self {
            fc_1: Linear::new(list, "fc_1", [width, 4 * width], first, bias),
            fc_2: Linear::new(list, "fc_2", [4 * width, width], last, bias),
        })
    }
}

impl Layer for FeedForward {
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        self.fc_2.forward(ops::gelu_tanh(self.fc_1.forward(x)))
    }
}
