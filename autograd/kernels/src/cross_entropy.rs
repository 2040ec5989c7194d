//! Cross-entropy of each row of logits against the id of its class, in nats.
//!
//! Forward: `loss = logsumexp(x) - x[id]`. Backward: `g_x = g_loss (softmax(x) - onehot(id))`.
//! A row whose id is the ignored one has loss 0 and gradient 0.

use crate::numbers::Scalar;

use super::softmax::maximum;

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
        notes[row] = m + x.iter().map(|&x| (x - m).exp()).sum::<T>().ln();
        losses[row] = at.class(id).map_or(T::ZERO, |class| notes[row] - x[class]);
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
        g_x[class] -= g_losses[row];
    }
}
