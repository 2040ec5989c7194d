//! Drawing sentences: a walk over the automaton.

use std::fmt;

use rand::RngExt;
use rand::rngs::ChaCha8Rng;

use super::Grammar;

/// A sentence with the part of speech of each word.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Sentence<'g> {
    /// The words, without an end marker.
    pub words: Vec<&'g str>,
    /// The part-of-speech tag of each word.
    pub tags: Vec<&'g str>,
}

/// The words with blanks between them.
impl fmt::Display for Sentence<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words.join(" "))
    }
}

impl Grammar {
    /// Draws one sentence; the same generator state gives the same sentence.
    pub fn sample(&self, rng: &mut ChaCha8Rng) -> Sentence<'_> {
        let mut sentence = Sentence {
            words: Vec::new(),
            tags: Vec::new(),
        };
        let mut state = 0;
        loop {
            let edges = self.automaton.edges(state);
            let mut left = rng.random::<f64>();
            let chosen = edges.iter().find(|edge| {
                left -= edge.p;
                left < 0.0
            });
            // Rounding may leave a sum of probabilities just below the draw; the last edge then has it.
            let edge = chosen
                .or(edges.last())
                .expect("the walk stops at the end, and every other state has an edge");
            if edge.word == self.automaton.end {
                return sentence;
            }
            sentence.words.push(&self.words[edge.word as usize]);
            sentence.tags.push(&self.tags[edge.tag as usize]);
            state = edge.next;
        }
    }
}
