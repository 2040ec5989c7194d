//! `tapegrad assignment` from its arguments to its files, output and exit code.

use std::path::Path;

use serde_json::Value;
use tapegrad_lessons::assignment::grade::Isolation;
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
    assert!(Path::new(engine).is_relative() && crate_.join(engine).join("src/lib.rs").is_file());
    assert!(read("README.md").contains("| linear-backward | 20 |"));
    let (code, _, stderr) = assignment(&["new", "01-modules", text(&crate_)]);
    assert!(code == 1 && stderr.contains("the folder is not empty"), "{stderr}");
}

#[test]
fn a_submission_goes_from_a_new_crate_to_all_points() {
    let folder = tempfile::tempdir().unwrap();
    let crate_ = folder.path().join("mine");
    assert_eq!(assignment(&["new", "03-ngram", text(&crate_)]).0, 0);
    // Where there is no isolation, these tests grade what they wrote themselves.
    let as_is = (*super::isolation() == Isolation::Unisolated).then_some("--unisolated");
    let grade = |more: &[&str]| {
        let args: Vec<&str> = ["grade", text(&crate_)]
            .into_iter()
            .chain(more.iter().copied())
            .chain(as_is)
            .collect();
        assignment(&args)
    };
    let (code, stdout, _) = grade(&[]);
    assert!(
        code == 1 && stdout.ends_with("\n0 of 20 points\nhidden tests give 40 more\n"),
        "{stdout}"
    );
    let solution = Reference::parse(registry::find("03-ngram").unwrap().reference)
        .unwrap()
        .solution();
    std::fs::write(crate_.join("src/lib.rs"), solution).unwrap();
    let (code, stdout, _) = grade(&["--hidden", "--format", "gradescope"]);
    let document: Value = serde_json::from_str(&stdout).unwrap();
    let points: f64 = document["tests"]
        .as_array()
        .unwrap()
        .iter()
        .map(|test| test["score"].as_f64().unwrap())
        .sum();
    assert_eq!((code, points), (0, 60.0), "{stdout}");
    assert!(
        document["output"]
            .as_str()
            .unwrap()
            .contains("20 of 20 points in public tests"),
        "{stdout}"
    );
    let (code, stdout, _) = grade(&["--format", "classroom"]);
    assert!(code == 0 && stdout.starts_with("result=eyJ"), "{stdout}");
    let (code, stdout, stderr) = grade(&["--format", "classroom", "--hidden"]);
    assert!(
        code == 2 && stdout.is_empty() && stderr.contains("shows each result to the student at once"),
        "{stderr}"
    );
}

#[test]
fn what_cannot_be_graded_is_an_error_with_its_mend() {
    let folder = tempfile::tempdir().unwrap();
    let here = text(folder.path());
    for (args, part) in [
        (
            &["new", "99-none", "x"][..],
            "there are 01-modules, 02-tape, 03-ngram, 04-attention, and any folder",
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

/// What cargo prints about a crate.
fn cargo(args: &[&str], folder: &Path) -> (bool, String) {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = std::process::Command::new(cargo);
    // As a student runs it, whatever this test is built with.
    command.env_remove("CARGO_TARGET_DIR").env_remove("RUSTC_WRAPPER");
    let output = command.args(args).current_dir(folder).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).to_string();
    (output.status.success(), text(&output.stdout) + &text(&output.stderr))
}

/// The manifests of the engine fit together, and nothing in them leads out of the folder.
#[test]
fn a_students_crate_and_the_engine_beside_it_need_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let mine = folder.path().join("mine");
    assert_eq!(assignment(&["new", "01-modules", text(&mine)]).0, 0);
    let (is_done, said) = cargo(
        &["metadata", "--offline", "--format-version", "1", "--all-features"],
        &mine,
    );
    assert!(is_done, "{said}");
    let document: Value = serde_json::from_str(&said[said.find('{').unwrap()..=said.rfind('}').unwrap()]).unwrap();
    let packages = document["packages"].as_array().unwrap();
    let own = packages.iter().filter(|package| package["source"].is_null());
    let mut own: Vec<&str> = own.map(|package| package["name"].as_str().unwrap()).collect();
    own.sort_unstable();
    assert_eq!(
        own,
        [
            "assignment-modules",
            "tapegrad-autograd",
            "tapegrad-core",
            "tapegrad-kernels"
        ]
    );
    let shared = folder.path().canonicalize().unwrap().join("tapegrad-engine/target");
    let target = Path::new(document["target_directory"].as_str().unwrap());
    std::fs::create_dir_all(target).unwrap();
    assert_eq!(target.canonicalize().unwrap(), shared);
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    for file in [
        "mine/Cargo.toml",
        "mine/.cargo/config.toml",
        "tapegrad-engine/Cargo.toml",
    ] {
        let written = std::fs::read_to_string(folder.path().join(file)).unwrap();
        assert!(!written.contains(text(project)), "{file} names a place of this machine");
    }
    // A second one finds the engine; a folder of this name that is something else is left as it is.
    assert_eq!(
        assignment(&["new", "02-tape", text(&folder.path().join("second"))]).0,
        0
    );
    std::fs::write(folder.path().join("tapegrad-engine/README.md"), "mine").unwrap();
    let (code, _, stderr) = assignment(&["new", "03-ngram", text(&folder.path().join("third"))]);
    assert!(code == 1 && stderr.contains("holds something else"), "{stderr}");
}

/// Takes a minute: builds the engine as a student does, once for all assignments, and once more somewhere else.
#[test]
#[ignore = "builds the crates of students with their dependencies"]
fn assignments_beside_each_other_build_the_engine_once_without_network_and_wherever_they_are_moved() {
    let folder = tempfile::tempdir().unwrap();
    let course = folder.path().join("course");
    for (number, known) in (0..).zip(&registry::ALL) {
        let mine = course.join(known.id);
        assert_eq!(assignment(&["new", known.id, text(&mine)]).0, 0);
        let solution = Reference::parse(known.reference).unwrap().solution();
        std::fs::write(mine.join("src/lib.rs"), solution).unwrap();
        let began = std::time::Instant::now();
        let (is_done, said) = cargo(&["test", "--offline"], &mine);
        println!("{}: {:.1} s", known.id, began.elapsed().as_secs_f64());
        assert!(is_done, "{said}");
        assert_eq!(said.contains("Compiling tapegrad-core"), number == 0, "{said}");
    }
    let mine = course.join("01-modules");
    let source = std::fs::read_to_string(mine.join("src/lib.rs")).unwrap();
    std::fs::write(mine.join("src/lib.rs"), source + "// edited\n").unwrap();
    let began = std::time::Instant::now();
    assert!(cargo(&["test", "--offline"], &mine).0);
    println!("after an edit: {:.1} s", began.elapsed().as_secs_f64());
    let moved = folder.path().join("moved");
    std::fs::rename(&course, &moved).unwrap();
    let (is_done, said) = cargo(&["test", "--offline"], &moved.join("03-ngram"));
    assert!(is_done, "{said}");
}
