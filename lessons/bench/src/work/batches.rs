//! Batches of random ids: the cost of a training step does not depend on the ids.

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use tapegrad_models::corpus::Batch;
use tapegrad_models::tokenizer::TokenId;

/// How many different batches a workload goes round.
const BATCHES: u64 = 16;

/// Batches of `rows` by `time` ids of a vocabulary; none is padding.
pub fn random(vocabulary: usize, rows: usize, time: usize) -> Vec<Batch> {
    let batch = |seed| {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut ids = || -> Vec<TokenId> {
            let id = |_| rng.random_range(1..vocabulary as TokenId);
            (0..rows * time).map(id).collect()
        };
        Batch::new(time, ids(), ids())
    };
    (0..BATCHES).map(batch).collect()
}
