//! `tokenize`: learns, encodes, decodes and compares, and what it refuses.

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::tapegrad;

fn path(folder: &TempDir, name: &str) -> String {
    folder.path().join(name).display().to_string()
}

fn text() -> String {
    "low lower lowest, new newer newest; wide wider widest!\n".repeat(20)
}

fn json_of(args: &[&str]) -> Value {
    let (code, stdout, stderr) = tapegrad(&[args, &["--json"]].concat());
    assert_eq!(code, 0, "{stdout}{stderr}");
    serde_json::from_str(&stdout).unwrap()
}

/// The document of an error, and the exit code.
fn error_of(args: &[&str]) -> (u8, Value) {
    let (code, stdout, _) = tapegrad(&[args, &["--json"]].concat());
    let document: Value = serde_json::from_str(&stdout).unwrap_or_else(|error| panic!("{error}: {stdout}"));
    (code, document["error"].clone())
}

/// What the program itself writes when it reads this from standard input.
fn piped(args: &[&str], input: &[u8]) -> (Option<i32>, Value) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tapegrad"));
    let mut child = command
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let done = child.wait_with_output().unwrap();
    (done.status.code(), serde_json::from_slice(&done.stdout).unwrap())
}

#[test]
fn a_trained_tokenizer_encodes_standard_input_and_decodes_it_again() {
    let folder = TempDir::new().unwrap();
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/training.md");
    for (algorithm, size) in [("bpe", "300"), ("wordpiece", "400"), ("unigram", "500")] {
        let out = path(&folder, &format!("{algorithm}.json"));
        let words = [
            "tokenize",
            "train",
            algorithm,
            "--text",
            corpus,
            "--vocabulary",
            size,
            "--out",
            &out,
        ];
        let made = json_of(&[&words[..], &["--special", "<end>"]].concat());
        assert_eq!(made["vocabulary"], json!(size.parse::<u64>().unwrap()), "{made}");
        let input = "lower wide<end>";
        let (code, encoded) = piped(&["tokenize", "encode", "--tokenizer", &out, "--json"], input.as_bytes());
        assert_eq!(code, Some(0));
        let count = encoded["ids"].as_array().unwrap().len();
        assert_eq!(encoded["tokens"].as_array().unwrap().len(), count);
        assert_eq!(encoded["tokens"][count - 1], "<end>");
        assert_eq!(encoded["offsets"][count - 1], json!([10, 15]));
        let ids = encoded["ids"].to_string();
        let decoded = |more: &[&str]| {
            let words = ["tokenize", "decode", "--tokenizer", &out, "--json"];
            piped(&[&words[..], more].concat(), ids.as_bytes()).1
        };
        assert_eq!(decoded(&[]), json!({"text": "lower wide"}), "{algorithm}");
        let with = decoded(&["--special"])["text"].as_str().unwrap().replace(' ', "");
        assert_eq!(with, input.replace(' ', ""), "{algorithm}");
    }
}

#[test]
fn bytes_are_a_tokenizer_by_name_and_a_run_by_its_folder() {
    let folder = TempDir::new().unwrap();
    let file = path(&folder, "odd.txt");
    fs::write(&file, "é\n").unwrap();
    let encoded = json_of(&["tokenize", "encode", "--tokenizer", "bytes", "--text", &file]);
    assert_eq!(encoded["tokens"], json!(["Ã", "©", "Ċ"]));
    assert_eq!(encoded["offsets"], json!([[0, 1], [0, 1], [1, 2]]));
    let ids = encoded["ids"]
        .as_array()
        .unwrap()
        .iter()
        .map(Value::to_string)
        .collect::<Vec<_>>()
        .join(",");
    let decoded = json_of(&["tokenize", "decode", "--tokenizer", "bytes", "--ids", &ids]);
    assert_eq!(decoded, json!({"text": "é\n"}));

    let (corpus, run) = (path(&folder, "text.txt"), path(&folder, "run"));
    fs::write(&corpus, text()).unwrap();
    let words = [
        "train", "ngram", "--plain", "--text", &corpus, "--unit", "word", "--order", "2", "--out", &run,
    ];
    assert_eq!(tapegrad(&words).0, 0);
    fs::write(&file, "new  wide, zebra").unwrap();
    let encoded = json_of(&["tokenize", "encode", "--tokenizer", &run, "--text", &file]);
    assert_eq!(encoded["tokens"], json!(["new", "wide", ",", "<OOV>"]));
    assert_eq!(encoded["offsets"], json!([[0, 3], [5, 9], [9, 10], [11, 16]]));
}

#[test]
fn a_word_is_cut_by_all_three_algorithms_and_each_step_is_told() {
    let (code, stdout, stderr) = tapegrad(&["tokenize", "compare", "lectrue", "--explain"]);
    assert_eq!(code, 0, "{stderr}");
    insta::assert_snapshot!(stdout);
    let document = json_of(&["tokenize", "compare", "lectrue", "--explain"]);
    for (name, pieces) in document["algorithms"].as_object().unwrap() {
        let text: String = pieces["tokens"]
            .as_array()
            .unwrap()
            .iter()
            .map(|token| token.as_str().unwrap())
            .collect();
        assert_eq!(
            text.replace("##", "").trim_start_matches(['Ġ', '▁']),
            "lectrue",
            "{name}"
        );
        assert!(!pieces["steps"].as_array().unwrap().is_empty());
    }
    let last = document["algorithms"]["bpe"]["steps"]
        .as_array()
        .unwrap()
        .last()
        .unwrap();
    assert_eq!(last["tokens"], document["algorithms"]["bpe"]["tokens"]);
}

#[test]
fn what_cannot_be_done_is_said_with_its_place() {
    let folder = TempDir::new().unwrap();
    let (file, out) = (path(&folder, "file"), path(&folder, "out.json"));
    let at = |document: &Value| document["where"].as_str().unwrap_or_default().replace(&file, "FILE");

    let (code, missing) = error_of(&["tokenize", "encode", "--tokenizer", &file, "--text", &file]);
    assert_eq!(
        (code, missing["code"].as_str(), at(&missing)),
        (1, Some("missing_file"), "FILE".to_string())
    );

    fs::write(&file, r#"{"model": {"type": "Magic"}}"#).unwrap();
    let (code, unknown) = error_of(&["tokenize", "encode", "--tokenizer", &file, "--text", &file]);
    assert_eq!(
        (code, unknown["code"].as_str(), at(&unknown)),
        (1, Some("tokenizer"), "FILE, model.type".to_string())
    );
    assert!(unknown["message"].as_str().unwrap().contains("`Magic` is not known"));

    fs::write(&file, b"a\xff").unwrap();
    let (code, bytes) = error_of(&["tokenize", "encode", "--tokenizer", "bytes", "--text", &file]);
    assert_eq!((code, bytes["code"].as_str()), (1, Some("not_utf8")));

    let (code, foreign) = error_of(&["tokenize", "decode", "--tokenizer", "bytes", "--ids", "7,4000"]);
    assert_eq!((code, foreign["code"].as_str()), (1, Some("data")));
    assert_eq!(
        foreign["message"],
        "no token has the id 4000, which is number 2 of the list"
    );

    fs::write(&file, text()).unwrap();
    let train = [
        "tokenize",
        "train",
        "bpe",
        "--text",
        &file,
        "--out",
        &out,
        "--vocabulary",
        "200",
    ];
    let (code, small) = error_of(&train);
    assert_eq!((code, small["code"].as_str()), (1, Some("tokenizer")));
    assert_eq!(small["help"], "make it larger than 256");
    assert!(!folder.path().join("out.json").exists());
}
