//! What holds of every network: causal, cached = uncached, padding never counts, gradients by two independent witnesses.

mod batch;
mod cached;
mod causal;
mod gradients;
mod learning;
mod packed;
mod padding;
mod programs;
mod switches;
mod twins;
mod tying;

use ndarray::ArrayD;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use tapegrad_autograd::numbers::Real;
use tapegrad_autograd::ops::{Reduction, cross_entropy};
use tapegrad_autograd::{ParamList, Params, Tape};
use tapegrad_models::Architecture;
use tapegrad_models::corpus::Batch;
use tapegrad_models::layers::Bias;
use tapegrad_models::lstm_lm::LstmLm;
use tapegrad_models::rnn_lm::{RecurrentConfig, RnnLm};
use tapegrad_models::table_lm::TableLm;
use tapegrad_models::transformer_lm::{TransformerConfig, TransformerLm, Tying};
use tapegrad_models::{NO_LABEL, Network, TokenId};

const VOCABULARY: usize = 12;
const BLOCK: usize = 8;

/// A small network with the declaration of its parameters.
struct Subject {
    name: &'static str,
    list: ParamList,
    network: Box<dyn Network>,
}

impl Subject {
    fn new<N: Network>(name: &'static str, declare: impl FnOnce(&mut ParamList) -> N) -> Self {
        let mut list = ParamList::new();
        let network = Box::new(declare(&mut list));
        Self { name, list, network }
    }

    /// Parameters between -0.6 and 0.6, gains and biases too, so that no gradient vanishes by a first value.
    fn params(&self, seed: u64) -> Params<f64> {
        Params::from_values(
            &self.list,
            direction(self.list.len(), seed).iter().map(|x| 0.6 * x).collect(),
        )
    }

    /// The logits of a batch of rows, `[B, T, V]`.
    fn logits(&self, params: &Params<f64>, rows: usize, ids: &[TokenId]) -> ArrayD<f64> {
        let tape = Tape::with(params);
        tape.value(self.network.logits(ids_on(&tape, rows, ids)))
    }

    /// The mean loss of a batch in any number type.
    fn loss<T: Real>(&self, params: &Params<T>, batch: &Batch) -> T {
        let tape = Tape::with(params);
        tape.number(self.loss_on(&tape, batch))
    }

    /// The mean loss of a batch, and its gradient flat in the order of declaration.
    fn loss_and_gradient(&self, params: &Params<f64>, batch: &Batch) -> (f64, Params<f64>) {
        let tape = Tape::with(params);
        let j = self.loss_on(&tape, batch);
        let loss = tape.number(j);
        let gradients = tape.backward(j);
        let mut with_gradients = params.clone();
        gradients.write_to(&mut with_gradients).unwrap();
        (loss, with_gradients)
    }

    fn loss_on<'t, T: Real>(&self, tape: &'t Tape<'_, T>, batch: &Batch) -> tapegrad_autograd::Var<'t> {
        let [ids, labels] = [batch.inputs(), batch.labels()].map(|ids| ids_on(tape, batch.rows(), ids));
        cross_entropy(
            self.network.logits(ids),
            labels,
            Some(NO_LABEL as usize),
            Reduction::Mean,
        )
    }
}

fn ids_on<'t, T: Real>(tape: &'t Tape<'_, T>, rows: usize, ids: &[TokenId]) -> tapegrad_autograd::Var<'t> {
    let numbers: Vec<usize> = ids.iter().map(|&id| id as usize).collect();
    tape.ids("ids", [rows, ids.len() / rows], &numbers)
}

/// Numbers between -1 and 1.
fn direction(len: usize, seed: u64) -> Vec<f64> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    (0..len).map(|_| 2.0 * rng.random::<f64>() - 1.0).collect()
}

/// Ids of tokens from 1 up.
fn words(len: usize, seed: u64) -> Vec<TokenId> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    (0..len).map(|_| rng.random_range(1..VOCABULARY as TokenId)).collect()
}

fn transformer(bias: Bias, tying: Tying) -> TransformerConfig {
    TransformerConfig {
        vocabulary: VOCABULARY,
        block: BLOCK,
        layers: 2,
        heads: 2,
        width: 6,
        bias,
        tying,
        architecture: Architecture::GPT_2,
    }
}

/// Every network, the recurrent ones with two layers, and programs.
fn networks() -> Vec<Subject> {
    let recurrent = || RecurrentConfig {
        vocabulary: VOCABULARY,
        embedding: 3,
        hidden: 5,
        layers: 2,
    };
    let (full, bare) = (
        transformer(Bias::With, Tying::Untied),
        transformer(Bias::Without, Tying::Tied),
    );
    vec![
        Subject::new("table", |list| TableLm::new(list, VOCABULARY)),
        Subject::new("rnn", |list| RnnLm::new(list, recurrent())),
        Subject::new("lstm", |list| LstmLm::new(list, recurrent())),
        Subject::new("transformer", |list| TransformerLm::new(list, full)),
        Subject::new("tied transformer", |list| TransformerLm::new(list, bare)),
        programs::subject(
            "program of an Elman network",
            &programs::documented("elman_lm").with_dims([("E", 3), ("H", 5)]),
        ),
        programs::subject(
            "program of a gated recurrence",
            &programs::documented("gated_recurrence_lm").with_dims([("D", 4), ("F", 6)]),
        ),
    ]
}

/// The largest distance of two sequences of numbers.
fn apart<'a>(one: impl IntoIterator<Item = &'a f64>, other: impl IntoIterator<Item = &'a f64>) -> f64 {
    let pairs = one.into_iter().zip(other);
    pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}
