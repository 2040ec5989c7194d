//! A planned training step allocates nothing: every array has its place from the first step on.
//!
//! The allocator of this test counts, over all threads. It is the only test of its program, so nobody else allocates
//! while it looks.

use std::alloc::System;

use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use tapegrad_autograd::ParamList;
use tapegrad_autograd::kernels::with_team;
use tapegrad_models::Architecture;
use tapegrad_models::corpus::Batch;
use tapegrad_models::layers::Bias;
use tapegrad_models::lstm_lm::LstmLm;
use tapegrad_models::neural::Training;
use tapegrad_models::rnn_lm::{RecurrentConfig, RnnLm};
use tapegrad_models::table_lm::TableLm;
use tapegrad_models::transformer_lm::{TransformerConfig, TransformerLm, Tying};
use tapegrad_models::{Learner, Network, Neural};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const VOCABULARY: usize = 65;
const ROWS: usize = 12;
const TIME: usize = 64;
const THREADS: usize = 2;
const STEPS: usize = 5;

const TRAINING: Training = Training {
    weight_decay: 0.1,
    ..Training::PLAIN
};

/// Steps in which each thread may meet each of its parts for the first time: which thread does which part is chance, and
/// a thread's buffer is made when it first needs one. What every step allocates shows however many steps go before.
const FIRST_STEPS_MAX: usize = 40;

/// The allocations and reallocations of `STEPS` steps in a row that have none, or else of the last ones tried.
fn allocations_after_the_first_steps<N: Network>(declare: impl FnOnce(&mut ParamList) -> N) -> Vec<usize> {
    let ids = |shift| {
        (0..ROWS * TIME)
            .map(|i| (1 + (7 * i + shift) % (VOCABULARY - 1)) as u32)
            .collect()
    };
    let batch = Batch::new(TIME, ids(0), ids(3));
    let mut model = Neural::new(declare, TRAINING, 1);
    let mut counts = Vec::with_capacity(FIRST_STEPS_MAX + STEPS);
    let none_in_a_row = |counts: &[usize]| counts.iter().rev().take(STEPS).filter(|&&count| count == 0).count();
    while none_in_a_row(&counts) < STEPS && counts.len() < FIRST_STEPS_MAX + STEPS {
        let region = Region::new(ALLOCATOR);
        model.learn(&batch, 1e-3);
        let change = region.change();
        counts.push(change.allocations + change.reallocations);
    }
    counts.split_off(counts.len() - STEPS)
}

fn recurrent(layers: usize) -> RecurrentConfig {
    RecurrentConfig {
        vocabulary: VOCABULARY,
        embedding: 64,
        hidden: 128,
        layers,
    }
}

fn transformer(bias: Bias, tying: Tying) -> TransformerConfig {
    TransformerConfig {
        vocabulary: VOCABULARY,
        block: TIME,
        layers: 2,
        heads: 4,
        width: 128,
        bias,
        tying,
        architecture: Architecture::GPT_2,
    }
}

/// The count of something that is known to allocate, so that a count of 0 means something. It is 1, or more where the
/// thread that started this test still writes down that it did.
fn allocations_of_a_vector() -> usize {
    let region = Region::new(ALLOCATOR);
    std::hint::black_box(vec![1, 2, 3]);
    region.change().allocations
}

#[test]
fn a_training_step_after_the_first_ones_allocates_nothing_in_any_model() {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(THREADS).build().unwrap();
    // The threads are told once to stay awake; how they are told is not part of a step.
    let steps = || {
        assert_ne!(allocations_of_a_vector(), 0, "the counter sees an allocation");
        let counts = [
            (
                "table",
                allocations_after_the_first_steps(|list| TableLm::new(list, VOCABULARY)),
            ),
            (
                "rnn",
                allocations_after_the_first_steps(|list| RnnLm::new(list, recurrent(2))),
            ),
            (
                "lstm",
                allocations_after_the_first_steps(|list| LstmLm::new(list, recurrent(2))),
            ),
            (
                "transformer",
                allocations_after_the_first_steps(|list| {
                    TransformerLm::new(list, transformer(Bias::Without, Tying::Tied))
                }),
            ),
            (
                "transformer with biases and a head of its own",
                allocations_after_the_first_steps(|list| {
                    TransformerLm::new(list, transformer(Bias::With, Tying::Untied))
                }),
            ),
        ];
        let none = counts.each_ref().map(|(name, _)| (*name, vec![0; STEPS]));
        assert_eq!(counts, none, "allocations in each step");
    };
    pool.install(|| with_team(steps));
}
