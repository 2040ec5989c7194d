//! A screen as plain lines: for screen readers, pipes and CI. No lines are drawn, nothing is aligned by colour.

use super::block::{NodeMark, Prompt, Screen, ScreenBlock, ScreenCell, When};
use crate::learn::lesson::prose::{Paragraph, TextSpan, unmarked};
use crate::learn::session::status::Status;

/// A screen as plain lines.
pub fn render(screen: &Screen) -> String {
    screen
        .blocks
        .iter()
        .map(block)
        .filter(|text| !text.is_empty())
        .collect::<Vec<_>>()
        .join("\n")
}

/// A block as plain lines; the last one ends in a line feed.
pub fn block(block: &ScreenBlock) -> String {
    match block {
        ScreenBlock::Title { lesson, place, what } => format!("{lesson}\n{place}, {what}\n"),
        ScreenBlock::Prose { title, paragraphs } => {
            let text: Vec<String> = paragraphs.iter().map(paragraph).collect();
            format!("{title}\n{}", text.concat())
        }
        ScreenBlock::Equation { lines } => lines
            .iter()
            .map(|(name, formula)| labelled(name, formula.shown()))
            .collect(),
        ScreenBlock::Table { caption, header, rows } => table(caption, header, rows),
        ScreenBlock::Graph { nodes } => graph(nodes),
        ScreenBlock::Prompt(prompt) => question(prompt),
        ScreenBlock::Feedback { tone, text } => format!("{} {}\n", tone.word(), unmarked(text)),
        ScreenBlock::Progress { text } => format!("{text}\n"),
        ScreenBlock::Keys { keys } => {
            let keys: Vec<String> = keys.iter().map(|(key, what)| format!("{key}: {what}")).collect();
            format!("{}\n", keys.join("; "))
        }
    }
}

/// Running text without its markup.
pub fn running(spans: &[TextSpan]) -> String {
    spans.iter().map(TextSpan::text).collect()
}

fn paragraph(paragraph: &Paragraph) -> String {
    match paragraph {
        Paragraph::Text(spans) => format!("{}\n", running(spans)),
        Paragraph::Item(spans) => format!("- {}\n", running(spans)),
        Paragraph::Code(code) => code.lines().map(|line| format!("    {line}\n")).collect(),
    }
}

/// A name with what it is; several lines stand below it.
fn labelled(name: &str, text: &str) -> String {
    match text.contains('\n') {
        true => format!(
            "{name}:\n{}",
            text.lines().map(|line| format!("    {line}\n")).collect::<String>()
        ),
        false => format!("{name}: {text}\n"),
    }
}

/// Each row as one line, each cell after the heading of its column.
fn table(caption: &str, header: &[String], rows: &[Vec<ScreenCell>]) -> String {
    let mut text = format!("{caption}\n({})\n", header.join("; "));
    for row in rows {
        let (mut line, mut below) = (Vec::new(), String::new());
        for (heading, cell) in header.iter().zip(row) {
            let shown = cell.shown();
            match shown.contains('\n') {
                true => below += &labelled(&format!("  {heading}"), shown),
                false if shown.is_empty() => {}
                false => line.push(shown.to_string()),
            }
        }
        text += &format!("- {}\n{below}", line.join("; "));
    }
    text
}

fn graph(nodes: &[NodeMark]) -> String {
    let of = |when: When| {
        let labels: Vec<&str> = nodes
            .iter()
            .filter(|mark| mark.when == when)
            .map(|mark| mark.label.as_str())
            .collect();
        (!labels.is_empty()).then(|| format!("{}: {}", when.word(), labels.join(", ")))
    };
    let parts: Vec<String> = [When::Done, When::Now, When::Later]
        .into_iter()
        .filter_map(of)
        .collect();
    format!("Graph. {}\n", parts.join("; "))
}

fn question(prompt: &Prompt) -> String {
    let ask = unmarked(&prompt.ask);
    let mut text = format!("Question {} ({}): {ask}\n", prompt.key, prompt.status.word());
    let mut add = |line: &str| text += &format!("  {}\n", unmarked(line));
    prompt.options.iter().for_each(|option| add(option));
    prompt
        .given
        .iter()
        .for_each(|(name, value)| add(&format!("given {name} = {value}")));
    if !prompt.form.is_empty() {
        add(&format!("answer with {}", prompt.form));
    }
    for (attempt, given) in prompt.attempts.iter().enumerate() {
        add(&format!("attempt {}: {given}", attempt + 1));
    }
    let hint = if prompt.status == Status::Open {
        "hint"
    } else {
        "hint given"
    };
    prompt.hints.iter().for_each(|one| add(&format!("{hint}: {one}")));
    if let Some(worked) = &prompt.worked {
        add(&format!("answer: {worked}"));
    }
    text
}
