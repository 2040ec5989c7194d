//! A run that was interrupted and resumed leaves the same bits behind as one that was not.

use super::{Interrupt, Left, begin, left, models, recipe, train};
use std::io::Write;
use tapegrad_models::ModelConfig;
use tapegrad_models::corpus::Dataset;
use tapegrad_models::train::{Recipe, Run, Unwatched};
use tempfile::TempDir;

/// What is left when a run meets these interruptions, one after the other, and then none.
fn left_after(recipe: &Recipe, dataset: &Dataset, interrupts: &[Interrupt]) -> Left {
    let place = TempDir::new().unwrap();
    let folder = begin(&place.path().join("run"), recipe, dataset);
    for &interrupt in interrupts {
        assert!(train(recipe, dataset, &folder, interrupt).is_none(), "{interrupt:?}");
    }
    train(recipe, dataset, &folder, Interrupt::Never).unwrap().unwrap();
    left(recipe, dataset, &folder)
}

#[track_caller]
fn assert_no_interruption_shows(model: ModelConfig) {
    let recipe = recipe(model);
    let dataset = recipe.corpus.build().unwrap();
    let whole = left_after(&recipe, &dataset, &[]);
    let steps = whole.progress[1].step;
    assert!(
        steps >= 8 && whole.lines.len() >= 3,
        "{steps} steps and {:?}",
        whole.lines
    );
    let after_steps = (1..=steps).map(Interrupt::AfterStep);
    let after_lines = whole.lines.iter().map(|line| Interrupt::AfterLine(line.step));
    for interrupt in after_steps.chain(after_lines) {
        assert_eq!(left_after(&recipe, &dataset, &[interrupt]), whole, "{interrupt:?}");
    }
    let often = [2, 5, 5, 6, steps].map(Interrupt::AfterStep);
    assert_eq!(left_after(&recipe, &dataset, &often), whole, "{often:?}");
}

#[test]
fn an_interrupted_ngram_ends_with_the_same_counts() {
    assert_no_interruption_shows(models()[0].clone());
}

#[test]
fn an_interrupted_rnn_ends_with_the_same_bits() {
    assert_no_interruption_shows(models()[1].clone());
}

#[test]
fn an_interrupted_lstm_ends_with_the_same_bits() {
    assert_no_interruption_shows(models()[2].clone());
}

#[test]
fn an_interrupted_transformer_ends_with_the_same_bits() {
    assert_no_interruption_shows(models()[3].clone());
}

#[test]
fn another_seed_does_not_end_with_the_same_bits() {
    let one = recipe(models()[1].clone());
    let other = Recipe { seed: 2, ..one.clone() };
    let dataset = one.corpus.build().unwrap();
    assert_ne!(
        left_after(&one, &dataset, &[]).last,
        left_after(&other, &dataset, &[]).last
    );
}

#[test]
fn a_line_of_the_log_that_was_cut_off_is_written_again() {
    let recipe = recipe(models()[1].clone());
    let dataset = recipe.corpus.build().unwrap();
    let whole = left_after(&recipe, &dataset, &[]);
    let place = TempDir::new().unwrap();
    let folder = begin(&place.path().join("run"), &recipe, &dataset);
    assert!(train(&recipe, &dataset, &folder, Interrupt::AfterStep(6)).is_none());
    let log = std::fs::OpenOptions::new()
        .append(true)
        .open(folder.path().join("log.jsonl"));
    log.unwrap().write_all(b"{\"step\":6,\"train_na").unwrap();
    train(&recipe, &dataset, &folder, Interrupt::Never).unwrap().unwrap();
    assert_eq!(left(&recipe, &dataset, &folder), whole);
}

#[test]
fn a_run_that_is_over_is_left_as_it_is() {
    let recipe = recipe(models()[1].clone());
    let dataset = recipe.corpus.build().unwrap();
    let place = TempDir::new().unwrap();
    let folder = begin(&place.path().join("run"), &recipe, &dataset);
    train(&recipe, &dataset, &folder, Interrupt::Never).unwrap().unwrap();
    let whole = left(&recipe, &dataset, &folder);
    let again = train(&recipe, &dataset, &folder, Interrupt::Never).unwrap().unwrap();
    assert_eq!((again.progress.step, again.lines.len()), (10, whole.lines.len()));
    assert_eq!(left(&recipe, &dataset, &folder), whole);
}

#[test]
fn without_a_folder_the_log_is_the_same() {
    let recipe = recipe(models()[1].clone());
    let dataset = recipe.corpus.build().unwrap();
    let trained = Run::new(&recipe, &dataset, None)
        .unwrap()
        .train(&mut Unwatched)
        .unwrap();
    let figures = |lines: &[tapegrad_models::train::Line]| {
        let figures = lines
            .iter()
            .map(|line| (line.step, line.train_nats, line.validation_nats, line.flops));
        figures.collect::<Vec<_>>()
    };
    assert_eq!(
        figures(&trained.lines),
        figures(&left_after(&recipe, &dataset, &[]).lines)
    );
}
