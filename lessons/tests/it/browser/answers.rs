//! Answers on a page: judged as in the terminal, and asked again.

use serde_json::json;
use tapegrad_lessons::learn::session::Tone;

use super::visit;
use crate::learn::answers::{SILLIER, SILLY, checked};
use crate::learn::spellings::SPELLINGS;

#[test]
fn a_page_judges_every_spelling_as_the_terminal_does() {
    for (name, key, tone, texts) in SPELLINGS {
        let texts: Vec<&str> = texts.split('¦').collect();
        let Some(mut visit) = visit(name) else { return };
        let script = format!(
            "{}.map((text) => judged(data.questions[{}], text).join(\". \"))",
            json!(texts),
            json!(key)
        );
        let judged = visit.page.evaluate(&script);
        let word = match tone {
            Tone::Right => "Right",
            Tone::Wrong => "Wrong",
            Tone::Note => "Note",
        };
        for (text, judged) in texts.iter().zip(judged.as_array().unwrap()) {
            let judged = judged.as_str().unwrap();
            assert!(judged.starts_with(word), "{name}, {key}, `{text}`: {judged}");
        }
        assert_eq!(visit.page.errors(), Vec::<String>::new());
    }
}

#[test]
fn a_question_on_a_page_can_be_tried_again() {
    let Some(mut visit) = visit("ledger") else { return };
    let step = visit.lesson.trace.anchor("forward y").unwrap();
    visit.page.evaluate(&format!("show({step})"));
    let form = "document.querySelector('form[data-key=\"y\"]')";
    let mut answer = |text: &str| {
        let script = format!(
            "(() => {{ const form = {form}; form.querySelector('input').value = {}; form.requestSubmit(); }})()",
            json!(text)
        );
        visit.page.evaluate(&script);
        visit.shown()
    };
    assert!(answer("0,6").contains("2 more tries"));
    assert!(answer("0.5253").contains("Right.") && answer("").contains("0.5253"));
    visit.page.evaluate(&format!("{form}.querySelector('.again').click()"));
    let shown = visit.shown();
    assert!(!shown.contains("0.5253") && shown.contains("to answer"), "{shown}");
    let script = format!(
        "(() => {{ const form = {form}; form.querySelector('input').value = '52.5%'; form.requestSubmit(); }})()"
    );
    visit.page.evaluate(&script);
    assert!(visit.shown().contains("Right."));
    assert_eq!(visit.page.errors(), Vec::<String>::new());
}

/// Questions of every kind: a number, a vector, a choice, an order.
const ASKED: [(&str, &str); 4] = [
    ("ledger", "y"),
    ("attention", "a_4"),
    ("attention", "axis"),
    ("graphs", "order"),
];

#[test]
fn a_page_judges_functions_and_nonsense_as_the_terminal_does() {
    let functions = "softmax([1, 2]) ¦ softmax([1, 2], 1) ¦ softmax([[1, 2], [3, 5]], 1) ¦ softmax([[1, 2], [3, 5]]) ¦ \
                     softmax(3) ¦ softmax([1, 2], 2) ¦ sum([[1, 2], [3, 5]], 1)[2] ¦ sum([1, 2], 1) ¦ sum([1, 2], 0) ¦ \
                     max([1, 3], [2, 2]) ¦ min(1, [0, 2]) ¦ max([1, 5]) ¦ mean([1, 2]) ¦ list(1, 2) ¦ relu(-1) ¦ abs(-2) ¦ \
                     softmax(log([.1, .2, .6, .1])) ¦ max([.1, .1, .6, .1], [0, .2, .1, 0]) ¦ \
                     sum([[.1, .1, .3, .1], [0, .1, .3, 0]], 1) ¦ softmax(log([[.1], [.2], [.6], [.1]]), 1)[1]";
    let mut differ = Vec::new();
    for (name, key) in ASKED {
        let Some(mut visit) = visit(name) else { return };
        let texts: Vec<&str> = functions.split('¦').chain(SILLY.split('¦')).chain(SILLIER).collect();
        let script = format!(
            "{}.map((text) => judged(data.questions[{}], text)[0])",
            json!(texts),
            json!(key)
        );
        let judged = visit.page.evaluate(&script);
        for (text, judged) in texts.iter().zip(judged.as_array().unwrap()) {
            let judged = judged.as_str().unwrap();
            let tone = format!("{:?}", checked(&visit.lesson, key, text));
            if !judged.starts_with(&tone) {
                differ.push(format!(
                    "{name}, {key}, `{text}`: {judged} on the page, {tone} in the terminal"
                ));
            }
        }
    }
    assert!(differ.is_empty(), "{}", differ.join("\n"));
}
