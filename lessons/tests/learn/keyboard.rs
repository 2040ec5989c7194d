//! The keyboard alone: a lesson finished with it, and any row of keys survived.

use proptest::prelude::*;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tapegrad_lessons::learn::screen::terminal::{Meant, command, meant};
use tapegrad_lessons::learn::session::Entry;
use tapegrad_lessons::learn::session::Status;
use tapegrad_lessons::learn::{State, view};

use crate::{lesson, lessons};

/// Presses a key; false if it is the end.
fn press(state: &mut State, code: KeyCode) -> bool {
    match meant(state, KeyEvent::new(code, KeyModifiers::NONE)) {
        Meant::Quit => return false,
        Meant::Act(action) => state.act(action),
        Meant::Nothing => {}
    }
    true
}

#[test]
fn every_lesson_can_be_finished_by_keyboard_alone() {
    for lesson in lessons() {
        let (mut state, mut pressed) = (State::new(lesson), 0);
        while state.step < state.lesson.last_step() && pressed < 10_000 {
            match state.asked() {
                Some(asked) => {
                    let answer = state.lesson.solution[&asked.key].clone();
                    answer
                        .chars()
                        .for_each(|sign| assert!(press(&mut state, KeyCode::Char(sign))));
                    press(&mut state, KeyCode::Enter);
                    assert_eq!(state.status(&asked.key), Status::Right, "{}: {answer}", asked.key);
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
                .predicts()
                .all(|(_, predict)| state.status(&predict.key) == Status::Right)
        );
    }
}

#[test]
fn every_lesson_can_be_finished_line_by_line() {
    for lesson in lessons() {
        let mut state = State::new(lesson);
        for _ in 0..1000 {
            let line = match state.asked() {
                Some(asked) => state.lesson.solution[&asked.key].clone(),
                None => "n".to_string(),
            };
            state.entry = if state.asked().is_some() {
                Entry::Answer
            } else {
                Entry::Closed
            };
            assert!(command(&mut state, &line));
        }
        assert_eq!(state.step, state.lesson.last_step());
        assert!(
            state
                .lesson
                .predicts()
                .all(|(_, predict)| state.status(&predict.key) == Status::Right)
        );
    }
}

#[test]
fn three_attempts_give_two_hints_and_then_the_answer() {
    let mut state = State::new(lesson("ledger"));
    state.go(state.trace.anchor("forward y").unwrap());
    let text = |state: &State| serde_json::to_string(&view(state)).unwrap();
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
        proptest::sample::select("npteuwxg? ]0[1=.z*ac".chars().collect::<Vec<_>>()).prop_map(KeyCode::Char),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn no_row_of_keys_leads_astray(keys in prop::collection::vec(key(), 0..60)) {
        let mut state = State::new(lesson("ledger"));
        for code in keys {
            press(&mut state, code);
            prop_assert!(state.step <= state.lesson.last_step());
            prop_assert!(!view(&state).blocks.is_empty());
        }
    }

    #[test]
    fn back_undoes_forward_and_answers_stay(step in 1usize..21) {
        let mut state = State::new(lesson("ledger"));
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
