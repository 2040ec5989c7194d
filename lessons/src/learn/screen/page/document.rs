//! A lesson as one page for a browser: no network, no file beside it, and readable without its script.
//!
//! Every step is a section that is written out in full; the script shows one at a time, judges answers, and hides what
//! would give them away. Answers are in the page in clear: it is for learning, and grading never trusts it.

use std::rc::Rc;

use maud::{Markup, PreEscaped, html};
use tapegrad_autograd::language::view::{Options, picture, svg};

use super::blocks::{key_list, prompt_form, render};
use super::data::{data, is_large};
use crate::html;
use crate::learn::lesson::load::Lesson;
use crate::learn::screen::block::{Prompt, ScreenBlock};
use crate::learn::screen::naming::step_name;
use crate::learn::screen::panels;
use crate::learn::screen::view::{step_blocks, view};
use crate::learn::session::state::LessonState;

const STYLE: &str = include_str!("page.css");

const SCRIPT: &str = include_str!("page.js");

/// A graph with more nodes than this is not drawn: its picture could not be read.
const DRAWN_MAX: usize = 80;

/// A lesson as one page.
pub fn page(lesson: &Rc<Lesson>) -> String {
    let mut state = LessonState::new(Rc::clone(lesson));
    let is_large = is_large(&lesson.trace);
    // Of a large run only the stops are written out; the script makes the other steps from the data.
    let is_written = |step: &usize| !is_large || *step == 0 || lesson.stops.iter().any(|stop| stop.step == *step);
    let steps = (0..=lesson.last_step()).filter(is_written);
    let sections: Vec<Markup> = steps.map(|step| section(&mut state, step)).collect();
    let title = match view(&state).blocks.into_iter().next() {
        Some(ScreenBlock::Title { lesson, .. }) => lesson,
        _ => lesson.about.title.clone(),
    };
    let body = html! {
        header { h1 { (title) } p.goal { (lesson.about.goal) } } "\n"
        (navigation()) "\n"
        main { @for section in sections { (section) "\n" } } "\n"
        (graph_part(lesson))
        (properties_part(&state))
        (footer()) "\n"
        // In JSON `<` only stands inside strings, where it can be escaped; so no text ends the element.
        script type="application/json" id="data" { (PreEscaped(data(lesson).replace('<', "\\u003c"))) }
    };
    html::page(&title, STYLE, Some(SCRIPT), &body)
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
            ..prompt.clone()
        })
    };
    html! {
        section id={ "step-" (step) } data-step=(step) data-name=(name) data-stop[has_stop]
            aria-labelledby={ "title-" (step) } {
            h2 id={ "title-" (step) } {
                span.place { "Step " (step) " of " (state.lesson.last_step()) } " " (name)
            }
            @for block in step_blocks(state) {
                @if let ScreenBlock::Prompt(prompt) = &block { (full(prompt)) } @else { (render(&block)) }
            }
        }
    }
}

/// The graph's text, and its picture where it is small enough to be read.
fn graph_part(lesson: &Lesson) -> Markup {
    let trace = &lesson.trace;
    html! {
        section.always aria-labelledby="the-graph" {
            h2 id="the-graph" { "The graph" }
            pre { (lesson.source.trim_end()) }
            @if trace.nodes.len() <= DRAWN_MAX {
                figure.drawing { (drawing(lesson)) }
            } @else {
                p { "The graph has " (trace.nodes.len()) " nodes, too many to draw." }
            }
        }
    }
}

fn drawing(lesson: &Lesson) -> Markup {
    let options = Options {
        depth: None,
        gradients: true,
    };
    let drawing = svg(&picture(&lesson.trace.graph, options));
    // The drawing's own style has no place in this page's content policy; page.css has it.
    let (before, after) = drawing.split_once("<style>").unwrap_or((&drawing, ""));
    let after = after.split_once("</style>").map_or(after, |(_, after)| after);
    PreEscaped(format!("{before}{after}"))
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

fn footer() -> Markup {
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
        }
    }
}
