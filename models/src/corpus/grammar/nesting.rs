//! No recursion: the nonterminals of a grammar can be put in an order in which each comes after its parts.

use super::error::Problem;
use super::expand::{Expanded, Item};

/// The deepest nesting of rules; the automaton is built by a recursion of this depth.
const DEPTH_MAX: usize = 400;

/// Checks that no nonterminal is part of itself and that none is nested too deeply.
///
/// **Errors.** The nonterminal to blame and the problem: the circle by name, or the depth.
pub(super) fn check_nesting(grammar: &Expanded) -> Result<(), (usize, Problem)> {
    let parts: Vec<Vec<usize>> = (0..grammar.nonterminals.len()).map(|id| parts(grammar, id)).collect();
    let mut users = vec![Vec::new(); parts.len()];
    for (user, parts) in parts.iter().enumerate() {
        for &part in parts {
            users[part].push(user);
        }
    }
    // Kahn's algorithm: a nonterminal is ready once all its parts are.
    let mut waiting: Vec<usize> = parts.iter().map(Vec::len).collect();
    let mut depth = vec![1; parts.len()];
    let mut ready: Vec<usize> = (0..parts.len()).filter(|&id| waiting[id] == 0).collect();
    while let Some(part) = ready.pop() {
        if depth[part] > DEPTH_MAX {
            let name = grammar.nonterminals[part].label.clone();
            return Err((part, Problem::TooDeep { name, limit: DEPTH_MAX }));
        }
        for &user in &users[part] {
            depth[user] = depth[user].max(depth[part] + 1);
            waiting[user] -= 1;
            if waiting[user] == 0 {
                ready.push(user);
            }
        }
    }
    match waiting.iter().position(|&count| count > 0) {
        Some(stuck) => Err(circle(grammar, &parts, &waiting, stuck)),
        None => Ok(()),
    }
}

/// The distinct nonterminals on the right of one nonterminal.
fn parts(grammar: &Expanded, id: usize) -> Vec<usize> {
    let items = grammar.nonterminals[id].choices.iter().flat_map(|choice| &choice.items);
    let mut parts: Vec<usize> = items
        .filter_map(|item| match item {
            Item::Nonterminal(part) => Some(*part as usize),
            Item::Word { .. } => None,
        })
        .collect();
    parts.sort_unstable();
    parts.dedup();
    parts
}

/// Each stuck nonterminal has a stuck part, so following them must come back to one already met.
fn circle(grammar: &Expanded, parts: &[Vec<usize>], waiting: &[usize], stuck: usize) -> (usize, Problem) {
    let mut path = vec![stuck];
    loop {
        let last = path[path.len() - 1];
        let next = *parts[last]
            .iter()
            .find(|&&part| waiting[part] > 0)
            .expect("a stuck nonterminal has a stuck part");
        let met = path.iter().position(|&id| id == next);
        path.push(next);
        if let Some(from) = met {
            let labels: Vec<&str> = path[from..]
                .iter()
                .map(|&id| grammar.nonterminals[id].label.as_str())
                .collect();
            return (
                next,
                Problem::Cycle {
                    path: labels.join(" -> "),
                },
            );
        }
    }
}
