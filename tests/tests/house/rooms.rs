//! The rooms of a package, its files and folders at the top, form no circle of imports but the named ones.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::{code, rust_files, workspace};

/// The rooms that a room names.
type Arrows = BTreeMap<String, BTreeSet<String>>;

/// The modules of a file as names: `ops/fused/attention.rs` is `ops`, `fused`, `attention`.
fn module(path: &Path) -> Vec<String> {
    let parts = path.with_extension("");
    let mut names: Vec<String> = parts.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if names
        .last()
        .is_some_and(|last| ["mod", "lib", "main"].contains(&last.as_str()))
    {
        names.pop();
    }
    names
}

/// The paths that begin with `crate` or `super` in a file of the module `own`, each from the top of the package.
fn paths(text: &str, own: &[String]) -> Vec<Vec<String>> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let words = text.split(|c| !is_part(c)).filter(|word| word.contains("::"));
    words
        .filter_map(|word| {
            let mut parts = word.split("::").skip_while(|part| part.is_empty());
            let mut at = match parts.next()? {
                "crate" => Vec::new(),
                "super" => own[..own.len().saturating_sub(1)].to_vec(),
                _ => return None,
            };
            for part in parts.take_while(|part| !part.is_empty()) {
                match part {
                    "super" => drop(at.pop()),
                    part => at.push(part.to_string()),
                }
            }
            Some(at)
        })
        .collect()
}

/// Which room of a package names which other; a room is a file or a folder at the top.
fn arrows(package: &str) -> Arrows {
    let files = rust_files(&workspace().join(package).join("src"));
    let rooms: BTreeSet<String> = files
        .iter()
        .filter_map(|(path, _)| module(path).first().cloned())
        .collect();
    let mut arrows = Arrows::new();
    for (path, text) in &files {
        let own = module(path);
        let Some(room) = own.first() else { continue };
        for named in paths(&code(text), &own) {
            if let Some(other) = named.first().filter(|other| *other != room && rooms.contains(*other)) {
                arrows.entry(room.clone()).or_default().insert(other.clone());
            }
        }
    }
    arrows
}

/// All rooms that can be reached from a room.
fn reached(arrows: &Arrows, from: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut next = vec![from];
    while let Some(room) = next.pop() {
        for other in arrows.get(room).into_iter().flatten() {
            if found.insert(other.clone()) {
                next.push(other);
            }
        }
    }
    found
}

/// The rooms that reach each other, sorted.
fn circles(arrows: &Arrows) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let all: BTreeMap<&String, BTreeSet<String>> = arrows.keys().map(|room| (room, reached(arrows, room))).collect();
    for (room, others) in &all {
        let mutual = |other: &&String| all.get(*other).is_some_and(|own| own.contains(*room));
        let circle: Vec<String> = others.iter().filter(mutual).cloned().collect();
        if !circle.is_empty() && !found.contains(&circle) {
            found.push(circle);
        }
    }
    found
}

#[test]
fn a_circle_is_found() {
    let arrows = |list: &[(&str, &str)]| {
        let mut arrows = Arrows::new();
        for (from, to) in list {
            arrows.entry((*from).to_string()).or_default().insert((*to).to_string());
        }
        arrows
    };
    assert!(circles(&arrows(&[("a", "b"), ("b", "c"), ("a", "c")])).is_empty());
    assert_eq!(
        circles(&arrows(&[("a", "b"), ("b", "c"), ("c", "a"), ("d", "a")])),
        [["a", "b", "c"]]
    );
    let own = vec!["run".to_string(), "error".to_string()];
    let text = "use crate::meaning::program; super::super::show::flat(); tapegrad_core::graph::Graph";
    assert_eq!(
        paths(text, &own),
        [vec!["meaning", "program"], vec!["show", "flat"]]
            .map(|path| path.into_iter().map(str::to_string).collect::<Vec<_>>())
    );
}

#[test]
fn rooms_form_no_circle_but_the_named_ones() {
    for (package, named) in [
        // A kernel asks its fast twin, which states its sizes by the kernel's: one room on two floors.
        (
            "autograd/kernels",
            &[&["attention", "fast", "lstm", "norm", "rnn"][..]][..],
        ),
        // A graph stores ops, and a function of an op records on a graph; see docs/architecture.md.
        (
            "autograd/core",
            &[&["graph", "numbers", "op", "ops", "params", "record", "var"][..]][..],
        ),
        ("autograd/language", &[]),
        ("autograd/check", &[]),
        ("autograd/macros", &[]),
        ("models", &[]),
        ("lessons", &[]),
    ] {
        assert_eq!(circles(&arrows(package)), named, "{package}");
    }
}
