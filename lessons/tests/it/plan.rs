//! The command `plan`: its document, its texts, and what it refuses.

use std::fs;
use std::time::Instant;

use serde_json::Value;
use tempfile::TempDir;

use crate::tapegrad;

fn document(args: &[&str]) -> Value {
    let (code, stdout, stderr) = tapegrad(&[args, &["--json"]].concat());
    assert_eq!((code, stderr.as_str()), (0, ""), "{args:?}: {stdout}");
    serde_json::from_str(&stdout).unwrap()
}

const NAMES: [&str; 16] = [
    "gpt1",
    "gpt2",
    "gpt2-xl",
    "gpt3-small",
    "gpt3-medium",
    "gpt3-large",
    "gpt3-xl",
    "gpt3-2.7b",
    "gpt3-6.7b",
    "gpt3-13b",
    "gpt3-175b",
    "olmo-7b",
    "llama2-7b",
    "openlm-7b",
    "falcon-7b",
    "palm-8b",
];

#[test]
fn every_preset_has_the_fields_of_the_contract() {
    for name in NAMES {
        let cost = document(&["plan", name]);
        assert_eq!(cost["name"], name);
        let count = |value: &Value| value.as_u64().unwrap_or_else(|| panic!("{name}: {value} is no count"));
        let parts = cost["parameters_by_part"].as_object().unwrap();
        assert_eq!(parts.values().map(count).sum::<u64>(), count(&cost["parameters"]));
        let flops = &cost["flops_per_token"];
        assert!(
            count(&flops["forward"]) * 2 < count(&flops["training"]),
            "{name}: {flops}"
        );
        for part in ["weights", "optimiser", "activations", "cache_per_token"] {
            assert!(count(&cost["bytes"][part]) > 0, "{name}: {part}");
        }
        assert!(count(&cost["training"]["tokens"]) > 0);
        let [flops, days] = ["flops", "petaflop_s_days"].map(|field| cost["training"][field].as_f64().unwrap());
        assert!((flops / days / 8.64e19 - 1.0).abs() < 1e-12);
        assert!(cost["notes"].as_array().unwrap().iter().all(Value::is_string));
    }
}

/// Rows M21 and T7.
#[test]
fn gpt_3_is_planned_without_being_made() {
    let start = Instant::now();
    let cost = document(&["plan", "gpt3-175b"]);
    // It takes some hundredths of a second; what is said is that nothing of 700 GB is made.
    assert!(start.elapsed().as_secs_f64() < 5.0);
    assert_eq!(cost["parameters"], 174_604_259_328_u64);
    assert_eq!(cost["bytes"]["weights"], 4 * 174_604_259_328_u64);
    assert_eq!(cost["bytes"]["cache_per_token"], 2 * 96 * 12_288 * 4);
    assert_eq!(cost["training"]["petaflop_s_days"].as_f64().unwrap().round(), 3638.0);
}

#[test]
fn the_tables_and_the_plan_of_a_preset_as_text() {
    let (code, stdout, _) = tapegrad(&["plan", "tables"]);
    assert_eq!(code, 0);
    insta::assert_snapshot!("tables", stdout);
    let (code, stdout, _) = tapegrad(&["plan", "gpt3-175b"]);
    assert_eq!(code, 0);
    insta::assert_snapshot!("gpt3-175b", stdout);
}

#[test]
fn the_rows_of_the_errata_are_those_of_the_command() {
    let (code, stdout, _) = tapegrad(&["plan", "errata"]);
    assert_eq!(code, 0);
    let errata = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/errata.md")).unwrap();
    for row in stdout.lines() {
        assert!(errata.contains(row), "docs/errata.md needs the row\n{row}");
    }
}

