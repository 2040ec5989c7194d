//! The exact entropy of a sentence and of a token.
//!
//! **Formula.** In an unambiguous grammar a sentence is one path, so its surprise is the sum of the surprises of the
//! path's edges, and the expectation of the sum is a sum over states:
//!
//! ```text
//! H(sentence) = Σ_s v(s) · H(edges of s)        v(s) = P(a sentence passes through s)
//! entropy rate = H(sentence) / E[words + 1]     E[words + 1] = Σ_s v(s), the accepting state left out
//! ```
//!
//! `words + 1` because the end of the sentence is predicted like a word. Source: Grenander, "Syntax-controlled
//! probabilities" (1967), for the derivational entropy of a stochastic grammar.

use super::automaton::Automaton;

/// The exact expectations over all sentences.
#[derive(Clone, Copy, Debug)]
pub(super) struct Totals {
    /// `H(sentence)` in nats.
    pub(super) sentence_entropy: f64,
    /// `E[words + 1]`.
    pub(super) tokens_mean: f64,
}

impl Totals {
    /// One pass over the states in the order of reading.
    pub(super) fn of(automaton: &Automaton) -> Self {
        let mut totals = Self {
            sentence_entropy: 0.0,
            tokens_mean: 0.0,
        };
        let accepting = automaton.states() - 1;
        for (state, visits) in automaton.visits().into_iter().take(accepting).enumerate() {
            let edges = automaton.edges(state as u32);
            totals.sentence_entropy += visits * entropy(edges.iter().map(|edge| edge.p));
            totals.tokens_mean += visits;
        }
        totals
    }
}

/// `−Σ p ln p` in nats; a probability of zero adds nothing.
pub(super) fn entropy(probabilities: impl Iterator<Item = f64>) -> f64 {
    probabilities.filter(|&p| p > 0.0).map(|p| -p * p.ln()).sum()
}
