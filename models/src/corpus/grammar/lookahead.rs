//! States merged as far as a few tokens can tell them apart.
//!
//! Two states are of one class with lookahead `r` if they give the same probabilities to every next `r` tokens by
//! the same edges: at `r = 0` all states are alike, and at `r` a state is known by the probabilities with which it
//! goes, by which word, to which class of lookahead `r − 1`. What a sentence must remember until its end makes
//! many states, but no short window sees them differ, so the floors of n-grams need only a few classes.

use std::collections::HashMap;

use super::automaton::Automaton;

/// Reading `word` leads to class `next` of the lookahead one shorter, with probability `p`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Move {
    pub(super) word: u32,
    pub(super) next: u32,
    pub(super) p: f64,
}

/// The classes of one lookahead.
#[derive(Debug)]
pub(super) struct Lookahead {
    /// The class of each state.
    pub(super) class_of: Vec<u32>,
    /// The moves of each class, sorted by word and then by next class, each pair once.
    pub(super) moves: Vec<Vec<Move>>,
}

/// The classes for lookahead 0, 1, ..., `longest`.
pub(super) fn lookaheads(automaton: &Automaton, longest: usize) -> Vec<Lookahead> {
    let mut all = vec![Lookahead {
        class_of: vec![0; automaton.states()],
        moves: vec![Vec::new()],
    }];
    for shorter in 0..longest {
        let longer = refine(automaton, &all[shorter].class_of);
        all.push(longer);
    }
    all
}

fn refine(automaton: &Automaton, shorter: &[u32]) -> Lookahead {
    let mut classes: HashMap<Vec<(u32, u32, u64)>, u32> = HashMap::new();
    let mut refined = Lookahead {
        class_of: Vec::with_capacity(automaton.states()),
        moves: Vec::new(),
    };
    for state in 0..automaton.states() as u32 {
        let edges = automaton.edges(state).iter();
        let moves = merged(edges.map(|edge| Move {
            word: edge.word,
            next: shorter[edge.next as usize],
            p: edge.p,
        }));
        let key = moves.iter().map(|it| (it.word, it.next, it.p.to_bits())).collect();
        let class = *classes.entry(key).or_insert_with(|| {
            refined.moves.push(moves);
            refined.moves.len() as u32 - 1
        });
        refined.class_of.push(class);
    }
    refined
}

/// The moves sorted by word and next class, those that agree in both added up.
pub(super) fn merged(moves: impl Iterator<Item = Move>) -> Vec<Move> {
    let mut sorted: Vec<Move> = moves.collect();
    merge(&mut sorted);
    sorted
}

/// Sorts by word and next class and adds up what agrees in both.
pub(super) fn merge(moves: &mut Vec<Move>) {
    // The probability is part of the order so that equal sums are added in the same order, to the same bits.
    moves.sort_unstable_by(|a, b| (a.word, a.next).cmp(&(b.word, b.next)).then(a.p.total_cmp(&b.p)));
    moves.dedup_by(|later, kept| {
        let same = (later.word, later.next) == (kept.word, kept.next);
        if same {
            kept.p += later.p;
        }
        same
    });
}
