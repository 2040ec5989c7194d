//! The two checkpoints: the best by the loss on the validation part, and the last, and what the log says of them.

use super::{Interrupt, RECURRENT, begin, recipe, small_language, train};
use tapegrad_models::train::{Recipe, Which, heldout};
use tapegrad_models::{ModelConfig, TokenId};
use tempfile::TempDir;

/// Two sentences by heart: soon the held-out loss rises again.
fn overfitting() -> Recipe {
    Recipe {
        corpus: small_language(2, 30),
        rows: 2,
        steps: 60,
        evaluate_every: 5,
        checkpoint_every: 20,
        learning_rate: 0.05,
        ..recipe(ModelConfig::Rnn(RECURRENT))
    }
}

#[test]
fn best_has_the_lowest_loss_of_the_log_and_last_the_last_and_both_give_the_logged_number_again() {
    let recipe = overfitting();
    let dataset = recipe.corpus.build().unwrap();
    let place = TempDir::new().unwrap();
    let folder = begin(&place.path().join("run"), &recipe, &dataset);
    let trained = train(&recipe, &dataset, &folder, Interrupt::Never).unwrap().unwrap();
    let lowest = trained
        .lines
        .iter()
        .min_by(|a, b| a.validation_nats.total_cmp(&b.validation_nats))
        .unwrap();
    for (which, line) in [(Which::Best, lowest), (Which::Last, trained.lines.last().unwrap())] {
        let (model, header) = folder.load(which, &recipe, dataset.tokenizer()).unwrap();
        assert_eq!(header.progress.step, line.step, "{which:?}");
        assert_eq!(
            heldout(&model, &recipe, &dataset).unwrap().all.nats_per_token(),
            line.validation_nats,
            "{which:?}"
        );
        assert_eq!(line.checkpoint, Some(which.file().to_string()));
    }
    assert!(lowest.step < recipe.steps, "the run was to overfit");
}

#[test]
fn what_is_loaded_decodes_as_what_was_saved() {
    let recipe = overfitting();
    let dataset = recipe.corpus.build().unwrap();
    let place = TempDir::new().unwrap();
    let folder = begin(&place.path().join("run"), &recipe, &dataset);
    let trained = train(&recipe, &dataset, &folder, Interrupt::Never).unwrap().unwrap();
    let (loaded, _) = folder.load(Which::Last, &recipe, dataset.tokenizer()).unwrap();
    let ids: Vec<TokenId> = dataset.tokenizer().encode("Nora says the narwhal");
    let logits = |model: &tapegrad_models::Model| {
        let model = model.language_model();
        let mut state = model.any_start();
        ids.iter().map(|&id| model.any_next(&mut state, id)).collect::<Vec<_>>()
    };
    assert_eq!(logits(&loaded), logits(&trained.model));
}
