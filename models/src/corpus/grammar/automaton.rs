//! The acyclic probabilistic automaton that accepts the sentences of a grammar.
//!
//! A state is "what may still follow": a nonterminal together with all that comes after it. It is built from the
//! end of the sentence backwards, so a state's edges are complete when the state is made, and two places with the
//! same future share one state. The end of the sentence is an edge like any other, with the word id that follows
//! the vocabulary; the sentence, its probability and its entropy then need no special case.
//!
//! Every path from the first state to the last is one derivation of the grammar, and its probability is the product
//! of the alternatives' probabilities. The grammar is unambiguous if no two paths read the same words
//! ([`ambiguity`](super::ambiguity)); a word may well lead from one state to several others.

use std::collections::HashMap;

use super::error::Problem;
use super::expand::{Expanded, Item};

/// The largest number of states while building.
const STATES_MAX: usize = 1_000_000;
/// The largest number of edges while building.
const EDGES_MAX: usize = 10_000_000;

/// Reading `word` leads on to `next`, with probability `p`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Edge {
    pub(super) word: u32,
    pub(super) tag: u32,
    pub(super) next: u32,
    pub(super) p: f64,
}

impl Edge {
    fn key(&self) -> (u32, u32, u32, u64) {
        (self.word, self.tag, self.next, self.p.to_bits())
    }
}

/// States `0` (start) to `states() - 1` (accept); every edge leads to a higher state.
#[derive(Debug)]
pub(super) struct Automaton {
    /// Where each state's edges begin, and at the end their number.
    first: Vec<u32>,
    /// Sorted by state, then by word.
    edges: Vec<Edge>,
    /// The word id of the end of a sentence: the size of the vocabulary.
    pub(super) end: u32,
}

impl Automaton {
    /// Compiles a grammar.
    pub(super) fn of(grammar: &Expanded) -> Result<Self, Problem> {
        let end = grammar.words.len() as u32;
        let mut builder = Builder {
            grammar,
            states: vec![Vec::new()],
            same: HashMap::new(),
            made: HashMap::new(),
            edges: 0,
        };
        let close = builder.state(vec![Edge {
            word: end,
            tag: grammar.tags.len() as u32,
            next: 0,
            p: 1.0,
        }])?;
        let start = builder.nonterminal(0, close)?;
        if builder.states[start as usize].iter().any(|edge| edge.word == end) {
            return Err(Problem::EmptySentence);
        }
        Ok(number_from_start(&builder.states, start, end))
    }

    /// The number of states, the accepting one included.
    pub(super) fn states(&self) -> usize {
        self.first.len() - 1
    }

    /// The edges that leave a state, sorted by word; none for the accepting state.
    pub(super) fn edges(&self, state: u32) -> &[Edge] {
        &self.edges[self.first[state as usize] as usize..self.first[state as usize + 1] as usize]
    }

    /// The edges that leave a state with a given word.
    pub(super) fn edges_with(&self, state: u32, word: u32) -> &[Edge] {
        let edges = self.edges(state);
        let from = edges.partition_point(|edge| edge.word < word);
        let count = edges[from..].partition_point(|edge| edge.word == word);
        &edges[from..from + count]
    }

    /// The probability that a sentence passes through each state.
    pub(super) fn visits(&self) -> Vec<f64> {
        let mut visits = vec![0.0; self.states()];
        visits[0] = 1.0;
        for state in 0..self.states() {
            for edge in self.edges(state as u32) {
                visits[edge.next as usize] += visits[state] * edge.p;
            }
        }
        visits
    }
}

struct Builder<'g> {
    grammar: &'g Expanded,
    /// The edges of each state; state 0 accepts. Every edge leads to a state made earlier.
    states: Vec<Vec<Edge>>,
    /// The state that has exactly these edges.
    same: HashMap<Vec<(u32, u32, u32, u64)>, u32>,
    /// The state for a nonterminal followed by a state.
    made: HashMap<(u32, u32), u32>,
    edges: usize,
}

impl Builder<'_> {
    /// The state from which one derives `nonterminal` and then goes on from `then`.
    fn nonterminal(&mut self, nonterminal: u32, then: u32) -> Result<u32, Problem> {
        if let Some(&state) = self.made.get(&(nonterminal, then)) {
            return Ok(state);
        }
        let grammar = self.grammar;
        let mut edges = Vec::new();
        for choice in &grammar.nonterminals[nonterminal as usize].choices {
            let mut state = then;
            for &item in choice.items.iter().rev() {
                state = match item {
                    Item::Word { word, tag } => self.state(vec![Edge {
                        word,
                        tag,
                        next: state,
                        p: 1.0,
                    }])?,
                    Item::Nonterminal(part) => self.nonterminal(part, state)?,
                };
            }
            edges.extend(self.states[state as usize].iter().map(|edge| Edge {
                p: choice.probability * edge.p,
                ..*edge
            }));
        }
        let state = self.state(edges)?;
        self.made.insert((nonterminal, then), state);
        Ok(state)
    }

    /// The state with these edges. Equal edges stay apart: they are two derivations.
    fn state(&mut self, mut edges: Vec<Edge>) -> Result<u32, Problem> {
        edges.sort_unstable_by_key(Edge::key);
        let key = edges.iter().map(Edge::key).collect();
        if let Some(&state) = self.same.get(&key) {
            return Ok(state);
        }
        self.edges += edges.len();
        if self.states.len() >= STATES_MAX {
            return Err(Problem::TooLarge {
                what: "states",
                limit: STATES_MAX,
            });
        }
        if self.edges > EDGES_MAX {
            return Err(Problem::TooLarge {
                what: "edges",
                limit: EDGES_MAX,
            });
        }
        let state = self.states.len() as u32;
        self.states.push(edges);
        self.same.insert(key, state);
        Ok(state)
    }
}

/// Keeps what the start reaches and numbers it from the start on: the reverse of the order of making.
fn number_from_start(states: &[Vec<Edge>], start: u32, end: u32) -> Automaton {
    let mut reached = vec![false; states.len()];
    reached[start as usize] = true;
    for state in (0..states.len()).rev().filter(|&state| state <= start as usize) {
        if reached[state] {
            states[state].iter().for_each(|edge| reached[edge.next as usize] = true);
        }
    }
    let mut number = vec![0; states.len()];
    let kept: Vec<usize> = (0..states.len()).rev().filter(|&state| reached[state]).collect();
    for (new, &old) in kept.iter().enumerate() {
        number[old] = new as u32;
    }
    let mut automaton = Automaton {
        first: vec![0],
        edges: Vec::new(),
        end,
    };
    for old in kept {
        automaton.edges.extend(states[old].iter().map(|edge| Edge {
            next: number[edge.next as usize],
            ..*edge
        }));
        automaton.first.push(automaton.edges.len() as u32);
    }
    automaton
}
