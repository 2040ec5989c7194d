//! Causal self-attention with several heads, over whole sequences or one token at a time.

use super::{Bias, Linear, Norm, NormKind};
use crate::network::Place;
use tapegrad_core::ops::{self, Attention, Beside, Rotary};
use tapegrad_core::{Init, Layer, ParamList, Var};

/// Each position looks at itself and at what came before.
///
/// **Shapes** `[B, T, C] → [B, T, C]`. Source: decks S1 and S4, multi-head attention with a causal mask.
#[derive(Clone, Copy, Debug)]
pub struct CausalSelfAttention {
    q: Linear,
    k: Linear,
    v: Linear,
    o: Linear,
    /// The norms of queries and keys, head by head.
    norms: Option<[Norm; 2]>,
    heads: Heads,
}

/// How the heads look.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Heads {
    /// Heads of queries.
    pub queries: usize,
    /// Heads of keys and values, each read by as many heads of queries.
    pub keys: usize,
    /// How many positions up to its own a query sees; all if there is none.
    pub window: Option<usize>,
    /// The width of one head; that of the model over the heads of queries if left out.
    pub width: Option<usize>,
    /// How queries and keys are turned by their positions, if they are.
    pub rotary: Option<Rotary>,
    /// How queries and keys are normalised, if they are, and the epsilon of these norms.
    pub norm: Option<(NormKind, f64)>,
}

impl Heads {
    /// Heads with keys and values of their own, which see all that came before.
    pub const fn full(heads: usize) -> Self {
        Self {
            queries: heads,
            keys: heads,
            window: None,
            width: None,
            rotary: None,
            norm: None,
        }
    }

    fn look(&self, look: Attention) -> Attention {
        look.with_kv_heads(self.keys)
    }
}

/// The keys and values of a block, each `[B, T, C]` with a row for each position: the key-value cache of the lectures.
///
/// With fewer heads of keys than of queries a row is as much shorter.
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
        width: usize,
        [first, last]: [Init; 2],
        bias: Bias,
        heads: Heads,
    ) -> Self {
        let head = heads.width.unwrap_or(width / heads.queries);
        let [queries, keys] = [heads.queries, heads.keys].map(|heads| heads * head);
        let linear = |list: &mut ParamList, name, to| Linear::new(list, name, [width, to], first, bias);
        list.scope(name, |list| Self {
            q: linear(list, "q", queries),
            k: linear(list, "k", keys),
            v: linear(list, "v", keys),
            o: Linear::new(list, "o", [queries, width], last, bias),
            norms: heads
                .norm
                .map(|kind| ["q_norm", "k_norm"].map(|name| Norm::new(list, name, head, kind, Bias::Without))),
            heads,
        })
    }

    /// The result of whole sequences, with a bias on the scores where there is one.
    pub fn forward_with<'t>(&self, x: Var<'t>, bias: Option<Var<'t>>) -> Var<'t> {
        let [mut q, mut k] = self.queries_keys(x);
        if let Some(rotary) = self.heads.rotary {
            q = ops::rotary(q, of_heads(rotary, self.heads.queries));
            k = ops::rotary(k, of_heads(rotary, self.heads.keys));
        }
        let look = self.heads.look(Attention::causal(self.heads.queries));
        let look = self.heads.window.map_or(look, |window| look.with_window(window));
        let beside = Beside {
            bias,
            ..Beside::default()
        };
        self.o
            .forward(ops::attention_with(q, k, self.v.forward(x), beside, look))
    }

    /// The result for one new position, and the keys and values with its own in the row of its place.
    pub fn extend<'t>(
        &self,
        x: Var<'t>,
        cache: KeysValues<'t>,
        place: Place<'t>,
        bias: Option<Var<'t>>,
    ) -> (Var<'t>, KeysValues<'t>) {
        let [mut q, mut k] = self.queries_keys(x);
        if let Some(rotary) = self.heads.rotary {
            q = turned_at(q, of_heads(rotary, self.heads.queries), place);
            k = turned_at(k, of_heads(rotary, self.heads.keys), place);
        }
        let cache = KeysValues {
            keys: ops::where_(place.here, k, cache.keys),
            values: ops::where_(place.here, self.v.forward(x), cache.values),
        };
        let beside = Beside {
            mask: Some(self.seen(place)),
            bias,
            sink: None,
        };
        let look = self.heads.look(Attention::full(self.heads.queries));
        let y = ops::attention_with(q, cache.keys, cache.values, beside, look);
        (self.o.forward(y), cache)
    }

    /// Queries and keys, normalised where that is wanted.
    fn queries_keys<'t>(&self, x: Var<'t>) -> [Var<'t>; 2] {
        let both = [self.q, self.k].map(|linear| linear.forward(x));
        let Some([q_norm, k_norm]) = self.norms else {
            return both;
        };
        let apart = |x: Var<'t>, norm: Norm, heads: usize| {
            let shape = x.shape();
            let split = [shape.size(0), shape.size(1), heads, shape.size(2) / heads];
            norm.forward(x.reshape(split)).reshape(shape)
        };
        [
            apart(both[0], q_norm, self.heads.queries),
            apart(both[1], k_norm, self.heads.keys),
        ]
    }

    /// 1 for each position that the new one sees: of those before it, the ones within the window.
    fn seen<'t>(&self, place: Place<'t>) -> Var<'t> {
        match self.heads.window {
            None => place.seen,
            // `1 - (i - j)` is at least 1 - W + 1 within the window, so `W - (i - j)` is at least 1 there.
            Some(window) => place.seen * (window as f64 - place.distances()).clip(0.0, 1.0),
        }
    }
}

/// The same rotation of so many heads side by side.
fn of_heads(rotary: Rotary, heads: usize) -> Rotary {
    Rotary { heads, ..rotary }
}

/// One row of each sequence, `[B, 1, C]`, turned by the angle of its place.
///
/// The op turns the row of each position by a fixed angle, and the graph of a step is the same for every position: so a
/// copy of the row is turned by the angle of each position, and the right one is taken, to the bit.
fn turned_at<'t>(x: Var<'t>, rotary: Rotary, place: Place<'t>) -> Var<'t> {
    let shape = x.shape();
    let copies = x.broadcast_to(shape.with_size(1, place.here.shape().size(1)));
    (ops::rotary(copies, rotary) * place.here).sum_over(&[1]).reshape(shape)
}

impl Layer for CausalSelfAttention {
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        self.forward_with(x, None)
    }
}
