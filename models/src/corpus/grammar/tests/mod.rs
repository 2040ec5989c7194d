//! The exact figures against an oracle that lists every sentence.

mod errors;
mod format;
mod laws;
mod narwhals;
mod small;

use std::collections::BTreeMap;

use super::expand::{Expanded, Item};

/// Every derivation of a nonterminal: its words, its tags and its probability.
type Derivations = Vec<(Vec<String>, Vec<String>, f64)>;

/// All derivations of a grammar, straight from its rules and without the automaton.
fn enumerate(grammar: &Expanded) -> Derivations {
    fn derive(grammar: &Expanded, nonterminal: u32) -> Derivations {
        let mut all = Derivations::new();
        for choice in &grammar.nonterminals[nonterminal as usize].choices {
            let mut heads: Derivations = vec![(Vec::new(), Vec::new(), choice.probability)];
            for item in &choice.items {
                let tails = match *item {
                    Item::Nonterminal(part) => derive(grammar, part),
                    Item::Word { word, tag } => {
                        let (word, tag) = (&grammar.words[word as usize], &grammar.tags[tag as usize]);
                        vec![(vec![word.clone()], vec![tag.clone()], 1.0)]
                    }
                };
                let joined = |(words, tags, p): &(Vec<String>, Vec<String>, f64)| {
                    let (words, tags, p) = (words.clone(), tags.clone(), *p);
                    let join = move |tail: &(Vec<String>, Vec<String>, f64)| {
                        (
                            [&words[..], &tail.0].concat(),
                            [&tags[..], &tail.1].concat(),
                            p * tail.2,
                        )
                    };
                    tails.iter().map(join).collect::<Derivations>()
                };
                heads = heads.iter().flat_map(joined).collect();
            }
            all.extend(heads);
        }
        all
    }
    derive(grammar, 0)
}

/// `−Σ p ln p` over the sentences.
fn entropy_by_enumeration(sentences: &Derivations) -> f64 {
    sentences.iter().map(|(_, _, p)| -p * p.ln()).sum()
}

fn tokens_mean_by_enumeration(sentences: &Derivations) -> f64 {
    sentences.iter().map(|(words, _, p)| p * (words.len() + 1) as f64).sum()
}

/// The floor of order `n` and the number of contexts, from the expected counts of n-grams.
fn floor_by_enumeration(sentences: &Derivations, n: usize) -> (f64, u64) {
    let mut counts: BTreeMap<Vec<&str>, BTreeMap<&str, f64>> = BTreeMap::new();
    for (words, _, p) in sentences {
        let mut padded = vec!["<s>"; n - 1];
        padded.extend(words.iter().map(String::as_str));
        padded.push("</s>");
        for window in padded.windows(n) {
            *counts
                .entry(window[..n - 1].to_vec())
                .or_default()
                .entry(window[n - 1])
                .or_default() += p;
        }
    }
    let nats = counts.values().map(|next| {
        let total: f64 = next.values().sum();
        next.values().map(|count| -count * (count / total).ln()).sum::<f64>()
    });
    (
        nats.sum::<f64>() / tokens_mean_by_enumeration(sentences),
        counts.len() as u64,
    )
}

/// The probability of each next token after a prefix; the end is the empty text.
fn next_by_enumeration<'s>(sentences: &'s Derivations, prefix: &[String]) -> BTreeMap<&'s str, f64> {
    let mut next: BTreeMap<&str, f64> = BTreeMap::new();
    for (words, _, p) in sentences.iter().filter(|(words, _, _)| words.starts_with(prefix)) {
        *next
            .entry(words.get(prefix.len()).map_or("", String::as_str))
            .or_default() += p;
    }
    let total: f64 = next.values().sum();
    next.values_mut().for_each(|p| *p /= total);
    next
}
