//! The blocks of a screen as HTML.

use maud::{Markup, html};

use crate::learn::lesson::prose::{Paragraph, TextSpan, spans};
use crate::learn::screen::block::{NodeMark, Prompt, Screen, ScreenBlock, ScreenCell};
use crate::learn::session::status::Status;

/// The blocks of a screen as HTML.
pub fn fragment(screen: &Screen) -> String {
    html! { @for block in &screen.blocks { (render(block)) } }.into_string()
}

/// A block as HTML.
pub fn render(block: &ScreenBlock) -> Markup {
    match block {
        ScreenBlock::Title { lesson, place, what } => html! { h1 { (lesson) } p { (place) } h2 { (what) } },
        ScreenBlock::Prose { title, paragraphs } => prose(title, paragraphs),
        ScreenBlock::Equation { lines } => equation(lines),
        ScreenBlock::Table { caption, header, rows } => table(caption, header, rows),
        ScreenBlock::Graph { nodes } => strip(nodes),
        ScreenBlock::Prompt(prompt) => prompt_form(prompt),
        ScreenBlock::Feedback { tone, text } => {
            html! { p { strong { (tone.word()) } " " (running(&spans(text))) } }
        }
        ScreenBlock::Progress { text } => html! { p.soft { (text) } },
        ScreenBlock::Keys { keys } => key_list(keys),
    }
}

/// Keys and what they do.
pub fn key_list(keys: &[(String, String)]) -> Markup {
    html! { p.keys { @for (key, what) in keys { kbd { (key) } " " (what) " " } } }
}

fn prose(title: &str, paragraphs: &[Paragraph]) -> Markup {
    let is_item = |paragraph: &Paragraph| matches!(paragraph, Paragraph::Item(_));
    html! {
        div.prose {
            h3 { (title) }
            @for group in paragraphs.chunk_by(|a, b| is_item(a) && is_item(b)) {
                @match &group[0] {
                    Paragraph::Text(spans) => p { (running(spans)) },
                    Paragraph::Code(code) => pre { (code) },
                    Paragraph::Item(_) => ul { @for item in group { (list_item(item)) } },
                }
            }
        }
    }
}

fn list_item(item: &Paragraph) -> Markup {
    html! { @if let Paragraph::Item(spans) = item { li { (running(spans)) } } }
}

fn running(spans: &[TextSpan]) -> Markup {
    html! {
        @for span in spans {
            @match span {
                TextSpan::Plain(text) => (text),
                TextSpan::Code(text) => code { (text) },
                TextSpan::Strong(text) => strong { (text) },
            }
        }
    }
}

fn cell(cell: &ScreenCell) -> Markup {
    let inner = html! {
        @if cell.text.contains('\n') { span.matrix { (cell.text) } } @else { (cell.text) }
    };
    html! { @if cell.is_hidden { span.secret { span { (inner) } } } @else { (inner) } }
}

fn equation(lines: &[(String, ScreenCell)]) -> Markup {
    html! {
        dl.equation { @for (name, formula) in lines { dt { (name) } dd { (cell(formula)) } } }
    }
}

fn table(caption: &str, header: &[String], rows: &[Vec<ScreenCell>]) -> Markup {
    html! {
        div.scroll tabindex="0" role="group" aria-label=(caption) {
            table {
                caption { (caption) }
                thead { tr { @for heading in header { th scope="col" { (heading) } } } }
                tbody {
                    @for row in rows {
                        tr {
                            @for (column, one) in row.iter().enumerate() {
                                @if column == 0 { th scope="row" { (cell(one)) } } @else { td { (cell(one)) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn strip(nodes: &[NodeMark]) -> Markup {
    html! {
        ol.strip aria-label="Graph" {
            @for mark in nodes {
                li class=(mark.when.word().replace(' ', "-")) {
                    span.mark { (mark.when.word()) ": " } (mark.label)
                }
            }
        }
    }
}

/// A question as a form.
pub fn prompt_form(prompt: &Prompt) -> Markup {
    let status = if prompt.status == Status::Open {
        "open"
    } else {
        "settled"
    };
    let (input, form) = (format!("answer-{}", prompt.key), format!("form-{}", prompt.key));
    html! {
        form class={ "question " (status) } data-key=(prompt.key) autocomplete="off" {
            p.ask {
                label for=(input) { (running(&spans(&prompt.ask))) } " "
                span.status { (prompt.status.word()) }
            }
            @if !prompt.options.is_empty() {
                ul.options { @for option in &prompt.options { li { (running(&spans(option))) } } }
            }
            @if !prompt.given.is_empty() {
                p.given { "Given: " @for (name, value) in &prompt.given { code { (name) " = " (value) } " " } }
            }
            p {
                input id=(input) type="text" spellcheck="false" autocapitalize="off" aria-describedby=(form);
                " " button type="submit" { "Answer" } " " button.skip type="button" { "Skip" } " "
                button.again type="button" disabled { "Try again" }
            }
            p.soft id=(form) { (prompt.form) }
            p.said role="status" {}
            @for attempt in &prompt.attempts { p { strong { "Attempt:" } " " (attempt) } }
            @for hint in &prompt.hints { p.hint { strong { "Hint:" } " " (running(&spans(hint))) } }
            @if let Some(worked) = &prompt.worked { p.worked { strong { "Answer:" } " " (running(&spans(worked))) } }
        }
    }
}
