//! Held-out text is measured and never learnt from.

use super::{models, recipe};
use std::fs;
use tapegrad_models::corpus::{CorpusConfig, Part, Unit};
use tapegrad_models::language_model::Learner;
use tapegrad_models::train::{Recipe, Run, Trained, Unwatched, checkpoint};
use tapegrad_models::{Model, ModelConfig};
use tempfile::TempDir;

fn text_recipe(model: ModelConfig, place: &TempDir, heldout: &str) -> Recipe {
    let training = "the narwhals sing for Nora and the seals for Otto. ".repeat(4);
    let file = place.path().join("text.txt");
    fs::write(&file, training.clone() + heldout).unwrap();
    Recipe {
        corpus: CorpusConfig::Text {
            file,
            unit: Unit::Character,
            fraction: training.len() as f64 / (training.len() + heldout.len()) as f64,
            validation: 0.0,
        },
        block: 16,
        ..recipe(model.clone())
    }
}

fn trained(recipe: &Recipe) -> Trained {
    let dataset = recipe.corpus.build().unwrap();
    Run::new(recipe, &dataset, None).unwrap().train(&mut Unwatched).unwrap()
}

/// Everything that learning has decided.
fn learnt(model: &Model) -> std::collections::BTreeMap<String, Vec<u8>> {
    let place = TempDir::new().unwrap();
    let path = place.path().join("model.safetensors");
    let header = checkpoint::Header::default();
    checkpoint::save(&path, model, &header).unwrap();
    super::arrays(&path)
}

#[test]
fn another_heldout_text_gives_another_score_and_the_same_model() {
    let place = TempDir::new().unwrap();
    for model in models() {
        let one = trained(&text_recipe(model.clone(), &place, "the seals sing for Nora. the"));
        let other = trained(&text_recipe(model.clone(), &place, "nnnnnnnnnnnnnnnnnnnnnnnnnnnn"));
        assert_eq!(learnt(&one.model), learnt(&other.model), "{}", model.name());
        let last = |trained: &Trained| trained.lines.last().unwrap().validation_nats;
        assert_ne!(last(&one), last(&other), "{}", model.name());
    }
}

#[test]
fn a_character_that_stands_in_heldout_text_only_is_unknown() {
    let place = TempDir::new().unwrap();
    let recipe = text_recipe(models()[1].clone(), &place, "ζζζζ the narwhals sing ζζζ");
    let dataset = recipe.corpus.build().unwrap();
    let vocabulary = dataset.tokenizer().vocabulary();
    assert_eq!(vocabulary.id("ζ"), vocabulary.oov());
    assert_ne!(vocabulary.id("n"), vocabulary.oov());
}

#[test]
fn measuring_more_often_changes_no_bit() {
    for model in models() {
        let rarely = Recipe {
            evaluate_every: 100,
            ..recipe(model.clone())
        };
        let often = Recipe {
            evaluate_every: 1,
            ..recipe(model.clone())
        };
        assert_eq!(
            learnt(&trained(&rarely).model),
            learnt(&trained(&often).model),
            "{}",
            model.name()
        );
    }
}

#[test]
fn the_ngram_of_the_loop_has_the_counts_of_one_pass_over_the_training_part() {
    let recipe = recipe(models()[0].clone());
    let dataset = recipe.corpus.build().unwrap();
    let looped = trained(&recipe);
    let training = dataset
        .batches(Part::Training, recipe.block, recipe.model.lead())
        .unwrap();
    let vocabulary = dataset.tokenizer().vocabulary();
    let mut direct = recipe.model(vocabulary).unwrap();
    training.in_order(3).for_each(|batch| {
        direct.learn(&batch, 0.0);
    });
    assert_eq!(learnt(&looped.model), learnt(&direct));
    assert_eq!(looped.progress.labels, training.label_count() as u64);
    assert_eq!(looped.steps, 60_u64.div_ceil(8));
}
