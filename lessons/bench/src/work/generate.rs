//! The speed of decoding with a Transformer: one sequence, greedily, with a cache of keys and values.

use tapegrad_models::Neural;
use tapegrad_models::decode::{Request, Sampling, generate};
use tapegrad_models::transformer_lm::{TransformerConfig, TransformerLm};

use super::transformer_step::{CHAR, TRAINING};
use super::workload::{BenchUnit, PreparedWork, Repetition, RunsWhen, Threads, WorkAmount, Workload};

const TOKENS: usize = 500;

/// Writing 500 tokens with the smaller model, its block long enough for all of them.
pub const GENERATE: Workload = Workload {
    name: "generate",
    about: "500 tokens, greedily: 4 layers, 4 heads, width 128, one sequence",
    unit: BenchUnit::TokensPerSecond,
    threads: Threads::One,
    warm_ups: 2,
    reps: 20,
    reps_per_turn: 3,
    asked: RunsWhen::Always,
    prepare: |_| {
        let config = TransformerConfig { block: 512, ..CHAR };
        let work = WorkAmount {
            tokens: Some(TOKENS as f64),
            multiply_adds: Some(multiply_adds(&config)),
            ..WorkAmount::default()
        };
        let model = Neural::new(|list| TransformerLm::new(list, config), TRAINING, 1);
        let request = Request {
            prompt: vec![1],
            length_max: TOKENS,
            stop: None,
            never: Vec::new(),
            sampling: Sampling::new(0.0, None, None)?,
            seed: 1,
        };
        let rep = move || {
            let mut written = Ok(Default::default());
            let rep = Repetition::time(|| written = generate(&model, request.clone()));
            written?;
            Ok(rep)
        };
        Ok(PreparedWork {
            work,
            rep: Box::new(rep),
        })
    },
};

/// **Formula**: `N (12 L C² + V C) + L C N (N + 1)`: token `n` looks at `n` keys and `n` values.
fn multiply_adds(config: &TransformerConfig) -> f64 {
    let [n, c, l, v] = [TOKENS, config.width, config.layers, config.vocabulary].map(|size| size as f64);
    n * (12.0 * l * c * c + v * c) + l * c * n * (n + 1.0)
}
