//! Threads that stay awake between the parallel parts of a step.
//!
//! A step of training is some hundred short parallel parts with little between them. A thread that fell asleep between
//! two of them takes longer to wake, some tens of microseconds, than many a part takes; and a thread outside the pool
//! hands every part over and sleeps itself. So a step runs inside the pool, and as long as it runs the other threads
//! look for work without sleeping. On two cores this takes a third off the time of a small model's step.
//! What it costs is that the threads are busy for the whole step, also where there is no work for them.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};

use rayon::Yield;

thread_local! {
    /// True while this thread runs a step, or waits for the work of one.
    static OCCUPIED: Cell<bool> = const { Cell::new(false) };
}

/// Runs `work` inside the thread pool and keeps all its threads awake meanwhile.
///
/// The result is that of `work`; inside another call this one does nothing of its own. A panic of `work` is handed on.
/// Nothing is allocated.
pub fn with_threads_awake<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    let inside_pool = || {
        let Some(_occupied) = Occupied::enter() else {
            return work();
        };
        let done = AtomicBool::new(false);
        let (mut work, mut result) = (Some(work), None);
        let mut step = || {
            let _end = SetOnDrop(&done);
            result = work.take().map(|work| work());
        };
        beside(rayon::current_num_threads() - 1, &|| look_for_work(&done), &mut step);
        result.expect("the step ran: `beside` calls it once")
    };
    rayon::join(inside_pool, || ()).0
}

/// Calls `step`, and offers `other` to so many threads meanwhile.
fn beside(count: usize, other: &(dyn Fn() + Sync), step: &mut (dyn FnMut() + Send)) {
    match count {
        0 => step(),
        _ => {
            rayon::join(|| beside(count - 1, other, step), other);
        }
    }
}

/// Looks for work of this pool until the step is done.
fn look_for_work(done: &AtomicBool) {
    /// Idle rounds, of some tens of nanoseconds, before other programs get a turn.
    const PATIENCE: u32 = 10_000;
    // A thread that runs a step itself must not wait for the end of another one: the two could wait for each other.
    let Some(_occupied) = Occupied::enter() else { return };
    let mut idle = 0;
    while !done.load(Ordering::Acquire) {
        if rayon::yield_now() == Some(Yield::Executed) {
            idle = 0;
        } else if idle < PATIENCE {
            idle += 1;
            std::hint::spin_loop();
        } else {
            std::thread::yield_now();
        }
    }
}

/// The thread is occupied as long as this lives.
struct Occupied;

impl Occupied {
    /// `None` if the thread is occupied already.
    fn enter() -> Option<Self> {
        (!OCCUPIED.replace(true)).then_some(Self)
    }
}

impl Drop for Occupied {
    fn drop(&mut self) {
        OCCUPIED.set(false);
    }
}

/// Ends the waiting of the others, also when the step panics.
struct SetOnDrop<'a>(&'a AtomicBool);

impl Drop for SetOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use rayon::prelude::*;

    use super::*;

    fn on_threads<R: Send>(threads: usize, work: impl FnOnce() -> R + Send) -> R {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.expect("a pool of a few threads").install(work)
    }

    #[test]
    fn steps_inside_and_beside_each_other_come_to_an_end() {
        let sum = |n: usize| with_threads_awake(|| (0..n).into_par_iter().sum::<usize>());
        for threads in [1, 2, 4] {
            let sums: Vec<usize> = on_threads(threads, || {
                let steps = (0..64usize).into_par_iter().with_max_len(1);
                steps.map(|i| with_threads_awake(|| sum(1000) + i)).collect()
            });
            assert!(sums.into_iter().eq((0..64).map(|i| 499_500 + i)), "{threads} threads");
        }
    }

    #[test]
    fn a_panic_leaves_the_pool_as_it_was() {
        on_threads(2, || {
            let panicked = std::panic::catch_unwind(|| with_threads_awake(|| panic!("a step fails")));
            assert!(panicked.is_err());
            assert_eq!(with_threads_awake(|| (0..10).into_par_iter().sum::<i32>()), 45);
        });
    }
}
