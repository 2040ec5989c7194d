//! The small grammar: the figures worked out by hand in its comments.

use std::f64::consts::LN_2;

use super::super::{Grammar, LimitError, expand, floor, parse, positions};
use super::*;

/// A dozen additions of numbers of size one.
const ROUNDING: f64 = 1e-13;

fn assert_near(a: f64, b: f64) {
    assert!((a - b).abs() < ROUNDING, "{a} is not {b}");
}

#[test]
fn entropy_is_the_one_worked_out_by_hand() {
    let grammar = Grammar::narwhals_small();
    assert_near(grammar.tokens_mean(), 10.0);
    assert_near(grammar.sentence_entropy(), 3.5 * LN_2);
    assert_near(grammar.entropy_rate(), 0.35 * LN_2);
}

#[test]
fn floors_are_the_ones_worked_out_by_hand() {
    let by_hand = [
        10_f64.ln() - 0.15 * 1.5_f64.ln() + 0.45 * LN_2,
        0.6 * LN_2 + 0.15 * 3_f64.ln(),
        0.50 * LN_2,
        0.50 * LN_2,
        0.50 * LN_2,
        0.45 * LN_2,
        0.40 * LN_2,
        0.40 * LN_2,
        0.40 * LN_2,
        0.40 * LN_2,
        0.35 * LN_2,
    ];
    let floors = Grammar::narwhals_small().floors(by_hand.len()).unwrap();
    for (floor, expected) in floors.iter().zip(by_hand) {
        assert_near(floor.nats_per_token, expected);
    }
}

#[test]
fn figures_equal_their_enumeration() {
    let text = include_str!("../../../../grammars/narwhals-small.grammar");
    let sentences = enumerate(&expand::expand(&parse::parse(text).unwrap()).unwrap());
    let grammar = Grammar::narwhals_small();
    assert_eq!(sentences.len(), 12);
    assert_near(grammar.sentence_entropy(), entropy_by_enumeration(&sentences));
    for floor in grammar.floors(12).unwrap() {
        let (nats, contexts) = floor_by_enumeration(&sentences, floor.order);
        assert_near(floor.nats_per_token, nats);
        assert_eq!(floor.contexts, contexts);
    }
}

#[test]
fn each_position_has_the_entropy_of_its_decision() {
    let positions = Grammar::narwhals_small().positions().unwrap();
    let entropies: Vec<f64> = positions.iter().map(|it| it.reached * it.entropy / LN_2).collect();
    // name, says, the, narwhal(s), verb or clause, for or the, (seal or name), (seal or end) ...
    let by_hand = [1.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.5, 0.0, 0.0, 0.0, 0.0, 0.0];
    for (entropy, expected) in entropies.iter().zip(by_hand) {
        assert_near(*entropy, expected);
    }
    assert_eq!(positions.len(), 12);
    assert_near(positions[11].reached, 0.5);
}

#[test]
fn an_impossible_prefix_has_no_next_distribution() {
    let grammar = Grammar::narwhals_small();
    assert!(grammar.next_distribution(&["Nora", "says"]).is_some());
    assert_eq!(grammar.next_distribution(&["says"]), None);
    assert_eq!(grammar.next_distribution(&["walrus"]), None);
    let whole = ["Nora", "says", "the", "narwhal", "sings", "for", "Nora"];
    assert!(grammar.log_prob(&whole).is_some());
    assert_eq!(grammar.log_prob(&whole[..6]), None);
    assert_eq!(
        grammar.log_prob(&["Nora", "says", "the", "narwhal", "sing", "for", "Nora"]),
        None
    );
}

#[test]
fn a_reader_goes_on_from_sentence_to_sentence() {
    let grammar = Grammar::narwhals_small();
    let mut reader = grammar.reader();
    let mut log_p = 0.0;
    for _ in 0..3 {
        for word in ["Otto", "says", "the", "narwhals", "sing", "for", "Otto"] {
            assert_eq!(reader.end(), None);
            assert_eq!(reader.advance("the the"), None);
            log_p += reader.advance(word).unwrap();
        }
        log_p += reader.end().unwrap();
    }
    assert_near(log_p, -9.0 * LN_2);
}

#[test]
fn too_many_contexts_are_an_error_that_names_the_order() {
    let grammar = Grammar::narwhals_small();
    let within = |limit| floor::floors(&grammar.automaton, grammar.tokens_mean(), 3, limit);
    assert_eq!(within(30).unwrap().len(), 3);
    let error = within(20).unwrap_err();
    assert_eq!(error, LimitError::Contexts { order: 3, limit: 20 });
    insta::assert_snapshot!(error, @"the best n-gram of order 3 has more than 20 contexts; ask for a lower order");
}

#[test]
fn too_many_prefixes_are_an_error_that_names_the_position() {
    let grammar = Grammar::narwhals_small();
    let within = |limit| positions::positions(&grammar.automaton, limit);
    assert_eq!(within(12).unwrap(), grammar.positions().unwrap());
    let error = within(3).unwrap_err();
    assert_eq!(error, LimitError::Beliefs { position: 5, limit: 3 });
    insta::assert_snapshot!(error, @"at position 5 there are more than 3 distinct prefixes to tell apart; use a smaller grammar");
}

#[test]
fn no_order_has_no_floor() {
    assert_eq!(Grammar::narwhals_small().floors(0).unwrap(), []);
}
