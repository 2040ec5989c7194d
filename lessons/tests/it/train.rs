//! `tapegrad train`, `eval` and `compare` from their options to what they leave in the folder.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::tapegrad;

/// A folder with a text, and a run of a small recurrent network on it.
struct Place {
    folder: TempDir,
}

const SIZES: [&str; 12] = [
    "--steps",
    "8",
    "--batch",
    "2",
    "--block",
    "16",
    "--width",
    "8",
    "--checkpoint-every",
    "4",
    "--evaluate-every",
    "4",
];

impl Place {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let lines = (0..80).map(|i| format!("{} narwhals sing for {i} Seals of the North\n", i * 7 % 10));
        fs::write(folder.path().join("MyText.TXT"), lines.collect::<String>()).unwrap();
        Self { folder }
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn train(&self, more: &[&str]) -> (u8, String, String) {
        let (text, out) = (self.path("MyText.TXT"), self.path("run"));
        let words = ["train", "rnn", "--plain", "--text", &text, "--out", &out];
        tapegrad(&[&words, &SIZES[..], more].concat())
    }

    fn resume(&self, more: &[&str]) -> (u8, String, String) {
        let out = self.path("run");
        tapegrad(&[&["train", "rnn", "--resume", "--out", &out], more].concat())
    }
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn a_run_that_goes_on_takes_more_steps_and_refuses_what_is_settled() {
    let place = Place::new();
    assert_eq!(place.train(&[]).0, 0);
    let text = place.path("MyText.TXT");
    for (option, value) in [
        ("--block", "8"),
        ("--batch", "4"),
        ("--width", "16"),
        ("--layers", "2"),
        ("--seed", "3"),
        ("--text", text.as_str()),
        ("--grammar", "narwhals"),
    ] {
        let (code, stdout, stderr) = place.resume(&[option, value]);
        assert_eq!((code, stdout.as_str()), (2, ""), "{option}");
        assert!(stderr.contains(&format!("cannot change {option}")), "{stderr}");
    }
    let (code, stdout, stderr) = place.resume(&["--steps", "12", "--evaluate-every", "3", "--json"]);
    assert_eq!(code, 0, "{stderr}");
    assert_eq!(
        (&json(&stdout)["step"], &json(&stdout)["steps"]),
        (&12.into(), &12.into())
    );
    let recipe = json(&fs::read_to_string(place.folder.path().join("run/recipe.json")).unwrap());
    assert_eq!((&recipe["steps"], &recipe["evaluate_every"]), (&12.into(), &3.into()));
    let (code, _, stderr) = place.resume(&["--steps", "9"]);
    assert_eq!(code, 1);
    assert!(
        stderr.contains("has made 12 steps, but the recipe asks for 9"),
        "{stderr}"
    );
}

#[test]
fn a_copied_run_speaks_of_the_folder_it_is_in() {
    let place = Place::new();
    assert_eq!(place.train(&[]).0, 0);
    let copy = place.folder.path().join("copy");
    fs::create_dir(&copy).unwrap();
    for file in [
        "recipe.json",
        "tokenizer.json",
        "log.jsonl",
        "last.safetensors",
        "best.safetensors",
    ] {
        fs::copy(place.folder.path().join("run").join(file), copy.join(file)).unwrap();
    }
    let (code, stdout, _) = tapegrad(&["train", "rnn", "--resume", "--json", "--out", copy.to_str().unwrap()]);
    assert_eq!(code, 0);
    let document = json(&stdout);
    let checkpoint = document["checkpoint"].as_str().unwrap();
    assert!(Path::new(checkpoint).starts_with(&copy), "{checkpoint}");
}

#[test]
fn eval_refuses_a_text_that_has_changed_under_the_run() {
    let place = Place::new();
    assert_eq!(place.train(&[]).0, 0);
    let run = place.path("run");
    assert_eq!(tapegrad(&["eval", &run]).0, 0);
    let file = place.folder.path().join("MyText.TXT");
    let text = fs::read_to_string(&file).unwrap();
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    fs::write(&file, lines.join("\n") + "\n").unwrap();
    let (code, stdout, _) = tapegrad(&["eval", &run, "--json"]);
    assert_eq!((code, &json(&stdout)["error"]["code"]), (1, &"corpus_changed".into()));
}

#[test]
fn a_text_that_cannot_be_read_again_is_refused() {
    let place = Place::new();
    let out = place.path("run");
    let (code, _, stderr) = tapegrad(&["train", "rnn", "--text", "/dev/null", "--out", &out]);
    assert_eq!(code, 1);
    assert!(stderr.contains("not a regular file"), "{stderr}");
}

#[test]
fn compare_gives_paths_as_they_are_and_keeps_an_earlier_report_until_there_is_a_new_one() {
    let place = Place::new();
    let (text, report) = (place.path("MyText.TXT"), place.path("report.html"));
    fs::write(&report, "an earlier report").unwrap();
    let (code, ..) = tapegrad(&["compare", "--text", "/no/such/file", "--report", &report]);
    assert_eq!(
        (code, fs::read_to_string(&report).unwrap().as_str()),
        (1, "an earlier report")
    );
    let (code, _, stderr) = tapegrad(&["compare", "--text", &text, "--steps", "1", "--report", &report]);
    assert_eq!(code, 0, "{stderr}");
    assert!(
        fs::read_to_string(&report)
            .unwrap()
            .contains("MyText.TXT --unit character")
    );
}

/// Ctrl-C in the middle: the run is saved, the exit code says so, and going on ends with the bits of a run left alone.
#[cfg(unix)]
#[test]
fn the_first_signal_saves_and_the_run_goes_on_to_the_same_bits() {
    let place = Place::new();
    let text = place.path("MyText.TXT");
    let long = |out: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tapegrad"));
        command.args([
            "train",
            "rnn",
            "--plain",
            "--text",
            &text,
            "--out",
            out,
            "--threads",
            "1",
        ]);
        command.args(["--steps", "3000", "--batch", "2", "--block", "16", "--width", "8"]);
        command.args(["--checkpoint-every", "3000", "--evaluate-every", "1000"]);
        command.stdout(Stdio::piped()).stderr(Stdio::null());
        command
    };
    let [whole, cut] = ["whole", "cut"].map(|name| place.path(name));
    assert!(long(&whole).status().unwrap().success());
    let child = long(&cut).spawn().unwrap();
    let log = Path::new(&cut).join("log.jsonl");
    let begun = Instant::now();
    // The first line of the log tells that training is under way.
    while fs::read(&log).unwrap_or_default().is_empty() && begun.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(2));
    }
    let process = rustix::process::Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    rustix::process::kill_process(process, rustix::process::Signal::INT).unwrap();
    let ended = child.wait_with_output().unwrap();
    let stdout = String::from_utf8(ended.stdout).unwrap();
    // On a fast machine the run may be over before the signal comes.
    if ended.status.code() != Some(0) {
        assert_eq!(ended.status.code(), Some(130), "{stdout}");
        assert!(
            stdout.contains("stopped after") && stdout.contains("--resume"),
            "{stdout}"
        );
        let resumed = tapegrad(&["train", "rnn", "--resume", "--out", &cut]);
        assert_eq!(resumed.0, 0, "{}", resumed.2);
    }
    let weights = |run: &str| {
        let bytes = fs::read(Path::new(run).join("last.safetensors")).unwrap();
        let length = usize::try_from(u64::from_le_bytes(bytes[..8].try_into().unwrap())).unwrap();
        bytes[8 + length..].to_vec()
    };
    assert_eq!(weights(&whole), weights(&cut));
}
