//! What the notation means.

use super::super::Grammar;

/// The probability of the first word being `word`.
fn first(text: &str, word: &str) -> f64 {
    let grammar = Grammar::parse(text).unwrap_or_else(|error| panic!("{error}"));
    let index = grammar.vocabulary().iter().position(|known| known == word).unwrap();
    grammar.next_distribution(&[]).unwrap()[index]
}

#[test]
fn weights_are_normalised_in_their_rule() {
    assert_eq!(first("S -> a/N | 0.5 b/N | 1/2 c/N", "a"), 0.5);
    assert_eq!(first("S -> 3 a/N | 9 b/N", "b"), 0.75);
}

#[test]
fn a_feature_only_on_the_right_shares_the_weight_equally() {
    let text = "v = a | b | c\nS -> 1 Say[v] | 3 d/N\nSay[a] -> a/N\nSay[b] -> b/N\nSay[c] -> c/N";
    assert_eq!(first(text, "a"), 1.0 / 12.0);
    assert_eq!(first(text, "d"), 3.0 / 4.0);
}

#[test]
fn a_value_as_argument_chooses_one_instance() {
    let text = "n = sg | pl\nS -> 5 NP[sg] | 3 NP[pl]\nNP[n] -> Noun[n]\nNoun[sg] -> narwhal/N\nNoun[pl] -> narwhals/N";
    assert_eq!(first(text, "narwhal"), 5.0 / 8.0);
}

#[test]
fn two_features_with_the_same_values_vary_independently() {
    let grammar = Grammar::parse(
        "n = sg | pl\nm = sg | pl\nS -> Noun[n] Noun[m] Agree[n, m]\n\
         Noun[sg] -> narwhal/N\nNoun[pl] -> narwhals/N\n\
         Agree[n, n] -> same/A\nAgree[sg, pl] -> other/A\nAgree[pl, sg] -> other/A",
    )
    .unwrap();
    assert_eq!(grammar.log_prob(&["narwhal", "narwhal", "same"]), Some(0.25_f64.ln()));
    assert_eq!(grammar.log_prob(&["narwhals", "narwhal", "other"]), Some(0.25_f64.ln()));
    assert_eq!(grammar.log_prob(&["narwhals", "narwhal", "same"]), None);
}

#[test]
fn a_word_may_be_any_text_in_any_script_that_has_no_blank() {
    let grammar = Grammar::parse("S -> 2 2nd/A 5/NUM //SYM ,/, d'Água/N 一角鲸/N [/P").unwrap();
    assert_eq!(grammar.vocabulary(), [",", "/", "2nd", "5", "[", "d'Água", "一角鲸"]);
    assert_eq!(grammar.tags(), [",", "A", "N", "NUM", "P", "SYM"]);
}

#[test]
fn a_part_that_is_no_word_leaves_the_rest_of_the_sentence() {
    let grammar =
        Grammar::parse("S -> Start a/N Middle b/N End\nStart -> ()\nMiddle -> 3 () | x/X\nEnd -> ()").unwrap();
    assert_eq!(grammar.log_prob(&["a", "b"]), Some(0.75_f64.ln()));
    assert_eq!(grammar.tokens_mean(), 3.25);
}
