//! Options of `train`: what they change, and what is refused, with which exit code.

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;

use serde_json::Value;
use tempfile::TempDir;

use crate::{program, tapegrad};

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// A folder with a text of some words.
fn place() -> (TempDir, String) {
    let folder = TempDir::new().unwrap();
    let lines = (0..80).map(|i| format!("{} narwhals sing for {i} Seals of the North\n", i * 7 % 10));
    let text = folder.path().join("text.txt");
    fs::write(&text, lines.collect::<String>()).unwrap();
    let text = text.display().to_string();
    (folder, text)
}

fn path(folder: &TempDir, name: &str) -> String {
    folder.path().join(name).display().to_string()
}

fn recipe(folder: &TempDir, run: &str) -> Value {
    json(&fs::read_to_string(folder.path().join(run).join("recipe.json")).unwrap())
}

#[test]
fn senseless_sizes_are_refused_before_anything_is_made() {
    let (folder, text) = place();
    let out = path(&folder, "run");
    let huge = "1000000000000";
    for (model, options, code, said) in [
        ("lstm", vec!["--width", "100000000"], 1, "GB are allowed"),
        ("transformer", vec!["--width", "100000"], 1, "GB are allowed"),
        ("transformer", vec!["--layers", "1000000000"], 1, "GB are allowed"),
        ("rnn", vec!["--layers", "1000000000"], 1, "GB are allowed"),
        ("rnn", vec!["--batch", huge], 1, "GB are allowed"),
        ("ngram", vec!["--batch", huge], 1, "GB are allowed"),
        (
            "rnn",
            vec!["--block", "1000000000"],
            1,
            "longer than the text to train on",
        ),
        ("rnn", vec!["--threads", "100000"], 2, "at most 512"),
        ("rnn", vec!["--threads", "0"], 2, "--threads is 0"),
        ("rnn", vec!["--batch", "0"], 2, "--batch is 0"),
        ("rnn", vec!["--evaluate-tokens", "0"], 2, "--evaluate-tokens is 0"),
        ("rnn", vec!["--width", "0"], 2, "`hidden` is 0"),
        ("transformer", vec!["--heads", "3"], 2, "cannot be split into 3 heads"),
        ("ngram", vec!["--order", "0"], 2, "the order of an n-gram model is 0"),
        (
            "rnn",
            vec!["--epsilon", "0"],
            2,
            "`training.epsilon` of the recipe is 0",
        ),
        (
            "rnn",
            vec!["--betas", "0.9,1"],
            2,
            "`training.betas[1]` of the recipe is 1",
        ),
        (
            "rnn",
            vec!["--weight-decay=-1"],
            2,
            "`training.weight_decay` of the recipe is -1",
        ),
        ("rnn", vec!["--learning-rate", "0"], 2, "learning rate is 0"),
        ("rnn", vec!["--memory", "1MB"], 1, "0.0 GB are allowed"),
    ] {
        let words = ["train", model, "--text", &text, "--out", &out];
        let (found, stdout, stderr) = tapegrad(&[&words, &options[..]].concat());
        assert_eq!((found, stdout.as_str()), (code, ""), "{options:?}: {stderr}");
        assert!(stderr.contains(said), "{options:?}: {stderr}");
        // What a person reads is no text of Rust's own.
        for debug in ["Some(", "None", "Err(", "Ok("] {
            assert!(!stderr.contains(debug), "{options:?}: {stderr}");
        }
        assert!(!PathBuf::from(&out).exists(), "{options:?} left a folder");
    }
    // 30 000 different words make a table of 9e8 logits.
    let many = folder.path().join("many.txt");
    let words: Vec<String> = (0..30_000).map(|i| format!("word{i}")).collect();
    fs::write(&many, words.join(" ")).unwrap();
    let many = many.display().to_string();
    let (code, _, stderr) = tapegrad(&["train", "table", "--unit", "word", "--text", &many, "--out", &out]);
    assert_eq!(code, 1);
    assert!(stderr.contains("GB of memory, but only 4.0 GB are allowed"), "{stderr}");
}

