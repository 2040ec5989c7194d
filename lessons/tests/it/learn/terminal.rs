//! Every question of every lesson in a terminal of 80 by 24 and of 120 by 40: what it needs is on the screen with it, its
//! answer is not.

use std::rc::Rc;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use tapegrad_lessons::learn::lesson::{AnswerKind, Question, Visible, evaluate};
use tapegrad_lessons::learn::run::{inline, shape};
use tapegrad_lessons::learn::screen::ScreenBlock;
use tapegrad_lessons::learn::screen::terminal::{
    KeyCommand, LineCommand, Scroll, Theme, draw, key_command, line_command,
};
use tapegrad_lessons::learn::{Action, Lesson, LessonState, view};

use super::{lesson, lessons};

const SIZES: [(u16, u16); 2] = [(80, 24), (120, 40)];

/// What the terminal shows, without its line breaks.
fn shown(state: &LessonState, (width, height): (u16, u16)) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal
        .draw(|frame| draw(frame, state, &mut Scroll::default(), Theme::Plain))
        .unwrap();
    let buffer = terminal.backend().buffer();
    let row = |y: u16| (0..width).map(|x| buffer[(x, y)].symbol()).collect::<String>();
    flat(&(0..height).map(row).collect::<Vec<_>>().join("\n"))
}

