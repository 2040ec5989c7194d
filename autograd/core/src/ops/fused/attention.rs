//! Scaled dot-product attention with several heads.
//!
//! For each head, query `i` and the keys `j` it may see: `s_ij = q_i · k_j / √D`, `p_i = softmax(s_i)`,
//! `y_i = Σ_j p_ij v_j`. Backwards, line by line:
//! 1. `y_i = Σ_j p_ij v_j`: `g_v_j = Σ_i p_ij g_y_i`, `g_p_ij = g_y_i · v_j`.
//! 2. `p_i = softmax(s_i)`: `g_s_ij = p_ij (g_p_ij - Σ_k p_ik g_p_ik)`; a key that may not be seen has `p = 0`, so
//!    `g_s = 0`.
//! 3. `s_ij = q_i · k_j / √D`: `g_q_i = Σ_j g_s_ij k_j / √D`, `g_k_j = Σ_i g_s_ij q_i / √D`.
//!
//! With fewer key/value heads than query heads, query head `h` reads key/value head `h / (H/KV)`, whose gradient is the
//! sum over the query heads that read it. Causal attention aligns the last query with the last key, so that one more
//! query against cached keys sees them all; in the formula, `M` is the causal mask, or 0. The operand `mask` says of
//! each key whether it may be seen at all: padding may not.
//! **Shapes**: `q: [B, Tq, H·D]`, `k, v: [B, Tk, KV·D]`, `mask: [B, Tk]`, which may be left out → `y: [B, Tq, H·D]`.
//! Cost: `4 D` a query head and visible pair forward, `10 D` backward. The notes are `log Σ e^s` of each query and
//! head; the weights `p`, which would be `B H Tq Tk` numbers, are computed again.
//! Subtle: a query that may see no key has no softmax (`0/0`); this is an error with the query's place, never NaN.
//! Source: Vaswani et al., "Attention Is All You Need" (2017), equation 1; deck S1, attention in matrix form;
//! fewer key/value heads: Ainslie et al., "GQA" (2023); recomputation: Dao et al., "FlashAttention" (2022).

use super::Fused;
use crate::kernels::{AttentionGradients, AttentionInputs, AttentionSizes};
use crate::op::prelude::*;
use crate::ops::fused::scratch::with_scratch;
use crate::ops::{softmax, where_};

/// Attention of queries `q` to keys `k` with values `v`; a mask says which keys may be seen at all.
///
/// ```
/// use ndarray::array;
/// use tapegrad_autograd::{ops::{attention, Attention}, Tape};
/// let tape = Tape::<f64>::new();
/// let x = tape.input("x", array![[[1.0], [2.0]]]);
/// let q = tape.input("q", array![[[0.0], [0.0]]]);
/// let y = attention(q, x, x, None, Attention::causal(1));
/// assert_eq!(tape.value(y), array![[[1.0], [1.5]]].into_dyn());
/// ```
///
/// **Panics** if the shapes do not fit, or a query may see no key.
#[track_caller]
pub fn attention<'t>(q: Var<'t>, k: Var<'t>, v: Var<'t>, mask: Option<Var<'t>>, attention: Attention) -> Var<'t> {
    match mask {
        Some(mask) => Var::record(attention, &[q, k, v, mask]),
        None => Var::record(attention, &[q, k, v]),
    }
}

/// The op of [`attention`], and how its heads look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attention {
    /// Query heads, `H`.
    pub heads: usize,
    /// Key and value heads, `KV`; divides `H`.
    pub kv_heads: usize,
    /// Which keys a query sees.
    pub sees: Sees,
}

/// Which keys a query sees, before any mask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sees {
    /// Every key.
    All,
    /// The keys up to its own place; the last query stands beside the last key.
    Past,
}

impl Attention {
    /// Heads whose queries see no later key: for a language model.
    pub const fn causal(heads: usize) -> Self {
        Self {
            heads,
            kv_heads: heads,
            sees: Sees::Past,
        }
    }

    /// Heads whose queries see every key.
    pub const fn full(heads: usize) -> Self {
        Self {
            heads,
            kv_heads: heads,
            sees: Sees::All,
        }
    }

    /// The same with fewer key and value heads, each read by several query heads.
    pub const fn with_kv_heads(self, kv_heads: usize) -> Self {
        Self { kv_heads, ..self }
    }
}

