//! The same blocks in all three renderers, and what the terminal looks like.

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use tapegrad_lessons::learn::screen::terminal::{Scroll, draw_screen};
use tapegrad_lessons::learn::session::{ScreenPanel, TextEntry};
use tapegrad_lessons::learn::{Action, LessonState, Screen, page, plain, view};

use super::{lesson, lessons};

/// A text without its line breaks and repeated blanks.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn terminal(state: &LessonState, width: u16, height: u16) -> String {
    drawn(&view(state), state, width, height)
}

fn drawn(screen: &Screen, state: &LessonState, width: u16, height: u16) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    let theme = tapegrad_lessons::learn::screen::terminal::Theme::Plain;
    terminal
        .draw(|frame| draw_screen(frame, screen, state, &mut Scroll::default(), theme))
        .unwrap();
    let buffer = terminal.backend().buffer();
    let row = |y: u16| {
        (0..width)
            .map(|x| buffer[(x, y)].symbol())
            .collect::<String>()
            .trim_end()
            .to_string()
    };
    (0..height).map(row).collect::<Vec<_>>().join("\n")
}

/// The text of a page's fragment: markup taken away, signs as they are.
fn read(html: &str) -> String {
    let mut text = String::new();
    let mut inside = false;
    for sign in html.chars() {
        match sign {
            '<' => inside = true,
            '>' => {
                inside = false;
                text.push(' ');
            }
            _ if !inside => text.push(sign),
            _ => {}
        }
    }
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&amp;", "&")
}

fn missing(screen: &Screen, renderer: &str, text: &str) {
    let text = flat(&text.replace('\u{a0}', " "));
    for block in &screen.blocks {
        for wanted in block.texts() {
            let wanted = flat(&wanted);
            assert!(
                text.contains(&wanted),
                "{renderer} leaves out {wanted:?} of {block:?}\n{text}"
            );
        }
    }
}

#[test]
fn every_block_of_every_step_of_every_lesson_is_in_all_three_renderers() {
    for lesson in lessons() {
        let mut state = LessonState::new(lesson);
        for step in 0..=state.lesson.last_step() {
            state.go(step);
            check(&state);
            while let Some(open_question) = state.open_question() {
                // Wrong, with its hint; a choice and an order cannot be answered by a number, so those are passed over.
                let before = state.answered.clone();
                state.answer("12345.678");
                check(&state);
                if state.answered == before {
                    state.act(Action::Skip);
                    check(&state);
                }
                assert_ne!(state.answered, before, "{} can be left", open_question.key);
            }
        }
    }
}

fn check(state: &LessonState) {
    let screen = view(state);
    missing(&screen, "plain", &plain::render(&screen));
    for block in &screen.blocks {
        // One block at a time: side by side their lines would be mixed.
        let alone = Screen {
            blocks: vec![block.clone()],
        };
        // Lines of 500 signs are never broken, so a block takes about as many as line by line.
        let lines = plain::render(&alone).lines().count();
        let height = u16::try_from(2 * lines + 12).expect("a block has some hundred lines at most");
        missing(&alone, "the terminal", &drawn(&alone, state, 500, height));
    }
    // The page hides what is secret by its style and has the text itself.
    let mut open = screen.clone();
    open.show_all();
    missing(&open, "the page", &read(&page::fragment(&open)));
}

#[test]
fn every_panel_is_in_all_three_renderers() {
    let mut state = LessonState::new(lesson("ledger"));
    state.change("x[1] = 3");
    state.go(18);
    for panel in [
        ScreenPanel::Ledger,
        ScreenPanel::Paths,
        ScreenPanel::Changes,
        ScreenPanel::Properties,
        ScreenPanel::Help,
    ] {
        state.panel = panel;
        check(&state);
    }
}

#[test]
fn plain_text_has_no_drawing_and_no_escapes() {
    for lesson in lessons() {
        let mut state = LessonState::new(lesson);
        for step in 0..=state.lesson.last_step() {
            state.go(step);
            let text = plain::render(&view(&state));
            let odd = text
                .chars()
                .find(|sign| (*sign != '\n' && sign.is_control()) || ('\u{2500}'..='\u{27bf}').contains(sign));
            assert_eq!(odd, None, "{text}");
        }
    }
}

#[test]
fn what_a_question_asks_for_is_not_shown_before_it_is_answered() {
    let mut state = LessonState::new(lesson("ledger"));
    state.go(state.trace.anchor("backward b").unwrap());
    let before = serde_json::to_string(&view(&state)).unwrap();
    assert!(!before.contains("0.2955"), "{before}");
    state.answer("g_b * z[1]");
    state.answer("g_b * beta[2]");
    let after = serde_json::to_string(&view(&state)).unwrap();
    assert!(after.contains("0.2957") || after.contains("0.2955"), "{after}");
}

#[test]
fn the_first_screen_at_three_sizes() {
    let state = LessonState::new(lesson("ledger"));
    insta::assert_snapshot!("start_80x24", terminal(&state, 80, 24));
    insta::assert_snapshot!("start_120x40", terminal(&state, 120, 40));
    insta::assert_snapshot!("start_40x24", terminal(&state, 40, 24));
}

#[test]
fn a_question_at_three_sizes() {
    let mut state = LessonState::new(lesson("ledger"));
    state.go(state.trace.anchor("backward b").unwrap());
    "g_b".chars().for_each(|sign| state.act(Action::Type(sign)));
    insta::assert_snapshot!("question_80x24", terminal(&state, 80, 24));
    state.act(Action::Enter);
    insta::assert_snapshot!("hint_80x24", terminal(&state, 80, 24));
    insta::assert_snapshot!("hint_120x40", terminal(&state, 120, 40));
    insta::assert_snapshot!("hint_40x24", terminal(&state, 40, 24));
}

#[test]
fn a_settled_step_and_the_table_at_two_sizes() {
    let mut state = LessonState::new(lesson("ledger"));
    state.go(state.trace.anchor("backward a").unwrap());
    state.act(Action::Skip);
    state.act(Action::Skip);
    assert_eq!(state.entry, TextEntry::Closed);
    insta::assert_snapshot!("settled_80x24", terminal(&state, 80, 24));
    insta::assert_snapshot!("settled_120x40", terminal(&state, 120, 40));
    state.act(Action::Show(ScreenPanel::Ledger));
    insta::assert_snapshot!("table_80x24", terminal(&state, 80, 24));
}
