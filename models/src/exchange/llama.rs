//! Llama as Hugging Face's files have it: the fields of its `config.json` and the names of its arrays.
//!
//! The older spelling of rotary positions is `rope_theta` beside `rope_scaling`, the newer one `rope_parameters`; both are
//! read and both are written. Source: Touvron et al. 2023; `LlamaConfig` and `LlamaForCausalLM` of `transformers`.

use super::slot::Slot;
use crate::fields::{Fields, Read};
use crate::layers::architecture::{Architecture, Flow, Placement, Positions, RotaryPairs};
use crate::layers::{Activation, Bias, NormKind};
use crate::transformer_lm::{TransformerConfig, Tying};
use serde_json::{Value, json};
use tapegrad_core::ParamList;

/// What the names of arrays may begin with.
pub const PREFIX: &str = "model.";

/// The activations of the gate, by the names of the configuration; the first of several is written.
const ACTIVATIONS: [(&str, Activation); 3] = [
    ("silu", Activation::Swiglu),
    ("swish", Activation::Swiglu),
    ("gelu", Activation::Geglu),
];

/// The base of the angles where a file says none.
const BASE: f64 = 10_000.0;

/// True for what older files hold beside the parameters: the speeds of the angles.
pub fn is_buffer(name: &str) -> bool {
    let place = name.strip_prefix("layers.").and_then(|rest| rest.split_once('.'));
    let is_layer = place.is_some_and(|(layer, _)| layer.bytes().all(|byte| byte.is_ascii_digit()));
    is_layer && place.is_some_and(|(_, name)| name == "self_attn.rotary_emb.inv_freq")
}

/// The model that a `config.json` describes; notes go to `notices`.
///
/// **Errors** with the field that no model here can follow.
pub fn read(fields: &mut Fields<'_>, notices: &mut Vec<String>) -> Read<TransformerConfig> {
    let name = fields.optional_text("hidden_act")?.unwrap_or("silu");
    let activation = super::activation(fields, "hidden_act", name, &ACTIVATIONS)?;
    let [attention, mlp] = [fields.flag("attention_bias", false)?, fields.flag("mlp_bias", false)?];
    if attention != mlp {
        let what =
            format!("it is {mlp} and `attention_bias` is {attention}; here all linear layers have a bias or none has");
        return Err(fields.error("mlp_bias", what));
    }
    if fields.optional_number("attention_dropout")?.unwrap_or(0.0) != 0.0 {
        notices.push("training drops no attention scores: `attention_dropout` is not followed".into());
    }
    // In how many parts the matrices were multiplied: the same result.
    fields.optional_count("pretraining_tp")?;
    let [width, heads, layers] = [
        super::size(fields, "hidden_size")?,
        super::size(fields, "num_attention_heads")?,
        super::size(fields, "num_hidden_layers")?,
    ];
    let keys = super::optional_size(fields, "num_key_value_heads")?;
    let head = super::optional_size(fields, "head_dim")?;
    let inner = super::size(fields, "intermediate_size")?;
    Ok(TransformerConfig {
        vocabulary: super::size(fields, "vocab_size")?,
        block: super::optional_size(fields, "max_position_embeddings")?.unwrap_or(2048),
        layers,
        heads,
        width,
        bias: if attention { Bias::With } else { Bias::Without },
        tying: super::tying(fields, false)?,
        architecture: Architecture {
            norm: NormKind::Rms,
            positions: Positions::Rotary,
            key_value_heads: keys.filter(|&keys| keys != heads),
            activation,
            mlp_ratio: inner as f64 / width as f64,
            head_width: head.filter(|&head| head.saturating_mul(heads) != width),
            norm_epsilon: fields.optional_number("rms_norm_eps")?.unwrap_or(1e-6),
            rotary_base: rotary_base(fields)?,
            rotary_pairs: RotaryPairs::Halves,
            ..Architecture::GPT_2
        },
    })
}

/// The base of the angles, in the older and the newer spelling.
fn rotary_base(fields: &mut Fields<'_>) -> Read<f64> {
    let older = fields.optional_number("rope_theta")?;
    if let Some(scaling) = fields.optional("rope_scaling") {
        let mut scaling = Fields::of(scaling, fields.at("rope_scaling"))?;
        plain(&mut scaling)?;
    }
    let Some(newer) = fields.optional("rope_parameters") else {
        return Ok(older.unwrap_or(BASE));
    };
    let mut parameters = Fields::of(newer, fields.at("rope_parameters"))?;
    plain(&mut parameters)?;
    if parameters.optional_number("partial_rotary_factor")?.unwrap_or(1.0) != 1.0 {
        let what = "rotary positions that leave some channels as they are are not known here; it must be 1";
        return Err(parameters.error("partial_rotary_factor", what));
    }
    let newer = parameters.optional_number("rope_theta")?;
    match (older, newer) {
        (Some(older), Some(newer)) if older != newer => {
            let what = format!("it is {older} here and {newer} in `rope_parameters`; remove the one that is wrong");
            Err(fields.error("rope_theta", what))
        }
        _ => Ok(newer.or(older).unwrap_or(BASE)),
    }
}

