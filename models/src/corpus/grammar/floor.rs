//! The exact floor of the best possible n-gram of each order.
//!
//! An n-gram sees the `n − 1` tokens before, filled up with start-of-sentence markers, and predicts the next token
//! or the end. The best one gives each context `c` the true conditional distribution, so no n-gram of order `n`,
//! however it was trained, can be better in expectation than
//!
//! ```text
//! floor(n) = Σ_c N(c) · H(token | c) / E[words + 1]
//!          = Σ_c ( N(c) ln N(c) − Σ_w N(c w) ln N(c w) ) / E[words + 1]
//! ```
//!
//! with `N` the expected number of occurrences in a sentence. `N(c w)` comes from the automaton by dynamic
//! programming: a context is carried as the vector of expected occurrences that it leaves in each class of states
//! ([`lookahead`](super::lookahead)), and one more word takes that vector one edge further. Contexts are visited
//! depth first, so the memory needed does not grow with their number, and the contexts of order `n` are passed on
//! the way to those of order `n + 1`. No sentence is enumerated and nothing is sampled.

use super::automaton::Automaton;
use super::error::LimitError;
use super::lookahead::{Lookahead, Move, lookaheads, merge};

/// The largest number of contexts of one length; on the order of a few seconds of work.
pub const CONTEXTS_MAX: u64 = 20_000_000;

/// The best that any n-gram of one order can reach.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Floor {
    /// `n`: the context is the `n − 1` tokens before.
    pub order: usize,
    /// The cross-entropy of the best n-gram in nats per predicted token.
    pub nats_per_token: f64,
    /// How many contexts can occur.
    pub contexts: u64,
}

/// The floors of orders `1..=order_max`, with at most `limit` contexts of one length.
pub(super) fn floors(
    automaton: &Automaton,
    tokens_mean: f64,
    order_max: usize,
    limit: u64,
) -> Result<Vec<Floor>, LimitError> {
    if order_max == 0 {
        return Ok(Vec::new());
    }
    let lookaheads = lookaheads(automaton, order_max);
    let mut descent = Descent {
        lookaheads: &lookaheads,
        end: automaton.end,
        limit,
        sums: vec![Sum::default(); order_max],
        moves: vec![Vec::new(); order_max],
    };

    // Contexts of full length anywhere in a sentence ...
    let accepting = automaton.states() - 1;
    let visits = automaton.visits();
    let class_of = &lookaheads[order_max].class_of;
    let mut anywhere: Vec<Move> = (0..accepting)
        .map(|state| Move {
            word: 0,
            next: class_of[state],
            p: visits[state],
        })
        .collect();
    merge(&mut anywhere);
    descent.visit(0, &anywhere)?;
    let inside = descent.restart();

    // ... and contexts that begin with the start-of-sentence marker, which is one of their tokens.
    if order_max > 1 {
        descent.visit(
            1,
            &[Move {
                word: 0,
                next: lookaheads[order_max - 1].class_of[0],
                p: 1.0,
            }],
        )?;
    }
    let at_start = descent.restart();

    let mut floors = Vec::with_capacity(order_max);
    let (mut nats, mut contexts) = (0.0, 0);
    for depth in 0..order_max {
        nats += at_start[depth].nats;
        contexts += at_start[depth].contexts;
        let nats_per_token = (nats + inside[depth].nats) / tokens_mean;
        floors.push(Floor {
            order: depth + 1,
            nats_per_token,
            contexts: contexts + inside[depth].contexts,
        });
    }
    Ok(floors)
}

/// The sum over the contexts of one length.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    nats: f64,
    contexts: u64,
}

struct Descent<'a> {
    lookaheads: &'a [Lookahead],
    end: u32,
    limit: u64,
    /// For each context length below the highest order.
    sums: Vec<Sum>,
    /// Scratch space for each context length.
    moves: Vec<Vec<Move>>,
}

impl Descent<'_> {
    /// The sums so far; begins new ones.
    fn restart(&mut self) -> Vec<Sum> {
        let fresh = vec![Sum::default(); self.sums.len()];
        std::mem::replace(&mut self.sums, fresh)
    }

    /// Visits a context of `length` tokens and all longer ones that begin with it.
    ///
    /// `occurrences` are the expected occurrences of the context (`p`) by class of the state it leads to (`next`).
    fn visit(&mut self, length: usize, occurrences: &[Move]) -> Result<(), LimitError> {
        let order_max = self.sums.len();
        let classes = &self.lookaheads[order_max - length].moves;
        let mut moves = std::mem::take(&mut self.moves[length]);
        moves.clear();
        for from in occurrences {
            moves.extend(classes[from.next as usize].iter().map(|it| Move {
                p: from.p * it.p,
                ..*it
            }));
        }
        if occurrences.len() > 1 {
            merge(&mut moves);
        }

        self.sums[length].contexts += 1;
        if self.sums[length].contexts > self.limit {
            return Err(LimitError::Contexts {
                order: length + 1,
                limit: self.limit,
            });
        }
        let (mut n_c, mut n_cw_ln) = (0.0, 0.0);
        for with_word in moves.chunk_by(|a, b| a.word == b.word) {
            let n_cw: f64 = with_word.iter().map(|it| it.p).sum();
            n_c += n_cw;
            n_cw_ln += n_cw * n_cw.ln();
            if length + 1 < order_max && with_word[0].word != self.end {
                self.visit(length + 1, with_word)?;
            }
        }
        self.sums[length].nats += n_c * n_c.ln() - n_cw_ln;
        self.moves[length] = moves;
        Ok(())
    }
}
