//! A corpus of modules by someone who knows how modules are written and not how they are checked.
//!
//! Each module has forward() and backward() by hand. Most repeat a mistake of a public bug report or of a course, and
//! say in a student's words what it is; the others are right and only look wrong. [`proof`] shows for each that it is
//! what it claims to be, with slopes of forward() alone: `cargo test -p tapegrad-tests --test strangers`.

// Students count.
#![allow(clippy::needless_range_loop)]

mod activations;
mod arithmetic;
mod attention;
mod convolution;
mod embedding;
mod entry;
mod hand;
mod linear;
mod losses;
mod norms;
mod proof;
mod recurrent;
mod reductions;
mod right_layers;
mod right_maths;
mod runner;
mod second;
mod shapes;
mod softmax;
mod state;

use std::collections::HashSet;

use entry::Entry;

/// Both corpora.
fn all() -> Vec<Entry> {
    [corpus(), second::entries()].concat()
}

/// The entries of the first corpus.
fn corpus() -> Vec<Entry> {
    [
        activations::entries(),
        arithmetic::entries(),
        softmax::entries(),
        losses::entries(),
        norms::entries(),
        linear::entries(),
        reductions::entries(),
        shapes::entries(),
        recurrent::entries(),
        attention::entries(),
        convolution::entries(),
        embedding::entries(),
        state::entries(),
        right_maths::entries(),
        right_layers::entries(),
    ]
    .concat()
}

#[test]
fn the_corpus_is_large_and_its_names_are_unique() {
    let corpus = all();
    let right = corpus.iter().filter(|entry| entry.right).count();
    let threads: HashSet<_> = corpus.iter().map(|e| e.source).filter(|s| s.contains('#')).collect();
    println!(
        "{} wrong, {right} right, {} threads",
        corpus.len() - right,
        threads.len()
    );
    assert!(corpus.len() - right >= 150 && right >= 60 && threads.len() >= 60);
    let names: HashSet<_> = corpus.iter().map(|entry| entry.id).collect();
    assert_eq!(names.len(), corpus.len());
    assert!(corpus.iter().all(|entry| entry.right || !entry.accept.is_empty()));
}

#[test]
fn wrong_modules_are_wrong_where_they_say() {
    let mut failures = Vec::new();
    for entry in all().iter().filter(|entry| !entry.right) {
        if entry.shows.is_empty() {
            failures.push(format!("{}: does not say where", entry.id));
        } else if proof::agrees(entry, &proof::smallest(entry)).is_ok() {
            failures.push(format!("{} ({}): agrees where it should not", entry.id, entry.says));
        }
        let found = (1..=60).filter(|&seed| proof::agrees(entry, &proof::drawn(entry, seed)).is_err());
        let found = found.count();
        if found == 0 {
            failures.push(format!("{}: no drawn operands show it", entry.id));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn right_modules_are_right() {
    let mut failures = Vec::new();
    for entry in all().iter().filter(|entry| entry.right) {
        for seed in 1..=40 {
            if let Err(why) = proof::agrees(entry, &proof::drawn(entry, seed)) {
                failures.push(format!("{} with seed {seed}: {why}", entry.id));
                break;
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
