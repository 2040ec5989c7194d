//! GPT-2 as Hugging Face's files have it: the fields of its `config.json` and the names of its arrays.
//!
//! Source: Radford et al. 2019; `GPT2Config` and `GPT2LMHeadModel` of the package `transformers`.

use super::slot::Slot;
use crate::fields::{Fields, Read};
use crate::layers::architecture::{Architecture, Flow, Placement, Positions};
use crate::layers::{Activation, Bias, NormKind};
use crate::transformer_lm::{TransformerConfig, Tying};
use serde_json::{Value, json};
use tapegrad_core::ParamList;

/// What the names of arrays may begin with.
pub const PREFIX: &str = "transformer.";

/// The activations that GPT-2 may have, by the names of its configuration; the first of several is written.
const ACTIVATIONS: [(&str, Activation); 7] = [
    ("gelu_new", Activation::GeluTanh),
    ("gelu_pytorch_tanh", Activation::GeluTanh),
    ("gelu", Activation::Gelu),
    ("relu", Activation::Relu),
    ("relu2", Activation::ReluSquared),
    ("silu", Activation::Silu),
    ("swish", Activation::Silu),
];

/// True for what downloaded files hold beside the parameters: the causal mask.
pub fn is_buffer(name: &str) -> bool {
    let place = name.strip_prefix("h.").and_then(|rest| rest.split_once('.'));
    let is_layer = place.is_some_and(|(layer, _)| layer.bytes().all(|byte| byte.is_ascii_digit()));
    is_layer && place.is_some_and(|(_, name)| ["attn.bias", "attn.masked_bias"].contains(&name))
}

/// The model that a `config.json` describes; notes go to `notices`.
///
/// **Errors** with the field that no model here can follow.
pub fn read(fields: &mut Fields<'_>, notices: &mut Vec<String>) -> Read<TransformerConfig> {
    let name = fields.optional_text("activation_function")?.unwrap_or("gelu_new");
    let activation = super::activation(fields, "activation_function", name, &ACTIVATIONS)?;
    for (name, needed, otherwise) in [
        (
            "scale_attn_weights",
            true,
            "scores that are not divided by the root of the width of a head",
        ),
        (
            "scale_attn_by_inverse_layer_idx",
            false,
            "scores that are divided by the number of the layer",
        ),
        ("add_cross_attention", false, "attention to a second sequence"),
    ] {
        if fields.flag(name, needed)? != needed {
            return Err(fields.error(
                name,
                format!("this means {otherwise}, which is not known here; it must be {needed}"),
            ));
        }
    }
    // Another order of the same operations.
    fields.flag("reorder_and_upcast_attn", false)?;
    let [width, heads, layers] = [
        super::size(fields, "n_embd")?,
        super::size(fields, "n_head")?,
        super::size(fields, "n_layer")?,
    ];
    let inner = super::optional_size(fields, "n_inner")?.unwrap_or(4 * width);
    let [dropout, embedding, scores] = ["resid_pdrop", "embd_pdrop", "attn_pdrop"].map(|name| {
        let share = fields.optional_number(name);
        share.map(|share| share.unwrap_or(0.1))
    });
    let (dropout, embedding, scores) = (dropout?, embedding?, scores?);
    if embedding != dropout || scores != 0.0 {
        notices.push(format!(
            "training drops {dropout} of the embeddings and of what each part of a block gives (`resid_pdrop`), and none of \
             the attention scores: `embd_pdrop` {embedding} and `attn_pdrop` {scores} are not followed"
        ));
    }
    Ok(TransformerConfig {
        vocabulary: super::size(fields, "vocab_size")?,
        block: super::size(fields, "n_positions")?,
        layers,
        heads,
        width,
        bias: Bias::With,
        tying: super::tying(fields, true)?,
        architecture: Architecture {
            activation,
            mlp_ratio: inner as f64 / width as f64,
            dropout,
            norm_epsilon: fields.optional_number("layer_norm_epsilon")?.unwrap_or(1e-5),
            ..Architecture::GPT_2
        },
    })
}