#[cfg(unix)]
#[test]
fn a_file_name_that_is_not_utf8_is_refused_with_what_mends_it() {
    use std::os::unix::ffi::OsStringExt;
    let (folder, text) = place();
    let name = OsString::from_vec(b"caf\xe9.txt".to_vec());
    let strange = folder.path().join(&name);
    fs::copy(&text, &strange).unwrap();
    let run = |args: Vec<OsString>| {
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let code = tapegrad_lessons::cli::run(args, &mut stdout, &mut stderr);
        (code, String::from_utf8(stderr).unwrap())
    };
    let out: OsString = path(&folder, "run").into();
    let words = |more: [&OsString; 2]| {
        let words = ["tapegrad", "train", "table", "--steps", "1", "--block", "8", "--text"].map(OsString::from);
        [&words[..], &[more[0].clone(), "--out".into(), more[1].clone()]].concat()
    };
    let (code, stderr) = run(words([&strange.clone().into(), &out]));
    assert_eq!(code, 2, "{stderr}");
    assert!(
        stderr.contains("not UTF-8") && stderr.contains("rename the file"),
        "{stderr}"
    );
    // A folder may have such a name: nothing has to hold it.
    let odd = folder.path().join(OsString::from_vec(b"run\xff".to_vec()));
    let (code, stderr) = run(words([&text.into(), &odd.clone().into()]));
    assert_eq!(code, 0, "{stderr}");
    assert!(odd.join("last.safetensors").exists());
}

#[test]
fn options_of_the_optimiser_reach_the_recipe_and_change_the_weights() {
    let (folder, text) = place();
    let weights = |name: &str, more: &[&str]| {
        let out = path(&folder, name);
        let words = [
            "train", "rnn", "--text", &text, "--out", &out, "--steps", "6", "--block", "8", "--width", "8",
        ];
        let (code, _, stderr) = tapegrad(&[&words, more].concat());
        assert_eq!(code, 0, "{more:?}: {stderr}");
        let bytes = fs::read(folder.path().join(name).join("last.safetensors")).unwrap();
        let header = usize::try_from(u64::from_le_bytes(bytes[..8].try_into().unwrap())).unwrap();
        bytes[8 + header..].to_vec()
    };
    let plain = weights("plain", &[]);
    let decay = ["--weight-decay", "0.5"];
    let decayed = weights("decayed", &decay);
    for (name, more) in [
        ("betas", &["--betas", "0.5,0.9"][..]),
        ("epsilon", &["--epsilon", "0.1"]),
        ("decay", &decay),
        ("clip", &["--clip", "0.001"]),
    ] {
        assert_ne!(weights(name, more), plain, "{name}");
    }
    for (name, more) in [
        ("l2", ["--decay", "l2"]),
        ("all", ["--decay-on", "all"]),
        ("none", ["--decay-on", "none"]),
    ] {
        assert_ne!(weights(name, &[&decay[..], &more].concat()), decayed, "{name}");
    }
    let training = |run: &str, field: &str| recipe(&folder, run)["training"][field].clone();
    assert_eq!(training("betas", "betas"), serde_json::json!([0.5, 0.9]));
    assert_eq!(training("epsilon", "epsilon"), 0.1);
    assert_eq!(training("l2", "decay"), "l2");
    assert_eq!(training("none", "decayed"), "none");
}

#[test]
fn plain_lines_tell_the_progress_also_beside_a_document() {
    let (folder, text) = place();
    for (name, more) in [("text", &[][..]), ("json", &["--json"])] {
        let out = path(&folder, name);
        let words = [
            "train", "rnn", "--plain", "--text", &text, "--out", &out, "--steps", "6", "--block", "8",
        ];
        let (code, stdout, stderr) = program(&[&words[..], &["--evaluate-every", "2"], more].concat());
        assert_eq!(code, 0, "{stderr}");
        let steps: Vec<&str> = stderr.lines().filter(|line| line.contains("step ")).collect();
        assert_eq!(steps.len(), 3, "{stderr}");
        assert!(
            steps
                .iter()
                .all(|line| line.contains("validation ") && line.contains("tokens/s")),
            "{stderr}"
        );
        assert!(!stdout.contains("tokens/s"), "{stdout}");
    }
}

