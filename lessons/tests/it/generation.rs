//! What `generate`, `eval --ids` and `search` write, and which options they refuse.

use std::fs;
use std::sync::OnceLock;

use serde_json::Value;
use tempfile::TempDir;

use crate::tapegrad;

/// Small runs, trained once for all tests: one of each model on the same text.
pub struct Runs(TempDir);

static RUNS: OnceLock<Runs> = OnceLock::new();

impl Runs {
    pub fn get() -> &'static Self {
        RUNS.get_or_init(|| {
            let runs = Self(TempDir::new().unwrap());
            let text = "Narwhals sing: ä whale is no fish.\nSeals of the North swim for 7 days.\n".repeat(40);
            fs::write(runs.path("text.txt"), text).unwrap();
            for (name, more) in [
                ("ngram", vec!["--order", "4"]),
                ("rnn", SMALL.to_vec()),
                ("lstm", SMALL.to_vec()),
                ("transformer", [&SMALL[..], &["--heads", "2", "--layers", "2"]].concat()),
                (
                    "rotary",
                    [&SMALL[..], &["--heads", "2", "--layers", "2", "--positions", "rotary"]].concat(),
                ),
                ("bpe", [&SMALL[..], &["--unit", "bpe", "--vocabulary", "300"]].concat()),
            ] {
                let model = match name {
                    "rotary" => "transformer",
                    "bpe" => "lstm",
                    name => name,
                };
                let words = [
                    "train",
                    model,
                    "--plain",
                    "--text",
                    &runs.path("text.txt"),
                    "--out",
                    &runs.path(name),
                ];
                let (code, _, stderr) = tapegrad(&[&words[..], &more].concat());
                assert_eq!(code, 0, "{name}: {stderr}");
            }
            runs
        })
    }

    pub fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }
}

const SMALL: [&str; 8] = ["--steps", "30", "--batch", "4", "--block", "16", "--width", "16"];
const NAMES: [&str; 6] = ["ngram", "rnn", "lstm", "transformer", "rotary", "bpe"];

pub fn json(args: &[&str]) -> Value {
    let (code, stdout, stderr) = tapegrad(&[args, &["--json"]].concat());
    assert_eq!(code, 0, "{args:?}: {stdout}{stderr}");
    serde_json::from_str(&stdout).unwrap()
}

fn generated(name: &str, more: &[&str]) -> Value {
    json(&[&["generate", &Runs::get().path(name)], more].concat())
}

#[test]
fn g7_samples_at_once_are_the_texts_of_single_runs_with_the_same_seeds() {
    for name in NAMES {
        // Beyond the block of 16, where windows move and caches grow.
        let options = ["--prompt", "Seals", "--tokens", "40", "--temperature", "0.9"];
        let together = generated(name, &[&options[..], &["--samples", "3", "--seed", "5"]].concat());
        let samples = together["samples"].as_array().unwrap();
        assert_eq!(samples.len(), 3);
        assert_eq!(samples[0]["text"], together["text"]);
        for (sample, seed) in samples.iter().zip(["5", "6", "7"]) {
            let alone = generated(name, &[&options[..], &["--seed", seed]].concat());
            assert_eq!(sample["text"], alone["text"], "{name}, seed {seed}");
            assert_eq!(sample["tokens"], alone["tokens"], "{name}, seed {seed}");
        }
        assert_ne!(samples[0]["tokens"], samples[1]["tokens"], "{name}");
    }
}

#[test]
fn the_text_that_is_written_piece_by_piece_is_the_text_of_the_document() {
    for name in NAMES {
        for options in [
            vec!["--tokens", "30", "--prompt", "Nar"],
            vec!["--tokens", "30", "--greedy"],
            vec![
                "--tokens",
                "30",
                "--min-p",
                "0.1",
                "--repetition-penalty",
                "1.2",
                "--top-k",
                "9",
            ],
            vec!["--tokens", "30", "--temperature", "inf", "--seed", "3"],
            vec!["--tokens", "40", "--stop", "s", "--stop", "e"],
        ] {
            let document = generated(name, &options);
            let run = Runs::get().path(name);
            let (code, stdout, stderr) = tapegrad(&[&["generate", &run], &options[..]].concat());
            assert_eq!((code, stderr.as_str()), (0, ""));
            assert_eq!(
                stdout,
                format!("{}\n", document["text"].as_str().unwrap()),
                "{name} {options:?}"
            );
        }
    }
}

