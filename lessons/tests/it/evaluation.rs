//! What `eval`, `generate` and `compare` tell about a model, and what they refuse to tell.

use std::fs;

use serde_json::Value;
use tempfile::TempDir;

use crate::{program, tapegrad};

/// A folder with texts and runs.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    fn text(&self, name: &str, text: &str) -> String {
        fs::write(self.0.path().join(name), text).unwrap();
        self.path(name)
    }

    /// A small run of a model on a text, in the folder with the model's name.
    fn run(&self, model: &str, text: &str, more: &[&str]) -> String {
        let out = self.path(model);
        let words = ["train", model, "--plain", "--text", text, "--out", &out];
        let (code, _, stderr) = tapegrad(&[&words, more].concat());
        assert_eq!(code, 0, "{stderr}");
        out
    }
}

const SMALL: [&str; 8] = ["--steps", "8", "--batch", "4", "--block", "16", "--width", "8"];

fn sentences() -> String {
    (0..400)
        .map(|i| format!("{} narwhals sing for {i} Seals of the North\n", i * 7 % 10))
        .collect()
}

fn json(args: &[&str]) -> Value {
    let (code, stdout, stderr) = tapegrad(&[args, &["--json"]].concat());
    assert_eq!(code, 0, "{stdout}{stderr}");
    serde_json::from_str(&stdout).unwrap()
}

fn number(document: &Value, name: &str) -> f64 {
    let value = &document[name];
    value.as_f64().unwrap_or_else(|| panic!("{name} is {value}"))
}

#[test]
fn eval_tells_what_is_unknown_how_sure_it_is_and_the_loss_per_character_and_byte() {
    let place = Place::new();
    let run = place.run("rnn", &place.text("text.txt", &sentences()), &SMALL);
    let other = place.text(
        "other.txt",
        &format!("{}äöü, ϑ und ß?\n", "narwhals sing for Seals\n".repeat(120)),
    );
    let document = json(&["eval", &run, "--text", &other, "--per-token"]);
    let tokens = document["tokens"].as_u64().unwrap();
    assert_eq!(tokens, 24 * 120 + 14 - 1);
    // ä ö ü , ϑ u d ß ? are in no sentence of the training text.
    assert_eq!(document["unknown_tokens"], 9);
    let nats: Vec<f64> = serde_json::from_value(document["tokens_nats"].clone()).unwrap();
    let sum: f64 = nats.iter().sum();
    assert!((number(&document, "nats_per_character") - sum / tokens as f64).abs() < 1e-9);
    // ä ö ü ϑ ß take two bytes each.
    assert!((number(&document, "nats_per_byte") - sum / (tokens + 5) as f64).abs() < 1e-9);
    let mean = number(&document, "nats_per_token");
    assert!(number(&document, "nats_per_known_token") < mean);
    let interval = &document["interval"];
    assert!(number(interval, "low") < mean && mean < number(interval, "high"));
    assert_eq!(
        document["never_predicted"],
        serde_json::json!(["<PAD>", "<SOS>", "<EOS>"])
    );
    let (_, stdout, _) = tapegrad(&["eval", &run, "--text", &other]);
    for said in [
        "95 % interval",
        "9 of 2893 tokens (0.31 %) are outside the vocabulary",
        "per byte (2898 bytes)",
        "windows of 16 tokens, 16 apart",
        "no probability for <PAD>, <SOS>, <EOS>",
    ] {
        assert!(stdout.contains(said), "{said}: {stdout}");
    }
}

#[test]
fn a_word_model_counts_the_words_that_it_does_not_know() {
    let place = Place::new();
    let run = place.run(
        "ngram",
        &place.text("text.txt", &sentences()),
        &["--unit", "word", "--order", "2"],
    );
    let other = place.text("other.txt", "narwhals sing for walrus of the North");
    let document = json(&["eval", &run, "--text", &other]);
    assert_eq!(
        (&document["tokens"], &document["unknown_tokens"]),
        (&6.into(), &1.into())
    );
    // What comes after the first word: 29 characters.
    let sum = 6.0 * number(&document, "nats_per_token");
    assert!((number(&document, "nats_per_character") - sum / 29.0).abs() < 1e-9);
}

