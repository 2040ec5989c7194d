//! Blocks as styled lines of a given width: what the terminal draws.

use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};

use super::wrap::{StyledText, wrapped};
use crate::learn::lesson::prose::{Paragraph, TextSpan, spans};
use crate::learn::screen::block::{NodeMark, Prompt, ScreenBlock, ScreenCell, When};
use crate::learn::session::status::{Status, Tone};

/// Whether colours are used. Everything they say is also said without them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// Colours are used.
    Colour,
    /// Bold, underlined and reversed letters only.
    Plain,
}

impl Theme {
    fn of(self, colour: Color) -> Style {
        match self {
            Self::Colour => Style::new().fg(colour),
            Self::Plain => Style::new(),
        }
    }

    /// Headings.
    pub fn heading(self) -> Style {
        self.of(Color::Cyan).add_modifier(Modifier::BOLD)
    }

    /// Text of minor importance.
    pub fn soft(self) -> Style {
        match self {
            Self::Colour => Style::new().fg(Color::DarkGray),
            Self::Plain => Style::new().add_modifier(Modifier::DIM),
        }
    }

    fn formula(self) -> Style {
        self.of(Color::Yellow)
    }

    fn tone(self, tone: Tone) -> Style {
        let colour = match tone {
            Tone::Right => Color::Green,
            Tone::Wrong => Color::Red,
            Tone::Note => Color::Cyan,
        };
        self.of(colour).add_modifier(Modifier::BOLD)
    }
}

/// A block as lines that are at most `width` wide.
pub fn lines(block: &ScreenBlock, width: usize, theme: Theme) -> Vec<Line<'static>> {
    match block {
        ScreenBlock::Title { lesson, place, what } => title(lesson, place, what, width, theme),
        ScreenBlock::Prose { title, paragraphs } => {
            let mut lines = vec![Line::styled(title.clone(), theme.heading())];
            paragraphs
                .iter()
                .for_each(|one| lines.extend(paragraph(one, width, theme)));
            lines
        }
        ScreenBlock::Equation { lines } => equation(lines, width, theme),
        ScreenBlock::Table { caption, header, rows } => table(caption, header, rows, width, theme),
        ScreenBlock::Graph { nodes } => graph(nodes, width, theme),
        ScreenBlock::Prompt(prompt) => question(prompt, width, theme),
        ScreenBlock::Feedback { tone, text } => {
            let mut runs = vec![(format!("{} ", tone.word()), theme.tone(*tone))];
            runs.extend(marked(text, theme));
            wrapped(&runs, width, 0)
        }
        ScreenBlock::Progress { text } => vec![Line::styled(text.clone(), theme.soft())],
        ScreenBlock::Keys { keys } => key_lines(keys, width, theme),
    }
}

fn title(lesson: &str, place: &str, what: &str, width: usize, theme: Theme) -> Vec<Line<'static>> {
    let gap = width
        .saturating_sub(lesson.chars().count() + place.chars().count() + 2)
        .max(2);
    let bar = format!(" {lesson}{}{place} ", " ".repeat(gap));
    let style = Style::new().add_modifier(Modifier::REVERSED | Modifier::BOLD);
    let mut lines = vec![Line::styled(bar, style)];
    lines.extend(wrapped(
        &[(what.to_string(), theme.formula().add_modifier(Modifier::BOLD))],
        width,
        2,
    ));
    lines
}

fn pieces_of(spans: &[TextSpan], theme: Theme) -> Vec<StyledText> {
    let run = |piece: &TextSpan| match piece {
        TextSpan::Plain(text) => (text.clone(), Style::new()),
        TextSpan::Code(text) => (text.clone(), theme.formula()),
        TextSpan::Strong(text) => (text.clone(), Style::new().add_modifier(Modifier::BOLD)),
    };
    spans.iter().map(run).collect()
}

/// A text with its markup as styles.
fn marked(text: &str, theme: Theme) -> Vec<StyledText> {
    pieces_of(&spans(text), theme)
}

