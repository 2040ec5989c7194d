//! What learners type: every formula on the screen, numbers in many spellings, and nonsense.

use std::rc::Rc;

use proptest::prelude::*;
use tapegrad_lessons::learn::lesson::prose::{TextSpan, spans};
use tapegrad_lessons::learn::screen::ScreenBlock;
use tapegrad_lessons::learn::session::{Status, Tone};
use tapegrad_lessons::learn::{Action, FiniteDifferences, Lesson, LessonFolder, LessonState, view};

use super::spellings::SPELLINGS;
use super::{lesson, lessons};

/// A learner who stands before a question, with those of the step before it skipped.
fn before(lesson: &Rc<Lesson>, key: &str) -> LessonState {
    let mut state = LessonState::new(Rc::clone(lesson));
    let (step, _) = lesson.questions().find(|(_, question)| question.key == key).unwrap();
    state.go(step);
    while state.open_question().is_some_and(|open| open.key != key) {
        state.act(Action::Skip);
    }
    state
}

/// Answers, and gives the number of attempts that this cost, and the reply.
fn typed(state: &mut LessonState, key: &str, text: &str) -> (usize, Tone, String) {
    let count = |state: &LessonState| state.answered.get(key).map_or(0, |answered| answered.attempts.len());
    let attempts = count(state);
    state.answer(text);
    let (tone, said) = state.said.clone().unwrap();
    (count(state) - attempts, tone, said)
}

/// Types a text as the first attempt at a question; checks that a reply that judges nothing costs nothing and says
/// in the learner's words what to type.
pub fn checked(lesson: &Rc<Lesson>, key: &str, text: &str) -> Tone {
    let mut state = before(lesson, key);
    let (cost, tone, said) = typed(&mut state, key, text);
    let place = format!("{}, {key}, `{text}`: {said}", lesson.about.id);
    assert_eq!(cost, usize::from(tone != Tone::Note), "{place}");
    if tone == Tone::Note {
        let of_the_parser = ["expected", "expression", "graph", "token", "}`", "Some(", "None", "Err"];
        for word in of_the_parser
            .iter()
            .filter(|word| !text.contains(word.trim_end_matches('`')))
        {
            assert!(!said.contains(word), "{place} ({word})");
        }
        assert!(said.ends_with(['.', '?']), "{place}");
    }
    tone
}

/// The formulas of a text, between backquotes.
fn formulas(text: &str) -> Vec<String> {
    let spans = spans(text).into_iter();
    let codes = spans.filter(|span| matches!(span, TextSpan::Code(_)));
    codes.map(|span| span.text().to_string()).collect()
}

#[test]
fn the_last_formula_of_a_hint_is_right_when_it_is_typed() {
    let mut right = 0;
    for lesson in lessons() {
        for (_, question) in lesson
            .questions()
            .filter(|(_, question)| question.options.is_empty() && question.key != "order")
        {
            let hints: Vec<String> = question.hints.iter().flat_map(|hint| formulas(hint)).collect();
            let Some(last) = hints
                .last()
                .filter(|last| !last.chars().all(|sign| sign.is_alphanumeric() || sign == '_'))
            else {
                continue;
            };
            assert_eq!(
                checked(&lesson, &question.key, last),
                Tone::Right,
                "{}: {last}",
                question.key
            );
            right += 1;
        }
    }
    assert!(right > 45, "{right}");
}

#[test]
fn the_state_of_a_single_unit_is_a_number() {
    let lesson = lesson("lstm");
    for (key, text) in [
        ("h_2", "o[2] * tanh(c[2])"),
        ("h_2", "h[2] = o[2] * tanh(c[2])"),
        ("c_1", "f[1] * c[0] + i[1] * g[1]"),
        ("slope", "f[2]"),
        ("shares", "[1]"),
    ] {
        assert_eq!(checked(&lesson, key, text), Tone::Right, "{key}: {text}");
    }
}

/// Every formula that the screen of a step shows.
fn shown(state: &LessonState) -> Vec<String> {
    let mut found = Vec::new();
    for block in view(state).blocks {
        match block {
            ScreenBlock::Equation { lines } => found.extend(lines.iter().map(|(_, cell)| cell.shown().to_string())),
            ScreenBlock::Table { rows, .. } => found.extend(rows.iter().flatten().map(|cell| cell.shown().to_string())),
            ScreenBlock::Prompt(prompt) => found.extend(formulas(&prompt.ask)),
            _ => {}
        }
    }
    let texts = state
        .lesson
        .stops
        .iter()
        .filter_map(|stop| state.lesson.section(stop.text.as_deref()?));
    found.extend(
        texts
            .flat_map(|section| &section.paragraphs)
            .flat_map(|text| formulas(text)),
    );
    found.extend(state.lesson.source.lines().map(|line| line.trim().to_string()));
    found.extend(state.trace.nodes.iter().map(|node| node.phrase.clone()));
    found.sort();
    found.dedup();
    found
}

