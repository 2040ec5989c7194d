//! How fast this machine does standard work, alone and side by side with another framework.
//!
//! Reading order: [`workload`], what there is to be timed; one file for each kind of work, such as `transformer_step`;
//! [`measure`], which runs them; [`row`], what comes out. [`peer`] is another framework in a process of its own and
//! [`pairs`] runs the two in turns. [`memory`], [`scaling`] and [`roofline`] answer one more question each.

mod batches;
mod char_cpu;
mod error;
mod generate;
pub mod machine;
pub mod measure;
pub mod memory;
mod ngram_train;
pub mod pairs;
mod peak_fma;
mod peak_memory;
pub mod peer;
mod recurrent_step;
pub mod roofline;
pub mod row;
mod scalar_chain;
pub mod scaling;
mod small_op;
mod spread;
mod traffic;
mod transformer_step;
pub mod workload;

pub use error::BenchError;
pub use spread::Spread;

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
    peak_fma::PEAK_FMA,
    peak_memory::PEAK_CACHE,
    peak_memory::PEAK_MEMORY,
];

/// The workload of this name.
pub fn find(name: &str) -> Option<&'static Workload> {
    WORKLOADS.iter().find(|workload| workload.name == name)
}