#[test]
fn a_stride_gives_context_and_scores_every_token_once() {
    let place = Place::new();
    let more = [
        "--steps",
        "150",
        "--batch",
        "8",
        "--block",
        "16",
        "--width",
        "24",
        "--learning-rate",
        "0.01",
    ];
    let run = place.run("lstm", &place.text("text.txt", &sentences()), &more);
    let cold = json(&["eval", &run]);
    let warm = json(&["eval", &run, "--stride", "2"]);
    let long = json(&["eval", &run, "--block", "64"]);
    assert_eq!(
        (&cold["stride"], &warm["stride"], &long["block"]),
        (&16.into(), &2.into(), &64.into())
    );
    assert!([&warm, &long].iter().all(|one| one["tokens"] == cold["tokens"]));
    let [cold, warm, long] = [cold, warm, long].map(|document| number(&document, "nats_per_token"));
    assert!(
        warm < cold && long < cold,
        "{warm} and {long} with context, {cold} without"
    );
    for (args, code, said) in [
        (["--stride", "17"], 2, "at most 16"),
        (["--stride", "0"], 2, "--stride is 0"),
        (["--block", "0"], 2, "--block is 0"),
    ] {
        let (found, _, stderr) = tapegrad(&[&["eval", &run][..], &args].concat());
        assert_eq!(found, code, "{stderr}");
        assert!(stderr.contains(said), "{stderr}");
    }
}

#[test]
fn a_text_of_a_block_or_less_is_measured_and_one_of_a_single_token_says_why_not() {
    let place = Place::new();
    let text = place.text("text.txt", &sentences());
    let runs = [
        place.run("transformer", &text, &SMALL[..6]),
        place.run("ngram", &text, &[]),
    ];
    for run in runs {
        for text in ["no", "narwhals", "narwhals sing fo", "narwhals sing for"] {
            let file = place.text("short.txt", text);
            let document = json(&["eval", &run, "--text", &file]);
            assert_eq!(document["tokens"], text.len() - 1, "{run}: {text}");
        }
        let (code, _, stderr) = tapegrad(&["eval", &run, "--text", &place.text("short.txt", "n")]);
        assert_eq!(code, 1);
        assert!(stderr.contains("the first one is not predicted"), "{stderr}");
    }
}

#[test]
fn a_word_model_puts_a_blank_between_the_prompt_and_what_it_writes() {
    let place = Place::new();
    let text = place.text("text.txt", &sentences());
    let run = place.run("ngram", &text, &["--unit", "word"]);
    let (code, stdout, _) = tapegrad(&[
        "generate",
        &run,
        "--prompt",
        "narwhals sing",
        "--tokens",
        "3",
        "--temperature",
        "0",
    ]);
    assert_eq!((code, stdout.starts_with("narwhals sing for ")), (0, true), "{stdout}");
    let (_, stdout, _) = tapegrad(&[
        "generate",
        &run,
        "--prompt",
        "narwhals sing ",
        "--tokens",
        "1",
        "--temperature",
        "0",
    ]);
    assert_eq!(stdout, "narwhals sing for\n");
    let characters = place.run("rnn", &text, &SMALL);
    let (_, stdout, _) = tapegrad(&["generate", &characters, "--prompt", "narwha", "--tokens", "1"]);
    assert_eq!(stdout.chars().count(), "narwha".len() + 2, "{stdout:?}");
}

