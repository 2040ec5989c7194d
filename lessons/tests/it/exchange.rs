//! `tapegrad import` and `export` from their options to a run that is measured and trained further.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::{file, tapegrad};

/// A small checkpoint without a tokenizer: its text is a list of ids from 0 to 30.
fn checkpoint() -> String {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("models");
    models.join("tests/exchange/oracle/gpt2").display().to_string()
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn done((code, stdout, stderr): (u8, String, String)) -> String {
    assert_eq!(code, 0, "{stdout}{stderr}");
    stdout
}

struct Place(TempDir);

impl Place {
    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    fn imported() -> Self {
        let this = Self(TempDir::new().unwrap());
        done(tapegrad(&["import", &checkpoint(), "--out", &this.text("run")]));
        this
    }
}

/// Many ids with an order that can be learnt.
fn ids() -> String {
    let numbers = (0..600).map(|at| ((at * at) % 29).to_string());
    file("ids.txt", numbers.collect::<Vec<_>>().join(" "))
}

#[test]
fn an_imported_run_is_measured_trained_further_and_exported() {
    let place = Place::imported();
    let (run, text) = (place.text("run"), ids());
    let measured = json(&done(tapegrad(&["eval", &run, "--text", &text, "--json"])));
    let before = measured["nats_per_token"].as_f64().unwrap();
    assert_eq!(
        (measured["unknown_tokens"].as_u64(), measured["tokens"].as_u64()),
        (Some(0), Some(599))
    );
    let options = [
        "--resume",
        "--steps",
        "30",
        "--learning-rate",
        "0.01",
        "--text",
        &text,
        "--plain",
    ];
    done(tapegrad(
        &[&["train", "transformer", "--out", &run], &options[..]].concat(),
    ));
    let measured = json(&done(tapegrad(&["eval", &run, "--text", &text, "--json"])));
    let after = measured["nats_per_token"].as_f64().unwrap();
    assert!(after < before - 0.5, "{before} nats before, {after} after");
    // The text belongs to the run now: it is measured and continued without naming it.
    done(tapegrad(&["eval", &run]));
    done(tapegrad(&[
        "train",
        "transformer",
        "--out",
        &run,
        "--resume",
        "--steps",
        "32",
        "--plain",
    ]));
    let (code, _, stderr) = tapegrad(&["train", "transformer", "--out", &run, "--resume", "--text", &text]);
    assert!(code == 2 && stderr.contains("--text"), "{stderr}");
    let said = json(&done(tapegrad(&[
        "export",
        &run,
        "--out",
        &place.text("out"),
        "--checkpoint",
        "last",
        "--json",
    ])));
    assert_eq!(said["kind"], "gpt2");
    done(tapegrad(&["import", &place.text("out"), "--out", &place.text("back")]));
    let again = json(&done(tapegrad(&[
        "eval",
        &place.text("back"),
        "--text",
        &text,
        "--json",
    ])));
    let measured = json(&done(tapegrad(&["eval", &run, "--text", &text, "--json"])));
    assert_eq!(again["nats_per_token"], measured["nats_per_token"]);
}

#[test]
fn another_run_begins_with_an_imported_model() {
    let place = Place::imported();
    let (run, tuned, text) = (place.text("run"), place.text("tuned"), ids());
    let words = [
        "train",
        "transformer",
        "--from",
        &run,
        "--text",
        &text,
        "--out",
        &tuned,
        "--steps",
        "2",
        "--plain",
    ];
    done(tapegrad(&words));
    done(tapegrad(&["eval", &tuned]));
}

#[test]
fn what_an_imported_run_lacks_is_told() {
    let place = Place::imported();
    let run = place.text("run");
    let (code, _, stderr) = tapegrad(&["eval", &run]);
    assert!(code == 1 && stderr.contains("give one with --text FILE"), "{stderr}");
    let (code, _, stderr) = tapegrad(&["train", "transformer", "--out", &run, "--resume"]);
    assert!(code == 1 && stderr.contains("give one with --text FILE"), "{stderr}");
    let (code, _, stderr) = tapegrad(&["generate", &run, "--prompt", "no id"]);
    assert!(code == 1 && stderr.contains("`<unknown>`"), "{stderr}");
    let words = file("words.txt", "no ids at all ".repeat(50));
    let (code, stdout, _) = tapegrad(&["eval", &run, "--text", &words, "--json"]);
    assert_eq!(
        (code, json(&stdout)["error"]["code"].as_str()),
        (1, Some("other_vocabulary")),
        "{stdout}"
    );
}

#[test]
fn errors_name_the_file_and_nothing_is_begun() {
    let place = Place(TempDir::new().unwrap());
    let (code, stdout, _) = tapegrad(&["import", &place.text(""), "--out", &place.text("run"), "--json"]);
    assert_eq!(
        (code, json(&stdout)["error"]["code"].as_str()),
        (1, Some("missing_file")),
        "{stdout}"
    );
    fs::write(place.path("config.json"), r#"{"model_type": "mamba"}"#).unwrap();
    let (code, stdout, _) = tapegrad(&["import", &place.text(""), "--out", &place.text("run"), "--json"]);
    assert_eq!(
        (code, json(&stdout)["error"]["code"].as_str()),
        (1, Some("exchange")),
        "{stdout}"
    );
    assert!(!place.path("run").exists());
    let full = Place::imported();
    let (code, _, stderr) = tapegrad(&["export", &full.text("run"), "--out", &full.text("run")]);
    assert!(code == 1 && stderr.contains("new or empty folder"), "{stderr}");
}
