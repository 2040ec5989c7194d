//! Damaged tokenizer files: each is read right, or refused with a sentence.

use super::{STYLES, stored};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use std::panic::{AssertUnwindSafe, catch_unwind};
use tapegrad_models::tokenizer::{Special, SubwordTokenizer};

/// Reads a file and, if it can be read, uses it. Gives the sentence of the refusal.
fn used(json: &str) -> Option<String> {
    match SubwordTokenizer::from_json(json) {
        Err(error) => Some(error.to_string()),
        Ok(tokenizer) => {
            let text = "We'll  see 42 narwhals,\n漢字 é\u{301} <s> </s>[MASK]";
            let encoding = tokenizer.encode(text, Special::Added);
            tokenizer.decode(&encoding.ids, Special::LeftOut);
            assert_eq!(encoding.ids.len(), encoding.offsets.len());
            let all: Vec<u32> = (0..tokenizer.vocabulary().size() as u32).collect();
            tokenizer.decode(&all, Special::Added);
            None
        }
    }
}

/// Gives what a file came to, and fails with the file if it panicked.
fn outcome(json: &str, what: &str) -> Option<String> {
    let outcome = catch_unwind(AssertUnwindSafe(|| used(json)));
    outcome.unwrap_or_else(|_| panic!("{what} made a panic"))
}

#[test]
fn two_hundred_files_with_other_bytes_are_read_or_refused() {
    let mut random = ChaCha8Rng::seed_from_u64(3);
    let mut refused = 0;
    for at in 0..200 {
        let style = STYLES[at % STYLES.len()];
        let mut bytes = stored(&format!("{style}.json")).into_bytes();
        let place = random.random_range(0..bytes.len());
        match random.random_range(0..4) {
            0 => bytes.truncate(place),
            1 => bytes[place] ^= 1 << random.random_range(0..7),
            2 => drop(bytes.splice(place..place, *b"99")),
            _ => drop(bytes.drain(place..(place + 7).min(bytes.len()))),
        }
        let what = format!("{style}, change {at} at byte {place}");
        // Bytes that are not UTF-8 never reach the reader.
        if let Ok(text) = String::from_utf8(bytes)
            && let Some(sentence) = outcome(&text, &what)
        {
            assert!(sentence.contains(": ") && sentence.len() < 400, "{what}: {sentence}");
            refused += 1;
        }
    }
    assert!((60..200).contains(&refused), "{refused} of 200 files were refused");
}

/// All places in a document, as pointers.
fn places(value: &Value, at: String, all: &mut Vec<String>) {
    match value {
        Value::Object(map) => map.iter().take(9).for_each(|(name, value)| {
            places(
                value,
                format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")),
                all,
            );
        }),
        Value::Array(list) => list.iter().take(5).enumerate().for_each(|(index, value)| {
            places(value, format!("{at}/{index}"), all);
        }),
        _ => {}
    }
    all.push(at);
}

#[test]
fn each_field_of_each_style_may_hold_anything() {
    let values = [
        Value::Null,
        json!(true),
        json!(-1),
        json!(4_294_967_295_u64),
        json!(1e300),
        json!(""),
        json!("x"),
        json!([]),
        json!({}),
        json!({"type": "Oracle"}),
    ];
    for style in STYLES {
        let document: Value = serde_json::from_str(&stored(&format!("{style}.json"))).unwrap();
        let mut all = Vec::new();
        places(&document, String::new(), &mut all);
        for place in &all {
            for value in &values {
                let mut changed = document.clone();
                *changed.pointer_mut(place).unwrap() = value.clone();
                outcome(&changed.to_string(), &format!("{style}: {value} at {place}"));
            }
        }
    }
}

