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

use super::lesson::Lesson;
use super::page_data::{self, data};
use super::panels;
use super::prose::{Paragraph, Span};
use super::screen::{Block, Cell, Mark, Prompt, Screen, Status};
use super::state::State;
use super::view::{step_blocks, step_name, view};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");
/// A graph with more nodes than this is not drawn: nobody could read the picture.
const DRAWN_MAX: usize = 80;

/// A lesson as one page.
pub fn page(lesson: &Rc<Lesson>) -> String {
    let mut state = State::new(Rc::clone(lesson));
    let last = lesson.last_step();
    let mut sections = String::new();
    let is_large = page_data::is_large(&lesson.trace);
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
    <button type=\"button\" id=\"first\">First</button> <button type=\"button\" id=\"back\">Back</button> \
    <button type=\"button\" id=\"next\">Next</button> <button type=\"button\" id=\"stop\">Next stop</button> \
    <button type=\"button\" id=\"last\">Last</button>\n\
    <p id=\"status\" role=\"status\"></p>\n<p id=\"progress\" role=\"status\"></p>\n</nav>\n";

/// The hash of a text as a content policy writes it.
fn hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text.as_bytes())))
}

/// A text in which no sign is markup.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

fn section(state: &State) -> String {
    let (step, last) = (state.step, state.lesson.last_step());
    let name = step_name(&state.trace, step);
    let has_stop = state.lesson.stops.iter().any(|stop| stop.step == step);
    let stop = if has_stop { " data-stop" } else { "" };
    let mut html = format!(
        "<section id=\"step-{step}\" data-step=\"{step}\" data-name=\"{name}\"{stop} aria-labelledby=\"title-{step}\">\n\
         <h2 id=\"title-{step}\"><span class=\"place\">Step {step} of {last}</span> {name}</h2>\n",
        name = escape(&name)
    );
    let predicts = state.predicts();
    for block in step_blocks(state) {
        html += &match &block {
            Block::Prompt(prompt) => {
                let predict = predicts.iter().find(|predict| predict.key == prompt.key);
                let hints: Vec<String> = predict.map(|predict| predict.hints.clone()).unwrap_or_default();
                let worked = predict.map(|predict| state.worked(predict));
                question(&Prompt {
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

/// The blocks of a screen as HTML.
pub fn fragment(screen: &Screen) -> String {
    screen.blocks.iter().map(render).collect()
}

fn render(block: &Block) -> String {
    match block {
        Block::Title { lesson, place, what } => {
            format!(
                "<h1>{}</h1>\n<p>{}</p>\n<h2>{}</h2>\n",
                escape(lesson),
                escape(place),
                escape(what)
            )
        }
        Block::Prose { title, paragraphs } => prose(title, paragraphs),
        Block::Equation { lines } => equation(lines),
        Block::Table { caption, header, rows } => table(caption, header, rows),
        Block::Graph { nodes } => strip(nodes),
        Block::Prompt(prompt) => question(prompt),
        Block::Feedback { tone, text } => {
            format!(
                "<p class=\"feedback\"><strong>{}</strong> {}</p>\n",
                tone.word(),
                escape(text)
            )
        }
        Block::Progress { text } => format!("<p class=\"soft\">{}</p>\n", escape(text)),
        Block::Keys { keys } => key_list(keys),
    }
}

fn key_list(keys: &[(String, String)]) -> String {
    let keys: Vec<String> = keys
        .iter()
        .map(|(key, what)| format!("<kbd>{}</kbd> {}", escape(key), escape(what)))
        .collect();
    format!("<p class=\"keys\">{}</p>\n", keys.join(" "))
}

fn prose(title: &str, paragraphs: &[Paragraph]) -> String {
    let mut html = format!("<div class=\"prose\">\n<h3>{}</h3>\n", escape(title));
    let mut in_list = false;
    for paragraph in paragraphs {
        let is_item = matches!(paragraph, Paragraph::Item(_));
        if is_item != in_list {
            html += if is_item { "<ul>\n" } else { "</ul>\n" };
            in_list = is_item;
        }
        html += &match paragraph {
            Paragraph::Text(spans) => format!("<p>{}</p>\n", running(spans)),
            Paragraph::Item(spans) => format!("<li>{}</li>\n", running(spans)),
            Paragraph::Code(code) => format!("<pre>{}</pre>\n", escape(code)),
        };
    }
    html + if in_list { "</ul>\n</div>\n" } else { "</div>\n" }
}

fn running(spans: &[Span]) -> String {
    let span = |span: &Span| match span {
        Span::Plain(text) => escape(text),
        Span::Code(text) => format!("<code>{}</code>", escape(text)),
        Span::Strong(text) => format!("<strong>{}</strong>", escape(text)),
    };
    spans.iter().map(span).collect()
}

fn cell(cell: &Cell) -> String {
    let lines = escape(&cell.text);
    let inner = if cell.text.contains('\n') {
        format!("<span class=\"matrix\">{lines}</span>")
    } else {
        lines
    };
    match cell.is_hidden {
        true => format!("<span class=\"secret\"><span>{inner}</span></span>"),
        false => inner,
    }
}

fn equation(lines: &[(String, Cell)]) -> String {
    let line = |(name, formula): &(String, Cell)| format!("<dt>{}</dt><dd>{}</dd>\n", escape(name), cell(formula));
    format!(
        "<dl class=\"equation\">\n{}</dl>\n",
        lines.iter().map(line).collect::<String>()
    )
}

fn table(caption: &str, header: &[String], rows: &[Vec<Cell>]) -> String {
    let heads: String = header
        .iter()
        .map(|text| format!("<th scope=\"col\">{}</th>", escape(text)))
        .collect();
    let row = |row: &Vec<Cell>| {
        let cells = row.iter().enumerate().map(|(index, one)| match index {
            0 => format!("<th scope=\"row\">{}</th>", cell(one)),
            _ => format!("<td>{}</td>", cell(one)),
        });
        format!("<tr>{}</tr>\n", cells.collect::<String>())
    };
    format!(
        "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"{caption}\"><table><caption>{caption}</caption>\n\
         <thead><tr>{heads}</tr></thead>\n<tbody>\n{}</tbody></table></div>\n",
        rows.iter().map(row).collect::<String>(),
        caption = escape(caption)
    )
}

fn strip(nodes: &[Mark]) -> String {
    let mark = |mark: &Mark| {
        let when = mark.when.word();
        let class = when.replace(' ', "-");
        format!(
            "<li class=\"{class}\"><span class=\"mark\">{when}: </span>{}</li>",
            escape(&mark.label)
        )
    };
    format!(
        "<ol class=\"strip\" aria-label=\"Graph\">{}</ol>\n",
        nodes.iter().map(mark).collect::<String>()
    )
}

fn question(prompt: &Prompt) -> String {
    let key = escape(&prompt.key);
    let paragraph = |class: &str, label: &str, text: &str| {
        format!("<p class=\"{class}\"><strong>{label}</strong> {}</p>\n", escape(text))
    };
    let list = |class: &str, label: &str, texts: &[String]| -> String {
        texts.iter().map(|text| paragraph(class, label, text)).collect()
    };
    let options: String = prompt
        .options
        .iter()
        .map(|option| format!("<li>{}</li>\n", escape(option)))
        .collect();
    let options = if options.is_empty() {
        options
    } else {
        format!("<ul class=\"options\">\n{options}</ul>\n")
    };
    let status = if prompt.status == Status::Open {
        "open"
    } else {
        "settled"
    };
    format!(
        "<form class=\"question {status}\" data-key=\"{key}\" autocomplete=\"off\">\n\
         <p class=\"ask\"><label for=\"answer-{key}\">{ask}</label> <span class=\"status\">{word}</span></p>\n{options}\
         <p><input id=\"answer-{key}\" type=\"text\" spellcheck=\"false\" autocapitalize=\"off\" \
         aria-describedby=\"form-{key}\"> <button type=\"submit\">Answer</button> \
         <button type=\"button\" class=\"skip\">Skip</button></p>\n<p class=\"soft\" id=\"form-{key}\">{form}</p>\n\
         <p class=\"said\" role=\"status\"></p>\n{attempts}{hints}{worked}</form>\n",
        ask = running(&super::prose::spans(&prompt.ask)),
        word = prompt.status.word(),
        form = escape(&prompt.form),
        attempts = list("attempt", "Attempt:", &prompt.attempts),
        hints = list("hint", "Hint:", &prompt.hints),
        worked = prompt
            .worked
            .as_ref()
            .map_or(String::new(), |worked| paragraph("worked", "Answer:", worked)),
    )
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
fn properties_part(state: &State) -> String {
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
