//! The time of one training step of a recurrent network: forward through time, backward, clipping, AdamW.

use tapegrad_autograd::ParamList;
use tapegrad_models::lstm_lm::LstmLm;
use tapegrad_models::rnn_lm::{RecurrentConfig, RnnLm};
use tapegrad_models::{Learner, Network, Neural};

use super::batches;
use super::traffic;
use super::transformer_step::{LEARNING_RATE, TRAINING};
use super::workload::{BenchUnit, PreparedWork, Repetition, RunsWhen, Threads, WorkAmount, Workload};

const TIME: usize = 64;
const ROWS: usize = 32;

const fn sizes(layers: usize) -> RecurrentConfig {
    RecurrentConfig {
        vocabulary: 65,
        embedding: 128,
        hidden: 256,
        layers,
    }
}

/// One step of an LSTM with one layer.
pub const LSTM_1X256: Workload = Workload {
    name: "lstm-1x256",
    about: "one training step: 1 layer of 256, embedding 128, block 64, batch 32",
    unit: BenchUnit::Milliseconds,
    threads: Threads::All,
    warm_ups: 10,
    reps: 100,
    reps_per_turn: 20,
    asked: RunsWhen::Always,
    prepare: |_| Ok(ready(|list| LstmLm::new(list, sizes(1)), sizes(1), 4)),
};
/// One step of an LSTM with two layers.
pub const LSTM_2X256: Workload = Workload {
    name: "lstm-2x256",
    about: "one training step: 2 layers of 256, embedding 128, block 64, batch 32",
    prepare: |_| Ok(ready(|list| LstmLm::new(list, sizes(2)), sizes(2), 4)),
    ..LSTM_1X256
};
/// One step of an Elman network with one layer.
pub const RNN_1X256: Workload = Workload {
    name: "rnn-1x256",
    prepare: |_| Ok(ready(|list| RnnLm::new(list, sizes(1)), sizes(1), 1)),
    ..LSTM_1X256
};
/// One step of an Elman network with two layers.
pub const RNN_2X256: Workload = Workload {
    name: "rnn-2x256",
    prepare: |_| Ok(ready(|list| RnnLm::new(list, sizes(2)), sizes(2), 1)),
    ..LSTM_2X256
};

/// One step of a network whose cells have so many gates.
fn ready<N: Network>(declare: fn(&mut ParamList) -> N, config: RecurrentConfig, gates: usize) -> PreparedWork {
    let mut model = Neural::new(declare, TRAINING, 1);
    let tokens = (ROWS * TIME) as f64;
    let work = WorkAmount {
        tokens: Some(tokens),
        multiply_adds: Some(3.0 * tokens * multiply_adds_per_token(&config, gates)),
        bytes: Some(traffic::of_step(declare, ROWS, TIME)),
        ..WorkAmount::default()
    };
    let mut batches = batches::random(config.vocabulary, ROWS, TIME).into_iter().cycle();
    let rep = move || {
        let batch = batches.next().expect("a cycle of some batches does not end");
        Ok(Repetition::time(|| model.learn(&batch, LEARNING_RATE)))
    };
    PreparedWork {
        work,
        rep: Box::new(rep),
    }
}

/// The multiply-adds of forward() for one token; backward() takes twice as many.
///
/// **Formula**: `Σ_layers G D (M + D) + V D`, with `G` gates and `M` inputs: the embedding, or the layer below.
fn multiply_adds_per_token(config: &RecurrentConfig, gates: usize) -> f64 {
    let d = config.hidden;
    let layer = |inputs: usize| gates * d * (inputs + d);
    (layer(config.embedding) + (config.layers - 1) * layer(d) + config.vocabulary * d) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_lstm_has_four_times_the_products_of_an_elman_network() {
        let head = 65.0 * 256.0;
        let [rnn, lstm] = [1, 4].map(|gates| multiply_adds_per_token(&sizes(2), gates) - head);
        assert_eq!(lstm, 4.0 * rnn);
        assert_eq!(rnn, (256 * (128 + 256) + 256 * 512) as f64);
    }
}
