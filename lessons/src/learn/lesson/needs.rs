//! The numbers that a question needs: those that its author lists, or else those in the formulas of its hints and of its
//! worked answer.

use std::collections::BTreeSet;

use ndarray::{ArrayD, Axis};

use super::evaluate::Environment as _;
use super::format::{AnswerKind, Question};
use super::visible::Visible;
use crate::learn::run::numeral::inline;

/// An array with more entries than this is shown by the rows that the question speaks of.
const ENTRIES_MAX: usize = 16;

/// What a question needs, by name, of what is known when it is asked.
///
/// The whole array stands for one of its entries: which entry it is belongs to the answer. A question about a shape needs
/// sizes.
pub fn needs(question: &Question, names: &Visible<'_>) -> Vec<(String, String)> {
    let wanted = match question.needs.is_empty() {
        true => formulas(question).iter().flat_map(|text| mentioned(text)).collect(),
        false => question
            .needs
            .iter()
            .flat_map(|text| mentioned(&format!("({text})")))
            .collect::<Vec<_>>(),
    };
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for one in wanted {
        let is_size = names.trace.sizes.contains_key(&one.name);
        if question.kind == AnswerKind::Shape && !is_size {
            continue;
        }
        for (name, value) in known(&one, names) {
            if seen.insert(name.clone()) {
                found.push((name, inline(&value)));
            }
        }
    }
    found
}

/// The texts of a question in which its formulas stand.
fn formulas(question: &Question) -> Vec<String> {
    let computed = question
        .why
        .split("{{")
        .skip(1)
        .filter_map(|part| part.split_once("}}"))
        .map(|(expr, _)| format!("({expr})"));
    let shape = (question.kind == AnswerKind::Shape).then(|| question.answer.clone());
    question.hints.iter().cloned().chain(computed).chain(shape).collect()
}

/// A name in a text, with the position behind it.
#[derive(Debug, PartialEq, Eq)]
struct Mention {
    name: String,
    at: Option<String>,
}

/// The names in a text that stand in a formula: beside a sign of arithmetic or a bracket.
fn mentioned(text: &str) -> Vec<Mention> {
    let letters: Vec<char> = text.chars().collect();
    let is_letter = |at: usize| {
        letters
            .get(at)
            .is_some_and(|letter| letter.is_alphanumeric() || *letter == '_')
    };
    let is_sign = |letter: Option<&char>| letter.is_some_and(|letter| "*/+-@=^()[],".contains(*letter));
    let mut found = Vec::new();
    let mut at = 0;
    while at < letters.len() {
        if !is_letter(at) {
            at += 1;
            continue;
        }
        let begin = at;
        while is_letter(at) {
            at += 1;
        }
        let name: String = letters[begin..at].iter().collect();
        let before = letters[..begin].iter().rev().find(|letter| !letter.is_whitespace());
        let after = letters[at..].iter().find(|letter| !letter.is_whitespace());
        let position = (letters.get(at) == Some(&'[')).then(|| {
            letters[at + 1..]
                .iter()
                .take_while(|letter| **letter != ']')
                .collect::<String>()
        });
        let in_formula = position.is_some() || is_sign(before) || is_sign(after);
        if in_formula && !name.starts_with(|first: char| first.is_ascii_digit()) {
            found.push(Mention { name, at: position });
        }
    }
    found
}

/// The values that a mention stands for, as far as they are known: a value of a loop, `h[2]`, or a whole array.
fn known(one: &Mention, names: &Visible<'_>) -> Vec<(String, ArrayD<f64>)> {
    let first = one.at.as_deref().and_then(|at| at.split(',').next()).map(str::trim);
    if let Some(first) = first {
        let own = format!("{}[{first}]", one.name);
        if let Ok(value) = names.value(&own) {
            return vec![(own, value)];
        }
    }
    let Ok(value) = names.value(&one.name) else {
        return Vec::new();
    };
    let row = first.and_then(|first| first.parse::<usize>().ok()?.checked_sub(1));
    match row {
        Some(row) if value.len() > ENTRIES_MAX && value.ndim() > 1 && row < value.shape()[0] => {
            vec![(
                format!("{}[{}]", one.name, row + 1),
                value.index_axis(Axis(0), row).to_owned(),
            )]
        }
        _ => vec![(one.name.clone(), value)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_formulas_are_found_and_words_are_not() {
        let names = |text: &str| mentioned(text).into_iter().map(|one| one.name).collect::<Vec<_>>();
        assert_eq!(names("a little of the memory is kept"), Vec::<String>::new());
        assert_eq!(names("g_beta[1] = g_b * z[1]"), ["g_beta", "g_b", "z"]);
        assert_eq!(names("The forget gate: f[2]"), ["f"]);
        let one = Mention {
            name: "W_q".into(),
            at: Some("4".into()),
        };
        assert_eq!(mentioned("it picks W_q[4]."), [one]);
    }
}