/// Why a model is no GPT-2: the switch that differs.
pub fn unlike(config: &TransformerConfig) -> Option<&'static str> {
    let TransformerConfig {
        architecture: a,
        heads,
        width,
        ..
    } = config;
    let is_known = ACTIVATIONS.iter().any(|(_, known)| *known == a.activation);
    let different = [
        ("norm", a.norm == NormKind::Rms),
        ("positions", a.positions != Positions::Learned),
        ("key_value_heads", a.key_value_heads(*heads) != *heads),
        ("window", a.window.is_some()),
        ("placement", a.placement != Placement::Pre),
        ("flow", a.flow != Flow::Sequential),
        ("activation", !is_known),
        ("qk_norm", a.qk_norm),
        ("residual", !a.residual),
        ("head_width", a.head(*heads, *width) * heads != *width),
    ];
    different.into_iter().find(|(_, is)| *is).map(|(name, _)| name)
}

/// The fields of a `config.json`.
pub fn fields(config: &TransformerConfig) -> Value {
    let a = &config.architecture;
    let activation = ACTIVATIONS.iter().find(|(_, known)| *known == a.activation);
    json!({
        "model_type": "gpt2",
        "architectures": ["GPT2LMHeadModel"],
        "vocab_size": config.vocabulary,
        "n_positions": config.block,
        "n_embd": config.width,
        "n_layer": config.layers,
        "n_head": config.heads,
        "n_inner": a.inner(config.width),
        "activation_function": activation.map(|(name, _)| name),
        "layer_norm_epsilon": a.norm_epsilon,
        "resid_pdrop": a.dropout,
        "embd_pdrop": a.dropout,
        "attn_pdrop": 0.0,
        "scale_attn_weights": true,
        "scale_attn_by_inverse_layer_idx": false,
        "add_cross_attention": false,
        "tie_word_embeddings": config.tying == Tying::Tied,
    })
}

/// Where each parameter lies, in a file of so many positions.
///
/// GPT-2 has a bias in every layer and gains in every norm; a model without them has zeros and ones there.
pub fn slots(config: &TransformerConfig, positions: usize, list: &ParamList) -> Vec<Slot> {
    let (c, inner) = (config.width, config.architecture.inner(config.width));
    let slot = |param: String, array: String, shape: &[usize]| {
        let own = list.find(&param).map(|_| param);
        Slot {
            param: own,
            ..Slot::whole("", array, shape)
        }
    };
    let norm = |own: String, theirs: String| {
        [
            slot(format!("{own}.gamma"), format!("{theirs}.weight"), &[c]).or_ones(),
            slot(format!("{own}.beta"), format!("{theirs}.bias"), &[c]),
        ]
    };
    let linear = |own: String, theirs: String, [inputs, outputs]: [usize; 2]| {
        [
            slot(format!("{own}.w"), format!("{theirs}.weight"), &[inputs, outputs]).transposed(),
            slot(format!("{own}.b"), format!("{theirs}.bias"), &[outputs]),
        ]
    };
    let mut all = vec![
        slot("tokens".into(), "wte.weight".into(), &[config.vocabulary, c]),
        slot("positions".into(), "wpe.weight".into(), &[positions, c]),
    ];
    for layer in 0..config.layers {
        let (own, theirs) = (format!("block{}", layer + 1), format!("h.{layer}"));
        all.extend(norm(format!("{own}.norm_1"), format!("{theirs}.ln_1")));
        let parts = ["q", "k", "v"].map(|part| format!("{own}.attention.{part}"));
        let at = |part: usize, kind: &str, array: &str, shape: &[usize]| {
            let slot = slot(
                format!("{}.{kind}", parts[part]),
                format!("{theirs}.attn.c_attn.{array}"),
                shape,
            );
            slot.from(part * c)
        };
        all.extend((0..3).map(|part| at(part, "w", "weight", &[c, 3 * c]).transposed()));
        all.extend((0..3).map(|part| at(part, "b", "bias", &[3 * c])));
        all.extend(linear(
            format!("{own}.attention.o"),
            format!("{theirs}.attn.c_proj"),
            [c, c],
        ));
        all.extend(norm(format!("{own}.norm_2"), format!("{theirs}.ln_2")));
        all.extend(linear(
            format!("{own}.feed_forward.fc_1"),
            format!("{theirs}.mlp.c_fc"),
            [c, inner],
        ));
        all.extend(linear(
            format!("{own}.feed_forward.fc_2"),
            format!("{theirs}.mlp.c_proj"),
            [inner, c],
        ));
    }
    all.extend(norm("norm".into(), "ln_f".into()));
    if config.tying == Tying::Untied {
        all.push(slot("head.w".into(), super::HEAD.into(), &[config.vocabulary, c]));
    }
    all
}
