//! Derivations written with brackets, to show in what two readings of one sentence differ.

use std::collections::{BTreeMap, HashMap};

use super::error::Problem;
use super::expand::{Choice, Expanded, Item};

/// At most this many derivations of one span are kept: two are enough to show an ambiguity.
const KEPT: usize = 2;

/// For each position where a span may end, its first derivations as text.
type Spans = BTreeMap<usize, Vec<String>>;

/// The message about a sentence that has two derivations.
pub(super) fn ambiguous(grammar: &Expanded, sentence: &[u32]) -> Problem {
    let words: Vec<&str> = sentence
        .iter()
        .map(|&word| grammar.words[word as usize].as_str())
        .collect();
    let mut derivations = derivations(grammar, sentence).into_iter();
    let mut next = || {
        derivations
            .next()
            .expect("two paths read the sentence, and every path is a derivation")
    };
    Problem::Ambiguous {
        sentence: words.join(" "),
        first: next(),
        second: next(),
    }
}

/// The first derivations of a sentence, at most two, as in `Sentence#1(NP[sg]#2(the narwhal) sings)`.
fn derivations(grammar: &Expanded, words: &[u32]) -> Vec<String> {
    let mut chart = Chart {
        grammar,
        words,
        known: HashMap::new(),
    };
    chart.nonterminal(0, 0).remove(&words.len()).unwrap_or_default()
}

struct Chart<'g> {
    grammar: &'g Expanded,
    words: &'g [u32],
    known: HashMap<(u32, usize), Spans>,
}

impl Chart<'_> {
    fn nonterminal(&mut self, nonterminal: u32, from: usize) -> Spans {
        if let Some(spans) = self.known.get(&(nonterminal, from)) {
            return spans.clone();
        }
        let grammar = self.grammar;
        let symbol = &grammar.nonterminals[nonterminal as usize];
        let mut spans = Spans::new();
        for choice in &symbol.choices {
            for (end, texts) in self.choice(choice, from) {
                let named = texts
                    .iter()
                    .map(|text| format!("{}#{}({})", symbol.label, choice.written, text.trim_end()));
                keep(spans.entry(end).or_default(), named);
            }
        }
        self.known.insert((nonterminal, from), spans.clone());
        spans
    }

    fn choice(&mut self, choice: &Choice, from: usize) -> Spans {
        let mut spans = Spans::from([(from, vec![String::new()])]);
        for item in &choice.items {
            let mut longer = Spans::new();
            for (end, heads) in spans {
                let tails = match *item {
                    Item::Nonterminal(part) => self.nonterminal(part, end),
                    Item::Word { word, .. } if self.words.get(end) == Some(&word) => {
                        Spans::from([(end + 1, vec![self.grammar.words[word as usize].clone()])])
                    }
                    Item::Word { .. } => Spans::new(),
                };
                for (end, tails) in tails {
                    let pairs = heads
                        .iter()
                        .flat_map(|head| tails.iter().map(move |tail| format!("{head}{tail} ")));
                    keep(longer.entry(end).or_default(), pairs);
                }
            }
            spans = longer;
        }
        spans
    }
}

fn keep(kept: &mut Vec<String>, more: impl Iterator<Item = String>) {
    kept.extend(more.take(KEPT - kept.len()));
}
