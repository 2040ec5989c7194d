//! Tokenizer files of other tools: the same ids, offsets and text as the library that made them; damaged files are refused.

mod laws;
mod lecture;
mod library;
mod mutated;

use std::path::PathBuf;
use tapegrad_models::tokenizer::SubwordTokenizer;

/// The styles of files that are stored, made by `oracle.py`.
const STYLES: [&str; 11] = [
    "gpt2",
    "roberta",
    "llama3",
    "llama2",
    "clip",
    "bert",
    "bert_cased",
    "unigram_bytes",
    "t5",
    "words",
    "precompiled",
];

fn stored(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/tokenizers/oracle")
        .join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn tokenizer(style: &str) -> SubwordTokenizer {
    SubwordTokenizer::from_json(&stored(&format!("{style}.json"))).unwrap_or_else(|error| panic!("{style}: {error}"))
}

/// A file of the data that is not part of the project.
fn data(name: &str) -> Option<String> {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    let folder = std::env::var_os("TAPEGRAD_DATA").map_or_else(beside, PathBuf::from);
    let text = std::fs::read_to_string(folder.join(name));
    text.inspect_err(|error| eprintln!("skipped: {name}: {error} (TAPEGRAD_DATA names the folder of the data)"))
        .ok()
}
