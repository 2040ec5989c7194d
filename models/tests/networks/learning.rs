//! Each model learns: a recorded loss after ten steps, and one batch by heart.

use super::{BLOCK, words};
use tapegrad_models::Architecture;
use tapegrad_models::corpus::Batch;
use tapegrad_models::layers::Bias;
use tapegrad_models::model::RecurrentSizes;
use tapegrad_models::neural::Training;
use tapegrad_models::tokenizer::Vocabulary;
use tapegrad_models::transformer_lm::Tying;
use tapegrad_models::{Learner, Model, ModelConfig};

fn model(config: &ModelConfig) -> Model {
    let training = Training {
        weight_decay: 0.01,
        ..Training::PLAIN
    };
    let vocabulary = Vocabulary::new(["a", "b", "c", "d", "e", "f", "g", "h"]);
    Model::new(
        config,
        (vocabulary.size(), vocabulary.never_predicted()),
        BLOCK,
        training,
        1,
    )
    .unwrap()
}

fn configs() -> [ModelConfig; 4] {
    let recurrent = RecurrentSizes {
        embedding: 8,
        hidden: 16,
        layers: 1,
    };
    let transformer = ModelConfig::Transformer {
        layers: 1,
        heads: 2,
        width: 16,
        bias: Bias::With,
        tying: Tying::Untied,
        architecture: Architecture::GPT_2,
    };
    [
        ModelConfig::Table,
        ModelConfig::Rnn(recurrent),
        ModelConfig::Lstm(recurrent),
        transformer,
    ]
}

/// Rows that differ from their first token on, so that every label can be known from what comes before it.
fn batch() -> Batch {
    let mut inputs = words(3 * BLOCK, 28);
    let labels = words(3 * BLOCK, 29);
    (0..3).for_each(|row| {
        inputs[row * BLOCK + 1..(row + 1) * BLOCK].copy_from_slice(&labels[row * BLOCK..(row + 1) * BLOCK - 1]);
        inputs[row * BLOCK] = 1 + row as u32;
    });
    Batch::new(BLOCK, inputs, labels)
}

/// The losses of so many steps on one batch, in nats.
fn losses(config: &ModelConfig, steps: usize) -> Vec<f64> {
    let (mut model, batch) = (model(config), batch());
    let loss = |_| model.learn(&batch, 0.02).nats.unwrap();
    (0..steps).map(loss).collect()
}

#[test]
fn the_loss_after_ten_steps_is_the_recorded_one() {
    let line = |config: &ModelConfig| {
        let losses = losses(config, 11);
        format!("{}: {:.4}, then {:.4}", config.name(), losses[0], losses[10])
    };
    insta::assert_snapshot!(configs().map(|config| line(&config)).join("\n"), @r"
    table: 2.4849, then 2.1738
    rnn: 2.5607, then 0.9351
    lstm: 2.5035, then 1.5791
    transformer: 2.4826, then 0.9108
    ");
}

#[test]
fn every_model_with_a_memory_learns_one_batch_by_heart() {
    for config in &configs()[1..] {
        let losses = losses(config, 120);
        let last = losses.last().unwrap();
        assert!(
            *last < 0.02,
            "{}: {last} nats after {} steps",
            config.name(),
            losses.len()
        );
    }
}

#[test]
fn a_table_cannot_learn_it_by_heart_since_it_sees_one_token_only() {
    assert!(*losses(&configs()[0], 120).last().unwrap() > 0.2);
}