#[test]
fn steps_that_make_a_text_ever_longer_are_refused_and_those_of_real_files_are_not() {
    let grow = json!({"type": "Replace", "pattern": {"String": "a"}, "content": "aaaaaaaa"});
    let nested = |depth: usize| {
        let inner = json!({"type": "Sequence", "normalizers": [grow, grow]});
        (0..depth).fold(
            inner,
            |inner, _| json!({"type": "Sequence", "normalizers": [inner, grow]}),
        )
    };
    // 8 to the power of 4 is as much as is allowed.
    for (depth, is_read) in [(2, true), (3, false), (9, false), (90, false)] {
        let mut document: Value = serde_json::from_str(&stored("gpt2.json")).unwrap();
        document["normalizer"] = nested(depth);
        let said = SubwordTokenizer::from_document(document)
            .map(|_| ())
            .map_err(|error| error.to_string());
        assert_eq!(said.is_ok(), is_read, "{depth}: {said:?}");
    }
    let decoder = json!({"type": "Replace", "pattern": {"String": "a"}, "content": "a".repeat(5000)});
    let sentence = refusal("gpt2", |file| file["decoder"] = decoder);
    insta::assert_snapshot!(sentence, @"decoder: these steps can make a text 5000 times as long, and at most 4096 times is allowed; replace by shorter texts, or in fewer steps");
}

/// What a step is said to lengthen a text by, it never exceeds: each character of the first three planes by itself.
#[test]
fn no_character_grows_by_more_than_its_step_says() {
    use tapegrad_models::tokenizer::subword::steps::normalizer::Normalizer;
    for step in [
        json!({"type": "NFC"}),
        json!({"type": "NFD"}),
        json!({"type": "NFKC"}),
        json!({"type": "NFKD"}),
        json!({"type": "Lowercase"}),
        json!({"type": "BertNormalizer"}),
        json!({"type": "Prepend", "prepend": "ab"}),
        json!({"type": "Nmt"}),
    ] {
        let growth = Normalizer::read(&step, "normalizer").unwrap().growth();
        let mut document: Value = serde_json::from_str(&stored("words.json")).unwrap();
        document["normalizer"] = step.clone();
        document["pre_tokenizer"] = Value::Null;
        document["added_tokens"] = json!([]);
        let tokenizer = SubwordTokenizer::from_document(document).unwrap();
        for character in '\0'..='\u{2ffff}' {
            let made: usize = tokenizer
                .words(&character.to_string())
                .iter()
                .map(|word| word.chars().count())
                .sum();
            assert!(
                made <= growth,
                "{step}: {character:?} becomes {made} characters, and at most {growth} are said"
            );
        }
    }
}

fn refusal(style: &str, change: impl FnOnce(&mut Value)) -> String {
    let mut document: Value = serde_json::from_str(&stored(&format!("{style}.json"))).unwrap();
    change(&mut document);
    let refused = SubwordTokenizer::from_document(document);
    refused.map(|_| ()).unwrap_err().to_string()
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    let mut all = Vec::new();
    all.push(refusal("gpt2", |file| file["normalizer"] = json!({"type": "Rot13"})));
    all.push(refusal("gpt2", |file| file["model"]["surprise"] = json!(1)));
    all.push(refusal("gpt2", |file| file["model"]["dropout"] = json!(0.1)));
    all.push(refusal("gpt2", |file| file["model"]["merges"][3] = json!("a b c")));
    all.push(refusal("gpt2", |file| file["model"]["merges"][3] = json!(["a", "漢"])));
    all.push(refusal("gpt2", |file| {
        file["model"]["vocab"]["the"] = json!(9_000_000_000_u64)
    }));
    all.push(refusal("gpt2", |file| file["model"]["vocab"]["the"] = json!(5)));
    all.push(refusal("gpt2", |file| file["truncation"] = json!({"max_length": 5})));
    all.push(refusal("gpt2", |file| file["added_tokens"][0]["id"] = json!(7)));
    all.push(refusal("bert", |file| file["model"]["unk_token"] = json!("[OOV]")));
    all.push(refusal("bert", |file| {
        file["post_processor"]["special_tokens"]["[CLS]"]["ids"] = json!([9999])
    }));
    all.push(refusal("t5", |file| file["model"]["vocab"][4] = json!(["x"])));
    all.push(refusal("t5", |file| file["model"]["unk_id"] = json!(9999)));
    all.push(refusal("llama3", |file| {
        file["pre_tokenizer"]["pretokenizers"][0]["pattern"]["Regex"] = json!("a(?=b)");
    }));
    all.push(refusal("t5", |file| {
        file["normalizer"] = json!({"type": "Precompiled", "precompiled_charsmap": "/////wAA"});
    }));
    insta::assert_snapshot!(all.join("\n"));
}
