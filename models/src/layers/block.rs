//! The Transformer block with the norms in front: `r = x + attention(norm(x))`, `y = r + feed_forward(norm(r))`.

use super::{Bias, CausalSelfAttention, FeedForward, KeysValues, LayerNorm};
use crate::network::Place;
use tapegrad_core::{Init, Layer, ParamList, Var};

/// A pre-LN Transformer block.
///
/// **Shapes** `[B, T, C] → [B, T, C]`. Source: deck S4, pre-LN; Xiong et al. 2020.
#[derive(Clone, Copy, Debug)]
pub struct Block {
    norm_1: LayerNorm,
    attention: CausalSelfAttention,
    norm_2: LayerNorm,
    feed_forward: FeedForward,
}

impl Block {
    /// Declares the block under `name`; `last` is how the matrices that write to the residual stream begin.
    pub fn new(
        list: &mut ParamList,
        name: &str,
        [width, heads]: [usize; 2],
        [first, last]: [Init; 2],
        bias: Bias,
    ) -> Self {
        list.scope(name, |list| Self {
            norm_1: LayerNorm::new(list, "norm_1", width, bias),
            attention: CausalSelfAttention::new(list, "attention", [width, heads], [first, last], bias),
            norm_2: LayerNorm::new(list, "norm_2", width, bias),
            feed_forward: FeedForward::new(list, "feed_forward", width, [first, last], bias),
        })
    }

    /// The result for one new position, and the keys and values with its own; see [`CausalSelfAttention::extend`].
    pub fn extend<'t>(&self, x: Var<'t>, cache: KeysValues<'t>, place: Place<'t>) -> (Var<'t>, KeysValues<'t>) {
        let (y, cache) = self.attention.extend(self.norm_1.forward(x), cache, place);
        (self.after_attention(x + y), cache)
    }

    fn after_attention<'t>(&self, r: Var<'t>) -> Var<'t> {
        r + self.feed_forward.forward(self.norm_2.forward(r))
    }
}

impl Layer for Block {
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        self.after_attention(x + self.attention.forward(self.norm_1.forward(x)))
    }
}
