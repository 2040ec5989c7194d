//! The default grammar: its exact figures, and that it is what its comments promise.

use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

use super::super::Grammar;

#[test]
fn summary_of_the_small_grammar() {
    insta::assert_snapshot!(Grammar::narwhals_small().summary(11).unwrap(), @"
    14 words, 5 tags, 47 states
    tokens a sentence, its end counted   10.0000
    entropy, nats a sentence              2.4260
    entropy, nats a token                 0.2426

    best n-gram  nats a token  above the entropy   contexts
              1        2.5537             2.3111          1
              2        0.5807             0.3381         15
              3        0.3466             0.1040         25
              4        0.3466             0.1040         33
              5        0.3466             0.1040         45
              6        0.3119             0.0693         51
              7        0.2773             0.0347         55
              8        0.2773             0.0347         59
              9        0.2773             0.0347         63
             10        0.2773             0.0347         67
             11        0.2426             0.0000         71
    ");
}

#[test]
fn summary_of_the_default_grammar() {
    insta::assert_snapshot!(Grammar::narwhals().summary(6).unwrap(), @"
    69 words, 7 tags, 3475 states
    tokens a sentence, its end counted   19.1475
    entropy, nats a sentence             24.1069
    entropy, nats a token                 1.2590

    best n-gram  nats a token  above the entropy   contexts
              1        3.9204             2.6614          1
              2        1.9003             0.6413         70
              3        1.6809             0.4219        764
              4        1.5856             0.3266       7134
              5        1.5080             0.2490      55242
              6        1.4904             0.2314     368156
    ");
}

#[test]
fn the_same_seed_draws_the_same_sentences() {
    let grammar = Grammar::narwhals();
    let draw = |seed| {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        (0..5).map(|_| grammar.sample(&mut rng).to_string()).collect::<Vec<_>>()
    };
    assert_eq!(draw(1), draw(1));
    assert_ne!(draw(1), draw(2));
    insta::assert_snapshot!(draw(1).join("\n"), @"
    in Hudson Mara said the shy narwhal follows this seal so Hudson believed Mara
    in Disko Otto wrote every old narwhal that every bear behind the gulls follows dives so Disko believed Otto
    in Svalbard Finn said the shy narwhals that the narwhals under the shy gull love love this narwhal so Svalbard thanked Finn
    in Nuuk Tulok said the shy bear that the narwhal loves follows the gulls so Nuuk believed Tulok
    in Disko Nora wrote the old bear is tiny so Disko thanked Nora
    ");
}

#[test]
fn mean_surprise_of_samples_is_the_entropy_within_four_standard_errors() {
    let grammar = Grammar::narwhals();
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let surprises: Vec<f64> = (0..20_000)
        .map(|_| {
            -grammar
                .log_prob(&grammar.sample(&mut rng).words)
                .expect("drawn from it")
        })
        .collect();
    let count = surprises.len() as f64;
    let mean = surprises.iter().sum::<f64>() / count;
    let variance = surprises.iter().map(|surprise| (surprise - mean).powi(2)).sum::<f64>() / (count - 1.0);
    let standard_error = (variance / count).sqrt();
    assert!(
        (mean - grammar.sentence_entropy()).abs() < 4.0 * standard_error,
        "{mean} ± {standard_error}"
    );
    assert!(
        standard_error < 0.05,
        "the test would accept too much: {standard_error}"
    );
}

#[test]
fn positions_give_the_same_entropy_as_the_derivations() {
    let grammar = Grammar::narwhals();
    let by_position: f64 = grammar
        .positions()
        .unwrap()
        .iter()
        .map(|it| it.reached * it.entropy)
        .sum();
    assert!((by_position - grammar.sentence_entropy()).abs() < 1e-9);
}

#[test]
fn the_subject_decides_the_verb_across_the_clause() {
    let grammar = Grammar::narwhals();
    let p = |sentence: &str, word: &str| {
        let prefix: Vec<&str> = sentence.split(' ').collect();
        let index = grammar.vocabulary().iter().position(|known| known == word).unwrap();
        grammar.next_distribution(&prefix).unwrap()[index]
    };
    let plural = "in Thule Nora said the narwhals that this old seal near the bear often follows";
    assert!(p(plural, "sing") > 0.0);
    assert_eq!(p(plural, "sings"), 0.0);
    let singular = "in Thule Nora said the narwhal that these old seals near the bears often follow";
    assert!(p(singular, "sings") > 0.0);
    assert_eq!(p(singular, "sing"), 0.0);
}

#[test]
fn place_and_name_come_back_at_the_end() {
    let grammar = Grammar::narwhals();
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    for _ in 0..1000 {
        let words = grammar.sample(&mut rng).words;
        let end = words.len();
        assert_eq!((words[0], words[end - 4]), ("in", "so"));
        assert_eq!((words[1], words[2]), (words[end - 3], words[end - 1]));
    }
}

#[test]
fn even_the_best_six_gram_is_clearly_above_the_entropy() {
    let grammar = Grammar::narwhals();
    let floors = grammar.floors(6).unwrap();
    assert!(
        floors
            .windows(2)
            .all(|pair| pair[1].nats_per_token < pair[0].nats_per_token)
    );
    let gap = floors[5].nats_per_token - grammar.entropy_rate();
    assert!((0.15..0.30).contains(&gap), "{gap}");
}