fn flat(text: &str) -> String {
    text.replace('\u{a0}', " ")
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

/// Calls a test for each question of all lessons, with the earlier ones of its step answered.
fn each_question(mut test: impl FnMut(&mut LessonState, &Question)) {
    for lesson in lessons() {
        let mut state = LessonState::new(Rc::clone(&lesson));
        for (step, _) in lesson.questions() {
            if state.step != step {
                state.go(step);
            }
            if let Some(question) = state.open_question() {
                test(&mut state, &question);
                state.answer(&lesson.solution[&question.key]);
            }
        }
    }
}

/// The texts that would give the answer away.
fn answer_texts(lesson: &Lesson, question: &Question) -> Vec<String> {
    let all = Visible::all(&lesson.trace);
    match question.kind {
        AnswerKind::Number => evaluate(&question.answer, &all)
            .into_iter()
            .map(|value| inline(&value))
            .collect(),
        AnswerKind::Shape => {
            let sizes = evaluate(&format!("list({})", question.answer.trim_matches(['[', ']'])), &all);
            sizes
                .into_iter()
                .map(|sizes| shape(&sizes.iter().map(|&size| size as usize).collect::<Vec<_>>()))
                .collect()
        }
        AnswerKind::Choice | AnswerKind::Order => Vec::new(),
    }
}

/// True if a text stands among the words of another, not as a part of a longer number.
fn stands(text: &str, in_text: &str) -> bool {
    let is_part =
        |letter: Option<char>| letter.is_some_and(|letter| letter.is_alphanumeric() || ['.', '-'].contains(&letter));
    in_text.match_indices(text).any(|(at, _)| {
        !is_part(in_text[..at].chars().next_back()) && !is_part(in_text[at + text.len()..].chars().next())
    })
}

#[test]
fn every_number_that_a_question_needs_is_on_the_screen_with_it() {
    let mut missing = Vec::new();
    each_question(|state, question| {
        let prompt = view(state).blocks.into_iter().find_map(|block| match block {
            ScreenBlock::Prompt(prompt) if prompt.is_asked => Some(prompt),
            _ => None,
        });
        let prompt = prompt.unwrap_or_else(|| panic!("{} is not asked", question.key));
        let place = format!("{} {}", state.lesson.about.id, question.key);
        let is_counted = ["uses_", "paths_"].iter().any(|count| question.answer.contains(count));
        if question.kind == AnswerKind::Number && !is_counted && prompt.given.is_empty() {
            missing.push(format!("{place}: nothing is given"));
        }
        for attempt in 0..2 {
            for size in SIZES {
                let text = shown(state, size);
                let given = prompt.given.iter().map(|(name, value)| format!("{name} = {value}"));
                let wanted = given.chain([question.ask.replace('`', "").replace("**", "")]);
                let lacking = wanted.filter(|wanted| !text.contains(&flat(wanted)));
                missing
                    .extend(lacking.map(|wanted| format!("{place} at {size:?}, {attempt} attempts: {wanted}\n{text}")));
            }
            // A wrong answer, with its hint.
            if question.kind == AnswerKind::Number {
                state.answer("123456.789");
            }
        }
    });
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn the_answer_of_a_question_is_not_on_the_screen_with_it() {
    let mut told = Vec::new();
    each_question(|state, question| {
        let digits = |text: &str| text.chars().filter(char::is_ascii_digit).count();
        for answer in answer_texts(&state.lesson, question) {
            // A number of one or two digits may stand there without being the answer. Of a number that was computed
            // before, the question is which one it is.
            let is_number = question.kind == AnswerKind::Number;
            if is_number && (digits(&answer) < 3 || known_before(state).contains(&answer)) {
                continue;
            }
            for size in SIZES {
                let text = shown(state, size);
                if stands(&answer, &text) {
                    told.push(format!(
                        "{} {}: {answer} at {size:?}\n{text}",
                        state.lesson.about.id, question.key
                    ));
                }
            }
        }
    });
    assert!(told.is_empty(), "{}", told.join("\n"));
}

/// Every value and gradient that is known before the step of a state, with its rows and entries.
fn known_before(state: &LessonState) -> Vec<String> {
    let visible = state.visible();
    let mut known = Vec::new();
    for (node, own) in state.trace.nodes.iter().enumerate() {
        let value = Some(&own.value).filter(|_| visible.knows_value(node));
        let gradient = own.gradient.as_ref().filter(|_| visible.knows_gradient(node));
        for array in [value, gradient].into_iter().flatten() {
            known.push(inline(array));
            known.extend(array.iter().map(|&entry| inline(&ndarray::arr0(entry).into_dyn())));
            if array.ndim() > 1 {
                known.extend(array.outer_iter().map(|row| inline(&row.to_owned())));
            }
        }
    }
    known
}

#[test]
fn no_markup_is_seen() {
    let check = |state: &LessonState| {
        for size in SIZES {
            let text = shown(state, size);
            let place = format!("{} step {}\n{text}", state.lesson.about.id, state.step);
            assert!(!text.contains("**") && !text.contains('`'), "{place}");
        }
    };
    for lesson in lessons() {
        let mut state = LessonState::new(lesson);
        for step in 0..=state.lesson.last_step() {
            state.go(step);
            check(&state);
            while state.open_question().is_some() {
                state.answer("(");
                check(&state);
                state.answer("12345.678");
                check(&state);
                state.act(Action::Skip);
                check(&state);
            }
        }
    }
}

#[test]
fn no_value_is_called_by_its_place_in_the_graph() {
    let is_internal = |word: &str| {
        word.strip_prefix("g_")
            .unwrap_or(word)
            .strip_prefix('n')
            .is_some_and(|rest| rest.parse::<usize>().is_ok())
    };
    for lesson in lessons() {
        let mut state = LessonState::new(lesson);
        for step in 0..=state.lesson.last_step() {
            state.go(step);
            for block in view(&state).blocks {
                for text in block.texts() {
                    let word = text
                        .split(|sign: char| !(sign.is_alphanumeric() || sign == '_'))
                        .find(|word| is_internal(word));
                    assert_eq!(word, None, "{} step {step}: {text}", state.lesson.about.id);
                }
            }
        }
    }
}

#[test]
fn plumbing_has_no_step_of_its_own() {
    for lesson in lessons() {
        for step in &lesson.trace.steps {
            let own = &lesson.trace.nodes[step.node];
            let plumbing = ["reshape(", "broadcast(", "slice(", "relabel("];
            let is_plumbing = !own.is_named && plumbing.iter().any(|word| own.phrase.starts_with(word));
            assert!(!is_plumbing, "{}: {}", lesson.about.id, own.phrase);
        }
        let folded = lesson.trace.nodes.iter().filter(|node| node.is_folded).count();
        let told: usize = lesson.trace.inside.iter().map(Vec::len).sum();
        assert!(told >= folded, "each folded op belongs to a step");
    }
    for (name, most) in [("05", 24), ("06", 40), ("07", 32)] {
        assert!(
            lesson(name).last_step() <= most,
            "{name} has {} steps",
            lesson(name).last_step()
        );
    }
}

#[test]
fn contributions_add_up_to_the_gradient_in_the_order_of_the_steps() {
    for lesson in lessons() {
        for node in lesson.trace.nodes.iter().filter(|node| !node.received.is_empty()) {
            let gradient = node.gradient.as_ref().unwrap();
            let sum = node.received.iter().fold(gradient * 0.0, |sum, one| sum + &one.value);
            // Both are sums of a few terms of the size of 1, in another order.
            assert!(
                (&sum - gradient).iter().all(|difference| difference.abs() < 1e-12),
                "{}: {}",
                lesson.about.id,
                node.label
            );
            assert_eq!(&node.received.last().unwrap().after, gradient);
            assert!(node.received.is_sorted_by_key(|one| one.step));
        }
    }
}

#[test]
fn at_the_end_of_a_lesson_enter_goes_on_to_the_next() {
    let enter = ratatui::crossterm::event::KeyEvent::from(ratatui::crossterm::event::KeyCode::Enter);
    for (name, next) in [("ledger", Some("lesson 2: Modules")), ("heads", None)] {
        let mut state = LessonState::new(lesson(name));
        assert_ne!(key_command(&state, enter), KeyCommand::NextLesson, "not before the end");
        state.act(Action::Last);
        while state.open_question().is_some() {
            state.act(Action::Skip);
        }
        for size in SIZES {
            let text = shown(&state, size);
            assert_eq!(next.is_some_and(|next| text.contains(next)), next.is_some(), "{text}");
        }
        assert_eq!(key_command(&state, enter) == KeyCommand::NextLesson, next.is_some());
        let line = line_command(&mut state, "");
        assert_eq!(line == LineCommand::NextLesson, next.is_some());
    }
}