#[test]
fn each_smoothing_can_be_asked_for_and_a_number_that_belongs_to_another_is_refused() {
    let (folder, text) = place();
    let mut losses = Vec::new();
    for (kind, more, written) in [
        ("add-k", &["--k", "0.5"][..], serde_json::json!({"add_k": {"k": 0.5}})),
        (
            "absolute",
            &["--discount", "0.6"],
            serde_json::json!({"absolute": {"discount": 0.6}}),
        ),
        ("witten-bell", &[], "witten_bell".into()),
        ("kneser-ney", &[], "kneser_ney".into()),
        ("modified-kneser-ney", &[], "modified_kneser_ney".into()),
    ] {
        let out = path(&folder, kind);
        let words = [
            "train",
            "ngram",
            "--json",
            "--text",
            &text,
            "--out",
            &out,
            "--smoothing",
            kind,
        ];
        let (code, stdout, stderr) = tapegrad(&[&words, more].concat());
        assert_eq!(code, 0, "{kind}: {stderr}");
        assert_eq!(recipe(&folder, kind)["model"]["smoothing"], written);
        losses.push(json(&stdout)["heldout_nats"].as_f64().unwrap());
        assert_eq!(tapegrad(&["eval", &out]).0, 0, "{kind}");
    }
    let different: std::collections::BTreeSet<u64> = losses.iter().map(|nats| nats.to_bits()).collect();
    assert_eq!(different.len(), losses.len(), "{losses:?}");
    let out = path(&folder, "none");
    for more in [["--k", "1"], ["--discount", "0.5"]] {
        let (code, _, stderr) = tapegrad(&[&["train", "ngram", "--text", &text, "--out", &out][..], &more].concat());
        assert_eq!(code, 2, "{stderr}");
        assert!(stderr.contains("has a meaning only with"), "{stderr}");
    }
}

#[test]
fn options_without_a_meaning_for_a_model_are_refused() {
    let (folder, text) = place();
    let out = path(&folder, "run");
    let of_networks = [
        ["--steps", "3"],
        ["--learning-rate", "0.1"],
        ["--betas", "0.9,0.99"],
        ["--epsilon", "1e-6"],
        ["--weight-decay", "0.1"],
        ["--decay", "l2"],
        ["--decay-on", "all"],
        ["--clip", "1"],
        ["--layers", "1"],
        ["--width", "8"],
        ["--heads", "1"],
    ];
    let of_counts = [["--order", "3"], ["--smoothing", "witten-bell"]];
    let of_sizes = [["--layers", "1"], ["--width", "8"], ["--heads", "1"]];
    let cases = [
        ("ngram", &of_networks[..]),
        ("rnn", &of_counts),
        ("lstm", &of_counts),
        ("transformer", &of_counts),
        ("table", &of_counts),
        ("table", &of_sizes),
        ("rnn", &[["--heads", "2"]]),
        ("lstm", &[["--heads", "2"]]),
    ];
    for (model, options) in cases {
        for option in options {
            let words = ["train", model, "--text", &text, "--out", &out];
            let (code, stdout, stderr) = tapegrad(&[&words, &option[..]].concat());
            assert_eq!((code, stdout.as_str()), (2, ""), "{model} {option:?}: {stderr}");
            assert!(
                stderr.contains(&format!("{} has no meaning", option[0])),
                "{model} {option:?}: {stderr}"
            );
        }
    }
}

#[test]
fn an_error_says_its_place_and_its_mend_for_programs_and_has_the_exit_code_of_its_kind() {
    let (folder, text) = place();
    let run = path(&folder, "run");
    assert_eq!(tapegrad(&["train", "ngram", "--text", &text, "--out", &run]).0, 0);
    fs::write(folder.path().join("gzip.txt"), b"\x1f\x8b\x08abc").unwrap();
    fs::write(folder.path().join("latin.txt"), b"caf\xe9 narwhals").unwrap();
    let [gzip, latin, missing, new] = ["gzip.txt", "latin.txt", "missing.txt", "new"].map(|name| path(&folder, name));
    // 2: what was typed is wrong. 1: it could not be done.
    let cases: [(&[&str], u8, &str, Option<&str>); 8] = [
        (
            &["train", "ngram", "--text", &gzip, "--out", &new],
            1,
            "unreadable_file",
            Some(&gzip),
        ),
        (
            &["train", "ngram", "--text", &latin, "--out", &new],
            1,
            "not_utf8",
            Some(&latin),
        ),
        (&["eval", &run, "--text", &missing], 1, "missing_file", Some(&missing)),
        (
            &["train", "ngram", "--text", &text, "--out", &run],
            1,
            "folder_taken",
            Some(&run),
        ),
        (&["train", "rnn", "--resume", "--out", &run], 2, "usage", Some(&run)),
        (&["generate", &run, "--temperature", "-1"], 2, "usage", None),
        (&["generate", &run, "--temperature", "nan"], 2, "sampling", None),
        (
            &["train", "ngram", "--text", &text, "--out", &new, "--order", "0"],
            2,
            "model",
            None,
        ),
    ];
    for (args, code, name, place) in cases {
        let (found, stdout, _) = tapegrad(&[args, &["--json"]].concat());
        let error = &json(&stdout)["error"];
        assert_eq!((found, &error["code"]), (code, &name.into()), "{args:?}: {error}");
        assert!(
            error["help"].as_str().is_some_and(|help| !help.is_empty()),
            "{args:?}: {error}"
        );
        assert_eq!(error["where"].as_str(), place, "{args:?}");
        let message = error["message"].as_str().unwrap();
        assert!(
            place.is_none_or(|place| !message.contains(place)),
            "the place stands in {message}"
        );
    }
}