#[test]
fn a_run_is_planned_by_its_folder_and_by_its_recipe_and_measured_where_that_is_asked() {
    let folder = TempDir::new().unwrap();
    let text = folder.path().join("text.txt");
    fs::write(&text, "narwhals sing of seals and narwhals\n".repeat(60)).unwrap();
    let (run, text) = (folder.path().join("run"), text.display().to_string());
    let out = run.display().to_string();
    let train = [
        "train",
        "transformer",
        "--text",
        &text,
        "--out",
        &out,
        "--steps",
        "2",
        "--block",
        "8",
        "--width",
        "8",
        "--heads",
        "2",
        "--batch",
        "2",
        "--architecture",
        "llama2",
        "--dropout",
        "0.25",
        "--window",
        "4",
    ];
    let (code, _, stderr) = tapegrad(&train);
    assert_eq!(code, 0, "{stderr}");
    let recipe: Value = serde_json::from_str(&fs::read_to_string(run.join("recipe.json")).unwrap()).unwrap();
    let switches = &recipe["model"]["architecture"];
    for (switch, value) in [
        ("norm", Value::from("rms")),
        ("positions", "rotary".into()),
        ("activation", "swiglu".into()),
        ("key_value_heads", 1.into()),
        ("window", 4.into()),
        ("dropout", 0.25.into()),
    ] {
        assert_eq!(switches[switch], value, "{switch}");
    }
    let by_folder = document(&["plan", &out]);
    let file = run.join("recipe.json").display().to_string();
    assert_eq!(by_folder, document(&["plan", &file]));
    assert_eq!(by_folder["training"]["tokens"], 2 * 2 * 8);
    let bytes = fs::read(run.join("last.safetensors")).unwrap();
    let header = usize::try_from(u64::from_le_bytes(bytes[..8].try_into().unwrap())).unwrap();
    let arrays = (bytes.len() - 8 - header) as u64;
    // The checkpoint holds the weights and the two moments.
    let planned = &by_folder["bytes"];
    assert_eq!(
        planned["weights"].as_u64().unwrap() + planned["optimiser"].as_u64().unwrap(),
        arrays
    );
    assert!(by_folder["training"].get("seconds").is_none());
    let measured = document(&["plan", &out, "--measure"]);
    assert!(measured["training"]["seconds"].as_f64().unwrap() > 0.0);
}

#[test]
fn what_cannot_be_planned_is_refused_with_what_mends_it() {
    let (code, stdout, stderr) = tapegrad(&["plan", "gpt3-175"]);
    assert_eq!((code, stdout.as_str()), (2, ""));
    assert!(stderr.contains("gpt3-175b"), "{stderr}");
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("recipe.json");
    fs::write(&file, "{}").unwrap();
    let (code, _, stderr) = tapegrad(&["plan", &file.display().to_string()]);
    assert_eq!(code, 1);
    assert!(stderr.contains("not a recipe"), "{stderr}");
    let (code, _, stderr) = tapegrad(&["plan", &folder.path().display().to_string()]);
    assert_eq!(code, 1, "{stderr}");
}

#[test]
fn switches_that_do_not_fit_are_refused_before_anything_is_made() {
    for (options, said) in [
        (&["--key-value-heads", "3"][..], "does not divide the 4 heads"),
        (&["--positions", "rotary", "--width", "12"], "odd number"),
        (&["--dropout", "1"], "below 1"),
        (&["--window", "0"], "at least 1"),
        (&["--mlp-ratio", "0"], "above 0"),
    ] {
        let (code, stdout, stderr) = tapegrad(&[&["train", "transformer", "--out", "no/such/run"], options].concat());
        assert_eq!((code, stdout.as_str()), (2, ""), "{options:?}: {stderr}");
        assert!(stderr.contains(said), "{options:?}: {stderr}");
    }
    let (code, _, stderr) = tapegrad(&["train", "lstm", "--norm", "rms", "--out", "no/such/run"]);
    assert_eq!(code, 2);
    assert!(stderr.contains("--norm has no meaning"), "{stderr}");
}
