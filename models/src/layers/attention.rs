//! Causal self-attention with several heads, over whole sequences or one token at a time.

use super::{Bias, Linear};
use tapegrad_autograd::{Init, Layer, ParamList, Var, ops};

/// Each position looks at itself and at what came before.
///
/// **Shapes** `[B, T, C] → [B, T, C]`. Source: decks S1 and S4, multi-head attention with a causal mask.
#[derive(Clone, Copy, Debug)]
pub struct CausalSelfAttention {
    q: Linear,
    k: Linear,
    v: Linear,
    o: Linear,
    heads: usize,
}

/// The keys and values of some positions, each `[B, T, C]`: the key-value cache of the lectures.
#[derive(Clone, Copy, Debug)]
pub struct KeysValues<'t> {
    /// One key for each position.
    pub keys: Var<'t>,
    /// One value for each position.
    pub values: Var<'t>,
}

impl CausalSelfAttention {
    /// Declares the layer under `name`; `last` is how the output matrix begins.
    pub fn new(
        list: &mut ParamList,
        name: &str,
        [width, heads]: [usize; 2],
        [first, last]: [Init; 2],
        bias: Bias,
    ) -> Self {
        let linear = |list: &mut ParamList, name, init| Linear::new(list, name, [width, width], init, bias);
        list.scope(name, |list| Self {
            q: linear(list, "q", first),
            k: linear(list, "k", first),
            v: linear(list, "v", first),
            o: linear(list, "o", last),
            heads,
        })
    }

    /// The result for one new position, and its own key and value.
    ///
    /// `seen: [B, T + 1]` is 1 where a row of `earlier` is filled and, last, for the new position; else 0.
    pub fn extend<'t>(&self, x: Var<'t>, earlier: KeysValues<'t>, seen: Var<'t>) -> (Var<'t>, KeysValues<'t>) {
        let own = KeysValues {
            keys: self.k.forward(x),
            values: self.v.forward(x),
        };
        let keys = ops::concat(&[earlier.keys, own.keys], 1);
        let values = ops::concat(&[earlier.values, own.values], 1);
        let heads = ops::Attention::full(self.heads);
        let y = ops::attention(self.q.forward(x), keys, values, Some(seen), heads);
        (self.o.forward(y), own)
    }
}

impl Layer for CausalSelfAttention {
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        let [q, k, v] = [self.q, self.k, self.v].map(|linear| linear.forward(x));
        self.o
            .forward(ops::attention(q, k, v, None, ops::Attention::causal(self.heads)))
    }
}
