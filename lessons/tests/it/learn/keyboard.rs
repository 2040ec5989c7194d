//! The keyboard alone: a lesson finished with it, and any row of keys survived.

use proptest::prelude::*;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tapegrad_lessons::learn::screen::terminal::{KeyCommand, LineCommand, key_command, line_command};
use tapegrad_lessons::learn::session::Status;
use tapegrad_lessons::learn::session::TextEntry;
use tapegrad_lessons::learn::{LessonState, view};

use super::{lesson, lessons};

/// Presses a key; false if it is the end.
fn press(state: &mut LessonState, code: KeyCode) -> bool {
    match key_command(state, KeyEvent::new(code, KeyModifiers::NONE)) {
        KeyCommand::Quit | KeyCommand::NextLesson => return false,
        KeyCommand::Act(action) => state.act(action),
        KeyCommand::Ignored => {}
    }
    true
}

#[test]
fn every_lesson_can_be_finished_by_keyboard_alone() {
    for lesson in lessons() {
        let (mut state, mut pressed) = (LessonState::new(lesson), 0);
        while state.step < state.lesson.last_step() && pressed < 10_000 {
            match state.open_question() {
                Some(open_question) => {
                    let answer = state.lesson.solution[&open_question.key].clone();
                    answer
                        .chars()
                        .for_each(|sign| assert!(press(&mut state, KeyCode::Char(sign))));
                    press(&mut state, KeyCode::Enter);
                    assert_eq!(
                        state.status(&open_question.key),
                        Status::Right,
                        "{}: {answer}",
                        open_question.key
                    );
                    pressed += answer.len() + 1;
                }
                None => assert!(press(&mut state, KeyCode::Right)),
            }
            pressed += 1;
        }
        assert_eq!(state.step, state.lesson.last_step());
        assert!(
            state
                .lesson
                .questions()
                .all(|(_, question)| state.status(&question.key) == Status::Right)
        );
    }
}

#[test]
fn every_lesson_can_be_finished_line_by_line() {
    for lesson in lessons() {
        let mut state = LessonState::new(lesson);
        for _ in 0..1000 {
            let line = match state.open_question() {
                Some(open_question) => state.lesson.solution[&open_question.key].clone(),
                None => "n".to_string(),
            };
            state.entry = if state.open_question().is_some() {
                TextEntry::Answer
            } else {
                TextEntry::Closed
            };
            assert_eq!(line_command(&mut state, &line), LineCommand::Done);
        }
        assert_eq!(state.step, state.lesson.last_step());
        assert!(
            state
                .lesson
                .questions()
                .all(|(_, question)| state.status(&question.key) == Status::Right)
        );
    }
}

#[test]
fn three_attempts_give_two_hints_and_then_the_answer() {
    let mut state = LessonState::new(lesson("ledger"));
    state.go(state.trace.anchor("forward y").unwrap());
    let text = |state: &LessonState| serde_json::to_string(&view(state)).unwrap();
    state.answer("sigmoid(-b)");
    assert!(state.said.as_ref().unwrap().1.contains("other label"));
    assert!(text(&state).contains("one half, and near 0"), "{}", text(&state));
    state.answer("y");
    assert!(
        state.said.as_ref().unwrap().1.contains("not known yet"),
        "unreadable is no attempt"
    );
    state.answer("7");
    state.answer("8");
    assert_eq!(state.status("y"), Status::Shown);
    assert!(text(&state).contains("bit above one half"));
}

fn key() -> impl Strategy<Value = KeyCode> {
    prop_oneof![
        Just(KeyCode::Right),
        Just(KeyCode::Left),
        Just(KeyCode::Enter),
        Just(KeyCode::Tab),
        Just(KeyCode::Esc),
        Just(KeyCode::Backspace),
        Just(KeyCode::Home),
        Just(KeyCode::End),
        proptest::sample::select("npteuwxgr? ]0[1=.z*ac".chars().collect::<Vec<_>>()).prop_map(KeyCode::Char),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn no_row_of_keys_leads_astray(keys in prop::collection::vec(key(), 0..60)) {
        let mut state = LessonState::new(lesson("ledger"));
        for code in keys {
            press(&mut state, code);
            prop_assert!(state.step <= state.lesson.last_step());
            prop_assert!(!view(&state).blocks.is_empty());
        }
    }

    #[test]
    fn back_undoes_forward_and_answers_stay(step in 1usize..21) {
        let mut state = LessonState::new(lesson("ledger"));
        state.go(step);
        let answered = { press(&mut state, KeyCode::Tab); state.answered.clone() };
        press(&mut state, KeyCode::Esc);
        press(&mut state, KeyCode::Right);
        press(&mut state, KeyCode::Esc);
        press(&mut state, KeyCode::Left);
        prop_assert_eq!(state.step, step);
        prop_assert_eq!(&state.answered, &answered);
    }
}
