//! What is chosen by is not what is reported, and what a recipe says is what it does.

use super::{Interrupt, begin, models, recipe, small_language, train};
use std::fs;
use tapegrad_models::ModelConfig;
use tapegrad_models::corpus::{CorpusConfig, Part, Unit};
use tapegrad_models::train::{Line, Progress, Recipe, Run, Unwatched, Watch, heldout};
use tempfile::TempDir;

#[test]
fn the_part_that_is_chosen_by_is_not_the_one_that_is_reported() {
    let place = TempDir::new().unwrap();
    let file = place.path().join("text.txt");
    let training = "the narwhals sing for Nora and the seals for Otto. ".repeat(8);
    let with_end = |end: &str| {
        fs::write(&file, format!("{training}{}{end}", "n".repeat(24))).unwrap();
        let n = training.len() + 24 + end.len();
        Recipe {
            corpus: CorpusConfig::Text {
                file: file.clone(),
                unit: Unit::Character,
                fraction: training.len() as f64 / n as f64,
                validation: (24.0 + 0.5) / n as f64,
            },
            block: 16,
            ..recipe(models()[1].clone())
        }
    };
    let outcome = |recipe: &Recipe| {
        let dataset = recipe.corpus.build().unwrap();
        assert!(dataset.has_validation());
        let trained = Run::new(recipe, &dataset, None).unwrap().train(&mut Unwatched).unwrap();
        let validation: Vec<f64> = trained.lines.iter().map(|line| line.validation_nats).collect();
        let reported = heldout(&trained.model, recipe, &dataset).unwrap();
        (validation, reported.all.nats_per_token())
    };
    let one = outcome(&with_end("the seals sing for Nora."));
    let other = outcome(&with_end("oooooooooooooooooooooooo"));
    assert_eq!(one.0, other.0, "the log knows nothing of the held-out part");
    assert_ne!(one.1, other.1);
}

#[test]
fn a_third_part_leaves_training_and_held_out_sentences_as_they_were() {
    let [with, without] = [20, 0].map(|validation| {
        let CorpusConfig::Grammar { grammar, seed, .. } = small_language(0, 0) else {
            panic!("a grammar")
        };
        let config = CorpusConfig::Grammar {
            grammar,
            training: 60,
            validation,
            heldout: 12,
            seed,
        };
        config.build().unwrap()
    });
    let labels = |dataset: &tapegrad_models::corpus::Dataset, part| -> Vec<u32> {
        let batches = dataset.batches(part, 12, 0).unwrap();
        batches.in_order(4).flat_map(|batch| batch.labels().to_vec()).collect()
    };
    for part in [Part::Training, Part::Heldout] {
        assert_eq!(labels(&with, part), labels(&without, part), "{part:?}");
    }
    assert_ne!(labels(&with, Part::Validation), labels(&with, Part::Heldout));
    assert_eq!(labels(&without, Part::Validation), labels(&without, Part::Heldout));
    assert_ne!(with.fingerprint(), without.fingerprint());
}

/// Writes down after which steps a model was measured.
#[derive(Default)]
struct Measured(Vec<u64>);

impl Watch for Measured {
    fn step(&mut self, _: &Progress, _: u64, _: Option<f64>) {}
    fn line(&mut self, line: &Line) {
        self.0.push(line.step);
    }
}

#[test]
fn a_counting_model_is_measured_after_1_2_4_8_intervals_and_at_the_end() {
    let recipe = Recipe {
        corpus: small_language(330, 12),
        rows: 3,
        evaluate_every: 10,
        checkpoint_every: 10,
        ..recipe(models()[0].clone())
    };
    let dataset = recipe.corpus.build().unwrap();
    let mut measured = Measured::default();
    let place = TempDir::new().unwrap();
    let folder = begin(&place.path().join("run"), &recipe, &dataset);
    Run::resume(&recipe, &dataset, &folder)
        .unwrap()
        .train(&mut measured)
        .unwrap();
    assert_eq!(measured.0, [10, 20, 40, 80, 110]);
    let often = Recipe {
        steps: 40,
        ..Recipe {
            model: models()[1].clone(),
            ..recipe.clone()
        }
    };
    let mut measured = Measured::default();
    Run::new(&often, &dataset, None).unwrap().train(&mut measured).unwrap();
    assert_eq!(
        measured.0,
        [10, 20, 30, 40],
        "a network is measured after each interval"
    );
}

#[test]
fn a_bound_on_the_labels_of_an_evaluation_changes_no_weight() {
    let whole = Recipe {
        corpus: small_language(60, 200),
        ..recipe(models()[1].clone())
    };
    let bounded = Recipe {
        evaluate_tokens: Some(7),
        ..whole.clone()
    };
    let dataset = whole.corpus.build().unwrap();
    let [whole, bounded] = [whole, bounded].map(|recipe| {
        let place = TempDir::new().unwrap();
        let folder = begin(&place.path().join("run"), &recipe, &dataset);
        let trained = train(&recipe, &dataset, &folder, Interrupt::Never).unwrap().unwrap();
        (
            trained.progress.validation_nats,
            super::arrays(&folder.checkpoint(tapegrad_models::train::Which::Last)),
        )
    });
    assert_ne!(whole.0, bounded.0);
    assert_eq!(whole.1, bounded.1);
}

#[test]
fn a_field_that_no_recipe_has_is_refused_wherever_it_stands() {
    let table = Recipe {
        corpus: small_language(3, 1),
        ..recipe(ModelConfig::Table)
    };
    for recipe in [
        table,
        recipe(models()[0].clone()),
        recipe(models()[1].clone()),
        recipe(models()[3].clone()),
    ] {
        let text = serde_json::to_string(&recipe).unwrap();
        assert_eq!(Recipe::from_json(&text).unwrap(), recipe);
        // Each object of the recipe, with a field more.
        for (at, _) in text.match_indices('{') {
            let misspelt = format!("{}{{\"colour\":1,{}", &text[..at], &text[at + 1..]);
            let error = Recipe::from_json(&misspelt).unwrap_err().to_string();
            assert!(error.contains("colour"), "{misspelt}: {error}");
        }
    }
}