impl AttributeType for Sees {
    const VALUES: &'static str = "true or false";
    const EXPECTED: &'static str = "true or false";
    const WRITTEN: &'static str = "[1] or [0]";

    fn to_value(&self) -> AttributeValue {
        AttributeValue::Flag(*self == Self::Past)
    }

    fn from_value(value: &AttributeValue) -> Option<Self> {
        match value {
            AttributeValue::Flag(true) | AttributeValue::Count(1) | AttributeValue::Number(1.0) => Some(Self::Past),
            AttributeValue::Flag(false) | AttributeValue::Count(0) | AttributeValue::Number(0.0) => Some(Self::All),
            _ => None,
        }
    }
}

impl Op for Attention {
    const NAME: &'static str = "attention";
    const MEANING: &'static str = "Scaled dot-product attention with several heads.";
    const SHAPES: &'static str = "[B, Tq, H D], [B, Tk, KV D], [B, Tk, KV D], [B, Tk] -> [B, Tq, H D]";
    const FORWARD: Equations = &[
        ("s", "if mask then q @ k.T / sqrt(D) + M else -inf"),
        ("p", "softmax(s, over k)"),
        ("y", "p @ v"),
    ];
    const BACKWARD: Equations = &[
        ("g_v", "p.T @ g_y"),
        ("g_p", "g_y @ v.T"),
        ("g_s", "p * (g_p - sum(g_p * p, over k))"),
        ("g_q", "g_s @ k / sqrt(D)"),
        ("g_k", "g_s.T @ q / sqrt(D)"),
    ];
    const OPERANDS: &'static [Operand] = &[
        Operand::real("q", "the queries of all heads"),
        Operand::real("k", "the keys"),
        Operand::real("v", "the values"),
        Operand::mask("mask", "for each key, whether it may be seen at all").optional(),
    ];
    const KEEPS: Keeps = Keeps::INPUTS;

    attributes! {
        heads: usize, "query heads, H";
        kv_heads: usize, "key and value heads, KV, which divides H";
        sees as "causal": Sees, "whether a query sees only keys up to its own place; the last query sees the last key";
    }

    fn shape(&self, x: &[Shape]) -> Result<Shape, ShapeError> {
        let Self { heads, kv_heads, sees } = *self;
        if kv_heads == 0 || heads == 0 || !heads.is_multiple_of(kv_heads) {
            return Err(ShapeError::new(format!(
                "the {kv_heads} key/value heads must divide the {heads} query heads"
            )));
        }
        let [q, k, v] = [x[0], x[1], x[2]];
        let dim = q.last() / heads;
        let queries_fit = q.rank() == 3 && dim > 0 && q.size(2) == heads * dim;
        let keys_fit = queries_fit && k == v && k.rank() == 3 && k.size(0) == q.size(0) && k.size(2) == kv_heads * dim;
        if !keys_fit {
            return Err(ShapeError::new(format!(
                "q needs the axes [B, Tq, H·D], k and v [B, Tk, KV·D], with H = {heads} and KV = {kv_heads} heads of \
                 one width D"
            )));
        }
        if x.get(3).is_some_and(|&mask| mask != k.remove(2)) {
            return Err(ShapeError::new(
                "the mask needs the axes [B, Tk]: one yes or no for each key",
            ));
        }
        if sees == Sees::Past && q.size(1) > k.size(1) {
            return Err(ShapeError::new(format!(
                "{} queries aligned at the end with {} keys: the first ones come before every key and would see none",
                q.size(1),
                k.size(1)
            )));
        }
        Ok(q)
    }

    fn notes(&self, x: &[Shape]) -> usize {
        self.sizes(x).notes_len()
    }

    fn admits<T: Real>(&self, x: Inputs<'_, T>) -> Result<(), ValueError> {
        let sizes = self.sizes(x.shapes());
        match sizes.blind_query(x.get(3)) {
            None => Ok(()),
            Some((b, i)) => Err(ValueError::new(format!(
                "query {i} of sequence {b} may see none of the {} keys before it: all are masked, and a softmax over \
                 nothing does not exist; let the mask show it at least one key",
                sizes.keys_seen(i)
            ))),
        }
    }

    fn forward<T: Real>(&self, x: Inputs<'_, T>, y: &mut [T], notes: &mut [T]) {
        let sizes = self.sizes(x.shapes());
        with_scratch(sizes.scratch_len(), |scratch| {
            T::attention(sizes, operands(x), y, notes, scratch);
        });
    }

    fn backward<T: Real>(&self, at: Saved<'_, T>, g_y: &[T], g_x: &mut InGradients<'_, T>) {
        let sizes = self.sizes(at.x.shapes());
        let [g_q, g_k, g_v] = g_x.each();
        let gradients = AttentionGradients { g_q, g_k, g_v };
        with_scratch(sizes.backward_scratch_len(), |scratch| {
            T::attention_backward(sizes, operands(at.x), at.notes, g_y, gradients, scratch);
        });
    }

    fn flops(&self, x: &[Shape]) -> Flops {
        let sizes = self.sizes(x);
        let pairs: usize = (0..sizes.queries).map(|i| sizes.keys_seen(i)).sum();
        let each = sizes.batch * sizes.heads * pairs;
        Flops::new((4 * sizes.head_dim + 4) * each, (10 * sizes.head_dim + 6) * each)
    }

    fn sample(draw: &mut Draw) -> Sample<Self> {
        let (kv_heads, group) = (1 + draw.below(2), 1 + draw.below(2));
        let sees = draw.one_of(&[Sees::All, Sees::Past]);
        let op = Self {
            heads: kv_heads * group,
            kv_heads,
            sees,
        };
        let [batch, queries, dim] = [draw.size(), draw.size(), 1 + draw.below(3)];
        let keys = if sees == Sees::Past {
            queries + draw.below(3)
        } else {
            draw.size_nonzero()
        };
        let q = draw.normal(Shape::new(&[batch, queries, op.heads * dim]));
        let [k, v] = [(); 2].map(|()| draw.normal(Shape::new(&[batch, keys, kv_heads * dim])));
        // Each sequence keeps one key that every query may see.
        let always = if sees == Sees::Past { keys - queries } else { keys - 1 };
        let mask = draw.coin().then(|| {
            let mut mask = draw.mask(Shape::new(&[batch, keys]));
            for mut keys in mask.rows_mut() {
                if let Some(key) = keys.get_mut(draw.below(always + 1)) {
                    *key = 1.0;
                }
            }
            mask
        });
        Sample::new(op, [q, k, v].into_iter().chain(mask).collect::<Vec<_>>())
    }
}

