//! `tapegrad assignment` from its arguments to its files, output and exit code.

use std::path::Path;

use serde_json::Value;
use tapegrad_lessons::assignment::make::Reference;
use tapegrad_lessons::assignment::registry;

use crate::tapegrad;

/// The exit code, standard output and standard error of `tapegrad assignment ARGS`.
fn assignment(args: &[&str]) -> (u8, String, String) {
    tapegrad(&[&["assignment"], args].concat())
}

/// A path as an argument.
fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn all_assignments_are_listed_with_their_points() {
    let (code, stdout, _) = assignment(&["list", "--json"]);
    let list: Value = serde_json::from_str(&stdout).unwrap();
    let points: Vec<&Value> = list.as_array().unwrap().iter().map(|known| &known["points"]).collect();
    assert_eq!((code, points), (0, vec![&Value::from(60); 4]));
}

#[test]
fn a_student_gets_a_crate_and_nothing_is_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let crate_ = folder.path().join("mine");
    let (code, stdout, stderr) = assignment(&["new", "01-modules", text(&crate_)]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    assert!(stdout.contains("src/lib.rs"));
    let read = |name: &str| std::fs::read_to_string(crate_.join(name)).unwrap();
    assert!(read("src/lib.rs").contains("// TODO sigmoid-backward (16 points)"));
    assert!(!read("src/lib.rs").contains("// hole") && !read("src/lib.rs").contains("// starter"));
    let manifest: toml::Table = read("Cargo.toml").parse().unwrap();
    let engine = manifest["dependencies"]["tapegrad-autograd"]["path"].as_str().unwrap();
    assert!(Path::new(engine).join("src/lib.rs").is_file());
    assert!(read("README.md").contains("| linear-backward | 20 |"));
    let (code, _, stderr) = assignment(&["new", "01-modules", text(&crate_)]);
    assert!(code == 1 && stderr.contains("the folder is not empty"), "{stderr}");
}

#[test]
fn a_submission_goes_from_a_new_crate_to_all_points() {
    let folder = tempfile::tempdir().unwrap();
    let crate_ = folder.path().join("mine");
    assert_eq!(assignment(&["new", "03-ngram", text(&crate_)]).0, 0);
    let (code, stdout, _) = assignment(&["grade", text(&crate_)]);
    assert!(
        code == 1 && stdout.ends_with("\n0 of 20 points\nhidden tests give 40 more\n"),
        "{stdout}"
    );
    let solution = Reference::parse(registry::find("03-ngram").unwrap().reference)
        .unwrap()
        .solution();
    std::fs::write(crate_.join("src/lib.rs"), solution).unwrap();
    let (code, stdout, _) = assignment(&["grade", text(&crate_), "--hidden", "--format", "gradescope"]);
    let document: Value = serde_json::from_str(&stdout).unwrap();
    let points: f64 = document["tests"]
        .as_array()
        .unwrap()
        .iter()
        .map(|test| test["score"].as_f64().unwrap())
        .sum();
    assert_eq!((code, points), (0, 60.0), "{stdout}");
    let (code, stdout, _) = assignment(&["grade", text(&crate_), "--format", "classroom"]);
    assert!(code == 0 && stdout.starts_with("result=eyJ"), "{stdout}");
}

#[test]
fn what_cannot_be_graded_is_an_error_with_its_mend() {
    let folder = tempfile::tempdir().unwrap();
    let here = text(folder.path());
    for (args, part) in [
        (
            &["new", "99-none", "x"][..],
            "there are 01-modules, 02-tape, 03-ngram, 04-attention",
        ),
        (&["grade", here], "assignment.toml"),
        (&["grade", here, "--id", "99-none"], "there is no assignment `99-none`"),
        (
            &["new", "01-modules", "x", "--project", here],
            "--project DIR or the environment variable",
        ),
    ] {
        let (code, stdout, stderr) = assignment(args);
        assert_eq!((code, stdout.as_str()), (1, ""), "{args:?}");
        assert!(stderr.contains(part), "{stderr}");
    }
}

/// Takes minutes: builds the engine once more, as a student does.
#[test]
#[ignore = "builds a student's crate with its dependencies"]
fn a_students_crate_builds_without_network() {
    let folder = tempfile::tempdir().unwrap();
    for known in &registry::ALL {
        let crate_ = folder.path().join(known.id);
        assert_eq!(assignment(&["new", known.id, text(&crate_)]).0, 0);
        let solution = Reference::parse(known.reference).unwrap().solution();
        std::fs::write(crate_.join("src/lib.rs"), solution).unwrap();
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/student");
        let status = std::process::Command::new(cargo)
            .args(["test", "--offline"])
            .current_dir(&crate_)
            .env("CARGO_TARGET_DIR", target)
            .status();
        assert!(status.unwrap().success(), "{}", known.id);
    }
}