#[test]
fn a_run_can_begin_with_the_weights_of_another_on_another_text() {
    let (folder, text) = place();
    let other = path(&folder, "other.txt");
    fs::write(
        &other,
        "Seals of the South sing for narwhals, not for 3 gulls\n".repeat(60),
    )
    .unwrap();
    let [first, tuned, fresh] = ["first", "tuned", "fresh"].map(|name| path(&folder, name));
    let sizes = ["--steps", "40", "--block", "16", "--width", "16", "--batch", "4"];
    let train = |args: &[&str]| {
        let (code, stdout, stderr) = program(&[&["train", "lstm", "--json"], args].concat());
        assert_eq!(code, 0, "{stderr}");
        (json(&stdout)["heldout_nats"].as_f64().unwrap(), stderr)
    };
    train(&[&["--text", &text, "--out", &first], &sizes[..]].concat());
    let (with, stderr) = train(&["--from", &first, "--text", &other, "--out", &tuned, "--steps", "10"]);
    // `,`, `u`, `g` and `t` of gulls ... some are in no training text of the first run.
    assert!(stderr.contains("outside the vocabulary of the other run"), "{stderr}");
    let short = ["--steps", "10", "--block", "16", "--width", "16", "--batch", "4"];
    let (without, _) = train(&[&["--text", &other, "--out", &fresh], &short[..]].concat());
    assert!(
        with < without,
        "{with} with the weights of another run, {without} without"
    );
    let tuned_recipe = recipe(&folder, "tuned");
    assert_eq!(tuned_recipe["from"]["checkpoint"], "best.safetensors");
    assert_eq!(tuned_recipe["model"], recipe(&folder, "first")["model"]);
    let tokenizer = |run: &str| fs::read(folder.path().join(run).join("tokenizer.json")).unwrap();
    assert_eq!(tokenizer("tuned"), tokenizer("first"));
    // It is a run like any other: measured, and continued.
    assert_eq!(tapegrad(&["eval", &tuned]).0, 0);
    assert_eq!(
        tapegrad(&["train", "lstm", "--resume", "--out", &tuned, "--steps", "12"]).0,
        0
    );
    for (args, said) in [
        (
            &["--from", &first, "--width", "8", "--out", &fresh][..],
            "has no meaning with --from",
        ),
        (
            &["--from", &first, "--grammar", "narwhals", "--out", &fresh],
            "another kind of corpus",
        ),
    ] {
        let (code, _, stderr) = tapegrad(&[&["train", "lstm"], args].concat());
        assert!(code != 0 && stderr.contains(said), "{stderr}");
    }
    let (code, _, stderr) = tapegrad(&["train", "rnn", "--from", &first, "--out", &fresh]);
    assert!(code == 2 && stderr.contains("has the model `lstm`"), "{stderr}");
}

#[test]
fn a_run_that_is_worse_than_an_even_guess_says_so() {
    let (folder, text) = place();
    for (rate, steps, is_worse) in [("1e6", "3", true), ("0.01", "20", false)] {
        let words = [
            "train",
            "lstm",
            "--plain",
            "--text",
            &text,
            "--out",
            &path(&folder, rate),
        ];
        let more = ["--steps", steps, "--block", "8", "--learning-rate", rate];
        let (code, _, stderr) = program(&[&words[..], &more].concat());
        assert_eq!(code, 0, "{stderr}");
        assert_eq!(
            stderr.contains("worse than an even guess"),
            is_worse,
            "{rate}: {stderr}"
        );
    }
}
