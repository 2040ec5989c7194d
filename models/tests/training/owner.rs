//! A folder has one owner at a time, and nothing in it is lost: foreign files, damaged logs, what a killed process left.

use super::{Interrupt, TRANSFORMER, begin, files, recipe, train};
use std::fs;
use tapegrad_models::train::{Folder, Recipe, Run};
use tempfile::TempDir;

#[test]
fn two_runs_do_not_share_a_folder() {
    let recipe = recipe(TRANSFORMER);
    let dataset = recipe.corpus.build().unwrap();
    let place = TempDir::new().unwrap();
    let folder = begin(&place.path().join("run"), &recipe, &dataset);
    let first = Run::resume(&recipe, &dataset, &folder).unwrap();
    let error = Run::resume(&recipe, &dataset, &folder).err().unwrap().to_string();
    let process = format!("process {} is training in this folder", std::process::id());
    assert!(error.contains(&process), "{error}");
    let second = Folder::begin(folder.path(), &recipe, dataset.tokenizer());
    assert!(second.unwrap_err().to_string().contains(&process));
    drop(first);
    assert!(Run::resume(&recipe, &dataset, &folder).is_ok());
    assert!(!files(folder.path()).contains(&"run.lock".to_string()));
}

#[test]
fn the_lock_of_a_process_that_is_gone_holds_nobody_back() {
    let recipe = recipe(TRANSFORMER);
    let dataset = recipe.corpus.build().unwrap();
    let place = TempDir::new().unwrap();
    let folder = begin(&place.path().join("run"), &recipe, &dataset);
    fs::write(folder.path().join("run.lock"), "4294967295").unwrap();
    fs::write(folder.path().join(".tmpabc"), "half of a checkpoint").unwrap();
    train(&recipe, &dataset, &folder, Interrupt::Never).unwrap().unwrap();
    assert!(
        !files(folder.path())
            .iter()
            .any(|name| name == "run.lock" || name.starts_with(".tmp"))
    );
}

#[test]
fn a_run_does_not_begin_among_foreign_files() {
    let recipe = recipe(TRANSFORMER);
    let dataset = recipe.corpus.build().unwrap();
    for name in ["notes.txt", "tokenizer.json", "log.jsonl"] {
        let place = TempDir::new().unwrap();
        fs::write(place.path().join(name), "mine").unwrap();
        let error = Folder::begin(place.path(), &recipe, dataset.tokenizer())
            .unwrap_err()
            .to_string();
        assert!(error.contains(name) && error.contains("holds"), "{error}");
        assert_eq!(files(place.path()), [name]);
        assert_eq!(fs::read(place.path().join(name)).unwrap(), b"mine");
    }
}

#[test]
fn a_run_that_was_killed_while_it_began_begins_again() {
    let recipe = recipe(TRANSFORMER);
    let dataset = recipe.corpus.build().unwrap();
    let place = TempDir::new().unwrap();
    for name in ["run.lock", "tokenizer.json", "log.jsonl", ".tmpxyz"] {
        fs::write(place.path().join(name), "").unwrap();
    }
    let folder = begin(place.path(), &recipe, &dataset);
    assert_eq!(
        files(folder.path()),
        [
            "events.out.tfevents.0.tapegrad",
            "log.jsonl",
            "recipe.json",
            "tokenizer.json"
        ]
    );
}

#[test]
fn a_damaged_line_costs_no_other_and_the_log_as_it_was_is_kept() {
    let recipe = recipe(TRANSFORMER);
    let dataset = recipe.corpus.build().unwrap();
    let place = TempDir::new().unwrap();
    let folder = begin(&place.path().join("run"), &recipe, &dataset);
    train(&recipe, &dataset, &folder, Interrupt::Never).unwrap().unwrap();
    let log = folder.path().join("log.jsonl");
    let whole = folder.lines(u64::MAX);
    let mut bytes = fs::read(&log).unwrap();
    bytes[3] = 0xff;
    fs::write(&log, &bytes).unwrap();
    assert_eq!(folder.lines(u64::MAX), whole[1..]);
    let longer = Recipe {
        steps: 12,
        ..recipe.clone()
    };
    let run = Run::resume(&longer, &dataset, &folder).unwrap();
    assert!(
        run.notices()[0].starts_with("line 1 of log.jsonl cannot be read"),
        "{:?}",
        run.notices()
    );
    assert_eq!(fs::read(folder.path().join("log.damaged.jsonl")).unwrap(), bytes);
    drop(run);
    // A finished run whose log is gone is still a finished run.
    fs::write(&log, [0xff; 40]).unwrap();
    let again = train(&recipe, &dataset, &folder, Interrupt::Never).unwrap().unwrap();
    assert_eq!((again.lines.len(), again.progress.step), (0, 10));
    assert!(again.progress.validation_nats.is_some());
}
