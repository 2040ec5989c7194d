//! Times a workload: warm-up repetitions first, then those that count.

use super::row::BenchRow;
use super::spread::Spread;
use crate::error::BenchError;
use crate::work::workload::{BenchSetting, Repetition, Workload};

/// Times a workload on its own threads.
///
/// **Errors** if it cannot be prepared or run.
pub fn measure(workload: &Workload, setting: &BenchSetting, reps: Option<usize>) -> Result<BenchRow, BenchError> {
    on_threads(workload.threads(setting.threads), || {
        let mut ready = (workload.prepare)(setting)?;
        let mut run =
            |count: usize| -> Result<Vec<Repetition>, BenchError> { (0..count).map(|_| (ready.rep)()).collect() };
        run(workload.warm_ups)?;
        let reps = run(reps.unwrap_or(workload.reps).max(1))?;
        let seconds: Vec<f64> = reps.iter().map(|rep| rep.seconds).collect();
        Ok(BenchRow {
            workload: *workload,
            threads: setting.threads,
            seconds: Spread::of(&seconds),
            work: ready.work,
            note: reps.into_iter().next_back().and_then(|rep| rep.note),
            peak_gflops: None,
        })
    })
}

/// Runs `work` inside a pool of so many threads, so that no thread has to be woken at the start.
///
/// **Errors** if the threads cannot be started.
pub fn on_threads<R: Send>(
    threads: usize,
    work: impl FnOnce() -> Result<R, BenchError> + Send,
) -> Result<R, BenchError> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .map_err(|error| BenchError::Threads {
            threads,
            problem: error.to_string(),
        })?;
    pool.install(work)
}
