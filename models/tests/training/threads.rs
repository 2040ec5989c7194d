//! The number of threads decides how long training takes, and no bit of its result.

use super::{RECURRENT, models, recipe};
use tapegrad_models::Architecture;
use tapegrad_models::ModelConfig;
use tapegrad_models::layers::Bias;
use tapegrad_models::model::RecurrentSizes;
use tapegrad_models::train::{Recipe, Run, Unwatched, checkpoint};
use tapegrad_models::transformer_lm::Tying;
use tempfile::TempDir;

/// The arrays after training on so many threads.
fn trained_on(threads: usize, recipe: &Recipe) -> std::collections::BTreeMap<String, Vec<u8>> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    pool.install(|| {
        let dataset = recipe.corpus.build().unwrap();
        let trained = Run::new(recipe, &dataset, None).unwrap().train(&mut Unwatched).unwrap();
        let place = TempDir::new().unwrap();
        let path = place.path().join("model.safetensors");
        let header = checkpoint::Header {
            model: recipe.model.name().into(),
            tokenizer: dataset.tokenizer().fingerprint(),
            progress: trained.progress,
            ..Default::default()
        };
        checkpoint::save(&path, &trained.model, &header).unwrap();
        super::arrays(&path)
    })
}

#[test]
fn every_model_ends_with_the_same_bits_on_one_two_and_four_threads() {
    for model in models() {
        let recipe = recipe(model.clone());
        let one = trained_on(1, &recipe);
        assert_eq!(trained_on(2, &recipe), one, "{}", model.name());
        assert_eq!(trained_on(4, &recipe), one, "{}", model.name());
    }
}

/// Sizes at which there is work for more than one thread.
#[test]
fn large_products_give_the_same_bits_on_one_two_and_four_threads() {
    let recurrent = RecurrentSizes {
        embedding: 64,
        hidden: 128,
        ..RECURRENT
    };
    let transformer = ModelConfig::Transformer {
        layers: 1,
        heads: 4,
        width: 128,
        bias: Bias::With,
        tying: Tying::Tied,
        architecture: Architecture::GPT_2,
    };
    for model in [ModelConfig::Rnn(recurrent), ModelConfig::Lstm(recurrent), transformer] {
        let recipe = Recipe {
            rows: 32,
            steps: 2,
            ..recipe(model.clone())
        };
        let one = trained_on(1, &recipe);
        assert_eq!(trained_on(2, &recipe), one, "{}", model.name());
        assert_eq!(trained_on(4, &recipe), one, "{}", model.name());
    }
}
