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

/// What `eval` says of a run.
fn measured(run: &str) -> (f64, f64) {
    let document = json_of(&["eval", run]);
    let number = |name: &str| document[name].as_f64().unwrap_or_else(|| panic!("{name}: {document}"));
    assert_eq!(number("unknown_tokens"), 0.0);
    (number("nats_per_token"), number("nats_per_character"))
}

#[test]
fn every_model_learns_parts_of_words_and_tells_its_loss_per_character() {
    let folder = TempDir::new().unwrap();
    let corpus = path(&folder, "text.txt");
    fs::write(
        &corpus,
        "the narwhals sing, the seals listen, and the northern sea is cold\n".repeat(120),
    )
    .unwrap();
    let small = ["--steps", "6", "--batch", "2", "--block", "8", "--width", "8"];
    for (model, more) in [
        ("ngram", &["--block", "8"][..]),
        ("table", &small[..6]),
        ("rnn", &small),
        ("lstm", &small),
        ("transformer", &small),
    ] {
        let run = path(&folder, model);
        let words = [
            "train",
            model,
            "--plain",
            "--text",
            &corpus,
            "--unit",
            "bpe",
            "--vocabulary",
            "280",
        ];
        let (code, stdout, stderr) = tapegrad(&[&words[..], &["--out", &run], more].concat());
        assert_eq!(code, 0, "{stdout}{stderr}");
        let (per_token, per_character) = measured(&run);
        assert!(
            per_character < per_token,
            "{model}: {per_character} per character, {per_token} per token"
        );
        let written = json_of(&["generate", &run, "--prompt", "the nar", "--tokens", "12"]);
        let text = written["text"].as_str().unwrap();
        assert!(text.starts_with("the nar"), "{text}");
        assert_eq!(written["tokens"].as_array().unwrap().len(), 12);
    }
}

#[test]
fn a_run_keeps_the_tokenizer_that_it_was_given() {
    let folder = TempDir::new().unwrap();
    let (corpus, tokenizer, run) = (path(&folder, "text.txt"), path(&folder, "t.json"), path(&folder, "run"));
    fs::write(
        &corpus,
        "the narwhals sing, and the seals of the north listen\n".repeat(150),
    )
    .unwrap();
    for (algorithm, size) in [("unigram", "310"), ("wordpiece", "90")] {
        let train = [
            "tokenize",
            "train",
            algorithm,
            "--text",
            &corpus,
            "--vocabulary",
            size,
            "--out",
            &tokenizer,
        ];
        assert_eq!(tapegrad(&train).0, 0);
        let small = ["--steps", "6", "--batch", "2", "--block", "8", "--width", "8"];
        let run = format!("{run}-{algorithm}");
        let words = [
            "train",
            "rnn",
            "--plain",
            "--text",
            &corpus,
            "--tokenizer",
            &tokenizer,
            "--out",
            &run,
        ];
        let (code, stdout, stderr) = tapegrad(&[&words[..], &small].concat());
        assert_eq!(code, 0, "{stdout}{stderr}");
        // The run has a tokenizer of its own.
        let kept: Value = serde_json::from_str(&fs::read_to_string(format!("{run}/tokenizer.json")).unwrap()).unwrap();
        assert_eq!(
            kept,
            serde_json::from_str::<Value>(&fs::read_to_string(&tokenizer).unwrap()).unwrap()
        );
        fs::remove_file(&tokenizer).unwrap();
        measured(&run);
        let more = ["train", "rnn", "--plain", "--out", &run, "--resume", "--steps", "9"];
        let (code, stdout, stderr) = tapegrad(&more);
        assert_eq!(code, 0, "{stdout}{stderr}");
        let tuned = format!("{run}-tuned");
        let words = [
            "train", "rnn", "--plain", "--from", &run, "--text", &corpus, "--steps", "3", "--out", &tuned,
        ];
        let (code, stdout, stderr) = tapegrad(&words);
        assert_eq!(code, 0, "{stdout}{stderr}");
        measured(&tuned);
    }
}

#[test]
fn a_size_without_a_meaning_is_refused() {
    let folder = TempDir::new().unwrap();
    let (corpus, run) = (path(&folder, "text.txt"), path(&folder, "run"));
    fs::write(&corpus, text()).unwrap();
    let train = |more: &[&str]| error_of(&[&["train", "rnn", "--text", &corpus, "--out", &run], more].concat());
    let (code, error) = train(&["--unit", "word", "--vocabulary", "300"]);
    assert_eq!((code, error["code"].as_str()), (2, Some("usage")), "{error}");
    let (code, error) = train(&["--unit", "bpe", "--vocabulary", "100"]);
    assert_eq!((code, error["code"].as_str()), (1, Some("tokenizer")), "{error}");
    let (code, error) = train(&["--tokenizer", &corpus]);
    assert_eq!((code, error["code"].as_str()), (1, Some("tokenizer")), "{error}");
    assert!(!folder.path().join("run").exists());
}
