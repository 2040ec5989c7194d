//! The house: which package and which room of it may know which other, read off the files themselves.

mod debug_text;
mod rooms;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The packages, by their folders.
const PACKAGES: [&str; 10] = [
    "autograd",
    "autograd/kernels",
    "autograd/core",
    "autograd/language",
    "autograd/check",
    "autograd/macros",
    "models",
    "lessons",
    "lessons/bench",
    "tests",
];

/// The most lines that a file may have: more than one idea stands in it otherwise.
const LINES_MAX: usize = 500;

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

/// All Rust files below a folder, each with its path inside it.
fn rust_files(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&next) else {
            continue;
        };
        for entry in entries {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|own| own == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                found.push((path.strip_prefix(folder).unwrap().to_path_buf(), text));
            }
        }
    }
    found.sort();
    found
}

/// A text without its comments of whole lines and at the ends of lines.
fn code(text: &str) -> String {
    let before = |line: &str| line.split("//").next().unwrap_or_default().to_string();
    text.lines().map(before).collect::<Vec<_>>().join("\n")
}

/// The names of what a section of a `Cargo.toml` lists.
fn listed(package: &Path, section: &str) -> Vec<String> {
    let text = std::fs::read_to_string(package.join("Cargo.toml")).unwrap();
    let lines = text.lines().skip_while(|line| line.trim() != section).skip(1);
    let lines = lines.take_while(|line| !line.starts_with('['));
    let names = lines.filter_map(|line| line.split(['.', '=', ' ']).next());
    names
        .filter(|name| !name.is_empty() && !name.starts_with('#'))
        .map(str::to_string)
        .collect()
}

#[test]
fn what_a_package_depends_on_is_used() {
    let mut idle = Vec::new();
    for package in PACKAGES {
        let folder = workspace().join(package);
        for (section, places) in [
            ("[dependencies]", &["src"][..]),
            ("[dev-dependencies]", &["src", "tests", "benches", "examples"][..]),
        ] {
            let texts: Vec<String> = places
                .iter()
                .flat_map(|place| rust_files(&folder.join(place)))
                .map(|(_, text)| text)
                .collect();
            let is_idle = |name: &String| {
                let name = name.replace('-', "_");
                !texts.iter().any(|text| text.contains(&name))
            };
            idle.extend(
                listed(&folder, section)
                    .into_iter()
                    .filter(is_idle)
                    .map(|name| (package, name)),
            );
        }
    }
    assert_eq!(idle, [], "dependencies that nothing uses");
}

#[test]
fn packages_know_only_what_stands_before_them() {
    // What each may know of the others; a test may use more.
    let may_know: [(&str, &[&str]); 9] = [
        ("autograd/kernels", &[]),
        ("autograd/core", &["tapegrad-kernels"]),
        ("autograd/language", &["tapegrad-core"]),
        ("autograd/check", &["tapegrad-core", "tapegrad-language"]),
        ("autograd/macros", &["tapegrad-language"]),
        (
            "autograd",
            &[
                "tapegrad-core",
                "tapegrad-language",
                "tapegrad-check",
                "tapegrad-macros",
            ],
        ),
        ("models", &["tapegrad-core", "tapegrad-language"]),
        ("lessons/bench", &["tapegrad-autograd", "tapegrad-models"]),
        ("lessons", &["tapegrad-autograd", "tapegrad-models", "tapegrad-bench"]),
    ];
    for (package, known) in may_know {
        let own: BTreeSet<String> = listed(&workspace().join(package), "[dependencies]")
            .into_iter()
            .filter(|name| name.starts_with("tapegrad"))
            .collect();
        let too_much: Vec<&String> = own.iter().filter(|name| !known.contains(&name.as_str())).collect();
        assert!(too_much.is_empty(), "{package} must not know {too_much:?}");
    }
}

#[test]
fn no_file_has_more_lines_than_can_be_read_at_once() {
    for package in PACKAGES {
        for (path, text) in rust_files(&workspace().join(package).join("src")) {
            let lines = text.lines().count();
            assert!(lines <= LINES_MAX, "{package}/src/{} has {lines} lines", path.display());
        }
    }
}
