//! Is the grammar ambiguous? Decided exactly, on the product of the automaton with itself.
//!
//! Two different paths that read the same words part at some state and, since there is one accepting state, meet
//! again. So all pairs of states are visited that two paths can reach after they have parted by reading the same
//! words; the grammar is ambiguous exactly if two such paths come to the same state. Source: the test of Book, Even,
//! Greibach and Ott, "Ambiguity in graphs and expressions" (1971).

use std::collections::{HashMap, VecDeque};

use super::automaton::{Automaton, Edge};
use super::error::Problem;

/// The largest number of pairs of states that the search may meet.
const PAIRS_MAX: usize = 5_000_000;

/// Two states that two paths reach with the same words, the smaller first; equal before the paths part.
type Pair = (u32, u32);

/// A sentence with two derivations, if there is one.
///
/// **Errors.** Too many pairs of states to decide it.
pub(super) fn ambiguous_sentence(automaton: &Automaton) -> Result<Option<Vec<u32>>, Problem> {
    let mut search = Search {
        came_from: HashMap::new(),
        queue: VecDeque::new(),
    };
    for state in 0..automaton.states() as u32 {
        if let Some(meeting) = search.advance(automaton, (state, state))? {
            return Ok(Some(search.sentence(automaton, (state, state), meeting)));
        }
    }
    while let Some(pair) = search.queue.pop_front() {
        if let Some(meeting) = search.advance(automaton, pair)? {
            return Ok(Some(search.sentence(automaton, pair, meeting)));
        }
    }
    Ok(None)
}

struct Search {
    /// How each pair of parted paths was reached first: from which pair and by which word.
    came_from: HashMap<Pair, (Pair, u32)>,
    queue: VecDeque<Pair>,
}

impl Search {
    /// Reads each word from both states by different edges; returns an edge by which the two paths meet.
    fn advance(&mut self, automaton: &Automaton, pair: Pair) -> Result<Option<Edge>, Problem> {
        for (index, &one) in automaton.edges(pair.0).iter().enumerate() {
            // From one state the two paths part here, so the second takes a later edge.
            let others = match pair.0 == pair.1 {
                true => &automaton.edges(pair.0)[index + 1..],
                false => automaton.edges_with(pair.1, one.word),
            };
            for other in others.iter().take_while(|other| other.word == one.word) {
                let next = (one.next.min(other.next), one.next.max(other.next));
                if next.0 == next.1 {
                    return Ok(Some(one));
                }
                if self.came_from.len() >= PAIRS_MAX {
                    return Err(Problem::TooLarge {
                        what: "pairs of states to rule out ambiguity",
                        limit: PAIRS_MAX,
                    });
                }
                self.came_from.entry(next).or_insert_with(|| {
                    self.queue.push_back(next);
                    (pair, one.word)
                });
            }
        }
        Ok(None)
    }

    /// The words up to the parting, from there to the meeting, and on to the end.
    fn sentence(&self, automaton: &Automaton, mut pair: Pair, meeting: Edge) -> Vec<u32> {
        let mut between = vec![meeting.word];
        while let Some(&(before, word)) = self.came_from.get(&pair).filter(|_| pair.0 != pair.1) {
            between.push(word);
            pair = before;
        }
        between.reverse();
        let mut words = words_before(automaton, pair.0);
        words.extend(between);
        words.extend(words_after(automaton, meeting.next));
        words.retain(|&word| word != automaton.end);
        words
    }
}

/// The words of a shortest path from the start to `state`.
fn words_before(automaton: &Automaton, state: u32) -> Vec<u32> {
    let mut last: Vec<Option<(usize, u32, u32)>> = vec![None; automaton.states()];
    for from in 0..state {
        let length = last[from as usize].map_or(0, |(length, ..)| length) + 1;
        for edge in automaton.edges(from) {
            let known = &mut last[edge.next as usize];
            if known.is_none_or(|(shortest, ..)| length < shortest) {
                *known = Some((length, from, edge.word));
            }
        }
    }
    let mut words = Vec::new();
    let mut state = state;
    while let Some((_, from, word)) = last[state as usize] {
        words.push(word);
        state = from;
    }
    words.reverse();
    words
}

/// The words of a shortest path from `state` to the accepting state.
fn words_after(automaton: &Automaton, mut state: u32) -> Vec<u32> {
    let mut length = vec![0_usize; automaton.states()];
    for from in (0..automaton.states()).rev() {
        let lengths = automaton
            .edges(from as u32)
            .iter()
            .map(|edge| length[edge.next as usize] + 1);
        length[from] = lengths.min().unwrap_or(0);
    }
    let mut words = Vec::new();
    while let Some(edge) = automaton
        .edges(state)
        .iter()
        .min_by_key(|edge| length[edge.next as usize])
    {
        words.push(edge.word);
        state = edge.next;
    }
    words
}
