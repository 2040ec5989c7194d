//! The peak of multiply-adds on this machine; the other rows are given as a share of it.

use tapegrad_autograd::kernels::chains_of_multiply_adds;

use super::workload::{BenchUnit, PreparedWork, Repetition, RunsWhen, Threads, WorkAmount, Workload};

/// Enough turns for some hundredths of a second.
const TURNS: u64 = 4_000_000;

/// Chains of multiply-adds in registers, on each thread.
pub const PEAK_FMA: Workload = Workload {
    name: "peak-fma",
    about: "multiply-adds of f32 in registers on each thread, no memory",
    unit: BenchUnit::Gflops,
    threads: Threads::All,
    warm_ups: 2,
    reps: 11,
    reps_per_turn: 5,
    asked: RunsWhen::Always,
    prepare: |_| {
        let done = rayon::broadcast(|_| chains_of_multiply_adds(1));
        let work = WorkAmount {
            multiply_adds: Some((TURNS * done.iter().sum::<u64>()) as f64),
            ..WorkAmount::default()
        };
        let rep = || {
            Ok(Repetition::time(|| {
                rayon::broadcast(|_| chains_of_multiply_adds(TURNS))
            }))
        };
        Ok(PreparedWork {
            work,
            rep: Box::new(rep),
        })
    },
};
