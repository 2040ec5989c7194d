//! Sums over whole slices, in a fixed order.

use crate::numbers::Scalar;

/// `Σ a`.
pub(super) fn plain_sum<T: Scalar>(a: &[T]) -> T {
    a.iter().copied().sum()
}

/// `Σ a b`.
pub(super) fn plain_dot<T: Scalar>(a: &[T], b: &[T]) -> T {
    assert!(a.len() == b.len(), "dot: a and b must be of one length");
    a.iter().zip(b).map(|(&a, &b)| a * b).sum()
}