#[test]
fn past_its_block_the_nats_of_a_transformer_are_told_apart_from_an_evaluation() {
    let place = Place::new();
    let text = place.text("text.txt", &sentences());
    let run = place.run("transformer", &text, &SMALL[..6]);
    let document = json(&["generate", &run, "--prompt", "narwhals", "--tokens", "30"]);
    let within = document["nats_as_evaluated"].as_u64().unwrap() as usize;
    assert_eq!(within, 16 + 1 - "narwhals".len());
    // An evaluation of prompt and text in one window gives these nats, and then others.
    let nats: Vec<f64> = serde_json::from_value(document["nats"].clone()).unwrap();
    let written = document["text"].as_str().unwrap();
    let of_window = |length: usize| -> Vec<f64> {
        let window: String = written.chars().take(length).collect();
        let document = json(&[
            "eval",
            &run,
            "--text",
            &place.text("window.txt", &window),
            "--per-token",
        ]);
        serde_json::from_value(document["tokens_nats"].clone()).unwrap()
    };
    let measured = of_window(17);
    for (generated, measured) in nats[..within].iter().zip(&measured[7..]) {
        assert!((generated - measured).abs() < 1e-4, "{generated} and {measured}");
    }
    let recurrent = place.run("rnn", &text, &SMALL);
    let document = json(&["generate", &recurrent, "--prompt", "narwhals", "--tokens", "30"]);
    assert_eq!(document["nats_as_evaluated"], 30);
}

/// Sentences of up to 42 words, which no block of 32 holds.
const LONG: &str = "Sentence -> A A A A A A A\nA -> x/X y/X x/X y/X x/X y/X | z/X\n";

#[test]
fn sentences_longer_than_the_block_are_counted_and_compare_refuses_them() {
    let place = Place::new();
    let grammar = place.text("long.grammar", LONG);
    let out = place.path("run");
    let words = ["train", "table", "--grammar", &grammar, "--out", &out, "--steps", "2"];
    let (code, _, stderr) = program(&words);
    assert_eq!(code, 0, "{stderr}");
    assert!(
        stderr.contains("of the 120000 sentences for training are longer than the block of 32")
            && stderr.contains("--block 43"),
        "{stderr}"
    );
    let (_, _, stderr) = program(&["eval", &out]);
    assert!(
        stderr.contains("of the 4000 sentences measured are longer than the block of 32"),
        "{stderr}"
    );
    let (code, stdout, stderr) = tapegrad(&["compare", "--grammar", &grammar, "--report", &place.path("r.html")]);
    assert_eq!((code, stdout.as_str()), (1, ""));
    assert!(
        stderr.contains("no loss can be compared with the entropy") && stderr.contains("--block 43`"),
        "{stderr}"
    );
}

#[test]
fn a_run_of_an_earlier_version_is_measured_and_says_that_it_has_no_validation_part() {
    let place = Place::new();
    let run = place.run("rnn", &place.text("text.txt", &sentences()), &SMALL);
    let recipe = place.0.path().join("rnn/recipe.json");
    let mut fields: Value = serde_json::from_str(&fs::read_to_string(&recipe).unwrap()).unwrap();
    for name in ["evaluate_tokens", "from"] {
        fields.as_object_mut().unwrap().remove(name).unwrap();
    }
    fields["corpus"].as_object_mut().unwrap().remove("validation").unwrap();
    for name in ["epsilon", "decay", "decayed"] {
        fields["training"].as_object_mut().unwrap().remove(name).unwrap();
    }
    fs::write(&recipe, fields.to_string()).unwrap();
    // The checkpoint is of a corpus with a validation part, so this text is another: it is measured as one.
    let (code, _, stderr) = tapegrad(&["eval", &run]);
    assert_eq!(code, 1, "{stderr}");
    let text = place.path("text.txt");
    assert_eq!(tapegrad(&["eval", &run, "--text", &text]).0, 0);
    let old = place.path("old");
    fs::create_dir(&old).unwrap();
    for name in ["recipe.json", "tokenizer.json"] {
        fs::copy(
            place.0.path().join("rnn").join(name),
            place.0.path().join("old").join(name),
        )
        .unwrap();
    }
    let (code, _, stderr) = program(&["train", "rnn", "--resume", "--out", &old]);
    assert_eq!(code, 0, "{stderr}");
    assert!(stderr.contains("began without a validation part"), "{stderr}");
    let (_, stdout, _) = tapegrad(&["eval", &old]);
    assert!(stdout.contains("was chosen by this text"), "{stdout}");
}