#[test]
fn every_formula_on_the_screen_is_judged_or_answered_in_words() {
    for lesson in lessons() {
        for (_, question) in lesson.questions() {
            for text in shown(&before(&lesson, &question.key)) {
                checked(&lesson, &question.key, &text);
            }
        }
    }
}

/// Nonsense, and what is nearly an answer.
pub const SILLY: &str = "\
? ¦ ! ¦ ... ¦ hello ¦ I do not know ¦ no idea :-) ¦ ( ¦ ) ¦ [ ¦ ] ¦ [] ¦ () ¦ [1, [2]] ¦ [1, 2 ¦ 1) ¦ ((1) ¦
1 } ¦ 1 } graph x { y = 2 ¦ { ¦ graph ¦ import(z) ¦ y = ¦ = ¦ == ¦ a == b ¦ 1 = 2 ¦ x[ ¦ x[] ¦ x[0] ¦ x[-1] ¦
x[1.5] ¦ x[99] ¦ x[1, 1, 1, 1] ¦ x[x] ¦ nan ¦ NaN ¦ inf ¦ -inf ¦ 1e999 ¦ 1e ¦ 1e+ ¦ 0/0 ¦ 1/0 ¦ log(-1) ¦
sqrt(-1) ¦ log y ¦ ln y ¦ log() ¦ exp(1, 2) ¦ max(1, 2) ¦ softmax(1) ¦ list() ¦ sum(x, over k) ¦
softmax(x, over k) ¦ sum(x, 9) ¦ sum(x, 0) ¦ 2y ¦ 2(3) ¦ y(2) ¦ (1)(2) ¦ 1 2 ¦ 1 2 3 ¦ 1,2 ¦ 1, 2, 3 ¦ 1;2 ¦
1,5;2 ¦ 0,5 ¦ 0,50 ¦ 1.000,5 ¦ 1,000.5 ¦ 1e-3 ¦ .5 ¦ -.5 ¦ +.5 ¦ 5. ¦ --1 ¦ + +1 ¦ 1 + ¦ * 2 ¦ 1 + * 2 ¦
1 ** 2 ¦ 2^ ¦ ^2 ¦ 1/3 ¦ 1 / 3 ¦ 1÷3 ¦ ½ ¦ −1 ¦ –1 ¦ 1 − 2 ¦ 2×3 ¦ 2·3 ¦ 52.5% ¦ 52,5 % ¦ % ¦ 5%% ¦ 50% * 2 ¦
0.5 % ¦ e^2 ¦ pi ¦ π ¦ dJ/dy ¦ dJ/dx[1] ¦ T ¦ T * V ¦ h[T] ¦ X.T ¦ X.T.T ¦ .T ¦ (X @ X).T ¦ x.y.z ¦ g_ ¦
g_g_y ¦ uses_ ¦ uses_x ¦ paths_x ¦ again.x ¦ n0 ¦ n999 ¦ if x then 1 else 2 ¦ x and y ¦ not x ¦ for ¦ over ¦
as ¦ true ¦ a ¦ b ¦ c ¦ d ¦ z ¦ a) ¦ (b) ¦ B. ¦ 1) ¦ a b ¦ h, p, q ¦ q > p > h ¦ q -> p -> h ¦ q → p → h ¦
q, q, q ¦ q p ¦ [2, 3] ¦ 2x3 ¦ 2 x 3 ¦ 2 by 3 ¦ (2, 3) ¦ scalar ¦ '1' ¦ $1$ ¦ # ¦ @ ¦ x @ ¦ @ x ¦ 1 @ 2 ¦ 🦄 ¦
一 ¦ `1` ¦ 1_000 ¦ 0x10 ¦ 1.2.3 ¦ 1..2 ¦ .. ¦ a..b ¦ x' ¦ y! ¦ y? ¦ ~0.5 ¦ ≈ 0.5 ¦ about 0.5 ¦ 0.5 or so ¦
<script> ¦ ; DROP TABLE";

/// More of it, with signs that the other texts cannot have.
pub const SILLIER: [&str; 9] = [
    "",
    " ",
    "\t",
    "\"1\"",
    "\\",
    "\\frac{1}{2}",
    "\u{0}",
    "\u{200b}1",
    "1\u{a0}000",
];

#[test]
fn nonsense_costs_no_attempt_unless_it_is_an_answer() {
    for lesson in lessons() {
        for (_, question) in lesson.questions() {
            for text in SILLY.split('¦').chain(SILLIER) {
                checked(&lesson, &question.key, text);
            }
            for text in [
                "(".repeat(900),
                "-".repeat(900),
                "x".repeat(5000),
                format!("{}1{}", "(".repeat(400), ")".repeat(400)),
            ] {
                checked(&lesson, &question.key, &text);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_text_confuses_a_question(text in "[a-zA-Z0-9_\\[\\]().,+*/^@%=<> −½σ;-]{0,24}") {
        let lesson = lesson("ledger");
        checked(&lesson, "g_x_1", &text);
    }
}

#[test]
fn a_number_is_understood_as_it_is_written_elsewhere() {
    for (name, key, tone, texts) in SPELLINGS {
        let lesson = lesson(name);
        for text in texts.split('¦') {
            assert_eq!(checked(&lesson, key, text), *tone, "{name}, {key}: {text}");
        }
    }
}

#[test]
fn a_message_says_what_to_type_instead() {
    let lesson = lesson("ledger");
    let cases = [
        ("0.5 y", "A product is written with `*`"),
        ("log b", "`log(b)`"),
        ("(1 + b", "`)` is missing"),
        ("1 + b)", "too many"),
        ("1 +", "missing at the end"),
        ("B", "`b` is, with that spelling"),
        ("z_1", "`z[1]`"),
        ("e^b", "exp(x)"),
        ("dJ/dy", "g_y"),
        (
            "1, 2",
            "The answer is a single number; what you typed is a list of 2 numbers.",
        ),
        ("sqrt(-1)", "no value"),
        ("y", "not known yet"),
        ("if b then 1 else 2", "no place in an answer"),
        ("import(b)", "no function"),
        ("softmax(z, over D)", "the axis is a number"),
    ];
    for (text, part) in cases {
        let mut state = before(&lesson, "y");
        let (cost, tone, said) = typed(&mut state, "y", text);
        assert_eq!((cost, tone), (0, Tone::Note), "{text}: {said}");
        assert!(said.contains(part), "{text}: {said}");
    }
}

#[test]
fn a_small_answer_is_judged_by_its_size_and_shown_with_its_digits() {
    let [lesson, model, text, solution] = tapegrad_lessons::learn::lesson::template::texts("99-square");
    let folder = LessonFolder {
        lesson: lesson.replace("x = 3.0", "x = 2.6e-5"),
        model,
        text,
        solution,
    };
    let lesson = Rc::new(Lesson::open(&folder, FiniteDifferences::Taken).unwrap());
    for wrong in ["0", "0.0005", "0.0001", "0.00005", "5.3e-5"] {
        assert_eq!(checked(&lesson, "g_x", wrong), Tone::Wrong, "{wrong}");
    }
    for right in ["5.2e-5", "0.000052", "0,000052", "0.0052%", "2 * x", "5.21e-5"] {
        let mut state = before(&lesson, "g_x");
        let (_, tone, said) = typed(&mut state, "g_x", right);
        assert_eq!(tone, Tone::Right, "{right}");
        assert!(said.starts_with("5.20e-5"), "{said}");
    }
}

#[test]
fn a_question_can_be_tried_again_however_it_ended() {
    for ending in [&["y"; 0][..], &["7", "8", "9"], &["sigmoid(b)"]] {
        let mut state = before(&lesson("ledger"), "y");
        match ending {
            [] => state.act(Action::Skip),
            answers => answers.iter().for_each(|text| state.answer(text)),
        }
        assert_ne!(state.status("y"), Status::Open);
        state.act(Action::Retry);
        assert_eq!(state.status("y"), Status::Open);
        let screen = serde_json::to_string(&view(&state)).unwrap();
        assert!(!screen.contains("0.5253"), "the answer is hidden again");
        state.answer("0.53");
        assert_eq!(state.status("y"), Status::Right);
    }
    let mut state = LessonState::new(lesson("ledger"));
    state.act(Action::Retry);
    assert!(state.said.clone().unwrap().1.contains("no question"));
}
