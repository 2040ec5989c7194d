//! The blocks of a screen as HTML.

use crate::learn::lesson::prose::{Paragraph, TextSpan};
use crate::learn::screen::block::{Block, Cell, NodeMark, Prompt, Screen};
use crate::learn::session::status::Status;

/// A text in which no sign is markup.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// The blocks of a screen as HTML.
pub fn fragment(screen: &Screen) -> String {
    screen.blocks.iter().map(render).collect()
}

/// A block as HTML.
pub fn render(block: &Block) -> String {
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
        Block::Prompt(prompt) => prompt_form(prompt),
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

/// Keys and what they do.
pub fn key_list(keys: &[(String, String)]) -> String {
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

fn running(spans: &[TextSpan]) -> String {
    let span = |span: &TextSpan| match span {
        TextSpan::Plain(text) => escape(text),
        TextSpan::Code(text) => format!("<code>{}</code>", escape(text)),
        TextSpan::Strong(text) => format!("<strong>{}</strong>", escape(text)),
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

fn strip(nodes: &[NodeMark]) -> String {
    let mark = |mark: &NodeMark| {
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

/// A question as a form.
pub fn prompt_form(prompt: &Prompt) -> String {
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
        ask = running(&crate::learn::lesson::prose::spans(&prompt.ask)),
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
