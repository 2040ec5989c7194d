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
//! query against cached keys sees them all; in the formula, `M` is 0 where the places allow a look, else `-∞`.
//!
//! What models add to this:
//! - `scale` in place of `1/√D`;
//! - a `bias` on the scores before the softmax (positions as slopes or tables); where it is `-∞`, the key is not seen;
//! - a `mask` of each key (padding), or of each query and key;
//! - a `window`: a query sees that many keys up to its own place, and, if it may look ahead, as many from there on;
//! - a `cap` that bends the scores to lie between `-cap` and `cap`, `s = cap tanh(z / cap)`, before the bias;
//! - a `sink` for each head, one more score in the softmax that has no value, so the weights may sum to less than 1;
//! - values of another width than the keys.
//!
//! **Shapes**: `q: [B, Tq, H·D]`, `k: [B, Tk, KV·D]`, `v: [B, Tk, KV·E]` → `y: [B, Tq, H·E]`. The mask is `[B, Tk]` or
//! `[B, Tq, Tk]`, with sizes of 1 that repeat, or one number; the bias broadcasts to `[B, H, Tq, Tk]`; the sink is `[H]`.
//! These three may be left out; to give a later one without an earlier, the mask is the number 1, the bias the number 0.
//! Cost: `4 D` a query head and visible pair forward, `10 D` backward. The notes are `log Σ e^s` of each query and
//! head; the weights `p`, which would be `B H Tq Tk` numbers, are computed again.
//! Subtle: a query that may see no key has no softmax (`0/0`); this is an error with the query's place, never NaN.
//! Where such queries are expected, as in a causal batch padded on the left, `blind_zero` gives them 0 and no
//! gradient. With a sink there are none.
//! Source: Vaswani et al., "Attention Is All You Need" (2017), equation 1; deck S1, attention in matrix form;
//! fewer key/value heads: Ainslie et al., "GQA" (2023); recomputation: Dao et al., "FlashAttention" (2022);
//! bias: Press et al., "ALiBi" (2022); window: Beltagy et al., "Longformer" (2020); cap: Gemma Team, "Gemma 2" (2024);
//! sink: Xiao et al., "Efficient Streaming Language Models with Attention Sinks" (2024), section 3.3.

mod composite;
mod draw;
mod general;
mod heads;

use smallvec::{SmallVec, smallvec};

use crate::kernels::{AttentionGradients, AttentionInputs, AttentionSizes};
use crate::op::prelude::*;
use crate::ops::scratch::with_scratch;
use general::{General, mask_of_pairs};
pub use heads::{Attention, Blind, Sees};

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
    let beside = Beside {
        mask,
        ..Beside::default()
    };
    attention_with(q, k, v, beside, attention)
}

/// What an attention reads besides queries, keys and values.
#[derive(Clone, Copy, Debug, Default)]
pub struct Beside<'t> {
    /// Which keys may be seen, `[B, Tk]`, or by which query, `[B, Tq, Tk]`; sizes of 1 repeat.
    pub mask: Option<Var<'t>>,
    /// What is added to the scores; it broadcasts to `[B, H, Tq, Tk]`.
    pub bias: Option<Var<'t>>,
    /// One more score for each head, `[H]`, that takes weight and has no value.
    pub sink: Option<Var<'t>>,
}

