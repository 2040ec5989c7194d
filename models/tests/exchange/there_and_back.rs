//! Imported and exported again: the same numbers, whatever the spelling of names and settings.

use super::{MODELS, copy, folder, imported};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::path::Path;
use std::process::Command;
use tapegrad_models::exchange::{ExportOptions, ImportOptions, Imported, Written, export, import};
use tapegrad_models::layers::Bias;
use tapegrad_models::neural::Training;
use tapegrad_models::planner::presets::Family;
use tapegrad_models::tokenizer::{CharTokenizer, Tokenizer};
use tapegrad_models::train::{Folder, ModelName, Recipe, Which};
use tapegrad_models::{Model, ModelConfig};

fn weights(model: &Model) -> Vec<f32> {
    let Model::Transformer(neural) = model else {
        panic!("a checkpoint is a Transformer");
    };
    neural.params().values().to_vec()
}

fn exported(imported: &Imported, run: &Path, out: &Path, options: ExportOptions) -> Vec<String> {
    let parts = (&imported.model, &imported.recipe, &imported.tokenizer);
    export(out, run, parts, options).unwrap().files
}

#[test]
fn a_run_that_was_imported_is_opened_again_and_exported_with_the_same_numbers() {
    for name in MODELS {
        let first = imported(&folder(name));
        let place = tempfile::tempdir().unwrap();
        let (run, out) = (place.path().join("run"), place.path().join("out"));
        first.write(&run).unwrap();
        let (opened, recipe, tokenizer) = Folder::open(&run).unwrap();
        let (model, _) = opened.load(Which::Best, &recipe, &tokenizer).unwrap();
        assert_eq!(weights(&model), weights(&first.model), "{name}");
        export(&out, &run, (&model, &recipe, &tokenizer), ExportOptions::default()).unwrap();
        let again = imported(&out);
        assert_eq!(weights(&again.model), weights(&first.model), "{name}");
        assert_eq!(again.config, first.config, "{name}");
        // What the model came with stays, such as the ids of its markers.
        let config: Value = serde_json::from_str(&std::fs::read_to_string(out.join("config.json")).unwrap()).unwrap();
        let before = std::fs::read_to_string(folder(name).join("config.json")).unwrap();
        let before: Value = serde_json::from_str(&before).unwrap();
        for (field, value) in before.as_object().unwrap() {
            // GPT-2 says by `null` that the feed-forward part is four times as wide; numbers are now f32.
            let is_said_anew = ["n_inner", "dtype", "torch_dtype"].contains(&field.as_str());
            assert!(
                is_said_anew || config[field] == *value,
                "{name}: `{field}` was {value} and is {}",
                config[field]
            );
        }
    }
}

#[test]
fn several_files_and_16_bits_hold_the_same_numbers() {
    let first = imported(&folder("llama_one_key"));
    let place = tempfile::tempdir().unwrap();
    let shards = ExportOptions {
        shard: 4000,
        ..ExportOptions::default()
    };
    let files = exported(&first, place.path(), &place.path().join("shards"), shards);
    assert!(
        files.iter().filter(|file| file.starts_with("model-")).count() >= 3,
        "{files:?}"
    );
    assert_eq!(
        weights(&imported(&place.path().join("shards")).model),
        weights(&first.model)
    );
    // The checkpoint is bf16, so it is that again without loss.
    let bf16 = ExportOptions {
        written: Written::Bf16,
        ..ExportOptions::default()
    };
    exported(&first, place.path(), &place.path().join("bf16"), bf16);
    assert_eq!(
        weights(&imported(&place.path().join("bf16")).model),
        weights(&first.model)
    );
    let f16 = ExportOptions {
        written: Written::F16,
        ..ExportOptions::default()
    };
    exported(&first, place.path(), &place.path().join("f16"), f16);
    let rounded = weights(&imported(&place.path().join("f16")).model);
    for (rounded, x) in rounded.into_iter().zip(weights(&first.model)) {
        // Half of the last of 11 places, or of the smallest step of f16.
        assert!(
            (rounded - x).abs() <= x.abs() * 2.0_f32.powi(-11) + 2.0_f32.powi(-25),
            "{x} became {rounded}"
        );
    }
}

