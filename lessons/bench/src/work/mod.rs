//! The standard workloads: work of a known amount, each kind in a file of its own.
//!
//! Reading order: [`workload`], what a workload is; then one file for each kind, such as [`transformer_step`];
//! [`batches`] and `traffic` are what several of them share.

pub mod batches;
mod char_cpu;
mod generate;
mod ngram_train;
pub mod peak_fma;
pub mod peak_memory;
mod recurrent_step;
pub mod scalar_chain;
mod small_op;
mod tokenizer;
mod traffic;
pub mod transformer_step;
pub mod workload;

use workload::Workload;

/// Everything that can be timed, in the order in which it is shown.
pub const WORKLOADS: &[Workload] = &[
    transformer_step::GPT_CHAR,
    transformer_step::GPT_BABY,
    char_cpu::CHAR_CPU,
    recurrent_step::LSTM_1X256,
    recurrent_step::LSTM_2X256,
    recurrent_step::RNN_1X256,
    recurrent_step::RNN_2X256,
    generate::GENERATE,
    scalar_chain::EAGER,
    scalar_chain::PLAN,
    small_op::SMALL_OP,
    ngram_train::NGRAM_TRAIN,
    tokenizer::TRAIN,
    tokenizer::ENCODE,
    tokenizer::DECODE,
    peak_fma::PEAK_FMA,
    peak_memory::PEAK_CACHE,
    peak_memory::PEAK_MEMORY,
];

/// The workload of this name.
pub fn find(name: &str) -> Option<&'static Workload> {
    WORKLOADS.iter().find(|workload| workload.name == name)
}
