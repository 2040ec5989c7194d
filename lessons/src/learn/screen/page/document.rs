//! A lesson as one page for a browser: no network, no file beside it, and readable without its script.
//!
//! Every step is a section that is written out in full; the script shows one at a time, judges answers, and hides what
//! would give them away. Answers are in the page in clear: it is for learning, and grading never trusts it.

use std::rc::Rc;

use maud::{Markup, PreEscaped, html};
use tapegrad_autograd::language::view::{self, Detail, Figure, STYLE as DRAWING_STYLE};

use super::blocks::{key_list, prompt_form, render};
use super::data::{data, is_large};
use crate::html;
use crate::learn::lesson::bundled;
use crate::learn::lesson::load::Lesson;
use crate::learn::screen::block::{Prompt, ScreenBlock};
use crate::learn::screen::naming::step_name;
use crate::learn::screen::panels;
use crate::learn::screen::view::{given_to, step_blocks};
use crate::learn::session::state::LessonState;

const STYLE: &str = include_str!("page.css");

const SCRIPT: &str = include_str!("page.js");

/// A graph with more nodes than this is not drawn: to place so many boxes takes longer than to read the page.
const DRAWN_MAX: usize = 2_000;

/// A lesson as one page.
pub fn page(lesson: &Rc<Lesson>) -> String {
    let mut state = LessonState::new(Rc::clone(lesson));
    let is_large = is_large(&lesson.trace);
    // Of a large run only the stops are written out; the script makes the other steps from the data.
    let is_written = |step: &usize| !is_large || *step == 0 || lesson.stops.iter().any(|stop| stop.step == *step);
    let steps = (0..=lesson.last_step()).filter(is_written);
    let is_drawn = lesson.trace.nodes.len() <= DRAWN_MAX;
    let figures = match is_drawn {
        true => view::figures(&lesson.picture, Detail::Values),
        false => Vec::new(),
    };
    let sections: Vec<Markup> = steps.map(|step| section(&mut state, step)).collect();
    let title = match crate::learn::screen::view(&state).blocks.into_iter().next() {
        Some(ScreenBlock::Title { lesson, .. }) => lesson,
        _ => lesson.about.title.clone(),
    };
    let body = html! {
        header { h1 { (title) } p.goal { (lesson.about.goal) } } "\n"
        (navigation()) "\n"
        div.lesson {
            main { @for section in sections { (section) "\n" } } "\n"
            (graph_part(lesson, &figures))
        }
        (properties_part(&state))
        (footer(lesson)) "\n"
        // In JSON `<` only stands inside strings, where it can be escaped; so no text ends the element.
        script type="application/json" id="data" { (PreEscaped(data(lesson, &figures).replace('<', "\\u003c"))) }
    };
    html::page(&title, &[DRAWING_STYLE, STYLE].concat(), Some(SCRIPT), &body)
}

fn navigation() -> Markup {
    let buttons = [
        ("first", "First"),
        ("previous", "Back"),
        ("next", "Next"),
        ("stop", "Next stop"),
        ("last", "Last"),
    ];
    html! {
        nav aria-label="Steps" {
            @for (id, text) in buttons { button type="button" id=(id) { (text) } " " }
            p id="status" role="status" {}
            p id="progress" role="status" {}
        }
    }
}

/// The section of a step, with all hints and answers of its questions.
fn section(state: &mut LessonState, step: usize) -> Markup {
    state.go(step);
    let name = step_name(&state.trace, step);
    let has_stop = state.lesson.stops.iter().any(|stop| stop.step == step);
    let questions = state.questions();
    let full = |prompt: &Prompt| {
        let question = questions.iter().find(|question| question.key == prompt.key);
        prompt_form(&Prompt {
            hints: question.map(|question| question.hints.clone()).unwrap_or_default(),
            worked: question.map(|question| state.worked(question)),
            given: question.map(|question| given_to(state, question)).unwrap_or_default(),
            ..prompt.clone()
        })
    };
    html! {
        section id={ "step-" (step) } data-step=(step) data-name=(name) data-stop[has_stop]
            aria-labelledby={ "title-" (step) } {
            h2 id={ "title-" (step) } {
                span.place { "Step " (step) " of " (state.lesson.last_step()) } " " (name)
            }
            @let blocks = step_blocks(state);
            @let (words, numbers): (Vec<_>, Vec<_>) = blocks.iter().partition(|block| is_word(block));
            div.words {
                @for block in words {
                    @if let ScreenBlock::Prompt(prompt) = block { (full(prompt)) } @else { (render(block)) }
                }
            }
            div.numbers { @for block in numbers { (render(block)) } }
        }
    }
}

/// True for what is read, false for what is looked up.
fn is_word(block: &ScreenBlock) -> bool {
    matches!(block, ScreenBlock::Prose { .. } | ScreenBlock::Prompt(_))
}

/// The graph: its drawings, one of which is seen, with what is known of the box that is pointed at; and its text.
fn graph_part(lesson: &Lesson, figures: &[Figure]) -> Markup {
    let open = figures.len().saturating_sub(1);
    html! {
        aside.always aria-labelledby="the-graph" {
            h2 id="the-graph" { "The graph" }
            @if figures.len() > 1 {
                label.drawings { "Show " select id="drawings" {
                    @for (number, figure) in figures.iter().enumerate() {
                        option value=(number) selected[number == open] { (figure.name) }
                    }
                } }
            }
            @for (number, figure) in figures.iter().enumerate() {
                div.picture data-drawing=(number) hidden[number != open] { (figure.markup) }
            }
            @if figures.is_empty() {
                pre { (lesson.source.trim_end()) }
                p { "The graph has " (lesson.trace.nodes.len()) " nodes and is not drawn." }
            } @else {
                div id="box" aria-live="polite" {
                    p.soft { "Point at a box to see its numbers, or go from box to box with Tab and the arrow keys." }
                }
                details { summary { "The graph as text" } pre { (lesson.source.trim_end()) } }
            }
        }
    }
}

/// The properties with the outcome of trying them.
fn properties_part(state: &LessonState) -> Markup {
    html! {
        @if !state.lesson.properties.is_empty() {
            section.always aria-labelledby="explored" {
                h2 id="explored" { "Explored" }
                (render(&panels::properties(state)))
            }
        }
    }
}

fn footer(lesson: &Lesson) -> Markup {
    let keys = [
        ("Right", "next"),
        ("Left", "back"),
        ("Home", "first"),
        ("End", "last"),
        ("s", "next stop"),
    ];
    let keys = keys.map(|(key, what)| (key.to_string(), what.to_string()));
    html! {
        footer {
            (key_list(&keys))
            p {
                "Recorded by tapegrad from a real run. To change a value and run again, open the lesson in the terminal: "
                code { "tapegrad learn" } "."
            }
            @if let Some((number, title)) = bundled::after(&lesson.about.id) {
                p { "The next lesson is " (number) ", " (title) ": " code { "tapegrad learn " (number) } "." }
            }
        }
    }
}