/// Rewrites the arrays of a checkpoint that is one file.
fn rewrite(folder: &Path, change: impl Fn(&str) -> Option<String>) {
    let path = folder.join("model.safetensors");
    let bytes = std::fs::read(&path).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let all = tensors.tensors();
    let kept: Vec<(String, TensorView<'_>)> = all
        .iter()
        .filter_map(|(name, view)| Some((change(name)?, view.clone())))
        .collect();
    let bytes = safetensors::serialize(kept, None::<HashMap<String, String>>).unwrap();
    std::fs::write(path, bytes).unwrap();
}

fn configure(folder: &Path, change: impl Fn(&mut Value)) {
    let path = folder.join("config.json");
    let mut config: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    change(&mut config);
    std::fs::write(path, config.to_string()).unwrap();
}

#[test]
fn names_without_a_prefix_and_both_spellings_of_settings_give_the_same_model() {
    for (name, prefix) in [("gpt2", "transformer."), ("llama_one_key", "model.")] {
        let place = copy(name);
        rewrite(place.path(), |name| {
            Some(name.strip_prefix(prefix).unwrap_or(name).to_string())
        });
        configure(place.path(), |config| {
            let dtype = config["torch_dtype"].take();
            config["dtype"] = dtype;
            if name.starts_with("llama") {
                config["rope_parameters"] = json!({"rope_type": "default", "rope_theta": config["rope_theta"].take()});
            }
        });
        let (first, other) = (imported(&folder(name)), imported(place.path()));
        assert_eq!(first.config, other.config, "{name}");
        assert_eq!(weights(&first.model), weights(&other.model), "{name}");
    }
}

#[test]
fn a_copy_of_the_tied_table_is_taken_and_another_one_refused() {
    for (is_copy, expected) in [(true, ""), (false, "tie_word_embeddings")] {
        let place = copy("gpt2");
        let path = place.path().join("model.safetensors");
        let bytes = std::fs::read(&path).unwrap();
        let tensors = SafeTensors::deserialize(&bytes).unwrap();
        let mut all = tensors.tensors();
        let table = tensors.tensor("transformer.wte.weight").unwrap();
        let mut head = table.data().to_vec();
        if !is_copy {
            head[2] ^= 1;
        }
        let view = TensorView::new(Dtype::F32, table.shape().to_vec(), &head).unwrap();
        all.push(("lm_head.weight".to_string(), view));
        let bytes = safetensors::serialize(all, None::<HashMap<String, String>>).unwrap();
        std::fs::write(&path, bytes).unwrap();
        match import(place.path(), ImportOptions::default()) {
            Ok(model) => assert!(is_copy && weights(&model.model) == weights(&imported(&folder("gpt2")).model)),
            Err(error) => assert!(!is_copy && error.to_string().contains(expected), "{error}"),
        }
    }
}

#[test]
fn a_tokenizer_is_carried_along_and_a_smaller_block_cuts_the_positions() {
    let place = copy("gpt2");
    let names: serde_json::Map<String, Value> = (0..30).map(|id| (format!("t{id}"), json!(id))).collect();
    let tokenizer = json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "normalizer": null,
        "pre_tokenizer": {"type": "WhitespaceSplit"}, "post_processor": null, "decoder": null,
        "model": {"type": "WordLevel", "vocab": names, "unk_token": "t0"},
    });
    std::fs::write(place.path().join("tokenizer.json"), tokenizer.to_string()).unwrap();
    let options = ImportOptions { block: Some(7) };
    let cut = import(place.path(), options).unwrap();
    assert!(cut.has_tokenizer);
    assert_eq!(cut.tokenizer.encode("t5 t17 t3"), [5, 17, 3]);
    // The model has one id more than the tokenizer has tokens: it is never predicted.
    assert_eq!(cut.recipe.never_predicted(cut.tokenizer.vocabulary()), [30]);
    let whole = weights(&imported(&folder("gpt2")).model);
    let (ids, width) = (31, 12);
    let table = ids * width;
    assert_eq!(weights(&cut.model)[..table + 7 * width], whole[..table + 7 * width]);
    assert_eq!(weights(&cut.model)[table + 7 * width..], whole[table + 20 * width..]);
    assert_eq!(
        imported(&folder("gpt2")).tokenizer.encode("5 17 3"),
        [5, 17, 3],
        "without one, a text is ids"
    );
}

