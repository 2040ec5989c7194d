//! The tokenizer of a checkpoint that came without one: its text is a list of ids.

use crate::tokenizer::{SubwordTokenizer, Tokenizer};
use serde_json::{Map, json};

/// A tokenizer that writes each id as its number: the text `5 17` is the ids 5 and 17.
///
/// What is no id becomes one more token, which the model does not have.
pub fn tokenizer(ids: usize) -> Tokenizer {
    const UNKNOWN: &str = "<unknown>";
    let names = (0..ids).map(|id| id.to_string()).chain([UNKNOWN.to_string()]);
    let vocabulary: Map<String, _> = names.enumerate().map(|(id, name)| (name, json!(id))).collect();
    let document = json!({
        "version": "1.0",
        "truncation": null,
        "padding": null,
        "added_tokens": [],
        "normalizer": null,
        "pre_tokenizer": {"type": "WhitespaceSplit"},
        "post_processor": null,
        "decoder": null,
        "model": {"type": "WordLevel", "vocab": vocabulary, "unk_token": UNKNOWN},
    });
    let tokenizer = SubwordTokenizer::from_document(document).expect("each of these steps is one of the format's");
    Tokenizer::Subword(Box::new(tokenizer))
}

/// True for the tokenizer of a checkpoint that came without one.
pub fn is(own: &Tokenizer, ids: usize) -> bool {
    *own == tokenizer(ids)
}