#[test]
fn a_text_ends_before_its_stop_sequence() {
    let plain = generated("ngram", &["--greedy", "--prompt", "Nar", "--tokens", "60"]);
    let plain = plain["text"].as_str().unwrap();
    let stopped = generated(
        "ngram",
        &["--greedy", "--prompt", "Nar", "--tokens", "60", "--stop", "g: ä"],
    );
    assert_eq!(stopped["text"].as_str().unwrap(), plain.split("g: ä").next().unwrap());
    assert!(plain.contains("g: ä"), "{plain}");
    let samples = generated(
        "ngram",
        &["--prompt", "Nar", "--tokens", "60", "--stop", "is", "--samples", "2"],
    );
    for sample in samples["samples"].as_array().unwrap() {
        assert!(!sample["text"].as_str().unwrap().contains("is"));
    }
}

#[test]
fn beams_find_texts_that_are_at_least_as_probable_as_the_greedy_one() {
    let total = |document: &Value| -> f64 {
        document["nats"]
            .as_array()
            .unwrap()
            .iter()
            .map(|x| x.as_f64().unwrap())
            .sum()
    };
    for name in NAMES {
        let options = ["--ids", "5,6", "--tokens", "8"];
        let greedy = generated(name, &[&options[..], &["--greedy"]].concat());
        let one = generated(name, &[&options[..], &["--beams", "1"]].concat());
        assert_eq!(one["tokens"], greedy["tokens"], "{name}");
        let eight = generated(name, &[&options[..], &["--beams", "8"]].concat());
        // Not a law of beams, but so for these models.
        assert!(total(&eight) <= total(&greedy) + 1e-6, "{name}");
        let beams = eight["beams"].as_array().unwrap();
        assert_eq!(beams.len(), 8);
        let totals: Vec<f64> = beams.iter().map(|beam| beam["total_nats"].as_f64().unwrap()).collect();
        assert!(totals.is_sorted(), "{totals:?}");
    }
    let every = generated("ngram", &["--ids", "5,6", "--tokens", "3", "--exhaustive"]);
    let beam = generated("ngram", &["--ids", "5,6", "--tokens", "3", "--beams", "500"]);
    assert_eq!(every["tokens"], beam["tokens"]);
}

#[test]
fn ids_are_scored_as_they_were_generated() {
    for name in NAMES {
        let document = generated(name, &["--ids", "5,6,7", "--tokens", "12", "--seed", "2"]);
        let ids: Vec<u64> = [5, 6, 7]
            .into_iter()
            .chain(
                document["tokens"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|id| id.as_u64().unwrap()),
            )
            .collect();
        let file = Runs::get().path(&format!("{name}-ids.json"));
        fs::write(&file, format!("{ids:?}")).unwrap();
        let run = Runs::get().path(name);
        let scored = json(&["eval", &run, "--checkpoint", "best", "--ids", &file, "--per-token"]);
        assert_eq!(scored["tokens"], 14);
        assert!(scored["nats_per_character"].is_null());
        let nats =
            |document: &Value, name: &str| -> Vec<f64> { serde_json::from_value(document[name].clone()).unwrap() };
        let (own, scored) = (nats(&document, "nats"), nats(&scored, "tokens_nats"));
        for (own, scored) in own.iter().zip(&scored[2..]) {
            // One token and a whole row are summed in different orders, in f32.
            assert!((own - scored).abs() < 1e-4, "{name}: {own} generated, {scored} scored");
        }
    }
}

#[test]
fn a_rotary_model_reads_beyond_its_block_and_a_model_with_a_table_does_not() {
    let runs = Runs::get();
    let text = runs.path("text.txt");
    let long = json(&["eval", &runs.path("rotary"), "--text", &text, "--block", "40"]);
    assert_eq!(long["block"], 40);
    let (code, _, stderr) = tapegrad(&["eval", &runs.path("transformer"), "--text", &text, "--block", "40"]);
    assert_eq!(code, 2);
    assert!(stderr.contains("has no positions beyond it"), "{stderr}");
    // What it generates beyond the block costs what an evaluation in one window says.
    let document = generated("rotary", &["--ids", "5,6", "--tokens", "50"]);
    assert_eq!(
        (&document["beyond_block"], &document["nats_as_evaluated"]),
        (&"the cache grows".into(), &50.into())
    );
    let ids: Vec<String> = document["tokens"]
        .as_array()
        .unwrap()
        .iter()
        .map(Value::to_string)
        .collect();
    let file = runs.path("long-ids.txt");
    fs::write(&file, format!("5 6 {}", ids.join(" "))).unwrap();
    let scored = json(&[
        "eval",
        &runs.path("rotary"),
        "--checkpoint",
        "best",
        "--ids",
        &file,
        "--block",
        "60",
        "--per-token",
    ]);
    let nats = |document: &Value, name: &str| -> Vec<f64> { serde_json::from_value(document[name].clone()).unwrap() };
    let pairs = nats(&document, "nats")
        .into_iter()
        .zip(nats(&scored, "tokens_nats").into_iter().skip(1));
    pairs.for_each(|(own, scored)| assert!((own - scored).abs() < 1e-4, "{own} generated, {scored} scored"));
    let moved = generated("transformer", &["--ids", "5,6", "--tokens", "50"]);
    assert_eq!(
        (&moved["beyond_block"], &moved["nats_as_evaluated"]),
        (&"the window moves by half a block".into(), &15.into())
    );
}

