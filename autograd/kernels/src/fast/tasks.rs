//! How work on rows is cut into tasks: by its sizes alone, never by the number of threads.

use rayon::prelude::*;

use super::share_out::ShareOut;
use crate::Kernels;

/// Numbers of one task; fewer are done on the calling thread.
pub const TASK: usize = 1 << 14;

/// The rows of one task.
pub const fn rows_of_task(cols: usize) -> usize {
    if cols == 0 || cols > TASK { 1 } else { TASK / cols }
}

/// Whole rows of `x` and `y`, in tasks on all threads.
pub fn by_rows<T: Send + Sync>(cols: usize, x: &[T], y: &mut [T], work: impl Fn(&[T], &mut [T]) + Sync) {
    let task = rows_of_task(cols) * cols;
    if x.len() > task {
        x.par_chunks(task)
            .zip(y.par_chunks_mut(task))
            .share_out(|(x, y)| work(x, y));
    } else if !x.is_empty() {
        work(x, y);
    }
}

/// Whole rows of `a`, `b` and `y`, in tasks on all threads.
pub fn by_row_pairs<T: Send + Sync>(
    cols: usize,
    (a, b): (&[T], &[T]),
    y: &mut [T],
    work: impl Fn(&[T], &[T], &mut [T]) + Sync,
) {
    let task = rows_of_task(cols) * cols;
    if a.len() > task {
        let tasks = a.par_chunks(task).zip(b.par_chunks(task)).zip(y.par_chunks_mut(task));
        tasks.share_out(|((a, b), y)| work(a, b, y));
    } else if !a.is_empty() {
        work(a, b, y);
    }
}

/// Parts of `y`, each with the place where it starts, in tasks on all threads.
pub fn by_parts<T: Send>(y: &mut [T], work: impl Fn(usize, &mut [T]) + Sync) {
    if y.len() <= TASK {
        return work(0, y);
    }
    y.par_chunks_mut(TASK)
        .enumerate()
        .share_out(|(i, part)| work(i * TASK, part));
}

/// `total += x`, in tasks on all threads.
pub fn add<T: Kernels>(x: &[T], total: &mut [T]) {
    by_parts(total, |first, total| {
        total.iter_mut().zip(&x[first..]).for_each(|(total, &x)| *total += x);
    });
}

/// How many of `count` independent sequences one task takes, so that every thread has one; all for little work.
///
/// What is computed for one sequence must not depend on the others, so this may depend on the number of threads.
pub fn sequences_of_task(count: usize, multiplications: usize) -> usize {
    const WORTH_A_THREAD: usize = 1 << 19;
    let tasks = rayon::current_num_threads()
        .min(multiplications / WORTH_A_THREAD)
        .max(1);
    count.div_ceil(tasks).max(1)
}
