//! Checkpoints of other tools: the same numbers as `transformers`, there and back; damaged files are refused.
//!
//! The checkpoints in `oracle/` and the answers beside them are made by `oracle.py`.

mod agree;
mod mutated;
mod recurrent;
mod refused;
mod there_and_back;

use safetensors::SafeTensors;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tapegrad_autograd::{ParamList, Params};
use tapegrad_models::Model;
use tapegrad_models::exchange::{ImportOptions, Imported, import};
use tapegrad_models::transformer_lm::TransformerLm;

/// The stored checkpoints.
const MODELS: [&str; 3] = ["gpt2", "llama_grouped", "llama_one_key"];

fn folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/exchange/oracle")
        .join(name)
}

fn imported(folder: &Path) -> Imported {
    import(folder, ImportOptions::default()).unwrap_or_else(|error| panic!("{error}"))
}

/// The stored answers: numbers of the JSON file, and arrays in `f64`.
struct Answers {
    said: Value,
    arrays: BTreeMap<String, Vec<f64>>,
}

impl Answers {
    fn of(name: &str) -> Self {
        let text = std::fs::read_to_string(folder(name).join("answers.json")).unwrap();
        let bytes = std::fs::read(folder(name).join("answers.safetensors")).unwrap();
        let tensors = SafeTensors::deserialize(&bytes).unwrap();
        let numbers = |data: &[u8]| -> Vec<f64> {
            let words = data.chunks_exact(8);
            words.map(|b| f64::from_le_bytes(b.try_into().unwrap())).collect()
        };
        Self {
            said: serde_json::from_str(&text).unwrap(),
            arrays: tensors
                .tensors()
                .iter()
                .map(|(name, view)| (name.clone(), numbers(view.data())))
                .collect(),
        }
    }

    fn ids(&self, name: &str) -> Vec<u32> {
        serde_json::from_value(self.said[name].clone()).unwrap()
    }
}

/// A model that was imported, in `f64`.
struct Subject {
    network: TransformerLm,
    params: Params<f64>,
}

impl Subject {
    fn of(imported: &Imported) -> Self {
        let Model::Transformer(neural) = &imported.model else {
            panic!("a checkpoint is a Transformer");
        };
        let network = TransformerLm::new(&mut ParamList::new(), imported.config.clone().unwrap());
        Self {
            network,
            params: neural.params().cast(),
        }
    }
}

/// A copy of a stored checkpoint in a folder of its own, without the answers.
fn copy(name: &str) -> tempfile::TempDir {
    let out = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(folder(name)).unwrap() {
        let path = entry.unwrap().path();
        let file = path.file_name().unwrap().to_string_lossy().into_owned();
        if !file.starts_with("answers") {
            std::fs::copy(&path, out.path().join(file)).unwrap();
        }
    }
    out
}

/// The largest distance of two sequences of numbers, which are equally long.
fn apart(one: &[f64], other: &[f64]) -> f64 {
    assert_eq!(one.len(), other.len());
    one.iter().zip(other).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}
