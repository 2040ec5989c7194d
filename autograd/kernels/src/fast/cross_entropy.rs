//! Cross-entropy of each row of logits, in vectors and on all threads.

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::dispatch::run;
use super::float::Float;
use super::lanes::{map, maximum, sum_of};
use super::share_out::ShareOut;
use super::softmax::log_of_total;
use super::tasks::rows_of_task;
use crate::CrossEntropy;

/// `loss = logsumexp(x) - x[id]` for each row; the notes are the logsumexp of each row.
pub fn cross_entropy<T: Float>(at: CrossEntropy, logits: &[T], ids: &[T], losses: &mut [T], notes: &mut [T]) {
    at.check(ids.len(), &[losses.len(), notes.len()], logits.len());
    let task = rows_of_task(at.cols);
    let one = |logits, ids, losses, notes| {
        run(Forward {
            at,
            logits,
            ids,
            losses,
            notes,
        });
    };
    if ids.len() <= task || at.cols == 0 {
        return one(logits, ids, losses, notes);
    }
    let inputs = logits.par_chunks(task * at.cols).zip(ids.par_chunks(task));
    let outputs = losses.par_chunks_mut(task).zip(notes.par_chunks_mut(task));
    inputs
        .zip(outputs)
        .share_out(|((logits, ids), (losses, notes))| one(logits, ids, losses, notes));
}

/// `g_x = g_loss (exp(x - logsumexp) - onehot(id))` for each row.
pub fn cross_entropy_backward<T: Float>(
    at: CrossEntropy,
    logits: &[T],
    ids: &[T],
    notes: &[T],
    g_losses: &[T],
    g_logits: &mut [T],
) {
    at.check(ids.len(), &[notes.len(), g_losses.len()], logits.len());
    at.check(ids.len(), &[], g_logits.len());
    let task = rows_of_task(at.cols);
    let one = |logits, (ids, notes, g_losses), g_logits| {
        run(Backward {
            at,
            logits,
            ids,
            notes,
            g_losses,
            g_logits,
        });
    };
    if ids.len() <= task || at.cols == 0 {
        return one(logits, (ids, notes, g_losses), g_logits);
    }
    let rows = ids
        .par_chunks(task)
        .zip(notes.par_chunks(task))
        .zip(g_losses.par_chunks(task));
    let numbers = logits
        .par_chunks(task * at.cols)
        .zip(g_logits.par_chunks_mut(task * at.cols));
    rows.zip(numbers)
        .share_out(|(((ids, notes), g_losses), (logits, g_logits))| {
            one(logits, (ids, notes, g_losses), g_logits);
        });
}

struct Forward<'a, T> {
    at: CrossEntropy,
    logits: &'a [T],
    ids: &'a [T],
    losses: &'a mut [T],
    notes: &'a mut [T],
}

impl<T: Float> WithSimd for Forward<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        for (row, &id) in self.ids.iter().enumerate() {
            let x = &self.logits[row * self.at.cols..][..self.at.cols];
            let m = maximum(simd, x);
            let log_total = log_of_total(simd, x, m);
            self.notes[row] = m + log_total;
            let at = self.at;
            self.losses[row] = at.class(id).map_or(T::ZERO, |class| at.loss(m, log_total, x[class]));
        }
    }
}

struct Backward<'a, T> {
    at: CrossEntropy,
    logits: &'a [T],
    ids: &'a [T],
    notes: &'a [T],
    g_losses: &'a [T],
    g_logits: &'a mut [T],
}

impl<T: Float> WithSimd for Backward<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let cols = self.at.cols;
        for (row, &id) in self.ids.iter().enumerate() {
            let (x, g_x) = (
                &self.logits[row * cols..][..cols],
                &mut self.g_logits[row * cols..][..cols],
            );
            let Some(class) = self.at.class(id) else {
                g_x.fill(T::ZERO);
                continue;
            };
            let (g_loss, logsumexp) = (self.g_losses[row], self.notes[row]);
            map(x, g_x, |x| g_loss * (x - logsumexp).exp_at::<S>());
            let (before, behind) = (&g_x[..class], &g_x[class + 1..]);
            let others = || sum_of(simd, before, |g| g) + sum_of(simd, behind, |g| g);
            g_x[class] = self.at.slope_of_class(g_x[class], g_loss, others);
        }
    }
}