fn paragraph(paragraph: &Paragraph, width: usize, theme: Theme) -> Vec<Line<'static>> {
    match paragraph {
        Paragraph::Text(spans) => {
            let mut lines = wrapped(&pieces_of(spans, theme), width, 0);
            lines.push(Line::default());
            lines
        }
        Paragraph::Item(spans) => {
            let mut runs = vec![("- ".to_string(), Style::new())];
            runs.extend(pieces_of(spans, theme));
            wrapped(&runs, width, 2)
        }
        Paragraph::Code(code) => {
            let line = |line: &str| Line::styled(format!("  {line}"), theme.formula());
            code.lines().map(line).chain([Line::default()]).collect()
        }
    }
}

fn equation(parts: &[(String, ScreenCell)], width: usize, theme: Theme) -> Vec<Line<'static>> {
    let column = parts.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0) + 2;
    let mut lines = Vec::new();
    for (index, (name, formula)) in parts.iter().enumerate() {
        let style = if index == 0 {
            theme.formula().add_modifier(Modifier::BOLD)
        } else {
            Style::new()
        };
        for (part, text) in formula.shown().lines().enumerate() {
            let name = if part == 0 { name.as_str() } else { "" };
            let runs = [(text.to_string(), style)];
            let mut first = true;
            for line in wrapped(&runs, width.saturating_sub(column).max(10), 2) {
                let label = if first {
                    format!("{name:<column$}")
                } else {
                    " ".repeat(column)
                };
                first = false;
                let spans = [Span::styled(label, theme.soft())].into_iter().chain(line.spans);
                lines.push(Line::from(spans.collect::<Vec<_>>()));
            }
        }
    }
    lines
}

fn table(caption: &str, header: &[String], rows: &[Vec<ScreenCell>], width: usize, theme: Theme) -> Vec<Line<'static>> {
    let mut lines = wrapped(&[(caption.to_string(), theme.heading())], width, 0);
    let widths = column_widths(header, rows, width);
    let heading: Vec<Vec<String>> = header
        .iter()
        .zip(&widths)
        .map(|(text, &width)| broken(text, width))
        .collect();
    lines.extend(row_lines(
        &heading,
        &widths,
        theme.soft().add_modifier(Modifier::UNDERLINED),
    ));
    for row in rows {
        let cells: Vec<Vec<String>> = row
            .iter()
            .zip(&widths)
            .map(|(cell, &width)| broken(cell.shown(), width))
            .collect();
        lines.extend(row_lines(&cells, &widths, Style::new()));
    }
    lines
}

fn broken(text: &str, width: usize) -> Vec<String> {
    let plain = |line: Line<'static>| line.spans.iter().map(|span| span.content.as_ref()).collect::<String>();
    text.lines()
        .flat_map(|line| match line.chars().count() <= width {
            true => vec![line.to_string()],
            false => wrapped(&[(line.to_string(), Style::new())], width, 0)
                .into_iter()
                .map(plain)
                .collect(),
        })
        .collect()
}

fn row_lines(cells: &[Vec<String>], widths: &[usize], style: Style) -> Vec<Line<'static>> {
    let high = cells.iter().map(Vec::len).max().unwrap_or(0);
    (0..high)
        .map(|line| {
            let parts: Vec<String> = cells
                .iter()
                .zip(widths)
                .map(|(cell, &width)| format!("{:<width$}", cell.get(line).map_or("", String::as_str)))
                .collect();
            Line::styled(parts.join("  ").trim_end().to_string(), style)
        })
        .collect()
}