/// [`attention`] with a mask of pairs, a bias on the scores, or a sink.
///
/// **Panics** if the shapes do not fit, or a query may see no key and [`Blind::Zero`] is not asked for.
#[track_caller]
pub fn attention_with<'t>(q: Var<'t>, k: Var<'t>, v: Var<'t>, beside: Beside<'t>, attention: Attention) -> Var<'t> {
    let Beside { mask, bias, sink } = beside;
    let mut x: SmallVec<[Var<'t>; 6]> = smallvec![q, k, v];
    if mask.is_some() || bias.is_some() || sink.is_some() {
        x.push(mask.unwrap_or_else(|| q.constant(1.0)));
    }
    if bias.is_some() || sink.is_some() {
        x.push(bias.unwrap_or_else(|| q.constant(0.0)));
    }
    x.extend(sink);
    Var::record(attention, &x)
}

impl Op for Attention {
    const NAME: &'static str = "attention";
    const MEANING: &'static str = "Scaled dot-product attention with several heads.";
    const SHAPES: &'static str = "[B, Tq, H D], [B, Tk, KV D], [B, Tk, KV E], [B, Tk] or [B, Tq, Tk], [B, H, Tq, Tk], \
                                  [H] -> [B, Tq, H E]";
    const FORWARD: Equations = &[
        ("z", "scale * q @ k.T"),
        ("s", "if mask then cap * tanh(z / cap) + bias + M else -inf"),
        ("p", "exp(s) / (sum(exp(s), over k) + exp(sink))"),
        ("y", "p @ v"),
    ];
    const BACKWARD: Equations = &[
        ("g_v", "p.T @ g_y"),
        ("g_p", "g_y @ v.T"),
        ("m", "sum(g_p * p, over k)"),
        ("g_s", "p * (g_p - m)"),
        ("g_bias", "g_s"),
        ("g_sink", "-sum((1 - sum(p, over k)) * m, over q)"),
        ("g_z", "g_s * (1 - tanh(z / cap)^2)"),
        ("g_q", "scale * g_z @ k"),
        ("g_k", "scale * g_z.T @ q"),
    ];
    const OPERANDS: &'static [Operand] = &[
        Operand::real("q", "the queries of all heads"),
        Operand::real("k", "the keys"),
        Operand::real("v", "the values"),
        Operand::mask(
            "mask",
            "for each key, or each query and key, whether it may be seen; 1 for all",
        )
        .optional(),
        Operand::real("bias", "what is added to the scores; 0 for nothing").optional(),
        Operand::real("sink", "one more score for each head, without a value").optional(),
    ];
    const KEEPS: Keeps = Keeps::INPUTS;

    attributes! {
        heads: usize, "query heads, H";
        kv_heads: usize, "key and value heads, KV, which divides H";
        sees as "causal": Sees, "whether a query sees only keys up to its own place; the last query sees the last key";
        scale: Option<f64>, "the factor of the scores; 1 / sqrt(D) if left out";
        window: Option<usize>, "how many keys up to its own place a query sees, and from there on if not causal";
        cap: Option<f64>, "the size that no score exceeds: cap * tanh(z / cap)";
        blind as "blind_zero": Blind, "whether a query that may see no key gets 0, and is no error";
    }

    fn shape(&self, x: &[Shape]) -> Result<Shape, ShapeError> {
        self.check_attributes()?;
        let Self { heads, kv_heads, .. } = *self;
        let [q, k, v] = [x[0], x[1], x[2]];
        let dim = q.last() / heads;
        let queries_fit = q.rank() == 3 && dim > 0 && q.size(2) == heads * dim;
        let keys_fit = queries_fit && k.rank() == 3 && k.size(0) == q.size(0) && k.size(2) == kv_heads * dim;
        let values_fit = keys_fit && v == k.with_size(2, v.last()) && v.last() > 0 && v.last().is_multiple_of(kv_heads);
        if !values_fit {
            return Err(ShapeError::new(format!(
                "q needs the axes [B, Tq, H·D], k [B, Tk, KV·D] and v [B, Tk, KV·E], with H = {heads} and \
                 KV = {kv_heads} heads of one width"
            )));
        }
        self.check_beside(x)?;
        let may_be_blind = self.blind == Blind::Zero || x.len() > 5;
        if self.sees == Sees::Past && q.size(1) > k.size(1) && !may_be_blind {
            return Err(ShapeError::new(format!(
                "{} queries aligned at the end with {} keys: the first ones come before every key and would see none",
                q.size(1),
                k.size(1)
            )));
        }
        Ok(q.with_size(2, v.last() / kv_heads * heads))
    }

    fn notes(&self, x: &[Shape]) -> usize {
        x[0].size(0) * self.heads * x[0].size(1)
    }

    fn admits<T: Real>(&self, x: Inputs<'_, T>) -> Result<(), ValueError> {
        if self.blind == Blind::Zero || x.len() > 5 {
            return Ok(());
        }
        let (found, before) = match self.plain(x.shapes()) {
            Some(sizes) => {
                let found = sizes.blind_query(x.get(3));
                (found, found.map_or(0, |(_, i)| sizes.keys_seen(i)))
            }
            None => {
                let general = General::new(self, x.shapes());
                let found = general.blind_query(x);
                let seen = found.map_or(0, |[.., i]| general.places(i).len());
                (found.map(|[b, _, i]| (b, i)), seen)
            }
        };
        match found {
            None => Ok(()),
            Some((b, i)) => Err(ValueError::new(format!(
                "query {i} of sequence {b} may see none of the {before} keys before it: all are masked, and a softmax \
                 over nothing does not exist; let the mask show it at least one key, or ask for 0 with blind_zero"
            ))),
        }
    }

    fn forward<T: Real>(&self, x: Inputs<'_, T>, y: &mut [T], notes: &mut [T]) {
        let Some(sizes) = self.plain(x.shapes()) else {
            let general = General::new(self, x.shapes());
            return with_scratch(general.room_len(), |room| general.forward(x, y, notes, room));
        };
        with_scratch(sizes.scratch_len(), |scratch| {
            T::attention(sizes, operands(x), y, notes, scratch);
        });
    }

    fn backward<T: Real>(&self, at: Saved<'_, T>, g_y: &[T], g_x: &mut InGradients<'_, T>) {
        let Some(sizes) = self.plain(at.x.shapes()) else {
            let general = General::new(self, at.x.shapes());
            return with_scratch(general.room_len(), |room| general.backward(at, g_y, g_x.each(), room));
        };
        let [g_q, g_k, g_v] = g_x.each();
        let gradients = AttentionGradients { g_q, g_k, g_v };
        with_scratch(sizes.backward_scratch_len(), |scratch| {
            T::attention_backward(sizes, operands(at.x), at.notes, g_y, gradients, scratch);
        });
    }

    fn flops(&self, x: &[Shape]) -> Flops {
        let at = General::new(self, x);
        let pairs: usize = (0..at.queries).map(|i| at.places(i).len()).sum();
        let (each, widths) = (at.batch * at.heads * pairs, at.head_dim + at.value_dim);
        Flops::new((2 * widths + 4) * each, (5 * widths + 6) * each)
    }

    fn sample(draw: &mut Draw) -> Sample<Self> {
        draw::sample(draw)
    }
}

