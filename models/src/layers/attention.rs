//! Causal self-attention with several heads, over whole sequences or one token at a time.

use super::{Bias, Linear};
use crate::network::Place;
use tapegrad_core::{Init, Layer, ParamList, Var, ops};

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

/// The keys and values of a block, each `[B, T, C]` with a row for each position: the key-value cache of the lectures.
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

    /// The result for one new position, and the keys and values with its own in the row of its place.
    pub fn extend<'t>(&self, x: Var<'t>, cache: KeysValues<'t>, place: Place<'t>) -> (Var<'t>, KeysValues<'t>) {
        let cache = KeysValues {
            keys: ops::where_(place.here, self.k.forward(x), cache.keys),
            values: ops::where_(place.here, self.v.forward(x), cache.values),
        };
        let heads = ops::Attention::full(self.heads);
        let y = ops::attention(self.q.forward(x), cache.keys, cache.values, Some(place.seen), heads);
        (self.o.forward(y), cache)
    }
}

impl Layer for CausalSelfAttention {
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        let [q, k, v] = [self.q, self.k, self.v].map(|linear| linear.forward(x));
        self.o
            .forward(ops::attention(q, k, v, None, ops::Attention::causal(self.heads)))
    }
}
