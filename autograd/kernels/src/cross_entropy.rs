//! Cross-entropy of each row of logits against the id of its class, in nats.
//!
//! Forward: `loss = logsumexp(x) - x[id]`. Backward: `g_x = g_loss (softmax(x) - onehot(id))`.
//! A row whose id is the ignored one has loss 0 and gradient 0.

use crate::numbers::Scalar;

use super::softmax::{OTHERS_MAX, log_of_total, maximum};

/// The sizes of a cross-entropy over rows of `cols` logits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CrossEntropy {
    /// The number of classes, `K`.
    pub cols: usize,
    /// The id that marks a row without a class, such as padding; it need not be below `K`.
    pub ignore: Option<usize>,
}

impl CrossEntropy {
    /// The class of a row, `None` for the ignored id.
    ///
    /// # Panics
    /// If the id is not a whole number below `cols`.
    pub(super) fn class<T: Scalar>(&self, id: T) -> Option<usize> {
        let id = id.to_f64();
        if self.ignore.is_some_and(|ignored| id == ignored as f64) {
            return None;
        }
        assert!(
            id >= 0.0 && id < self.cols as f64 && id.fract() == 0.0,
            "cross_entropy: id {id} is not a class below {}",
            self.cols
        );
        Some(id as usize)
    }

    /// `logsumexp(x) - x[id]`, where `m` is the largest logit: for a class that outweighs all others, without the sum in
    /// which nothing would be left of it.
    #[inline(always)]
    pub(super) fn loss<T: Scalar>(&self, m: T, log_total: T, own: T) -> T {
        let outweighs = own == m && log_total.to_f64() < OTHERS_MAX;
        if outweighs { log_total } else { m + log_total - own }
    }

    /// `g_loss (softmax(x)[id] - 1)` from `g_loss softmax(x)[id]`, given the sum of the other entries' gradients.
    #[inline(always)]
    pub(super) fn slope_of_class<T: Scalar>(&self, own: T, g_loss: T, others: impl FnOnce() -> T) -> T {
        let outweighs = own.to_f64().abs() > (1.0 - OTHERS_MAX) * g_loss.to_f64().abs();
        if outweighs { -others() } else { own - g_loss }
    }

    /// Asserts that the slices fit each other.
    pub(super) fn check(&self, rows: usize, lengths_of_rows: &[usize], logits: usize) {
        assert!(
            logits == rows * self.cols && lengths_of_rows.iter().all(|&length| length == rows),
            "cross_entropy: slices must match the sizes"
        );
    }
}

/// `loss = logsumexp(x) - x[id]` for each row; the notes are the logsumexp of each row.
pub(super) fn plain<T: Scalar>(at: CrossEntropy, logits: &[T], ids: &[T], losses: &mut [T], notes: &mut [T]) {
    at.check(ids.len(), &[losses.len(), notes.len()], logits.len());
    for (row, &id) in ids.iter().enumerate() {
        let x = &logits[row * at.cols..][..at.cols];
        let m = maximum(x);
        let log_total = log_of_total(x.iter().copied(), m);
        notes[row] = m + log_total;
        losses[row] = at.class(id).map_or(T::ZERO, |class| at.loss(m, log_total, x[class]));
    }
}

/// `g_x = g_loss (exp(x - logsumexp) - onehot(id))` for each row.
pub(super) fn plain_backward<T: Scalar>(
    at: CrossEntropy,
    logits: &[T],
    ids: &[T],
    notes: &[T],
    g_losses: &[T],
    g_logits: &mut [T],
) {
    at.check(ids.len(), &[notes.len(), g_losses.len()], logits.len());
    assert!(
        g_logits.len() == logits.len(),
        "cross_entropy: slices must match the sizes"
    );
    for (row, &id) in ids.iter().enumerate() {
        let (x, g_x) = (
            &logits[row * at.cols..][..at.cols],
            &mut g_logits[row * at.cols..][..at.cols],
        );
        let Some(class) = at.class(id) else {
            g_x.fill(T::ZERO);
            continue;
        };
        for (g_x, &x) in g_x.iter_mut().zip(x) {
            *g_x = g_losses[row] * (x - notes[row]).exp();
        }
        let others = || (0..at.cols).filter(|&i| i != class).map(|i| g_x[i]).sum();
        g_x[class] = at.slope_of_class(g_x[class], g_losses[row], others);
    }
}
