//! Laws over random grammars: every exact figure equals its enumeration.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

use super::super::{Grammar, GrammarError, Problem, expand, parse};
use super::*;

/// Both sides add up a few thousand terms of size one in f64.
const ROUNDING: f64 = 1e-10;
/// Grammars with more derivations are not enumerated.
const DERIVATIONS_MAX: u64 = 3000;

/// A rule as drawn: alternatives of a weight and symbols; symbols 0..4 are words, from 4 on later rules.
type Drawn = Vec<Vec<(u32, Vec<usize>)>>;

/// Random grammars of up to four rules over four words, with and without ambiguity.
fn grammar_text() -> impl Strategy<Value = String> {
    let alternative = (1..5_u32, prop::collection::vec(0..8_usize, 0..4));
    let rule = prop::collection::vec(alternative, 1..4);
    prop::collection::vec(rule, 1..5)
        .prop_map(|drawn| (derivation_count(&drawn), text_of(&drawn)))
        .prop_filter("too many derivations to enumerate", |(count, _)| {
            *count <= DERIVATIONS_MAX
        })
        .prop_map(|(_, text)| text)
}

/// The rule that a symbol of rule `at` refers to, if it does.
fn referred(drawn: &Drawn, at: usize, symbol: usize) -> Option<usize> {
    let rule = at + symbol.checked_sub(3).filter(|&ahead| ahead > 0)?;
    (rule < drawn.len()).then_some(rule)
}

fn derivation_count(drawn: &Drawn) -> u64 {
    let mut counts = vec![0_u64; drawn.len()];
    for at in (0..drawn.len()).rev() {
        let of_symbol = |&symbol: &usize| referred(drawn, at, symbol).map_or(1, |rule| counts[rule]);
        counts[at] = drawn[at]
            .iter()
            .map(|(_, symbols)| symbols.iter().map(of_symbol).product::<u64>())
            .sum();
    }
    counts[0]
}

/// The text of the rules that the first reaches; each sentence begins with `x`, so none is empty.
fn text_of(drawn: &Drawn) -> String {
    let mut reached = vec![false; drawn.len()];
    reached[0] = true;
    let mut text = String::from("Sentence -> x/X R0\n");
    for at in 0..drawn.len() {
        if !reached[at] {
            continue;
        }
        let mut alternatives = Vec::new();
        for (weight, symbols) in &drawn[at] {
            let mut alternative = weight.to_string();
            for &symbol in symbols {
                match referred(drawn, at, symbol) {
                    Some(rule) => {
                        reached[rule] = true;
                        alternative += &format!(" R{rule}");
                    }
                    None => alternative += &format!(" {}/T{at}", ["a", "b", "c", "d"][symbol % 4]),
                }
            }
            alternatives.push(if symbols.is_empty() {
                alternative + " ()"
            } else {
                alternative
            });
        }
        text += &format!("R{at} -> {}\n", alternatives.join(" | "));
    }
    text
}

fn near(a: f64, b: f64, what: &str) -> Result<(), TestCaseError> {
    prop_assert!((a - b).abs() < ROUNDING, "{}: {} against {}", what, a, b);
    Ok(())
}

/// The grammar, if it is unambiguous, with its sentences; the verdict is checked on the way.
fn read(text: &str) -> Result<Option<(Grammar, Derivations)>, TestCaseError> {
    let sentences = enumerate(&expand::expand(&parse::parse(text).unwrap()).unwrap());
    let mut readings: BTreeMap<String, usize> = BTreeMap::new();
    for (words, ..) in &sentences {
        *readings.entry(words.join(" ")).or_default() += 1;
    }
    match Grammar::parse(text) {
        Ok(grammar) => {
            prop_assert!(readings.values().all(|&count| count == 1), "ambiguity missed");
            Ok(Some((grammar, sentences)))
        }
        Err(GrammarError {
            problem:
                Problem::Ambiguous {
                    sentence,
                    first,
                    second,
                },
            ..
        }) => {
            prop_assert!(readings[&sentence] > 1, "`{}` has one derivation only", sentence);
            prop_assert!(
                !first.is_empty() && first != second,
                "{} and {} do not differ",
                first,
                second
            );
            Ok(None)
        }
        Err(other) => Err(TestCaseError::fail(other.to_string())),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn ambiguity_is_found_exactly_where_a_sentence_has_two_derivations(text in grammar_text()) {
        read(&text)?;
    }

    #[test]
    fn entropy_and_length_equal_their_enumeration(text in grammar_text()) {
        let Some((grammar, sentences)) = read(&text)? else { return Ok(()) };
        near(grammar.sentence_entropy(), entropy_by_enumeration(&sentences), "entropy")?;
        near(grammar.tokens_mean(), tokens_mean_by_enumeration(&sentences), "length")?;
    }

    #[test]
    fn floors_equal_their_enumeration_and_fall_to_the_entropy(text in grammar_text()) {
        let Some((grammar, sentences)) = read(&text)? else { return Ok(()) };
        let longest = sentences.iter().map(|(words, ..)| words.len()).max().unwrap();
        let floors = grammar.floors(longest + 1).unwrap();
        for floor in &floors {
            let (nats, contexts) = floor_by_enumeration(&sentences, floor.order);
            near(floor.nats_per_token, nats, &format!("floor {}", floor.order))?;
            prop_assert_eq!(floor.contexts, contexts);
        }
        for pair in floors.windows(2) {
            prop_assert!(pair[0].nats_per_token > pair[1].nats_per_token - ROUNDING);
        }
        near(floors[longest].nats_per_token, grammar.entropy_rate(), "the last floor")?;
    }

    #[test]
    fn next_distribution_equals_its_enumeration_after_every_prefix(text in grammar_text()) {
        let Some((grammar, sentences)) = read(&text)? else { return Ok(()) };
        for (words, ..) in sentences.iter().take(100) {
            for length in 0..=words.len() {
                let prefix: Vec<&str> = words[..length].iter().map(String::as_str).collect();
                let next = next_by_enumeration(&sentences, &words[..length]);
                let distribution = grammar.next_distribution(&prefix).unwrap();
                let tokens = grammar.vocabulary().iter().map(String::as_str).chain([""]);
                for (token, p) in tokens.zip(distribution) {
                    near(p, next.get(token).copied().unwrap_or(0.0), token)?;
                }
            }
        }
    }

    #[test]
    fn log_prob_of_each_sentence_is_that_of_its_derivation(text in grammar_text()) {
        let Some((grammar, sentences)) = read(&text)? else { return Ok(()) };
        for (words, _, p) in sentences.iter().take(100) {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            near(grammar.log_prob(&words).unwrap(), p.ln(), "log-probability")?;
        }
    }

    #[test]
    fn entropies_of_the_positions_add_up_to_the_entropy(text in grammar_text()) {
        let Some((grammar, _)) = read(&text)? else { return Ok(()) };
        let positions = grammar.positions().unwrap();
        near(positions.iter().map(|it| it.reached * it.entropy).sum(), grammar.sentence_entropy(), "entropy")?;
        near(positions.iter().map(|it| it.reached).sum(), grammar.tokens_mean(), "length")?;
    }

    #[test]
    fn samples_are_sentences_of_the_grammar_with_their_tags(text in grammar_text(), seed: u64) {
        let Some((grammar, sentences)) = read(&text)? else { return Ok(()) };
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        for _ in 0..10 {
            let sentence = grammar.sample(&mut rng);
            prop_assert!(sentences.iter().any(|(words, tags, _)| *words == sentence.words && *tags == sentence.tags));
        }
    }
}
