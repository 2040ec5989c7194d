//! Every mistake gets a message with its place and the mend.

use super::super::{Grammar, Problem};

fn message(text: &str) -> String {
    Grammar::parse(text).expect_err(text).to_string()
}

/// The messages of several texts, one after the other.
fn messages(texts: &[&str]) -> String {
    texts.iter().map(|text| message(text)).collect::<Vec<_>>().join("\n")
}

#[test]
fn texts_that_are_not_definitions() {
    insta::assert_snapshot!(messages(&[
        "# nothing but a comment",
        "  S -> a/N",
        "S a/N",
        "S -> a/N -> b/N",
        "2S -> a/N",
        "S -> NP[x",
        "S -> NP[x]y",
    ]), @"
    line 1, column 1: the grammar has no rule; write one, such as `Sentence -> narwhals/N sing/V`
    line 1, column 3: an indented line continues the line above, and there is none; start this line at column 1
    line 1, column 1: expected a rule `Name -> ...` or a feature `name = value | value`; to continue the line above, indent
    line 1, column 10: `->` is inside a definition; start a new definition on its own line, at column 1
    line 1, column 1: `2S` is not a name; a name is a letter followed by letters, digits, `_`, `-` or `'`
    line 1, column 6: `[` is not closed on this line; write the arguments as `Name[a, b]`
    line 1, column 6: `NP[x]y` is not a name; a name is a letter followed by letters, digits, `_`, `-` or `'`
    ");
}

#[test]
fn alternatives_that_are_not_in_order() {
    insta::assert_snapshot!(messages(&[
        "S -> a/N | | b/N",
        "S -> a/N |",
        "S ->",
        "S -> 2",
        "S -> a/N () b/N",
        "S -> /N",
        "S -> a/",
        "S -> nar?whal",
    ]), @"
    line 1, column 10: an alternative is empty; write `()` if it means no word, or delete the bar
    line 1, column 10: an alternative is empty; write `()` if it means no word, or delete the bar
    line 1, column 3: an alternative is empty; write `()` if it means no word, or delete the bar
    line 1, column 3: an alternative is empty; write `()` if it means no word, or delete the bar
    line 1, column 10: `()` means no word and must be alone in its alternative; delete it
    line 1, column 6: `/N` is not a word with its part of speech; write it as `word/TAG`
    line 1, column 6: `a/` is not a word with its part of speech; write it as `word/TAG`
    line 1, column 6: `nar?whal` is not a name; a name is a letter followed by letters, digits, `_`, `-` or `'`
    ");
}

#[test]
fn weights_that_are_not_positive_numbers() {
    insta::assert_snapshot!(messages(&[
        "S -> a/N | 0 b/N",
        "S -> a/N | -1 b/N",
        "S -> a/N | 1e3 b/N",
        "S -> a/N 2 b/N",
        "S -> 1/999999937 a/N | 1/999999929 b/N | 1/999999893 c/N",
    ]), @"
    line 1, column 12: the weight is zero, so the alternative can never be chosen; give it a weight above 0 or delete it
    line 1, column 12: `-1` is not a weight; write a positive number as 3, 0.25 or 2/5, with at most 9 digits a part
    line 1, column 12: `1e3` is not a weight; write a positive number as 3, 0.25 or 2/5, with at most 9 digits a part
    line 1, column 10: the weight `2` is inside the alternative; put it in front, after `->` or `|`
    line 1, column 1: the weights have no common denominator below 2^64; write them with fewer digits
    ");
}

#[test]
fn features_that_are_not_in_order() {
    insta::assert_snapshot!(messages(&[
        "n = sg |\nS -> a/N",
        "n = sg pl\nS -> a/N",
        "n = sg | sg\nS -> a/N",
        "n = sg | pl\nn = a\nS -> a/N",
        "n = n\nS -> a/N",
        "n = sg\nm = n\nS -> a/N",
        "S -> NP[case]\nNP[case] -> a/N",
        "n = sg | pl\nS[n] -> a/N",
    ]), @"
    line 1, column 1: expected one value between bars; write a feature as `name = value | value`
    line 1, column 8: expected one value between bars; write a feature as `name = value | value`
    line 1, column 10: `sg` is already a feature or a value of this feature; choose another name
    line 2, column 1: `n` is already a feature or a value of this feature; choose another name
    line 1, column 1: `n` is already a feature or a value of this feature; choose another name
    line 2, column 1: `n` is already a feature or a value of this feature; choose another name
    line 2, column 1: `case` is neither a feature nor a value of one; declare it at column 1: `case = value | value`
    line 2, column 1: the first rule is the whole sentence and takes no arguments; put `Sentence -> S[n]` above it
    ");
}

#[test]
fn names_that_do_not_fit_together() {
    insta::assert_snapshot!(messages(&[
        "S -> narwhal",
        "n = sg | pl\nS -> Noun[n]\nNoun[sg] -> narwhal/N",
        "n = sg | pl\nS -> Noun\nNoun[n] -> narwhal/N",
        "S -> a/N\nVerb -> sings/V",
        "S -> A\nA -> a/N\nA -> b/N",
        "n = sg | pl\nS -> A[n]\nA[n] -> a/N\nA[pl] -> b/N",
    ]), @"
    line 1, column 6: `narwhal` has no rule; add `narwhal -> ...`, or, if it is a word, write its tag: `narwhal/TAG`
    line 2, column 6: `Noun[pl]` has no rule, but `Noun[sg]` has; change the arguments here or add a rule for them
    line 2, column 6: `Noun` has no rule, but `Noun[n]` has; change the arguments here or add a rule for them
    line 2, column 1: no sentence can use `Verb`; refer to it from a rule that the first rule reaches, or delete it
    line 3, column 1: `A` already has a rule at line 2, column 1; write all its alternatives in one rule
    line 4, column 1: `A[pl]` already has a rule at line 3, column 1; write all its alternatives in one rule
    ");
}

#[test]
fn recursion_names_the_circle() {
    insta::assert_snapshot!(messages(&[
        "S -> S",
        "n = sg | pl\nS -> NP[n]\nNP[n] -> 3 a/N | that/C Clause[n]\nClause[n] -> b/N | NP[n] c/V",
    ]), @"
    line 1, column 1: recursion: S -> S; sentences must have a bounded length; remove one of these references
    line 3, column 1: recursion: NP[sg] -> Clause[sg] -> NP[sg]; sentences must have a bounded length; remove one of these references
    ");
}

#[test]
fn sentences_without_words() {
    insta::assert_snapshot!(messages(&["S -> ()", "S -> A A\nA -> a/N | ()"]), @"
    line 1, column 1: a sentence can have no word at all; make sure that one of its parts cannot be `()`
    line 1, column 1: a sentence can have no word at all; make sure that one of its parts cannot be `()`
    ");
}

#[test]
fn ambiguity_shows_a_sentence_with_both_derivations() {
    insta::assert_snapshot!(messages(&[
        "S -> a/N | a/V",
        "S -> a/N A\nA -> () | ()",
        "n = sg | pl\nS -> the/D Noun[n]\nNoun[sg] -> narwhal/N | fish/N\nNoun[pl] -> narwhals/N | fish/N",
        "# Does the seal sing near the floe, or does the narwhal see the one near the floe?\n\
         S -> narwhals/N see/V Object Where\nObject -> seals/N Where\nWhere -> () | near/P floes/N",
        "S -> A B\nA -> x/X | x/X y/Y\nB -> y/Y z/Z | z/Z",
    ]), @"
    line 1, column 1: ambiguous: `a` has two derivations (`#2` is the second alternative of a rule):
      S#1(a)
      S#2(a)
    delete or change one of the alternatives in which they differ
    line 1, column 1: ambiguous: `a` has two derivations (`#2` is the second alternative of a rule):
      S#1(a A#1())
      S#1(a A#2())
    delete or change one of the alternatives in which they differ
    line 2, column 1: ambiguous: `the fish` has two derivations (`#2` is the second alternative of a rule):
      S#1(the Noun[sg]#2(fish))
      S#1(the Noun[pl]#2(fish))
    delete or change one of the alternatives in which they differ
    line 2, column 1: ambiguous: `narwhals see seals near floes` has two derivations (`#2` is the second alternative of a rule):
      S#1(narwhals see Object#1(seals Where#1()) Where#2(near floes))
      S#1(narwhals see Object#1(seals Where#2(near floes)) Where#1())
    delete or change one of the alternatives in which they differ
    line 1, column 1: ambiguous: `x y z` has two derivations (`#2` is the second alternative of a rule):
      S#1(A#1(x) B#1(y z))
      S#1(A#2(x y) B#2(z))
    delete or change one of the alternatives in which they differ
    ");
}

#[test]
fn grammars_that_are_too_large_are_refused_and_do_not_exhaust_the_memory() {
    let deep: String = (0..1000).map(|i| format!("A{i} -> a/N A{}\n", i + 1)).collect();
    let deep = format!("{deep}A1000 -> a/N\n");
    // The second half of a sentence repeats the first, so every half must be remembered: 2^count states.
    let repeating = |count: usize| {
        let features: String = (0..count).map(|i| format!("f{i} = a | b\n")).collect();
        let half: String = (0..count).map(|i| format!(" W[f{i}]")).collect();
        format!("{features}S ->{half}{half}\nW[a] -> a/N\nW[b] -> b/N\n")
    };
    assert!(Grammar::parse(&repeating(3)).is_ok());
    insta::assert_snapshot!(messages(&[&deep, &repeating(17), &repeating(30)]), @"
    line 601, column 1: rules are nested more than 400 deep below `A600`; flatten the grammar
    line 18, column 1: the grammar needs more than 1000000 states; use fewer features or fewer values
    line 31, column 115: the grammar needs more than 200000 nonterminals; use fewer features or fewer values
    ");
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_do_no_harm() {
    assert!(Grammar::parse("\u{feff}# c\r\nS -> a/N\r\n  | b/N\r\n").is_ok());
}

#[test]
fn an_ambiguous_sentence_is_found_although_the_sentences_are_too_many_to_list() {
    // 4^60 sentences, one of which has two derivations.
    let text = format!(
        "S -> {} End\nW -> a/N | b/N | c/N | d/N\nEnd -> x/X | y/Y | x/Z\n",
        "W ".repeat(60)
    );
    let problem = Grammar::parse(&text).unwrap_err().problem;
    let Problem::Ambiguous { sentence, .. } = problem else {
        panic!("{problem}")
    };
    assert_eq!(sentence.split(' ').count(), 61);
    assert!(sentence.ends_with(" x"));
}
