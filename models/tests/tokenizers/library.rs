//! The same ids, offsets and decoded text as Hugging Face's `tokenizers`, for each style of file.
//!
//! The answers are stored as the first 16 digits of their SHA-256. To see them, give `oracle.py` a third folder and this
//! test the same one as `TOKENIZER_ANSWERS`.

use super::{STYLES, data, stored, tokenizer};
use sha2::{Digest, Sha256};
use tapegrad_models::tokenizer::{Algorithm, Special, SubwordTokenizer, Tokenizer};

fn digest(text: &str) -> String {
    let hash = Sha256::digest(text.as_bytes());
    hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// What is compared: ids, offsets, decoded text.
fn said(tokenizer: &SubwordTokenizer, text: &str) -> String {
    let encoding = tokenizer.encode(text, Special::Added);
    let ids: Vec<String> = encoding.ids.iter().map(u32::to_string).collect();
    let offsets: Vec<String> = encoding
        .offsets
        .iter()
        .map(|(start, end)| format!("{start}-{end}"))
        .collect();
    let decoded = tokenizer.decode(&encoding.ids, Special::LeftOut);
    format!("{}\n{}\n{decoded}", ids.join(" "), offsets.join(" "))
}

/// The answer of the library where it is at hand.
fn answer(style: &str, at: usize) -> String {
    let Some(folder) = std::env::var_os("TOKENIZER_ANSWERS") else {
        return "(run oracle.py with a third folder to see it)".to_string();
    };
    let text = std::fs::read_to_string(std::path::Path::new(&folder).join(format!("{style}.json"))).unwrap();
    serde_json::from_str::<Vec<String>>(&text).unwrap()[at].clone()
}

fn first_difference(ours: &str, theirs: &str) -> String {
    let at = ours.bytes().zip(theirs.bytes()).take_while(|(a, b)| a == b).count();
    let around = |text: &str| {
        String::from_utf8_lossy(&text.as_bytes()[at.saturating_sub(60)..text.len().min(at + 60)]).into_owned()
    };
    format!("ours {:?}\ntheirs {:?}", around(ours), around(theirs))
}

#[test]
fn each_style_of_file_gives_the_ids_offsets_and_text_of_the_library() {
    let expected: serde_json::Value = serde_json::from_str(&stored("expected.json")).unwrap();
    let texts: Vec<&str> = expected["texts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|text| text.as_str().unwrap())
        .collect();
    let large = ["torture_utf8.txt", "tinyshakespeare.txt"].map(data);
    let mut wrong = Vec::new();
    for style in STYLES {
        let tokenizer = tokenizer(style);
        let answers = &expected["styles"][style];
        let small = texts.iter().zip(answers["texts"].as_array().unwrap());
        let all = small.enumerate().map(|(at, (text, answer))| (at, *text, answer)).chain(
            large
                .iter()
                .zip(["torture", "shakespeare"])
                .enumerate()
                .filter_map(|(at, (text, name))| Some((texts.len() + at, text.as_deref()?, &answers[name]))),
        );
        for (at, text, expected) in all {
            let ours = said(&tokenizer, text);
            if *expected != digest(&ours).as_str() {
                let start: String = text.chars().take(40).collect();
                wrong.push(format!(
                    "{style}, text {at}, {start:?}\n{}",
                    first_difference(&ours, &answer(style, at))
                ));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} answers differ:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(12)].join("\n")
    );
}

#[test]
fn tokens_are_named_as_the_library_names_them_also_what_is_unknown() {
    let expected: serde_json::Value = serde_json::from_str(&stored("tokens.json")).unwrap();
    for style in STYLES {
        let whole = Tokenizer::Subword(Box::new(tokenizer(style)));
        let encoding = whole.encode_with_offsets(expected["text"].as_str().unwrap(), Special::Added);
        assert_eq!(
            serde_json::json!(whole.names(&encoding)),
            expected["styles"][style],
            "{style}"
        );
    }
}

#[test]
fn the_merges_of_tiny_shakespeare_are_those_of_the_library() {
    let Some(text) = data("tinyshakespeare.txt") else {
        return;
    };
    let expected: serde_json::Value = serde_json::from_str(&stored("expected.json")).unwrap();
    let part: String = text.chars().take(200_000).collect();
    let tokenizer = SubwordTokenizer::train(Algorithm::Bpe, &part, 1024, &[]).unwrap();
    let merges = tokenizer.document()["model"]["merges"].as_array().unwrap();
    let joined = |merge: &serde_json::Value| format!("{} {}", merge[0].as_str().unwrap(), merge[1].as_str().unwrap());
    let merges: Vec<String> = merges.iter().map(joined).collect();
    assert_eq!(merges.len(), 1024 - 256);
    let first: Vec<&str> = expected["first_merges"]
        .as_array()
        .unwrap()
        .iter()
        .map(|merge| merge.as_str().unwrap())
        .collect();
    assert_eq!(merges[..20], first);
    assert_eq!(digest(&merges.join("\n")), expected["merges"].as_str().unwrap());
}