/// An error unless the angles are those of the paper.
fn plain(fields: &mut Fields<'_>) -> Read<()> {
    for name in ["rope_type", "type"] {
        let kind = fields.optional_text(name)?.unwrap_or("default");
        if kind != "default" {
            let kind = kind.escape_debug();
            let what = format!("angles of the kind `{kind}` are not known here; known is `default`");
            return Err(fields.error(name, what));
        }
    }
    Ok(())
}

/// Why a model is no Llama: the switch that differs.
pub fn unlike(config: &TransformerConfig) -> Option<&'static str> {
    let a = &config.architecture;
    let is_known = ACTIVATIONS.iter().any(|(_, known)| *known == a.activation);
    let different = [
        ("norm", a.norm != NormKind::Rms),
        ("positions", a.positions != Positions::Rotary),
        ("window", a.window.is_some()),
        ("placement", a.placement != Placement::Pre),
        ("flow", a.flow != Flow::Sequential),
        ("activation", !is_known),
        ("qk_norm", a.qk_norm),
        ("residual", !a.residual),
    ];
    different.into_iter().find(|(_, is)| *is).map(|(name, _)| name)
}

/// The fields of a `config.json`.
pub fn fields(config: &TransformerConfig) -> Value {
    let a = &config.architecture;
    let activation = ACTIVATIONS.iter().find(|(_, known)| *known == a.activation);
    let has_bias = config.bias == Bias::With;
    json!({
        "model_type": "llama",
        "architectures": ["LlamaForCausalLM"],
        "vocab_size": config.vocabulary,
        "max_position_embeddings": config.block,
        "hidden_size": config.width,
        "intermediate_size": a.inner(config.width),
        "num_hidden_layers": config.layers,
        "num_attention_heads": config.heads,
        "num_key_value_heads": a.key_value_heads(config.heads),
        "head_dim": a.head(config.heads, config.width),
        "hidden_act": activation.map(|(name, _)| name),
        "rms_norm_eps": a.norm_epsilon,
        "attention_bias": has_bias,
        "mlp_bias": has_bias,
        "attention_dropout": 0.0,
        "rope_theta": a.rotary_base,
        "rope_scaling": null,
        "rope_parameters": {"rope_theta": a.rotary_base, "rope_type": "default"},
        "tie_word_embeddings": config.tying == Tying::Tied,
    })
}

/// Where each parameter lies.
///
/// The files have rotary pairs of halves; the rows of queries and keys of a model with neighbours are reordered.
pub fn slots(config: &TransformerConfig, list: &ParamList) -> Vec<Slot> {
    let (a, c) = (&config.architecture, config.width);
    let (head, inner) = (a.head(config.heads, c), a.inner(c));
    let [queries, keys] = [config.heads, a.key_value_heads(config.heads)].map(|heads| heads * head);
    let halved = (a.rotary_pairs == RotaryPairs::Neighbours).then_some(head);
    let mut all = vec![Slot::whole("tokens", "embed_tokens.weight", &[config.vocabulary, c])];
    for layer in 0..config.layers {
        let (own, theirs) = (format!("block{}", layer + 1), format!("layers.{layer}"));
        let norm = |own_name: &str, name: &str| {
            Slot::whole(
                format!("{own}.{own_name}.gamma"),
                format!("{theirs}.{name}.weight"),
                &[c],
            )
        };
        let linear = |own_name: &str, name: &str, [inputs, outputs]: [usize; 2], halved: Option<usize>| {
            let (own, theirs) = (format!("{own}.{own_name}"), format!("{theirs}.{name}"));
            let w = Slot::whole(format!("{own}.w"), format!("{theirs}.weight"), &[outputs, inputs]);
            let bias = format!("{own}.b");
            let b = list
                .find(&bias)
                .map(|_| Slot::whole(bias, format!("{theirs}.bias"), &[outputs]));
            std::iter::once(w).chain(b).map(move |slot| slot.with_halves(halved))
        };
        all.push(norm("norm_1", "input_layernorm"));
        all.extend(linear("attention.q", "self_attn.q_proj", [c, queries], halved));
        all.extend(linear("attention.k", "self_attn.k_proj", [c, keys], halved));
        all.extend(linear("attention.v", "self_attn.v_proj", [c, keys], None));
        all.extend(linear("attention.o", "self_attn.o_proj", [queries, c], None));
        all.push(norm("norm_2", "post_attention_layernorm"));
        all.extend(linear("feed_forward.gate", "mlp.gate_proj", [c, inner], None));
        all.extend(linear("feed_forward.fc_1", "mlp.up_proj", [c, inner], None));
        all.extend(linear("feed_forward.fc_2", "mlp.down_proj", [inner, c], None));
    }
    all.push(Slot::whole("norm.gamma", "norm.weight", &[c]));
    if config.tying == Tying::Untied {
        all.push(Slot::whole("head.w", super::HEAD, &[config.vocabulary, c]));
    }
    all
}