#[test]
fn explain_shows_what_each_filter_leaves() {
    let page = Runs::get().path("explained.html");
    let options = [
        "--prompt",
        "Nar",
        "--tokens",
        "3",
        "--top-k",
        "2",
        "--temperature",
        "0.5",
        "--explain",
    ];
    let document = generated("ngram", &[&options[..], &["--html", &page]].concat());
    let explained = document["explained"].as_array().unwrap();
    assert_eq!(explained.len(), 3);
    let stages = explained[0]["stages"].as_array().unwrap();
    let names: Vec<&str> = stages.iter().map(|stage| stage["filter"].as_str().unwrap()).collect();
    assert_eq!(names, ["model", "temperature 0.5", "top-k 2"]);
    assert_eq!(stages[2]["tokens_left"], 2);
    assert_eq!(explained[0]["id"], document["tokens"][0]);
    let html = fs::read_to_string(page).unwrap();
    assert!(html.contains("<rect") && html.contains("top-k 2") && !html.contains("<script"));
    let run = Runs::get().path("ngram");
    let (_, stdout, _) = tapegrad(&[&["generate", &run], &options[..]].concat());
    insta::assert_snapshot!(stdout);
}

#[test]
fn options_that_contradict_each_other_are_refused() {
    let run = Runs::get().path("ngram");
    for (options, said) in [
        (vec!["--greedy", "--temperature", "0.5"], "--temperature"),
        (vec!["--beams", "3", "--top-k", "4"], "--top-k"),
        (vec!["--beams", "3", "--samples", "2"], "--samples"),
        (vec!["--greedy", "--samples", "2"], "--samples"),
        (vec!["--prompt", "a", "--ids", "1"], "--ids"),
        (vec!["--explain", "--beams", "2"], "--beams"),
        (vec!["--html", "x.html"], "--explain"),
        (vec!["--samples", "0"], "--samples is 0"),
        (vec!["--beams", "0"], "--beams is 0"),
        (vec!["--stop", ""], "--stop is an empty text"),
        (vec!["--min-p", "2"], "min-p"),
        (vec!["--repetition-penalty", "0"], "repetition penalty"),
    ] {
        let (code, _, stderr) = tapegrad(&[&["generate", &run], &options[..]].concat());
        assert_eq!(code, 2, "{options:?}: {stderr}");
        assert!(stderr.contains(said), "{options:?}: {stderr}");
    }
    for (options, said) in [
        (vec!["--ids", "1,x"], "`x` is no id"),
        (vec!["--ids", "1,9999"], "no token has the id 9999"),
        (vec!["--ids", ""], "the prompt is empty"),
        (vec!["--exhaustive", "--tokens", "50"], "more than 100000 texts"),
    ] {
        let (code, _, stderr) = tapegrad(&[&["generate", &run], &options[..]].concat());
        assert_eq!(code, 1, "{options:?}: {stderr}");
        assert!(stderr.contains(said), "{options:?}: {stderr}");
    }
}

#[test]
fn g1_search_prints_both_paths_and_draws_them() {
    let (code, stdout, _) = tapegrad(&["search"]);
    assert_eq!(code, 0);
    insta::assert_snapshot!(stdout, @r"
    search          weight  path
    greedy              16  start -> A -> D -> G -> end1
    lightest path       14  start -> C -> F -> I -> end3
    greedy search does not find the lightest path here
    ");
    let file = crate::file("search-paths.svg", "");
    let document = json(&["search", "--svg", &file]);
    assert_eq!(document["lightest"]["weight"], 14.0);
    let drawn = fs::read_to_string(file).unwrap();
    let committed = include_str!("../../../docs/images/greedy-path.svg");
    assert_eq!(
        drawn, committed,
        "draw it again: tapegrad search --svg docs/images/greedy-path.svg"
    );
    let graph = crate::file("search-graph.txt", "A B 1\nB A 2\n");
    let (code, _, stderr) = tapegrad(&["search", &graph]);
    assert_eq!(code, 1);
    assert!(stderr.contains("the graph has a circle through `A`"), "{stderr}");
}