impl Fused for Attention {
    fn composite<'t>(&self, x: &[Var<'t>]) -> Var<'t> {
        let AttentionSizes {
            batch,
            queries,
            keys,
            heads,
            kv_heads,
            head_dim,
            ..
        } = self.sizes(&shapes(x));
        let q = x[0].reshape([batch, queries, heads, head_dim]).permute(&[0, 2, 1, 3]);
        // Each key/value head is repeated for the query heads that read it.
        let group = heads / kv_heads;
        let [k, v] = [x[1], x[2]].map(|x| {
            let repeated = x.reshape([batch, keys, kv_heads, 1, head_dim]);
            let repeated = repeated.broadcast_to([batch, keys, kv_heads, group, head_dim]);
            repeated.reshape([batch, keys, heads, head_dim]).permute(&[0, 2, 1, 3])
        });
        let s = q.matmul(k.t()) / (head_dim as f64).sqrt();
        let s = match self.sees {
            Sees::All => s,
            Sees::Past => s + s.causal_mask(queries, keys),
        };
        let s = x.get(3).map_or(s, |mask| {
            let keys_seen = mask.reshape([batch, 1, 1, keys]);
            where_(keys_seen, s, s.constant(f64::NEG_INFINITY))
        });
        let y = softmax(s, -1).matmul(v);
        y.permute(&[0, 2, 1, 3]).reshape([batch, queries, heads * head_dim])
    }
}

impl Attention {
    fn sizes(&self, x: &[Shape]) -> AttentionSizes {
        AttentionSizes {
            batch: x[0].size(0),
            queries: x[0].size(1),
            keys: x[1].size(1),
            heads: self.heads,
            kv_heads: self.kv_heads,
            head_dim: x[0].size(2) / self.heads,
            causal: self.sees == Sees::Past,
        }
    }
}

fn shapes(x: &[Var<'_>]) -> Vec<Shape> {
    x.iter().map(|x| x.shape()).collect()
}

fn operands<T>(x: Inputs<'_, T>) -> AttentionInputs<'_, T> {
    AttentionInputs {
        q: x.value(0),
        k: x.value(1),
        v: x.value(2),
        mask: x.get(3),
    }
}
