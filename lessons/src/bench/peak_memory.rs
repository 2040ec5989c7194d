//! How fast this machine reads memory at most, when nothing is found in a cache.

use super::workload::{Asked, Ready, Rep, Threads, Unit, Work, Workload};

/// The bytes that all threads read together: more than the caches of a laptop hold.
const BYTES: usize = 1 << 29;

/// Numbers that are summed side by side, so that no addition waits for the one before.
const SUMS: usize = 32;

/// Reading an array of 512 MiB once, each thread its part.
pub const PEAK_MEMORY: Workload = Workload {
    name: "peak-memory",
    about: "reading 512 MiB once, each thread its part",
    unit: Unit::GigabytesPerSecond,
    threads: Threads::All,
    warm_ups: 1,
    reps: 11,
    reps_per_turn: 5,
    asked: Asked::Always,
    prepare: |setting| {
        let len = BYTES / size_of::<f32>() / setting.threads;
        let parts: Vec<Vec<f32>> = rayon::broadcast(|_| vec![1.0; len]);
        let work = Work {
            bytes: Some((len * setting.threads * size_of::<f32>()) as f64),
            ..Work::default()
        };
        let rep = move || Ok(Rep::time(|| rayon::broadcast(|thread| sum(&parts[thread.index()]))));
        Ok(Ready {
            work,
            rep: Box::new(rep),
        })
    },
};

fn sum(x: &[f32]) -> f32 {
    let mut sums = [0.0; SUMS];
    let (whole, rest) = x.as_chunks::<SUMS>();
    for x in whole {
        for (sum, x) in sums.iter_mut().zip(x) {
            *sum += x;
        }
    }
    sums.iter().chain(rest).sum()
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_number_is_read_once() {
        let x: Vec<f32> = (0..100).map(|i| i as f32).collect();
        assert_eq!(super::sum(&x), 4950.0);
    }
}
