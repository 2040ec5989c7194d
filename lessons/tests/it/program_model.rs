//! A program of the graph language as a model: `train FILE.cg`, `eval`, `generate`, `compare --with`, `plan`.

use std::fs;

use serde_json::Value;
use tempfile::TempDir;

use crate::tapegrad;

/// A folder with a text and a program.
struct Place {
    folder: TempDir,
}

const PROGRAM: &str = "graph student {
    dim T, V, H = 8
    input w[T]: id[V]
    param emb[V, H] ~ normal(0, 1), U[H, H] ~ glorot, W[H, V] ~ glorot
    h[0] = zeros[H]
    for t = 1..T {
        h[t] = tanh(U @ h[t-1] + emb[w[t]])
    }
    logits = h @ W
    output logits
}
";

const SIZES: [&str; 10] = [
    "--steps",
    "6",
    "--batch",
    "2",
    "--block",
    "8",
    "--checkpoint-every",
    "3",
    "--evaluate-every",
    "3",
];

impl Place {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let lines = (0..60).map(|i| format!("{} narwhals sing for {i} Seals of the North\n", i * 7 % 10));
        fs::write(folder.path().join("text.txt"), lines.collect::<String>()).unwrap();
        fs::write(folder.path().join("student.cg"), PROGRAM).unwrap();
        Self { folder }
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn train(&self, more: &[&str]) -> (u8, String, String) {
        let [program, text, out] = ["student.cg", "text.txt", "run"].map(|name| self.path(name));
        let words = ["train", &program, "--plain", "--text", &text, "--out", &out];
        tapegrad(&[&words, &SIZES[..], more].concat())
    }
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn a_program_is_trained_measured_read_and_continued_from_its_folder_alone() {
    let place = Place::new();
    let (code, stdout, stderr) = place.train(&["--dim", "H=4", "--json"]);
    assert_eq!(code, 0, "{stderr}");
    assert!(json(&stdout)["heldout"]["nats_per_token"].is_number() || !stdout.is_empty());
    let recipe = json(&fs::read_to_string(place.path("run/recipe.json")).unwrap());
    assert_eq!(recipe["model"]["kind"], "program");
    assert_eq!(recipe["model"]["text"], PROGRAM);
    assert_eq!(recipe["model"]["dims"]["H"], 4);
    // The folder holds the program: it is opened without the file.
    fs::rename(place.path("student.cg"), place.path("moved.cg")).unwrap();
    let run = place.path("run");
    let (code, stdout, stderr) = tapegrad(&["eval", &run, "--json"]);
    assert_eq!(code, 0, "{stderr}");
    let nats = json(&stdout)["nats_per_token"].as_f64().unwrap();
    assert!(nats > 0.0 && nats < 4.5, "{nats}");
    let written = |seed: &str| tapegrad(&["generate", &run, "--tokens", "20", "--seed", seed]);
    let (code, stdout, stderr) = written("1");
    assert_eq!((code, stderr.as_str()), (0, ""));
    assert!(stdout.chars().count() > 10, "{stdout}");
    assert_eq!(written("1").1, stdout);
    let program = place.path("student.cg");
    let (code, _, stderr) = tapegrad(&["train", &program, "--resume", "--out", &run, "--steps", "9", "--plain"]);
    assert_eq!(code, 0, "{stderr}");
    // A program that has changed is another model.
    fs::write(&program, PROGRAM.replace("tanh", "sigmoid")).unwrap();
    let (code, _, stderr) = tapegrad(&["train", &program, "--resume", "--out", &run, "--steps", "12"]);
    assert_eq!(code, 2);
    assert!(stderr.contains("it has changed since the run began"), "{stderr}");
}

#[test]
fn what_does_not_fit_a_program_is_refused_before_a_folder_is_made() {
    let place = Place::new();
    let refused = |more: &[&str], said: &str| {
        let (code, _, stderr) = place.train(more);
        assert_ne!(code, 0, "{more:?}");
        assert!(stderr.contains(said), "{more:?}: {stderr}");
        assert!(!fs::exists(place.path("run")).unwrap(), "{more:?}");
    };
    refused(&["--width", "16"], "its sizes have names of their own");
    refused(&["--norm", "rms"], "--norm has no meaning for the model `program`");
    refused(&["--dim", "K=3"], "the program has no size K");
    refused(&["--dim", "H"], "`H` is no size with a number");
    refused(&["--dim", "H=0"], "a size is at least 1");
    refused(&["--loss", "program"], "the program has no objective to train on");
    refused(&["--graph", "other"], "the file has no graph other");
    let path = place.path("student.cg");
    fs::write(&path, PROGRAM.replace("h @ W", "h + W")).unwrap();
    refused(&[], "E02");
    let sees_all = PROGRAM.replace("logits = h @ W", "logits = h @ W + mean(h @ W, over T)");
    fs::write(&path, sees_all).unwrap();
    refused(&[], "sees what it is to predict");
    let (code, _, stderr) = tapegrad(&["train", "rnn", "--dim", "H=4"]);
    assert_eq!(code, 2);
    assert!(stderr.contains("--dim has no meaning for the model `rnn`"), "{stderr}");
    let (code, _, stderr) = tapegrad(&["train", "student", "--text", &place.path("text.txt")]);
    assert_eq!(code, 2);
    assert!(stderr.contains("FILE.cg"), "{stderr}");
}

#[test]
fn plan_says_what_a_program_costs_and_counts_what_its_training_counts() {
    let place = Place::new();
    let [program, text, run] = ["student.cg", "text.txt", "run"].map(|name| place.path(name));
    let words = ["plan", &program, "--text", &text, "--dim", "H=4", "--json"];
    let (code, stdout, stderr) = tapegrad(&[&words[..], &SIZES[..6]].concat());
    assert_eq!(code, 0, "{stdout}{stderr}");
    let planned = json(&stdout);
    assert_eq!(planned["name"], "student");
    assert_eq!(planned["training"]["tokens"], 6 * 2 * 8);
    let parts = planned["parameters_by_part"].as_object().unwrap();
    assert_eq!(parts["U"], 16);
    let total: u64 = parts.values().map(|count| count.as_u64().unwrap()).sum();
    assert_eq!(planned["parameters"], total);
    // What the planner counts is what the run counts.
    assert_eq!(place.train(&["--dim", "H=4"]).0, 0);
    let log = fs::read_to_string(place.path("run/log.jsonl")).unwrap();
    let last = json(log.lines().last().unwrap());
    let counted = planned["training"]["flops_counted"].as_f64().unwrap();
    assert_eq!(last["flops"].as_f64().unwrap(), counted);
    let of_run = json(&tapegrad(&["plan", &run, "--json"]).1);
    assert_eq!(of_run["parameters"], planned["parameters"]);
    assert_eq!(of_run["bytes"], planned["bytes"]);
    let (code, _, stderr) = tapegrad(&["plan", "gpt2", "--dim", "H=4"]);
    assert_eq!(code, 2);
    assert!(stderr.contains("its sizes are settled"), "{stderr}");
}

#[test]
fn compare_puts_a_program_beside_the_models() {
    let place = Place::new();
    let [program, text, report] = ["student.cg", "text.txt", "report.html"].map(|name| place.path(name));
    let words = ["compare", "--text", &text, "--with", &program, "--dim", "H=4"];
    let sizes = ["--steps", "1", "--block", "8", "--report", &report, "--json"];
    let (code, stdout, stderr) = tapegrad(&[&words[..], &sizes[..]].concat());
    assert_eq!(code, 0, "{stderr}");
    let models = json(&stdout)["models"].as_array().unwrap().clone();
    assert_eq!(models.len(), 5);
    assert_eq!(models[4]["name"], "program");
    assert_eq!(models[4]["title"], "student");
    assert!(fs::read_to_string(report).unwrap().contains("--dim H=4"));
}

#[test]
fn the_programs_of_the_docs_that_are_models_are_in_canonical_form() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/graphs/models");
    let files: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path().display().to_string())
        .collect();
    assert!(files.len() >= 5, "{files:?}");
    for file in &files {
        let (code, stdout, stderr) = tapegrad(&["graph", "fmt", "--check", file]);
        assert_eq!(code, 0, "{stdout}{stderr}");
    }
}
