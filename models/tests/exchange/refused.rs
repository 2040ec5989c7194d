//! What no model here can follow is refused by the field that says it; damaged files by their place.

use super::copy;
use serde_json::{Value, json};
use tapegrad_models::exchange::{ExportOptions, ImportOptions, describe, export, import};
use tapegrad_models::layers::{Activation, NormKind};
use tapegrad_models::neural::Training;
use tapegrad_models::planner::presets::Family;
use tapegrad_models::tokenizer::{CharTokenizer, Tokenizer};
use tapegrad_models::train::{ModelName, Recipe};
use tapegrad_models::{Architecture, Model, ModelConfig};

fn stored(name: &str) -> Value {
    let text = std::fs::read_to_string(super::folder(name).join("config.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn settings_that_cannot_be_followed_are_refused_by_their_names() {
    let mut told = String::new();
    let mut refuse = |name: &str, field: &str, value: Value| {
        let mut config = stored(name);
        config[field] = value;
        let error = describe(&config.to_string(), ImportOptions::default()).unwrap_err();
        assert!(
            error.place.contains(field) || error.what.contains(field),
            "{field}: {error}"
        );
        told += &format!("{error}\n");
    };
    for (field, value) in [
        ("model_type", json!("mamba")),
        ("activation_function", json!("quick_gelu")),
        ("scale_attn_weights", json!(false)),
        ("scale_attn_by_inverse_layer_idx", json!(true)),
        ("add_cross_attention", json!(true)),
        ("n_embd", json!(-4)),
        ("n_layer", json!(1_u64 << 60)),
        ("quantization_config", json!({"bits": 4})),
    ] {
        refuse("gpt2", field, value);
    }
    for (field, value) in [
        ("hidden_act", json!("relu")),
        ("attention_bias", json!(true)),
        ("rope_scaling", json!({"rope_type": "llama3", "factor": 8.0})),
        ("rope_parameters", json!({"rope_type": "yarn"})),
        ("rope_parameters", json!({"partial_rotary_factor": 0.5})),
        ("rope_parameters", json!({"rope_theta": 1.0})),
        ("hidden_size", Value::Null),
    ] {
        refuse("llama_one_key", field, value);
    }
    // This one is told by the name of the switch.
    let mut config = stored("llama_one_key");
    config["num_key_value_heads"] = json!(2);
    told += &format!(
        "{}\n",
        describe(&config.to_string(), ImportOptions::default()).unwrap_err()
    );
    insta::assert_snapshot!(told);
}

/// A checkpoint whose header was changed, and what is said of it.
fn refusal(change: impl Fn(&str) -> String) -> String {
    let place = copy("gpt2");
    let path = place.path().join("model.safetensors");
    let bytes = std::fs::read(&path).unwrap();
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let header = change(std::str::from_utf8(&bytes[8..8 + length]).unwrap());
    let mut changed = (header.len() as u64).to_le_bytes().to_vec();
    changed.extend(header.bytes());
    changed.extend(&bytes[8 + length..]);
    std::fs::write(&path, changed).unwrap();
    let error = import(place.path(), ImportOptions::default()).unwrap_err().to_string();
    error.replace(&place.path().display().to_string(), "DIR")
}

#[test]
fn headers_that_lie_are_refused_at_their_place() {
    let first = r#"[31,12],"data_offsets":["#;
    let mut told = String::new();
    for (from, to) in [
        (first, r#"[4294967296,4294967296],"data_offsets":["#),
        (first, r#"[9223372036854775807,12],"data_offsets":["#),
        (first, r#"[31,13],"data_offsets":["#),
        (first, r#"[31,12],"shape":[1],"data_offsets":["#),
        (r#""dtype":"F32""#, r#""dtype":"F31""#),
        (r#""dtype":"F32""#, r#""dtype":"I32""#),
        (r#"{"dtype":"F32""#, r#"{"type":1,"dtype":"F32""#),
        ("transformer.ln_f.bias", "transformer.ln_f.weight"),
        ("transformer.ln_f.bias", "transformer.ln_f.bia"),
        ("transformer.ln_f.bias", "ln_f.weight"),
        ("}}", "}"),
    ] {
        let sentence = refusal(|header| {
            assert!(header.contains(from), "{from} is in no header");
            header.replacen(from, to, 1)
        });
        told += &format!("{sentence}\n");
    }
    insta::assert_snapshot!(told);
}

#[test]
fn files_that_are_cut_off_or_hold_no_number_are_refused() {
    let mut told = String::new();
    let mut damaged = |change: &dyn Fn(&mut Vec<u8>)| {
        let place = copy("gpt2");
        let path = place.path().join("model.safetensors");
        let mut bytes = std::fs::read(&path).unwrap();
        change(&mut bytes);
        std::fs::write(&path, bytes).unwrap();
        let error = import(place.path(), ImportOptions::default()).unwrap_err().to_string();
        told += &format!("{}\n", error.replace(&place.path().display().to_string(), "DIR"));
    };
    damaged(&|bytes| bytes.truncate(5));
    damaged(&|bytes| bytes.truncate(100));
    damaged(&|bytes| bytes.truncate(20_000));
    damaged(&|bytes| bytes.push(0));
    damaged(&|bytes| bytes[..8].copy_from_slice(&u64::MAX.to_le_bytes()));
    damaged(&|bytes| {
        let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
        let header: Value = serde_json::from_slice(&bytes[8..8 + length]).unwrap();
        let table = header["transformer.wte.weight"]["data_offsets"][0].as_u64().unwrap() as usize;
        let third = 8 + length + table + 4 * (2 * 12 + 5);
        bytes[third..third + 4].copy_from_slice(&f32::NAN.to_le_bytes());
    });
    let place = tempfile::tempdir().unwrap();
    let error = import(place.path(), ImportOptions::default()).unwrap_err().to_string();
    told += &format!("{}\n", error.replace(&place.path().display().to_string(), "DIR"));
    std::fs::write(place.path().join("config.json"), stored("gpt2").to_string()).unwrap();
    let error = import(place.path(), ImportOptions::default()).unwrap_err().to_string();
    told += &format!("{}\n", error.replace(&place.path().display().to_string(), "DIR"));
    insta::assert_snapshot!(told);
}

#[test]
fn an_index_that_does_not_fit_its_files_is_refused() {
    let mut told = String::new();
    let mut indexed = |change: &dyn Fn(&mut Value)| {
        let place = copy("llama_grouped");
        let path = place.path().join("model.safetensors.index.json");
        let mut index: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        change(&mut index["weight_map"]);
        std::fs::write(&path, index.to_string()).unwrap();
        let error = import(place.path(), ImportOptions::default()).unwrap_err().to_string();
        told += &format!("{}\n", error.replace(&place.path().display().to_string(), "DIR"));
    };
    indexed(&|map| map["model.norm.weight"] = json!("../other.safetensors"));
    indexed(&|map| map["model.norm.weight"] = json!("missing.safetensors"));
    indexed(&|map| map["model.norm.weight"] = json!("model-00001-of-00002.safetensors"));
    indexed(&|map| drop(map.as_object_mut().unwrap().remove("model.norm.weight")));
    insta::assert_snapshot!(told);
}

#[test]
fn a_model_that_is_neither_gpt_2_nor_llama_is_not_exported() {
    let tokenizer = Tokenizer::Char(CharTokenizer::train("abc"));
    let mut told = String::new();
    let gpt_2 = Architecture::GPT_2;
    for architecture in [
        Architecture {
            norm: NormKind::Rms,
            ..gpt_2
        },
        Architecture {
            activation: Activation::Swiglu,
            ..gpt_2
        },
        Architecture {
            window: Some(3),
            ..gpt_2
        },
        Family::Palm.architecture(2, 8),
    ] {
        let mut model = Family::Gpt2.model(1, 2, 8);
        if let ModelConfig::Transformer { architecture: own, .. } = &mut model {
            *own = architecture;
        }
        let recipe = Recipe {
            model: model.clone(),
            block: 4,
            ..Recipe::for_text(ModelName::Transformer, "none".into())
        };
        let made = Model::new(
            &model,
            (tokenizer.vocabulary().size(), Vec::new()),
            4,
            Training::PLAIN,
            1,
        )
        .unwrap();
        let place = tempfile::tempdir().unwrap();
        let parts = (&made, &recipe, &tokenizer);
        let error = export(place.path(), place.path(), parts, ExportOptions::default()).unwrap_err();
        told += &format!("{error}\n");
    }
    insta::assert_snapshot!(told);
}
