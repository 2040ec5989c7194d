//! The Transformer block: attention and a feed-forward part, with norms and sums around them.
//!
//! Pre-LN: `r = x + attention(norm(x))`, `y = r + feed_forward(norm(r))`.
//! Post-LN: `r = norm(x + attention(x))`, `y = norm(r + feed_forward(r))`.
//! In parallel both parts read the same: `y = x + attention(norm(x)) + feed_forward(norm(x))`.

use super::{Bias, CausalSelfAttention, FeedForward, Heads, KeysValues, Norm};
use crate::layers::architecture::{Architecture, Flow, Placement};
use crate::network::{Drop, Place};
use tapegrad_core::{Init, Layer, ParamList, Var};

/// A Transformer block.
///
/// **Shapes** `[B, T, C] → [B, T, C]`. Source: deck S4, pre-LN and post-LN; Xiong et al. 2020.
#[derive(Clone, Copy, Debug)]
pub struct Block {
    norm_1: Norm,
    attention: CausalSelfAttention,
    /// A parallel block has one norm.
    norm_2: Option<Norm>,
    feed_forward: FeedForward,
    placement: Placement,
    residual: bool,
}

impl Block {
    /// Declares the block under `name`; `last` is how the matrices that write to the residual stream begin.
    pub fn new(
        list: &mut ParamList,
        name: &str,
        [width, heads]: [usize; 2],
        [first, last]: [Init; 2],
        bias: Bias,
        architecture: &Architecture,
    ) -> Self {
        let inits = [first, last];
        let heads = Heads {
            queries: heads,
            keys: architecture.key_value_heads(heads),
            window: architecture.window,
            width: architecture.head_width,
            rotary: architecture.rotary(),
            norm: architecture
                .qk_norm
                .then_some((architecture.norm, architecture.norm_epsilon)),
        };
        let (kind, inner) = (
            (architecture.norm, architecture.norm_epsilon),
            architecture.inner(width),
        );
        list.scope(name, |list| Self {
            norm_1: Norm::new(list, "norm_1", width, kind, bias),
            attention: CausalSelfAttention::new(list, "attention", width, inits, bias, heads),
            norm_2: (architecture.flow == Flow::Sequential).then(|| Norm::new(list, "norm_2", width, kind, bias)),
            feed_forward: FeedForward::new(
                list,
                "feed_forward",
                [width, inner],
                inits,
                bias,
                architecture.activation,
            ),
            placement: architecture.placement,
            residual: architecture.residual,
        })
    }

    /// The result of whole sequences, with a bias on the scores where there is one; `drop` is what training drops.
    pub fn forward_with<'t>(&self, x: Var<'t>, bias: Option<Var<'t>>, drop: Drop<'_, 't>) -> Var<'t> {
        self.around(x, |x| self.attention.forward_with(x, bias), drop)
    }

    /// The result for one new position, and the keys and values with its own; see [`CausalSelfAttention::extend`].
    pub fn extend<'t>(
        &self,
        x: Var<'t>,
        cache: KeysValues<'t>,
        place: Place<'t>,
        bias: Option<Var<'t>>,
    ) -> (Var<'t>, KeysValues<'t>) {
        let mut after = cache;
        let attend = |x| {
            let (y, cache) = self.attention.extend(x, cache, place, bias);
            after = cache;
            y
        };
        (self.around(x, attend, &mut |x| x), after)
    }

    /// The norms and sums around attention and the feed-forward part.
    fn around<'t>(&self, x: Var<'t>, attend: impl FnOnce(Var<'t>) -> Var<'t>, drop: Drop<'_, 't>) -> Var<'t> {
        let sum = |x: Var<'t>, y: Var<'t>| if self.residual { x + y } else { y };
        match (self.placement, self.norm_2) {
            (Placement::Pre, Some(norm_2)) => {
                let r = sum(x, drop(attend(self.norm_1.forward(x))));
                sum(r, drop(self.feed_forward.forward(norm_2.forward(r))))
            }
            (Placement::Post, Some(norm_2)) => {
                let r = self.norm_1.forward(sum(x, drop(attend(x))));
                norm_2.forward(sum(r, drop(self.feed_forward.forward(r))))
            }
            (Placement::Pre, None) => {
                let n = self.norm_1.forward(x);
                sum(x, drop(attend(n) + self.feed_forward.forward(n)))
            }
            (Placement::Post, None) => {
                let y = drop(attend(x) + self.feed_forward.forward(x));
                self.norm_1.forward(sum(x, y))
            }
        }
    }
}

impl Layer for Block {
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        self.forward_with(x, None, &mut |x| x)
    }
}
