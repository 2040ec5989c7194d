//! What else is done with runs: quantised, compared, learnt from.

use std::fs;

use serde_json::Value;
use tempfile::TempDir;

use crate::generation::{Runs, json};
use crate::tapegrad;

#[test]
fn g9_a_quantised_run_is_measured_and_generates_as_usual_and_cannot_be_trained() {
    let runs = Runs::get();
    for (name, bits) in [("transformer", "8"), ("rotary", "4"), ("lstm", "4")] {
        let out = runs.path(&format!("{name}-{bits}"));
        // Wide enough for groups of 32 weights.
        let wide = runs.path(&format!("{name}-wide"));
        let model = if name == "lstm" { "lstm" } else { "transformer" };
        let mut words = vec![
            "train", model, "--plain", "--out", &wide, "--steps", "40", "--batch", "4", "--block", "16",
        ];
        let text = runs.path("text.txt");
        words.extend(["--width", "64", "--text", &text]);
        if name == "rotary" {
            words.extend(["--positions", "rotary"]);
        }
        let (code, _, stderr) = tapegrad(&words);
        assert_eq!(code, 0, "{stderr}");
        let document = json(&["quantize", &wide, "--bits", bits, "--out", &out]);
        let number = |name: &str| document[name].as_f64().unwrap();
        let smaller = number("bytes_of_matrices_before") / number("bytes_of_matrices_after");
        assert!(smaller >= if bits == "4" { 6.0 } else { 3.7 }, "{name}: {smaller}");
        assert!(number("change_percent").abs() < 2.0, "{document}");
        let measured = json(&["eval", &out]);
        assert!((measured["nats_per_token"].as_f64().unwrap() - number("nats_after")).abs() < 1e-9);
        let generated = json(&["generate", &out, "--tokens", "30"]);
        let samples = json(&["generate", &out, "--tokens", "30", "--samples", "2"]);
        assert_eq!(samples["text"], generated["text"]);
        let (code, _, stderr) = tapegrad(&["train", model, "--out", &out, "--resume"]);
        assert_eq!(code, 1);
        assert!(stderr.contains("holds a quantised model"), "{stderr}");
        let (code, _, stderr) = tapegrad(&["train", model, "--from", &out, "--out", &runs.path("other")]);
        assert_eq!(code, 1);
        assert!(stderr.contains("holds a quantised model"), "{stderr}");
        // One bit of a code: the checksum finds it.
        let file = format!("{out}/packed.safetensors");
        let mut bytes = fs::read(&file).unwrap();
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        fs::write(&file, bytes).unwrap();
        let (code, _, stderr) = tapegrad(&["eval", &out]);
        assert_eq!(code, 1);
        assert!(stderr.contains("the checksum in its header is another"), "{stderr}");
    }
    let (code, _, stderr) = tapegrad(&[
        "quantize",
        &runs.path("ngram"),
        "--bits",
        "4",
        "--out",
        &runs.path("none"),
    ]);
    assert_eq!(code, 1);
    assert!(stderr.contains("an n-gram counts"), "{stderr}");
}

#[test]
fn runs_are_listed_with_the_lowest_loss_first_and_compared_on_a_page() {
    let place = TempDir::new().unwrap();
    let path = |name: &str| place.path().join(name).display().to_string();
    let text = Runs::get().path("text.txt");
    for (name, steps) in [("short", "4"), ("long", "40")] {
        let out = path(name);
        let words = [
            "train",
            "rnn",
            "--plain",
            "--text",
            &text,
            "--out",
            &out,
            "--steps",
            steps,
            "--evaluate-every",
            "4",
        ];
        let more = ["--batch", "4", "--block", "16", "--width", "16", "--sample-every", "4"];
        let (code, _, stderr) = tapegrad(&[&words[..], &more].concat());
        assert_eq!(code, 0, "{stderr}");
    }
    let page = path("runs.html");
    let document = json(&["runs", &place.path().display().to_string(), "--html", &page]);
    let runs = document["runs"].as_array().unwrap();
    assert_eq!(
        [&runs[0]["run"], &runs[1]["run"]],
        [&Value::from(path("long")), &Value::from(path("short"))]
    );
    assert_eq!(
        (&runs[0]["step"], &runs[0]["steps"], &runs[0]["model"]),
        (&40.into(), &40.into(), &"rnn".into())
    );
    let html = fs::read_to_string(page).unwrap();
    assert!(html.contains("<svg") && html.contains("curve c0") && !html.contains("<script"));
    let (_, stdout, _) = tapegrad(&["runs", &path("long"), &path("short")]);
    assert!(stdout.lines().nth(1).unwrap().contains("40 of 40"), "{stdout}");
    let samples = fs::read_to_string(path("long/samples.jsonl")).unwrap();
    let steps: Vec<Value> = samples
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(steps.len(), 10);
    assert!(steps.iter().all(|sample| !sample["text"].as_str().unwrap().is_empty()));
    // A record for the version and one for each line of the log, whose lengths lead from one to the next.
    let events = fs::read(path("long/events.out.tfevents.0.tapegrad")).unwrap();
    let (mut at, mut records) = (0, 0);
    while at < events.len() {
        at += 16 + u64::from_le_bytes(events[at..at + 8].try_into().unwrap()) as usize;
        records += 1;
    }
    assert_eq!((at, records), (events.len(), 11));
    let (code, _, stderr) = tapegrad(&["runs", &path("nowhere")]);
    assert_eq!(code, 1);
    assert!(stderr.contains("cannot be read"), "{stderr}");
}

#[test]
fn g9_a_smaller_model_is_trained_from_a_teacher_and_resumed_with_it() {
    let runs = Runs::get();
    let (text, teacher, out) = (runs.path("text.txt"), runs.path("rotary"), runs.path("student"));
    let words = [
        "train",
        "rnn",
        "--plain",
        "--text",
        &text,
        "--out",
        &out,
        "--teacher",
        &teacher,
        "--steps",
        "20",
    ];
    let small = ["--batch", "4", "--block", "16", "--width", "8"];
    let (code, _, stderr) = tapegrad(&[&words[..], &small].concat());
    assert_eq!(code, 0, "{stderr}");
    let recipe: Value = serde_json::from_str(&fs::read_to_string(format!("{out}/recipe.json")).unwrap()).unwrap();
    assert_eq!(recipe["teacher"]["run"], *teacher);
    assert_eq!(
        recipe["teacher"]["distillation"],
        serde_json::json!({"weight": 0.5, "temperature": 2.0})
    );
    let (code, _, stderr) = tapegrad(&["train", "rnn", "--plain", "--out", &out, "--resume", "--steps", "30"]);
    assert_eq!(code, 0, "{stderr}");
    let none = runs.path("no-student");
    for (model, more, said) in [
        ("ngram", vec![], "--teacher has no meaning"),
        (
            "rnn",
            vec!["--teacher-weight", "2"],
            "it must be at least 0 and at most 1",
        ),
        ("rnn", vec!["--unit", "word"], "the teacher reads other tokens"),
    ] {
        let words = ["train", model, "--text", &text, "--out", &none, "--teacher", &teacher];
        let (code, _, stderr) = tapegrad(&[&words[..], &more].concat());
        assert_ne!(code, 0);
        assert!(stderr.contains(said), "{stderr}");
    }
}
