//! Expansion: every template becomes one nonterminal for each combination of arguments that a sentence can use.
//!
//! `NP[number] -> Det[number] Noun[number]` stands for one rule with `sg` and one with `pl`. A feature that stands
//! only on the right, as in `Sentence -> Claim[number]`, makes one alternative for each of its values; they share
//! the written weight equally. A rule may fix a value instead: `Noun[pl] -> narwhals/N | seals/N`.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::error::{GrammarError, Problem};
use super::nesting::check_nesting;
use super::parse::{Source, Symbol};
use super::template::{Binding, Key, NONTERMINALS_MAX, Templates, error, label, too_large};
use super::weight::{Weight, probabilities};

/// A grammar without templates: what its automaton is built from.
#[derive(Debug)]
pub(super) struct Expanded {
    /// The first is the sentence.
    pub(super) nonterminals: Vec<Nonterminal>,
    /// The words in byte order (so digits and capitals come first).
    pub(super) words: Vec<String>,
    /// The part-of-speech tags in byte order.
    pub(super) tags: Vec<String>,
}

#[derive(Debug)]
pub(super) struct Nonterminal {
    /// The name with its arguments, as in `NP[sg]`.
    pub(super) label: String,
    pub(super) choices: Vec<Choice>,
}

/// One alternative of a nonterminal.
#[derive(Debug)]
pub(super) struct Choice {
    /// Which alternative of the rule it was written as, counted from 1.
    pub(super) written: usize,
    pub(super) probability: f64,
    pub(super) items: Vec<Item>,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Item {
    Word { word: u32, tag: u32 },
    Nonterminal(u32),
}

/// Expands the templates that the first rule reaches.
///
/// **Errors.** Names without a rule, rules without a use, two rules for one symbol, recursion.
pub(super) fn expand(source: &Source) -> Result<Expanded, GrammarError> {
    let mut expansion = Expansion::of(source)?;
    let mut nonterminals = Vec::new();
    while let Some(key) = expansion.keys.get(nonterminals.len()).cloned() {
        nonterminals.push(expansion.nonterminal(&key)?);
    }
    let used: HashSet<usize> = expansion.rule_of.iter().copied().collect();
    if let Some(unused) = (0..source.rules.len()).find(|rule| !used.contains(rule)) {
        let unused = &source.rules[unused].name;
        let name = label(&unused.text, &unused.arguments);
        return Err(error(unused, Problem::Unreachable { name }));
    }
    let (words, tags) = (owned(&expansion.words), owned(&expansion.tags));
    let expanded = Expanded {
        nonterminals,
        words,
        tags,
    };
    check_nesting(&expanded)
        .map_err(|(blamed, problem)| error(&source.rules[expansion.rule_of[blamed]].name, problem))?;
    Ok(expanded)
}

struct Expansion<'s> {
    templates: Templates<'s>,
    words: Vec<&'s str>,
    tags: Vec<&'s str>,
    ids: HashMap<(&'s str, Vec<&'s str>), u32>,
    /// The symbols met so far, in the order of their ids.
    keys: Vec<Key<'s>>,
    /// The rule of each symbol expanded so far.
    rule_of: Vec<usize>,
}

impl<'s> Expansion<'s> {
    fn of(source: &'s Source) -> Result<Self, GrammarError> {
        let start = &source.rules[0].name;
        if !start.arguments.is_empty() {
            let name = label(&start.text, &start.arguments);
            return Err(error(start, Problem::StartWithArguments { name }));
        }
        let (mut words, mut tags) = (BTreeSet::new(), BTreeSet::new());
        let alternatives = source.rules.iter().flat_map(|rule| &rule.alternatives);
        for symbol in alternatives.flat_map(|alternative| &alternative.symbols) {
            if let Symbol::Word { word, tag } = symbol {
                words.insert(word.as_str());
                tags.insert(tag.as_str());
            }
        }
        let key = Key {
            name: &start.text,
            values: Vec::new(),
            asked: start,
        };
        let expansion = Self {
            templates: Templates { source },
            words: words.into_iter().collect(),
            tags: tags.into_iter().collect(),
            ids: HashMap::from([((key.name, Vec::new()), 0)]),
            keys: vec![key],
            rule_of: Vec::new(),
        };
        for rule in &source.rules {
            expansion.templates.features_in(&rule.name)?;
        }
        Ok(expansion)
    }

    fn nonterminal(&mut self, key: &Key<'s>) -> Result<Nonterminal, GrammarError> {
        let (index, binding) = self.templates.rule_for(key)?;
        let rule = &self.templates.source.rules[index];
        self.rule_of.push(index);

        let (mut weights, mut choices) = (Vec::<Weight>::new(), Vec::new());
        for (written, alternative) in (1..).zip(&rule.alternatives) {
            let bindings = self.templates.free_bindings(&binding, &alternative.symbols)?;
            let share = alternative
                .weight
                .shared(bindings.len())
                .map_err(|problem| error(&rule.name, problem))?;
            for binding in &bindings {
                let items = alternative.symbols.iter().map(|symbol| self.item(symbol, binding));
                choices.push(Choice {
                    written,
                    probability: 0.0,
                    items: items.collect::<Result<_, _>>()?,
                });
                weights.push(share);
            }
        }
        let probabilities = probabilities(&weights).map_err(|problem| error(&rule.name, problem))?;
        for (choice, probability) in choices.iter_mut().zip(probabilities) {
            choice.probability = probability;
        }
        Ok(Nonterminal {
            label: label(key.name, &key.values),
            choices,
        })
    }

    fn item(&mut self, symbol: &'s Symbol, binding: &Binding<'s>) -> Result<Item, GrammarError> {
        let name = match symbol {
            Symbol::Word { word, tag } => {
                return Ok(Item::Word {
                    word: index_of(&self.words, word),
                    tag: index_of(&self.tags, tag),
                });
            }
            Symbol::Name(name) => name,
        };
        let value = |argument: &'s String| {
            let bound = binding.iter().find(|(feature, _)| *feature == argument.as_str());
            bound.map_or(argument.as_str(), |&(_, value)| value)
        };
        let values: Vec<&str> = name.arguments.iter().map(value).collect();
        let next = self.keys.len() as u32;
        if self.keys.len() >= NONTERMINALS_MAX {
            return Err(error(name, too_large()));
        }
        let id = *self.ids.entry((&name.text, values.clone())).or_insert_with(|| {
            self.keys.push(Key {
                name: &name.text,
                values,
                asked: name,
            });
            next
        });
        Ok(Item::Nonterminal(id))
    }
}

fn index_of(sorted: &[&str], text: &str) -> u32 {
    sorted
        .binary_search(&text)
        .expect("every word and tag of the source was collected") as u32
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| text.to_string()).collect()
}
