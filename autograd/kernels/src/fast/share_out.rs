//! Items that are shared out among threads.
//!
//! Each thread begins with its own share, which is the same rows in one part of a step as in the next, so that it finds
//! them in its caches; then it helps the others with theirs. Who works on what does not matter for the result.

use std::sync::{Mutex, PoisonError};

use rayon::iter::plumbing::{Producer, ProducerCallback};
use rayon::prelude::*;

use super::team::on_threads;

/// Independent items that are worked on by all threads: those of the team inside a step, else all of the pool.
pub trait ShareOut: IndexedParallelIterator {
    /// Calls `work` for each item.
    fn share_out(self, work: impl Fn(Self::Item) + Send + Sync) {
        let len = self.len();
        self.with_producer(ForEach { len, work });
    }
}

impl<I: IndexedParallelIterator> ShareOut for I {}

/// Calls `work` for each of `len` items.
struct ForEach<F> {
    len: usize,
    work: F,
}

impl<I, F: Fn(I) + Sync> ProducerCallback<I> for ForEach<F> {
    type Output = ();

    fn callback<P: Producer<Item = I>>(self, items: P) {
        let Self { len, work } = self;
        let threads = rayon::current_num_threads().min(len);
        if threads < 2 || len <= items.min_len() {
            return items.into_iter().for_each(work);
        }
        let count = threads.min(SHARES);
        let mut shares = [const { Share(Mutex::new(None)) }; SHARES];
        let mut rest = items;
        for i in (1..count).rev() {
            let first = len * i / count;
            let (before, share) = rest.split_at(first);
            shares[i] = Share::new(share, len * (i + 1) / count - first);
            rest = before;
        }
        shares[0] = Share::new(rest, len / count);
        let on_thread = || {
            let own = rayon::current_thread_index().unwrap_or(0) % count;
            for i in own..own + count {
                while let Some(items) = shares[i % count].take(i == own) {
                    items.into_iter().for_each(&work);
                }
            }
        };
        on_threads(threads, &on_thread);
    }
}

/// The most shares of a part; more threads than these begin two to a share.
const SHARES: usize = 16;

/// What is left of one thread's items, and how many they are.
struct Share<P>(Mutex<Option<(P, usize)>>);

impl<P: Producer> Share<P> {
    fn new(items: P, len: usize) -> Self {
        Self(Mutex::new(Some((items, len))))
    }

    /// Some items to work on next: the thread whose share it is begins at the front, the others at the back.
    fn take(&self, owner: bool) -> Option<P> {
        let mut rest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (items, len) = rest.take()?;
        let few = items.min_len().max(1);
        if len <= few {
            return Some(items);
        }
        let (front, back) = items.split_at(if owner { few } else { len - few });
        let (taken, left) = if owner { (front, back) } else { (back, front) };
        *rest = Some((left, len - few));
        Some(taken)
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::with_team;

    /// What `work` gives inside a pool of so many threads.
    pub fn in_pool<R: Send>(threads: usize, work: impl FnOnce() -> R + Send) -> R {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.expect("a pool of a few threads").install(work)
    }

    /// Fills `x` with what `work` makes of each index.
    pub fn fill(x: &mut [usize], work: impl Fn(usize) -> usize + Send + Sync) {
        x.par_iter_mut().enumerate().share_out(|(i, x)| *x = work(i));
    }

    #[test]
    fn each_item_is_worked_on_once() {
        for threads in [1, 2, 3, 4, 20] {
            in_pool(threads, || {
                for len in (0..40).chain([1000]) {
                    let mut x = vec![0; len];
                    with_team(|| (0..3).for_each(|_| x.par_iter_mut().share_out(|x| *x += 1)));
                    assert_eq!(x, vec![3; len], "{len} items on {threads} threads");
                    let tens: Vec<_> = (0..len).collect();
                    with_team(|| {
                        tens.par_chunks(10)
                            .zip(x.par_chunks_mut(10))
                            .share_out(|(i, x)| x.copy_from_slice(i))
                    });
                    assert_eq!(x, tens, "{len} items in tens on {threads} threads");
                }
            });
        }
    }

    #[test]
    fn the_work_of_an_item_may_share_out_too() {
        for threads in [1, 2, 4] {
            let mut sums = [0; 50];
            in_pool(threads, || {
                with_team(|| {
                    fill(&mut sums, |i| {
                        let mut x = [0; 30];
                        fill(&mut x, |j| i * j);
                        x.iter().sum()
                    });
                });
            });
            assert!(sums.into_iter().eq((0..50).map(|i| i * 435)), "{threads} threads");
        }
    }
}
