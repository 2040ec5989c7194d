//! The command `tapegrad` from its arguments to its output and exit code.

use serde_json::Value;

use crate::{file, tapegrad};

#[test]
fn step_prints_the_ledger_and_nothing_else() {
    let (code, stdout, stderr) = tapegrad(&["step", "two-layer"]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    assert!(stdout.contains("g_beta_1 = 0.2955") && stdout.contains("14 of 14 gradient entries agree"));
}

#[test]
fn step_as_json_is_one_document_with_every_number() {
    let (code, stdout, _) = tapegrad(&["step", "two-layer", "--json"]);
    let document: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(code, 0);
    assert_eq!(document["rows"][2]["gradients"][0]["entries"][0]["name"], "g_beta_1");
    assert_eq!(document["rows"][4]["result"]["shape"], serde_json::json!([2]));
    assert!((document["rows"][1]["result"]["entries"][0].as_f64().unwrap() - 0.52529).abs() < 1e-5);
}

#[test]
fn the_seed_decides_the_values_wherever_it_stands() {
    let with_seed = |seed| tapegrad(&["step", "two-layer", "--seed", seed]);
    assert_eq!(with_seed("3"), tapegrad(&["--seed", "3", "step", "two-layer"]));
    assert_ne!(with_seed("3").1, with_seed("4").1);
}

#[test]
fn values_from_a_file_may_have_any_sizes() {
    let path = file(
        "sizes.json",
        br#"{"x": [1, 2, 3], "t": 0, "alpha": [[0.1, 0, 1]], "beta": [2]}"#,
    );
    let (code, stdout, _) = tapegrad(&["step", "two-layer", "--values", &path]);
    assert_eq!(code, 0);
    assert!(stdout.contains("g_alpha_13 = ") && stdout.contains("x = [1, 2, 3], t = 0"));
}

#[test]
fn wrong_values_are_an_error_with_place_and_help() {
    let cases: [(&str, &[u8], &str, &str); 5] = [
        (
            "rows.json",
            br#"{"x": [1], "t": 1, "alpha": [[1], [1]], "beta": [1]}"#,
            "wrong_values",
            "alpha",
        ),
        (
            "target.json",
            br#"{"x": [1], "t": 3, "alpha": [[1]], "beta": [1]}"#,
            "wrong_values",
            ": t",
        ),
        (
            "saturated.json",
            br#"{"x": [9], "t": 1, "alpha": [[9]], "beta": [999]}"#,
            "wrong_values",
            ": y",
        ),
        ("empty.json", b"", "wrong_values", "empty.json"),
        ("latin.json", b"{\"x\": \xe9}", "unreadable_file", "latin.json"),
    ];
    for (name, text, error_code, place) in cases {
        let path = file(name, text);
        let (code, stdout, stderr) = tapegrad(&["step", "two-layer", "--values", &path, "--json"]);
        let error = serde_json::from_str::<Value>(&stdout).unwrap()["error"].clone();
        assert_eq!((code, stderr.as_str()), (1, ""), "{name}");
        assert_eq!(error["code"], error_code, "{name}");
        assert!(error["where"].as_str().unwrap().contains(place), "{name}: {error}");
        assert!(error["message"].is_string() && error["help"].is_string(), "{name}");
        let (code, stdout, stderr) = tapegrad(&["step", "two-layer", "--values", &path]);
        assert_eq!((code, stdout.as_str()), (1, ""), "{name}");
        assert!(
            stderr.starts_with("error: ") && stderr.contains(place),
            "{name}: {stderr}"
        );
    }
}

#[test]
fn a_missing_file_is_named() {
    let (code, _, stderr) = tapegrad(&["step", "two-layer", "--values", "no/such/file.json"]);
    assert_eq!(code, 1);
    assert!(
        stderr.starts_with("error: no/such/file.json: the values cannot be read"),
        "{stderr}"
    );
}

#[test]
fn a_wrong_command_line_is_exit_code_2_as_text_and_as_json() {
    for args in [
        &["step", "three-layer"][..],
        &["stop"],
        &[],
        &["step", "two-layer", "--seed", "1", "--values", "f"],
    ] {
        let (code, stdout, stderr) = tapegrad(args);
        assert_eq!((code, stdout.as_str()), (2, ""), "{args:?}");
        assert!(
            stderr.starts_with("error: ") && !stderr.contains("error: error"),
            "{stderr}"
        );
        let (code, stdout, _) = tapegrad(&[args, &["--json"]].concat());
        let document: Value = serde_json::from_str(&stdout).unwrap();
        assert_eq!(
            (code, &document["error"]["code"]),
            (2, &Value::from("usage")),
            "{args:?}"
        );
    }
}

#[test]
fn help_and_version_are_no_errors() {
    for args in [&["--help"][..], &["step", "--help"], &["--version"]] {
        let (code, stdout, stderr) = tapegrad(args);
        assert_eq!((code, stderr.as_str()), (0, ""));
        assert!(stdout.contains("tapegrad"));
    }
}
