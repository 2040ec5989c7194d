//! The peak bandwidth of this machine: from memory, with no cache hits, and from the second cache.

use tapegrad_autograd::kernels::read;

use super::workload::{BenchSetting, BenchUnit, PreparedWork, Repetition, RunsWhen, Threads, WorkAmount, Workload};

/// The bytes that all threads read together from memory: more than the caches of a laptop hold.
const MEMORY: usize = 1 << 29;
/// The bytes that each thread reads from its cache, again and again.
const CACHE: usize = 1 << 18;
/// How often it does in one repetition.
const TIMES: usize = 1 << 10;

/// Reading an array of 512 MiB once, each thread its part.
pub const PEAK_MEMORY: Workload = Workload {
    name: "peak-memory",
    about: "reading 512 MiB once, each thread its part",
    unit: BenchUnit::GigabytesPerSecond,
    threads: Threads::All,
    warm_ups: 1,
    reps: 11,
    reps_per_turn: 5,
    asked: RunsWhen::Always,
    prepare: |setting| Ok(ready(setting, MEMORY / setting.threads, 1)),
};

/// Reading 256 KiB on each thread a thousand times.
pub const PEAK_CACHE: Workload = Workload {
    name: "peak-cache",
    about: "reading 256 KiB on each thread, a thousand times",
    prepare: |setting| Ok(ready(setting, CACHE, TIMES)),
    ..PEAK_MEMORY
};

/// Reading an array of so many bytes on each thread so many times.
fn ready(setting: &BenchSetting, bytes: usize, times: usize) -> PreparedWork {
    let len = bytes / size_of::<f32>();
    let parts: Vec<Vec<f32>> = rayon::broadcast(|_| vec![1.0; len]);
    let work = WorkAmount {
        bytes: Some((len * size_of::<f32>() * times * setting.threads) as f64),
        ..WorkAmount::default()
    };
    let rep = move || {
        let read_all = |x: &[f32]| (0..times).map(|_| read(std::hint::black_box(x))).sum::<f32>();
        Ok(Repetition::time(|| {
            rayon::broadcast(|thread| read_all(&parts[thread.index()]))
        }))
    };
    PreparedWork {
        work,
        rep: Box::new(rep),
    }
}
