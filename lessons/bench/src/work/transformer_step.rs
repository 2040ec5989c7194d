//! The time of one training step of a small Transformer: forward, backward, clipping, AdamW.

use tapegrad_models::Architecture;
use tapegrad_models::layers::Bias;
use tapegrad_models::neural::Training;
use tapegrad_models::transformer_lm::{TransformerConfig, TransformerLm, Tying};
use tapegrad_models::{Learner, Neural};

use super::batches;
use super::traffic;
use super::workload::{BenchUnit, PreparedWork, Repetition, RunsWhen, Threads, WorkAmount, Workload};

/// The sizes of `gpt-char`, nanoGPT's model for a laptop.
pub const CHAR: TransformerConfig = TransformerConfig {
    vocabulary: 65,
    block: 64,
    layers: 4,
    heads: 4,
    width: 128,
    bias: Bias::Without,
    tying: Tying::Tied,
    architecture: Architecture::GPT_2,
};
/// The sizes of `gpt-baby`, nanoGPT's smallest model for a graphics card.
pub const BABY: TransformerConfig = TransformerConfig {
    block: 256,
    layers: 6,
    heads: 6,
    width: 384,
    ..CHAR
};
/// The rows of a batch of `gpt-char`.
pub const CHAR_ROWS: usize = 12;
/// The rows of a batch of `gpt-baby`.
pub const BABY_ROWS: usize = 16;
/// How every network here is trained.
pub const TRAINING: Training = Training {
    weight_decay: 0.1,
    ..Training::PLAIN
};
/// The learning rate of every step here.
pub const LEARNING_RATE: f64 = 1e-3;

/// One step of the smaller model.
pub const GPT_CHAR: Workload = Workload {
    name: "gpt-char",
    about: "one training step: 4 layers, 4 heads, width 128, block 64, batch 12",
    unit: BenchUnit::Milliseconds,
    threads: Threads::All,
    warm_ups: 20,
    reps: 200,
    reps_per_turn: 30,
    asked: RunsWhen::Always,
    prepare: |_| Ok(ready(CHAR, CHAR_ROWS)),
};

/// One step of the larger model.
pub const GPT_BABY: Workload = Workload {
    name: "gpt-baby",
    about: "one training step: 6 layers, 6 heads, width 384, block 256, batch 16",
    warm_ups: 2,
    reps: 10,
    reps_per_turn: 2,
    prepare: |_| Ok(ready(BABY, BABY_ROWS)),
    ..GPT_CHAR
};

/// One step of a Transformer of any sizes.
pub fn ready(config: TransformerConfig, rows: usize) -> PreparedWork {
    let batches = batches::random(config.vocabulary, rows, config.block);
    let tokens = rows * config.block;
    let work = WorkAmount {
        tokens: Some(tokens as f64),
        multiply_adds: Some(3.0 * forward_multiply_adds(&config, rows)),
        bytes: Some(traffic::of_step(
            |list| TransformerLm::new(list, config.clone()),
            rows,
            config.block,
        )),
        ..WorkAmount::default()
    };
    let mut model = model(config);
    let mut batches = batches.into_iter().cycle();
    let rep = move || {
        let batch = batches.next().expect("a cycle of some batches does not end");
        Ok(Repetition::time(|| model.learn(&batch, LEARNING_RATE)))
    };
    PreparedWork {
        work,
        rep: Box::new(rep),
    }
}

/// A Transformer of any sizes that has learnt nothing.
pub fn model(config: TransformerConfig) -> Neural<TransformerLm> {
    Neural::new(|list| TransformerLm::new(list, config), TRAINING, 1)
}

/// The multiply-adds of forward(); backward() takes twice as many.
///
/// **Formula**: `B T (12 L C² + V C) + B L C T (T + 1)`: the matrices of each token, and the pairs of a query and a key
/// that is not behind it, once for the scores and once for the values.
pub fn forward_multiply_adds(config: &TransformerConfig, rows: usize) -> f64 {
    let [b, t, c, l, v] = [rows, config.block, config.width, config.layers, config.vocabulary].map(|size| size as f64);
    b * t * (12.0 * l * c * c + v * c) + b * l * c * t * (t + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_multiply_adds_of_the_smaller_model_are_those_counted_by_hand() {
        // 768 tokens of 4 blocks with 12 · 128² weights and a head of 65 · 128; 12 · 4 pairs of 64 · 65 / 2, 2 · 128 wide.
        let by_hand = 768 * (4 * 12 * 128 * 128 + 65 * 128) + 12 * 4 * (64 * 65 / 2) * 2 * 128;
        assert_eq!(forward_multiply_adds(&CHAR, CHAR_ROWS), by_hand as f64);
    }

    #[test]
    fn the_multiply_adds_are_most_of_what_the_graph_counts() {
        let small = TransformerConfig {
            block: 8,
            width: 32,
            layers: 1,
            ..CHAR
        };
        let mut model = Neural::new(|list| TransformerLm::new(list, small.clone()), TRAINING, 1);
        let batch = batches::random(65, 2, 8).remove(0);
        let counted = model.learn(&batch, LEARNING_RATE).flops as f64;
        let share = 6.0 * forward_multiply_adds(&small, 2) / counted;
        assert!((0.8..=1.0).contains(&share), "{share}");
    }
}
