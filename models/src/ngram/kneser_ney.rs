//! Interpolated Kneser-Ney smoothing.
//!
//! A discount is taken off each count, and what was taken from a context is spread over all words in proportion to
//! the next shorter context:
//!
//! `p(w | h) = (a(h w) - D(a(h w))) / sum_v a(h v) + gamma(h) p(w | h')`, where `h'` is `h` without its oldest token and
//! `gamma(h) = sum_v D(a(h v)) / sum_v a(h v)`. Before the shortest context stands the uniform distribution.
//!
//! The count `a` is the plain one at the highest order. At lower orders it is the number of different tokens before
//! the n-gram, because a short context is asked only where the long one failed: "Francisco" is frequent, but only
//! after "San". The discounts D of an order depend on the count (modified) or not (plain): see
//! [`Discounts`](super::Discounts).
//!
//! **Source**: Chen and Goodman 1998, sections 2.7 and 3; the treatment of sentence starts is KenLM's (Heafield, Pouzyrevsky,
//! Clark, Koehn, "Scalable modified Kneser-Ney language model estimation", ACL 2013).

use super::counts::Counts;
use super::discounts::Discounts;
use super::interpolated::Interpolated;

/// Estimates all probabilities and the discounts of the orders 1, 2, ...; `predictable` tokens share the uniform
/// distribution.
pub(super) fn estimate(
    counts: &Counts,
    predictable: usize,
    discount: fn([u64; 4]) -> Discounts,
) -> (Interpolated, Vec<Discounts>) {
    let lengths = counts.lengths();
    let adjusted = adjusted_counts(counts, &lengths);
    let discounts: Vec<Discounts> = numbers_of_counts(counts, &lengths, &adjusted)
        .into_iter()
        .map(discount)
        .collect();
    let taken = |node: usize| discounts[lengths[node] - 1].of(adjusted[node]);

    let mut total = vec![0; counts.node_count()];
    let mut off = vec![0.0; counts.node_count()];
    for node in counts.ngrams() {
        let history = counts.history[node] as usize;
        total[history] += adjusted[node];
        off[history] += taken(node);
    }
    let given = |history: usize| off[history] / total[history] as f64;
    let kept = |node: usize| (adjusted[node] as f64 - taken(node)) / total[counts.history[node] as usize] as f64;
    (Interpolated::new(counts, predictable, &total, given, kept), discounts)
}

/// Plain counts at the highest order, numbers of different tokens before the n-gram below it.
fn adjusted_counts(counts: &Counts, lengths: &[usize]) -> Vec<u64> {
    let mut adjusted = counts
        .left_neighbours()
        .expect("from_arrays has checked the counts of a table that was read");
    for node in counts.ngrams().filter(|&node| lengths[node] == counts.order) {
        adjusted[node] = counts.count[node];
    }
    adjusted
}

/// For each order up to the longest n-gram, how many n-grams have the adjusted counts 1, 2, 3, 4.
fn numbers_of_counts(counts: &Counts, lengths: &[usize], adjusted: &[u64]) -> Vec<[u64; 4]> {
    let mut numbers = vec![[0; 4]; lengths.iter().copied().max().unwrap_or(0)];
    for node in counts.ngrams().filter(|&node| (1..=4).contains(&adjusted[node])) {
        numbers[lengths[node] - 1][adjusted[node] as usize - 1] += 1;
    }
    numbers
}
