//! A lesson as one page for a browser: no network, no file beside it, and readable without its script.
//!
//! Every step is a section that is written out in full; the script shows one at a time, judges answers, and hides what
//! would give them away. The content policy names the page's own style and script by their hashes and allows nothing
//! else. Answers are in the page in clear: it is for learning, and grading never trusts it.

use std::rc::Rc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use tapegrad_autograd::language::view::{Options, picture, svg};

use super::blocks::{escape, key_list, prompt_form, render};
use super::data::{self, data};
use crate::learn::lesson::load::Lesson;
use crate::learn::screen::block::{Block, Prompt};
use crate::learn::screen::naming::step_name;
use crate::learn::screen::panels;
use crate::learn::screen::view::{step_blocks, view};
use crate::learn::session::state::LessonState;

const STYLE: &str = include_str!("page.css");

const SCRIPT: &str = include_str!("page.js");

/// A graph with more nodes than this is not drawn: nobody could read the picture.
const DRAWN_MAX: usize = 80;

/// A lesson as one page.
pub fn page(lesson: &Rc<Lesson>) -> String {
    let mut state = LessonState::new(Rc::clone(lesson));
    let last = lesson.last_step();
    let mut sections = String::new();
    let is_large = data::is_large(&lesson.trace);
    for step in 0..=last {
        // Of a large run only the stops are written out; the script makes the other steps from the data.
        if !is_large || step == 0 || lesson.stops.iter().any(|stop| stop.step == step) {
            state.go(step);
            sections += &section(&state);
        }
    }
    let title = match view(&state).blocks.into_iter().next() {
        Some(Block::Title { lesson, .. }) => escape(&lesson),
        _ => escape(&lesson.about.title),
    };
    let policy = format!(
        "default-src 'none'; style-src '{}'; script-src '{}'; base-uri 'none'; form-action 'none'",
        hash(STYLE),
        hash(SCRIPT)
    );
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
         <header>\n<h1>{title}</h1>\n<p class=\"goal\">{goal}</p>\n</header>\n{NAVIGATION}\
         <main>\n{sections}</main>\n{graph}{footer}\
         <script type=\"application/json\" id=\"data\">{data}</script>\n<script>{SCRIPT}</script>\n</body>\n</html>\n",
        goal = escape(&lesson.about.goal),
        graph = graph_part(lesson) + &properties_part(&state),
        footer = footer(),
        data = data(lesson).replace('<', "\\u003c"),
    )
}

const NAVIGATION: &str = "<nav aria-label=\"Steps\">\n\
    <button type=\"button\" id=\"first\">First</button> <button type=\"button\" id=\"previous\">Back</button> \
    <button type=\"button\" id=\"next\">Next</button> <button type=\"button\" id=\"stop\">Next stop</button> \
    <button type=\"button\" id=\"last\">Last</button>\n\
    <p id=\"status\" role=\"status\"></p>\n<p id=\"progress\" role=\"status\"></p>\n</nav>\n";

/// The hash of a text as a content policy writes it.
fn hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text.as_bytes())))
}

fn section(state: &LessonState) -> String {
    let (step, last) = (state.step, state.lesson.last_step());
    let name = step_name(&state.trace, step);
    let has_stop = state.lesson.stops.iter().any(|stop| stop.step == step);
    let stop = if has_stop { " data-stop" } else { "" };
    let mut html = format!(
        "<section id=\"step-{step}\" data-step=\"{step}\" data-name=\"{name}\"{stop} aria-labelledby=\"title-{step}\">\n\
         <h2 id=\"title-{step}\"><span class=\"place\">Step {step} of {last}</span> {name}</h2>\n",
        name = escape(&name)
    );
    let questions = state.questions();
    for block in step_blocks(state) {
        html += &match &block {
            Block::Prompt(prompt) => {
                let question = questions.iter().find(|question| question.key == prompt.key);
                let hints: Vec<String> = question.map(|question| question.hints.clone()).unwrap_or_default();
                let worked = question.map(|question| state.worked(question));
                prompt_form(&Prompt {
                    hints,
                    worked,
                    ..prompt.clone()
                })
            }
            other => render(other),
        };
    }
    html + "</section>\n"
}

/// The graph's text, and its picture where it is small enough to be read.
fn graph_part(lesson: &Lesson) -> String {
    let trace = &lesson.trace;
    let drawn = match trace.nodes.len() <= DRAWN_MAX {
        true => {
            let drawing = svg(&picture(
                &trace.graph,
                Options {
                    depth: None,
                    gradients: true,
                },
            ));
            // The drawing's own style has no place in this page's content policy; page.css has it.
            let (before, after) = drawing.split_once("<style>").unwrap_or((&drawing, ""));
            let after = after.split_once("</style>").map_or(after, |(_, after)| after);
            format!("<figure class=\"drawing\">\n{before}{after}</figure>\n")
        }
        false => format!("<p>The graph has {} nodes, too many to draw.</p>\n", trace.nodes.len()),
    };
    format!(
        "<section class=\"always\" aria-labelledby=\"the-graph\">\n<h2 id=\"the-graph\">The graph</h2>\n<pre>{}</pre>\n{drawn}</section>\n",
        escape(lesson.source.trim_end())
    )
}

/// The properties with what came of trying them.
fn properties_part(state: &LessonState) -> String {
    if state.lesson.properties.is_empty() {
        return String::new();
    }
    let table = render(&panels::properties(state));
    format!(
        "<section class=\"always\" aria-labelledby=\"explored\">\n<h2 id=\"explored\">Explored</h2>\n{table}</section>\n"
    )
}

fn footer() -> String {
    let keys = [
        ("Right", "next"),
        ("Left", "back"),
        ("Home", "first"),
        ("End", "last"),
        ("s", "next stop"),
    ];
    let keys: Vec<(String, String)> = keys
        .iter()
        .map(|(key, what)| (key.to_string(), what.to_string()))
        .collect();
    format!(
        "<footer>\n{}<p>Recorded by tapegrad from a real run. To change a value and run again, open the lesson in the \
         terminal: <code>tapegrad learn</code>.</p>\n</footer>\n",
        key_list(&keys)
    )
}
