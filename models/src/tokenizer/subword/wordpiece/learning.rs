//! Learning pieces: join the pair whose join makes the text most likely, again and again.
//!
//! A text that is cut into tokens, of which token i occurs c_i times, has the log-likelihood `L = Σ c_i ln(c_i / N)` under
//! its own frequencies, with `N = Σ c_i`. Byte-pair encoding joins the most frequent pair; WordPiece the pair with the
//! largest gain in L. With `f(x) = x ln x`, `L = Σ f(c_i) - f(N)`, and joining a and b, which are neighbours c times, gives
//!
//! `gain = f(c) + f(c_a - c) + f(c_b - c) - f(c_a) - f(c_b) + f(N) - f(N - c)`
//!
//! So two rare pieces that nearly always stand together may be joined before two common ones that meet by chance.
//!
//! **Source**: Schuster and Nakajima 2012, section 3.

use super::super::bpe::learning::Growing;
use super::super::bpe::words::Words;
use crate::tokenizer::TokenId;
use std::cmp::Ordering;

/// The mark of a piece inside a word.
pub const MARK: &str = "##";

/// Learns pieces until the vocabulary has `size`, or no pair is left.
pub fn learn(words: Vec<(Vec<TokenId>, u64)>, vocabulary: &mut Growing, size: usize) {
    let mut counts = vec![0_u64; vocabulary.tokens().len()];
    let each = words
        .iter()
        .flat_map(|(word, times)| word.iter().map(move |&id| (id, times)));
    each.for_each(|(id, times)| counts[id as usize] += times);
    let mut total: u64 = counts.iter().sum();
    let mut words = Words::new(words);
    while vocabulary.tokens().len() < size {
        let gained = |((left, right), count)| (gain(count, [left, right], &counts, total), (left, right), count);
        // Of equal gains the pair with the smaller ids is taken, as in byte-pair encoding.
        let best = words.pairs().map(gained).max_by(|a, b| match a.0.total_cmp(&b.0) {
            Ordering::Equal => b.1.cmp(&a.1),
            other => other,
        });
        let Some((_, pair, _)) = best else {
            break;
        };
        let made = vocabulary.join(pair, joined);
        counts.resize(vocabulary.tokens().len(), 0);
        let joins = words.merge(pair, made, |_| {});
        counts[pair.0 as usize] -= joins;
        counts[pair.1 as usize] -= joins;
        counts[made as usize] += joins;
        total -= joins;
    }
}

/// The gain in the log-likelihood of joining a pair of two tokens.
///
/// A token beside itself overlaps with itself; its gain is that of half as many joins, of two of its own each.
fn gain(count: u64, [left, right]: [TokenId; 2], counts: &[u64], total: u64) -> f64 {
    let (of_left, of_right) = (counts[left as usize], counts[right as usize]);
    let all = |joins: u64| x_ln_x(total) - x_ln_x(total - joins) + x_ln_x(joins);
    if left == right {
        let joins = count.div_ceil(2);
        all(joins) + x_ln_x(of_left.saturating_sub(2 * joins)) - x_ln_x(of_left)
    } else {
        all(count) + x_ln_x(of_left - count) + x_ln_x(of_right - count) - x_ln_x(of_left) - x_ln_x(of_right)
    }
}

fn x_ln_x(x: u64) -> f64 {
    let x = x as f64;
    if x > 0.0 { x * x.ln() } else { 0.0 }
}

/// The name of what two pieces become: the mark of the second one falls away.
fn joined(left: &str, right: &str) -> String {
    format!("{left}{}", right.strip_prefix(MARK).unwrap_or(right))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn likelihood(words: &[(Vec<TokenId>, u64)]) -> f64 {
        let mut counts = [0_u64; 8];
        words
            .iter()
            .for_each(|(word, times)| word.iter().for_each(|&id| counts[id as usize] += times));
        counts.iter().map(|&count| x_ln_x(count)).sum::<f64>() - x_ln_x(counts.iter().sum())
    }

    #[test]
    fn the_gain_is_the_difference_of_the_likelihoods() {
        let words = vec![(vec![0, 1, 2, 0, 1], 3), (vec![1, 0, 3, 3], 2)];
        let counts = [8, 8, 3, 4];
        for (pair, count) in [((0, 1), 6), ((1, 2), 3), ((3, 3), 2), ((1, 0), 2)] {
            let mut joined = words.clone();
            joined
                .iter_mut()
                .for_each(|(word, _)| super::super::super::bpe::words::merge_in(word, pair, 4));
            let difference = likelihood(&joined) - likelihood(&words);
            let gain = if pair.0 == pair.1 {
                // Each of the two words holds it once, so there is no overlap to halve.
                gain(2 * count, [pair.0, pair.1], &counts, 23)
            } else {
                gain(count, [pair.0, pair.1], &counts, 23)
            };
            assert!((gain - difference).abs() < 1e-12, "{pair:?}: {gain} and {difference}");
        }
    }

    #[test]
    fn pieces_that_belong_together_are_joined_before_frequent_ones_that_meet_by_chance() {
        // `q` is always followed by `u`; `e` and `t` are frequent in every order.
        let corpus = [("qu", 6), ("et", 7), ("te", 7), ("ee", 8), ("tt", 8)];
        let mut vocabulary = Growing::default();
        let words = corpus.map(|(word, times)| {
            let mut letters = word.chars();
            let first = letters.next().into_iter().map(String::from);
            let ids = first.chain(letters.map(|letter| format!("{MARK}{letter}")));
            (ids.map(|token| vocabulary.id(token)).collect(), times)
        });
        let size = vocabulary.tokens().len() + 1;
        learn(words.to_vec(), &mut vocabulary, size);
        assert_eq!(vocabulary.tokens().last().map(String::as_str), Some("qu"));
    }
}