/// The width of each column: what its cells need, the widest made narrower until all fit.
fn column_widths(header: &[String], rows: &[Vec<ScreenCell>], width: usize) -> Vec<usize> {
    let need = |column: usize| {
        let cells = rows
            .iter()
            .filter_map(|row| row.get(column))
            .flat_map(|cell| cell.shown().lines());
        cells
            .map(|line| line.chars().count())
            .chain([header[column].chars().count()])
            .max()
            .unwrap_or(0)
    };
    let mut widths: Vec<usize> = (0..header.len()).map(need).collect();
    let room = width.saturating_sub(2 * header.len().saturating_sub(1));
    while widths.iter().sum::<usize>() > room {
        let Some(widest) = widths.iter_mut().max().filter(|widest| **widest > 6) else {
            break;
        };
        *widest -= 1;
    }
    widths
}

fn graph(nodes: &[NodeMark], width: usize, theme: Theme) -> Vec<Line<'static>> {
    let mut runs: Vec<StyledText> = vec![("Graph ".into(), theme.soft())];
    for (index, mark) in nodes.iter().enumerate() {
        let (text, style) = match mark.when {
            When::Done => (format!("●{}", mark.label), Style::new()),
            When::Now => (
                format!("▶{}", mark.label),
                theme.formula().add_modifier(Modifier::BOLD | Modifier::REVERSED),
            ),
            When::Later => (format!("○{}", mark.label), theme.soft()),
        };
        let text = text.replace(' ', "\u{a0}");
        runs.push((if index == 0 { text } else { format!(" {text}") }, style));
    }
    wrapped(&runs, width, 6)
}

fn question(prompt: &Prompt, width: usize, theme: Theme) -> Vec<Line<'static>> {
    let mark = match prompt.status {
        Status::Open => "? ",
        Status::Right => "✓ ",
        Status::Shown | Status::Skipped => "- ",
    };
    let mut runs = vec![(mark.to_string(), theme.heading())];
    runs.extend(
        marked(&prompt.ask, theme)
            .into_iter()
            .map(|(text, style)| (text, style.add_modifier(Modifier::BOLD))),
    );
    runs.push((format!(" ({})", prompt.status.word()), theme.soft()));
    let mut lines = wrapped(&runs, width, 2);
    let mut add = |label: &str, style: Style, text: &str, indent: usize| {
        let mut runs = vec![(format!("  {label}"), style)];
        runs.extend(marked(text, theme));
        lines.extend(wrapped(&runs, width, indent));
    };
    for option in &prompt.options {
        add("", Style::new(), option, 5);
    }
    for (attempt, given) in prompt.attempts.iter().enumerate() {
        add(&format!("attempt {}: {given}", attempt + 1), theme.soft(), "", 4);
    }
    for hint in &prompt.hints {
        add("Hint: ", theme.heading(), hint, 4);
    }
    if let Some(worked) = &prompt.worked {
        add("Answer: ", theme.heading(), worked, 4);
    }
    if !prompt.given.is_empty() {
        let mut runs: Vec<StyledText> = vec![("  Given: ".into(), theme.soft())];
        for (place, (name, value)) in prompt.given.iter().enumerate() {
            let comma = if place > 0 { ", " } else { "" };
            runs.push((format!("{comma}{name} = "), theme.formula()));
            runs.push((value.clone(), Style::new()));
        }
        lines.extend(wrapped(&runs, width, 4));
    }
    if !prompt.form.is_empty() {
        lines.extend(wrapped(&[(format!("  Type {}.", prompt.form), theme.soft())], width, 2));
    }
    lines
}

fn key_lines(keys: &[(String, String)], width: usize, theme: Theme) -> Vec<Line<'static>> {
    let mut runs: Vec<StyledText> = Vec::new();
    for (index, (key, what)) in keys.iter().enumerate() {
        let gap = if index == 0 { "" } else { "\u{a0} " };
        runs.push((
            format!("{gap}{}", key.replace(' ', "\u{a0}")),
            Style::new().add_modifier(Modifier::BOLD),
        ));
        runs.push((format!("\u{a0}{}", what.replace(' ', "\u{a0}")), theme.soft()));
    }
    wrapped(&runs, width, 0)
}