impl Attention {
    /// The sizes for the kernel, where it has no option that this does not know.
    fn plain(&self, x: &[Shape]) -> Option<AttentionSizes> {
        let has_options = self.scale.is_some() || self.window.is_some() || self.cap.is_some() || x.len() > 4;
        let [q, k, v] = [x[0], x[1], x[2]];
        let mask_is_plain = x.get(3).is_none_or(|&mask| mask == k.remove(2));
        let places_are_plain = self.sees == Sees::All || q.size(1) <= k.size(1);
        (!has_options && v == k && mask_is_plain && places_are_plain).then(|| AttentionSizes {
            batch: q.size(0),
            queries: q.size(1),
            keys: k.size(1),
            heads: self.heads,
            kv_heads: self.kv_heads,
            head_dim: q.size(2) / self.heads,
            causal: self.sees == Sees::Past,
        })
    }

    fn check_attributes(&self) -> Result<(), ShapeError> {
        let Self { heads, kv_heads, .. } = *self;
        if kv_heads == 0 || heads == 0 || !heads.is_multiple_of(kv_heads) {
            return Err(ShapeError::new(format!(
                "the {kv_heads} key/value heads must divide the {heads} query heads"
            )));
        }
        if let Some(cap) = self.cap.filter(|&cap| !(cap > 0.0 && cap.is_finite())) {
            return Err(ShapeError::new(format!(
                "the cap of the scores must be above 0; it is {cap}"
            )));
        }
        if let Some(scale) = self.scale.filter(|scale| !scale.is_finite()) {
            return Err(ShapeError::new(format!(
                "the scale must be a finite number; it is {scale}"
            )));
        }
        if self.window == Some(0) {
            return Err(ShapeError::new(
                "a window of 0 keys shows nothing; a query's own place is a window of 1",
            ));
        }
        Ok(())
    }

    /// An error unless mask, bias and sink fit the queries and keys.
    fn check_beside(&self, x: &[Shape]) -> Result<(), ShapeError> {
        let full = Shape::new(&[x[0].size(0), self.heads, x[0].size(1), x[1].size(1)]);
        let fits = |shape: Shape, to: Shape| broadcast(&[shape, to]) == Ok(to);
        let of_pairs = |mask: Shape| matches!(mask.rank(), 0 | 2 | 3) && fits(mask_of_pairs(mask), full);
        if x.get(3).is_some_and(|&mask| !of_pairs(mask)) {
            return Err(ShapeError::new(
                "the mask needs the axes [B, Tk], one yes or no for each key, or [B, Tq, Tk], one for each query and \
                 key",
            ));
        }
        if let Some(bias) = x.get(4).filter(|&&bias| !fits(bias, full)) {
            return Err(ShapeError::new(format!(
                "the bias must broadcast to the scores [B, H, Tq, Tk], here {full}; it is {bias}"
            )));
        }
        if let Some(sink) = x.get(5).filter(|&&sink| !fits(sink, Shape::new(&[self.heads]))) {
            return Err(ShapeError::new(format!(
                "the sink needs one number for each of the {} heads; it is {sink}",
                self.heads
            )));
        }
        Ok(())
    }
}

fn operands<T>(x: Inputs<'_, T>) -> AttentionInputs<'_, T> {
    AttentionInputs {
        q: x.value(0),
        k: x.value(1),
        v: x.value(2),
        mask: x.get(3),
    }
}
