//! The exact conditional entropy at each position of a sentence.
//!
//! **Formula.** `h(t) = Σ_x P(x) · H(next token | x)` over the prefixes `x` of `t − 1` words. Prefixes that leave the
//! same belief over the automaton's states have the same future, so the sum runs over distinct beliefs: the
//! automaton is made deterministic, one position at a time. `Σ_t h(t) = H(sentence)` by the chain rule, which makes
//! this a second and independent way to the entropy of the grammar.

use std::collections::BTreeMap;

use super::automaton::Automaton;
use super::entropy::entropy;
use super::error::LimitError;
use super::reader::Belief;

/// The largest number of distinct beliefs at one position.
pub(super) const BELIEFS_MAX: usize = 500_000;

/// What is to be predicted at one position of a sentence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Position {
    /// The probability that a sentence has a token here; the end counts as one.
    pub reached: f64,
    /// `H(token | all tokens before)` in nats, given that there is a token here.
    pub entropy: f64,
}

/// The conditional entropies of the first token, the second and so on up to the last possible end.
///
/// **Errors.** More than `limit` distinct beliefs at one position.
pub(super) fn positions(automaton: &Automaton, limit: usize) -> Result<Vec<Position>, LimitError> {
    let mut positions = Vec::new();
    let mut beliefs = BTreeMap::from([(key(&Belief::start()), (Belief::start(), 1.0))]);
    while !beliefs.is_empty() {
        let (mut reached, mut surprise, mut longer) = (0.0, 0.0, BTreeMap::new());
        for (belief, mass) in beliefs.values() {
            let next = belief.next_distribution(automaton);
            reached += mass;
            surprise += mass * entropy(next.iter().copied());
            let words = (0..automaton.end).filter(|&word| next[word as usize] > 0.0);
            for (belief, p) in words.filter_map(|word| belief.after(automaton, word)) {
                longer.entry(key(&belief)).or_insert((belief, 0.0)).1 += mass * p;
            }
            if longer.len() > limit {
                return Err(LimitError::Beliefs {
                    position: positions.len() + 2,
                    limit,
                });
            }
        }
        positions.push(Position {
            reached,
            entropy: surprise / reached,
        });
        beliefs = longer;
    }
    Ok(positions)
}

/// Beliefs that differ by rounding only (less than 2⁻⁴⁰) are taken as one.
fn key(belief: &Belief) -> Vec<(u32, u64)> {
    let rounded = |p: f64| (p * (1_u64 << 40) as f64).round() as u64;
    belief.states.iter().map(|&(state, p)| (state, rounded(p))).collect()
}