/// A model of this program with random weights in a recipe.
fn own(family: Family, bias: Bias) -> (Model, Recipe, Tokenizer) {
    let mut model = family.model(2, 4, 16);
    if let ModelConfig::Transformer { bias: own, .. } = &mut model {
        *own = bias;
    }
    let tokenizer = Tokenizer::Char(CharTokenizer::train("the quick brown fox"));
    let recipe = Recipe {
        model,
        block: 8,
        vocabulary: Some(tokenizer.vocabulary().size()),
        ..Recipe::for_text(ModelName::Transformer, "none".into())
    };
    let ids = (tokenizer.vocabulary().size(), Vec::new());
    let mut model = Model::new(&recipe.model, ids, recipe.block, Training::PLAIN, 3).unwrap();
    if let Model::Transformer(neural) = &mut model {
        let values = neural.params_and_optimizer_mut().0.values_mut();
        values
            .iter_mut()
            .zip(0..)
            .for_each(|(x, at): (_, u32)| *x += (at as f32).sin() / 5.0);
    }
    (model, recipe, tokenizer)
}

/// What a model without biases is to GPT-2, and rotary pairs of neighbours are to Llama: other numbers, the same result.
#[test]
fn a_model_that_was_trained_here_has_the_same_losses_when_it_comes_back() {
    use tapegrad_models::corpus::Batch;
    for (family, bias) in [
        (Family::Gpt2, Bias::With),
        (Family::Gpt2, Bias::Without),
        (Family::Gpt2, Bias::Norms),
        (Family::Llama2, Bias::Without),
        (Family::Llama2, Bias::With),
    ] {
        let (model, recipe, tokenizer) = own(family, bias);
        let place = tempfile::tempdir().unwrap();
        let out = place.path().join("out");
        export(
            &out,
            place.path(),
            (&model, &recipe, &tokenizer),
            ExportOptions::default(),
        )
        .unwrap();
        let back = imported(&out);
        let batch = Batch::new(8, (1..9).collect(), (2..10).collect());
        let losses = |model: &Model| -> Vec<f64> { model.language_model().any_log_probs(&batch).iter().collect() };
        let differ = super::apart(&losses(&model), &losses(&back.model));
        // A sum in another order.
        assert!(differ < 1e-5, "{family:?} {bias:?}: {differ:.1e}");
    }
}

#[test]
fn the_library_reads_what_is_exported() {
    let python = std::env::var("TAPEGRAD_PYTHON").unwrap_or_else(|_| "python3".into());
    let has = Command::new(&python)
        .args(["-c", "import torch, transformers"])
        .output();
    if !has.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: {python} has no torch and transformers (TAPEGRAD_PYTHON names another one)");
        return;
    }
    let script = folder("../oracle.py");
    for (at, name) in MODELS.into_iter().enumerate() {
        let first = imported(&folder(name));
        let place = tempfile::tempdir().unwrap();
        let out = place.path().join("out");
        let options = ExportOptions {
            shard: if at == 0 { 8000 } else { u64::MAX },
            ..ExportOptions::default()
        };
        exported(&first, place.path(), &out, options);
        let said = Command::new(&python)
            .arg(&script)
            .arg("agree")
            .arg(folder(name))
            .arg(&out)
            .output()
            .unwrap();
        assert!(said.status.success(), "{name}: {said:?}");
    }
}
