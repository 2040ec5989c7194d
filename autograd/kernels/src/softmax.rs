//! Softmax and log-softmax of each row.
//!
//! Forward, with the row's largest number `m` taken out so that no exponential overflows:
//! `y_j = exp(x_j - m) / Σ_k exp(x_k - m)` and `log y_j = x_j - m - log Σ_k exp(x_k - m)`.
//! Backward: `g_x = y (g_y - Σ g_y y)` for softmax and `g_x = g_y - exp(y) Σ g_y` for log-softmax.
//! A row of `-∞` alone has no softmax: it gives NaN, as 0/0 does.

use crate::numbers::Scalar;

/// The largest number of a row, `-∞` for an empty one; a NaN stays a NaN.
pub(super) fn maximum<T: Scalar>(row: &[T]) -> T {
    row.iter().fold(T::minus_infinity(), |most, &x| most.maximum(x))
}

/// An entry outweighs all others if they together have less than this part of its weight. Then what depends on the others
/// alone is summed without it: beside 1, sums of theirs would lose more than four binary digits.
pub(super) const OTHERS_MAX: f64 = 1.0 / 16.0;

/// True if `Σ exp(x - m)` is so near to 1 that one entry outweighs all others.
#[inline(always)]
pub(super) fn is_outweighed<T: Scalar>(total: T) -> bool {
    (0.5..1.0 + OTHERS_MAX).contains(&total.to_f64())
}

/// `ln Σ exp(x - m)` of some entries, of which `m` is the largest, with all digits also where it is near 0.
pub fn log_of_total<T: Scalar>(entries: impl Iterator<Item = T> + Clone, m: T) -> T {
    let total: T = entries.clone().map(|x| (x - m).exp()).sum();
    if !is_outweighed(total) {
        return total.ln();
    }
    let mut is_left_out = false;
    let mut other = |x: &T| {
        let is_largest = !is_left_out && *x == m;
        is_left_out |= is_largest;
        !is_largest
    };
    let others: T = entries.filter(|x| other(x)).map(|x| (x - m).exp()).sum();
    others.ln_1p()
}

/// `g_y - exp(y) Σ g_y` of log-softmax for an entry that outweighs all others: `Σ g_y (1 - exp(y))` less the `g_y` of the
/// others, where `1 - exp(y)` is the sum of their weights.
#[inline(always)]
pub fn slope_of_largest<T: Scalar>(total: T, others_weight: T, others: T) -> T {
    total * others_weight - others
}

/// From which logarithm of its weight on an entry outweighs all others.
pub fn least_log<T: Scalar>() -> T {
    -T::from_f64(OTHERS_MAX)
}

/// `y = softmax(x)` row by row.
pub(super) fn plain<T: Scalar>(cols: usize, x: &[T], y: &mut [T]) {
    check(cols, &[x.len(), y.len()]);
    for (x, y) in x.chunks_exact(cols.max(1)).zip(y.chunks_exact_mut(cols.max(1))) {
        let m = maximum(x);
        let mut total = T::ZERO;
        for (y, &x) in y.iter_mut().zip(x) {
            *y = (x - m).exp();
            total += *y;
        }
        for y in y {
            *y /= total;
        }
    }
}

/// `g_x = y (g_y - Σ g_y y)` row by row.
pub(super) fn plain_backward<T: Scalar>(cols: usize, y: &[T], g_y: &[T], g_x: &mut [T]) {
    check(cols, &[y.len(), g_y.len(), g_x.len()]);
    let rows = y.chunks_exact(cols.max(1)).zip(g_y.chunks_exact(cols.max(1)));
    for ((y, g_y), g_x) in rows.zip(g_x.chunks_exact_mut(cols.max(1))) {
        let mean: T = y.iter().zip(g_y).map(|(&y, &g_y)| y * g_y).sum();
        for ((g_x, &y), &g_y) in g_x.iter_mut().zip(y).zip(g_y) {
            *g_x = y * (g_y - mean);
        }
    }
}

/// `y = x - logsumexp(x)` row by row.
pub(super) fn plain_log<T: Scalar>(cols: usize, x: &[T], y: &mut [T]) {
    check(cols, &[x.len(), y.len()]);
    for (x, y) in x.chunks_exact(cols.max(1)).zip(y.chunks_exact_mut(cols.max(1))) {
        let m = maximum(x);
        let log_total = log_of_total(x.iter().copied(), m);
        for (y, &x) in y.iter_mut().zip(x) {
            *y = x - m - log_total;
        }
    }
}

/// `g_x = g_y - exp(y) Σ g_y` row by row.
pub(super) fn plain_log_backward<T: Scalar>(cols: usize, y: &[T], g_y: &[T], g_x: &mut [T]) {
    check(cols, &[y.len(), g_y.len(), g_x.len()]);
    let rows = y.chunks_exact(cols.max(1)).zip(g_y.chunks_exact(cols.max(1)));
    for ((y, g_y), g_x) in rows.zip(g_x.chunks_exact_mut(cols.max(1))) {
        let total: T = g_y.iter().copied().sum();
        for ((g_x, &y), &g_y) in g_x.iter_mut().zip(y).zip(g_y) {
            *g_x = g_y - y.exp() * total;
        }
        if let Some(largest) = y.iter().position(|&y| y > least_log()) {
            let others = || (0..cols).filter(|&i| i != largest);
            let weight = others().map(|i| y[i].exp()).sum();
            g_x[largest] = slope_of_largest(total, weight, others().map(|i| g_y[i]).sum());
        }
    }
}

/// Asserts whole rows and one length.
pub(super) fn check(cols: usize, lengths: &[usize]) {
    let first = lengths[0];
    assert!(
        lengths.iter().all(|&length| length == first),
        "softmax: slices must be of one length"
    );
    assert!(
        first == 0 || (cols > 0 && first.is_multiple_of(cols)),
        "softmax: slices must hold whole rows"
    );
}
